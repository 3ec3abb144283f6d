package generic_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestDecisions keeps DECISIONS.md true: numbers without gaps, four facts in
// each, files that exist, vectors that exist, and every vector and every number
// that code names is there.
func TestDecisions(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../DECISIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	ids := vectorIDs(t)
	cited := map[string]bool{}
	parts := regexp.MustCompile(`(?m)^### `).Split(string(data), -1)[1:]
	for i, part := range parts {
		number := strconv.Itoa(i + 1)
		if !strings.HasPrefix(part, number+". ") {
			t.Fatalf("decision %s is missing, there is %q", number, strings.SplitN(part, "\n", 2)[0])
		}
		part, _, _ = strings.Cut(part, "\n## ")
		for _, fact := range []string{"\nLaw: ", "Status: ", "\nCode: ", "Tests: "} {
			if !strings.Contains(part, fact) {
				t.Errorf("decision %s does not say %q", number, strings.TrimSpace(fact))
			}
		}
		_, last, _ := strings.Cut(part, "\nCode: ")
		code, tests, _ := strings.Cut(last, "Tests: ")
		for _, name := range regexp.MustCompile("`([a-z0-9_./-]+\\.[a-z]+)`").FindAllStringSubmatch(code+tests, -1) {
			if strings.HasPrefix(name[1], "data/") || name[1] == "rules.go" || name[1] == "compute.go" {
				continue // of each country
			}
			if _, err := os.Stat(filepath.Join("..", name[1])); err != nil {
				t.Errorf("decision %s names %s: %v", number, name[1], err)
			}
		}
		for _, word := range strings.FieldsFunc(tests, func(r rune) bool { return strings.ContainsRune(", .\n", r) }) {
			if strings.ContainsRune(word, '`') || !strings.Contains(word, "-") {
				continue
			}
			if n := cite(ids, cited, word); n == 0 {
				t.Errorf("decision %s names the vector %s, which is not there", number, word)
			}
		}
	}
	for id := range ids {
		if !cited[id] {
			t.Errorf("no decision names the vector %s", id)
		}
	}
	checkReferences(t, len(parts))
}

// vectorIDs lists the vectors.
func vectorIDs(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("../testdata/vectors/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, f := range files {
		ids[strings.TrimSuffix(filepath.Base(f), ".json")] = true
	}
	return ids
}

// cite marks the vectors that a word stands for and counts them.
func cite(ids, cited map[string]bool, word string) int {
	prefix, many := strings.CutSuffix(word, "*")
	n := 0
	for id := range ids {
		if id == word || many && strings.HasPrefix(id, prefix) {
			cited[id] = true
			n++
		}
	}
	return n
}

// checkReferences wants every "Decision 12" in the code to exist.
func checkReferences(t *testing.T, last int) {
	t.Helper()
	files, err := filepath.Glob("../*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`Decisions? (\d+)(?: (?:to|and) (\d+))?`).FindAllStringSubmatch(string(data), -1) {
			for _, s := range m[1:] {
				if n, err := strconv.Atoi(s); s != "" && (err != nil || n < 1 || n > last) {
					t.Errorf("%s names decision %s of %d", f, s, last)
				}
			}
		}
	}
}
