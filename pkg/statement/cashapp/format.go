// Package cashapp reads the activity export of Cash App, with either order of
// its first two columns and with or without the last ones.
//
// Bitcoin rows show a dollar amount beside the bitcoin. Of a withdrawal that
// is not what the bitcoin was worth, so that only the column Asset Amount
// counts there. Names of other people are never read.
package cashapp

import "github.com/ledgersys/ledgersys/pkg/statement"

// Formats returns the layout of Cash App's export.
func Formats() []statement.Format {
	return []statement.Format{{
		Name: "cashapp", Title: "Cash App activity", Venue: "Cash App", ZoneInFile: true,
		Match: match, Read: read,
	}}
}

func match(h statement.Header) bool {
	return h.Has("transaction id", "date", "transaction type", "currency", "amount", "fee", "net amount",
		"asset type", "asset price", "asset amount")
}

// columns says where things stand; -1 is nowhere.
type columns struct {
	names []string

	id, date, word, currency, amount, fee, net, asset, units, status int
}

func find(h statement.Header) columns {
	return columns{
		names: h.Raw,
		id:    h.Index("transaction id"), date: h.Index("date"), word: h.Index("transaction type"),
		currency: h.Index("currency"), amount: h.Index("amount"), fee: h.Index("fee"), net: h.Index("net amount"),
		asset: h.Index("asset type"), units: h.Index("asset amount"), status: h.Index("status"),
	}
}
