package tax_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement/ledgersys"
	"github.com/ledgersys/ledgersys/pkg/tax"
	"github.com/ledgersys/ledgersys/pkg/tax/gb"
	"github.com/ledgersys/ledgersys/pkg/tax/us"
)

// BenchmarkCalculate computes 100,000 trades that were read already.
func BenchmarkCalculate(b *testing.B) {
	var text strings.Builder
	if err := testkit.WriteHistory(&text, "trades", 100_000, "USD"); err != nil {
		b.Fatal(err)
	}
	events := testkit.Statement(b, ledgersys.Formats(), text.String()).Events
	for _, c := range []struct {
		name   string
		rules  *tax.Rules
		method tax.Method
	}{{"us_fifo", us.Rules(), tax.FIFO}, {"us_hifo", us.Rules(), tax.HIFO}, {"gb_s104", gb.Rules(), tax.S104}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := tax.Calculate(tax.Input{
					Book: ledger.NewBook(slices.Clone(events), nil), Rules: c.rules, Method: c.method, Currency: "USD",
					Calendar: ledger.NewCalendar(time.UTC),
				})
				if err != nil || len(r.Disposals) == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}
