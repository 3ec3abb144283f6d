package session_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/session"
)

// steps counts what takes time: passwords that are hashed, and transactions.
type steps struct {
	session.Store
	hashes         atomic.Int64
	reads, commits atomic.Int64
	notes          atomic.Int64 // rows of accounts, of the audit log and of events that are written
}

// Control implements session.Store.
func (s *steps) Control(ctx context.Context, fn func(session.Tx) error) error {
	s.commits.Add(1)
	return s.Store.Control(ctx, func(tx session.Tx) error { return fn(notedTx{tx, s}) })
}

// notedTx counts what is written.
type notedTx struct {
	session.Tx
	s *steps
}

// AddUser implements session.Tx.
func (t notedTx) AddUser(ctx context.Context, u session.User) error {
	t.s.notes.Add(1)
	return t.Tx.AddUser(ctx, u)
}

// SaveUser implements session.Tx.
func (t notedTx) SaveUser(ctx context.Context, u session.User) error {
	t.s.notes.Add(1)
	return t.Tx.SaveUser(ctx, u)
}

// Audit implements session.Tx.
func (t notedTx) Audit(ctx context.Context, e audit.Entry) error {
	t.s.notes.Add(1)
	return t.Tx.Audit(ctx, e)
}

// Event implements session.Tx.
func (t notedTx) Event(ctx context.Context, e audit.Event) error {
	t.s.notes.Add(1)
	return t.Tx.Event(ctx, e)
}

// Read implements session.Store.
func (s *steps) Read(ctx context.Context, fn func(session.Tx) error) error {
	s.reads.Add(1)
	return s.Store.Read(ctx, fn)
}

// take returns the counts and begins anew.
func (s *steps) take() string {
	return fmt.Sprintf("%d hashes, %d reads, %d commits, %d notes", s.hashes.Swap(0), s.reads.Swap(0), s.commits.Swap(0), s.notes.Swap(0))
}

// TestNobodyIsToldApart: signing in, opening an account and asking for a new
// password take the same steps and give the same answer for an address with an
// account, without one, and with one that is disabled or not confirmed.
func TestNobodyIsToldApart(t *testing.T) {
	t.Parallel()
	s := new(steps)
	w := newWorld(t, func(c *session.Config) { s.Store, c.Store = c.Store, s })
	w.CountHashes(&s.hashes)
	w.enlist(address)
	w.enlist("gone@example.org")
	if err := w.Disable(t.Context(), "gone@example.org", true); err != nil {
		t.Fatal(err)
	}
	if err := w.Register(t.Context(), "waits@example.org", secret(good), home); err != nil {
		t.Fatal(err)
	}
	s.take()
	w.sent()
	for name, c := range map[string]struct {
		do   func(email string) error
		want string
	}{
		"sign_in": {func(email string) error {
			_, err := w.SignIn(t.Context(), email, secret("a wrong horse battery staple"), nothing, home)
			return err
		}, "1 hashes, 1 reads, 1 commits, 1 notes, 0 mails"},
		"register": {func(email string) error {
			return w.Register(t.Context(), email, secret("another horse battery staple"), home)
		}, "1 hashes, 0 reads, 1 commits, 3 notes, 1 mails"},
		"reset": {func(email string) error { return w.AskReset(t.Context(), email, home) }, "0 hashes, 0 reads, 1 commits, 1 notes, 1 mails"},
	} {
		answers := make(map[string]bool)
		for _, email := range []string{address, "nobody-" + name + "@example.org", "gone@example.org", "waits@example.org"} {
			err := c.do(email)
			answers[fmt.Sprint(err)] = true
			if got := fmt.Sprintf("%s, %d mails", s.take(), w.sent()); got != c.want {
				t.Errorf("%s of %s: %s, want %s", name, email, got, c.want)
			}
		}
		if len(answers) != 1 {
			t.Errorf("%s: the answers differ: %v", name, answers)
		}
	}
}
