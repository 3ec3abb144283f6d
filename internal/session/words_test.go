package session

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/ledgersys/ledgersys/internal/audit"
)

var acts = regexp.MustCompile(`Action: "([a-z_.]+)"`)

// TestChangesHaveWords: what people do with rights reads as a sentence on the
// page of their account, whatever the act is.
func TestChangesHaveWords(t *testing.T) {
	files, err := filepath.Glob("../firm/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		code, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range acts.FindAllSubmatch(code, -1) {
			found++
			if changes[string(m[1])] == "" {
				t.Errorf("%s: no words for %s", name, m[1])
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d acts found", found)
	}
	e := audit.Event{Kind: "permission", Outcome: "ok", Object: "member.join/user/1"}
	if got := eventText(e); got != "Somebody joined a firm" {
		t.Errorf("got %q", got)
	}
}
