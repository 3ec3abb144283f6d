// Package valr reads the transaction history of VALR.
//
// A row is a whole event: what left (debit), what came (credit) and the fee,
// all of them positive. The credit is net of the fee if both are in one
// currency; of what is sent or withdrawn the fee is taken besides. Deposits,
// withdrawals and transfers have no id, and an order may be filled in several
// rows, so that the order id names no row either: an event is known by its
// content. Rows that a link fetched have an id of their own.
package valr

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Formats returns the layout of VALR. Its times say that they are UTC.
func Formats() []statement.Format {
	return []statement.Format{{
		Name: "valr-history", Title: "VALR transaction history", Venue: "VALR", ZoneInFile: true, Zone: "UTC",
		Match: func(h statement.Header) bool {
			return h.Has("date", "transaction type", "debit currency", "debit value", "credit currency", "credit value")
		},
		Read: func(in *statement.Input, c *statement.Collector) error {
			t := newTable(in, c)
			for r := range in.Rows {
				if fault := t.read(r); fault != nil {
					c.Hold(r.Line, fault.Column, fault.Reason)
				}
			}
			return nil
		},
	}}
}

// table is where the cells stand, and where the outcomes go.
type table struct {
	header             statement.Header
	c                  *statement.Collector
	zone               *time.Location
	date, kind, tx, id int
	debit, credit, fee place
}

// place is the two columns of an amount.
type place struct{ currency, value int }

func newTable(in *statement.Input, c *statement.Collector) *table {
	h := in.Header
	at := func(name string) place { return place{h.Index(name + " currency"), h.Index(name + " value")} }
	return &table{
		header: h, c: c, zone: in.Zone, date: h.Index("date"), kind: h.Index("transaction type"), tx: h.Index("transactionhash"), id: h.Index("id"),
		debit: at("debit"), credit: at("credit"), fee: at("fee"),
	}
}

// row is what a row says.
type row struct {
	at                 ledger.Instant
	debit, credit, fee statement.Quantity
}

// read gives a row its outcome, or returns why it is held.
func (t *table) read(r statement.Row) *statement.Fault {
	name := r.Cell(t.kind)
	word, known := words[folded(name)]
	switch {
	case !known:
		return t.fault(t.kind, `unknown type "`+name+`"`)
	case word.Class == statement.ClassInternal:
		t.c.Ignore(r.Line, word.Why)
		return nil
	case word.Class == statement.ClassReview:
		return t.fault(t.kind, word.Why)
	}
	content, fault := t.content(r)
	if fault != nil {
		return fault
	}
	e := statement.Entry{ID: r.Cell(t.id), At: content.at, Label: word.Label, TxHash: r.Cell(t.tx)}
	if word.Class == statement.ClassTrade {
		fault = t.trade(&e, content)
	} else {
		fault = t.oneWay(&e, content, word.Class)
	}
	if fault == nil {
		t.c.Add(&e, r.Line)
	}
	return fault
}

func (t *table) fault(column int, reason string) *statement.Fault {
	return &statement.Fault{Column: t.header.Raw[column], Reason: reason}
}

// content reads the cells of a row.
func (t *table) content(r statement.Row) (out row, fault *statement.Fault) {
	at, err := statement.ParseTime(r.Cell(t.date), t.zone,
		"2006-01-02 15:04:05 Z07:00", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05")
	if err != nil {
		return out, t.fault(t.date, err.Error())
	}
	out.at = at
	for _, side := range [...]struct {
		from place
		to   *statement.Quantity
	}{{t.debit, &out.debit}, {t.credit, &out.credit}, {t.fee, &out.fee}} {
		if *side.to, fault = t.quantity(r, side.from); fault != nil {
			return out, fault
		}
	}
	return out, nil
}

// most is as much as there may be of any currency in one amount. Sums of such
// are exact.
const most = 1_000_000_000_000_000_000

// quantity reads one amount; one of 0 is none.
func (t *table) quantity(r statement.Row, from place) (statement.Quantity, *statement.Fault) {
	asset := r.Cell(from.currency)
	amount, set, err := t.c.Amount(statement.Numbers{Exponent: true}, r.Cell(from.value), asset)
	switch {
	case err != nil:
		return statement.Quantity{}, t.fault(from.value, err.Error())
	case !set || amount.IsZero():
		return statement.Quantity{}, nil
	case asset == "":
		return statement.Quantity{}, t.fault(from.value, "an amount without a currency")
	case amount.Sign() < 0:
		return statement.Quantity{}, t.fault(from.value, "amount is negative; the direction follows from the column")
	case amount.Cmp(money.FromInt(most)) > 0:
		return statement.Quantity{}, t.fault(from.value, "amount out of range")
	}
	return statement.Quantity{Amount: amount, Asset: asset}, nil
}

// trade fills in an exchange of one currency for another. The fee comes on top
// of what the credit shows, if it was taken from it.
func (t *table) trade(e *statement.Entry, r row) *statement.Fault {
	switch {
	case !r.debit.Set():
		return t.fault(t.debit.value, "missing: a trade has two sides")
	case !r.credit.Set():
		return t.fault(t.credit.value, "missing: a trade has two sides")
	case r.fee.Set() && r.fee.Asset == r.debit.Asset:
		return t.fault(t.fee.currency, "fee in the currency paid: the file does not say whether the debit contains it; add the trade in a Ledgersys CSV file")
	}
	e.Type, e.Sent, e.Received, e.Fee = statement.Trade, r.debit, r.credit, r.fee
	if r.fee.Asset == r.credit.Asset {
		e.Received.Amount = r.credit.Amount.Add(r.fee.Amount)
	}
	return nil
}

// direction says what a class of row becomes and on which side it stands.
type direction struct {
	kind statement.Type
	in   bool
}

var directions = map[statement.Class]direction{
	statement.ClassDeposit:    {statement.Deposit, true},
	statement.ClassWithdrawal: {statement.Withdrawal, false},
	statement.ClassIncome:     {statement.Income, true},
	statement.ClassRebate:     {statement.Income, true},
}

// oneWay fills in what only came or only left. A fee in the currency that came
// never arrived, so that it is no part of the event.
func (t *table) oneWay(e *statement.Entry, r row, class statement.Class) *statement.Fault {
	d := directions[class]
	e.Type = d.kind
	switch {
	case d.in && r.debit.Set():
		return t.fault(t.debit.value, "the type says that something came, and something left")
	case d.in && !r.credit.Set():
		return t.fault(t.credit.value, "missing or 0")
	case !d.in && r.credit.Set():
		return t.fault(t.credit.value, "the type says that something left, and something came")
	case !d.in && !r.debit.Set():
		return t.fault(t.debit.value, "missing or 0")
	case d.in:
		e.Received = r.credit
		if r.fee.Asset == r.credit.Asset {
			r.fee = statement.Quantity{}
		}
	default:
		e.Sent = r.debit
	}
	e.Fee = r.fee
	return nil
}
