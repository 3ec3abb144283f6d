package coinbase

import (
	"strings"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
	statements "github.com/ledgersys/ledgersys/pkg/statement/coinbase"
)

// row is one transaction: what one wallet's balance changes by.
type row struct {
	exchange.Words

	id, typ string
	at      ledger.Instant
	word    statement.Word
	known   bool
	asset   string
	change  money.Amount // with its sign
	done    bool
}

// reader is the reading of all records of a connection.
type reader struct {
	c      *statement.Collector
	rows   []*row
	groups map[string][]*row
	fees   map[string]statement.Quantity // of money that came or went, by the id of its transaction
	orders map[string]bool               // orders that transactions tell
}

// Events makes events of transactions. Fills count where no transaction tells
// their order; deposits and withdrawals add the fee of money that moved.
func Events(c *statement.Collector, records []exchange.Record) error {
	r := &reader{c: c, groups: make(map[string][]*row), fees: make(map[string]statement.Quantity), orders: make(map[string]bool)}
	var fills []*exchange.Words
	for i := range records {
		x := &records[i]
		w := &exchange.Words{C: c, Line: i + 1, F: exchange.Object(x.Raw)}
		switch x.Stream {
		case transactionStream:
			r.take(w, x)
		case fillStream:
			fills = append(fills, w)
		case depositStream, withdrawalStream:
			r.fee(w)
		default:
			w.Hold(fault("stream", "unknown stream"))
		}
	}
	for _, x := range r.rows {
		if !x.done {
			r.settle(x)
		}
	}
	for _, w := range fills {
		r.fill(w, &records[w.Line-1])
	}
	return nil
}

func fault(column, reason string) *statement.Fault {
	return &statement.Fault{Column: column, Reason: reason}
}

// take reads a transaction and keeps it until all are there: two of them may
// be one trade.
func (r *reader) take(w *exchange.Words, rec *exchange.Record) {
	x := &row{Words: *w, id: w.F.Text("id"), typ: strings.ToLower(w.F.Text("type")), at: rec.Instant()}
	x.word, x.known = words[x.typ]
	if status := w.F.Text("status"); status != "completed" && status != "complete" && status != "confirmed" {
		r.c.Ignore(w.Line, "not completed (yet)")
		return
	}
	amount := w.F.Inner("amount")
	x.asset = statements.Asset(amount.Text("currency"))
	in := exchange.Words{C: r.c, F: amount}
	change, f := in.Amount("amount", x.asset)
	switch {
	case f != nil:
		w.Hold(f)
		return
	case x.asset == "":
		w.Hold(fault("amount.currency", "missing"))
		return
	case change.IsZero():
		r.c.Ignore(w.Line, "nothing moved: the amount is 0")
		return
	}
	x.change = change
	if x.typ == "advanced_trade_fill" {
		r.orders[w.F.Inner(x.typ).Text("order_id")] = true
	}
	for _, k := range x.keys() {
		r.groups[k] = append(r.groups[k], x)
	}
	r.rows = append(r.rows, x)
}

// keys names what the transactions of one trade have in common, the surest
// first: the id of the conversion or order, and the moment.
func (x *row) keys() []string {
	if x.word.Class != statement.ClassTrade {
		return nil
	}
	details := x.F.Inner(x.typ)
	moment := x.typ + "\x00" + string(x.at.AppendTo(nil))
	switch x.typ {
	case "advanced_trade_fill":
		order := details.Text("order_id")
		return []string{moment + "\x00" + order, x.typ + "\x00" + order}
	case "trade", "buy", "sell":
		if id := details.Text("id"); id != "" {
			return []string{x.typ + "\x00" + id}
		}
	}
	return []string{moment}
}

// fee notes the fee of money that moved.
func (r *reader) fee(w *exchange.Words) {
	tx, fee := w.F.Inner("transaction").Text("id"), w.F.Inner("fee")
	q, f := (&exchange.Words{C: r.c, F: fee}).Quantity("amount", fee.Text("currency"))
	if f != nil {
		w.Hold(f)
		return
	}
	if status := w.F.Text("status"); tx != "" && q.Amount.Sign() > 0 && (status == "completed" || status == "complete") {
		r.fees[tx] = q
	}
	r.c.Ignore(w.Line, "the transactions tell this; the list adds the fee")
}

// settle gives a transaction, and those that belong to it, their outcome.
func (r *reader) settle(x *row) {
	x.done = true
	switch {
	case !x.known:
		x.Hold(fault("type", "unknown type \""+x.F.Text("type")+"\""))
	case x.word.Class == statement.ClassTrade:
		r.trade(x)
	case x.word.Class == statement.ClassReview:
		x.Hold(fault("type", x.word.Why))
	case x.word.Class == statement.ClassInternal, x.word.Class == statement.ClassIgnore:
		r.c.Ignore(x.Line, x.word.Why)
	default:
		r.single(x)
	}
}

// q is what the transaction moves, without its sign.
func (x *row) q() statement.Quantity {
	return statement.Quantity{Amount: x.change.Abs(), Asset: x.asset}
}

// value is what it was worth in the owner's money, as Coinbase says.
func (x *row) value() statement.Quantity {
	if money.IsFiat(x.asset) {
		return statement.Quantity{}
	}
	return inner(x.C, x.F.Inner("native_amount"))
}

// inner reads an amount of money with its currency; none if it is not one.
func inner(c *statement.Collector, f exchange.Fields) statement.Quantity {
	currency := f.Text("currency")
	q, fault := (&exchange.Words{C: c, F: f}).Quantity("amount", currency)
	if fault != nil || !money.IsFiat(currency) {
		return statement.Quantity{}
	}
	q.Amount = q.Amount.Abs()
	return q
}

// single books what only came or only left.
func (r *reader) single(x *row) {
	e := statement.Entry{ID: x.id, At: x.at, Label: x.word.Label, Value: x.value(), TxHash: x.F.Inner("network").Text("hash")}
	came := x.change.Sign() > 0
	class := x.word.Class
	switch {
	case class == statement.ClassWithdrawal && came:
		class = statement.ClassDeposit // "send" stands for both ways
	case class == statement.ClassDeposit && !came:
		class = statement.ClassWithdrawal
	}
	switch class {
	case statement.ClassDeposit:
		r.deposit(x, &e)
		return
	case statement.ClassWithdrawal:
		r.withdrawal(x, &e)
		return
	case statement.ClassIncome, statement.ClassRebate:
		e.Type = statement.Income
	case statement.ClassSpend:
		e.Type = statement.Spend
	default:
		e.Type = statement.GiftOut
	}
	out := e.Type == statement.Spend || e.Type == statement.GiftOut
	switch {
	case out == came:
		x.Hold(fault("amount", "the sign goes against the type \""+x.typ+"\": taken back? Enter it by hand"))
		return
	case out && money.IsFiat(x.asset):
		e.Type, e.Sent = statement.Withdrawal, x.q()
	case out:
		e.Sent = x.q()
	case money.IsFiat(x.asset):
		e.Type, e.Received = statement.Deposit, x.q()
	default:
		e.Received = x.q()
	}
	r.c.Add(&e, x.Line)
}

// deposit books what came. A programme of Coinbase as the sender makes it an
// income.
func (r *reader) deposit(x *row, e *statement.Entry) {
	e.Type, e.Received = statement.Deposit, x.q()
	if fee, ok := r.fees[x.id]; ok && fee.Asset == x.asset {
		e.Received.Amount, e.Fee = e.Received.Amount.Add(fee.Amount), fee
	}
	from := statement.Fold(x.F.Inner("details").Text("title") + " " + x.F.Inner("details").Text("subtitle") + " " + x.F.Text("description") +
		" " + x.F.Inner("from").Text("name"))
	if !money.IsFiat(x.asset) && e.TxHash == "" {
		switch {
		case strings.Contains(from, "coinbase referral"):
			e.Type, e.Label = statement.Income, "referral"
		case strings.Contains(from, "coinbase earn"), strings.Contains(from, "coinbase rewards"):
			e.Type, e.Label = statement.Income, "other"
		}
	}
	r.c.Add(e, x.Line)
}

// withdrawal books what left: the amount has the fee of the network inside, or
// that of the bank.
func (r *reader) withdrawal(x *row, e *statement.Entry) {
	e.Type, e.Sent = statement.Withdrawal, x.q()
	fee := statement.Quantity{}
	if known, ok := r.fees[x.id]; ok {
		fee = known
	} else if f := x.F.Inner("network").Inner("transaction_fee"); f != nil {
		q, bad := (&exchange.Words{C: r.c, F: f}).Quantity("amount", statements.Asset(f.Text("currency")))
		if bad != nil {
			x.Hold(bad)
			return
		}
		fee = q
	}
	if fee.Asset == x.asset && fee.Amount.Sign() > 0 && fee.Amount.Cmp(e.Sent.Amount) < 0 {
		e.Sent.Amount, e.Fee = e.Sent.Amount.Sub(fee.Amount), fee
	}
	r.c.Add(e, x.Line)
}
