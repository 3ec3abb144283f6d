package oracle

import (
	"math/big"
	"sort"
)

// step is one thing that happens to one pool.
type step struct {
	kind   string // "fork", "split", "buy" or "sell"
	event  *event
	day    day
	amount *big.Rat // units; the ratio of a split
	cost   *big.Rat // of a purchase
	sale   sale
}

// averageBook keeps one running average per asset: the average and acb methods.
type averageBook struct {
	*ledger
	steps     map[string][]step
	pools     pools
	disposals []*disposal
}

// superficialDays is how many days before and after a loss the superficial-loss rule looks (ITA s54).
const superficialDays = 30

func runAverage(l *ledger) ([]*disposal, []holding) {
	b := &averageBook{ledger: l, steps: map[string][]step{}, pools: pools{}}
	for _, d := range l.allDays() {
		b.plan(d)
	}
	for _, d := range l.allDays() {
		costs := map[*event]*big.Rat{}
		for _, asset := range l.assetOrder(d) {
			b.runDay(asset, d, costs)
		}
	}
	return b.disposals, b.pools.holdings()
}

// plan lists the steps of a day for every asset: units from forks at the start, then by instant splits, purchases and
// disposals, each in the order of the file.
func (b *averageBook) plan(d day) {
	today := map[string][]step{}
	put := func(asset string, s step) { today[asset] = append(today[asset], s) }
	for _, e := range b.eventsOn(d) {
		switch e.kind {
		case "split":
			put(e.asset, step{kind: "split", event: e, day: d, amount: e.ratio})
		case "fork":
			if !e.nothing() {
				put(e.toAsset, step{kind: "fork", event: e, day: d, amount: b.atStartOfDay(e)})
			}
		}
		if p, ok := b.purchaseOf(e); ok {
			put(p.asset, step{kind: "buy", event: e, day: d, amount: p.amount, cost: p.cost})
		}
		if s, ok := b.saleOf(e); ok {
			put(e.asset, step{kind: "sell", event: e, day: d, amount: s.amount, sale: s})
		}
	}
	rank := map[string]int{"split": 1, "buy": 2, "sell": 3}
	for asset, list := range today {
		sort.SliceStable(list, func(i, j int) bool {
			x, y := list[i], list[j]
			if x.kind == "fork" || y.kind == "fork" {
				return x.kind == "fork" && y.kind != "fork"
			}
			if !x.event.at.Equal(y.event.at) {
				return x.event.at.Before(y.event.at)
			}
			return rank[x.kind] < rank[y.kind]
		})
		b.steps[asset] = append(b.steps[asset], list...)
	}
}

// atStartOfDay is the number of units that grows to the fork's units by the splits of the new coin on that day up to
// the fork.
func (b *averageBook) atStartOfDay(fork *event) *big.Rat {
	units := clone(fork.toAmount)
	for _, e := range b.eventsOn(fork.day) {
		if e.kind == "split" && e.asset == fork.toAsset && !e.at.After(fork.at) {
			units = quo(units, e.ratio)
		}
	}
	return units
}

// runDay runs one day of one pool, and at its end the forks of that coin.
func (b *averageBook) runDay(asset string, d day, forkCosts map[*event]*big.Rat) {
	p := b.pools.of(asset)
	for i, s := range b.steps[asset] {
		if s.day != d {
			continue
		}
		switch s.kind {
		case "fork":
			p.add(s.amount, forkCosts[s.event])
		case "split":
			p.amount = mul(p.amount, s.amount)
		case "buy":
			p.add(s.amount, s.cost)
		case "sell":
			b.dispose(p, asset, i)
		}
	}
	b.pools.forkCosts(b.forksOn(d), asset, forkCosts)
}

func (b *averageBook) dispose(p *pool, asset string, index int) {
	s := b.steps[asset][index].sale
	d := newDisposal(s)
	amount, cost := p.take(s.amount)
	d.addLeg(ruleNames[b.method], 0, amount, cost)
	d.addLeg("missing", 0, sub(s.amount, amount), zero())
	d.close(s.noGain)
	b.disposals = append(b.disposals, d)
	gain := d.gain()
	if b.method != canadianPool || !b.superficial || !d.taxable || gain == nil || gain.Sign() >= 0 {
		return
	}
	if units := b.superficialUnits(asset, index); units.Sign() > 0 {
		d.denied = share(new(big.Rat).Neg(gain), units, d.amount)
		p.cost = add(p.cost, d.denied)
	}
}

// superficialUnits is min(S, P, B) in units of the sale: sold, acquired from 30 days before to 30 days after, held at
// the end of the 30th day after.
func (b *averageBook) superficialUnits(asset string, index int) *big.Rat {
	steps := b.steps[asset]
	sold := steps[index]
	last := sold.day + superficialDays
	acquired, held, factor := zero(), zero(), one()
	for i, s := range steps {
		if s.day > last {
			break
		}
		switch s.kind {
		case "split":
			held = mul(held, s.amount)
			if i < index {
				acquired = mul(acquired, s.amount)
			} else {
				factor = mul(factor, s.amount)
			}
		case "sell":
			held = positive(sub(held, s.amount))
		default:
			held = add(held, s.amount)
			if s.kind == "buy" && s.day >= sold.day-superficialDays {
				acquired = add(acquired, quo(s.amount, factor))
			}
		}
	}
	return least(sold.amount, least(acquired, quo(held, factor)))
}
