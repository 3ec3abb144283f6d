package testkit

import (
	"os"
	"path/filepath"
	"testing"
	"time"
	_ "time/tzdata" // tests must not need the time zones of the machine
)

// Root returns the repository's root: the nearest folder above the test's own
// that holds go.mod.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			tb.Fatal("no go.mod above the folder of this test")
		}
		dir = up
	}
}

// Shared returns the path of elem inside the folder "shared" that may stand
// next to the repository with material that is not committed, or "" if it is
// not there. A test that uses it runs on the committed data in any case and
// takes the shared data as more of the same.
func Shared(tb testing.TB, elem ...string) string {
	tb.Helper()
	path := filepath.Join(append([]string{filepath.Dir(Root(tb)), "shared"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// Read returns the content of a file and ends the test if there is none.
func Read(tb testing.TB, path string) []byte {
	tb.Helper()
	data, err := os.ReadFile(path) // #nosec G304 -- a test names its own files
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// Zone returns a time zone by its IANA name, as a caller of the library would
// hand it in.
func Zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return zone
}

// Tool returns the path of a program that tests run: from .cache/bin, where
// scripts/check installs it, or else from PATH. A missing one fails the test.
func Tool(tb testing.TB, name string) string {
	tb.Helper()
	path := filepath.Join(Root(tb), ".cache", "bin", name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			return filepath.Join(dir, name)
		}
	}
	tb.Fatalf("%s is not installed: run scripts/check once", name)
	return ""
}
