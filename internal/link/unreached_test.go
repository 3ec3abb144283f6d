package link_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/link"
)

// ways are the faults on the way to an exchange, with the words for them.
func ways() map[exchangesim.Fault]string {
	return map[exchangesim.Fault]string{exchangesim.NoName: string(egress.Lookup), exchangesim.BadTLS: string(egress.TLS)}
}

// unreached lets one call fail before it reaches the exchange.
func (x *trial) unreached(f exchangesim.Fault, call int) {
	x.front = x.sim.Front(x.t)
	x.Service, x.books = x.open(time.Minute)
	x.sim.Cut(f, call, 1)
	x.done()
	x.whole()
	n := 0
	for _, err := range x.errs {
		if exchange.Is(err, exchange.Upstream) && strings.Contains(err.Error(), ways()[f]) {
			n++
		}
	}
	if x.sim.Struck() != 1 || n != 1 {
		x.t.Errorf("call %d: struck %d times, %d said so: %v", call, x.sim.Struck(), n, errors.Join(x.errs...))
	}
}

// TestUnreached: an exchange that cannot be reached is tried eight times with
// growing pauses, and another one that the same process asks does not feel it.
func TestUnreached(t *testing.T) {
	t.Parallel()
	for f := range ways() {
		t.Run(strings.ReplaceAll(string(f), " ", "_"), func(t *testing.T) {
			t.Parallel()
			x, y := neighbours(t)
			x.sim.Cut(f, 0, 1000)
			r, err := x.Sync(t.Context(), x.scope, x.id)
			if err != nil {
				t.Fatal(err)
			}
			begun := x.clock.Now()
			for try := 1; try <= link.Tries; try++ {
				if err := x.Try(t.Context(), x.scope, x.id, r.ID, try == link.Tries); err != nil {
					x.errs = append(x.errs, err)
				}
				if y.done(); len(y.errs) > 0 {
					t.Fatalf("the other one was kept waiting: %v", errors.Join(y.errs...))
				}
				x.clock.Move(link.Backoff(try))
			}
			l, r, err := x.Find(t.Context(), x.scope, x.id)
			if err != nil || l.State != link.Failed || r.State != link.RunFailed || r.Code != string(exchange.Upstream) {
				t.Errorf("link %s, run %s %q, %v", l.State, r.State, r.Code, err)
			}
			if n := x.sim.Struck(); n == 0 || n > link.Tries {
				t.Errorf("%d connections were tried", n)
			}
			if took := x.clock.Now().Sub(begun); took < 20*time.Minute {
				t.Errorf("eight tries in %s", took)
			}
			y.whole()
			x.sim.Cut("", 0, 0)
			x.clock.Move(time.Hour)
			x.errs = nil
			x.done()
			x.whole()
		})
	}
}

// neighbours are two exchanges that one process asks, each by a name of its
// own.
func neighbours(t *testing.T) (x, y *trial) {
	t.Helper()
	v, other := venues()[1], venues()[4]
	x = newBench(t, &v).trial(t, 1)
	y = &trial{t: t, v: &other, g: x.g, scope: x.g.entity(), past: other.history(2).FeesInUnits(), log: x.log, clock: x.clock}
	y.past.From(x.clock.Now().Add(-72 * time.Hour))
	y.sim = other.start(t, y.past, y.clock.Now)
	x.front, y.front = x.sim.Front(t), y.sim.Front(t)
	x.Service, x.books = x.g.serve(t, time.Minute, x, y)
	y.Service, y.books = x.Service, x.books
	y.link()
	return x, y
}
