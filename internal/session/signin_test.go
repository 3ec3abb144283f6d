package session_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestLockout: five wrong passwords lock the address for a quarter of an hour,
// then twice as long, also for the right one; the browser that is known goes
// on, and an address without an account behaves the same.
func TestLockout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, o := w.enlist(address)
	for _, email := range []string{address, "nobody@example.org"} {
		wait := 15 * time.Minute
		for level := range 3 {
			for range 5 {
				_, err := w.SignIn(t.Context(), email, secret("wrong horse battery staple"), keyring.Secret{}, thief)
				refused(t, email, err, fault.Unauthenticated, "credentials")
			}
			_, err := w.SignIn(t.Context(), email, secret(good), keyring.Secret{}, thief)
			refused(t, email, err, fault.TooMany, "locked")
			if got := fault.Of(err).RetryAfter; got != wait {
				t.Errorf("%s, lock %d: %v, want %v", email, level, got, wait)
			}
			if email == address {
				if _, err := w.signIn(good, o.Device); err != nil {
					t.Errorf("the known browser is locked out: %v", err)
				}
			}
			w.pass(wait)
			wait *= 2
		}
	}
	if n := w.count(notify.AccountLocked); n != 1 {
		t.Errorf("told %d times", n)
	}
	if _, err := w.signIn(good, keyring.Secret{}); err != nil {
		t.Errorf("after the time: %v", err)
	}
}

// TestLockoutUnderFlood: of many wrong passwords at the same time no more than
// five are judged, and a right one among them opens nothing.
func TestLockoutUnderFlood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.enlist(address)
	var wg sync.WaitGroup
	var judged atomic.Int32
	guess := func() {
		if _, err := w.signIn("wrong horse battery staple", keyring.Secret{}); fault.Is(err, fault.Unauthenticated) {
			judged.Add(1)
		}
	}
	for range 12 {
		wg.Go(guess)
	}
	wg.Wait()
	for range 5 { // on a busy machine some were not judged
		guess()
	}
	if n := judged.Load(); n != 5 {
		t.Errorf("%d were judged", n)
	}
	_, err := w.signIn(good, keyring.Secret{})
	refused(t, "the right one", err, fault.TooMany, "locked")
	if err := w.Unlock(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	if _, err := w.signIn(good, keyring.Secret{}); err != nil {
		t.Errorf("unlocked by the operator: %v", err)
	}
}

// TestSessionEnds: by idleness, absolutely, by signing out, by its person,
// and never comes back.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, o := w.enlist(address)
	w.pass(29 * time.Minute)
	w.who(o)
	w.pass(29*time.Minute + 59*time.Second)
	w.who(o)
	w.pass(30 * time.Minute)
	w.dead("idle", o.Cookie)

	o, err := w.signIn(good, o.Device)
	if err != nil {
		t.Fatal(err)
	}
	for range 47 {
		w.pass(15 * time.Minute)
		w.who(o)
	}
	w.pass(15 * time.Minute)
	w.dead("after twelve hours", o.Cookie)

	a, _ := w.signIn(good, keyring.Secret{})
	b, _ := w.signIn(good, keyring.Secret{})
	c, _ := w.signIn(good, keyring.Secret{})
	id := w.who(a)
	p, err := w.Profile(t.Context(), id)
	if err != nil || len(p.Sessions) != 3 || p.Sessions[0].Device != "Firefox on Linux" || p.Sessions[0].Address != home.Address {
		t.Fatalf("profile %+v: %v", p, err)
	}
	current := 0
	for _, s := range p.Sessions {
		if s.Current {
			current++
		}
	}
	if current != 1 {
		t.Errorf("%d sessions are this one", current)
	}
	if err := w.EndSession(t.Context(), id, w.who(b).Actor().Session, home); err != nil {
		t.Fatal(err)
	}
	w.dead("ended by its person", b.Cookie)
	refused(t, "of nobody", w.EndSession(t.Context(), id, tenant.NewID(), home), fault.NotFound, "")
	if err := w.EndOthers(t.Context(), id, home); err != nil {
		t.Fatal(err)
	}
	w.dead("one of the others", c.Cookie)
	w.who(a)
	if err := w.SignOut(t.Context(), a.Cookie, home); err != nil {
		t.Fatal(err)
	}
	w.dead("signed out", a.Cookie)
	if err := w.Disable(t.Context(), address, true); err != nil {
		t.Fatal(err)
	}
	_, err = w.signIn(good, keyring.Secret{})
	refused(t, "disabled", err, fault.Unauthenticated, "credentials")
}

// TestRevokedStaysRevoked: requests in flight while a session ends do not
// bring it back.
func TestRevokedStaysRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, o := w.enlist(address)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				w.pass(11 * time.Second) // so that each use is noted
				_, _ = w.Session(t.Context(), o.Cookie, home)
			}
		})
	}
	if err := w.EndSession(t.Context(), id, id.Actor().Session, home); err != nil {
		t.Error(err)
	}
	w.dead("at once", o.Cookie)
	wg.Wait()
	w.dead("later", o.Cookie)
}

// TestTokens: no bit can be changed, and no two are the same.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, o := w.enlist(address)
	good := o.Cookie.Reveal()
	for i := range good {
		for _, bit := range []byte{1, 2, 4, 8, 16, 32, 64, 128} {
			bad := append([]byte(nil), good...)
			bad[i] ^= bit
			w.dead("changed", keyring.NewSecret(bad))
		}
	}
	w.dead("empty", keyring.Secret{})
	w.dead("a browser's cookie", o.Device)
}

// TestTheft: the same cookie in another browser and network ends every
// session, with a mail; one of the two alone does not.
func TestTheft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, o := w.enlist(address)
	other, err := w.signIn(good, o.Device)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]session.Peer{
		"another_network": {Address: "192.0.2.77", Agent: home.Agent},
		"a_new_version":   {Address: "192.0.2.77", Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"},
		"home_again":      home,
	} {
		if _, err := w.Session(t.Context(), o.Cookie, p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Session(t.Context(), o.Cookie, thief); !fault.Is(err, fault.Unauthenticated) {
		t.Fatalf("a thief is let in: %v", err)
	}
	w.dead("the stolen one", o.Cookie)
	w.dead("another one", other.Cookie)
	w.mail(notify.SessionsRevoked)
	if len(w.alerts) != 1 || !strings.Contains(w.alerts[0], "another browser and another network") {
		t.Errorf("the operator is told %q", w.alerts)
	}
}

// TestNotMe: the link of an alert ends everything.
func TestNotMe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, o := w.enlist(address)
	if w.count(notify.NewDevice) != 0 {
		t.Error("the first browser is news")
	}
	if _, err := w.signIn(good, o.Device); err != nil || w.count(notify.NewDevice) != 0 {
		t.Errorf("a known browser is news: %v", err)
	}
	stolen, err := w.SignIn(t.Context(), address, secret(good), keyring.Secret{}, thief)
	if err != nil {
		t.Fatal(err)
	}
	m := w.mail(notify.NewDevice)
	if m.Words["device"] != "curl" || m.Words["place"] != thief.Address {
		t.Errorf("told %v", m.Words)
	}
	refused(t, "another link", w.NotMe(t.Context(), link(m)[1:], home), fault.Invalid, "link")
	if err := w.NotMe(t.Context(), link(m), home); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Session(t.Context(), stolen.Cookie, thief); !fault.Is(err, fault.Unauthenticated) {
		t.Error("the thief stays")
	}
	w.dead("all others", o.Cookie)
	w.mail(notify.ResetAccess)
}

// TestBurn: what was seen in clear is dead.
func TestBurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, o := w.enlist(address)
	token, err := w.MakeToken(t.Context(), id, session.TokenOrder{Name: "script", Scopes: []string{"read"}}, home)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Burn(t.Context(), o.Cookie, token, home); err != nil {
		t.Fatal(err)
	}
	w.dead("in clear", o.Cookie)
	if _, _, err := w.Token(t.Context(), token, home); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the token lives: %v", err)
	}
	w.mail(notify.SessionsRevoked)
}
