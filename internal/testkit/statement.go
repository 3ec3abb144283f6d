package testkit

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Reader is a test of package testing or of rapid.
type Reader interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Statement reads the text of an export with the one of formats that knows
// it, as UTC where the venue states no zone. The delimiter is the one of
// , ; and tab that the header makes a format recognise.
func Statement(r Reader, formats []statement.Format, text string) *statement.Collector {
	r.Helper()
	for _, comma := range []rune{',', ';', '\t'} {
		rows := csvRows(text, comma)
		if f, _ := statement.Detect(formats, rows); f != nil {
			return Collect(r, formats, rows, time.UTC)
		}
	}
	r.Fatalf("no format knows the header of:\n%.300s", text)
	return nil
}

// Collect reads rows, the header among them, with the one of formats that
// knows them. The zone is that of times that carry none where the venue states
// none; nil if nobody knows it.
func Collect(r Reader, formats []statement.Format, rows []statement.Row, zone *time.Location) *statement.Collector {
	r.Helper()
	f, head := statement.Detect(formats, rows)
	if f == nil {
		r.Fatalf("no format knows %q", rows[0].Cells)
	}
	if f.Zone != "" {
		var err error
		if zone, err = time.LoadLocation(f.Zone); err != nil {
			r.Fatal(err)
		}
	}
	c := statement.NewCollector(f.Venue)
	err := statement.Collect(statement.Source{
		Format: f, Header: rows[head], Preamble: rows[:head], Rows: slices.Values(rows[head+1:]),
		Zone: zone, Tax: ledger.NewCalendar(time.UTC),
	}, c)
	if err != nil {
		r.Fatalf("%s: %v", f.Name, err)
	}
	return c
}

// Table makes rows of cells; the first is the header.
func Table(header string, cells ...[]string) []statement.Row {
	rows := []statement.Row{{Line: 1, Cells: strings.Split(strings.TrimSpace(header), ",")}}
	for i, c := range cells {
		rows = append(rows, statement.Row{Line: i + 2, Cells: c})
	}
	return rows
}

// Statements runs the golden archives of a statement package: each input is an
// export as NAME.csv, and want/NAME.txt is what Dump says of it.
func Statements(t *testing.T, formats []statement.Format) {
	t.Helper()
	globs := []string{"testdata/*.txtar"}
	if _, err := os.Stat("testdata/invalid"); err == nil {
		globs = append(globs, "testdata/invalid/*.txtar")
	}
	for _, glob := range globs {
		Golden(t, glob, func(t *testing.T, in map[string]string) map[string]string {
			t.Helper()
			out := make(map[string]string)
			for name, text := range in {
				out[strings.TrimSuffix(name, ".csv")+".txt"] = Dump(Statement(t, formats, text))
			}
			return out
		})
	}
}

// Tallies pins what becomes of the rows of the sample files of a venue that
// may stand beside the repository, by the base names that a pattern fits.
func Tallies(t *testing.T, formats []statement.Format, venue, pattern string, want map[string]statement.Tally) {
	t.Helper()
	dir := Shared(t, "statements", "samples", venue)
	if dir == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, file := range files {
		name := filepath.Base(file)
		seen[name] = true
		c := Statement(t, formats, string(Read(t, file)))
		if pinned, ok := want[name]; !ok || c.Tally != pinned {
			t.Errorf("%s: %+v, pinned %+v\n%s", name, c.Tally, pinned, Dump(c))
		}
	}
	for name := range want {
		if !seen[name] {
			t.Errorf("%s: there is no such sample", name)
		}
	}
}

// Sound ends a test unless the row equation holds and every event has a kind,
// an asset (but for money against money), an id and an amount that is not
// negative.
func Sound(r Reader, c *statement.Collector) {
	r.Helper()
	if !c.Tally.Balances() {
		r.Fatalf("the row equation does not hold: %+v", c.Tally)
	}
	for i := range c.Events {
		e := &c.Events[i]
		nameless := e.Kind == ledger.KindUnknown || e.Asset == "" && e.Kind != ledger.KindExchange
		if nameless || e.ID.IsZero() || e.Amount.Sign() < 0 {
			r.Fatalf("event without kind, asset, id or amount: %+v", *e)
		}
	}
}

// Unlike ends a test unless every event has an id of its own.
func Unlike(r Reader, c *statement.Collector) {
	r.Helper()
	seen := make(map[ledger.ID]bool)
	for i := range c.Events {
		if id := c.Events[i].ID; seen[id] {
			r.Fatalf("two events with the id %s", id)
		}
		seen[c.Events[i].ID] = true
	}
}

// Facts are the lines of a dump, sorted and without the lines of the file: what
// stays when its rows come in another order.
func Facts(c *statement.Collector) []string {
	for i := range c.Events {
		c.Events[i].Origin.Line = 0
	}
	all := strings.Split(Dump(c), "\n")
	slices.Sort(all)
	return all
}

// Member returns one file of a golden archive.
func Member(tb testing.TB, path, name string) string {
	tb.Helper()
	ar, err := txtar.ParseFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range ar.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	tb.Fatalf("%s has no %s", path, name)
	return ""
}

// csvRows splits leniently: tests of the strict reader are elsewhere.
func csvRows(text string, comma rune) []statement.Row {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = comma, -1, true
	var rows []statement.Row
	for {
		cells, err := r.Read()
		if err != nil {
			return rows
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, statement.Row{Line: line, Cells: cells})
	}
}

// Dump writes what a collector holds in a form for golden files: the tally,
// one line for each event, and the held rows.
func Dump(c *statement.Collector) string {
	var b strings.Builder
	y := c.Tally
	fmt.Fprintf(&b, "rows %d = events %d + merged %d + duplicate %d + ignored %d + held %d\n", y.Rows, y.Events, y.Merged, y.Duplicate, y.Ignored, y.Held)
	for i := range c.Events {
		dumpEvent(&b, &c.Events[i])
	}
	reasons := make([]string, 0, len(c.Ignored))
	for why, n := range c.Ignored {
		reasons = append(reasons, fmt.Sprintf("ignored %d: %s\n", n, why))
	}
	slices.Sort(reasons)
	b.WriteString(strings.Join(reasons, ""))
	for _, h := range c.Held {
		fmt.Fprintf(&b, "held line %d, %s: %s\n", h.Line, h.Column, h.Reason)
	}
	return b.String()
}

func dumpEvent(b *strings.Builder, e *ledger.Event) {
	m := e.Extra()
	fmt.Fprintf(b, "%d %s %s %s %s", e.Origin.Line, e.At.AppendTo(nil), e.Kind, e.Amount, e.Asset)
	add := func(name string, set bool, value string) {
		if set {
			fmt.Fprintf(b, " %s=%s", name, value)
		}
	}
	add("account", true, e.Account)
	add("to", m.ToAsset != "", m.ToAmount.String()+" "+m.ToAsset)
	add("to_account", m.ToAccount != "", m.ToAccount)
	add("value", e.Has(ledger.HasValue), e.Value.String()+" "+e.ValueCurrency)
	add("to_value", e.Has(ledger.HasToValue), m.ToValue.String()+" "+e.ValueCurrency)
	add("fee", !e.Fee.IsZero(), e.Fee.String()+" "+e.FeeCurrency)
	add("fee_in_kind", m.FeeAsset != "", m.FeeAmount.String()+" "+m.FeeAsset)
	opt := func(name string, a *money.Amount) {
		if a != nil {
			add(name, true, a.String())
		}
	}
	opt("fee_value", m.FeeValue)
	opt("received", m.Received)
	add("subtype", m.Subtype != "", m.Subtype)
	add("label", m.Label != "" && m.Label != m.Subtype, m.Label)
	add("hash", m.TxHash != "", m.TxHash)
	add("rows", e.Origin.Rows != 1, fmt.Sprint(e.Origin.Rows))
	b.WriteByte('\n')
}
