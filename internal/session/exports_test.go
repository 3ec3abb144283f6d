package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestExports: a busy day passes; what is more ends every session and the
// token that asked, tells the person and the operator, and counts per person.
func TestExports(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files int   // that pass within an hour
		size  int64 // of each
	}{"many_files": {150, 1000}, "large_files": {2, 1 << 30}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id, o := w.enlist(address)
			bob, _ := w.enlist("bob@example.org")
			token, err := w.MakeToken(t.Context(), id, session.TokenOrder{Name: "t", Scopes: session.Scopes()[:1]}, home)
			if err != nil {
				t.Fatal(err)
			}
			byToken, _, err := w.Token(t.Context(), token, home)
			if err != nil {
				t.Fatal(err)
			}
			take := func(n int) (err error) {
				for range n {
					if err = w.Exported(t.Context(), byToken.Actor(), c.size); err != nil {
						return err
					}
				}
				return nil
			}
			for range 2 { // two hours
				if err := take(c.files); err != nil {
					t.Fatalf("a busy hour: %v", err)
				}
				for range 3 {
					w.pass(20 * time.Minute)
					w.who(o)
				}
			}
			if err := take(c.files); err != nil {
				t.Fatal(err)
			}
			if err := w.Exported(t.Context(), bob.Actor(), c.size); err != nil {
				t.Errorf("somebody else: %v", err)
			}
			refused(t, "one more", take(1), fault.TooMany, "mass_export")
			w.dead("the session", o.Cookie)
			if _, _, err := w.Token(t.Context(), token, home); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("the token is good: %v", err)
			}
			if m := w.mail(notify.SessionsRevoked); m.To != address || !strings.Contains(m.Words["reason"], "downloaded") {
				t.Errorf("the mail: %+v", m)
			}
			if len(w.alerts) != 1 || !strings.Contains(w.alerts[0], "downloaded") {
				t.Errorf("the operator is told %q", w.alerts)
			}
			o, err = w.SignIn(t.Context(), address, secret(good), keyring.Secret{}, home)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Exported(t.Context(), w.who(o).Actor(), c.size); err != nil {
				t.Errorf("after signing in again: %v", err)
			}
			if err := w.Exported(t.Context(), tenant.Actor{}, 1<<40); err != nil {
				t.Errorf("a command of the operator: %v", err)
			}
		})
	}
}
