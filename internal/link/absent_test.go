package link_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/link"
)

// notOffered is the answer of an exchange that does not know a call.
func notOffered(stream string) error {
	return &exchange.Fault{Trouble: exchange.NotOffered, Exchange: "stand", Endpoint: stream, Status: http.StatusNotFound}
}

// TestNotOffered: without a stream that is needed a run fails, and asks for it
// again; one that is optional is left out for that run only.
func TestNotOffered(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil).link()
	gone := map[string]bool{standBase: true, standExtra: true}
	sound := once(deposit("a", ""))
	asked := map[string]int{}
	s.page = func(ctx context.Context, stream, cursor string) (exchange.Page, error) {
		asked[stream]++
		if gone[stream] {
			return exchange.Page{}, notOffered(stream)
		}
		return sound(ctx, stream, cursor)
	}
	if l, r := s.try(false); r.State != link.RunWaiting || r.Code != string(exchange.NotOffered) || l.State != link.Active {
		t.Errorf("the first try: run %s %q, link %s", r.State, r.Code, l.State)
	}
	if l, r := s.try(true); r.State != link.RunFailed || r.Code != string(exchange.NotOffered) || l.State != link.Failed || asked[standBase] != 2 {
		t.Errorf("the last try: run %s %q, link %s, asked %v", r.State, r.Code, l.State, asked)
	}
	gone[standBase] = false
	if l, r := s.try(false); r.State != link.RunDone || r.Rows != 1 || streamState(l, standExtra) != link.Absent {
		t.Errorf("the base is back: run %s %q, %d rows, %+v", r.State, r.Code, r.Rows, l.Streams)
	}
	before := asked[standExtra]
	if l, r := s.try(false); r.State != link.RunDone || asked[standExtra] != before+1 || streamState(l, standExtra) != link.Absent {
		t.Errorf("the next run asks %d times, %+v", asked[standExtra]-before, l.Streams)
	}
	if s.replace(2); streamState(s.change(link.Change{}), standExtra) != link.Idle {
		t.Error("a new key does not ask again")
	}
	gone[standExtra] = false
	if l, r := s.try(false); r.State != link.RunDone || streamState(l, standExtra) != link.Done {
		t.Errorf("all is back: run %s %q, %+v", r.State, r.Code, l.Streams)
	}
}
