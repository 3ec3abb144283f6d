package testkit

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	Golden(t, "testdata/*.txtar", func(_ *testing.T, in map[string]string) map[string]string {
		return map[string]string{"upper.txt": strings.ToUpper(in["words.txt"])}
	})
}

func TestCompareNamesEachDifference(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		want, got map[string]string
		faults    []string // how each one begins
	}{
		{"equal_is_silent", map[string]string{"a": "1"}, map[string]string{"a": "1"}, nil},
		{"other_text", map[string]string{"a": "1"}, map[string]string{"a": "2"}, []string{"a line 1 (-want +got):\n-1\n+2\n"}},
		{"not_made", map[string]string{"a": "1"}, nil, []string{"a is wanted"}},
		{"empty_is_not_absent", map[string]string{"a": ""}, nil, []string{"a is wanted"}},
		{"made_unasked", map[string]string{"a": "1"}, map[string]string{"a": "1", "b": "2"}, []string{"b was made"}},
		{"nothing_wanted", nil, nil, []string{"nothing is wanted"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := compare(tt.want, tt.got)
			if !slices.EqualFunc(got, tt.faults, strings.HasPrefix) {
				t.Errorf("got %q, want beginnings %q", got, tt.faults)
			}
		})
	}
}

func TestDifferenceShowsOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, want, got, text string }{
		{"one_line_changed", "a\nb\nc\n", "a\nB\nc\n", "line 2 (-want +got):\n-b\n+B\n"},
		{"line_added", "a\nc\n", "a\nb\nc\n", "line 2 (-want +got):\n+b\n"},
		{"line_repeated", "a\n", "a\na\n", "line 2 (-want +got):\n+a\n"},
		{"last_line_end_missing", "a\n", "a", "line 2 (-want +got):\n-\n"},
		{"nothing_made", "a\n", "", "line 1 (-want +got):\n-a\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := difference(tt.want, tt.got); got != tt.text {
				t.Errorf("got %q, want %q", got, tt.text)
			}
		})
	}
}

func TestRewriteKeepsInputAndOrder(t *testing.T) {
	t.Parallel()
	ar := txtar.Parse([]byte("Why.\n-- in --\nx\n-- want/b --\nold\n-- want/gone --\nold\n"))
	got := string(rewrite(ar, map[string]string{"b": "new\n", "a": "more\n"}))
	want := "Why.\n-- in --\nx\n-- want/b --\nnew\n-- want/a --\nmore\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	root := Root(t)
	if _, err := os.Stat(filepath.Join(root, "internal", "testkit", "testkit_test.go")); err != nil {
		t.Errorf("Root: %v", err)
	}
	if got := Shared(t, "no such folder"); got != "" {
		t.Errorf("Shared of a missing folder = %q, want nothing", got)
	}
	if got := Zone(t, "Europe/London").String(); got != "Europe/London" {
		t.Errorf("Zone = %s", got)
	}
	if !strings.HasPrefix(string(Read(t, filepath.Join(root, "go.mod"))), "module ") {
		t.Error("Read: go.mod does not begin with its module line")
	}
}
