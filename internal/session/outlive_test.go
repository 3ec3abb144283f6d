package session_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
)

// TestOldCookieStaysDead: a request that read a session before it got another
// cookie keeps when it was used, and not the cookie it came with.
func TestOldCookieStaysDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, o := w.enlist(address)
	var before session.Live
	err := w.store.Sessions().Read(t.Context(), func(tx session.Tx) (err error) {
		before, err = tx.Live(t.Context(), id.Actor().Session)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	renewed, err := w.Sudo(t.Context(), id, secret(good), nothing, home)
	if err != nil {
		t.Fatal(err)
	}
	before.Seen, before.Print.Sudo = w.now(), w.now().Add(time.Hour)
	if err := w.store.Sessions().Control(t.Context(), func(tx session.Tx) error { return tx.TouchLive(t.Context(), before) }); err != nil {
		t.Fatal(err)
	}
	w.dead("the cookie before", o.Cookie)
	if _, err := w.Session(t.Context(), renewed.Cookie, home); err != nil {
		t.Errorf("the cookie after: %v", err)
	}
}

// TestTokensEnd: what ends because it may have been stolen ends API tokens
// too, for good.
func TestTokensEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world) error{
		"signed_out": func(w *world) error { return w.SignOutAll(t.Context(), address) },
		"disabled":   func(w *world) error { return w.Disable(t.Context(), address, true) },
		"factors":    func(w *world) error { return w.ResetFactors(t.Context(), address) },
		"reset": func(w *world) error {
			if err := w.AskReset(t.Context(), address, home); err != nil {
				return err
			}
			return w.Reset(t.Context(), link(w.mail(notify.ResetAccess)), secret("a new and different passphrase"), home)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id, _ := w.enlist(address)
			if _, err := w.Sudo(t.Context(), id, secret(good), nothing, home); err != nil {
				t.Fatal(err)
			}
			token, err := w.MakeToken(t.Context(), id, session.TokenOrder{Name: "script", Scopes: []string{"read"}}, home)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := w.Token(t.Context(), token, home); err != nil {
				t.Fatalf("before: %v", err)
			}
			if err := end(w); err != nil {
				t.Fatal(err)
			}
			if err := w.Disable(t.Context(), address, false); err != nil {
				t.Fatal(err)
			}
			if _, _, err := w.Token(t.Context(), token, home); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("after: %v", err)
			}
		})
	}
}

// TestTokenNeedsFactor: while a second factor is demanded and missing, no
// token goes around it.
func TestTokenNeedsFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _ := w.enlist(address)
	if _, err := w.Sudo(t.Context(), id, secret(good), nothing, home); err != nil {
		t.Fatal(err)
	}
	w.demand.Second = true
	order := session.TokenOrder{Name: "script", Scopes: []string{"read"}}
	_, err := w.MakeToken(t.Context(), id, order, home)
	refused(t, "without a factor", err, fault.Denied, "second_factor_due")
	w.enrol(id)
	if _, err := w.MakeToken(t.Context(), id, order, home); err != nil {
		t.Errorf("with one: %v", err)
	}
}

// TestStrangersLockNobodyOut: wrong passwords at the sign-in do not keep
// somebody who is signed in from proving who they are; wrong ones of their own
// session do.
func TestStrangersLockNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, o := w.enlist(address)
	for range 5 {
		_, _ = w.signIn("wrong horse battery staple", keyring.Secret{})
	}
	_, err := w.signIn(good, keyring.Secret{})
	refused(t, "a stranger", err, fault.TooMany, "locked")
	if _, err := w.Sudo(t.Context(), id, secret(good), nothing, home); err != nil {
		t.Errorf("signed in: %v", err)
	}
	for range 5 {
		_, err = w.Sudo(t.Context(), id, secret("wrong horse battery staple"), nothing, home)
		refused(t, "wrong", err, fault.Unauthenticated, "credentials")
	}
	_, err = w.Sudo(t.Context(), id, secret(good), nothing, home)
	refused(t, "its own wrong ones", err, fault.TooMany, "locked")
	other, err := w.signIn(good, o.Device)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Sudo(t.Context(), w.who(other), secret(good), nothing, home); err != nil {
		t.Errorf("another session: %v", err)
	}
}
