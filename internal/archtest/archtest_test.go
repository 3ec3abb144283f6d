package archtest

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// TestShape runs every rule over the repository.
func TestShape(t *testing.T) {
	t.Parallel()
	tree, err := read(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.files) < 2 || len(tree.other) == 0 || len(tree.top) == 0 {
		t.Fatalf("read %d Go files, %d texts and %d names in the root: the rules look at nothing",
			len(tree.files), len(tree.other), len(tree.top))
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range r.check(tree) {
				t.Error(f)
			}
		})
	}
}

// TestRules runs the rule that a case is named for over the small tree in it.
// The name up to a dash chooses the rule: arrows-helpers.txtar is for arrows.
// Case "good" runs all of them.
func TestRules(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata/*.txtar", func(t *testing.T, in map[string]string) map[string]string {
		name, _, _ := strings.Cut(strings.TrimPrefix(t.Name(), "TestRules/"), "-")
		tree, err := parse(in)
		if err != nil {
			t.Fatal(err)
		}
		tree.top = strings.Fields(in["top.md"])
		chosen := rulesNamed(name)
		if len(chosen) == 0 {
			t.Fatalf("no rule is named %q", name)
		}
		return map[string]string{"findings.txt": lines(chosen, tree)}
	})
}

// TestEveryRuleCanFail looks for a rule whose cases find nothing: such a rule
// would be no rule.
func TestEveryRuleCanFail(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		cases, err := filepath.Glob("testdata/" + r.name + "*.txtar")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(cases, wantsFindings) {
			t.Errorf("no case in testdata shows that rule %q finds anything", r.name)
		}
	}
}

func wantsFindings(name string) bool {
	ar, err := txtar.ParseFile(name)
	return err == nil && slices.ContainsFunc(ar.Files, func(f txtar.File) bool {
		return f.Name == "want/findings.txt" && len(f.Data) > 0
	})
}

// rulesNamed returns the rules with a name, all for "good".
func rulesNamed(name string) []rule {
	if name == "good" {
		return rules
	}
	return slices.DeleteFunc(slices.Clone(rules), func(r rule) bool { return r.name != name })
}

// lines returns what rules find, one finding a line.
func lines(rules []rule, t *tree) string {
	var b strings.Builder
	for _, r := range rules {
		for _, f := range r.check(t) {
			fmt.Fprintln(&b, f)
		}
	}
	return b.String()
}
