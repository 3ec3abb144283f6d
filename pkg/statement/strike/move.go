package strike

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// move makes a deposit or a withdrawal of a record that is no trade.
func (r *record) move() (statement.Entry, *statement.Fault) {
	btc, cash, currencies := r.sides()
	e := statement.Entry{Label: r.word.Label, TxHash: r.hash}
	main := btc
	switch {
	case currencies > 1:
		return e, &statement.Fault{Column: cash.column, Reason: "more than one currency in one payment"}
	case btc.amount.IsZero():
		main = cash
		e.TxHash = ""
	case r.word.money:
		return e, &statement.Fault{Column: btc.column, Reason: r.word.Why}
	case !cash.amount.IsZero():
		if !cash.quantity().Fiat() || !r.priced || !alike(cash.amount.Abs(), btc.amount.Abs().Mul(r.price)) {
			return e, &statement.Fault{Column: cash.column, Reason: "bitcoin and money in one payment, and the money is not what the bitcoin was worth: say what it was"}
		}
		e.Value = cash.quantity()
	}
	dir := r.word.way
	if dir == signed {
		dir = towards(main.amount)
	}
	if f := main.agrees(dir); f != nil {
		return e, f
	}
	if f := setFee(&e, btc, cash); f != nil {
		return e, f
	}
	if dir == in {
		e.Type, e.Received = statement.Deposit, main.quantity()
	} else {
		e.Type, e.Sent = statement.Withdrawal, main.quantity()
	}
	f := netOf(&e, btc)
	return e, f
}

func towards(a money.Amount) way {
	if a.Sign() < 0 {
		return out
	}
	return in
}

// quantity is the unsigned amount of a leg.
func (l leg) quantity() statement.Quantity {
	if l.asset == "" {
		return statement.Quantity{}
	}
	return statement.Quantity{Amount: l.amount.Abs(), Asset: l.asset}
}

// agrees checks the sign of an amount against the direction.
func (l leg) agrees(dir way) *statement.Fault {
	switch {
	case l.amount.IsZero():
		return &statement.Fault{Column: l.column, Reason: "amount is 0"}
	case towards(l.amount) != dir:
		return &statement.Fault{Column: l.column, Reason: "the sign of the amount contradicts the type"}
	}
	return nil
}

// setFee takes the only fee there is.
func setFee(e *statement.Entry, btc, cash leg) *statement.Fault {
	switch {
	case !btc.fee.IsZero() && !cash.fee.IsZero():
		return &statement.Fault{Column: btc.column, Reason: "a fee in bitcoin and one in money: say what was paid"}
	case !btc.fee.IsZero():
		e.Fee = statement.Quantity{Amount: btc.fee, Asset: bitcoin}
	case !cash.fee.IsZero():
		e.Fee = statement.Quantity{Amount: cash.fee, Asset: cash.asset}
	}
	return nil
}

// netOf takes the network fee out of what was sent: the amount of bitcoin that
// left includes it. Strike charges nothing on receipt, so that a fee there is
// not understood.
func netOf(e *statement.Entry, btc leg) *statement.Fault {
	switch {
	case btc.fee.IsZero() || btc.amount.IsZero():
		return nil
	case e.Type == statement.Deposit:
		return &statement.Fault{Column: btc.column, Reason: "a fee in bitcoin on a receipt: say what arrived"}
	}
	whole := e.Sent.Amount
	e.Sent.Amount = whole.Sub(btc.fee)
	if e.Sent.Amount.Sign() <= 0 {
		return &statement.Fault{Column: btc.column, Reason: "the fee is not less than what was sent"}
	}
	if e.Value.Set() {
		value := e.Value.Amount
		e.Value.Amount = value.Share(e.Sent.Amount, whole).Round(statement.MaxDecimals, money.HalfEven)
		e.FeeValue = statement.Quantity{Amount: value.Sub(e.Value.Amount), Asset: e.Value.Asset}
	}
	return nil
}
