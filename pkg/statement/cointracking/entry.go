package cointracking

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// entry makes an entry of a record.
func (f *file) entry(rec record, w word) (statement.Entry, *statement.Fault) {
	e := statement.Entry{
		At: rec.at, DateOnly: rec.dateOnly, Type: w.typ, Label: w.label, Account: rec.account, TxHash: rec.hash,
		Received: rec.buy, Sent: rec.sell,
	}
	if fault := f.fits(rec, w); fault != nil {
		return e, fault
	}
	switch {
	case w.way == both:
		fault := f.trade(&e, rec)
		return e, fault
	case w.way == in && rec.buy.Fiat():
		e.Type = statement.Deposit // money has no gains: it came in
	case w.way == in:
		e.Value = rec.buyValue // net of any fee, like the amount
	case !rec.sell.Set(): // a payment of nothing but a fee
		e.Type, e.Sent = statement.Fee, rec.fee
	case rec.sell.Fiat():
		e.Type = statement.Withdrawal
	case w.typ == statement.Fee:
		e.Value = rec.sellValue
	default:
		fault := f.outgoing(&e, rec)
		return e, fault
	}
	return e, nil
}

// fits checks the sides against the type.
func (f *file) fits(rec record, w word) *statement.Fault {
	bought, sold := rec.buy.Set(), rec.sell.Set()
	cash := bought && rec.buy.Fiat() || sold && rec.sell.Fiat()
	switch {
	case w.typ == "", w.why != "" && !cash:
		return f.fault(f.cols.kind, w.why)
	case !bought && w.way != out:
		return f.fault(f.cols.buy.amount, "amount is 0: this type needs what was bought or received")
	case !sold && (w.way == both || w.way == out && !rec.fee.Set()):
		return f.fault(f.cols.sell.amount, "amount is 0: this type needs what was sold or sent")
	case bought && w.way == out, sold && w.way == in:
		return f.fault(f.cols.kind, "this type has one side, the row has two")
	case bought && sold && rec.buy.Asset == rec.sell.Asset:
		return f.fault(f.cols.buy.currency, "the same asset on both sides: say what it was")
	}
	return nil
}

// trade takes the fee out of the side that includes it: what was paid is more
// by it, or what was credited is less. A fee in a third currency is left out:
// it has a row of its own.
func (f *file) trade(e *statement.Entry, rec record) *statement.Fault {
	switch rec.fee.Asset {
	case rec.sell.Asset:
		if fault := f.outgoing(e, rec); fault != nil {
			return fault
		}
	case rec.buy.Asset:
		if rec.fee.Amount.Cmp(rec.buy.Amount) > 0 {
			return f.fault(f.cols.fee.amount, "the fee is more than what arrived")
		}
		e.Fee = rec.fee
		e.Received.Amount = rec.buy.Amount.Add(rec.fee.Amount)
	}
	bought := scaled(rec.buyValue, e.Received.Amount, rec.buy.Amount)
	sold := scaled(rec.sellValue, e.Sent.Amount, rec.sell.Amount)
	e.Value, e.FeeValue = statement.Quantity{}, statement.Quantity{}
	fiat := sold.Asset
	if !sold.Set() {
		fiat = bought.Asset
	}
	switch {
	case fiat == rec.sell.Asset, fiat == rec.buy.Asset: // the money of the trade says it better
	case rec.buy.Fiat(), !sold.Set():
		e.Value = bought
	default:
		e.Value = sold
		if !rec.sell.Fiat() {
			e.ReceivedValue = bought
		}
	}
	return nil
}

// outgoing takes the fee out of what left.
func (f *file) outgoing(e *statement.Entry, rec record) *statement.Fault {
	e.Value = rec.sellValue
	if rec.fee.Asset != rec.sell.Asset {
		return nil
	}
	left := rec.sell.Amount.Sub(rec.fee.Amount)
	switch {
	case left.Sign() < 0:
		return f.fault(f.cols.fee.amount, "the fee is more than what left, which includes it")
	case left.IsZero() && rec.buy.Set():
		return f.fault(f.cols.fee.amount, "the fee is all that was paid")
	case left.IsZero():
		e.Type = statement.Fee // nothing but the fee left
		return nil
	}
	e.Sent.Amount, e.Fee = left, rec.fee
	e.Value = scaled(rec.sellValue, left, rec.sell.Amount)
	if e.Value.Set() {
		e.FeeValue = statement.Quantity{Amount: rec.sellValue.Amount.Sub(e.Value.Amount), Asset: e.Value.Asset}
	}
	return nil
}

// scaled is the value of a part, or of a whole that is known by its part.
func scaled(value statement.Quantity, amount, of money.Amount) statement.Quantity {
	if value.Set() && !amount.Equal(of) {
		value.Amount = value.Amount.Share(amount, of).Round(statement.MaxDecimals, money.HalfEven)
	}
	return value
}
