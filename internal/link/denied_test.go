package link_test

import (
	"context"
	"slices"
	"testing"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
)

// TestDenied: a link of which the guard stops a call is paused with an event,
// an entry of the chain and one alert, until a person resumes it. An operator
// who lets nothing out is told nothing.
func TestDenied(t *testing.T) {
	t.Parallel()
	for _, closed := range []bool{false, true} {
		s := newStand(t, func(s *stand) { s.door.Deny = closed }).link()
		sound := s.page
		s.page = func(context.Context, string, string) (exchange.Page, error) {
			return exchange.Page{}, failing(exchange.Denied)
		}
		l, r := s.try(false)
		said := s.seen.said()
		if r.State != link.RunFailed || r.Code != string(exchange.Denied) || l.Code != string(exchange.Denied) {
			t.Errorf("closed %v: link %s %q, run %s %q", closed, l.State, l.Code, r.State, r.Code)
		}
		if closed {
			if l.State != link.Failed || len(said) != 0 || l.Next.IsZero() {
				t.Errorf("closed: link %s, next %s, told %v", l.State, l.Next, said)
			}
			continue
		}
		if l.State != link.Paused || !l.Next.IsZero() || !slices.Equal(said, []string{"mail " + link.DeniedNotice, "entry link.stop", "event egress.denied"}) {
			t.Errorf("link %s, next %s, told %v", l.State, l.Next, said)
		}
		if _, err := s.Sync(t.Context(), s.scope, s.id); fault.Of(err).Code != string(link.Paused) {
			t.Errorf("it is used again: %v", err)
		}
		no := false
		if l = s.change(link.Change{Paused: &no}); l.State != link.Active || l.Code != "" || l.Next.IsZero() {
			t.Errorf("resumed: link %s %q, next %s", l.State, l.Code, l.Next)
		}
		s.page = sound
		if l, r = s.try(false); l.State != link.Active || r.State != link.RunDone {
			t.Errorf("resumed: link %s, run %s %q", l.State, r.State, r.Code)
		}
	}
}
