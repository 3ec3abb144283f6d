package testkit

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Statement reads the text of an export with the one of formats that knows
// it, as UTC where the venue states no zone. The delimiter is the one of
// , ; and tab that the header makes a format recognise.
func Statement(tb testing.TB, formats []statement.Format, text string) *statement.Collector {
	tb.Helper()
	for _, comma := range []rune{',', ';', '\t'} {
		rows := csvRows(text, comma)
		f, head := statement.Detect(formats, rows)
		if f == nil {
			continue
		}
		zone := time.UTC
		if f.Zone != "" {
			var err error
			if zone, err = time.LoadLocation(f.Zone); err != nil {
				tb.Fatal(err)
			}
		}
		c := statement.NewCollector(f.Venue)
		err := statement.Collect(statement.Source{
			Format: f, Header: rows[head], Preamble: rows[:head], Rows: slices.Values(rows[head+1:]),
			Zone: zone, Tax: ledger.NewCalendar(time.UTC),
		}, c)
		if err != nil {
			tb.Fatalf("%s: %v", f.Name, err)
		}
		return c
	}
	tb.Fatalf("no format knows the header of:\n%.300s", text)
	return nil
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
