// Package strike reads the exports of Strike: the annual file (layout of 2025),
// the account statement, the older annual file and the older monthly file.
//
// All of them describe the same account, and their periods overlap. An event
// has the same identity in each of them (its reference and what it is), so that
// a payment which stands in two files counts once; where the layouts disagree
// about it, the second row is held rather than counted twice.
//
// The column "Cost Basis" is Strike's own FIFO claim and is never read.
package strike

import "github.com/ledgersys/ledgersys/pkg/statement"

// Formats returns the layouts of Strike's exports.
func Formats() []statement.Format {
	return []statement.Format{
		{
			Name: "strike-annual", Title: "Strike annual transactions", Venue: venue, ZoneInFile: true, Zone: "UTC",
			Match: isAnnual, Read: readNamed,
		},
		{
			Name: "strike-statement", Title: "Strike account statement", Venue: venue, ZoneInFile: true, Zone: "UTC",
			Match: isStatement, Read: readNamed,
		},
		{
			Name: "strike-monthly-old", Title: "Strike monthly transactions (until 2024)", Venue: venue, ZoneInFile: true, Zone: "UTC",
			Match: isOldMonthly, Read: readNumbered,
		},
		{
			Name: "strike-annual-old", Title: "Strike annual transactions (until 2024)", Venue: venue, ZoneInFile: true, Zone: "UTC",
			Match: isOldAnnual, Read: readNumbered,
		},
	}
}

const (
	venue   = "Strike"
	bitcoin = "BTC"
)

func isAnnual(h statement.Header) bool {
	return h.Has("reference", "date & time (utc)", "transaction type", "amount btc")
}

func isStatement(h statement.Header) bool {
	return h.Has("transaction id", "time (utc)", "status", "transaction type", "amount btc")
}

func isOldMonthly(h statement.Header) bool {
	return isOld(h) && h.Has("initiated date (utc)", "initiated time (utc)")
}

func isOldAnnual(h statement.Header) bool {
	return isOld(h) && !h.Has("initiated date (utc)") && (h.Has("initiated time (utc)") || h.Has("time (utc)"))
}

func isOld(h statement.Header) bool {
	return h.Has("transaction id", "transaction type", "state", "amount 1", "currency 1", "amount 2", "currency 2")
}
