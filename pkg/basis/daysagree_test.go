package basis

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// slowDay is a day of the slow matcher: for each day of sale and of purchase
// it asks again what is still open, in exact fractions.
type slowDay struct {
	date         ledger.Date
	ratio        *big.Rat
	bought, cost *big.Rat
	free, open   *big.Rat
	answers      []slowAnswer
}

type slowAnswer struct {
	kind        MatchKind
	day         int
	units, cost *big.Rat
}

// slowDays matches days the obvious way.
func slowDays(days []Day, came []Pool, after, before int) []slowDay {
	list := make([]slowDay, len(days))
	for i := range days {
		d := &days[i]
		list[i] = slowDay{date: d.Date, ratio: big.NewRat(1, 1), bought: ratOf(d.Bought), cost: ratOf(d.Cost), free: ratOf(d.Bought), open: ratOf(d.Disposed)}
		if !d.Ratio.IsZero() {
			list[i].ratio = ratOf(d.Ratio)
		}
	}
	for i := range list {
		slowMatch(list, i, i, SameDay)
	}
	for i := range list {
		for j := range i {
			if list[j].date >= list[i].date.AddDays(-before) {
				slowMatch(list, i, j, Before)
			}
		}
		for j := i + 1; j < len(list); j++ {
			if list[j].date <= list[i].date.AddDays(after) {
				slowMatch(list, i, j, After)
			}
		}
	}
	units, cost := new(big.Rat), new(big.Rat)
	for i := range list {
		d := &list[i]
		units.Mul(units, d.ratio)
		units.Add(units, ratOf(came[i].Units))
		cost.Add(cost, ratOf(came[i].Cost))
		if d.free.Sign() > 0 {
			units.Add(units, d.free)
			cost.Add(cost, new(big.Rat).Quo(new(big.Rat).Mul(d.cost, d.free), d.bought))
		}
		if d.open.Sign() == 0 || units.Sign() == 0 {
			continue
		}
		n := least(d.open, units)
		part := new(big.Rat).Quo(new(big.Rat).Mul(cost, n), units)
		d.answers = append(d.answers, slowAnswer{Pooled, -1, n, part})
		d.open = new(big.Rat).Sub(d.open, n)
		units.Sub(units, n)
		cost.Sub(cost, part)
	}
	return list
}

func least(a, b *big.Rat) *big.Rat {
	if b.Cmp(a) < 0 {
		a = b
	}
	return new(big.Rat).Set(a)
}

// grown is how many units of day j one unit of day i becomes.
func grown(list []slowDay, i, j int) *big.Rat {
	f := big.NewRat(1, 1)
	for k := i + 1; k <= j; k++ {
		f.Mul(f, list[k].ratio)
	}
	for k := j + 1; k <= i; k++ {
		f.Quo(f, list[k].ratio)
	}
	return f
}

// slowMatch answers for sales of day i with purchases of day j.
func slowMatch(list []slowDay, i, j int, kind MatchKind) {
	s, b := &list[i], &list[j]
	f := grown(list, i, j)
	n := least(s.open, new(big.Rat).Quo(b.free, f))
	if n.Sign() == 0 {
		return
	}
	there := new(big.Rat).Mul(n, f)
	cost := new(big.Rat).Quo(new(big.Rat).Mul(b.cost, there), b.bought)
	s.open, b.free = new(big.Rat).Sub(s.open, n), new(big.Rat).Sub(b.free, there)
	s.answers = append(s.answers, slowAnswer{kind, j, n, cost})
}

// drawDays draws days around the edges of the windows.
func drawDays(t *rapid.T) (days []Day, came []Pool) {
	units := func(label string) money.Amount {
		return money.MustParse(rapid.SampledFrom([]string{"0", "0", "1", "2", "3", "10", "0.5", "1.1", "7", "0.001"}).Draw(t, label))
	}
	at := ledger.Date(19_000)
	for range rapid.IntRange(1, 12).Draw(t, "days") {
		at = at.AddDays(rapid.SampledFrom([]int{1, 2, 5, 8, 9, 10, 29, 30, 31, 400}).Draw(t, "later"))
		d := Day{Date: at, Bought: units("bought"), Disposed: units("sold")}
		if !d.Bought.IsZero() {
			d.Cost = money.MustParse(rapid.SampledFrom([]string{"10", "0", "33.33", "1000", "7.01"}).Draw(t, "cost"))
		}
		if rapid.IntRange(0, 4).Draw(t, "split") == 4 {
			d.Ratio = money.MustParse(rapid.SampledFrom([]string{"2", "0.5", "3", "7", "0.1", "0.3"}).Draw(t, "ratio"))
		}
		var p Pool
		if rapid.IntRange(0, 6).Draw(t, "fork") == 6 {
			p = Pool{Units: units("came"), Cost: money.FromInt(5)}
			if p.Units.IsZero() {
				p = Pool{}
			}
		}
		days, came = append(days, d), append(came, p)
	}
	return days, came
}

// matchLaw: the matcher agrees with the slow one; units and cost are
// conserved; and what is held on a day is what came less what was answered
// for by then.
func matchLaw(t *rapid.T) {
	days, came := drawDays(t)
	after, before := 30, 0
	switch rapid.IntRange(0, 3).Draw(t, "who") {
	case 1:
		after, before = 0, 9
	case 2:
		after, before = rapid.IntRange(0, 31).Draw(t, "after"), rapid.IntRange(0, 10).Draw(t, "before")
	}
	want := slowDays(days, came, after, before)
	s := &Section104{Days: days}
	s.Match(after, before)
	held := make([]Pool, len(days))
	for i := range days {
		s.Settle(i, came[i])
		held[i] = s.Held(i)
	}
	var cost money.Amount
	for i := range s.Days {
		d := &s.Days[i]
		if len(d.Matches) != len(want[i].answers) || !close2(d.Missing, want[i].open) {
			t.Fatalf("%s: %d answers and %s missing, want %d and %s\n%+v", d.Date, len(d.Matches), d.Missing, len(want[i].answers), want[i].open.FloatString(9), days)
		}
		units := d.Missing
		for k, m := range d.Matches {
			if w := want[i].answers[k]; m.Kind != w.kind || m.Day != w.day || !close2(m.Units, w.units) || !close2(m.Cost, w.cost) {
				t.Fatalf("%s: answer %d is %+v, want kind %d of day %d, %s at %s", d.Date, k, m, w.kind, w.day, w.units.FloatString(9), w.cost.FloatString(9))
			}
			units, cost = units.Add(m.Units), cost.Add(m.Cost)
		}
		if !units.Equal(d.Disposed) {
			t.Fatalf("%s: %s are answered for or missing of %s sold", d.Date, units, d.Disposed)
		}
		cost = cost.Sub(d.Cost).Sub(came[i].Cost)
		checkHeld(t, want[:i+1], came, held[i])
	}
	if d := cost.Add(s.pool.Cost).Abs(); d.Cmp(dust) > 0 {
		t.Fatalf("cost differs by %s from what came\n%+v", d, days)
	}
}

// checkHeld compares what is held at the end of the last of the days.
func checkHeld(t *rapid.T, list []slowDay, came []Pool, held Pool) {
	units := new(big.Rat)
	for i := range list {
		units.Mul(units, list[i].ratio)
		units.Add(units, ratOf(came[i].Units))
		units.Add(units, list[i].bought)
		for _, a := range list[i].answers {
			units.Sub(units, a.units)
		}
	}
	if units.Sign() < 0 { // sold before it was bought
		units = new(big.Rat)
	}
	if !close2(held.Units, units) || held.Cost.Sign() < 0 {
		t.Fatalf("%s: %+v are held, want %s", list[len(list)-1].date, held, units.FloatString(9))
	}
}

func TestDaysAgreeWithTheSlowMatcher(t *testing.T) {
	t.Parallel()
	rapid.Check(t, matchLaw)
}

func FuzzDaysAgree(f *testing.F) { f.Fuzz(rapid.MakeFuzz(matchLaw)) }
