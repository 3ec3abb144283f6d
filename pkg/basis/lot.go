// Package basis decides which units a disposal takes and what they cost: by
// lots (first in first out and its relatives, specific identification) or
// from a pool (average, Section 104, adjusted cost base); per account or for
// all accounts together.
//
// It knows no country. Quantities and costs are conserved to the last digit:
// when a lot is cut, the part is given and subtracted from the whole. Every
// operation costs at most the logarithm of the lots held, so a history of n
// events is matched in n log n.
package basis

import (
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Order is the order in which lots are taken.
type Order uint8

// The orders. Ties of cost go to the oldest lot; the age of a lot is its date
// of acquisition, then the place of its event in the book.
const (
	Oldest   Order = iota // first in, first out
	Newest                // last in, first out
	Dearest               // highest cost per unit first
	Cheapest              // lowest cost per unit first
)

// ParseOrder returns the order that a method name stands for.
func ParseOrder(s string) (Order, bool) {
	switch s {
	case "fifo":
		return Oldest, true
	case "lifo":
		return Newest, true
	case "hifo":
		return Dearest, true
	case "lofo":
		return Cheapest, true
	}
	return Oldest, false
}

// Lot is units of one asset that were acquired together and lie in one
// account.
type Lot struct {
	Quantity money.Amount
	Cost     money.Amount // of Quantity, in the reporting currency
	Unit     money.Unit   // cost per unit, for ties and for joining legs
	Date     ledger.Date  // acquired; travels with own transfers
	Event    int32        // the acquiring event's place in the book
	epoch    int32        // see running.give
	Assumed  bool         // the cost was unknown and taken as 0
	Fork     bool         // came out of a fork: no purchase in the sense of day rules
	Gift     *Gift        // for dual basis; nil otherwise
}

// Gift is what the dual basis of a gift needs.
type Gift struct {
	Value money.Amount // market value of the lot's units at the gift
	Date  ledger.Date  // of the gift
}

// age orders lots: by date of acquisition, then by place in the book.
func (l *Lot) age() uint64 { return uint64(uint32(l.Date)^1<<31)<<32 | uint64(uint32(l.Event)) }

// cut takes quantity off the lot, with its share of the cost.
func (l *Lot) cut(quantity money.Amount) Lot {
	if quantity.Cmp(l.Quantity) >= 0 {
		whole := *l
		l.Quantity, l.Cost = money.Amount{}, money.Amount{}
		return whole
	}
	part := *l
	part.Quantity, part.Cost = quantity, l.Cost.Share(quantity, l.Quantity)
	if l.Gift != nil {
		part.Gift = &Gift{l.Gift.Value.Share(quantity, l.Quantity), l.Gift.Date}
		l.Gift = &Gift{l.Gift.Value.Sub(part.Gift.Value), l.Gift.Date}
	}
	l.Quantity, l.Cost = l.Quantity.Sub(quantity), l.Cost.Sub(part.Cost)
	return part
}

// reprice sets the cost per unit anew after quantity or cost changed.
func (l *Lot) reprice() { l.Unit = money.PerUnit(l.Cost, l.Quantity) }
