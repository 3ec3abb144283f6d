package basis

import "github.com/ledgersys/ledgersys/pkg/money"

// Pool is units that share one cost. The zero Pool is empty.
type Pool struct {
	Units   money.Amount
	Cost    money.Amount
	Assumed bool // part of the cost was unknown and taken as 0
}

// Add puts units in.
func (p *Pool) Add(units, cost money.Amount, assumed bool) {
	p.Units, p.Cost = p.Units.Add(units), p.Cost.Add(cost)
	p.Assumed = p.Assumed || assumed
}

// Take takes units out at the average, as far as they reach.
func (p *Pool) Take(units money.Amount) (taken Pool, missing money.Amount) {
	if units.Cmp(p.Units) >= 0 {
		taken, missing = *p, units.Sub(p.Units)
		if taken.Units.IsZero() {
			taken.Cost = money.Amount{}
			return taken, missing
		}
		*p = Pool{}
		return taken, missing
	}
	taken = Pool{units, p.Cost.Share(units, p.Units), p.Assumed}
	p.Units, p.Cost = p.Units.Sub(units), p.Cost.Sub(taken.Cost)
	return taken, money.Amount{}
}

// Scale multiplies the units and leaves the cost: a split.
func (p *Pool) Scale(ratio money.Amount) { p.Units = Grow(p.Units, ratio) }

// Grow multiplies units, or a factor of units, by the ratio of a split. Units
// that become nothing are beyond what an amount holds: like the opposite it
// panics with [money.Overflow], for otherwise their cost would be lost.
func Grow(units, ratio money.Amount) money.Amount {
	out := units.Mul(ratio)
	if out.IsZero() && !units.IsZero() {
		panic(money.Overflow{}) // invariant: whoever computes with foreign figures recovers it
	}
	return out
}

// Fork takes the share of the cost that goes to the new asset, by value. A
// fork of nothing costs nothing, whatever cost waits in the pool.
func (p *Pool) Fork(value, toValue money.Amount) (cost money.Amount) {
	if sum := value.Add(toValue); !sum.IsZero() && p.Units.Sign() > 0 {
		cost = p.Cost.Share(toValue, sum)
	}
	p.Cost = p.Cost.Sub(cost)
	return cost
}
