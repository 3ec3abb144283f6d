package ledgersys

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// BenchmarkRead makes events of 100,000 rows that were split already.
func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	if err := testkit.WriteHistory(&text, "trades", 100_000, "USD"); err != nil {
		b.Fatal(err)
	}
	var rows []statement.Row
	for line := range strings.Lines(text.String()) {
		rows = append(rows, statement.Row{Line: len(rows) + 1, Cells: strings.Split(strings.TrimSpace(line), ",")})
	}
	format := Formats()[0]
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		c := statement.NewCollector("default")
		c.Grow(len(rows))
		err := statement.Collect(statement.Source{
			Format: &format, Header: rows[0], Rows: slices.Values(rows[1:]), Tax: ledger.NewCalendar(time.UTC),
		}, c)
		if err != nil || len(c.Events) != len(rows)-1 {
			b.Fatal(err, len(c.Events))
		}
	}
}
