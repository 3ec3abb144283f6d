// Package binance reads the exports of Binance: the transaction history in its
// three layouts, and the small exports for one purpose each.
//
// The transaction history has no ids and one row for each coin that moved. A
// trade is what one account did in one second: equal coins are added, fees
// stand apart, and if one coin came and one coin went, that is one trade. The
// words Buy and Sell stand on both legs of an order; only the sign of Change
// says which leg came in. Where several trades share a second, an order number
// in Remark or the side that the words name may still part them; if not, the
// rows of that second are held, because any pairing would be a guess.
//
// The order of rows within a second is not stable between two exports of the
// same period, so nothing here depends on it: not which events arise, not
// their identity, not the order in which they are handed on.
//
// The small exports tell again what the history tells (deposits, withdrawals,
// ETH to BETH, recurring purchases). Read the history or them, not both for
// the same period: deposits and withdrawals carry other facts there (the hash,
// the network fee) and cannot meet as duplicates.
package binance

import (
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// venue is the account of all rows: the wallets inside Binance (Spot, Funding,
// Earn and so on) are one holding.
const venue = "Binance"

// Formats returns the layouts of Binance.
//
// Layouts 1 and 2 of the history name the zone in the header (UTC_Time).
// Layout 3 does not; Binance writes UTC there unless the person chose another
// zone when exporting, which then stands in the name of the file only.
func Formats() []statement.Format {
	return []statement.Format{
		{
			Name: "binance-history", Title: "Binance transaction history", Venue: venue, ZoneInFile: true, Zone: "UTC",
			Match: func(h statement.Header) bool { return isHistory(h, "utc_time") },
			Read: func(in *statement.Input, c *statement.Collector) error {
				return readHistory(in, c, clock{column: "utc_time", zone: time.UTC})
			},
		},
		{
			Name: "binance-history-v3", Title: "Binance transaction history (two-digit years)", Venue: venue, Zone: "UTC",
			Match: func(h statement.Header) bool { return isHistory(h, "time") },
			Read: func(in *statement.Input, c *statement.Collector) error {
				return readHistory(in, c, clock{column: "time", zone: in.Zone})
			},
		},
		movements(), recurring(), beth(),
	}
}

func isHistory(h statement.Header, clock string) bool {
	return h.Has(clock, "account", "operation", "coin", "change")
}

// clock says where the time of a row stands and which zone it is in.
type clock struct {
	column string
	zone   *time.Location
}

// readHistory reads all rows, sets apart those that need no other row, joins
// the rest to trades, and hands everything on in an order that does not depend
// on the order of rows within a second.
func readHistory(in *statement.Input, c *statement.Collector, when clock) error {
	s := sheet{columns: newColumns(in.Header, when), folded: make(map[string]string)}
	var rows []*row
	for r := range in.Rows {
		if parsed := s.parse(r, c); parsed != nil {
			rows = append(rows, parsed)
		}
	}
	sortRows(rows)
	rows = s.cancel(rows)
	var legs []*row
	for _, r := range rows {
		if r.op.trade != "" {
			legs = append(legs, r)
		} else {
			s.single(r)
		}
	}
	s.trades(legs)
	s.hand(c)
	return nil
}

// sheet gathers what becomes of the rows of one file until it is handed on.
type sheet struct {
	columns columns
	folded  map[string]string // cells and their comparable form
	results []result
	held    []statement.Held
	ignored []ignored
}

// result is what one or more rows led to.
type result struct {
	entries []statement.Entry
	lines   []int // the first one leads
}

type ignored struct {
	line int
	why  string
}

func (s *sheet) add(lines []int, entries ...statement.Entry) {
	s.results = append(s.results, result{entries: entries, lines: lines})
}

func (s *sheet) hold(line int, column, reason string) {
	s.held = append(s.held, statement.Held{Line: line, Column: column, Reason: reason})
}

func (s *sheet) ignore(line int, why string) {
	s.ignored = append(s.ignored, ignored{line: line, why: why})
}

// hand gives everything to the collector: events by time and content, held
// rows by line.
func (s *sheet) hand(c *statement.Collector) {
	slices.SortStableFunc(s.results, func(a, b result) int { return compareEntries(&a.entries[0], &b.entries[0]) })
	c.Grow(len(s.results))
	for i := range s.results {
		r := &s.results[i]
		if len(r.entries) == 1 {
			c.Add(&r.entries[0], r.lines[0], r.lines[1:]...)
		} else {
			c.AddAll(r.entries, r.lines[0], r.lines[1:]...)
		}
	}
	for _, i := range s.ignored {
		c.Ignore(i.line, i.why)
	}
	slices.SortStableFunc(s.held, func(a, b statement.Held) int { return a.Line - b.Line })
	for _, h := range s.held {
		c.Hold(h.Line, h.Column, h.Reason)
	}
}
