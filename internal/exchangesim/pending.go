package exchangesim

import (
	"maps"
	"testing"
	"time"
)

// Pend makes the newest movements of coins and money be on their way: without
// an end and a transaction on the chain, until it is called with false.
func (s *Sim) Pend(moving bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moving = moving
}

// pending reports whether a movement is on its way.
func (s *Sim) pending(at, newest time.Time) bool { return s.moving && newest.Sub(at) < 20*time.Hour }

// with is a row with other members.
func with(fields, others map[string]any) map[string]any {
	fields = maps.Clone(fields)
	maps.Copy(fields, others)
	return fields
}

// settles lets a run come while movements are on their way: their end and their
// transactions come with the next run, once, and nothing is said to be told
// otherwise.
func (u *Suite) settles(t *testing.T) {
	t.Parallel()
	if !u.Settles {
		return
	}
	for seed := uint64(1); seed <= seeds(t); seed++ {
		s := u.session(t, seed)
		s.Sim.Pend(true)
		if err := s.Run(t); err != nil {
			t.Fatal(err)
		}
		if Difference(s.history.Oracle(u.Cut), Facts(s.Read(t).Events)) == "" {
			t.Errorf("seed %d: nothing was on its way, so nothing was tried", seed)
		}
		s.Sim.Pend(false)
		for range 2 {
			s.Clock.Move(26 * time.Hour)
			if err := s.Run(t); err != nil {
				t.Fatal(err)
			}
			s.Check(t, s.history, u.Cut)
		}
		if len(s.Changed) > 0 {
			t.Errorf("seed %d: %d records are told otherwise: %q", seed, len(s.Changed), s.Changed)
		}
	}
}
