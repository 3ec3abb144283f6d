package oracle

import (
	"math/big"
	"sort"
)

// pool is an inventory without lots.
type pool struct {
	amount, cost *big.Rat
}

func newPool() *pool { return &pool{zero(), zero()} }

// add puts units and cost into the pool.
func (p *pool) add(amount, cost *big.Rat) {
	p.amount, p.cost = add(p.amount, amount), add(p.cost, cost)
}

// take removes up to want units at average cost, and gives how many there were and what they cost.
func (p *pool) take(want *big.Rat) (amount, cost *big.Rat) {
	amount = least(want, p.amount)
	cost = share(p.cost, amount, p.amount)
	p.amount, p.cost = sub(p.amount, amount), sub(p.cost, cost)
	return amount, cost
}

// pools are all pools of a ledger, and the cost that today's forks have brought, by fork.
type pools map[string]*pool

func (p pools) of(asset string) *pool {
	if p[asset] == nil {
		p[asset] = newPool()
	}
	return p[asset]
}

// forkCosts splits the pool of a coin at the end of its day and notes what goes to the new coins. An empty pool gives
// nothing, whatever cost may still wait in it.
func (p pools) forkCosts(forks []*event, asset string, costs map[*event]*big.Rat) {
	for _, e := range forks {
		if e.asset != asset {
			continue
		}
		old := p.of(asset)
		costs[e] = zero()
		if old.amount.Sign() > 0 {
			costs[e] = mul(old.cost, e.forkShare())
			old.cost = sub(old.cost, costs[e])
		}
	}
}

func (p pools) holdings() []holding {
	var out []holding
	for _, asset := range sortedKeys(p) {
		if p[asset].amount.Sign() > 0 {
			out = append(out, holding{asset: asset, amount: p[asset].amount, cost: p[asset].cost})
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// allDays lists the days on which something happens.
func (l *ledger) allDays() []day {
	var out []day
	for _, e := range l.events {
		if n := len(out); n == 0 || out[n-1] != e.day {
			out = append(out, e.day)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

// eventsOn lists the events of a day in their order.
func (l *ledger) eventsOn(d day) []*event {
	var out []*event
	for _, e := range l.events {
		if e.day == d {
			out = append(out, e)
		}
	}
	return out
}

// forksOn lists the forks of a day in their order.
func (l *ledger) forksOn(d day) []*event {
	var out []*event
	for _, e := range l.eventsOn(d) {
		if e.kind == "fork" && !e.nothing() {
			out = append(out, e)
		}
	}
	return out
}

// assetOrder lists the assets of a day by name, except that a coin that forks comes before the coin that it brings.
func (l *ledger) assetOrder(d day) []string {
	waiting := map[string]bool{}
	for _, e := range l.eventsOn(d) {
		waiting[e.asset] = true
		if e.toAsset != "" {
			waiting[e.toAsset] = true
		}
	}
	var out []string
	for len(waiting) > 0 {
		next := ""
		for _, asset := range sortedKeys(waiting) {
			if !l.bornToday(d, asset, waiting) {
				next = asset
				break
			}
		}
		if next == "" { // forks in a circle: nothing can be right, so any order is
			next = sortedKeys(waiting)[0]
		}
		out = append(out, next)
		delete(waiting, next)
	}
	return out
}

// bornToday says whether a coin that is still waiting for its turn forks into the asset on that day.
func (l *ledger) bornToday(d day, asset string, waiting map[string]bool) bool {
	for _, e := range l.forksOn(d) {
		if e.toAsset == asset && waiting[e.asset] {
			return true
		}
	}
	return false
}
