package link_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/link"
)

// expiring is a context whose deadline comes when it is said to.
type expiring struct {
	context.Context
	over chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.over }

func (e expiring) Err() error {
	select {
	case <-e.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// TestTimeOfJob: a history that takes many times as long as a job may goes on
// where it stood each time: no try is lost, nobody is told that it failed, and
// the exchange is not taken to be down.
func TestTimeOfJob(t *testing.T) {
	t.Parallel()
	const turns = 20 // more than there are tries, and calls until an exchange is left alone
	var job expiring
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(job.over) // in the middle of a call
		<-r.Context().Done()
	}))
	defer server.Close()
	s := newStand(t, func(s *stand) {
		s.x.Passes = []egress.Pass{{Method: http.MethodGet, Host: "stand.example", Path: "/ledger"}}
		s.door.Allow, s.bases = []string{strings.TrimPrefix(server.URL, "http://")}, map[string]string{"stand": server.URL}
	}).link()
	fresh := false
	s.page = func(ctx context.Context, stream, cursor string) (exchange.Page, error) {
		switch {
		case stream == standBase && fresh: // one page comes in time
			fresh = false
			return exchange.Page{Next: cursor + "x", More: true, Records: []exchange.Record{deposit(cursor+"x", "")}}, nil
		case stream != standBase || len(cursor) == turns:
			return exchange.Page{Next: cursor}, nil
		}
		wire := exchange.Wire{Exchange: "stand", Config: s.wire}
		_, err := wire.Send(ctx, exchange.Call{Endpoint: "GET /ledger", Build: func(ctx context.Context, _ time.Time) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, "https://stand.example/ledger", nil)
		}})
		return exchange.Page{}, err
	}
	for turn := 1; turn <= turns; turn++ {
		job, fresh = expiring{t.Context(), make(chan struct{})}, true
		l, r := s.tryIn(job, true)
		want := link.RunWaiting
		if turn == turns {
			want = link.RunDone
		}
		if r.State != want || r.Code != "" || r.Rows != turn || l.State != link.Active || l.Strikes != 0 || l.Streams[0].Cursor != strings.Repeat("x", turn) {
			t.Fatalf("turn %d: run %s %q, %d rows, link %s, %+v", turn, r.State, r.Code, r.Rows, l.State, l.Streams[0])
		}
	}
	if said := s.seen.said(); len(said) != 0 {
		t.Errorf("somebody is told: %v", said)
	}
}
