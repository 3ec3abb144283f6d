package cashapp

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// entry makes an entry of a record.
func (f *file) entry(rec record, w word, status outcome) (statement.Entry, *statement.Fault) {
	e := statement.Entry{At: rec.at}
	dir := w.way
	switch {
	case status == refunded && rec.units.Set():
		return e, f.fault(f.cols.status, "a refund of bitcoin: the file does not say which row it takes back")
	case (status == refunded || dir == signed) && rec.amount.IsZero():
		return e, f.fault(f.cols.amount, "amount is 0: nothing says which way the payment went")
	case status == refunded || dir == signed:
		dir = towards(rec.amount)
	case w.Class != statement.ClassTrade && !rec.amount.IsZero() && towards(rec.amount) != dir:
		return e, f.fault(f.cols.amount, "the sign of the amount contradicts the type")
	}
	var fault *statement.Fault
	switch {
	case w.Class == statement.ClassTrade:
		fault = f.trade(&e, rec, w)
	case w.Class == statement.ClassRebate && rec.units.Set():
		e.Type, e.Label, e.Received = statement.Income, w.Label, rec.units
		if !rec.amount.IsZero() {
			e.Value = statement.Quantity{Amount: rec.amount.Abs(), Asset: rec.currency}
		}
	default: // cashback in money is money that came in
		e.Label = w.Label
		fault = f.move(&e, rec, dir)
	}
	return e, fault
}

func towards(a money.Amount) way {
	if a.Sign() < 0 {
		return out
	}
	return in
}

// trade sets both sides. The net amount says whether the fee is inside the
// amount or apart from it.
func (f *file) trade(e *statement.Entry, rec record, w word) *statement.Fault {
	buy := w.way == in
	switch {
	case !rec.units.Set() || rec.units.Amount.IsZero():
		return f.fault(f.cols.units, "missing: the bitcoin of the trade")
	case rec.amount.IsZero():
		return f.fault(f.cols.amount, "amount is 0")
	case buy == (rec.amount.Sign() > 0):
		return f.fault(f.cols.amount, "the sign of the amount contradicts the type")
	}
	e.Type = statement.Trade
	amount, fee := rec.amount.Abs(), rec.fee.Abs()
	if !fee.IsZero() {
		e.Fee = statement.Quantity{Amount: fee, Asset: rec.currency}
		outside, inside := amount.Sub(fee), amount.Add(fee) // a sale: what is left, and what it was before
		if buy {
			outside, inside = inside, outside
		}
		net := rec.net.Abs()
		switch {
		case !rec.hasNet, cents(net, outside):
		case cents(net, amount):
			amount = inside
		default:
			return f.fault(f.cols.net, "the net amount is neither the amount nor the amount with the fee")
		}
	}
	cash := statement.Quantity{Amount: amount, Asset: rec.currency}
	if e.Received, e.Sent = cash, rec.units; buy {
		e.Received, e.Sent = rec.units, cash
	}
	return nil
}

// cents reports whether two sums of money differ by less than a cent.
func cents(a, b money.Amount) bool { return a.Sub(b).Abs().Cmp(money.MustParse("0.01")) < 0 }

// move sets a deposit or a withdrawal: of the asset if there is one, else of
// money.
func (f *file) move(e *statement.Entry, rec record, dir way) *statement.Fault {
	q, column := rec.units, f.cols.units
	if !q.Set() {
		q, column = statement.Quantity{Amount: rec.amount.Abs(), Asset: rec.currency}, f.cols.amount
	}
	if q.Amount.IsZero() {
		return f.fault(column, "amount is 0")
	}
	if !rec.fee.IsZero() {
		e.Fee = statement.Quantity{Amount: rec.fee.Abs(), Asset: rec.currency}
	}
	if dir == out {
		e.Type, e.Sent = statement.Withdrawal, q
		return nil
	}
	e.Type, e.Received = statement.Deposit, q
	return nil
}
