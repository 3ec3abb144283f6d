package link_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
)

// failing is a call that fails in some way.
func failing(trouble exchange.Trouble) error {
	return &exchange.Fault{Trouble: trouble, Exchange: "stand"}
}

// TestPausedAtTheEnd: however a run ends, a link that was paused meanwhile is
// paused, and its schedule goes on when it is resumed.
func TestPausedAtTheEnd(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil).link()
	yes, no := true, false
	for _, cause := range []error{nil, failing(exchange.RateLimited), failing(exchange.Maintenance), failing(exchange.Forbidden), failing(exchange.BadRequest), failing(exchange.KeyRejected), failing(exchange.Upstream)} {
		s.balances = func(context.Context) ([]exchange.Balance, error) {
			s.change(link.Change{Paused: &yes})
			return nil, cause
		}
		l, r := s.try(true)
		if l.State != link.Paused || !l.Next.IsZero() || l.Strikes != 0 || !r.State.Over() || (r.State == link.RunDone) != (cause == nil) {
			t.Errorf("%v: link %s, next %s, %d strikes, run %s %q", cause, l.State, l.Next, l.Strikes, r.State, r.Code)
		}
		if cause != nil && r.Code != string(link.Paused) {
			t.Errorf("%v: the run says %q", cause, r.Code)
		}
		if l = s.change(link.Change{Paused: &no}); l.State != link.Active || l.Code != "" || l.Next.IsZero() {
			t.Errorf("%v: resumed: link %s %q, next %s", cause, l.State, l.Code, l.Next)
		}
	}
	if said := s.seen.said(); len(said) != 0 {
		t.Errorf("somebody is told: %v", said)
	}
	s.probe = func(context.Context) (exchange.Rights, error) {
		s.change(link.Change{Paused: &yes})
		return exchange.Rights{Verdict: exchange.Refuse, TooMuch: []string{"trade"}}, nil
	}
	if l, _ := s.try(true); l.State != link.Suspended {
		t.Errorf("a paused link whose key gained power: %s", l.State)
	}
}

// TestReplacedUnderWay: what is found about a key is not said of the one that
// was given in its place meanwhile, and the run goes on with that one.
func TestReplacedUnderWay(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil).link()
	key := 1
	sound, soundPage := s.probe, s.page
	for name, plan := range map[string]func(){
		"it gained power": func() {
			s.probe = func(context.Context) (exchange.Rights, error) {
				s.replace(key)
				return exchange.Rights{Verdict: exchange.Refuse, TooMuch: []string{"trade"}, Found: []string{"trade"}}, nil
			}
		},
		"it is refused": func() {
			s.probe = func(context.Context) (exchange.Rights, error) {
				s.replace(key)
				return exchange.Rights{}, failing(exchange.KeyRejected)
			}
		},
		"it is refused later": func() {
			s.page = func(context.Context, string, string) (exchange.Page, error) {
				s.replace(key)
				return exchange.Page{}, failing(exchange.KeyRejected)
			}
		},
		"it is stopped for good": func() {
			s.page = func(context.Context, string, string) (exchange.Page, error) {
				s.replace(key)
				return exchange.Page{}, failing(exchange.BadRequest)
			}
		},
	} {
		key++
		plan()
		l, r := s.try(true)
		if l.State != link.Active || l.Code != "" || !slices.Equal(l.Passport.Rights, []string{fmt.Sprint("read-", key)}) || r.State != link.RunWaiting {
			t.Errorf("%s: link %s %q, rights %v, run %s %q", name, l.State, l.Code, l.Passport.Rights, r.State, r.Code)
		}
		if said := s.seen.said(); !slices.Equal(said, []string{"event key.replaced"}) {
			t.Errorf("%s: told %v", name, said)
		}
		s.probe, s.page = sound, soundPage
		if l, again := s.try(true); again.ID != r.ID || again.State != link.RunDone || l.Passport.Rights[0] != "read" {
			t.Errorf("%s: with the new key: run %s %q, rights %v", name, again.State, again.Code, l.Passport.Rights)
		}
	}
	s.balances = func(context.Context) ([]exchange.Balance, error) { s.replace(99); return nil, nil }
	if l, r := s.try(true); r.State != link.RunDone || !slices.Equal(l.Passport.Rights, []string{"read-99"}) {
		t.Errorf("replaced at its end: run %s, rights %v", r.State, l.Passport.Rights)
	}
}

// consent is a stand whose key is a consent that ends soon. meanwhile is done
// while Coinbase gives the next token.
func consent(t *testing.T, meanwhile func(*stand)) *stand {
	t.Helper()
	s := newStand(t, func(s *stand) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if body, _ := io.ReadAll(r.Body); !strings.Contains(string(body), "refresh_token=refresh-1") {
				t.Errorf("asked with %s", body)
			}
			meanwhile(s)
			fmt.Fprint(w, `{"access_token":"access-2","refresh_token":"refresh-2","expires_in":"7200"}`)
		}))
		t.Cleanup(server.Close)
		s.x.Name = "coinbase"
		s.x.Passes = []egress.Pass{{Method: http.MethodPost, Host: "login.coinbase.com", Path: "/oauth2/token"}}
		s.door.Allow, s.bases = []string{strings.TrimPrefix(server.URL, "http://")}, map[string]string{"coinbase": server.URL}
	})
	l, err := s.Create(t.Context(), s.scope, link.Request{Exchange: s.x.Name, Schedule: link.Daily, Key: s.token(1)})
	if err != nil {
		t.Fatal(err)
	}
	s.id = l.ID
	return s
}

// token is the n-th consent.
func (s *stand) token(n int) exchange.Credentials {
	secret := func(name string) keyring.Secret { return keyring.NewSecret([]byte(fmt.Sprint(name, "-", n))) }
	return exchange.Credentials{ID: fmt.Sprint("consent-", n), Token: secret("access"), Refresh: secret("refresh"), Expires: s.clock.Now().Add(time.Minute)}
}

// refreshToken is the one that is kept.
func (s *stand) refreshToken() (kept string) {
	s.t.Helper()
	err := s.seen.ReadEntity(s.t.Context(), s.scope, func(tx link.Tx) error {
		key, err := tx.Key(s.id)
		kept = string(key.Refresh.Reveal())
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return kept
}

// TestRefreshKept: a token that Coinbase gave is kept, also when the run is
// stopped at that moment, but not in the place of another consent.
func TestRefreshKept(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	yes := true
	for name, c := range map[string]struct {
		meanwhile func(*stand)
		kept      string
		run       link.RunState
	}{
		"nothing happens":  {func(*stand) {}, "refresh-2", link.RunDone},
		"another consent":  {func(s *stand) { key := s.token(7); s.change(link.Change{Key: &key}) }, "refresh-7", link.RunWaiting},
		"paused":           {func(s *stand) { s.change(link.Change{Paused: &yes}) }, "refresh-2", link.RunFailed},
		"the process ends": {func(*stand) { stop() }, "refresh-2", link.RunWaiting},
	} {
		s := consent(t, c.meanwhile)
		in := t.Context()
		if name == "the process ends" {
			in = ctx
		}
		l, r := s.tryIn(in, true)
		if kept := s.refreshToken(); kept != c.kept || r.State != c.run || (l.State == link.Paused) != (name == "paused") {
			t.Errorf("%s: %s is kept, link %s, run %s %q", name, kept, l.State, r.State, r.Code)
		}
	}
}
