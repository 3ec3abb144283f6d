// Package testkit helps tests: golden files, the folders around the repository
// and the few values that many tests build. Nothing but tests imports it.
package testkit

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what the code says into the golden files")

// wantDir marks the files of an archive that the code must produce.
const wantDir = "want/"

// Golden runs f on every archive that matches glob, each in a parallel subtest
// that bears the archive's name. Files under want/ are what f must return, by
// their name without want/; the rest are its input. A file that f returns and
// the archive does not want is an error too, so that nothing new goes unseen.
// The text above the first file says what the case shows and which rule it
// comes from, and may not be empty. With -update the archive is rewritten.
func Golden(t *testing.T, glob string, f func(t *testing.T, in map[string]string) map[string]string) {
	t.Helper()
	names, err := filepath.Glob(glob)
	if err != nil || len(names) == 0 {
		t.Fatalf("no golden files match %s (%v)", glob, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(strings.TrimSpace(string(ar.Comment))) == 0 {
				t.Errorf("%s: say above the first file what this case shows", name)
			}
			in, want := split(ar)
			got := f(t, in)
			if *update {
				if err := os.WriteFile(name, rewrite(ar, got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			for _, fault := range compare(want, got) {
				t.Errorf("%s: %s", name, fault)
			}
		})
	}
}

// GoldenFile compares got with a file that is committed. With -update the file
// is written.
func GoldenFile(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := string(Read(t, name)); want != got {
		t.Errorf("%s is not what the code says (go test -update writes it):\n%s", name, difference(want, got))
	}
}

// split parts an archive into the input of a case and what it must give.
func split(ar *txtar.Archive) (in, want map[string]string) {
	in, want = make(map[string]string), make(map[string]string)
	for _, file := range ar.Files {
		if name, ok := strings.CutPrefix(file.Name, wantDir); ok {
			want[name] = string(file.Data)
		} else {
			in[file.Name] = string(file.Data)
		}
	}
	return in, want
}

// compare names each file that differs, is missing or was not asked for.
func compare(want, got map[string]string) []string {
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		text, ok := got[name]
		switch {
		case !ok:
			faults = append(faults, name+" is wanted and was not made")
		case text != want[name]:
			faults = append(faults, fmt.Sprintf("%s %s", name, difference(want[name], text)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			faults = append(faults, name+" was made and nobody wants it:\n"+got[name])
		}
	}
	if len(want) == 0 {
		faults = append(faults, "nothing is wanted: add a file under "+wantDir)
	}
	return faults
}

// difference shows the lines that differ between what two texts have in
// common at their beginning and at their end.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	first := 0
	for first < min(len(w), len(g)) && w[first] == g[first] {
		first++
	}
	w, g = w[first:], g[first:]
	for len(w) > 0 && len(g) > 0 && w[len(w)-1] == g[len(g)-1] {
		w, g = w[:len(w)-1], g[:len(g)-1]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "line %d (-want +got):\n", first+1)
	for _, line := range w {
		fmt.Fprintf(&b, "-%s\n", line)
	}
	for _, line := range g {
		fmt.Fprintf(&b, "+%s\n", line)
	}
	return b.String()
}

// rewrite returns the archive with got in place of what it wanted. Wanted
// files keep their order, new ones follow by name.
func rewrite(ar *txtar.Archive, got map[string]string) []byte {
	out := &txtar.Archive{Comment: ar.Comment}
	seen := make(map[string]bool)
	for _, file := range ar.Files {
		if name, ok := strings.CutPrefix(file.Name, wantDir); ok {
			text, made := got[name]
			if !made {
				continue
			}
			file.Data = []byte(text)
			seen[name] = true
		}
		out.Files = append(out.Files, file)
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if !seen[name] {
			out.Files = append(out.Files, txtar.File{Name: wantDir + name, Data: []byte(got[name])})
		}
	}
	return txtar.Format(out)
}
