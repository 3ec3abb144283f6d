package archtest

import (
	"errors"
	"go/ast"
	"go/types"
	"maps"
	"slices"
)

// checkGlobals refuses package variables that change: it finds what the code
// of a package assigns to, by index or field too, and follows names to their
// declaration with the type checker. Other packages are not loaded; what comes
// from them stays unknown and does no harm here.
func checkGlobals(t *tree) []finding {
	var found []finding
	pkgs := t.packages()
	for _, pkg := range slices.Sorted(maps.Keys(pkgs)) {
		files := slices.DeleteFunc(slices.Clone(pkgs[pkg]), func(s *source) bool { return !written(s) })
		if len(files) == 0 {
			continue
		}
		uses := resolve(t, files)
		for _, s := range files {
			ast.Inspect(s.ast, func(n ast.Node) bool {
				for _, x := range assigned(n) {
					if name := root(x); name != nil && global(uses[name]) {
						found = append(found, t.find(name.Pos(), "%s is a package variable and changes here; give it to whoever needs it", name.Name))
					}
				}
				return true
			})
		}
	}
	return found
}

// resolve returns what each identifier of one package's files refers to.
func resolve(t *tree, files []*source) map[*ast.Ident]types.Object {
	parsed := make([]*ast.File, len(files))
	for i, s := range files {
		parsed[i] = s.ast
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	conf := types.Config{
		Importer: nothing{}, FakeImportC: true, DisableUnusedImportCheck: true,
		Error: func(error) {}, // missing imports; the compiler reports the rest
	}
	if _, err := conf.Check(files[0].pkg, t.fset, parsed, info); err != nil {
		return info.Uses // as far as it got
	}
	return info.Uses
}

// global reports whether obj lives as long as the program: a variable of a
// package, or a name of another package.
func global(obj types.Object) bool {
	switch obj := obj.(type) {
	case *types.Var:
		return obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope()
	case *types.PkgName:
		return true
	}
	return false
}

// nothing imports nothing.
type nothing struct{}

// errNotLoaded says that a dependency is left out on purpose.
var errNotLoaded = errors.New("not loaded")

// Import implements types.Importer.
func (nothing) Import(string) (*types.Package, error) { return nil, errNotLoaded }
