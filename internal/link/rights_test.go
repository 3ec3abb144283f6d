package link_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/binance"
	"github.com/ledgersys/ledgersys/internal/link"
)

// TestRightsUnreadable: an answer of an unknown form says nothing of the key:
// nothing is asked with it, the run fails, and the next one asks again. A right
// that nobody knows is one too much.
func TestRightsUnreadable(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil).link()
	first := s.change(link.Change{}).Passport
	calls := 0
	s.page = func(context.Context, string, string) (exchange.Page, error) {
		calls++
		return exchange.Page{Next: "end"}, nil
	}
	judged := func(body string) {
		s.probe = func(context.Context) (exchange.Rights, error) {
			x := binance.Exchange()
			return x.Judge(http.StatusOK, []byte(body)), nil
		}
	}
	for _, body := range []string{`{}`, `[]`, `"maintenance"`, `{"code":0,"data":[]}`, `{"enableReading":"yes"}`} {
		judged(body)
		l, r := s.try(false)
		if l.State == link.Suspended || r.State != link.RunWaiting || r.Code != string(exchange.Malformed) || calls != 0 {
			t.Errorf("%s: link %s, run %s %q, %d calls", body, l.State, r.State, r.Code, calls)
		}
		if l, r = s.try(true); l.State != link.Failed || r.State != link.RunFailed || calls != 0 || l.Passport.Checked != first.Checked || !slices.Equal(l.Passport.Rights, first.Rights) {
			t.Errorf("%s, the last try: link %s, run %s, %d calls, %+v", body, l.State, r.State, calls, l.Passport)
		}
	}
	if said := s.seen.said(); !slices.Equal(said, []string{"mail failing"}) {
		t.Errorf("told %v", said)
	}
	judged(`{"enableReading":true,"enableWithdrawals":false,"enableSpotAndMarginTrading":false}`)
	if l, r := s.try(true); l.State != link.Active || r.State != link.RunDone || calls == 0 {
		t.Errorf("a sound answer: link %s, run %s %q", l.State, r.State, r.Code)
	}
	calls = 0
	judged(`{"enableReading":true,"enableWithdrawals":false,"enableSpotAndMarginTrading":false,"enableFoo":true}`)
	if l, r := s.try(true); l.State != link.Suspended || r.Code != "key_not_read_only" || calls != 0 {
		t.Errorf("an unknown right: link %s, run %s %q, %d calls", l.State, r.State, r.Code, calls)
	}
	if said := s.seen.said(); !slices.Equal(said, []string{"mail power", "event key.gained_power"}) {
		t.Errorf("told %v", said)
	}
}
