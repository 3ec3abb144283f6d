package coinbase

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

func matchAccount(h statement.Header) bool {
	return h.Has("type", "amount", "balance", "transfer id", "trade id", "order id") &&
		find(h, "time", "timestamp").i >= 0 && find(h, unitNames[:]...).i >= 0
}

var unitNames = [...]string{"amount/balance unit", "amount unit", "unit", "currency"}

// readAccount reads the account statement of Coinbase Pro or Exchange. Rows of
// one trade share trade id and order id: what left, what arrived, and the fee.
// A deposit or withdrawal there comes from or goes to the app, a bank or an
// address; the file does not say which.
func readAccount(in *statement.Input, c *statement.Collector) error {
	h := in.Header
	a := account{
		in: in, c: c, keys: make(map[string][]int), kind: find(h, "type"), time: find(h, "time", "timestamp"), amount: find(h, "amount"),
		unit: find(h, unitNames[:]...), transfer: find(h, "transfer id"), trade: find(h, "trade id"), order: find(h, "order id"),
	}
	for r := range in.Rows {
		a.take(r)
	}
	for i := range a.rows {
		if !a.rows[i].done {
			a.settle(i)
		}
	}
	return nil
}

// account is the reading of one file.
type account struct {
	in   *statement.Input
	c    *statement.Collector
	rows []accountRow
	keys map[string][]int

	kind, time, amount, unit, transfer, trade, order column
}

type accountRow struct {
	line                  int
	kind, transfer, trade string
	key                   string
	at                    ledger.Instant
	moved                 statement.Quantity // with its sign
	fault                 *statement.Fault
	done                  bool
}

func (a *account) take(r statement.Row) {
	x := accountRow{line: r.Line, kind: r.Cell(a.kind.i), transfer: r.Cell(a.transfer.i), trade: r.Cell(a.trade.i)}
	x.moved.Asset = Asset(r.Cell(a.unit.i))
	var err error
	if x.at, err = parseTime(a.in, r.Cell(a.time.i)); err != nil {
		x.fault = &statement.Fault{Column: a.time.name, Reason: err.Error()}
	} else if x.moved.Asset == "" {
		x.fault = &statement.Fault{Column: a.unit.name, Reason: "missing"}
	} else {
		x.moved.Amount, x.fault = amount(a.c, plain, r.Cell(a.amount.i), x.moved.Asset, a.amount.name)
	}
	switch kind := statement.Fold(x.kind); kind {
	case "match", "fee":
		x.kind, x.key = kind, "trade\x00"+x.trade+"\x00"+r.Cell(a.order.i)
	case "conversion":
		x.kind, x.key = kind, kind+"\x00"+cmp.Or(x.trade, x.transfer, r.Cell(a.time.i))
	case "deposit", "withdrawal", "rebate":
		x.kind = kind
	}
	if x.key != "" {
		a.keys[x.key] = append(a.keys[x.key], len(a.rows))
	}
	a.rows = append(a.rows, x)
}

func (a *account) settle(i int) {
	r := &a.rows[i]
	if r.key != "" {
		a.group(a.keys[r.key])
		return
	}
	e := statement.Entry{At: r.at}
	if r.transfer != "" {
		e.ID = "pro:" + r.transfer
	}
	switch {
	case r.kind != "deposit" && r.kind != "withdrawal" && r.kind != "rebate":
		r.fault = &statement.Fault{Column: a.kind.name, Reason: "unknown type \"" + r.kind + "\""}
	case r.fault != nil:
	case r.moved.Amount.IsZero():
		a.c.Ignore(r.line, "nothing moved: the amount is 0")
		return
	case (r.kind == "withdrawal") != (r.moved.Amount.Sign() < 0):
		r.fault = &statement.Fault{Column: a.amount.name, Reason: "the sign goes against the type \"" + r.kind + "\": taken back? Enter it by hand"}
	case r.kind == "rebate" && !r.moved.Fiat():
		e.Type, e.Label, e.Received = statement.Income, "cashback", r.moved
	default:
		direct(&e, r.moved)
		if r.kind == "rebate" {
			e.Label = "cashback"
		}
	}
	if r.fault != nil {
		a.c.Hold(r.line, r.fault.Column, r.fault.Reason)
		return
	}
	a.c.Add(&e, r.line)
}

// group settles the rows of one trade or conversion.
func (a *account) group(is []int) {
	lead := &a.rows[is[0]]
	e := statement.Entry{At: lead.at, Type: statement.Trade}
	var merged []int
	var fault *statement.Fault
	at := lead
	for n, i := range is {
		r := &a.rows[i]
		r.done = true
		if n > 0 {
			merged = append(merged, r.line)
		}
		e.At = min(e.At, r.at)
		if fault == nil {
			if fault = a.part(&e, r); fault != nil {
				at = r
			}
		}
	}
	if fault == nil {
		fault = a.whole(&e)
	}
	if fault == nil {
		e.ID = tradeID(e.Sent.Asset, e.Received.Asset, cmp.Or(lead.trade, lead.transfer))
		a.c.Add(&e, lead.line, merged...)
		return
	}
	for _, i := range is {
		r := &a.rows[i]
		if r == at {
			a.c.Hold(r.line, fault.Column, fault.Reason)
		} else {
			a.c.Hold(r.line, fault.Column, fmt.Sprintf("belongs to line %d: %s", at.line, fault.Reason))
		}
	}
}

// part adds what one row says to the trade.
func (a *account) part(e *statement.Entry, r *accountRow) *statement.Fault {
	q := quantity(r.moved.Amount.Abs(), r.moved.Asset)
	into := &e.Received
	switch {
	case r.fault != nil:
		return r.fault
	case r.trade == "" && r.kind != "conversion":
		return &statement.Fault{Column: a.trade.name, Reason: "missing: the rows of a trade cannot be found without it"}
	case r.kind == "fee" && r.moved.Amount.Sign() > 0:
		return &statement.Fault{Column: a.amount.name, Reason: "a fee that was paid out: enter it by hand"}
	case r.kind == "fee":
		into = &e.Fee
	case r.moved.Amount.Sign() < 0:
		into = &e.Sent
	}
	if into.Set() && into.Asset != q.Asset {
		return &statement.Fault{Column: a.unit.name, Reason: "more than two assets in one trade: enter it by hand"}
	}
	into.Asset, into.Amount = q.Asset, into.Amount.Add(q.Amount)
	return nil
}

// whole checks that a trade has both of its sides.
func (a *account) whole(e *statement.Entry) *statement.Fault {
	switch {
	case !e.Sent.Set() || !e.Received.Set() || e.Sent.Amount.IsZero() || e.Received.Amount.IsZero():
		return &statement.Fault{Column: a.trade.name, Reason: "the other side of this trade is not in the file: export the account with all currencies at once, or use the fills"}
	case e.Sent.Asset == e.Received.Asset:
		return &statement.Fault{Column: a.unit.name, Reason: "both sides of this trade are the same asset: enter it by hand"}
	}
	return nil
}

// tradeID names a trade: the numbers count per market, and account and fills
// must come to the same name.
func tradeID(one, other, id string) string {
	if id == "" {
		return ""
	}
	if one > other {
		one, other = other, one
	}
	return "pro:" + one + "-" + other + ":" + id
}

func matchFills(h statement.Header) bool {
	return h.Has("trade id", "product", "side", "created at", "size", "price", "fee", "total")
}

// readFills reads the fills of Coinbase Pro or Exchange: one row, one trade.
// The total includes the fee and has the sign of the money.
func readFills(in *statement.Input, c *statement.Collector) error {
	h := in.Header
	f := fills{
		in: in, c: c, trade: find(h, "trade id"), product: find(h, "product"), side: find(h, "side"), time: find(h, "created at"),
		size: find(h, "size"), sizeUnit: find(h, "size unit"), fee: find(h, "fee"), total: find(h, "total"),
		unit: find(h, "price/fee/total unit"),
	}
	for r := range in.Rows {
		e, fault := f.entry(r)
		if fault != nil {
			c.Hold(r.Line, fault.Column, fault.Reason)
			continue
		}
		c.Add(&e, r.Line)
	}
	return nil
}

// fills is the reading of one file.
type fills struct {
	in *statement.Input
	c  *statement.Collector

	trade, product, side, time, size, sizeUnit, fee, total, unit column
}

func (f *fills) entry(r statement.Row) (e statement.Entry, fault *statement.Fault) {
	var err error
	if e.At, err = parseTime(f.in, r.Cell(f.time.i)); err != nil {
		return e, &statement.Fault{Column: f.time.name, Reason: err.Error()}
	}
	base, quote, ok := f.market(r)
	if !ok {
		return e, &statement.Fault{Column: f.product.name, Reason: "product and units do not fit: it is base-quote, BTC-EUR"}
	}
	e.ID, e.Type = tradeID(base, quote, r.Cell(f.trade.i)), statement.Trade
	size, fault := amount(f.c, plain, r.Cell(f.size.i), base, f.size.name)
	if fault != nil {
		return e, fault
	}
	total, fault := amount(f.c, plain, r.Cell(f.total.i), quote, f.total.name)
	if fault != nil {
		return e, fault
	}
	fee, fault := amount(f.c, plain, r.Cell(f.fee.i), quote, f.fee.name)
	if fault != nil {
		return e, fault
	}
	units := quantity(size, base)
	e.Fee = quantity(fee, quote)
	switch side := r.Cell(f.side.i); {
	case fee.Sign() < 0 || size.Sign() <= 0:
		return e, &statement.Fault{Column: f.size.name, Reason: "size is missing or not above 0, or the fee is negative: enter the trade by hand"}
	case statement.Fold(side) == "buy" && total.Sign() < 0:
		e.Received, e.Sent = units, quantity(total.Abs().Sub(fee), quote)
	case statement.Fold(side) == "sell" && total.Sign() >= 0:
		e.Received, e.Sent = quantity(total.Add(fee), quote), units
	case statement.Fold(side) == "buy" || statement.Fold(side) == "sell":
		return e, &statement.Fault{Column: f.total.name, Reason: "the sign goes against the side: a purchase has a negative total"}
	default:
		return e, &statement.Fault{Column: f.side.name, Reason: "unknown side \"" + side + "\""}
	}
	if e.Sent.Amount.Sign() <= 0 || e.Received.Amount.IsZero() {
		return e, &statement.Fault{Column: f.total.name, Reason: "the total is not more than the fee: enter the trade by hand"}
	}
	return e, nil
}

// market returns base and quote, which stand in the product and, usually, in
// the columns of units.
func (f *fills) market(r statement.Row) (base, quote string, ok bool) {
	base, quote, ok = strings.Cut(r.Cell(f.product.i), "-")
	ok = ok && base != "" && quote != "" &&
		(f.sizeUnit.i < 0 || r.Cell(f.sizeUnit.i) == base) && (f.unit.i < 0 || r.Cell(f.unit.i) == quote)
	return Asset(base), Asset(quote), ok
}
