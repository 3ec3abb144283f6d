package intake

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// cover is the time of which a linked account told all, to the minute: there
// are statements that tell no seconds.
type cover struct{ from, to ledger.Instant }

// covers are the times that linked accounts cover, from the first to the last
// thing that each of them told.
func covers(files []*File) map[string]cover {
	all := make(map[string]cover)
	for _, f := range files {
		if !f.Linked() {
			continue
		}
		for i := range f.Collector.Events {
			ev := &f.Collector.Events[i]
			c, found := all[ev.Account]
			if !found {
				c = cover{ev.At, ev.At}
			}
			all[ev.Account] = cover{min(c.from, ev.At), max(c.to, ev.At)}
		}
	}
	for account, c := range all {
		all[account] = cover{ledger.InstantOf(c.from.Time().Truncate(time.Minute)), ledger.InstantOf(c.to.Time().Truncate(time.Minute).Add(time.Minute))}
	}
	return all
}

// covers reports whether a linked account tells of the time of an event. A bare
// date is covered if any of its day is.
func (m *merger) covers(ev *ledger.Event) bool {
	c, found := m.covered[ev.Account]
	from, to := ev.At, ev.At
	if ev.Has(ledger.DateOnly) {
		to = ledger.InstantOf(ev.At.Time().Add(24 * time.Hour))
	}
	return found && to >= c.from && from < c.to
}

// same reports whether two events of one id say the same. Of a linked account
// and a statement the one may tell fractions of a second that the other cuts
// off.
func (m *merger) same(have, ev *ledger.Event, f *File) bool {
	if ledger.SameContent(have, ev) {
		return true
	}
	if m.files[have.Origin.File].Linked() == f.Linked() || have.At.Time().Truncate(time.Second) != ev.At.Time().Truncate(time.Second) {
		return false
	}
	as := *ev
	as.At = have.At
	return ledger.SameContent(have, &as)
}

// cover holds the rows of an event of which a linked account tells already.
func (f *File) cover(ev *ledger.Event) {
	f.hold(ev, "already covered by the link: it tells all that happened in this account at that time; if the link does not have this, give the row an account of its own")
}
