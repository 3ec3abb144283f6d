package store_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// marker seals by writing where a value belongs in front of it, so that tests
// see that the place is right. It hides nothing.
type marker string

func (m marker) mark(table, row, field string) []byte {
	return fmt.Appendf(nil, "%s:%s:%s:%s:", string(m), table, row, field)
}

func (m marker) Seal(table, row, field string, plain []byte) ([]byte, error) {
	return append(m.mark(table, row, field), plain...), nil
}

func (m marker) Open(table, row, field string, sealed []byte) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, m.mark(table, row, field))
	if !ok {
		return nil, errors.New("sealed for another place")
	}
	return plain, nil
}

func (m marker) LookUp(table, field string, plain []byte) []byte {
	sum := sha256.Sum256(append(m.mark(table, "", field), plain...))
	return sum[:]
}

func (m marker) Signer(purpose string) ed25519.PrivateKey {
	sum := sha256.Sum256([]byte(string(m) + purpose))
	return ed25519.NewKeyFromSeed(sum[:])
}

// markers gives each firm its marker.
type markers struct{}

func (markers) Control(context.Context) (store.Sealer, error) { return marker("control"), nil }
func (markers) Firm(_ context.Context, firm tenant.FirmID) (store.Sealer, error) {
	return marker(firm.String()), nil
}

// TestFiles: a file comes back as it was put in, whatever its size, once it
// is kept; one that is not kept goes after a day.
func TestFiles(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		c := &ticking{}
		s := p.open(t, store.Config{Clock: c.now})
		scope := newFirm(t, s)
		for _, size := range []int{0, 1, 1<<20 - 1, 1 << 20, 1<<20 + 1, 3 << 20} {
			content := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
			id, n, sum, err := s.PutFile(t.Context(), scope, bytes.NewReader(content))
			if err != nil || n != int64(size) || sum != sha256.Sum256(content) {
				t.Fatalf("%d bytes: %d %v", size, n, err)
			}
			if _, err := s.OpenFile(t.Context(), scope, id); !fault.Is(err, fault.NotFound) {
				t.Errorf("a file that is not kept: %v", err)
			}
			if err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error { return tx.KeepFile(t.Context(), id) }); err != nil {
				t.Fatal(err)
			}
			r, err := s.OpenFile(t.Context(), scope, id)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes come back as %d: %v", size, len(got), err)
			}
			if _, err := s.OpenFile(t.Context(), newFirm(t, s), id); !fault.Is(err, fault.NotFound) {
				t.Errorf("another firm's file: %v", err)
			}
		}
		stray, _, _, err := s.PutFile(t.Context(), scope, bytes.NewReader([]byte("x")))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := s.PutFile(t.Context(), scope, iotest.ErrReader(errors.New("gone"))); err == nil {
			t.Error("half a file is taken")
		}
		c.off.Store(int64(25 * time.Hour))
		if err := s.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error { return tx.KeepFile(t.Context(), stray) }); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stray file is still there: %v", err)
		}
	})
}

// TestAnswers: an act under a key happens once, and its key serves no other.
func TestAnswers(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		c := &ticking{}
		s := p.open(t, store.Config{Clock: c.now})
		scope := newFirm(t, s)
		digest, other := fmt.Sprintf("%064d", 1), fmt.Sprintf("%064d", 2)
		act := func(who, digest string) (answer []byte, found bool, err error) {
			err = s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error {
				if answer, found, err = tx.Answered(t.Context(), who, "k", digest); err != nil || found {
					return err
				}
				return tx.Answer(t.Context(), who, "k", digest, []byte("done by "+who))
			})
			return answer, found, err
		}
		for i, want := range []bool{false, true, true} {
			if got, found, err := act("a", digest); err != nil || found != want || found && string(got) != "done by a" {
				t.Errorf("act %d: %q %v %v", i, got, found, err)
			}
		}
		if _, found, err := act("b", digest); found || err != nil {
			t.Errorf("somebody else's key: %v %v", found, err)
		}
		if _, _, err := act("a", other); fault.Of(err).Code != "idempotency_key_reused" {
			t.Errorf("another request: %v", err)
		}
		c.off.Store(int64(8 * 24 * time.Hour))
		if _, found, err := act("a", other); found || err != nil {
			t.Errorf("after a week: %v %v", found, err)
		}
	})
}

// TestEvents: security events of a firm and of its people are read together,
// and are kept for ninety days.
func TestEvents(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		c := &ticking{}
		s := p.open(t, store.Config{Clock: c.now})
		scope, user := newFirm(t, s), tenant.NewID()
		who := tenant.Actor{Via: tenant.ViaSession, User: user, Address: "192.0.2.1"}
		err := s.Control(t.Context(), func(tx *store.ControlTx) error {
			return errors.Join(
				tx.Event(t.Context(), audit.Event{Kind: "sign_in", Outcome: "ok", Actor: who, Detail: "a\nb"}),
				tx.Event(t.Context(), audit.Event{Kind: "permission", Outcome: "ok", Actor: tenant.Actor{}, Firm: scope.Firm()}),
				tx.Event(t.Context(), audit.Event{Kind: "sign_in", Outcome: "ok", Actor: tenant.Actor{User: tenant.NewID()}}),
			)
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error {
			return tx.Event(t.Context(), audit.Event{Kind: "export", Outcome: "ok", Object: "file/1"})
		}); err != nil {
			t.Fatal(err)
		}
		pageSince := func(joined time.Time) []audit.Event {
			t.Helper()
			got, err := audit.NewReader(s.AuditLog()).EventPage(t.Context(), scope, audit.EventQuery{Users: map[tenant.UserID]time.Time{user: joined}})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		joined := c.now().Add(-time.Hour)
		page := func() []audit.Event { t.Helper(); return pageSince(joined) }
		if later := pageSince(c.now().Add(time.Hour)); len(later) != 2 {
			t.Errorf("from before somebody joined: %+v", later)
		}
		got := page()
		if len(got) != 3 || got[0].Kind != "export" || got[0].Actor.Name != "test" || got[0].Firm != scope.Firm() {
			t.Fatalf("events: %+v", got)
		}
		for _, e := range got {
			if e.Kind == "sign_in" && (e.Actor.User != user || e.Actor.Address != "192.0.2.1" || e.Detail != "a\nb") {
				t.Errorf("sign-in: %+v", e)
			}
		}
		for _, at := range []struct{ days, left int }{{89, 3}, {91, 0}} {
			c.off.Store(int64(at.days) * int64(24*time.Hour))
			if err := s.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := page(); len(got) != at.left {
				t.Errorf("after %d days: %d events", at.days, len(got))
			}
		}
	})
}

// TestRetention: a financial record is kept for its time, and longer while
// somebody holds it.
func TestRetention(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		c := &ticking{}
		s := p.open(t, store.Config{Clock: c.now})
		scope, entity, other := newFirm(t, s), tenant.NewID(), tenant.NewID()
		made := c.now()
		in := func(fn func(*store.FirmTx) error) {
			t.Helper()
			if err := s.InFirm(t.Context(), scope, fn); err != nil {
				t.Fatal(err)
			}
		}
		kept := func(e tenant.EntityID, want bool) {
			t.Helper()
			in(func(tx *store.FirmTx) error {
				if err := tx.Deletable(t.Context(), e, "CA", made); fault.Of(err).Code == "retention_hold" != want {
					t.Errorf("kept: %v, want %v", err, want)
				}
				return nil
			})
		}
		kept(entity, true)
		c.off.Store(int64(8 * 366 * 24 * time.Hour))
		kept(entity, false)
		var hold tenant.ID
		in(func(tx *store.FirmTx) (err error) { hold, err = tx.Hold(t.Context(), entity, "a dispute"); return err })
		kept(entity, true)
		kept(other, false)
		in(func(tx *store.FirmTx) error { return tx.Lift(t.Context(), hold) })
		kept(entity, false)
		in(func(tx *store.FirmTx) error {
			_, err := tx.Hold(t.Context(), tenant.EntityID{}, "an audit")
			return err
		})
		kept(other, true)
	})
}
