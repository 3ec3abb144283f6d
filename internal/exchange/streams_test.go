package exchange_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/cli"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// tests are what every exchange must have: its protocol, its signatures, its
// rights, recorded answers, and what becomes of records.
var tests = []string{"TestSimulated", "TestSign|TestToken", "TestPermissions", "TestSamples", "TestEvents", "FuzzParse"}

// STREAMS.md says of every exchange and every kind of stream where it comes
// from, or that it is not offered and what to upload instead. It is written
// from what the packages declare; change them, then this page.
func TestStreamsPage(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, x := range cli.Exchanges() {
		fmt.Fprintf(&b, "\n## %s\n\n| kind | stream | endpoint, or where else |\n|---|---|---|\n", x.Title)
		for _, kind := range append(exchange.StreamKinds(), exchange.Other) {
			rows := streamRows(&x, kind)
			if len(rows) == 0 && kind != exchange.Other {
				t.Errorf("%s neither fetches %s nor says that it is not offered", x.Title, kind)
			}
			b.WriteString(strings.Join(rows, ""))
		}
		hasTests(t, x.Name)
	}
	page := string(testkit.Read(t, filepath.Join(testkit.Root(t), "internal", "exchange", "STREAMS.md")))
	_, got, _ := strings.Cut(page, "\n\n\n")
	if strings.TrimSpace(got) != strings.TrimSpace(b.String()) {
		t.Errorf("STREAMS.md differs; below its head it must read:\n%s", b.String())
	}
}

func streamRows(x *exchange.Exchange, kind exchange.StreamKind) []string {
	var rows []string
	for _, s := range x.Streams {
		if s.Kind == kind {
			rows = append(rows, fmt.Sprintf("| %s | %s | `%s` |\n", kind, s.Name, s.Endpoint))
		}
	}
	for _, a := range x.Absent {
		switch {
		case a.Kind != kind:
		case a.Within != "":
			rows = append(rows, fmt.Sprintf("| %s | %s | in %s |\n", kind, a.What, a.Within))
		default:
			rows = append(rows, fmt.Sprintf("| %s | %s | not offered; upload: %s |\n", kind, a.What, a.Instead))
		}
	}
	return rows
}

func hasTests(t *testing.T, name string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testkit.Root(t), "internal", "exchange", name, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, f := range files {
		text += string(testkit.Read(t, f))
	}
	for _, want := range tests {
		if !slices.ContainsFunc(strings.Split(want, "|"), func(w string) bool { return strings.Contains(text, "func "+w+"(") }) {
			t.Errorf("%s has no %s", name, want)
		}
	}
}

// Every endpoint of a stream is a call that may leave, and no call but reads.
func TestEveryStreamMayLeave(t *testing.T) {
	t.Parallel()
	for _, x := range cli.Exchanges() {
		for _, s := range x.Streams {
			if !slices.ContainsFunc(x.Passes, func(p egress.Pass) bool { return p.Method+" "+p.Path == s.Endpoint }) {
				t.Errorf("%s: %s is not among the calls that may leave", x.Title, s.Endpoint)
			}
		}
	}
}
