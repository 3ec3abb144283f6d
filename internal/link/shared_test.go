package link_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// TestPauseIsEverybodys: a pause that an exchange asks for holds for all links
// to it, for a process that comes later, and for keys that are to be linked.
func TestPauseIsEverybodys(t *testing.T) {
	t.Parallel()
	for f, pause := range map[exchangesim.Fault]time.Duration{exchangesim.RateLimit: 7 * time.Second, exchangesim.Ban: 2 * time.Minute} {
		v := venues()[4]
		b := newBench(t, &v)
		x := b.trial(t, 1)
		key := exchange.Credentials{ID: x.sim.Key.ID, Secret: keyring.NewSecret([]byte(x.sim.Key.Secret))}
		x.sim.Plan(f, v.main, 1, 1)
		r, err := x.Sync(t.Context(), x.scope, x.id)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Try(t.Context(), x.scope, x.id, r.ID, false); err == nil {
			t.Fatal("it went on")
		}
		if _, r, err = x.Find(t.Context(), x.scope, x.id); err != nil || r.State != link.RunWaiting || !r.Until.Equal(x.clock.Now().Add(pause)) {
			t.Errorf("%s: %+v at %s, %v", f, r, x.clock.Now(), err)
		}
		begun, calls := x.clock.Now(), len(x.sim.Log())
		x.clock.Move(pause - time.Second)
		later, _ := x.open(time.Minute)
		for _, s := range []*link.Service{x.Service, later} {
			// A second is worth waiting for.
			if _, err := s.Create(t.Context(), x.scope, link.Request{Exchange: v.x.Name, Label: fmt.Sprint(s == later), Schedule: link.Manual, Key: key}); err != nil {
				t.Error(err)
			}
		}
		if log := x.sim.Log()[calls:]; len(log) == 0 || log[0].At.Sub(begun) < pause {
			t.Errorf("%s: %d calls, the first too soon", f, len(log))
		}
		x.done()
		x.whole()
	}
}

// TestPauseStops: a pause that is longer than a run waits gives the worker back
// and refuses keys, in this process and in later ones.
func TestPauseStops(t *testing.T) {
	t.Parallel()
	v := venues()[4]
	b := newBench(t, &v)
	x := b.trial(t, 1)
	x.sim.Plan(exchangesim.Ban, v.main, 1, 1)
	r, err := x.Sync(t.Context(), x.scope, x.id)
	if err != nil {
		t.Fatal(err)
	}
	later, _ := x.open(time.Minute)
	calls := 0
	for i, s := range []*link.Service{x.Service, x.Service, later} {
		if err := s.Try(t.Context(), x.scope, x.id, r.ID, false); err == nil {
			t.Fatal("it went on")
		}
		if calls == 0 {
			calls = len(x.sim.Log())
		}
		left := 2*time.Minute - time.Duration(i)*30*time.Second
		if _, now, err := s.Find(t.Context(), x.scope, x.id); err != nil || now.State != link.RunWaiting || !now.Until.Equal(x.clock.Now().Add(left)) {
			t.Errorf("%+v, %v at %s", now, err, x.clock.Now())
		}
		key := exchange.Credentials{ID: x.sim.Key.ID, Secret: keyring.NewSecret([]byte(x.sim.Key.Secret))}
		if _, err := s.Create(t.Context(), x.scope, link.Request{Exchange: v.x.Name, Label: "third", Key: key}); fault.Of(err).Code != "exchange_busy" {
			t.Errorf("a key was looked at: %v", err)
		}
		x.clock.Move(30 * time.Second)
	}
	if n := len(x.sim.Log()); n != calls {
		t.Errorf("%d calls in the pause", n-calls)
	}
	x.done()
	x.whole()
}

// TestBudgetIsEverybodys: links to one exchange go on in turns, each in a
// process of its own that is gone after every try, and use no more together
// than one of them may.
func TestBudgetIsEverybodys(t *testing.T) {
	t.Parallel()
	v := venues()[4]
	v.x.Limits = []exchange.Limit{{Bucket: "calls", Weight: 5, Per: time.Minute}}
	b := newBench(t, &v)
	x := b.trial(t, 1)
	first := x.id
	key := exchange.Credentials{ID: x.sim.Key.ID, Secret: keyring.NewSecret([]byte(x.sim.Key.Secret))}
	x.clock.Move(time.Minute) // two keys are looked at, one a minute
	other, err := x.Create(t.Context(), x.scope, link.Request{Exchange: v.x.Name, Label: "other", Schedule: link.Manual, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	open := map[*link.Run]bool{}
	for _, l := range []*link.Link{{ID: first}, other} {
		r, err := x.Sync(t.Context(), x.scope, l.ID)
		if err != nil {
			t.Fatal(err)
		}
		open[r] = true
	}
	for turns := 0; len(open) > 0; turns++ {
		for r := range open {
			another, _ := x.open(time.Minute)
			if err := another.Try(t.Context(), x.scope, r.Link, r.ID, false); err != nil {
				x.errs = append(x.errs, err)
			}
			_, now, err := x.Find(t.Context(), x.scope, r.Link)
			if err != nil || turns > 500 {
				t.Fatalf("%+v, %v", now, err)
			}
			if now.State == link.RunDone {
				delete(open, r)
			}
			x.clock.Move(10 * time.Second)
		}
	}
	x.whole()
}

// TestDeleteUnderWay: a link that is deleted while a call is under way has no
// key from then on, and the call ends within five seconds, whichever process
// makes it.
func TestDeleteUnderWay(t *testing.T) {
	t.Parallel()
	for name, own := range map[string]bool{"this_process": true, "another_one": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, 60)
			h.sim.Plan(exchangesim.Silent, "/0/private/Ledgers", 1, 1)
			l := h.create()
			data := func() (n int) {
				for _, q := range h.sim.Log() {
					if q.Data {
						n++
					}
				}
				return n
			}
			testkit.Eventually(t, "a call is under way", func() bool { return data() == 2 })
			by := h.Service
			if !own {
				var err error
				if by, err = link.NewService(h.Config); err != nil {
					t.Fatal(err)
				}
			}
			deleted := time.Now()
			if err := by.Delete(t.Context(), h.scope, l.ID); err != nil {
				t.Fatal(err)
			}
			err := h.store.Links().ReadEntity(t.Context(), h.scope, func(tx link.Tx) error { _, err := tx.Key(l.ID); return err })
			if !errors.Is(err, link.ErrGone) {
				t.Errorf("its key is there: %v", err)
			}
			testkit.Eventually(t, "the call ends", func() bool { return h.sim.Waiting() == 0 })
			if took := time.Since(deleted); took > 5*time.Second {
				t.Errorf("the call went on for %s", took)
			}
			if data() != 2 {
				t.Errorf("%d calls, 2 before it was deleted", data())
			}
		})
	}
}
