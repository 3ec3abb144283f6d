package basis

import (
	"cmp"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// parcel is a lot on its way from one inventory to another.
type parcel struct {
	from  *inventory
	place int32 // where it stood in the arena: pieces of one lot keep the order in which they came
	lot   Lot
}

// lift takes all lots of an asset out, or those of one account where accounts
// stand for themselves and one is named. They come oldest first.
func (a *asset) lift(account string) []parcel {
	var out []parcel
	for _, v := range a.all {
		if account != "" && a.h.Accounts && !a.h.united() && v.account != account {
			continue
		}
		v.drain(a.h.arena, func(place int32, l Lot) { out = append(out, parcel{v, place, l}) })
		a.fix(v)
	}
	slices.SortFunc(out, func(x, y parcel) int {
		return cmp.Or(cmp.Compare(x.lot.age(), y.lot.age()), cmp.Compare(x.place, y.place))
	})
	return out
}

// Split multiplies units by ratio and leaves the cost. An account limits it
// to that account where accounts stand for themselves.
func (h *Holdings) Split(name, account string, ratio money.Amount) {
	a, units := h.asset(name), prices{}
	for _, p := range a.lift(account) {
		p.lot.Quantity = Grow(p.lot.Quantity, ratio)
		p.lot.Unit = units.of(p.lot.Unit, p.lot.Cost, p.lot.Quantity)
		a.add(p.from, p.lot)
	}
}

// prices remembers what became of a cost per unit, so that lots of equal cost
// keep equal cost, whatever was cut off when they were shared.
type prices map[money.Unit]money.Unit

func (p prices) of(before money.Unit, cost, quantity money.Amount) money.Unit {
	after, ok := p[before]
	if !ok {
		after = money.PerUnit(cost, quantity)
		p[before] = after
	}
	return after
}

// ForkTerms is what a fork gives: units of a new asset, and the values by
// which the cost is shared between old and new.
type ForkTerms struct {
	To      string
	Amount  money.Amount
	Value   money.Amount // of the old units
	ToValue money.Amount // of the new units
	Account string       // limits the fork where accounts stand for themselves
	Home    string       // the account of new units if nothing was held
	Event   int32
	Date    ledger.Date
}

// Fork gives each lot of an asset its part of the new units, its cost shared
// by value, with the old date of acquisition. A fork of nothing gives units
// that cost nothing.
func (h *Holdings) Fork(name string, f ForkTerms) {
	if f.Amount.Sign() <= 0 {
		return
	}
	old, fresh := h.asset(name), h.asset(f.To)
	held := old.lift(f.Account)
	var units money.Amount
	for _, p := range held {
		units = units.Add(p.lot.Quantity)
	}
	if units.IsZero() {
		fresh.add(fresh.inventory(f.Home), Lot{Quantity: f.Amount, Date: f.Date, Event: f.Event, Fork: true})
		return
	}
	left := f.Amount
	kept, given := prices{}, prices{}
	for i, p := range held {
		n := left
		if i < len(held)-1 {
			n = f.Amount.Rescale(p.lot.Quantity, units)
			left = left.Sub(n)
		}
		before, cost, weight := p.lot.Unit, p.lot.Cost, p.lot.Quantity.Mul(f.Value.Add(f.ToValue))
		l := p.lot.fork(n, f)
		p.lot.Unit = kept.of(before, cost.Mul(f.Value), weight)
		l.Unit = given.of(before, cost.Mul(f.ToValue).Mul(units), weight.Mul(f.Amount))
		old.add(p.from, p.lot)
		fresh.add(fresh.inventory(p.from.account), l)
	}
}

// fork splits off a lot of n new units with its share of cost and gift value.
func (l *Lot) fork(n money.Amount, f ForkTerms) Lot {
	out := *l
	out.Quantity, out.Fork = n, true
	share := func(a money.Amount) money.Amount {
		if sum := f.Value.Add(f.ToValue); !sum.IsZero() {
			return a.Share(f.ToValue, sum)
		}
		return money.Amount{}
	}
	out.Cost = share(l.Cost)
	l.Cost = l.Cost.Sub(out.Cost)
	if l.Gift != nil {
		out.Gift = &Gift{share(l.Gift.Value), l.Gift.Date}
		l.Gift = &Gift{l.Gift.Value.Sub(out.Gift.Value), l.Gift.Date}
	}
	return out
}

// Allocate pours all lots of an asset, wherever they lie, in the given order
// into accounts in the order listed (Rev. Proc. 2024-28 §5.02(4)). It
// returns by how much the listed amounts differ from what is held: positive
// if more was listed. Units beyond the list stay where they are. Where
// accounts do not count it does nothing.
func (h *Holdings) Allocate(name string, order Order, shares []ledger.Share) (difference money.Amount) {
	if !h.Accounts {
		return money.Amount{}
	}
	a := h.asset(name)
	held := a.lift("")
	q := queue{order: order}
	slices.SortStableFunc(held, func(x, y parcel) int {
		ex, ey := entry{unit: x.lot.Unit, age: x.lot.age()}, entry{unit: y.lot.Unit, age: y.lot.age()}
		switch {
		case q.before(&ex, &ey):
			return -1
		case q.before(&ey, &ex):
			return 1
		}
		return cmp.Compare(x.place, y.place)
	})
	for _, s := range shares {
		need, v := s.Amount, a.inventory(s.Account)
		for need.Sign() > 0 && len(held) > 0 {
			piece := held[0].lot.cut(need)
			need = need.Sub(piece.Quantity)
			a.add(v, piece)
			if held[0].lot.Quantity.IsZero() {
				held = held[1:]
			}
		}
		difference = difference.Add(need)
	}
	for _, p := range held {
		difference = difference.Sub(p.lot.Quantity)
		a.add(p.from, p.lot)
	}
	return difference
}
