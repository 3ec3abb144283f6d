package kraken

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// leg is what a trade did to one asset.
type leg struct {
	asset       string
	amount, fee money.Amount
	usd         money.Amount
	hasUSD      bool
}

// crowd is the most rows that a trade may have: a sweep of small balances has
// one for each asset.
const crowd = 256

// trade settles the rows of one refid: one asset goes out, another comes in,
// and each may bear a fee. Rows without an amount add a fee to it.
func (l *ledgers) trade(rows []*row) {
	if len(rows) > crowd {
		l.hold(rows, rows[0], "refid", "more rows of one refid than a trade can have")
		return
	}
	for _, r := range rows {
		switch {
		case r.fault != nil:
			l.hold(rows, r, r.fault.Column, r.fault.Reason)
			return
		case r.fee.Sign() < 0:
			l.hold(rows, r, "fee", "negative fee: a rebate, or a sign by mistake? Compare the balance column and enter the trade by hand")
			return
		case r.asset == kfee && r.amount.Sign() != 0:
			l.hold(rows, r, "asset", whyVouchers+": a trade of them is for a person to enter")
			return
		}
	}
	legs := sum(rows)
	out, in := split(legs)
	switch {
	case len(out) == 1 && len(in) == 1:
		l.book(rows, legs, out[0], in[0])
	case len(out) == 0 && len(in) == 0:
		l.nothing(rows, legs)
	case len(out) > 1 || len(in) > 1:
		l.hold(rows, rows[0], "refid", "several assets against one (small balances swept together): the ledger does not say how much was paid for each. Enter the parts by hand")
	default:
		l.half(rows, legs, append(out, in...)[0])
	}
}

// hold holds all rows, those beside the one at fault with its line.
func (l *ledgers) hold(rows []*row, at *row, column, reason string) {
	for _, r := range rows {
		if r == at {
			l.c.Hold(r.line, column, reason)
		} else {
			l.c.Hold(r.line, column, fmt.Sprintf("belongs to line %d: %s", at.line, reason))
		}
	}
}

// sum adds the rows up by asset, in the order of tickers, so that the order
// of rows does not matter.
func sum(rows []*row) []leg {
	var legs []leg
	for _, r := range rows {
		i := slices.IndexFunc(legs, func(g leg) bool { return g.asset == r.asset })
		if i < 0 {
			i = len(legs)
			legs = append(legs, leg{asset: r.asset, hasUSD: true})
		}
		g := &legs[i]
		g.amount, g.fee = g.amount.Add(r.amount), g.fee.Add(r.fee)
		if !r.amount.IsZero() {
			g.usd, g.hasUSD = g.usd.Add(r.usd), g.hasUSD && r.hasUSD
		}
	}
	slices.SortFunc(legs, func(a, b leg) int { return cmp.Compare(a.asset, b.asset) })
	return legs
}

func split(legs []leg) (out, in []leg) {
	for _, g := range legs {
		switch g.amount.Sign() {
		case -1:
			out = append(out, g)
		case 1:
			in = append(in, g)
		}
	}
	return out, in
}

// book adds the trade and, as entries of their own, the fees that one entry
// has no room for.
func (l *ledgers) book(rows []*row, legs []leg, out, in leg) {
	e := statement.Entry{
		ID: rows[0].refid, At: first(rows), Type: statement.Trade, Label: label(rows),
		Sent: quantity(out.amount.Neg(), out.asset), Received: quantity(in.amount, in.asset),
	}
	if !e.Sent.Fiat() && !e.Received.Fiat() {
		if out.hasUSD && out.usd.Sign() > 0 {
			e.Value = quantity(out.usd, "USD")
		}
		if in.hasUSD && in.usd.Sign() > 0 {
			e.ReceivedValue = quantity(in.usd, "USD")
		}
	}
	l.addWithFees(e, rows, legs)
}

// addWithFees puts one fee on the entry, money before units and the received
// asset's before the other's, and adds one entry for each other fee.
func (l *ledgers) addWithFees(e statement.Entry, rows []*row, legs []leg) {
	var fees []statement.Quantity
	for _, g := range legs {
		if g.fee.Sign() > 0 && g.asset != kfee {
			fees = append(fees, quantity(g.fee, g.asset))
		}
	}
	rank := func(q statement.Quantity) int {
		switch {
		case q.Fiat():
			return 0
		case q.Asset == e.Received.Asset:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(fees, func(a, b statement.Quantity) int { return cmp.Compare(rank(a), rank(b)) })
	entries := []statement.Entry{e}
	for i, q := range fees {
		if i == 0 {
			entries[0].Fee = q
		} else {
			entries = append(entries, feeEntry(e.ID, e.At, q))
		}
	}
	l.c.AddAll(entries, rows[0].line, lines(rows[1:])...)
}

// nothing settles rows that leave every asset as it was, but for fees.
func (l *ledgers) nothing(rows []*row, legs []leg) {
	for _, g := range legs {
		if g.fee.Sign() > 0 && g.asset != kfee {
			l.hold(rows, rows[0], "refid", "a fee without its trade: the other rows of this refid are not in the file. Export the ledger for a longer period")
			return
		}
	}
	for _, r := range rows {
		l.c.Ignore(r.line, whyNothing)
	}
}

// half settles a trade with one side. The other side may be there as a row of
// 0: so little was traded that its price rounds to nothing. Otherwise it is
// missing.
func (l *ledgers) half(rows []*row, legs []leg, side leg) {
	zero := slices.IndexFunc(legs, func(g leg) bool {
		return g.amount.IsZero() && g.asset != side.asset && g.asset != kfee && g.fee.IsZero()
	})
	if zero < 0 || money.IsFiat(side.asset) {
		l.hold(rows, rows[0], "refid", "the other side of this trade is not in the file: export the ledger of all assets and for a longer period")
		return
	}
	e := statement.Entry{ID: rows[0].refid, At: first(rows)}
	unpriced(&e, side, legs[zero].asset)
	l.addWithFees(e, rows, legs)
}

// unpriced makes an entry of a side whose price is 0 of the quote asset: units
// that leave for nothing, or arrive at no cost.
func unpriced(e *statement.Entry, side leg, quote string) {
	e.Label = "price rounds to 0"
	if price := quantity(money.Amount{}, quote); price.Fiat() {
		e.Value = price
	}
	if side.amount.Sign() > 0 {
		e.Type, e.Received = statement.Airdrop, quantity(side.amount, side.asset)
	} else {
		e.Type, e.Sent = statement.Spend, quantity(side.amount.Neg(), side.asset)
	}
}

func quantity(a money.Amount, asset string) statement.Quantity {
	return statement.Quantity{Amount: a, Asset: asset}
}

func label(rows []*row) string {
	for _, r := range rows {
		if r.word.Label != "" {
			return r.word.Label
		}
	}
	return ""
}

func first(rows []*row) ledger.Instant {
	at := rows[0].at
	for _, r := range rows[1:] {
		at = min(at, r.at)
	}
	return at
}
