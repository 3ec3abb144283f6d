package tax

import (
	"sort"

	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// closed is how far tax years have been handed out.
type closed struct {
	until             ledger.Date // the last day of the year in hand; 0 before the first event
	disposals, income int         // where the year in hand begins
}

// closes reports whether years can be handed out one by one: nothing that
// happens after them changes them, and they need nothing that is added at the
// end.
func (c *calc) closes() bool {
	return c.Closed != nil && c.Method != FourWeekFIFO && !c.Method.Pool() &&
		c.Options.Years == nil && c.Options.Compute == ""
}

// closeYears hands out the year in hand if a date lies behind it.
func (c *calc) closeYears(date ledger.Date) {
	x := &c.closed
	if date <= x.until {
		return
	}
	if x.until != 0 {
		c.handOut()
	}
	_, _, x.until = c.Rules.YearOf(date)
	x.disposals, x.income = len(c.out.Disposals), len(c.out.Income)
}

// handOut gives the year in hand away, as a return of its own.
func (c *calc) handOut() {
	c.total()
	part := *c.out
	part.Issues = nil
	part.Disposals = full(part.Disposals[c.closed.disposals:])
	part.Income = full(part.Income[c.closed.income:])
	part.Snapshots = full(part.Snapshots)
	list := c.years.listed()
	i := sort.Search(len(list), func(i int) bool { return list[i].Last >= c.closed.until })
	part.Years = list[i:]
	part.ids = lazyIDs(&part)
	c.Closed(&part)
}

// full returns a list without room behind it, so that what is appended to the
// list it is part of stays out of it.
func full[T any](list []T) []T { return list[:len(list):len(list)] }
