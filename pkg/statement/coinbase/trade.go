package coinbase

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Tolerances: two decimals in the older files, rounded averages in Notes.
var (
	cents   = money.MustParse("0.02")
	unit    = money.MustParse("0.00000001")
	million = money.FromInt(1_000_000)
	ten     = money.FromInt(10)
)

const whyNoPrice = "no price: an old reward for a referral, or a trade of less than a cent? Enter it by hand"

// near reports whether two amounts are one, but for the last decimals.
func near(a, b money.Amount) bool {
	diff := a.Sub(b).Abs()
	return diff.Cmp(unit) <= 0 || within(diff, money.Max(a.Abs(), b.Abs()), million)
}

// within reports whether part is at most one n-th of whole.
func within(part, whole, n money.Amount) bool { return part.Cmp(whole.Share(money.FromInt(1), n)) <= 0 }

// trade settles a row of the class trade.
func (h *history) trade(i int) {
	r := &h.rows[i]
	switch r.kind {
	case "convert":
		h.convert(i)
	case "retail mgx dex buy", "retail mgx dex trade":
		h.pair(i, dexWindow)
	case "retail simple dust":
		p, fault := h.swept(r)
		h.putTrade(r, sell, p, fault)
	case "buy", "advanced trade buy", "advance trade buy":
		if r.quantity.Sign() < 0 {
			fault := h.against(r)
			h.c.Hold(r.line, fault.Column, fault.Reason)
			return
		}
		h.market(r, buy)
	default:
		h.market(r, sell)
	}
}

// side is the direction of a trade.
type side int

const (
	buy  side = 1
	sell side = -1
)

// paid is the money side of a trade: gross without the fee; total is what
// really went out, or came in.
type paid struct {
	gross, fee, total money.Amount
	currency          string
	value, feeValue   statement.Quantity // where currency is no money
}

// market settles a purchase or sale. In Advanced Trade the columns are in the
// currency of display and only Notes say what was paid; elsewhere Notes are a
// check.
func (h *history) market(r *row, s side) {
	n, stated := parseTrade(r.notes)
	switch {
	case !stated && strings.HasPrefix(r.kind, "advance"):
		h.c.Hold(r.line, h.cols.notes.name, "what was paid in an Advanced Trade stands only in Notes, and these are none of the known sentences "+
			"(\"Bought 1 BTC for 50000 EUR on BTC-EUR at 49900 EUR/BTC\"): enter the trade by hand")
		return
	case stated && (Asset(n.code) != r.asset || (n.verb == "Bought") != (s == buy) || !near(n.amount, r.quantity.Abs())):
		fault := h.disagree()
		h.c.Hold(r.line, fault.Column, fault.Reason)
		return
	case stated && Asset(n.quote) != r.currency:
		p, fault := h.byNotes(r, s, n)
		h.putTrade(r, s, p, fault)
		return
	}
	var note *tradeNote
	if stated {
		note = &n
	}
	p, fault := h.paid(r, s, note)
	switch {
	case fault == nil && !stated:
	case fault == nil && p.total.IsZero(), fault == nil && n.hasPrice && n.cost.Decimals() > p.total.Decimals():
		p, fault = h.byNotes(r, s, n) // the columns are rounded away
	case fault == nil && p.total.Sub(n.cost).Abs().Cmp(cents) > 0:
		fault = h.disagree()
	}
	h.putTrade(r, s, p, fault)
}

// paid reads the money columns: total = subtotal + fees in a purchase and
// subtotal - fees in a sale. In files of 2021 and 2022 the fees column holds
// a part of the fee only; then Notes must confirm the total.
func (h *history) paid(r *row, s side, n *tradeNote) (paid, *statement.Fault) {
	p := paid{currency: r.currency}
	if r.currency == "" {
		return p, &statement.Fault{Column: h.cols.currency.name, Reason: "missing"}
	}
	subtotal, fault := h.figure(r, r.subtotal, h.cols.subtotal)
	if fault != nil {
		return p, fault
	}
	total, fault := h.figure(r, r.total, h.cols.total)
	if fault != nil {
		return p, fault
	}
	fees, fault := h.figure(r, r.fees, h.cols.fees)
	if fault != nil {
		return p, fault
	}
	signed := fees
	if s == sell {
		signed = fees.Neg()
	}
	switch {
	case subtotal.IsZero() && total.IsZero():
		if n == nil {
			return p, &statement.Fault{Column: h.cols.subtotal.name, Reason: whyNoPrice}
		}
		return p, nil
	case total.IsZero():
		total = subtotal.Add(signed)
	case subtotal.IsZero():
		subtotal = total.Sub(signed)
	}
	p.gross, p.total, p.fee = subtotal, total, total.Sub(subtotal)
	if s == sell {
		p.fee = p.fee.Neg()
	}
	agrees := p.fee.Sub(fees).Abs().Cmp(cents) <= 0 || r.fees == ""
	if !agrees && (n == nil || total.Sub(n.cost).Abs().Cmp(cents) > 0) {
		return p, &statement.Fault{Column: h.cols.total.name, Reason: "total, subtotal and fees do not add up, and Notes do not say what was paid: correct the wrong one"}
	}
	if p.fee.Sign() <= 0 { // a price better than shown: what was paid counts
		p.gross, p.fee = total, money.Amount{}
	}
	return p, nil
}

// swept reads what dust was sold for; where it rounds to 0 in the columns,
// price times quantity says it.
func (h *history) swept(r *row) (paid, *statement.Fault) {
	p, fault := h.paid(r, sell, nil)
	if fault == nil || fault.Reason != whyNoPrice {
		return p, fault
	}
	value, fault := h.fair(r)
	return paid{gross: value.Amount, total: value.Amount, currency: value.Asset}, fault
}

// byNotes takes the money side from Notes. The fee is the difference between
// the amount and price times quantity; without a price it stays inside.
func (h *history) byNotes(r *row, s side, n tradeNote) (paid, *statement.Fault) {
	p := paid{gross: n.cost, total: n.cost, currency: Asset(n.quote)}
	if n.hasPrice {
		p.gross = n.amount.Mul(n.price).Round(statement.MaxDecimals, money.HalfEven)
		p.fee = n.cost.Sub(p.gross)
		if s == sell {
			p.fee = p.fee.Neg()
		}
		switch {
		case p.fee.Sign() < 0 && within(p.fee.Abs(), n.cost, money.FromInt(1000)): // the price is a rounded average
			p.gross, p.fee = n.cost, money.Amount{}
		case p.fee.Sign() < 0 || !within(p.fee, p.gross, ten):
			return p, &statement.Fault{Column: h.cols.notes.name, Reason: "amount and price in Notes do not fit each other: enter the trade by hand"}
		}
	}
	if money.IsFiat(p.currency) || !money.IsFiat(r.currency) {
		return p, nil
	}
	return p, h.display(r, &p)
}

// display sets what a trade of units for units was worth in the currency of
// display: without the fee if that is told apart.
func (h *history) display(r *row, p *paid) *statement.Fault {
	value, fault := h.fair(r)
	if fault != nil {
		return fault
	}
	fees, fault := h.figure(r, r.fees, h.cols.fees)
	if fault != nil {
		return fault
	}
	if p.fee.Sign() > 0 {
		p.value = value
		if fees.Sign() > 0 {
			p.feeValue = quantity(fees, r.currency)
		}
		return nil
	}
	total, fault := h.figure(r, r.total, h.cols.total)
	if total.Sign() > 0 {
		value = quantity(total, r.currency)
	}
	p.value = value
	return fault
}

// putTrade adds a trade of the row's asset for money or other units.
func (h *history) putTrade(r *row, s side, p paid, fault *statement.Fault) {
	e := h.entry(r, statement.Trade)
	units, price := quantity(r.quantity.Abs(), r.asset), quantity(p.gross, p.currency)
	if s == buy {
		e.Received, e.Sent = units, price
	} else {
		e.Received, e.Sent = price, units
	}
	if p.fee.Sign() > 0 {
		e.Fee, e.FeeValue = quantity(p.fee, p.currency), p.feeValue
	}
	e.Label, e.Value = r.word.Label, p.value
	h.put(r, &e, fault)
}
