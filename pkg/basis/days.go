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
	pool Pool
}

// Match pairs disposals with purchases of the same day, and then with those
// of the days after (people) or of the days before, the oldest first
// (companies). It must be called once, before Settle. What is paired never
// enters the pool.
func (s *Section104) Match(after, before int) {
	s.prepare()
	for i := range s.Days {
		if d := &s.Days[i]; !d.Disposed.IsZero() && !d.Bought.IsZero() {
			s.pair(i, i, SameDay)
		}
	}
	for i := range s.Days {
		d := &s.Days[i]
		if d.Missing.Sign() <= 0 {
			continue
		}
		from := i
		for from > 0 && s.Days[from-1].Date >= d.Date.AddDays(-before) {
			from--
		}
		for j := from; j < i && d.Missing.Sign() > 0; j++ {
			s.pair(i, j, Before)
		}
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
			factor = Grow(factor, d.Ratio)
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
	if b.left.Sub(need).Cmp(dust) >= 0 {
		m.Units, m.Cost = d.Missing, b.leftCost.Share(need, b.left)
		b.left = b.left.Sub(need)
	} else {
		m.Units, m.Cost = money.Min(s.convert(b.left, j, i), d.Missing), b.leftCost
		b.left = money.Amount{}
	}
	b.leftCost = b.leftCost.Sub(m.Cost)
	if d.Missing = d.Missing.Sub(m.Units); d.Missing.Cmp(dust) < 0 {
		m.Units, d.Missing = m.Units.Add(d.Missing), money.Amount{}
	}
	d.Matches = append(d.Matches, m)
}

// dust is what converting units over splits may leave behind: less than any
// source can write.
var dust = money.MustParse("0.000000000000000000000001")

// Settle finishes day i: its split, units that arrive from forks, what it
// bought and nobody took, and from the pool what its disposals still need.
// Days must be settled in order.
func (s *Section104) Settle(i int, arrived Pool) {
	d := &s.Days[i]
	if !d.Ratio.IsZero() {
		s.pool.Scale(d.Ratio)
	}
	s.pool.Add(arrived.Units, arrived.Cost, arrived.Assumed)
	if d.left.Sign() > 0 {
		s.pool.Add(d.left, d.leftCost, d.Assumed)
		d.left, d.leftCost = money.Amount{}, money.Amount{}
	}
	if d.Missing.Sign() <= 0 {
		return
	}
	taken, missing := s.pool.Take(d.Missing)
	if taken.Units.Cmp(dust) < 0 {
		missing = missing.Add(taken.Units)
	} else {
		d.Matches = append(d.Matches, Match{Kind: Pooled, Day: -1, Units: taken.Units, Cost: taken.Cost, Assumed: taken.Assumed})
	}
	d.Missing = missing
}

// Pool returns the pool after the days that are settled.
func (s *Section104) Pool() Pool { return s.pool }

// Fork takes the share of the pool's cost that goes to a new asset, by value.
func (s *Section104) Fork(value, toValue money.Amount) Pool {
	return Pool{Cost: s.pool.Fork(value, toValue), Assumed: s.pool.Assumed && s.pool.Units.Sign() > 0}
}

// Held returns units and pool cost at the end of day i, the last one settled.
// Units that were disposed of by then and are answered for by later purchases
// are no longer held, and purchases that an earlier day's match holds back are
// (companies); the cost is the pool's, by units.
func (s *Section104) Held(i int) Pool {
	out := s.pool
	var owed money.Amount
	for k := s.since(i); k < len(s.Days) && s.Days[k].Date <= s.Days[i].Date.AddDays(366); k++ {
		for _, m := range s.Days[k].Matches {
			switch {
			case m.Kind == After && k <= i && m.Day > i:
				owed = owed.Add(s.convert(m.Units, k, i))
			case m.Kind == Before && k > i && m.Day <= i:
				out.Add(s.convert(m.Units, k, i), m.Cost, m.Assumed)
			}
		}
	}
	if owed.IsZero() || out.Units.IsZero() {
		return out
	}
	out.Take(money.Min(owed, out.Units))
	return out
}

// since returns the first day from which a match may reach beyond day i: no
// window is longer than a year.
func (s *Section104) since(i int) int {
	from := s.Days[i].Date.AddDays(-366)
	return sort.Search(i, func(k int) bool { return s.Days[k].Date >= from })
}
