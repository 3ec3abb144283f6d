package kraken

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

func matchTrades(h statement.Header) bool {
	return h.Has("txid", "ordertxid", "pair", "time", "type", "cost", "fee", "vol")
}

// readTrades reads trades.csv: one row, one trade. Its fee is in the quote
// asset; where an account pays fees in the base asset or in fee credits only
// the ledger knows it.
func readTrades(in *statement.Input, c *statement.Collector) error {
	h := in.Header
	cols := tradeColumns{
		txid: h.Index("txid"), pair: h.Index("pair"), time: h.Index("time"), side: h.Index("type"),
		cost: h.Index("cost"), fee: h.Index("fee"), vol: h.Index("vol"), margin: h.Index("margin"),
		position: [...]int{h.Index("posstatus"), h.Index("posstatuscode")},
	}
	for r := range in.Rows {
		e, fault := cols.entry(in, c, r)
		if fault != nil {
			c.Hold(r.Line, fault.Column, fault.Reason)
			continue
		}
		c.Add(&e, r.Line)
	}
	return nil
}

// tradeColumns say where trades.csv has what; -1 is nowhere.
type tradeColumns struct {
	txid, pair, time, side, cost, fee, vol, margin int

	position [2]int
}

func (t tradeColumns) entry(in *statement.Input, c *statement.Collector, r statement.Row) (statement.Entry, *statement.Fault) {
	e := statement.Entry{ID: r.Cell(t.txid), Type: statement.Trade}
	var err error
	if e.At, err = statement.ParseTime(r.Cell(t.time), in.Zone, layout); err != nil {
		return e, &statement.Fault{Column: "time", Reason: err.Error()}
	}
	base, quote, ok := splitPair(r.Cell(t.pair))
	if !ok {
		return e, &statement.Fault{Column: "pair", Reason: "unknown pair: which part is the base and which the quote? Use ledgers.csv, which names both assets"}
	}
	if fault := t.leveraged(c, r, quote); fault != nil {
		return e, fault
	}
	var n [3]money.Amount // vol, cost, fee
	for i, cell := range [...]struct {
		column int
		asset  string
	}{{t.vol, base}, {t.cost, quote}, {t.fee, quote}} {
		var fault *statement.Fault
		if n[i], fault = number(c, r.Cell(cell.column), cell.asset, in.Header.Names[cell.column]); fault != nil {
			return e, fault
		}
	}
	return e, priced(&e, r.Cell(t.side), leg{asset: base, amount: n[0]}, leg{asset: quote, amount: n[1], fee: n[2]})
}

// priced fills in what was traded for what.
func priced(e *statement.Entry, word string, base, quote leg) *statement.Fault {
	side := statement.Fold(word)
	switch {
	case side != "buy" && side != "sell":
		return &statement.Fault{Column: "type", Reason: "unknown type \"" + word + "\""}
	case base.amount.Sign() <= 0:
		return &statement.Fault{Column: "vol", Reason: "missing, 0 or negative; the direction follows from the type"}
	case quote.amount.Sign() < 0:
		return &statement.Fault{Column: "cost", Reason: "negative; the direction follows from the type"}
	case quote.fee.Sign() < 0:
		return &statement.Fault{Column: "fee", Reason: "negative fee: a rebate, or a sign by mistake? Use ledgers.csv, or enter the trade by hand"}
	case quote.fee.Sign() > 0:
		e.Fee = quantity(quote.fee, quote.asset)
	}
	b, q := quantity(base.amount, base.asset), quantity(quote.amount, quote.asset)
	switch {
	case q.Amount.IsZero():
		if side == "sell" {
			base.amount = base.amount.Neg()
		}
		unpriced(e, base, quote.asset)
	case side == "buy":
		e.Received, e.Sent = b, q
	default:
		e.Received, e.Sent = q, b
	}
	return nil
}

// leveraged holds trades that open or close a margin position: nothing is
// bought or sold by them.
func (t tradeColumns) leveraged(c *statement.Collector, r statement.Row, quote string) *statement.Fault {
	margin, fault := number(c, r.Cell(t.margin), quote, "margin")
	if fault != nil {
		return fault
	}
	if margin.Sign() != 0 {
		return &statement.Fault{Column: "margin", Reason: whyDerivative}
	}
	for _, i := range t.position {
		if r.Cell(i) != "" {
			return &statement.Fault{Column: "posstatus", Reason: whyDerivative}
		}
	}
	return nil
}
