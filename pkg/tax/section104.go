package tax

import (
	"cmp"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/basis"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// The reach of the rules by days. People: thirty days after, TCGA 1992
// s106A(5), CRYPTO22252. Companies: a period of ten days that ends with the
// disposal, s107(3), CG51615, so nine days before it.
const (
	thirtyDays = 30
	nineDays   = 9
)

// dayWalk computes the rules of the United Kingdom.
type dayWalk struct {
	*calc
	assets  []*poolAsset
	matched []*basis.Section104 // beside assets
	index   map[string]int
	arrived map[int]basis.Pool // units from forks that wait for their asset's day
	legs    []exact
}

// section104 computes the methods of the United Kingdom: all that happens to
// an asset on a day is one purchase and one disposal (CRYPTO22200 and after).
func (c *calc) section104() {
	w := &dayWalk{calc: c, assets: c.collect(), index: make(map[string]int), arrived: make(map[int]basis.Pool)}
	after, before := thirtyDays, 0
	if c.Method == CorporatePool {
		after, before = 0, nineDays
	}
	if c.Options.DaysAfter != nil {
		after = *c.Options.DaysAfter
	}
	for i, a := range w.assets {
		w.index[a.name] = i
		s := &basis.Section104{Days: make([]basis.Day, len(a.days))}
		factor := money.FromInt(1)
		for k, d := range a.days {
			if s.Days[k] = c.daySums(d.date, a.ops[d.from:d.to]); !s.Days[k].Ratio.IsZero() {
				factor = basis.Grow(factor, s.Days[k].Ratio) // here the event is known, should it be beyond all digits
			}
		}
		s.Match(after, before)
		w.matched = append(w.matched, s)
	}
	last := make([]int, len(w.assets)) // the last day settled, plus one
	held := func() []Holding { return w.holdings(last) }
	for _, t := range schedule(w.assets, c.events) {
		c.snapshot(t.date, held)
		w.settle(t)
		last[t.asset] = t.day + 1
	}
	c.settled(held)
}

// daySums adds up what happened to an asset on a day.
func (c *calc) daySums(date ledger.Date, ops []op) basis.Day {
	d := basis.Day{Date: date}
	for i := range ops {
		o := &ops[i]
		c.now = o.event
		switch o.what {
		case opSplit:
			if d.Ratio.IsZero() {
				d.Ratio = money.FromInt(1)
			}
			d.Ratio = basis.Grow(d.Ratio, o.units)
		case opAcquire:
			d.Bought, d.Cost, d.Assumed = d.Bought.Add(o.units), d.Cost.Add(o.value), d.Assumed || !o.known
		case opDispose:
			d.Disposed = d.Disposed.Add(o.units)
		case opFork:
		}
	}
	return d
}

// settle finishes one day of one asset: the pool, the disposals, then forks.
func (w *dayWalk) settle(t task) {
	a, s := w.assets[t.asset], w.matched[t.asset]
	span := a.days[t.day]
	ops := a.ops[span.from:span.to]
	w.now = ops[0].event
	s.Settle(t.day, w.arrived[t.asset])
	delete(w.arrived, t.asset)
	w.disposals(t, ops)
	for i := range ops {
		o := &ops[i]
		if o.what != opFork || o.units.IsZero() {
			continue
		}
		p := s.Fork(o.value, o.fees)
		p.Units = o.units
		to := w.index[w.events[o.event].Extra().ToAsset]
		waiting := w.arrived[to]
		waiting.Add(p.Units, p.Cost, p.Assumed)
		w.arrived[to] = waiting
	}
}

// group is the disposals of a day that are one disposal to the law: all that
// are taxed alike.
type group struct {
	out    outgo
	events []int32
	mixed  bool
}

// disposals makes the disposals of a day: one of all that is taxable, apart
// from transfers to a spouse and units that are lost. They are matched
// together and share each match by units.
func (w *dayWalk) disposals(t task, ops []op) {
	var groups [3]group
	for i := range ops {
		if o := &ops[i]; o.what == opDispose {
			groups[groupOf(o)].add(o)
		}
	}
	day := &w.matched[t.asset].Days[t.day]
	left := slices.Clone(day.Matches)
	missing, units := day.Missing, day.Disposed
	pool := w.matched[t.asset].Pool()
	for m := range left {
		if left[m].Kind == basis.Pooled {
			pool.Add(left[m].Units, left[m].Cost, false)
		}
	}
	for g := range groups {
		out := &groups[g].out
		if len(groups[g].events) == 0 {
			continue
		}
		out.asset, out.date = w.assets[t.asset].name, day.Date
		w.legs = w.legs[:0]
		for m := range left {
			part := takeMatch(&left[m], out.units, units)
			if w.leg(t.asset, &part) && part.Kind == basis.Pooled {
				pool.Units, pool.Cost = pool.Units.Sub(part.Units), pool.Cost.Sub(part.Cost)
				w.out.Pools = append(w.out.Pools, PoolState{pool.Units, pool.Cost})
			}
		}
		lacking := missing.Rescale(out.units, units)
		if out.units.Equal(units) {
			lacking = missing
		}
		missing, units = missing.Sub(lacking), units.Sub(out.units)
		w.emit(&groups[g], lacking)
	}
}

func groupOf(o *op) int {
	switch {
	case o.taxable:
		return 0
	case o.atCost:
		return 1
	}
	return 2
}

func (g *group) add(o *op) {
	out := &g.out
	if len(g.events) == 0 {
		*out = outgo{event: o.event, kind: o.kind, known: true, taxable: o.taxable, atCost: o.atCost}
	}
	if out.kind != o.kind {
		g.mixed = true
	}
	g.events = append(g.events, o.event)
	out.units, out.proceeds, out.fees = out.units.Add(o.units), out.proceeds.Add(o.value), out.fees.Add(o.fees)
	out.known = out.known && o.known
}

// takeMatch takes a group's part of a match off it: part out of whole units.
func takeMatch(m *basis.Match, part, whole money.Amount) basis.Match {
	out := *m
	if !part.Equal(whole) {
		out.Units, out.Cost = m.Units.Rescale(part, whole), m.Cost.Share(part, whole)
	}
	m.Units, m.Cost = m.Units.Sub(out.Units), m.Cost.Sub(out.Cost)
	return out
}

var matchRules = [...]Rule{basis.SameDay: RuleSameDay, basis.After: RuleThirtyDay, basis.Before: RuleTenDay, basis.Pooled: RulePool}

// leg adds the leg of a match, if anything is in it.
func (w *dayWalk) leg(asset int, m *basis.Match) bool {
	if m.Units.Sign() <= 0 {
		return false
	}
	l := exact{Leg: Leg{Rule: matchRules[m.Kind], Lot: NoEvent, Amount: m.Units, Cost: m.Cost}, assumed: m.Assumed}
	if m.Day >= 0 {
		a := w.assets[asset]
		span := a.days[m.Day]
		l.Acquired = span.date
		var events []int32
		for _, o := range a.ops[span.from:span.to] {
			if o.what == opAcquire {
				events = append(events, o.event)
			}
		}
		l.Leg = l.WithEvents(events...)
	}
	w.legs = append(w.legs, l)
	return true
}

// emit writes the disposal of a group.
func (w *dayWalk) emit(g *group, missing money.Amount) {
	if g.mixed {
		g.out.kind = ledger.KindSell
	}
	if g.out.atCost {
		g.out.known = true
	}
	g.out.account = w.events[g.out.event].Account
	d := w.open(&g.out)
	w.close(d, &g.out, w.lack(&g.out, w.legs, missing))
	if len(g.events) > 1 {
		d.Events = g.events
	}
	d.Account = w.oneAccount(g.events)
}

// oneAccount returns the account of all events, or "" if they differ.
func (c *calc) oneAccount(events []int32) string {
	account := c.events[events[0]].Account
	for _, e := range events[1:] {
		if c.events[e].Account != account {
			return ""
		}
	}
	return account
}

// holdings lists what is left; last is the number of days settled of each
// asset.
func (w *dayWalk) holdings(last []int) []Holding {
	var list []Holding
	for i, s := range w.matched {
		if last[i] == 0 {
			continue
		}
		p := s.Held(last[i] - 1)
		if waiting, ok := w.arrived[i]; ok {
			p.Add(waiting.Units, waiting.Cost, waiting.Assumed)
		}
		list = pooled(list, w.assets[i].name, p)
	}
	return sorted(list)
}

// pooled adds what a pool still holds to a list.
func pooled(list []Holding, asset string, p basis.Pool) []Holding {
	if p.Units.Sign() <= 0 {
		return list
	}
	return append(list, Holding{Asset: asset, Amount: p.Units.Round(Places, money.HalfEven), Cost: p.Cost.Round(Places, money.HalfEven)})
}

func sorted(list []Holding) []Holding {
	slices.SortFunc(list, func(a, b Holding) int {
		return cmp.Or(cmp.Compare(a.Asset, b.Asset), cmp.Compare(a.Account, b.Account))
	})
	return list
}
