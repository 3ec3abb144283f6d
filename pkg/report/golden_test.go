package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// TestGolden shows returns as people and scripts get them. The file "show" of
// an archive holds the return and the year to show, how, and what: names of
// files, or for an explanation the disposal.
func TestGolden(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "testdata/*.txtar", func(t *testing.T, in map[string]string) map[string]string {
		t.Helper()
		got := make(map[string]string)
		var v View
		var term Terminal
		for line := range strings.Lines(in["show"]) {
			word := append(strings.Fields(line), "", "")
			switch word[0] {
			case "return":
				v = fixtureView(t, word[1], word[2])
			case "width":
				term.Width, _ = strconv.Atoi(word[1])
			case "color":
				term.Color = true
			case "input":
				title, zone, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "input")), "; ")
				term.Inputs = append(term.Inputs, Input{title, zone})
			case "explain":
				i, err := Find(v, word[1])
				if err != nil {
					t.Fatal(err)
				}
				got["explain.json"] = written(t, func(w io.Writer) error { return WriteExplain(w, v, i, rawLine) })
				got["explain.txt"] = written(t, func(w io.Writer) error { return WriteExplainText(w, v, i, rawLine, term) })
			case "lots.json":
				got[word[0]] = written(t, func(w io.Writer) error { return WriteLots(w, v) })
			case "result.json":
				got[word[0]] = written(t, func(w io.Writer) error { return WriteJSON(w, v) })
			case "issues.txt":
				got[word[0]] = written(t, func(w io.Writer) error { return WriteIssues(w, v, term) })
			case "summary.txt":
				got[word[0]] = written(t, func(w io.Writer) error { return WriteSummary(w, v, term) })
			default:
				got[word[0]] = written(t, func(w io.Writer) error { return WriteForm(w, genericForm(t, v, word[0])) })
			}
		}
		return got
	})
}

func genericForm(t testing.TB, v View, file string) tax.Form {
	t.Helper()
	for _, f := range Generic(v) {
		if f.Name+"."+f.Ext == file {
			return f
		}
	}
	t.Fatalf("no form %s", file)
	return tax.Form{}
}

func written(t testing.TB, write func(w io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// rawLine is a source of which line 9 has gone.
func rawLine(file, line uint32) (string, bool) {
	return fmt.Sprintf("\"raw text of\",%d,\tline %d", file, line), line != 9
}
