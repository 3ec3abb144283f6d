package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

// world is what the public library may not import: input and output, clocks,
// chance, other threads and the machine.
var world = regexp.MustCompile(`^(os|os/.*|net|net/.*|log|log/.*|io/fs|io/ioutil|path/filepath|context|time/tzdata|` +
	`math/rand.*|crypto/rand|database/.*|runtime|runtime/.*|sync|sync/.*|syscall|unsafe|plugin|testing|testing/.*|flag)$`)

// checkPure keeps pkg/ free of the world, of third parties and of floats.
func checkPure(t *tree) []finding {
	return t.each(library, func(s *source) []finding {
		var found []finding
		for _, spec := range s.ast.Imports {
			imp := importPath(spec)
			if imp == "sync" && onlyOnceValues(s) {
				continue
			}
			if world.MatchString(imp) {
				found = append(found, t.find(spec.Pos(), "%s imports %s: the public library does no input or output and starts nothing", s.pkg, imp))
			}
			if foreign(imp) && s.pkg != "pkg/money" {
				found = append(found, t.find(spec.Pos(), "%s imports %s: the public library uses no third party but the decimal of pkg/money", s.pkg, imp))
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				found = append(found, t.find(n.Pos(), "the public library starts no goroutine"))
			case *ast.ChanType, *ast.SelectStmt, *ast.SendStmt:
				found = append(found, t.find(n.Pos(), "the public library has no channels"))
			case *ast.Ident:
				if n.Name == "float64" || n.Name == "float32" {
					found = append(found, t.find(n.Pos(), "no floats in the public library: money.Amount is exact"))
				}
			}
			return true
		})
		return found
	})
}

// onlyOnceValues reports whether s takes nothing from sync but OnceValue and
// OnceValues: rule data that is parsed when first asked for is as good as
// parsed before, and nobody sees a lock.
func onlyOnceValues(s *source) bool {
	ok := true
	ast.Inspect(s.ast, func(n ast.Node) bool {
		if imp, name := selected(s, n); imp == "sync" && !strings.HasPrefix(name, "OnceValue") {
			ok = false
		}
		return true
	})
	return ok
}

// selected splits a node like time.Now into the import path and the name, or
// returns "" for any other node.
func selected(s *source, n ast.Node) (imp, name string) {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	return s.imports[id.Name], sel.Sel.Name
}

// ban is a name from outside that only some packages may use.
type ban struct {
	names  *regexp.Regexp // import path, dot, name
	where  *regexp.Regexp // the packages in which it is banned
	except string         // and those of them where it is not
	why    string
}

var bans = []ban{
	{
		regexp.MustCompile(`^time\.(Now|Since|Until)$`), regexp.MustCompile(`.`), "internal/clock",
		"the clock has one door: take the time as an argument (pkg) or from internal/clock",
	},
	{
		regexp.MustCompile(`^time\.(After|AfterFunc|NewTimer|NewTicker|Tick|Sleep)$`), regexp.MustCompile(`^pkg/`), "",
		"the public library does not wait",
	},
	{
		regexp.MustCompile(`^time\.(LoadLocation|Local)$`), regexp.MustCompile(`^pkg/`), "",
		"it reads files of the machine: the caller hands in the *time.Location",
	},
	{
		regexp.MustCompile(`^strconv\.(ParseFloat|FormatFloat|AppendFloat)$`), regexp.MustCompile(`^pkg/`), "",
		"no floats in the public library: money.Parse is exact",
	},
	{
		regexp.MustCompile(`^fmt\.(Print|Printf|Println)$`), regexp.MustCompile(`.`), "",
		"write to the writer you were given",
	},
	{
		regexp.MustCompile(`^os\.(Stdin|Stdout|Stderr|Args)$`), regexp.MustCompile(`.`), "internal/cli cmd/ledgersys",
		"only the command line knows the terminal",
	},
	{
		regexp.MustCompile(`^os\.(Getenv|LookupEnv|Environ|ExpandEnv)$`), regexp.MustCompile(`.`), "internal/cli internal/config",
		"settings come through internal/config",
	},
	{regexp.MustCompile(`^os\.Exit$`), regexp.MustCompile(`.`), "cmd/ledgersys", "return an error; main ends the program"},
	{
		regexp.MustCompile(`^net/http\.(DefaultClient|DefaultTransport|Get|Post|Head|PostForm)$`), regexp.MustCompile(`.`), "",
		"all calls go through internal/egress",
	},
	{
		regexp.MustCompile(`^gorm\.io/driver/sqlite\.Open$`), regexp.MustCompile(`.`), "",
		"it opens the other SQLite library: set DriverName",
	},
	{
		regexp.MustCompile(`^log/slog\.(Default|SetDefault|Info|Warn|Error|Debug)$`), regexp.MustCompile(`.`), "",
		"a *slog.Logger is passed in",
	},
}

// otherSQLite is the name of a driver that may not share a process with ours.
const otherSQLite = `"sqlite` + `3"`

// checkBans keeps single names behind their doors. Tests are free of it.
func checkBans(t *tree) []finding {
	return t.each(written, func(s *source) []finding {
		var found []finding
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && lit.Value == otherSQLite {
				found = append(found, t.find(n.Pos(), "%s names the other SQLite library; two in one process corrupt files", lit.Value))
			}
			imp, name := selected(s, n)
			if imp == "" || listed(helpers, s.pkg) {
				return true
			}
			for _, b := range bans {
				if b.names.MatchString(imp+"."+name) && b.where.MatchString(s.pkg) && !listed(b.except, s.pkg) {
					found = append(found, t.find(n.Pos(), "%s.%s: %s", imp, name, b.why))
				}
			}
			return true
		})
		return found
	})
}

// invariant marks a panic on a state that only a fault of ours can reach.
const invariant = "// invariant: "

// checkPanics allows panic in functions named Must… and, with a comment that
// begins with "invariant:" on its line or the line above, on a broken
// invariant. It also refuses init functions.
func checkPanics(t *tree) []finding {
	return t.each(written, func(s *source) []finding {
		lines := strings.Split(s.text, "\n")
		var found []finding
		for _, decl := range s.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if ok && fn.Name.Name == "init" && fn.Recv == nil {
				found = append(found, t.find(fn.Pos(), "no init: make it in a constructor"))
			}
			if ok && strings.HasPrefix(strings.ToLower(fn.Name.Name), "must") {
				continue
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" && !marked(lines, t.fset.Position(n.Pos()).Line) {
					found = append(found, t.find(n.Pos(), "naked panic: return an error, or say %q and why it cannot happen", strings.TrimSpace(invariant)))
				}
				return true
			})
		}
		return found
	})
}

// marked reports whether a line (from 1) or the comment right above it says
// which invariant is broken.
func marked(lines []string, line int) bool {
	if strings.Contains(lines[line-1], invariant) {
		return true
	}
	for i := line - 2; i >= 0 && strings.HasPrefix(strings.TrimSpace(lines[i]), "//"); i-- {
		if strings.HasPrefix(strings.TrimSpace(lines[i]), invariant) {
			return true
		}
	}
	return false
}
