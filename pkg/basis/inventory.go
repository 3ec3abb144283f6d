package basis

import (
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// inventory is the lots of one asset in one account, or in all accounts where
// accounts do not count.
type inventory struct {
	account string
	queue   queue

	// recent holds purchases that may still be inside the window of the
	// four-week rule; they pass to queue when a disposal finds them too old.
	windowed bool
	recent   queue

	running *running // for average cost; nil otherwise

	place int // in the asset's heap of inventories
}

// running is a running average cost. Lots older than the last disposal share
// one cost: their own Cost no longer counts, oldCost over oldUnits does.
type running struct {
	epoch             int32
	oldUnits, oldCost money.Amount
	newUnits, newCost money.Amount
}

// refresh gives all lots one cost per unit: the running average just before a
// disposal.
func (r *running) refresh() {
	if r == nil {
		return
	}
	r.epoch++
	r.oldUnits, r.oldCost = r.oldUnits.Add(r.newUnits), r.oldCost.Add(r.newCost)
	r.newUnits, r.newCost = money.Amount{}, money.Amount{}
}

// add counts a lot in.
func (r *running) add(l *Lot) {
	l.epoch = r.epoch
	r.newUnits, r.newCost = r.newUnits.Add(l.Quantity), r.newCost.Add(l.Cost)
}

// give sets the cost of a piece that was cut off a lot and counts it out.
func (r *running) give(piece *Lot) {
	if piece.epoch == r.epoch {
		r.newUnits, r.newCost = r.newUnits.Sub(piece.Quantity), r.newCost.Sub(piece.Cost)
		return
	}
	if piece.Quantity.Equal(r.oldUnits) {
		piece.Cost = r.oldCost
	} else {
		piece.Cost = r.oldCost.Share(piece.Quantity, r.oldUnits)
	}
	r.oldUnits, r.oldCost = r.oldUnits.Sub(piece.Quantity), r.oldCost.Sub(piece.Cost)
	piece.reprice()
}

// push adds a lot that is in the arena already.
func (v *inventory) push(a lots, i int32) {
	if v.running != nil {
		v.running.add(&a[i])
	}
	if v.windowed && !a[i].Fork {
		v.recent.push(a, i)
		return
	}
	v.queue.push(a, i)
}

// peek returns the lot that is taken first.
func (v *inventory) peek(a lots) (i int32, from *queue, ok bool) {
	i, ok = v.queue.peek(a)
	if !v.windowed {
		return i, &v.queue, ok
	}
	r, recent := v.recent.peek(a)
	if !recent {
		return i, &v.queue, ok
	}
	if ok {
		x, y := a.entry(i), a.entry(r)
		if v.queue.before(&x, &y) {
			return i, &v.queue, true
		}
	}
	return r, &v.recent, true
}

// age passes purchases before the first day of the window on to the queue.
func (v *inventory) age(a lots, windowFrom ledger.Date) {
	for {
		i, ok := v.recent.peek(a)
		if !ok || a[i].Date >= windowFrom {
			return
		}
		v.recent.pop(a)
		v.queue.push(a, i)
	}
}

// take cuts up to quantity off the lots in order and appends the pieces.
// It returns what is still wanted.
func (v *inventory) take(a lots, quantity money.Amount, into []Lot) ([]Lot, money.Amount) {
	for quantity.Sign() > 0 {
		i, from, ok := v.peek(a)
		if !ok {
			break
		}
		into = append(into, v.cut(a, from, i, quantity))
		quantity = quantity.Sub(into[len(into)-1].Quantity)
	}
	return into, quantity
}

// takeRecent is take among the purchases inside the window only.
func (v *inventory) takeRecent(a lots, quantity money.Amount, into []Lot) ([]Lot, money.Amount) {
	for quantity.Sign() > 0 {
		i, ok := v.recent.peek(a)
		if !ok {
			break
		}
		into = append(into, v.cut(a, &v.recent, i, quantity))
		quantity = quantity.Sub(into[len(into)-1].Quantity)
	}
	return into, quantity
}

// cut takes up to quantity off the first lot of a queue.
func (v *inventory) cut(a lots, from *queue, i int32, quantity money.Amount) Lot {
	l := &a[i]
	if quantity.Cmp(l.Quantity) >= 0 {
		from.pop(a)
	}
	return v.slice(l, quantity)
}

// slice takes up to quantity off a lot, at the average where that counts.
func (v *inventory) slice(l *Lot, quantity money.Amount) Lot {
	piece := l.cut(money.Min(quantity, l.Quantity))
	if v.running != nil {
		v.running.give(&piece)
	}
	return piece
}

// drain empties the inventory and calls yield with each lot, at the cost that
// it carries, and its place in the arena. The order is of no meaning.
func (v *inventory) drain(a lots, yield func(place int32, l Lot)) {
	for _, i := range v.recent.all(a, v.queue.all(a, nil)) {
		yield(i, v.slice(&a[i], a[i].Quantity))
	}
	v.queue.reset()
	v.recent.reset()
}
