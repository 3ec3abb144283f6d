package us

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/report"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// year is 2025, whole.
func year() *tax.Year {
	return &tax.Year{Label: "2025", First: ledger.NewDate(2025, time.January, 1), Last: ledger.NewDate(2025, time.December, 31)}
}

// drawReturn makes disposals of one to three legs in 2025, with lines of Form
// 1099-DA for some of them: right, before fees, or off; with or without basis.
func drawReturn(t *rapid.T) *tax.Return {
	amount := func(name string, most int) money.Amount {
		return money.FromInt(int64(rapid.IntRange(0, most).Draw(t, name))).Mul(money.MustParse("0.001"))
	}
	r := &tax.Return{Rules: Rules(), Book: &ledger.Book{}}
	day := ledger.NewDate(2025, time.January, 1)
	for range rapid.IntRange(0, 6).Draw(t, "disposals") {
		d := tax.Disposal{
			Event: tax.NoEvent, Taxable: rapid.IntRange(0, 9).Draw(t, "taxable") > 0,
			Unknown: rapid.IntRange(0, 9).Draw(t, "unknown") == 9, Asset: "BTC", Account: "A", Date: day,
		}
		r.Book.Events = append(r.Book.Events, ledger.Event{})
		d.Event = int32(len(r.Book.Events) - 1)
		for range rapid.IntRange(1, 3).Draw(t, "legs") {
			l := tax.Leg{
				Term: tax.Term(rapid.IntRange(0, 2).Draw(t, "term")), Lot: tax.NoEvent,
				Amount: amount("units", 5000).Add(money.MustParse("0.001")), Cost: amount("cost", 90000),
			}
			d.Amount, d.Cost = d.Amount.Add(l.Amount), d.Cost.Add(l.Cost)
			d.Legs = append(d.Legs, l)
		}
		d.Proceeds, d.Fees = amount("proceeds", 90000), amount("fees", 900)
		proceeds, fees := d.Proceeds, d.Fees
		for i := range d.Legs { // by units, the last takes what is left
			l := &d.Legs[i]
			l.Proceeds, l.Fees = d.Proceeds.Share(l.Amount, d.Amount), d.Fees.Share(l.Amount, d.Amount)
			if i == len(d.Legs)-1 {
				l.Proceeds, l.Fees = proceeds, fees
			}
			proceeds, fees = proceeds.Sub(l.Proceeds), fees.Sub(l.Fees)
		}
		r.Disposals = append(r.Disposals, d)
		if rapid.Bool().Draw(t, "reported") {
			b := tax.BrokerSale{Account: "A", Asset: "BTC", Date: day, Units: d.Amount, Reported: rapid.Bool().Draw(t, "box 2")}
			b.Proceeds = rapid.SampledFrom([]money.Amount{d.Proceeds, d.Proceeds.Sub(d.Fees), amount("other", 90000)}).Draw(t, "1f")
			if rapid.Bool().Draw(t, "1g shown") {
				basis := rapid.SampledFrom([]money.Amount{d.Cost, amount("wrong", 90000)}).Draw(t, "1g")
				b.Basis = &basis
			}
			r.Brokers = append(r.Brokers, b)
		}
		day += ledger.Date(rapid.IntRange(0, 60).Draw(t, "days"))
	}
	return r
}

// foots: each row of Form 8949 says h = d − e + g in cents, h is the gain that
// the engine found, to within the rounding of its cells, the rows of a sale
// that a broker reported add up to the form, and Schedule D is the sum of the
// rows.
func foots(t *rapid.T) {
	r := drawReturn(t)
	y := year()
	made, err := forms(r, y)
	if err != nil {
		t.Fatal(err)
	}
	var csv, sd bytes.Buffer
	if err := report.WriteForm(&csv, made[0]); err != nil {
		t.Fatal(err)
	}
	if err := report.WriteForm(&sd, made[1]); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSuffix(csv.String(), "\n"), "\n")[1:]
	n, total := 0, money.Amount{}
	for i := range r.Disposals {
		d := &r.Disposals[i]
		if d.Date > y.Last || !d.Counts() {
			continue
		}
		for j := range d.Legs {
			c := strings.Split(rows[n], ",")
			n++
			at := func(i int) money.Amount { return money.MustParse(c[i]) }
			if !at(4).Sub(at(5)).Add(at(7)).Equal(at(8)) {
				t.Fatalf("d - e + g is not h in %s", rows[n-1])
			}
			if off := at(8).Sub(d.Legs[j].Gain()).Abs(); off.Cmp(money.MustParse("0.03")) > 0 {
				t.Fatalf("gain %s on the form, %s in the result", at(8), d.Legs[j].Gain())
			}
			if want := strings.ContainsAny(c[0], "GHI"); want != (d.Legs[j].Term != tax.LongTerm) {
				t.Fatalf("box %s for term %d", c[0], d.Legs[j].Term)
			}
			total = total.Add(at(8))
		}
	}
	if n != len(rows) {
		t.Fatalf("%d rows for %d legs", len(rows), n)
	}
	if !strings.Contains(sd.String(), "\n16,Lines 7 and 15 together,"+string(total.AppendFixed(nil, 2))+"\n") {
		t.Fatalf("line 16 is not %s:\n%s", total, sd.String())
	}
}

func TestFormFoots(t *testing.T) { t.Parallel(); rapid.Check(t, foots) }
func FuzzFormFoots(f *testing.F) { f.Fuzz(rapid.MakeFuzz(foots)) }

// TestBrokerProceedsAddUp: three legs of a third each show the form's proceeds
// to the cent.
func TestBrokerProceedsAddUp(t *testing.T) {
	t.Parallel()
	third := tax.Leg{Lot: tax.NoEvent, Amount: money.FromInt(1), Proceeds: money.MustParse("33.333333333333333333")}
	d := tax.Disposal{Amount: money.FromInt(3), Proceeds: money.FromInt(100)}
	sale := compare(&tax.BrokerSale{Units: money.FromInt(3), Proceeds: money.FromInt(100)}, d.Amount, d.Proceeds, d.Fees, d.Cost)
	var sum money.Amount
	for range 3 {
		sum = sum.Add(sale.next(&third).proceeds)
	}
	if !sum.Equal(money.FromInt(100)) {
		t.Errorf("rows add up to %s", sum)
	}
}

// TestMatchTakesTheNearest: two sales of the same units on one day get the
// lines with their own proceeds, and each line is used once.
func TestMatchTakesTheNearest(t *testing.T) {
	t.Parallel()
	day := ledger.NewDate(2025, time.March, 1)
	one := money.FromInt(1)
	sale := func(p int64) tax.Disposal {
		return tax.Disposal{Event: tax.NoEvent, Taxable: true, Asset: "BTC", Date: day, Amount: one, Proceeds: money.FromInt(p)}
	}
	line := func(p int64) tax.BrokerSale {
		return tax.BrokerSale{Account: "default", Asset: "BTC", Date: day, Units: one, Proceeds: money.FromInt(p)}
	}
	r := &tax.Return{Disposals: []tax.Disposal{sale(100), sale(200), sale(300)}, Brokers: []tax.BrokerSale{line(199), line(101)}}
	found := match(r, r.Disposals)
	if found[place{0, whole}] != &r.Brokers[1] || found[place{1, whole}] != &r.Brokers[0] || found[place{2, whole}] != nil {
		t.Errorf("got %v", found)
	}
}

// carries: what is deducted and what is carried make up the loss, the
// deduction keeps its limit, and nothing is below 0.
func carries(t *rapid.T) {
	draw := func(name string) money.Amount { return money.FromInt(int64(rapid.IntRange(-9000, 9000).Draw(t, name))) }
	y, before := net{draw("st"), draw("lt")}, net{draw("st_bf").Abs(), draw("lt_bf").Abs()}
	limit := money.FromInt(3000)
	c := losses(y, before, limit)
	sum := c.deduction.Add(c.forward.short).Add(c.forward.long)
	if !sum.Equal(tax.Positive(c.net.Neg())) || c.deduction.Cmp(limit) > 0 {
		t.Fatalf("%+v", c)
	}
	for _, a := range []money.Amount{c.deduction, c.forward.short, c.forward.long} {
		if a.Sign() < 0 {
			t.Fatalf("%+v", c)
		}
	}
}

func TestLossesCarry(t *testing.T) { t.Parallel(); rapid.Check(t, carries) }

func TestLosses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ st, lt, limit, deduction, short, long string }{
		"short_loss_bears_the_deduction_first":  {"-4000", "-5000", "3000", "3000", "1000", "5000"},
		"long_loss_bears_what_is_left":          {"-1000", "-5000", "3000", "3000", "0", "3000"},
		"short_gain_reduces_the_long_loss":      {"2000", "-7000", "3000", "3000", "0", "2000"},
		"long_gain_reduces_the_short_loss":      {"-7000", "2000", "3000", "3000", "2000", "0"},
		"separate_return_of_spouses_half_limit": {"-4000", "0", "1500", "1500", "2500", "0"},
		"gain_carries_nothing":                  {"-4000", "4000", "3000", "0", "0", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := losses(net{money.MustParse(c.st), money.MustParse(c.lt)}, net{}, money.MustParse(c.limit))
			if got.deduction.String() != c.deduction || got.forward.short.String() != c.short || got.forward.long.String() != c.long {
				t.Errorf("got %s, %s, %s", got.deduction, got.forward.short, got.forward.long)
			}
		})
	}
}

// TestAnnualByPerson: the limit follows the filing status, and a company
// deducts nothing and carries all as short-term.
func TestAnnualByPerson(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		person tax.Person
		want   string
	}{
		"single":  {tax.Person{FilingStatus: "single"}, "deduction=3000 st_cf=0 lt_cf=6000 "},
		"mfs":     {tax.Person{FilingStatus: "mfs"}, "deduction=1500 st_cf=500 lt_cf=7000 "},
		"company": {tax.Person{Taxpayer: "company"}, "deduction=0 st_cf=9000 lt_cf=0 "},
		"trust":   {tax.Person{Taxpayer: "trust"}, "deduction=3000 st_cf=0 lt_cf=6000 "},
	} {
		y := year()
		y.Extra = []tax.Figures{{Key: "lt", Amount: money.FromInt(-7000)}, {Key: "st", Amount: money.FromInt(-2000)}}
		cells, err := annual(&tax.Return{Rules: Rules(), Person: c.person}, y, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, x := range cells {
			got += x.Key + "=" + x.Text + " "
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestGivenFaults: what is missing, unknown or no number is named.
func TestGivenFaults(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{"st": "1"}`:                           "lt is missing",
		`{"st": "1", "lt": "2", "shrot": "3"}`:  `"shrot" is unknown`,
		`{"st": "1", "lt": "1e9"}`:              "given lt",
		`{"st": "1", "lt": "2", "st_bf": "-3"}`: "st_bf must not be below 0",
		`[1]`:                                   "must be an object",
		`{"st": "-99999999999999999999999999999999999999", "lt": "-99999999999999999999999999999999999999"}`: "38 digits",
	} {
		if _, err := compute("us_loss", "2024", json.RawMessage(given)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", given, err, want)
		}
	}
	if _, err := compute("us_loss", "", json.RawMessage(`{"st": "1", "lt": "2"}`)); err == nil || !strings.Contains(err.Error(), "year") {
		t.Errorf("without a year: got %v", err)
	}
	if _, err := annual(&tax.Return{Rules: Rules()}, year(), json.RawMessage(`{"taxable_income": "1"}`)); err == nil || !strings.Contains(err.Error(), "taxable_income") {
		t.Errorf("key of another country: got %v", err)
	}
	if _, err := compute("us_8949", "2025", json.RawMessage(`{"term": "medium", "form": "none", "proceeds": "1", "basis": "1"}`)); err == nil || !strings.Contains(err.Error(), "term") {
		t.Errorf("unknown term: got %v", err)
	}
}

// big makes a return of n sales of one leg.
func big(n int) *tax.Return {
	r := &tax.Return{Rules: Rules(), Book: &ledger.Book{Events: make([]ledger.Event, n)}}
	legs := make([]tax.Leg, n)
	for i := range n {
		legs[i] = tax.Leg{
			Rule: tax.RuleFIFO, Term: tax.ShortTerm, Acquired: 20100, Lot: int32(i / 2), Amount: money.MustParse("0.12345678"),
			Proceeds: money.MustParse("1234.567890123456"), Cost: money.MustParse("1234.5" + strconv.Itoa(i)), Fees: money.MustParse("1.2345"),
		}
		d := tax.Disposal{Event: int32(i), Taxable: true, Asset: "BTC", Account: "Kraken", Date: 20200, Legs: legs[i : i+1]}
		l := &legs[i]
		d.Amount, d.Proceeds, d.Fees, d.Cost = l.Amount, l.Proceeds, l.Fees, l.Cost
		r.Disposals = append(r.Disposals, d)
	}
	return r
}

// TestRowsDoNotAllocate: a form of any length makes a fixed handful of
// allocations.
func TestRowsDoNotAllocate(t *testing.T) { //nolint:paralleltest // it counts allocations
	for _, i := range []int{0, 2} {
		small, large := allocations(t, 10, i), allocations(t, 5000, i)
		if large > small+4 {
			t.Errorf("form %d: %.0f allocations for 10 rows, %.0f for 5,000", i, small, large)
		}
	}
}

func allocations(t *testing.T, n, form int) float64 {
	t.Helper()
	made, err := forms(big(n), year())
	if err != nil {
		t.Fatal(err)
	}
	return testing.AllocsPerRun(3, func() {
		if err := report.WriteForm(io.Discard, made[form]); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkForms(b *testing.B) {
	made, err := forms(big(100_000), year())
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range made {
		b.Run(f.Name+"."+f.Ext, func(b *testing.B) {
			for b.Loop() {
				if err := report.WriteForm(io.Discard, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
