package oracle

import "math/big"

// dayKey names one day of one asset.
type dayKey struct {
	asset string
	day   day
}

// tradeDay is all that happens to an asset on one day under the British rules: units are those after the day's splits.
type tradeDay struct {
	dayKey
	sales, spouse []sale
	sold          *big.Rat // of both kinds
	bought, cost  *big.Rat
	free          *big.Rat // bought and not matched yet
	open          *big.Rat // sold and not matched yet
	matches       []match
}

// match is a part of a day's disposals that an identification rule gives to a purchase day.
type match struct {
	rule   string
	bought day
	amount *big.Rat // in units of the disposal's day
	cost   *big.Rat
}

// dayBook applies same-day, 30-day (or ten-day) and pool matching (TCGA 1992 ss104-107).
type dayBook struct {
	*ledger
	days      map[dayKey]*tradeDay
	pools     pools
	disposals []*disposal
}

// corporateDays is how far back the ten-day rule for companies reaches: ten days with both ends.
const corporateDays = 9

func runDayPool(l *ledger) ([]*disposal, []holding) {
	b := &dayBook{ledger: l, days: map[dayKey]*tradeDay{}, pools: pools{}}
	b.gather()
	dates := l.allDays()
	for _, t := range b.days {
		b.matchSameDay(t)
	}
	for _, d := range dates {
		for _, asset := range l.assetOrder(d) {
			b.matchOtherDays(b.days[dayKey{asset, d}])
		}
	}
	for _, d := range dates {
		costs := map[*event]*big.Rat{}
		for _, asset := range l.assetOrder(d) {
			b.runPool(asset, d, costs)
		}
	}
	return b.disposals, b.pools.holdings()
}

// gather sums purchases and lists sales by asset and day.
func (b *dayBook) gather() {
	for _, e := range b.events {
		if s, ok := b.saleOf(e); ok {
			t := b.at(e.asset, e.day)
			t.sold, t.open = add(t.sold, s.amount), add(t.open, s.amount)
			if s.noGain {
				t.spouse = append(t.spouse, s)
			} else {
				t.sales = append(t.sales, s)
			}
		}
		if p, ok := b.purchaseOf(e); ok {
			t := b.at(p.asset, e.day)
			t.bought, t.free, t.cost = add(t.bought, p.amount), add(t.free, p.amount), add(t.cost, p.cost)
		}
	}
}

func (b *dayBook) at(asset string, d day) *tradeDay {
	key := dayKey{asset, d}
	if b.days[key] == nil {
		b.days[key] = &tradeDay{dayKey: key, sold: zero(), bought: zero(), cost: zero(), free: zero(), open: zero()}
	}
	return b.days[key]
}

func (b *dayBook) matchSameDay(t *tradeDay) { b.match("same_day", t, t, one()) }

// match gives as much as possible of the open disposals of one day to the free purchases of another. Factor is how
// many units of the purchase day one unit of the disposal day is.
func (b *dayBook) match(rule string, sold, bought *tradeDay, factor *big.Rat) {
	if sold == nil || bought == nil {
		return
	}
	q := least(sold.open, quo(bought.free, factor))
	if q.Sign() == 0 {
		return
	}
	there := mul(q, factor)
	sold.open, bought.free = sub(sold.open, q), sub(bought.free, there)
	sold.matches = append(sold.matches, match{rule, bought.day, q, share(bought.cost, there, bought.bought)})
}

// matchOtherDays applies the ten-day rule for companies and the 30-day rule for all others, oldest purchase first.
func (b *dayBook) matchOtherDays(t *tradeDay) {
	if t == nil {
		return
	}
	if b.method == corporatePool {
		for d := t.day - corporateDays; d < t.day; d++ {
			b.match("10_day", t, b.days[dayKey{t.asset, d}], quo(one(), b.splits(t.asset, d, t.day)))
		}
	}
	for d := t.day + 1; d <= t.day+day(b.daysAfter); d++ {
		b.match("30_day", t, b.days[dayKey{t.asset, d}], b.splits(t.asset, t.day, d))
	}
}

// splits is the product of the ratios after one day and up to another: a split holds from the start of its day.
func (b *dayBook) splits(asset string, after, upTo day) *big.Rat {
	factor := one()
	for _, e := range b.events {
		if e.kind == "split" && e.asset == asset && e.day > after && e.day <= upTo {
			factor = mul(factor, e.ratio)
		}
	}
	return factor
}

// runPool runs one day of one pool: split, units from forks, what was bought and not matched, what was sold and not
// matched; at the end of the day its own forks.
func (b *dayBook) runPool(asset string, d day, forkCosts map[*event]*big.Rat) {
	p := b.pools.of(asset)
	p.amount = mul(p.amount, b.splits(asset, d-1, d))
	forks := b.forksOn(d)
	for _, e := range forks {
		if e.toAsset == asset {
			p.add(e.toAmount, forkCosts[e])
		}
	}
	if t := b.days[dayKey{asset, d}]; t != nil {
		p.add(t.free, share(t.cost, t.free, t.bought))
		amount, cost := p.take(t.open)
		if amount.Sign() > 0 {
			t.matches = append(t.matches, match{"s104", 0, amount, cost})
		}
		b.list(t, t.sales, sub(t.open, amount))
		b.list(t, t.spouse, sub(t.open, amount))
	}
	b.pools.forkCosts(forks, asset, forkCosts)
}

// list adds the disposal of a group of the day's sales, which has its share by units of every match.
func (b *dayBook) list(t *tradeDay, group []sale, missing *big.Rat) {
	if len(group) == 0 {
		return
	}
	merged := group[0]
	for _, s := range group[1:] {
		merged.merge(s)
	}
	d := newDisposal(merged)
	for _, m := range t.matches {
		d.addLeg(m.rule, m.bought, share(m.amount, d.amount, t.sold), share(m.cost, d.amount, t.sold))
	}
	d.addLeg("missing", 0, share(missing, d.amount, t.sold), zero())
	d.close(merged.noGain)
	b.disposals = append(b.disposals, d)
}

// merge makes one transaction of two sales of a day. One unknown value makes the whole unknown.
func (s *sale) merge(other sale) {
	if s.kind != other.kind {
		s.kind = "sell"
	}
	s.amount, s.fees = add(s.amount, other.amount), add(s.fees, other.fees)
	if s.proceeds == nil || other.proceeds == nil {
		s.proceeds = nil
		return
	}
	s.proceeds = add(s.proceeds, other.proceeds)
}
