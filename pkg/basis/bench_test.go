package basis_test

import (
	"testing"

	"github.com/ledgersys/ledgersys/pkg/basis"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// BenchmarkTake acquires 100,000 lots and takes half a lot as often, for each
// order.
func BenchmarkTake(b *testing.B) {
	const lots = 100_000
	one, half := money.FromInt(1), money.MustParse("0.5")
	for _, o := range []struct {
		name  string
		order basis.Order
	}{{"fifo", basis.Oldest}, {"lifo", basis.Newest}, {"hifo", basis.Dearest}, {"lofo", basis.Cheapest}} {
		b.Run(o.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h := basis.NewHoldings(basis.Config{Order: o.order, Lots: lots})
				for i := range lots {
					h.Acquire("BTC", "", basis.Lot{
						Quantity: one, Cost: money.FromInt(int64(100 + i*7919%4001)), Date: ledger.Date(18000 + i/100), Event: int32(i),
					})
				}
				for range lots {
					if _, missing := h.Take("BTC", "", half); !missing.IsZero() {
						b.Fatal("lots are missing")
					}
				}
			}
		})
	}
}
