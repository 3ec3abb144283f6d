package kraken

import (
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

const (
	whyVouchers = "Kraken's fee credits (KFEE) are no asset"
	whyNothing  = "nothing moved: the amount without the fee is 0"
	whyReversed = "reversed: a deposit or withdrawal that failed, and its return in full"
)

// moves settles deposits or withdrawals of one refid and asset. A second row
// against the direction of the type takes the first one back.
func (l *ledgers) moves(rows []*row) {
	var out, in int
	for _, r := range rows {
		if r.fault != nil {
			l.apart(rows)
			return
		}
		switch r.amount.Sign() {
		case -1:
			out++
		case 1:
			in++
		}
	}
	if out == 0 || in == 0 || !l.reversed(rows) {
		l.apart(rows)
	}
}

// reversed settles rows that cancel out, but for fees that were not given
// back; it reports false if more than that is left.
func (l *ledgers) reversed(rows []*row) bool {
	var net, fees money.Amount
	for _, r := range rows {
		net = net.Add(r.amount).Sub(r.fee)
		fees = fees.Add(r.fee.Abs())
	}
	kept := net.Neg()
	switch {
	case kept.IsZero():
		for _, r := range rows {
			l.c.Ignore(r.line, whyReversed)
		}
	case kept.Sign() > 0 && kept.Cmp(fees) <= 0:
		e := feeEntry(rows[0].refid, rows[0].at, statement.Quantity{Amount: kept, Asset: rows[0].asset})
		e.Label = "reversal"
		l.c.Add(&e, rows[0].line, lines(rows[1:])...)
	default:
		return false
	}
	return true
}

// apart books each row for itself.
func (l *ledgers) apart(rows []*row) {
	for _, r := range rows {
		switch {
		case r.asset == kfee:
			l.c.Ignore(r.line, whyVouchers)
		case r.fault != nil:
			l.c.Hold(r.line, r.fault.Column, r.fault.Reason)
		default:
			l.move(r)
		}
	}
}

func (l *ledgers) move(r *row) {
	amount, arrives := r.amount.Abs(), r.amount.Sign() > 0
	e := statement.Entry{ID: r.txid, At: r.at, Type: statement.Withdrawal}
	if back := arrives != (r.word.Class == statement.ClassDeposit); back {
		e.Label = "reversal"
	}
	fee := r.fee
	switch {
	case r.amount.IsZero() && r.fee.Sign() <= 0:
		l.c.Ignore(r.line, whyNothing)
		return
	case r.amount.IsZero():
		e = feeEntry(r.txid, r.at, statement.Quantity{Amount: r.fee, Asset: r.asset})
		l.c.Add(&e, r.line)
		return
	case fee.Sign() < 0 && e.Label == "":
		l.c.Hold(r.line, "fee", "negative fee: given back, or a sign by mistake? Compare the balance column and enter it by hand")
		return
	case fee.Sign() < 0: // the fee comes back with the amount
		amount, fee = r.amount.Sub(fee).Abs(), money.Amount{}
	}
	q := statement.Quantity{Amount: amount, Asset: r.asset}
	if arrives {
		e.Type, e.Received = statement.Deposit, q
	} else {
		e.Sent = q
	}
	if fee.Sign() > 0 {
		e.Fee = statement.Quantity{Amount: fee, Asset: r.asset}
	}
	if r.hasUSD && !q.Fiat() && r.fee.Sign() >= 0 {
		e.Value = statement.Quantity{Amount: r.usd, Asset: "USD"}
	}
	l.c.Add(&e, r.line)
}

// feeEntry is a fee that belongs to no other entry. Money that leaves as a fee
// is a withdrawal: only units of an asset are disposed of.
func feeEntry(id string, at ledger.Instant, q statement.Quantity) statement.Entry {
	e := statement.Entry{ID: id, At: at, Type: statement.Fee, Sent: q, Label: "fee"}
	if q.Fiat() {
		e.Type = statement.Withdrawal
	}
	return e
}

func lines(rows []*row) []int {
	ls := make([]int, len(rows))
	for i, r := range rows {
		ls[i] = r.line
	}
	return ls
}
