package archtest

import (
	"go/ast"
	"go/token"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The hard limits of the house style; generated code is apart.
const (
	maxFileLines = 500
	maxFuncLines = 60 // without comments
	maxParams    = 5
)

// checkSizes keeps files, functions and parameter lists small. The limits of
// functions leave tests alone: a table is one function.
func checkSizes(t *tree) []finding {
	return t.each(every, func(s *source) []finding {
		if s.generated {
			return nil
		}
		var found []finding
		if n := strings.Count(s.text, "\n"); n > maxFileLines {
			found = append(found, t.find(s.ast.Package, "%d lines, at most %d: is it two things?", n, maxFileLines))
		}
		if s.test {
			return found
		}
		comments := commentLines(t, s)
		for _, decl := range s.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := funcLines(t, fn, comments); n > maxFuncLines {
				found = append(found, t.find(fn.Pos(), "func %s has %d lines without comments, at most %d", fn.Name.Name, n, maxFuncLines))
			}
			if n := fn.Type.Params.NumFields(); n > maxParams {
				found = append(found, t.find(fn.Pos(), "func %s has %d parameters, at most %d: make a struct of those that belong together", fn.Name.Name, n, maxParams))
			}
		}
		return found
	})
}

// commentLines returns the lines of s that hold nothing but a comment.
func commentLines(t *tree, s *source) map[int]bool {
	lines := strings.Split(s.text, "\n")
	only := make(map[int]bool)
	for _, group := range s.ast.Comments {
		for _, c := range group.List {
			first, last := t.fset.Position(c.Pos()), t.fset.Position(c.End())
			if strings.TrimSpace(lines[first.Line-1][:first.Column-1]) != "" {
				first.Line++ // code stands before it
			}
			for n := first.Line; n <= last.Line; n++ {
				only[n] = true
			}
		}
	}
	return only
}

// funcLines counts the lines between the braces of fn that are not comments.
func funcLines(t *tree, fn *ast.FuncDecl, comments map[int]bool) int {
	if fn.Body == nil {
		return 0
	}
	n := 0
	for line := t.fset.Position(fn.Body.Lbrace).Line + 1; line < t.fset.Position(fn.Body.Rbrace).Line; line++ {
		if !comments[line] {
			n++
		}
	}
	return n
}

// checkDocs demands a comment on each exported name and on each package.
func checkDocs(t *tree) []finding {
	found := t.each(written, func(s *source) []finding {
		var found []finding
		for _, decl := range s.ast.Decls {
			for _, name := range undocumented(decl) {
				found = append(found, t.find(name.Pos(), "exported %s has no comment", name.Name))
			}
		}
		return found
	})
	pkgs := t.packages()
	for _, pkg := range slices.Sorted(maps.Keys(pkgs)) {
		if !slices.ContainsFunc(pkgs[pkg], hasPackageDoc) {
			found = append(found, finding{pkg, "no package comment that begins with \"Package " + path.Base(pkg) + "\" (\"Command\" for a program)"})
		}
	}
	return found
}

func hasPackageDoc(s *source) bool {
	doc := s.ast.Doc.Text()
	return strings.HasPrefix(doc, "Package "+s.ast.Name.Name+" ") ||
		s.ast.Name.Name == "main" && strings.HasPrefix(doc, "Command "+path.Base(s.pkg)+" ")
}

// undocumented returns the exported names that decl declares without a
// comment of their own or of their group. Methods count if their type is
// exported.
func undocumented(decl ast.Decl) []*ast.Ident {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Doc == nil && decl.Name.IsExported() && (decl.Recv == nil || ast.IsExported(receiver(decl))) {
			return []*ast.Ident{decl.Name}
		}
	case *ast.GenDecl:
		if decl.Doc != nil {
			return nil
		}
		var names []*ast.Ident
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Doc == nil && spec.Comment == nil && spec.Name.IsExported() {
					names = append(names, spec.Name)
				}
			case *ast.ValueSpec:
				if spec.Doc == nil && spec.Comment == nil {
					names = append(names, exported(spec.Names)...)
				}
			}
		}
		return names
	}
	return nil
}

func exported(names []*ast.Ident) []*ast.Ident {
	return slices.DeleteFunc(slices.Clone(names), func(id *ast.Ident) bool { return !id.IsExported() })
}

// receiver returns the name of the type that a method belongs to.
func receiver(fn *ast.FuncDecl) string {
	typ := fn.Recv.List[0].Type
	for {
		switch x := typ.(type) {
		case *ast.StarExpr:
			typ = x.X
		case *ast.IndexExpr:
			typ = x.X
		case *ast.IndexListExpr:
			typ = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// parsers are the packages that read what others wrote.
const parsers = "pkg/statement/* internal/exchange/*"

// checkFuzz demands FuzzParse in every package that reads foreign bytes.
func checkFuzz(t *tree) []finding {
	var found []finding
	pkgs := t.packages()
	for _, pkg := range slices.Sorted(maps.Keys(pkgs)) {
		if listed(parsers, pkg) && !slices.ContainsFunc(pkgs[pkg], declaresFuzzParse) {
			found = append(found, finding{pkg, "no FuzzParse: what reads foreign bytes is fuzzed"})
		}
	}
	return found
}

func declaresFuzzParse(s *source) bool {
	return s.test && slices.ContainsFunc(s.ast.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Name.Name == "FuzzParse"
	})
}

var (
	oneWord  = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	vague    = regexp.MustCompile(`^(utils?|commons?|helpers?|models?|types?|misc|shared|lib|base|core|services?|repositor(y|ies)|dtos?|manager)$`)
	topLevel = regexp.MustCompile(`^(\..*|cmd|pkg|internal|configs|scripts|go\.mod|go\.sum|Dockerfile|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md` +
		`|bin|data|ledgersys|.*\.(test|out|prof))$`) // the last ones are what git ignores
)

// checkNames keeps package names to one noun and the top level fixed.
func checkNames(t *tree) []finding {
	found := t.each(every, func(s *source) []finding {
		dir, name := path.Base(s.pkg), strings.TrimSuffix(s.ast.Name.Name, "_test")
		switch {
		case name == "main" && !s.test && strings.HasPrefix(s.pkg, "pkg/"), name != "main" && name != dir:
			return []finding{t.find(s.ast.Name.Pos(), "package %s in folder %s: name them alike", name, dir)}
		case !oneWord.MatchString(dir):
			return []finding{t.find(s.ast.Name.Pos(), "package %s: one lower-case word", dir)}
		case vague.MatchString(dir):
			return []finding{t.find(s.ast.Name.Pos(), "package %s: name it for what it gives", dir)}
		}
		return nil
	})
	for _, name := range t.top {
		if !topLevel.MatchString(name) {
			found = append(found, finding{name, "the top level is fixed; put it inside one of its folders"})
		}
	}
	return found
}

// assigned returns the expressions that a statement or a call writes to.
func assigned(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.CallExpr:
		id, ok := n.Fun.(*ast.Ident)
		if ok && (id.Name == "delete" || id.Name == "clear" || id.Name == "copy") && len(n.Args) > 0 {
			return n.Args[:1]
		}
	}
	return nil
}

// root returns the identifier at the start of an expression like a.b[i].c.
func root(x ast.Expr) *ast.Ident {
	for {
		switch e := x.(type) {
		case *ast.Ident:
			return e
		case *ast.SelectorExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.SliceExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		case *ast.ParenExpr:
			x = e.X
		default:
			return nil
		}
	}
}
