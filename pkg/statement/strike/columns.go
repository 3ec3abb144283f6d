package strike

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// columns says where things stand in a layout; -1 is nowhere.
type columns struct {
	names []string // as the file has them, for messages

	id, word, state, price, hash, destination int

	done, begun moment
	legs        []legColumns
}

// moment is a time in one column, or a date and a time in two.
type moment struct{ date, clock int }

// legColumns is one side: the asset stands in the header or in a column.
type legColumns struct {
	asset                 string
	currency, amount, fee int
}

// common finds what all layouts share.
func common(h statement.Header) columns {
	return columns{
		names: h.Raw,
		id:    either(h, "reference", "transaction id"), word: h.Index("transaction type"),
		state: either(h, "status", "state"), price: either(h, "btc price", "exchange rate"),
		hash: h.Index("transaction hash"), destination: h.Index("destination"),
		done: moment{-1, -1}, begun: moment{-1, -1},
	}
}

// named finds the sides whose currency is part of the name: Amount USD, Fee
// USD, Amount BTC, Fee BTC.
func named(h statement.Header) columns {
	cols := common(h)
	cols.done.clock = either(h, "date & time (utc)", "time (utc)")
	for i, name := range h.Names {
		asset, ok := strings.CutPrefix(name, "amount ")
		if !ok || asset == "" || strings.Contains(asset, " ") {
			continue
		}
		cols.legs = append(cols.legs, legColumns{
			asset: strings.ToUpper(asset), currency: -1, amount: i, fee: h.Index("fee " + asset),
		})
	}
	return cols
}

// numbered finds the sides of the older layouts: Amount 1, Currency 1, Fee 1.
// "Currency 1" stands twice, the second time for a balance, and the date of
// completion is called "Completed Time (UTC)" like the time behind it.
func numbered(h statement.Header) columns {
	cols := common(h)
	for _, n := range [...]string{"1", "2"} {
		cols.legs = append(cols.legs, legColumns{
			currency: h.Index("currency " + n), amount: h.Index("amount " + n), fee: h.Index("fee " + n),
		})
	}
	if !h.Has("initiated date (utc)") {
		cols.begun.clock = either(h, "initiated time (utc)", "time (utc)")
		cols.done.clock = h.Index("completed time (utc)")
		return cols
	}
	cols.begun = moment{h.Index("initiated date (utc)"), h.Index("initiated time (utc)")}
	cols.done = moment{h.Index("completed date (utc)"), h.Index("completed time (utc)")}
	if cols.done.date < 0 {
		cols.done = moment{h.Nth("completed time (utc)", 0), h.Nth("completed time (utc)", 1)}
	}
	return cols
}

func either(h statement.Header, a, b string) int {
	if i := h.Index(a); i >= 0 {
		return i
	}
	return h.Index(b)
}

// text returns the time of a row as one text, and the column it stands in.
func (m moment) text(r statement.Row) (string, int) {
	return strings.TrimSpace(r.Cell(m.date) + " " + r.Cell(m.clock)), max(m.date, m.clock)
}

// name returns the name of a column for a message.
func (c columns) name(i int) string {
	if i < 0 || i >= len(c.names) {
		return ""
	}
	return c.names[i]
}
