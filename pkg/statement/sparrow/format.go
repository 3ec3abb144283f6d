// Package sparrow reads the transactions that Sparrow Wallet exports, of all
// versions since 1.5.1.
//
// It is a wallet: what arrives is a deposit, what leaves a withdrawal, and a
// transaction that sends only to itself is a network fee. The value of a
// transaction includes its fee, if the wallet knows the fee at all; it does not
// where somebody else added inputs.
//
// Two wallets of one owner have the same transaction between them, so that the
// hash alone is no identity: it is the hash with what changed.
package sparrow

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Formats returns the layouts: since 1.8.6 times are UTC and say so, before
// they are local and the user has to name the zone.
func Formats() []statement.Format {
	return []statement.Format{
		{
			Name: "sparrow", Title: "Sparrow transactions", Venue: venue, ZoneInFile: true, Zone: "UTC",
			Match: func(h statement.Header) bool { return matches(h, "date (utc)") }, Read: read,
		},
		{
			Name: "sparrow-local", Title: "Sparrow transactions (before 1.8.6, local time)", Venue: venue,
			Match: func(h statement.Header) bool { return matches(h, "date") }, Read: read,
		},
	}
}

const (
	venue   = "Sparrow"
	bitcoin = "BTC"
)

func matches(h statement.Header, date string) bool {
	cols := find(h)
	return h.Has(date, "label", "txid") && cols.value >= 0 && cols.balance >= 0
}

// unit is what the amounts count.
type unit uint8

const (
	unsaid unit = iota // before 2.5.5: the file shows it by its decimals
	coins
	satoshi
)

// columns says where things stand; -1 is nowhere.
type columns struct {
	names []string

	date, value, balance, fee, hash int

	utc  bool
	unit unit

	fiat     int // value in money
	currency string
}

// find finds the columns. Since 2.5.5 the unit stands in the names, like the
// currency: Value (BTC), Value (EUR).
func find(h statement.Header) columns {
	c := columns{names: h.Raw, date: h.Index("date (utc)"), utc: true, value: -1, balance: -1, fee: -1, hash: h.Index("txid"), fiat: -1}
	if c.date < 0 {
		c.date, c.utc = h.Index("date"), false
	}
	for i, name := range h.Names {
		what, of, _ := strings.Cut(name, " (")
		of = strings.TrimSuffix(of, ")")
		switch what {
		case "value":
			if u, ok := unitOf(of); ok {
				c.value, c.unit = i, u
			} else {
				c.fiat, c.currency = i, strings.ToUpper(of)
			}
		case "balance":
			c.balance = i
		case "fee":
			c.fee = i
		}
	}
	return c
}

func unitOf(name string) (unit, bool) {
	switch name {
	case "":
		return unsaid, true
	case "btc":
		return coins, true
	case "sats", "sat", "satoshi", "satoshis":
		return satoshi, true
	}
	return unsaid, false
}
