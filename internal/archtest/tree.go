// Package archtest checks the shape of the code: who may import whom, which
// package owns which dependency, what the public library may not touch, how
// large and how documented things are, and that no parser goes without a fuzz
// target. Its test runs every rule over the repository; the cases in testdata
// show for each rule that it can fail.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// module is the path of this module with its slash.
const module = "github.com/ledgersys/ledgersys/"

// source is one Go file as the rules see it.
type source struct {
	path      string // from the repository's root, with slashes
	pkg       string // the folder of path
	test      bool
	generated bool
	text      string
	ast       *ast.File
	imports   map[string]string // name in this file → import path
}

// tree is all that the rules read. It is read here and not by "go list": go
// test would not know what that had read and would repeat a cached pass.
type tree struct {
	fset  *token.FileSet
	files []*source
	other map[string]string // texts that are not Go, by path
	top   []string          // names in the root
}

// finding is one place where the code breaks a rule.
type finding struct {
	at   string
	text string
}

// String returns the finding in the form that editors jump to.
func (f finding) String() string { return f.at + ": " + f.text }

// read returns the tree under root without what git ignores, hidden folders
// (.ci apart) and testdata.
func read(root string) (*tree, error) {
	texts := make(map[string]string)
	files := os.DirFS(root)
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && skipped(name) {
			return fs.SkipDir
		}
		if d.IsDir() || !readable(name) {
			return nil
		}
		text, err := fs.ReadFile(files, name)
		texts[name] = string(text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", root, err)
	}
	t, err := parse(texts)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(root)
	for _, e := range entries {
		t.top = append(t.top, e.Name())
	}
	return t, err
}

// skipped reports whether a folder is no part of the code.
func skipped(rel string) bool {
	base := path.Base(rel)
	return base == "testdata" || rel == "bin" || rel == "data" ||
		strings.HasPrefix(base, ".") && rel != ".ci"
}

// readable reports whether a rule reads a file with this name.
func readable(rel string) bool {
	dir, ext := path.Dir(rel), path.Ext(rel)
	script := (dir == "scripts" || dir == ".ci") && ext == ""
	return script || slices.Contains([]string{".go", ".md", ".yml", ".sh"}, ext) || rel == "Dockerfile"
}

// parse makes a tree of texts by their paths.
func parse(texts map[string]string) (*tree, error) {
	t := &tree{fset: token.NewFileSet(), other: make(map[string]string)}
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if path.Ext(name) != ".go" {
			t.other[name] = texts[name]
			continue
		}
		f, err := parser.ParseFile(t.fset, name, texts[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("parse: %w", err)
		}
		t.files = append(t.files, &source{
			path: name, pkg: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
			generated: ast.IsGenerated(f), text: texts[name], ast: f, imports: importNames(f),
		})
	}
	return t, nil
}

// importNames maps each name under which f knows an import to its path. The
// name of an import without one is taken to be its last element that is not a
// version.
func importNames(f *ast.File) map[string]string {
	names := make(map[string]string)
	for _, spec := range f.Imports {
		imp := importPath(spec)
		name := path.Base(imp)
		if len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
			name = path.Base(path.Dir(imp))
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = imp
	}
	return names
}

// importPath returns the path of an import without its quotes.
func importPath(spec *ast.ImportSpec) string { return strings.Trim(spec.Path.Value, "`\"") }

// packages groups the files by folder.
func (t *tree) packages() map[string][]*source {
	pkgs := make(map[string][]*source)
	for _, f := range t.files {
		pkgs[f.pkg] = append(pkgs[f.pkg], f)
	}
	return pkgs
}

// find makes a finding at a position of the tree.
func (t *tree) find(pos token.Pos, format string, args ...any) finding {
	p := t.fset.Position(pos)
	return finding{at: fmt.Sprintf("%s:%d", p.Filename, p.Line), text: fmt.Sprintf(format, args...)}
}

// each runs f over the files that keep holds for and gathers what it finds.
func (t *tree) each(keep func(*source) bool, f func(*source) []finding) []finding {
	var found []finding
	for _, s := range t.files {
		if keep(s) {
			found = append(found, f(s)...)
		}
	}
	return found
}

// every, code and written choose files: all, those of the program, and those
// of the program that a person wrote.
func every(*source) bool     { return true }
func code(s *source) bool    { return !s.test }
func written(s *source) bool { return !s.test && !s.generated }

// library chooses the code of the public library, which computes and never
// touches the world. The oracle is help for its tests.
func library(s *source) bool {
	return code(s) && strings.HasPrefix(s.pkg, "pkg/") && !listed(helpers, s.pkg)
}

// listed reports whether one of the space-separated patterns matches pkg; "*"
// stands for one path element.
func listed(patterns, pkg string) bool {
	for _, p := range strings.Fields(patterns) {
		if ok, err := path.Match(p, pkg); ok && err == nil {
			return true
		}
	}
	return false
}
