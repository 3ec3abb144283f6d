// Package koinly reads what Koinly takes and gives: the universal import, the
// simple import, the full export ("Transaction report") and the export for
// bulk edits.
//
// A label says what a row was for. Labels that book futures or margin, and
// those by which Koinly was told to see no tax (swap, pools, loans), hold a row
// of crypto-assets: the law decides that, not the tool. Cost basis and gains
// that Koinly computed are never read.
package koinly

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Formats returns the layouts. All times are UTC unless the user says
// otherwise; the exports say so themselves.
func Formats() []statement.Format {
	return []statement.Format{
		{
			Name: "koinly-bulk", Title: "Koinly export for bulk edits", Venue: venue, ZoneInFile: true, Zone: "UTC",
			Match: isBulk, Read: func(in *statement.Input, c *statement.Collector) error { return read(in, c, bulk(in.Header)) },
		},
		{
			Name: "koinly-export", Title: "Koinly transaction report", Venue: venue, ZoneInFile: true, Zone: "UTC",
			Match: isExport, Read: func(in *statement.Input, c *statement.Collector) error { return read(in, c, export(in.Header)) },
		},
		{
			Name: "koinly-universal", Title: "Koinly universal import", Venue: venue, Zone: "UTC",
			Match: isUniversal, Read: func(in *statement.Input, c *statement.Collector) error { return read(in, c, universal(in.Header)) },
		},
		{
			Name: "koinly-simple", Title: "Koinly simple import", Venue: venue, Zone: "UTC",
			Match: isSimple, Read: func(in *statement.Input, c *statement.Collector) error { return read(in, c, simple(in.Header)) },
		},
	}
}

const venue = "Koinly"

func isBulk(h statement.Header) bool {
	return h.Has("id (read-only)", "date (utc)", "type", "from amount", "from currency", "to amount", "to currency")
}

func isExport(h statement.Header) bool {
	return h.Has("date", "type", "sending wallet", "sent amount", "sent currency",
		"receiving wallet", "received amount", "received currency")
}

func isUniversal(h statement.Header) bool {
	return first(h, "date", "koinly date", "date (utc)") >= 0 && !h.Has("sending wallet") &&
		h.Has("sent amount", "sent currency", "received amount", "received currency")
}

func isSimple(h statement.Header) bool { return h.Has("koinly date", "amount", "currency") }

// columns says where things stand; -1 is nowhere.
type columns struct {
	names []string

	date, kind, label, from, to, hash, id, parent, deleted, unrated int

	signed              bool // one amount with a sign, in sent
	sent, received, fee pair
	worth, feeWorth     [2]pair // what the user said, then what the tool computed
}

// pair is an amount and its currency: in a column, or in the amount's name.
type pair struct {
	amount, currency int
	fixed            string
}

var nowhere = pair{amount: -1, currency: -1}

// blank returns columns that are nowhere but for those all layouts share.
func blank(h statement.Header) columns {
	return columns{
		names: h.Raw, date: first(h, "date", "koinly date", "date (utc)"), kind: h.Index("type"),
		label: first(h, "label", "tag"), hash: h.Index("txhash"), id: -1,
		from: -1, to: -1, parent: -1, deleted: -1, unrated: -1,
		sent: nowhere, received: nowhere, fee: named(h, "fee amount", "fee currency"),
		worth: [2]pair{nowhere, nowhere}, feeWorth: [2]pair{nowhere, nowhere},
	}
}

func universal(h statement.Header) columns {
	c := blank(h)
	c.kind = -1 // some writers add a type of their own
	c.sent, c.received = named(h, "sent amount", "sent currency"), named(h, "received amount", "received currency")
	c.worth[0] = named(h, "net worth amount", "net worth currency")
	return c
}

func simple(h statement.Header) columns {
	c := blank(h)
	c.kind, c.signed = -1, true
	c.sent = named(h, "amount", "currency")
	c.worth[0] = named(h, "net worth amount", "net worth currency")
	return c
}

// export finds the columns of the full export, whose currency of account
// stands in names: Net Value (EUR).
func export(h statement.Header) columns {
	c := blank(h)
	c.id, c.from, c.to = h.Index("id"), h.Index("sending wallet"), h.Index("receiving wallet")
	c.sent, c.received = named(h, "sent amount", "sent currency"), named(h, "received amount", "received currency")
	c.worth[1], c.feeWorth[1] = inName(h, "net value ("), inName(h, "fee value (")
	return c
}

func bulk(h statement.Header) columns {
	c := blank(h)
	c.date, c.id, c.parent = h.Index("date (utc)"), h.Index("id (read-only)"), h.Index("parent id (read-only)")
	c.from, c.to = h.Index("from wallet (read-only)"), h.Index("to wallet (read-only)")
	c.deleted, c.unrated = h.Index("deleted"), h.Index("missing rates (read-only)")
	c.sent, c.received = named(h, "from amount", "from currency"), named(h, "to amount", "to currency")
	c.worth = [2]pair{
		named(h, "net worth amount", "net worth currency"),
		named(h, "net value (read-only)", "value currency (read-only)"),
	}
	c.feeWorth = [2]pair{
		named(h, "fee worth amount", "fee worth currency"),
		named(h, "fee value (read-only)", "value currency (read-only)"),
	}
	return c
}

func named(h statement.Header, amount, currency string) pair {
	return pair{amount: h.Index(amount), currency: h.Index(currency)}
}

func inName(h statement.Header, prefix string) pair {
	i, of := h.Find(prefix, ")")
	return pair{amount: i, currency: -1, fixed: strings.ToUpper(of)}
}

// first returns the first of several names that is a column, or -1.
func first(h statement.Header, names ...string) int {
	for _, n := range names {
		if i := h.Index(n); i >= 0 {
			return i
		}
	}
	return -1
}
