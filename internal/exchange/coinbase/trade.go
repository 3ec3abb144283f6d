package coinbase

import (
	"strings"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
	statements "github.com/ledgersys/ledgersys/pkg/statement/coinbase"
)

// sides adds up what a group of transactions moves, by asset: what left and
// what came, if it is one of each.
type sides struct {
	out, in statement.Quantity
	lines   []int
	at      ledger.Instant
	group   []*row
}

// trade settles a transaction that is one side of a trade.
func (r *reader) trade(x *row) {
	for _, key := range x.keys() {
		var group []*row
		for _, y := range r.groups[key] {
			if y == x || !y.done {
				group = append(group, y)
			}
		}
		s, ok := joined(group)
		if !ok {
			continue
		}
		for _, y := range group {
			y.done = true
		}
		r.book(s)
		return
	}
	r.alone(x)
}

// joined adds a group up.
func joined(group []*row) (s sides, ok bool) {
	sum := make(map[string]money.Amount)
	var assets []string
	s.at = group[0].at
	for _, y := range group {
		if _, seen := sum[y.asset]; !seen {
			assets = append(assets, y.asset)
		}
		sum[y.asset] = sum[y.asset].Add(y.change)
		s.lines = append(s.lines, y.Line)
		s.at = min(s.at, y.at)
	}
	if len(assets) != 2 {
		return s, false
	}
	for _, asset := range assets {
		q := statement.Quantity{Amount: sum[asset].Abs(), Asset: asset}
		if sum[asset].Sign() < 0 {
			s.out = q
		} else if sum[asset].Sign() > 0 {
			s.in = q
		}
	}
	s.group = group
	return s, s.out.Set() && s.in.Set()
}

// book adds a trade of two wallets. What it cost in fees is inside the
// amounts, which are what the balances change by.
func (r *reader) book(s sides) {
	x := s.group[0]
	e := statement.Entry{ID: s.name(), At: s.at, Type: statement.Trade, Label: x.word.Label, Sent: s.out, Received: s.in}
	fee := r.commission(x, s)
	switch {
	case fee.Amount.Sign() <= 0:
	case fee.Asset == s.out.Asset && fee.Amount.Cmp(s.out.Amount) < 0:
		e.Sent.Amount, e.Fee = s.out.Amount.Sub(fee.Amount), fee
	case fee.Asset == s.in.Asset:
		e.Received.Amount, e.Fee = s.in.Amount.Add(fee.Amount), fee
	}
	if !e.Sent.Fiat() && !e.Received.Fiat() {
		e.Value = x.value()
	}
	r.c.Add(&e, s.lines[0], s.lines[1:]...)
}

// name is the id of a trade: that of the conversion or order, and the moment
// where an order has several.
func (s *sides) name() string {
	x := s.group[0]
	details := x.F.Inner(x.typ)
	if order := details.Text("order_id"); order != "" {
		return "order/" + order + "/" + string(s.at.AppendTo(nil))
	}
	if id := details.Text("id"); id != "" {
		return x.typ + "/" + id
	}
	return x.id
}

// commission is the fee inside the amounts. For fills of the order book it is
// stated for each; whether the amount of money has it inside shows in price
// times units.
func (r *reader) commission(x *row, s sides) statement.Quantity {
	details := x.F.Inner(x.typ)
	if x.typ != "advanced_trade_fill" {
		return inner(r.c, details.Inner("fee"))
	}
	_, quote, _ := strings.Cut(details.Text("product_id"), "-")
	fee, sum := statement.Quantity{Asset: statements.Asset(quote)}, money.Amount{}
	for _, y := range s.group {
		d := y.F.Inner(y.typ)
		c, err := exchange.ParseAmount(d.Text("commission"))
		if err != nil || y.asset == fee.Asset {
			continue // both wallets state it: one of them counts
		}
		fee.Amount = fee.Amount.Add(c)
		if price, err := exchange.ParseAmount(d.Text("fill_price")); err == nil {
			sum = sum.Add(y.change.Abs().Mul(price).Round(statement.MaxDecimals, money.HalfEven))
		}
	}
	paid := s.out.Amount
	if s.in.Asset == fee.Asset {
		paid = s.in.Amount
	}
	with := paid.Sub(fee.Amount).Sub(sum).Abs()
	if s.in.Asset == fee.Asset {
		with = paid.Add(fee.Amount).Sub(sum).Abs()
	}
	if !sum.IsZero() && paid.Sub(sum).Abs().Cmp(with) < 0 {
		return statement.Quantity{} // the amount is price times units: the fee is not in it
	}
	return fee
}

// alone settles a purchase or sale that one wallet tells: the money came from a
// card or a bank and only passed through.
func (r *reader) alone(x *row) {
	details := x.F.Inner(x.typ)
	price := inner(r.c, details.Inner("subtotal"))
	fee := inner(r.c, details.Inner("fee"))
	if !price.Set() {
		price, fee = x.value(), statement.Quantity{}
	}
	switch {
	case x.typ != "buy" && x.typ != "sell":
		x.Hold(fault("type", "the other side of this trade is not among the transactions: fetch again, or enter the trade by hand"))
		return
	case money.IsFiat(x.asset):
		r.c.Ignore(x.Line, "the money side of a purchase or sale: the coin's wallet has the trade")
		return
	case (x.typ == "buy") != (x.change.Sign() > 0):
		x.Hold(fault("amount", "the sign goes against the type \""+x.typ+"\": taken back? Enter it by hand"))
		return
	case !price.Set():
		x.Hold(fault("native_amount", "what was paid is not said: enter the trade by hand"))
		return
	}
	e := statement.Entry{ID: x.id, At: x.at, Type: statement.Trade, Received: x.q(), Sent: price, Fee: fee}
	outside := statement.Entry{ID: x.id + "/money", At: x.at, Type: statement.Deposit, Label: "card", Received: statement.Quantity{Amount: price.Amount.Add(fee.Amount), Asset: price.Asset}}
	if x.typ == "sell" {
		e.Received, e.Sent = price, x.q()
		outside.Type, outside.Received = statement.Withdrawal, statement.Quantity{}
		outside.Sent = statement.Quantity{Amount: price.Amount.Sub(fee.Amount), Asset: price.Asset}
	}
	r.c.AddAll([]statement.Entry{e, outside}, x.Line)
}

// fill settles a fill of the order book: the transactions of both wallets tell
// its order, unless the key does not see them.
func (r *reader) fill(w *exchange.Words, x *exchange.Record) {
	if r.orders[w.F.Text("order_id")] {
		r.c.Ignore(w.Line, "the transactions of the wallets tell this trade")
		return
	}
	base, quote, ok := strings.Cut(w.F.Text("product_id"), "-")
	base, quote = statements.Asset(base), statements.Asset(quote)
	if !ok || base == "" || quote == "" || strings.Contains(quote, "-") {
		w.Hold(fault("product_id", "which part is bought or sold, and for what, is not known"))
		return
	}
	size, f := w.Amount("size", base)
	if f != nil {
		w.Hold(f)
		return
	}
	price, f := w.Amount("price", quote)
	if f != nil || price.Sign() <= 0 || size.Sign() <= 0 {
		w.Hold(fault("price", "missing or 0"))
		return
	}
	cost := size.Mul(price).Round(statement.MaxDecimals, money.HalfEven)
	if inQuote, _ := w.F.Bool("size_in_quote"); inQuote {
		size, cost = size.Rescale(money.FromInt(1), price).Round(statement.MaxDecimals, money.HalfEven), size
	}
	fee, f := w.Quantity("commission", quote)
	if f != nil {
		w.Hold(f)
		return
	}
	e := statement.Entry{
		ID: "fill/" + x.ID, At: x.Instant(), Type: statement.Trade, Fee: fee,
		Received: statement.Quantity{Amount: size, Asset: base}, Sent: statement.Quantity{Amount: cost, Asset: quote},
	}
	switch strings.ToUpper(w.F.Text("side")) {
	case "BUY":
	case "SELL":
		e.Received, e.Sent = e.Sent, e.Received
	default:
		w.Hold(fault("side", "neither BUY nor SELL"))
		return
	}
	r.c.Add(&e, w.Line)
}
