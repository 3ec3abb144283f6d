// Package cointracking reads the tables of CoinTracking: the import layout,
// which is also its trade list, and the full export with values.
//
// What makes these files awkward: "Cur." stands three times and is known by
// its place; the dates are written as the user set them, mixed in some files;
// the zone is the account's and stands nowhere; and Buy and Sell include the
// fee that the column Fee tells of (1 BTC for 505 USD, fee 5 USD). A fee in a
// third currency is for information only: CoinTracking books it in a row of
// its own, "Other Fee".
package cointracking

import (
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Formats returns the layouts. Times need the zone of the account, which only
// the user knows.
func Formats() []statement.Format {
	return []statement.Format{
		{
			Name: "cointracking-full", Title: "CoinTracking full export", Venue: venue,
			Match: func(h statement.Header) bool { c := find(h); return c.complete() && c.valued() }, Read: read,
		},
		{
			Name: "cointracking", Title: "CoinTracking trades", Venue: venue,
			Match: func(h statement.Header) bool { return find(h).complete() }, Read: read,
		},
	}
}

const venue = "CoinTracking"

// columns says where things stand; -1 is nowhere.
type columns struct {
	names []string

	kind, exchange, date, hash int

	buy, sell, fee side
}

// side is an amount, its currency and, in the full export, its value.
type side struct {
	amount, currency, value int
	fiat                    string // of the value
}

// find finds the columns in English and in German.
func find(h statement.Header) columns {
	names := make([]string, len(h.Names))
	for i, n := range h.Names {
		names[i] = strings.TrimSuffix(n, " (optional)")
	}
	c := columns{
		names: h.Raw,
		kind:  first(names, "type", "typ"), exchange: first(names, "exchange", "börse"), date: first(names, "date", "datum"),
		hash: first(names, "tx-id", "tx hash"),
		buy:  sideOf(names, "buy", "buy amount", "kauf"), sell: sideOf(names, "sell", "sell amount", "verkauf"),
		fee: sideOf(names, "fee", "fee amount", "gebühr"),
	}
	for i, n := range names {
		of := &c.buy
		switch rest, sold := strings.CutPrefix(n, "sell "); {
		case sold:
			of, n = &c.sell, rest
		case strings.HasPrefix(n, "buy "):
			n = n[len("buy "):]
		case i > c.sell.amount:
			of = &c.sell
		}
		code, ok := strings.CutPrefix(strings.Replace(n, "wert in ", "value in ", 1), "value in ")
		if code = strings.ToUpper(code); ok && money.IsFiat(code) {
			of.value, of.fiat = i, code
		}
	}
	return c
}

// sideOf finds an amount and the first currency behind it.
func sideOf(names []string, amount ...string) side {
	s := side{amount: first(names, amount...), currency: -1, value: -1}
	if s.amount < 0 {
		return s
	}
	for i, n := range names[s.amount+1:] {
		if n == "cur." || n == "cur" || strings.HasSuffix(n, " cur.") || strings.HasSuffix(n, " currency") {
			s.currency = s.amount + 1 + i
			break
		}
	}
	return s
}

func first(names []string, any ...string) int {
	return slices.IndexFunc(names, func(n string) bool { return slices.Contains(any, n) })
}

func (c columns) complete() bool {
	return c.kind >= 0 && c.exchange >= 0 && c.date >= 0 && c.buy.currency >= 0 && c.sell.currency >= 0
}

func (c columns) valued() bool { return c.buy.value >= 0 || c.sell.value >= 0 }
