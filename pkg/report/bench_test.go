package report

import (
	"io"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// bench8949 writes n rows of 13 cells as Form 8949 has them.
func bench8949(n int) tax.Form {
	return tax.Form{Name: "8949", Ext: "csv", Rows: func(w tax.RowWriter) {
		proceeds, cost, units := m("48000.12"), m("20000.34"), m("0.50000000")
		sold := day("2024-01-01")
		var id ledger.ID
		var hex [32]byte
		buf := make([]byte, 0, 32)
		for i := range n {
			id[0], id[1], id[2] = byte(i), byte(i>>8), byte(i>>16)
			w.Text("I")
			buf = append(units.AppendFixed(buf[:0], 8), " BTC"...)
			w.Bytes(buf)
			w.Date(sold-ledger.Date(i%700), tax.USDate)
			w.Date(sold+ledger.Date(i/3000), tax.USDate)
			w.Money(proceeds, 2)
			w.Money(cost, 2)
			w.Text("")
			w.Money(money.Amount{}, 2)
			w.Money(proceeds.Sub(cost), 2)
			w.Text("Short")
			w.Text("Kraken")
			w.Bytes(id.AppendTo(hex[:0]))
			w.Bytes(id.AppendTo(hex[:0]))
			w.End()
		}
	}}
}

// BenchmarkForm writes 100,000 rows of 13 cells.
func BenchmarkForm(b *testing.B) {
	f := bench8949(100_000)
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteForm(io.Discard, f); err != nil {
			b.Fatal(err)
		}
	}
}

// benchReturn is a return of n sales with two legs each.
func benchReturn(n int) *tax.Return {
	r := usReturn()
	r.Book.Events = r.Book.Events[:0]
	first := day("2020-01-01")
	for i := range n {
		e := event("sale", ledger.KindSell, "2024-07-01T13:41:07Z", "BTC", row(1, uint32(i)))
		e.ID[0], e.ID[1], e.ID[2] = byte(i), byte(i>>8), byte(i>>16)
		e.At += ledger.Instant(i) * 1_234_567
		r.Book.Events = append(r.Book.Events, e)
	}
	d := r.Disposals[0]
	r.Disposals = make([]tax.Disposal, n)
	for i := range n {
		d.Event, d.Date = int32(i), first+ledger.Date(i*1500/n)
		d.Legs = []tax.Leg{d.Legs[0], d.Legs[1]}
		d.Legs[0].Lot, d.Legs[1].Lot = int32(i/2), int32(i/3)
		d.Proceeds = m("90000.123456789012345678")
		r.Disposals[i] = d
	}
	r.Issues, r.Income = nil, nil
	for i := range r.Remaining {
		r.Remaining[i].Lots = nil
	}
	return r
}

// counter counts what it is given.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// BenchmarkJSON writes the document of 20,000 disposals with two legs.
func BenchmarkJSON(b *testing.B) {
	v, err := Select(benchReturn(20_000), "")
	if err != nil {
		b.Fatal(err)
	}
	var c counter
	if err := WriteJSON(&c, v); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(c.n)
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteJSON(io.Discard, v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGains writes the generic form of 20,000 disposals with two legs.
func BenchmarkGains(b *testing.B) {
	v, err := Select(benchReturn(20_000), "")
	if err != nil {
		b.Fatal(err)
	}
	f := Generic(v)[0]
	b.ReportAllocs()
	for b.Loop() {
		if err := WriteForm(io.Discard, f); err != nil {
			b.Fatal(err)
		}
	}
}

// Rows and disposals cost no memory: what is written does not grow with them.
func TestWritingDoesNotAllocatePerRow(t *testing.T) {
	few, many := bench8949(10), bench8949(10_000)
	allocs := func(f tax.Form) float64 {
		return testing.AllocsPerRun(3, func() {
			if err := WriteForm(io.Discard, f); err != nil {
				t.Error(err)
			}
		})
	}
	if a, b := allocs(few), allocs(many); b > a {
		t.Errorf("10 rows need %v allocations, 10,000 need %v", a, b)
	}
	document := func(n int) float64 {
		v, err := Select(benchReturn(n), "")
		if err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(3, func() {
			if err := WriteJSON(io.Discard, v); err != nil {
				t.Error(err)
			}
		})
	}
	if a, b := document(10), document(2000); b > a+2 {
		t.Errorf("10 disposals need %v allocations, 2,000 need %v", a, b)
	}
}
