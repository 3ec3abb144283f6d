package quote

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Book is the prices that a computation used, and those that it wanted in
// vain. The engine asks it like any other prices; what it does not know is
// noted, fetched by Fill, and there for the next computation. A price once in
// the book stays as it is.
type Book struct {
	quotes map[Ask]Quote
	wanted map[Ask]bool // false: nobody has it
	used   map[Ask]bool // of quotes

	// What was learned before about asks without a price: none is final.
	none   map[Ask]bool
	before map[Ask]Code
	asked  Width // in which prices are asked for
	closed bool  // nothing may be asked for
}

// NewBook returns a book that knows the given quotes.
func NewBook(known []Quote) *Book {
	b := &Book{quotes: make(map[Ask]Quote, len(known)), wanted: make(map[Ask]bool), used: make(map[Ask]bool), none: make(map[Ask]bool), before: make(map[Ask]Code)}
	for _, q := range known {
		b.quotes[q.Ask] = q
	}
	return b
}

// Price implements the engine's prices.
func (b *Book) Price(asset, currency string, at ledger.Instant, date ledger.Date) (money.Amount, bool) {
	a := Ask{asset, currency, at, date}
	if asset == currency {
		return money.FromInt(1), true
	}
	if q, ok := b.quotes[a]; ok {
		b.used[a] = true
		return q.Price, true
	}
	if _, noted := b.wanted[a]; !noted {
		b.wanted[a] = !b.none[a]
	}
	return money.Amount{}, false
}

// Missing returns what was asked for and is neither known nor known to be
// without a price, by time.
func (b *Book) Missing() []Ask {
	var list []Ask
	for a, open := range b.wanted {
		if open {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, order)
	return list
}

// Rest returns a book that wants what is missing here and knows nothing else.
func (b *Book) Rest() *Book {
	rest := NewBook(nil)
	rest.asked, rest.closed = b.asked, b.closed
	for _, a := range b.Missing() {
		rest.wanted[a] = true
	}
	return rest
}

// order is that of lists of asks.
func order(x, y Ask) int {
	return cmp.Or(cmp.Compare(x.Asset, y.Asset), cmp.Compare(x.Currency, y.Currency), cmp.Compare(x.At, y.At), cmp.Compare(x.Date, y.Date))
}

// Quotes returns what is known, in the order of Missing.
func (b *Book) Quotes() []Quote {
	return slices.SortedFunc(maps.Values(b.quotes), func(x, y Quote) int { return order(x.Ask, y.Ask) })
}

// Used returns the quotes that a computation took a price from, in the order
// of Missing.
func (b *Book) Used() []Quote {
	list := make([]Quote, 0, len(b.used))
	for a := range b.used {
		list = append(list, b.quotes[a])
	}
	slices.SortFunc(list, func(x, y Quote) int { return order(x.Ask, y.Ask) })
	return list
}

// Gap is a price that a computation wanted in vain, and why.
type Gap struct {
	Ask
	Code Code
}

// Gaps returns what was wanted in vain, in the order of Missing.
func (b *Book) Gaps() []Gap {
	var list []Gap
	for a, open := range b.wanted {
		g := Gap{a, NotAsked}
		switch {
		case !open && b.before[a] != NotYet:
			g.Code = NoPrice
		case b.closed:
			g.Code = Off
		case b.before[a] != "":
			g.Code = b.before[a]
		}
		list = append(list, g)
	}
	slices.SortFunc(list, func(x, y Gap) int { return order(x.Ask, y.Ask) })
	return list
}

// Fill fetches what is missing. What nobody trades, or knows before a day is
// over, is noted and asked for no more. What a source that cannot answer keeps
// back stays missing, the rest is fetched, and the fault comes at the end. told,
// which may be nil, is told how many of how many are done.
func (b *Book) Fill(ctx context.Context, q *Quoter, told func(done, of int)) error {
	missing := b.Missing()
	var unheard error
	for i, a := range missing {
		found, err := q.Quote(ctx, a)
		switch {
		case errors.Is(err, ErrNoPrice):
			b.wanted[a] = false
		case errors.Is(err, ErrNotYet):
			b.wanted[a], b.before[a] = false, NotYet
		case err != nil && (ctx.Err() != nil || errors.Is(err, egress.ErrDenied)):
			return err
		case err != nil:
			if b.before[a] = codeOf(err); unheard == nil {
				unheard = err
			}
		default:
			b.quotes[a] = found
			delete(b.wanted, a)
		}
		if told != nil {
			told(i+1, len(missing))
		}
	}
	return unheard
}

// rounds is how often Settle computes: what a price makes possible may want
// another one.
const rounds = 5

// Settle computes, fetches what was missing, and computes again until nothing
// is. Its error is compute's, or the fault of a source that did not answer:
// then the last computation lacks prices that may exist, and must not be used.
func (b *Book) Settle(ctx context.Context, q *Quoter, told func(done, of int), compute func() error) error {
	for range rounds {
		if err := compute(); err != nil {
			return err
		}
		if len(b.Missing()) == 0 {
			return nil
		}
		if err := b.Fill(ctx, q, told); err != nil {
			return err
		}
	}
	return compute()
}
