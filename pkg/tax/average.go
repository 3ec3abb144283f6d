package tax

import (
	"cmp"
	"slices"
	"sort"

	"github.com/ledgersys/ledgersys/pkg/basis"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// superficialDays is the reach of the superficial-loss rule on both sides of
// a sale, ITA 54; the last day is inside (vector ca-sirop-day30).
const superficialDays = 30

// poolWalk computes the methods with one running average for each asset.
type poolWalk struct {
	*calc
	assets []*poolAsset
	pools  []basis.Pool
	index  map[string]int
	units  []*unitTrack // Canada: units over time; nil elsewhere
	legs   []exact
}

// average computes the generic average and the Canadian adjusted cost base.
// At one instant splits come first, then acquisitions, then disposals; a fork
// takes effect at the end of the old asset's day, and its new units are there
// before the new asset's disposals of that day.
func (c *calc) average() {
	w := &poolWalk{calc: c, assets: c.collect(), index: make(map[string]int)}
	w.pools = make([]basis.Pool, len(w.assets))
	for i, a := range w.assets {
		w.index[a.name] = i
		w.sort(a)
	}
	tasks := schedule(w.assets, c.events)
	if c.Method == ACB && !c.Options.NoSuperficial {
		w.units = w.trackUnits(tasks)
	}
	for _, t := range tasks {
		c.snapshot(t.date, w.holdings)
		w.day(t)
	}
	c.settled(w.holdings)
}

// sort puts the ops of each instant into their order.
func (w *poolWalk) sort(a *poolAsset) {
	for _, d := range a.days {
		slices.SortStableFunc(a.ops[d.from:d.to], func(x, y op) int {
			if (x.what == opFork) != (y.what == opFork) { // forks wait for the end of the day
				return cmp.Compare(x.what, y.what)
			}
			return cmp.Or(cmp.Compare(w.events[x.event].At, w.events[y.event].At), cmp.Compare(x.what, y.what), cmp.Compare(x.event, y.event))
		})
	}
}

// day applies one day of one asset.
func (w *poolWalk) day(t task) {
	a, p := w.assets[t.asset], &w.pools[t.asset]
	span := a.days[t.day]
	for k := span.from; k < span.to; k++ {
		o := &a.ops[k]
		w.now = o.event
		switch o.what {
		case opSplit:
			p.Scale(o.units)
		case opAcquire:
			p.Add(o.units, o.value, !o.known)
		case opDispose:
			w.dispose(t.asset, k, o)
		case opFork:
			if !o.units.IsZero() {
				to := &w.pools[w.index[w.events[o.event].Extra().ToAsset]]
				to.Add(o.units, p.Fork(o.value, o.fees), p.Assumed && p.Units.Sign() > 0)
			}
		}
	}
}

func (w *poolWalk) dispose(asset, k int, o *op) {
	out := outgo{
		event: o.event, kind: o.kind, asset: w.assets[asset].name, account: w.events[o.event].Account, date: o.date,
		units: o.units, proceeds: o.value, fees: o.fees, known: o.known, taxable: o.taxable, atCost: o.atCost,
	}
	d := w.open(&out)
	d.Account = out.account
	p := &w.pools[asset]
	taken, missing := p.Take(o.units)
	w.legs = w.legs[:0]
	if taken.Units.Sign() > 0 {
		rule := RuleAverage
		if w.Method == ACB {
			rule = RuleACB
		}
		w.legs = append(w.legs, exact{Leg: Leg{Rule: rule, Lot: NoEvent, Amount: taken.Units, Cost: taken.Cost}, assumed: taken.Assumed})
	}
	w.close(d, &out, w.lack(&out, w.legs, missing))
	if w.units == nil || !d.Taxable || d.Unknown || d.Gain().Sign() >= 0 {
		return
	}
	if denied := w.units[asset].denied(k, o, out.loss(taken.Cost)); denied.Sign() > 0 {
		p.Cost = p.Cost.Add(denied)
		d.Denied = denied.Round(Places, money.HalfEven)
	}
}

// loss returns what a disposal lost at this cost, exactly.
func (o *outgo) loss(cost money.Amount) money.Amount { return cost.Add(o.fees).Sub(o.proceeds) }

// holdings lists what is left now.
func (w *poolWalk) holdings() []Holding {
	var list []Holding
	for i, p := range w.pools {
		list = pooled(list, w.assets[i].name, p)
	}
	return sorted(list)
}

// unitTrack is how many units of an asset were bought and held over time, in
// units of the beginning.
type unitTrack struct {
	dates   []ledger.Date  // beside ops
	bought  []money.Amount // in all, up to and with each op; forks are no purchase
	held    []money.Amount // after each op
	factors []money.Amount // units after each op for one of the beginning
}

// trackUnits follows the units of all assets. It needs no costs, so that the
// superficial-loss rule can look ahead.
func (w *poolWalk) trackUnits(tasks []task) []*unitTrack {
	tracks := make([]*unitTrack, len(w.assets))
	state := make([]struct{ bought, held, factor money.Amount }, len(w.assets))
	for i, a := range w.assets {
		n := len(a.ops)
		tracks[i] = &unitTrack{make([]ledger.Date, n), make([]money.Amount, n), make([]money.Amount, n), make([]money.Amount, n)}
		state[i].factor = money.FromInt(1)
	}
	one := money.FromInt(1)
	for _, t := range tasks {
		a, s, tr := w.assets[t.asset], &state[t.asset], tracks[t.asset]
		for k := a.days[t.day].from; k < a.days[t.day].to; k++ {
			o := &a.ops[k]
			w.now = o.event
			switch o.what {
			case opSplit:
				s.factor = basis.Grow(s.factor, o.units)
			case opAcquire:
				n := o.units.Rescale(one, s.factor)
				s.bought, s.held = s.bought.Add(n), s.held.Add(n)
			case opDispose:
				s.held = money.Max(s.held.Sub(o.units.Rescale(one, s.factor)), money.Amount{})
			case opFork:
				if to := w.index[w.events[o.event].Extra().ToAsset]; !o.units.IsZero() {
					state[to].held = state[to].held.Add(o.units.Rescale(one, state[to].factor))
				}
			}
			tr.dates[k], tr.bought[k], tr.held[k], tr.factors[k] = o.date, s.bought, s.held, s.factor
		}
	}
	return tracks
}

// denied is the superficial part of a loss: loss × min(S, P, B) / S, where S
// is the units sold, P those bought from 30 days before to 30 days after, and
// B those held at the end of that time (ITA 54, 40(2)(g)(i); CRA TI
// 2005-0150811E5; vector ca-golombek-donna).
func (u *unitTrack) denied(k int, o *op, loss money.Amount) money.Amount {
	sold := o.units.Rescale(money.FromInt(1), u.factors[k])
	before := sort.Search(len(u.dates), func(i int) bool { return u.dates[i] >= o.date.AddDays(-superficialDays) })
	after := sort.Search(len(u.dates), func(i int) bool { return u.dates[i] > o.date.AddDays(superficialDays) })
	bought := u.bought[after-1]
	if before > 0 {
		bought = bought.Sub(u.bought[before-1])
	}
	n := money.Min(money.Min(sold, bought), u.held[after-1])
	if n.Sign() <= 0 {
		return money.Amount{}
	}
	return loss.Share(n, sold)
}
