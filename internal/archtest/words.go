package archtest

import (
	_ "embed" // words.txt
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// banned holds the phrases that do not belong in the repository, one a line:
// the files it looks at ("go" or "all"), a regular expression and the reason,
// with tabs between them. They stand in a file of their own, so that a search
// for what is left undone does not end here.
//
//go:embed words.txt
var banned string

// word is a phrase that does not belong in the repository.
type word struct {
	goOnly  bool
	pattern *regexp.Regexp
	why     string
}

// words returns the banned phrases.
func words() []word {
	var list []word
	for _, line := range strings.Split(strings.TrimSpace(banned), "\n") {
		part := strings.SplitN(line, "\t", 3)
		list = append(list, word{part[0] == "go", regexp.MustCompile(part[1]), part[2]})
	}
	return list
}

// checkWords looks for banned phrases in Go files, pages and scripts.
func checkWords(t *tree) []finding {
	texts := maps.Clone(t.other)
	for _, s := range t.files {
		if !s.generated {
			texts[s.path] = s.text
		}
	}
	var found []finding
	list := words()
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		for i, line := range strings.Split(texts[name], "\n") {
			for _, w := range list {
				if (!w.goOnly || strings.HasSuffix(name, ".go")) && w.pattern.MatchString(line) {
					found = append(found, finding{place(name, i+1), "banned: " + w.pattern.FindString(line) + ": " + w.why})
				}
			}
		}
	}
	return found
}

// checkTests keeps tests from passing by not running or by waiting. Drawn
// input may be skipped inside a fuzz or a property function; a test may not.
func checkTests(t *tree) []finding {
	return t.each(func(s *source) bool { return s.test }, func(s *source) []finding {
		var found []finding
		synctest := slices.Contains(slices.Collect(maps.Values(s.imports)), "testing/synctest")
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch imp, name := selected(s, n); {
			case imp == "testing" && name == "Short":
				found = append(found, t.find(n.Pos(), "testing.Short: every test runs always; only its counts differ"))
			case imp == "time" && name == "Sleep" && !synctest:
				found = append(found, t.find(n.Pos(), "time.Sleep: wait for what happens, or use testing/synctest"))
			}
			if typ, body := function(n); body != nil && isTest(s, typ) {
				found = append(found, skips(t, typ.Params.List[0].Names[0].Name, body)...)
			}
			return true
		})
		return found
	})
}

// function returns the type and body of a function declaration or literal.
func function(n ast.Node) (*ast.FuncType, *ast.BlockStmt) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Type, n.Body
	case *ast.FuncLit:
		return n.Type, n.Body
	}
	return nil, nil
}

// isTest reports whether typ takes one named *testing.T, B, F or TB and
// nothing else; a fuzz function takes more.
func isTest(s *source, typ *ast.FuncType) bool {
	if typ.Params.NumFields() != 1 || len(typ.Params.List[0].Names) != 1 {
		return false
	}
	arg := typ.Params.List[0].Type
	if star, ok := arg.(*ast.StarExpr); ok {
		arg = star.X
	}
	imp, _ := selected(s, arg)
	return imp == "testing"
}

// skips finds calls of t.Skip and its kin in the body of a test, but not in
// functions inside it, which are judged by themselves.
func skips(t *tree, arg string, body *ast.BlockStmt) []finding {
	var found []finding
	ast.Inspect(body, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(sel.Sel.Name, "Skip") {
			return true
		}
		if id, ok := sel.X.(*ast.Ident); ok && id.Name == arg {
			found = append(found, t.find(n.Pos(), "%s.%s: a test that cannot run fails", arg, sel.Sel.Name))
		}
		return true
	})
	return found
}
