package luno

import (
	"strconv"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// offer is what the description of a trade says.
type offer struct {
	bought      bool
	book        bool   // traded on the order book: at is a price, else the whole sum
	base, quote string // what was bought or sold, and what for
	units, at   money.Amount
}

// parseOffer reads "Bought 0.1 BTC/ZAR @ 75,000" and "Sold BTC 0.1 for ZAR
// 7,500.00".
func parseOffer(text string) (o offer, ok bool) {
	f := strings.Fields(strings.ReplaceAll(text, "@", " @ "))
	if len(f) != 5 && len(f) != 6 {
		return offer{}, false
	}
	o.bought = strings.EqualFold(f[0], "bought")
	var units, at string
	switch {
	case len(f) == 5 && f[3] == "@":
		units, at, o.book = f[1], f[4], true
		o.base, o.quote, ok = strings.Cut(f[2], "/")
	case len(f) == 6 && strings.EqualFold(f[3], "for"):
		o.base, units, o.quote, at, ok = f[1], f[2], f[4], f[5], true
	}
	if !ok {
		return offer{}, false
	}
	o.base, o.quote = Asset(o.base), Asset(o.quote)
	for _, n := range [...]struct {
		cell string
		to   *money.Amount
	}{{units, &o.units}, {at, &o.at}} {
		a, set, err := statement.Numbers{Thousands: true, Exponent: true}.Units(n.cell)
		if err != nil || !set || a.Sign() <= 0 || a.Cmp(money.FromInt(most)) > 0 {
			return offer{}, false
		}
		*n.to = a
	}
	return o, o.base != "" && o.quote != "" && o.base != o.quote
}

// deal makes the entry of a trade, or leaves it to the file of another wallet.
// seen counts the trades of equal time and description in this wallet.
func (w *wallet) deal(r *row, seen map[string]int) {
	o, ok := parseOffer(r.text)
	switch {
	case !ok:
		r.hold(w.text, "trade not understood: the description does not say what was traded for what")
		return
	case r.asset != o.base && r.asset != o.quote:
		r.hold(w.currency, "the description names other currencies than the wallet's")
		return
	case (r.asset == o.base) == o.bought != (r.delta.Sign() > 0):
		r.hold(w.delta, "the sign does not fit the description")
		return
	}
	if r.asset == o.quote && (o.book || !money.IsFiat(o.quote)) {
		r.ignored = "the same trade stands in the statement of the " + o.base + " wallet: read that file too"
		return
	}
	if !w.agrees(r, o) {
		r.hold(w.delta, "the balance changed by another amount than the description says")
		return
	}
	r.entry = o.entry(r)
	name := string(r.at.AppendTo(nil)) + " " + statement.Fold(r.text)
	key := r.wallet + " " + r.asset + " " + name
	if n := seen[key]; n > 0 {
		name += " #" + strconv.Itoa(n+1)
	}
	seen[key]++
	r.entry.ID = name
}

// agrees compares the change of the balance with the description. On the order
// book the description may show fewer decimals than were traded.
func (w *wallet) agrees(r *row, o offer) bool {
	said, moved := o.units, r.delta.Abs()
	if r.asset == o.quote {
		said = o.at
	}
	if !o.book {
		return said.Equal(moved)
	}
	unit := money.FromInt(1)
	for range said.Decimals() {
		unit = unit.Mul(tenth)
	}
	return moved.Sub(said).Abs().Cmp(unit) < 0
}

var tenth = money.MustParse("0.1")

// entry makes the entry of a trade. Units are those of the balance; the money
// for them follows from the description, so that the files of both wallets
// give the same: the sum that it names, or units times price.
func (o offer) entry(r *row) statement.Entry {
	base := statement.Quantity{Amount: o.units, Asset: o.base}
	quote := statement.Quantity{Amount: o.at, Asset: o.quote}
	if o.book {
		base.Amount = r.delta.Abs()
		quote.Amount = base.Amount.Mul(o.at).Round(statement.MaxDecimals, money.HalfEven)
	}
	e := statement.Entry{At: r.at, Type: statement.Trade, Received: base, Sent: quote}
	if !o.bought {
		e.Received, e.Sent = quote, base
	}
	if !quote.Fiat() {
		e.Value = r.value
	}
	return e
}
