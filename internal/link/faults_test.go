package link_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// passing are the faults after which a run goes on by itself.
func passing() []exchangesim.Fault {
	return []exchangesim.Fault{
		exchangesim.RateLimit, exchangesim.Ban, exchangesim.Broken, exchangesim.HTML, exchangesim.SamePage, exchangesim.PartFirst, exchangesim.Tail, // one of each number first
		exchangesim.Status500, exchangesim.Status502, exchangesim.Status503, exchangesim.Status504, exchangesim.Truncated, exchangesim.WrongType, exchangesim.NaN,
		exchangesim.Infinite, exchangesim.Negative, exchangesim.Doubled, exchangesim.Mark, exchangesim.Huge, exchangesim.Bomb, exchangesim.Mixed, exchangesim.Shrunk,
		exchangesim.Silent,
	}
}

// stopping are those after which nothing may be asked, with what the link and
// its run say then.
func stopping() map[exchangesim.Fault]struct {
	state link.State
	code  exchange.Trouble
} {
	return map[exchangesim.Fault]struct {
		state link.State
		code  exchange.Trouble
	}{
		exchangesim.Wall: {link.Failed, exchange.Forbidden}, exchangesim.Region: {link.Failed, exchange.Forbidden},
		exchangesim.KeyRevoked: {link.NeedsReauth, exchange.KeyRejected}, exchangesim.Redirected: {link.Paused, exchange.Denied},
		exchangesim.BadRequest: {link.Failed, exchange.BadRequest},
	}
}

// number is the number of a fault: "EX-01".
func number(f exchangesim.Fault) string { return string(f)[:5] }

// TestFaults: whatever an exchange does wrong, on whatever page, the ledger
// ends as what happened, no call is made that may not be made, and no secret is
// said.
func TestFaults(t *testing.T) {
	t.Parallel()
	seeds, all := full(t)
	for _, v := range venues() {
		for seed := uint64(1); seed <= seeds; seed++ {
			t.Run(v.x.Name+"/"+strconv.FormatUint(seed, 10), func(t *testing.T) {
				t.Parallel()
				newBench(t, &v).everything(t, seed, all)
			})
		}
	}
}

// everything is what an exchange is put through with one seed.
func (b *bench) everything(t *testing.T, seed uint64, all bool) {
	t.Helper()
	b.faults(t, seed, all)
	if seed == 1 && !b.v.early.IsZero() {
		b.distant(t)
	}
	if !b.v.slow || all {
		b.widened(t, seed)
	}
	if all || !b.v.slow && !b.v.replay {
		b.odd(t, seed, all)
	}
	if seed == 1 && b.v.paged > 0 {
		b.crowded(t)
	}
	if (b.v.replay || b.v.slow) && !all {
		return
	}
	b.late(t, seed)
	b.edited(t, seed)
	if b.v.skews {
		b.skewed(t, seed, 7*time.Second)
		b.skewed(t, seed, -5*time.Minute)
	}
}

// distant is a history that begins years after the exchange did.
func (b *bench) distant(t *testing.T) {
	t.Helper()
	x := b.trialOf(t, exchangesim.NewHistory(1, 60, b.v.fiat))
	x.proved(x.done())
	x.whole()
}

// faults tries all faults on the first, a middle and the last page of a
// history; unless all are asked for, one of each number on one page, and fewer
// where a history takes many calls.
func (b *bench) faults(t *testing.T, seed uint64, all bool) {
	t.Helper()
	pages := b.length(t, seed)
	places := []int{0, pages / 2, pages - 1}
	replayed := []string{"EX-01", "EX-05", "EX-06", "EX-07", "EX-09"}
	seen := make(map[string]bool)
	turn := len(b.v.x.Name)
	try := func(f exchangesim.Fault, do func(*trial, exchangesim.Fault, int)) {
		if !all && b.v.replay && !slices.Contains(replayed, number(f)) || !all && (seen[number(f)] || b.v.slow && number(f) > "EX-02") {
			return
		}
		seen[number(f)] = true
		turn++
		for i, page := range places {
			if all || i == turn%len(places) {
				t.Run(strings.ReplaceAll(string(f), " ", "_"), func(t *testing.T) { do(b.trial(t, seed), f, page) })
			}
		}
	}
	for _, f := range passing() {
		try(f, (*trial).passes)
	}
	for f := range stopping() {
		try(f, (*trial).stops)
	}
	for f := range ways() {
		try(f, func(x *trial, f exchangesim.Fault, page int) { x.unreached(f, b.pages[page]) })
	}
}

// passes plans a fault and wants the ledger whole all the same.
func (x *trial) passes(f exchangesim.Fault, page int) {
	x.sim.Plan(f, x.v.main, page, 1)
	if f == exchangesim.Silent {
		x.Service, x.books = x.open(500 * time.Millisecond) // nobody waits for longer than the fault needs
	}
	x.done()
	if f == exchangesim.Tail { // what was missing then is there in the next run
		x.clock.Move(time.Hour)
		x.done()
	}
	x.whole()
	pause := map[exchangesim.Fault]time.Duration{exchangesim.RateLimit: 7 * time.Second, exchangesim.Ban: 2 * time.Minute}[f]
	log := x.sim.Log()
	if i := x.strike(page); i < 0 || i+1 < len(log) && log[i+1].At.Sub(log[i].At) < pause {
		x.t.Errorf("page %d: the next call came too soon after one that asked for %s", page, pause)
	}
}

// strike is the place in the log of a page of the main stream, -1 if it was
// not asked for.
func (x *trial) strike(page int) int {
	for i, q := range x.sim.Log() {
		if q.Data && q.Path == x.v.main {
			if page == 0 {
				return i
			}
			page--
		}
	}
	return -1
}

// stops plans a fault after which nothing more may be asked, and wants the
// ledger whole once that is over.
func (x *trial) stops(f exchangesim.Fault, page int) {
	want := stopping()[f]
	if f == exchangesim.BadRequest && !x.sim.Knows(f) {
		return
	}
	x.sim.Plan(f, x.v.main, page, 1)
	l, r := x.run()
	if l.State != want.state || r.State != link.RunFailed || r.Code != string(want.code) {
		x.t.Fatalf("page %d: link %s, run %s %q", page, l.State, r.State, r.Code)
	}
	if i, n := x.strike(page), len(x.sim.Log()); i != n-1 {
		x.t.Errorf("page %d: %d calls after the answer that said no", page, n-1-i)
	}
	if f == exchangesim.KeyRevoked {
		if _, err := x.Sync(x.t.Context(), x.scope, x.id); fault.Of(err).Code != string(link.NeedsReauth) {
			x.t.Errorf("a rejected key is used again: %v", err)
		}
		x.quiet()
		return
	}
	x.clock.Move(time.Hour)
	if l.State == link.Paused { // by the guard
		no := false
		if _, err := x.Change(x.t.Context(), x.scope, x.id, link.Change{Paused: &no}); err != nil {
			x.t.Fatal(err)
		}
	}
	x.done()
	x.whole()
}

// widened gives the key a right to trade between two runs.
func (b *bench) widened(t *testing.T, seed uint64) {
	t.Helper()
	if b.v.x.Silent {
		return
	}
	x := b.trial(t, seed)
	x.done()
	x.sim.Upgrade()
	before := len(x.sim.Log())
	if l, r := x.run(); l.State != link.Suspended || r.Code != "key_not_read_only" {
		t.Errorf("a key that may trade: %s, %s", l.State, r.Code)
	}
	for _, q := range x.sim.Log()[before:] {
		if q.Data {
			t.Errorf("data was asked for with a key that may trade: %s", q.Path)
		}
	}
	x.whole()
}

// late lets rows appear a day late, and others go away again afterwards: those
// stay in the ledger.
func (b *bench) late(t *testing.T, seed uint64) {
	t.Helper()
	if b.v.once {
		return
	}
	x := b.trial(t, seed)
	x.sim.Hold(true)
	x.done()
	early := len(x.ledger())
	if l, _, err := x.Find(t.Context(), x.scope, x.id); err != nil || !slices.ContainsFunc(l.Proof, func(c reconcile.Certificate) bool { return !c.OK }) {
		t.Errorf("seed %d: rows are missing and every balance is proved, %v", seed, err)
	}
	x.sim.Hold(false)
	x.clock.Move(24 * time.Hour)
	x.proved(x.done())
	if len(x.ledger()) == early {
		t.Errorf("seed %d: no row came late, so nothing was tried", seed)
	}
	x.whole()
	x.sim.Hold(true)
	x.done()
	x.whole()
}

// edited lets the exchange tell its history otherwise: that is counted, and
// the ledger stays as it was.
func (b *bench) edited(t *testing.T, seed uint64) {
	t.Helper()
	x := b.trial(t, seed)
	x.done()
	x.sim.Edit(true)
	x.clock.Move(time.Hour)
	l := x.done()
	changed := 0
	for _, s := range l.Streams {
		changed += s.Changed
	}
	if changed == 0 && !b.v.once {
		t.Errorf("seed %d: nothing is said to have changed", seed)
	}
	x.whole()
}

// odd is a history with more moves of one moment than a page holds, amounts of
// every size and an asset that nobody knows.
func (b *bench) odd(t *testing.T, seed uint64, all bool) {
	t.Helper()
	crowd, past := 40, b.v.history(seed)
	if all && seed == 1 {
		crowd = 1001
	}
	if b.v.paged > 0 { // pages are as large as theirs: what is behind a full one of one millisecond cannot be asked for
		b.rows = 1 << 16
		defer func() { b.rows = 0 }()
		past.Rush(min(crowd, b.v.paged-1))
	} else {
		past.Crowd(crowd)
	}
	x := b.trialOf(t, past.Extremes())
	x.proved(x.done())
	x.whole()
	x.clock.Move(time.Hour)
	x.proved(x.done())
	x.whole()
}

// crowded is a moment with more trades and deposits than the exchange gives of
// one, where nothing leads behind a full page of it: that is said and stays
// said, what moved then is proved no more, and nothing else is lost.
func (b *bench) crowded(t *testing.T) {
	t.Helper()
	b.rows = 1 << 16
	defer func() { b.rows = 0 }()
	past := b.v.history(1)
	at := past.Rush(b.v.paged + 1)
	for range 101 {
		past.Arrive(at)
	}
	x := b.trialOf(t, past)
	for range 2 {
		l := x.done()
		named := slices.ContainsFunc(l.Streams, func(s link.Stream) bool { return slices.Equal(s.Missed(), []time.Time{at}) })
		begins := slices.ContainsFunc(l.Proof, func(c reconcile.Certificate) bool { return !c.OK && c.First != nil && c.First.At.Time().Equal(at) })
		if !named || !begins {
			t.Errorf("what is missing at %s is not said: %+v, %+v", at, l.Streams, l.Proof)
		}
		moment := at.Format("2006-01-02T15:04:05.000")
		other := func(lines []string) []string {
			return slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, moment) })
		}
		if got, want := other(x.ledger()), other(x.past.Oracle(b.v.cut)); !slices.Equal(got, want) {
			t.Errorf("the rest of the ledger differs from the oracle:\n%s", exchangesim.Difference(want, got))
		}
		x.quiet()
		x.clock.Move(72 * time.Hour)
	}
}

// skewed sets the exchange's clock apart from ours.
func (b *bench) skewed(t *testing.T, seed uint64, by time.Duration) {
	t.Helper()
	x := b.trial(t, seed)
	x.sim.Skew(by)
	x.done()
	if got, want := x.ledger(), x.past.Oracle(b.v.cut); !slices.Equal(got, want) {
		t.Errorf("%s: the ledger differs from the oracle:\n%s", by, exchangesim.Difference(want, got))
	}
}
