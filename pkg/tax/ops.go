package tax

import (
	"cmp"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// op is one thing that happens to the units of one asset, for the methods
// that keep a pool.
type op struct {
	event   int32
	what    opKind
	known   bool // the figure is known
	taxable bool
	atCost  bool
	kind    ledger.Kind // of the disposal
	date    ledger.Date
	units   money.Amount // or the ratio of a split
	value   money.Amount // cost, or proceeds; of the old units for a fork
	fees    money.Amount // of the new units for a fork
}

// opKind orders what happens at one instant: splits, then what is acquired,
// then what is disposed of.
type opKind uint8

const (
	opSplit opKind = iota
	opAcquire
	opDispose
	opFork // at the end of the day
)

// poolAsset is what happened to one asset, in the order of the book.
type poolAsset struct {
	name string
	ops  []op
	days []span
}

// span is the ops of one day.
type span struct {
	date     ledger.Date
	from, to int
}

// collect sorts the events of the book into ops by asset.
func (c *calc) collect() []*poolAsset {
	room := c.opsPerAsset()
	byName := make(map[string]*poolAsset)
	var list []*poolAsset
	add := func(asset string, o op) {
		a := byName[asset]
		if a == nil {
			a = &poolAsset{name: asset, ops: make([]op, 0, room[asset])}
			byName[asset] = a
			list = append(list, a)
		}
		n := len(a.ops)
		if len(a.days) == 0 || a.days[len(a.days)-1].date != o.date {
			a.days = append(a.days, span{o.date, n, n})
		}
		a.days[len(a.days)-1].to = n + 1
		a.ops = append(a.ops, o)
	}
	for i := range c.events {
		c.now = int32(i)
		c.ops(c.now, add)
	}
	return list
}

// opsPerAsset counts about how many ops each asset will have.
func (c *calc) opsPerAsset() map[string]int {
	count := make(map[string]int)
	for i := range c.events {
		e := &c.events[i]
		count[e.Asset]++
		if e.More != nil && e.More.ToAsset != "" {
			count[e.More.ToAsset]++
		}
	}
	return count
}

// ops tells add what event i does to which asset.
func (c *calc) ops(i int32, add func(asset string, o op)) {
	e := &c.events[i]
	date := c.date(i)
	switch e.Kind {
	case ledger.KindSplit:
		add(e.Asset, op{event: i, what: opSplit, date: date, units: e.Extra().Ratio})
		return
	case ledger.KindFork:
		if m := e.Extra(); m.ToAmount.Sign() > 0 {
			v := c.value(i)
			add(e.Asset, op{event: i, what: opFork, date: date, units: m.ToAmount, value: v.value, fees: v.to})
			add(m.ToAsset, op{event: i, what: opFork, date: date}) // gives the new asset a day
		}
		return
	default:
	}
	if e.Amount.IsZero() || e.Kind == ledger.KindAllocate {
		return
	}
	v := c.value(i)
	switch {
	case outside(e):
	case e.Kind == ledger.KindDeposit:
		c.unmatched(i, e, "xfer.unmatched_in")
	case e.Kind == ledger.KindWithdrawal:
		c.unmatched(i, e, "xfer.unmatched_out")
	default:
		o := outgo{units: e.Amount}
		if c.disposal(e, &v, &o) {
			add(e.Asset, op{event: i, what: opDispose, date: date, known: o.known, taxable: o.taxable, atCost: o.atCost, kind: e.Kind, units: o.units, value: o.proceeds, fees: o.fees})
		}
		if lot, asset, ok := c.acquisition(i, e, &v, date); ok {
			add(asset, op{event: i, what: opAcquire, date: date, known: !lot.Assumed, units: lot.Quantity, value: lot.Cost})
		}
	}
	if v.feeAsset != "" {
		add(v.feeAsset, op{event: i, what: opDispose, date: date, known: v.feeKnown, taxable: true, kind: ledger.KindFee, units: v.feeUnits, value: v.feeValue})
	}
}

// task is one day of one asset.
type task struct {
	date  ledger.Date
	rank  int // assets that fork come before what comes out of them
	asset int
	day   int
}

// schedule orders the days of all assets. Inside a day an asset that forks
// comes before the new one, so that the new units are there for its disposals.
func schedule(assets []*poolAsset, events []ledger.Event) []task {
	index := make(map[string]int, len(assets))
	n := 0
	for i, a := range assets {
		index[a.name] = i
		n += len(a.days)
	}
	tasks := make([]task, 0, n)
	edges := make(map[ledger.Date][][2]int)
	for i, a := range assets {
		for k, d := range a.days {
			tasks = append(tasks, task{date: d.date, asset: i, day: k})
			for _, o := range a.ops[d.from:d.to] {
				if o.what == opFork && !o.units.IsZero() {
					edges[d.date] = append(edges[d.date], [2]int{i, index[events[o.event].Extra().ToAsset]})
				}
			}
		}
	}
	for t := range tasks {
		if e := edges[tasks[t].date]; e != nil {
			tasks[t].rank = rank(tasks[t].asset, e, len(e))
		}
	}
	slices.SortFunc(tasks, func(a, b task) int {
		return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.rank, b.rank), cmp.Compare(a.asset, b.asset))
	})
	return tasks
}

// rank is the length of the longest chain of forks that leads to an asset;
// depth ends it where assets fork in a circle.
func rank(asset int, edges [][2]int, depth int) int {
	best := 0
	if depth == 0 {
		return 0
	}
	for _, e := range edges {
		if e[1] == asset && e[0] != asset {
			best = max(best, 1+rank(e[0], edges, depth-1))
		}
	}
	return best
}
