package coinbase

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// single makes the entry of a row that stands for itself and is no trade.
func (h *history) single(r *row) (statement.Entry, *statement.Fault) {
	out := r.word.Class == statement.ClassWithdrawal || r.word.Class == statement.ClassSpend || r.word.Class == statement.ClassGiftOut
	if !out && r.quantity.Sign() < 0 {
		return statement.Entry{}, h.against(r)
	}
	switch r.kind {
	case "send", "retail mgx dex send":
		return h.send(r)
	case "receive":
		return h.receive(r)
	case "deposit", "withdrawal":
		return h.cash(r)
	}
	if out {
		return h.spend(r)
	}
	return h.income(r, r.word.Label)
}

func (h *history) against(r *row) *statement.Fault {
	return &statement.Fault{Column: h.cols.quantity.name, Reason: "the sign goes against the type \"" + r.kind + "\": taken back? Enter it by hand"}
}

func (h *history) entry(r *row, t statement.Type) statement.Entry {
	return statement.Entry{ID: r.id, At: r.at, Type: t}
}

// fair returns what the quantity was worth: the subtotal, or where that is
// empty or rounds to 0 the price times the quantity. It is none where the file
// states neither in money.
func (h *history) fair(r *row) (statement.Quantity, *statement.Fault) {
	if !money.IsFiat(r.currency) {
		return statement.Quantity{}, nil
	}
	value, fault := h.figure(r, r.subtotal, h.cols.subtotal)
	if fault != nil || value.Sign() > 0 {
		return quantity(value, r.currency), fault
	}
	price, fault := h.figure(r, r.price, h.cols.price)
	switch {
	case fault != nil:
		return statement.Quantity{}, fault
	case price.Sign() > 0:
		value = price.Mul(r.quantity.Abs()).Round(statement.MaxDecimals, money.HalfEven)
	case r.subtotal == "":
		return statement.Quantity{}, nil
	}
	return quantity(value, r.currency), nil
}

// valued sets the value of an entry of units; money is its own value.
func (h *history) valued(e *statement.Entry, r *row) (statement.Entry, *statement.Fault) {
	if money.IsFiat(r.asset) {
		return *e, nil
	}
	var fault *statement.Fault
	e.Value, fault = h.fair(r)
	return *e, fault
}

// send is a withdrawal. The quantity may include the network's fee: then Notes
// say how much arrived.
func (h *history) send(r *row) (statement.Entry, *statement.Fault) {
	e := h.entry(r, statement.Withdrawal)
	e.Sent = quantity(r.quantity.Abs(), r.asset)
	if arrived, code, ok := parseSent(r.notes); ok {
		fee := e.Sent.Amount.Sub(arrived)
		switch {
		case code != r.asset, fee.Sign() < 0 && !near(arrived, e.Sent.Amount), fee.Cmp(arrived) > 0:
			return e, h.disagree()
		case fee.Sign() > 0 && !near(arrived, e.Sent.Amount):
			e.Sent.Amount, e.Fee = arrived, quantity(fee, r.asset)
		}
	}
	if !e.Fee.Set() {
		fee, fault := h.figure(r, r.fees, h.cols.fees)
		if fault != nil {
			return e, fault
		}
		if fee.Sign() > 0 && money.IsFiat(r.currency) {
			e.Fee = quantity(fee, r.currency)
		}
	}
	return h.valued(&e, r)
}

func (h *history) disagree() *statement.Fault {
	return &statement.Fault{Column: h.cols.notes.name, Reason: "Notes and the other columns of this row disagree: correct the one that is wrong"}
}

// receive is a deposit, unless Notes name a programme of Coinbase as the
// sender.
func (h *history) receive(r *row) (statement.Entry, *statement.Fault) {
	switch notes := statement.Fold(r.notes); {
	case strings.Contains(notes, "coinbase referral"):
		return h.income(r, "referral")
	case strings.Contains(notes, "coinbase earn"), strings.Contains(notes, "coinbase rewards"):
		return h.income(r, "other")
	}
	e := h.entry(r, statement.Deposit)
	e.Received = quantity(r.quantity, r.asset)
	return h.valued(&e, r)
}

// cash is a deposit or withdrawal of money by bank or card. Its quantity is
// what the balance changes by; the fee is inside and of either sign.
func (h *history) cash(r *row) (statement.Entry, *statement.Fault) {
	if !money.IsFiat(r.asset) {
		return h.coin(r)
	}
	e := h.entry(r, statement.Withdrawal)
	fee, fault := h.figure(r, r.fees, h.cols.fees)
	if fault != nil {
		return e, fault
	}
	q := quantity(r.quantity.Abs(), r.asset)
	inside := r.currency == r.asset // else it is shown in another currency
	switch {
	case r.word.Class == statement.ClassDeposit:
		if inside {
			q.Amount = q.Amount.Add(fee)
		}
		e.Type, e.Received = statement.Deposit, q
	case inside && fee.Cmp(q.Amount) >= 0:
		return e, &statement.Fault{Column: h.cols.fees.name, Reason: "the fee is not less than the amount"}
	default:
		if inside {
			q.Amount = q.Amount.Sub(fee)
		}
		e.Sent = q
	}
	if fee.Sign() > 0 && money.IsFiat(r.currency) {
		e.Fee = quantity(fee, r.currency)
	}
	return e, nil
}

// coin is a row that is called Deposit or Withdrawal but moves units. In older
// files a withdrawal of units may be a sale that was paid out to a bank.
func (h *history) coin(r *row) (statement.Entry, *statement.Fault) {
	switch {
	case r.word.Class == statement.ClassDeposit:
		e := h.entry(r, statement.Deposit)
		e.Received = quantity(r.quantity, r.asset)
		return h.valued(&e, r)
	case r.recipient != "":
		return h.send(r)
	}
	return statement.Entry{}, &statement.Fault{
		Column: h.cols.kind.name,
		Reason: "withdrawal of units without an address: sent out, or sold and paid out to a bank? Enter it by hand",
	}
}

// income is what arrives as a reward: the quantity is net of Coinbase's cut,
// and the subtotal is its value.
func (h *history) income(r *row, label string) (statement.Entry, *statement.Fault) {
	e := h.entry(r, statement.Income)
	e.Label, e.Received = label, quantity(r.quantity, r.asset)
	if e.Received.Fiat() {
		e.Type = statement.Deposit
	}
	return h.valued(&e, r)
}

// spend is what leaves for goods, services or as a gift. Money that does is a
// withdrawal.
func (h *history) spend(r *row) (statement.Entry, *statement.Fault) {
	e := h.entry(r, statement.Spend)
	if r.word.Class == statement.ClassGiftOut {
		e.Type = statement.GiftOut
	}
	e.Label, e.Sent = r.word.Label, quantity(r.quantity.Abs(), r.asset)
	if e.Sent.Fiat() {
		e.Type = statement.Withdrawal
		return e, nil
	}
	fee, fault := h.figure(r, r.fees, h.cols.fees)
	if fault != nil {
		return e, fault
	}
	if fee.Sign() > 0 && money.IsFiat(r.currency) {
		e.Fee = quantity(fee, r.currency)
	}
	return h.valued(&e, r)
}
