package intake

import (
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// told is something that a linked account tells of: a group of events of an
// asset, and with no asset of all of them.
type told struct {
	account, asset string
	group          statement.Group
}

// tellings are the assets in an event with what is told about them.
func tellings(ev *ledger.Event) []told {
	group := statement.GroupOf(ev.Kind)
	list := []told{{ev.Account, ev.Asset, group}}
	if to := ev.Extra().ToAsset; to != "" && to != ev.Asset {
		list = append(list, told{ev.Account, to, group})
	}
	return list
}

// cover is the time of which linked accounts tell, to the minute, because there
// are statements that tell no seconds.
type cover struct {
	from map[told]ledger.Instant   // the first of each
	to   map[string]ledger.Instant // the last of all in an account
}

// covers returns what linked accounts tell of: from their first event to the
// last; and where an exchange does not give all of a group, each asset of it
// from its own first event on. What a statement tells of an asset or a time
// before that is in no link, so it cannot count twice.
func covers(files []*File) cover {
	c := cover{from: make(map[told]ledger.Instant), to: make(map[string]ledger.Instant)}
	for _, f := range files {
		if !f.Linked() {
			continue
		}
		for i := range f.Collector.Events {
			c.add(&f.Collector.Events[i], f.Format.Untold)
		}
	}
	return c
}

func (c *cover) add(ev *ledger.Event, untold []statement.Group) {
	at := ev.At.Time().Truncate(time.Minute)
	for _, what := range tellings(ev) {
		c.begin(what, ledger.InstantOf(at))
	}
	for _, group := range []statement.Group{statement.Moves, statement.Trades, statement.Others} {
		if !slices.Contains(untold, group) {
			c.begin(told{account: ev.Account, group: group}, ledger.InstantOf(at))
		}
	}
	c.to[ev.Account] = max(c.to[ev.Account], ledger.InstantOf(at.Add(time.Minute)))
}

func (c *cover) begin(what told, at ledger.Instant) {
	if first, found := c.from[what]; !found || at < first {
		c.from[what] = at
	}
}

// holds reports whether a linked account tells of an event, with all assets in
// it. A bare date is covered if any of its day is.
func (c *cover) holds(ev *ledger.Event) bool {
	last, found := c.to[ev.Account]
	if !found || ev.At >= last {
		return false
	}
	to := ev.At
	if ev.Has(ledger.DateOnly) {
		to = ledger.InstantOf(ev.At.Time().Add(24 * time.Hour))
	}
	for _, what := range tellings(ev) {
		all, found := c.from[told{account: ev.Account, group: what.group}]
		if found && to >= all {
			continue
		}
		if first, found := c.from[what]; !found || to < first {
			return false
		}
	}
	return true
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
	f.hold(ev, "already covered by the link: it tells such rows of this account for that time; if the link does not have this one, give the row an account of its own")
}
