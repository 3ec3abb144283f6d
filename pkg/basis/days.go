package basis

import (
	"sort"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// MatchKind names the rule of a match by days.
type MatchKind uint8

// The kinds, in the order of the law.
const (
	SameDay MatchKind = iota // TCGA 1992 s105(1)
	After                    // s106A(5): bought in the days after
	Before                   // s107(3): companies, bought in the days before
	Pooled                   // s104
)

// Match is part of a day's disposals with what answers for it.
type Match struct {
	Kind    MatchKind
	Day     int          // the day of purchase, as an index into Days; -1 for the pool
	Units   money.Amount // in units of the day of disposal
	Cost    money.Amount
	Assumed bool
}

// Day is everything that happened to one asset on one date.
type Day struct {
	Date     ledger.Date
	Ratio    money.Amount // of the splits of the day, which count from its start; 0 if there are none
	Bought   money.Amount
	Cost     money.Amount // of what was bought
	Assumed  bool         // part of that cost was unknown and taken as 0
	Disposed money.Amount

	Matches []Match
	Missing money.Amount // nothing answers for these

	left, leftCost money.Amount // bought and not matched yet
	factor         money.Amount // units of this day for one unit of the first; 0 means 1
}

// Section104 matches the days of one asset by the rules for shares of the
// United Kingdom: the same day first, then days nearby, then the pool.
type Section104 struct {
	Days []Day // by date, each date once
	// Back is how many days before a disposal count instead of days after:
	// nine for companies, 0 for people.
	Back int

	pool Pool
	next int // company: the first day whose purchases are not in the pool yet
}

// Match pairs disposals with purchases of the same day and, for people, of
// the next days. It must be called once, before Settle.
func (s *Section104) Match(after int) {
	s.prepare()
	for i := range s.Days {
		if d := &s.Days[i]; !d.Disposed.IsZero() && !d.Bought.IsZero() {
			s.pair(i, i, SameDay)
		}
	}
	if s.Back > 0 || after == 0 {
		return
	}
	for i := range s.Days {
		d := &s.Days[i]
		for j := i + 1; j < len(s.Days) && d.Missing.Sign() > 0 && s.Days[j].Date <= d.Date.AddDays(after); j++ {
			s.pair(i, j, After)
		}
	}
}

func (s *Section104) prepare() {
	var factor money.Amount
	for i := range s.Days {
		d := &s.Days[i]
		if !d.Ratio.IsZero() {
			if factor.IsZero() {
				factor = money.FromInt(1)
			}
			factor = factor.Mul(d.Ratio)
		}
		d.factor = factor
		d.left, d.leftCost, d.Missing = d.Bought, d.Cost, d.Disposed
	}
}

// convert turns units of day j into units of day i.
func (s *Section104) convert(units money.Amount, j, i int) money.Amount {
	from, to := s.Days[j].factor, s.Days[i].factor
	if from.IsZero() {
		from = money.FromInt(1)
	}
	if to.IsZero() {
		to = money.FromInt(1)
	}
	if from.Equal(to) {
		return units
	}
	return units.Rescale(to, from)
}

// pair answers for disposals of day i, as far as that goes, with purchases of
// day j.
func (s *Section104) pair(i, j int, kind MatchKind) {
	d, b := &s.Days[i], &s.Days[j]
	if b.left.Sign() <= 0 || d.Missing.Sign() <= 0 {
		return
	}
	need := s.convert(d.Missing, i, j)
	m := Match{Kind: kind, Day: j, Assumed: b.Assumed}
	if need.Cmp(b.left) < 0 {
		m.Units, m.Cost = d.Missing, b.leftCost.Share(need, b.left)
		b.left = b.left.Sub(need)
	} else {
		m.Units, m.Cost = money.Min(s.convert(b.left, j, i), d.Missing), b.leftCost
		if need.Equal(b.left) {
			m.Units = d.Missing
		}
		b.left = money.Amount{}
	}
	b.leftCost = b.leftCost.Sub(m.Cost)
	d.Missing = d.Missing.Sub(m.Units)
	d.Matches = append(d.Matches, m)
}

// Settle finishes day i: its split, units that arrive from forks, what it
// bought and nobody took, and from the pool what its disposals still need.
// Days must be settled in order.
func (s *Section104) Settle(i int, arrived Pool) {
	d := &s.Days[i]
	if !d.Ratio.IsZero() {
		s.pool.Scale(d.Ratio)
	}
	s.pool.Add(arrived.Units, arrived.Cost, arrived.Assumed)
	if s.Back == 0 {
		s.enter(i, i)
	} else {
		for ; s.next < i && s.Days[s.next].Date < d.Date.AddDays(-s.Back); s.next++ {
			s.enter(s.next, i)
		}
		for j := s.next; j < i && d.Missing.Sign() > 0; j++ {
			s.pair(i, j, Before)
		}
	}
	if d.Missing.Sign() <= 0 {
		return
	}
	taken, missing := s.pool.Take(d.Missing)
	if taken.Units.Sign() > 0 {
		d.Matches = append(d.Matches, Match{Kind: Pooled, Day: -1, Units: taken.Units, Cost: taken.Cost, Assumed: taken.Assumed})
	}
	d.Missing = missing
}

// enter moves what day j bought and nobody took into the pool, in units of
// day i.
func (s *Section104) enter(j, i int) {
	b := &s.Days[j]
	if b.left.Sign() > 0 {
		s.pool.Add(s.convert(b.left, j, i), b.leftCost, b.Assumed)
		b.left, b.leftCost = money.Amount{}, money.Amount{}
	}
}

// Fork takes the share of the cost that goes to a new asset at the end of day
// i, by value, from the pool and from purchases that wait to enter it. It
// also returns how many units were held, 0 for a fork of nothing.
func (s *Section104) Fork(i int, value, toValue money.Amount) (out Pool) {
	out = Pool{Units: s.pool.Units, Cost: s.pool.Fork(value, toValue), Assumed: s.pool.Assumed}
	if s.Back == 0 {
		return out
	}
	for j := s.next; j <= i; j++ {
		b := &s.Days[j]
		if b.left.Sign() <= 0 {
			continue
		}
		waiting := Pool{Units: b.left, Cost: b.leftCost}
		out.Add(s.convert(b.left, j, i), waiting.Fork(value, toValue), b.Assumed)
		b.leftCost = waiting.Cost
	}
	return out
}

// Held returns units and pool cost at the end of day i, the last one settled.
// Units that were disposed of by then and are answered for by later purchases
// are no longer held; the cost is the pool's, by units.
func (s *Section104) Held(i int) Pool {
	out := s.pool
	if s.Back > 0 {
		for j := s.next; j <= i; j++ {
			if b := &s.Days[j]; b.left.Sign() > 0 {
				out.Add(s.convert(b.left, j, i), b.leftCost, b.Assumed)
			}
		}
		return out
	}
	var owed money.Amount
	for k := s.after(i); k <= i; k++ {
		for _, m := range s.Days[k].Matches {
			if m.Kind == After && m.Day > i {
				owed = owed.Add(s.convert(m.Units, k, i))
			}
		}
	}
	if owed.IsZero() || out.Units.IsZero() {
		return out
	}
	rest := out
	rest.Take(money.Min(owed, out.Units))
	return rest
}

// after returns the first day from which a match may reach beyond day i. A
// year is longer than any window.
func (s *Section104) after(i int) int {
	from := s.Days[i].Date.AddDays(-366)
	return sort.Search(i, func(k int) bool { return s.Days[k].Date >= from })
}
