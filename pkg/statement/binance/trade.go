package binance

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// trade is what rows of one second (or of seconds that belong together) add up
// to: one coin in, one coin out, and the fees.
type trade struct {
	received, sent statement.Quantity
	fees           []statement.Quantity
	rows           []*row
}

// resolve finds the trades of rows that share a second. It returns nil if the
// file does not settle them.
func resolve(rows []*row) []trade {
	if t, ok := whole(rows); ok {
		return []trade{t}
	}
	if t := byOrder(rows); t != nil {
		return t
	}
	return bySide(rows)
}

// whole adds equal coins. If exactly one came and one went, the rows are one
// trade. A coin that both came and went is two trades in one second.
func whole(rows []*row) (trade, bool) {
	legs, fees := parted(rows)
	sums := sum(legs)
	t := trade{rows: rows}
	for _, q := range sums {
		side := &t.received
		if q.Amount.Sign() < 0 {
			side, q.Amount = &t.sent, q.Amount.Abs()
		}
		if q.mixed || side.Set() {
			return trade{}, false
		}
		*side = q.Quantity
	}
	if !t.received.Set() || !t.sent.Set() {
		return trade{}, false
	}
	var ok bool
	t.fees, ok = feesOf(fees)
	return t, ok
}

// feesOf adds fee rows by coin. A fee that came back is no fee.
func feesOf(rows []*row) ([]statement.Quantity, bool) {
	var fees []statement.Quantity
	for _, q := range sum(rows) {
		if q.mixed || q.Amount.Sign() > 0 {
			return nil, false
		}
		fees = append(fees, statement.Quantity{Amount: q.Amount.Abs(), Asset: q.Asset})
	}
	return fees, true
}

// parted sets the fees of a trade apart from its legs.
func parted(rows []*row) (legs, fees []*row) {
	for _, r := range rows {
		if r.op.Class == statement.ClassFee {
			fees = append(fees, r)
		} else {
			legs = append(legs, r)
		}
	}
	return legs, fees
}

// total is the sum of one coin; mixed if it has both signs.
type total struct {
	statement.Quantity
	mixed bool
}

// sum adds rows by coin, in the order of the coins' names.
func sum(rows []*row) []total {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *row) int { return cmp.Compare(a.coin, b.coin) })
	var sums []total
	for _, r := range rows {
		n := len(sums)
		if n == 0 || sums[n-1].Asset != r.coin {
			sums = append(sums, total{Quantity: statement.Quantity{Amount: r.change, Asset: r.coin}})
			continue
		}
		q := &sums[n-1]
		q.mixed = q.mixed || q.Amount.Sign() != r.change.Sign()
		q.Amount = q.Amount.Add(r.change)
	}
	return sums
}

// byOrder parts rows by the order number in Remark, if each of them has one.
func byOrder(rows []*row) []trade {
	orders := make(map[string][]*row)
	for _, r := range rows {
		if !strings.ContainsAny(r.remark, "0123456789") {
			return nil
		}
		orders[r.remark] = append(orders[r.remark], r)
	}
	var trades []trade
	for _, order := range orders {
		t, ok := whole(order)
		if !ok {
			return nil
		}
		trades = append(trades, t)
	}
	return trades
}

// bySide parts a purchase from a sale of the same second: the words name the
// side of the order on both legs. Fees join the trade whose received coin they
// are in; a fee in any other coin leaves open whose it is.
func bySide(rows []*row) []trade {
	legs, fees := parted(rows)
	var sides [2][]*row
	for _, r := range legs {
		if r.op.side == noSide {
			return nil
		}
		sides[r.op.side-buySide] = append(sides[r.op.side-buySide], r)
	}
	buy, bought := whole(sides[0])
	sell, sold := whole(sides[1])
	if !bought || !sold || buy.received.Asset == sell.received.Asset {
		return nil
	}
	for _, r := range fees {
		switch r.coin {
		case buy.received.Asset:
			sides[0] = append(sides[0], r)
		case sell.received.Asset:
			sides[1] = append(sides[1], r)
		default:
			return nil
		}
	}
	buy, bought = whole(sides[0])
	sell, sold = whole(sides[1])
	if !bought || !sold {
		return nil
	}
	return []trade{buy, sell}
}

// entries returns the trade and, where it paid fees in several coins, the fees
// beyond the first as entries of their own: the one in the coin received goes
// with the trade, else the one in the coin given, else the first by name.
func (t *trade) entries() []statement.Entry {
	at, label := ledger.Instant(0), ""
	for i, r := range t.rows {
		if i == 0 || r.at < at {
			at = r.at
		}
		label = cmp.Or(label, r.op.Label)
	}
	slices.SortStableFunc(t.fees, func(a, b statement.Quantity) int {
		return cmp.Or(cmp.Compare(t.nearness(a), t.nearness(b)), cmp.Compare(a.Asset, b.Asset))
	})
	e := statement.Entry{At: at, Type: statement.Trade, Received: t.received, Sent: t.sent, Label: label}
	if len(t.fees) > 0 {
		e.Fee = t.fees[0]
	}
	out := []statement.Entry{e}
	for _, f := range t.fees[min(1, len(t.fees)):] {
		out = append(out, statement.Entry{At: at, Type: statement.Fee, Fee: f})
	}
	return out
}

func (t *trade) nearness(fee statement.Quantity) int {
	switch fee.Asset {
	case t.received.Asset:
		return 0
	case t.sent.Asset:
		return 1
	}
	return 2
}

// feeAlone adds fee rows that no trade is near to, one entry for each coin.
func feeAlone(rows []*row) ([]statement.Entry, bool) {
	fees, ok := feesOf(rows)
	if !ok {
		return nil, false
	}
	var out []statement.Entry
	for _, f := range fees {
		out = append(out, statement.Entry{At: rows[0].at, Type: statement.Fee, Fee: f})
	}
	return out, true
}
