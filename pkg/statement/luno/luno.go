// Package luno reads the statement of a Luno wallet. Luno writes one file for
// each wallet, that is for each currency, and a trade has a row in two of them:
// in the wallet of what was bought or sold and in the wallet of what paid for
// it. Read together they must not make two trades of it, and read alone the
// wallet of the coin must be enough.
//
// A purchase or sale at a price that Luno quoted ("Bought BTC 0.1 for ZAR
// 7,500.00") says everything in its description and has no fee. Both files make
// the same event of it, with an id made of the time, the description and its
// number among equal ones, so that the second one is a duplicate.
//
// A trade on the order book ("Bought 0.1 BTC/ZAR @ 75,000") may have a fee,
// whose row stands in one of the files only. It is read from the wallet of what
// was bought or sold, the name before the stroke, with the fees of that wallet.
// In the other wallet its row is ignored, for it would be the same trade with
// other content; a fee there is an event of its own, and one in money lowers no
// sale, because the sale is told elsewhere. A trade of coin against coin is read
// in the same way.
//
// Reference, which newer files have, joins a fee with what it was paid for. It
// is no part of an identity: an older export of the same wallet has none, and
// both must meet.
//
// What a person sends may bear any text of theirs as its description; such a
// row is known by its address or transaction on the chain. Neither the text nor
// the address is kept.
package luno

import (
	"cmp"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Formats returns the layout of Luno. Its header says that times are UTC.
func Formats() []statement.Format {
	return []statement.Format{{
		Name: "luno-wallet", Title: "Luno wallet statement", Venue: "Luno", ZoneInFile: true, Zone: "UTC",
		Match: func(h statement.Header) bool {
			return h.Has("wallet id", "row", "timestamp (utc)", "description", "currency", "balance delta", "value currency", "value amount")
		},
		Read: func(in *statement.Input, c *statement.Collector) error {
			w := newWallet(in.Header, c)
			for r := range in.Rows {
				w.take(r)
			}
			w.settle()
			return nil
		},
	}}
}

// wallet is where the cells stand, and the rows until they are settled.
type wallet struct {
	header                             statement.Header
	c                                  *statement.Collector
	id, n, time, text, currency, delta int
	tx, address, valueCurrency, value  int
	ref                                int
	rows                               []*row
}

func newWallet(h statement.Header, c *statement.Collector) *wallet {
	return &wallet{
		header: h, c: c, id: h.Index("wallet id"), n: h.Index("row"), time: h.Index("timestamp (utc)"), text: h.Index("description"),
		currency: h.Index("currency"), delta: h.Index("balance delta"),
		tx: h.Index("cryptocurrency transaction id"), address: h.Index("cryptocurrency address"),
		valueCurrency: h.Index("value currency"), value: h.Index("value amount"), ref: h.Index("reference"),
	}
}

// settle gives all rows their outcome, in the order of their numbers.
func (w *wallet) settle() {
	slices.SortStableFunc(w.rows, func(a, b *row) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.wallet, b.wallet), cmp.Compare(a.n, b.n), cmp.Compare(a.line, b.line))
	})
	seen := make(map[string]int)
	for _, r := range w.rows {
		if r.sort == trades {
			w.deal(r, seen)
		}
	}
	w.joinFees()
	for _, r := range w.rows {
		w.hand(r)
	}
}

// hand gives a row its outcome. Fees that joined another row have theirs with
// it.
func (w *wallet) hand(r *row) {
	switch {
	case r.why != "":
		w.c.Hold(r.line, w.header.Raw[r.column], r.why)
	case r.ignored != "":
		w.c.Ignore(r.line, r.ignored)
	case !r.merged:
		w.c.Add(&r.entry, r.line, r.fees...)
	}
}
