package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

func note(ctx context.Context, object string) func(*store.FirmTx) error {
	return func(tx *store.FirmTx) error {
		return tx.Audit(ctx, audit.Entry{Action: "test.note", Object: object})
	}
}

// TestScope: half a scope and an unknown firm reach nothing.
func TestScope(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{Clock: still})
		fn := func(*store.FirmTx) error { t.Error("let in"); return nil }
		if err := s.InFirm(t.Context(), tenant.Scope{}, fn); !errors.Is(err, tenant.ErrScope) {
			t.Errorf("no scope: %v", err)
		}
		unknown := tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
		if err := s.InFirm(t.Context(), unknown, fn); !fault.Is(err, fault.NotFound) {
			t.Errorf("unknown firm: %v", err)
		}
		err := s.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), tenant.NewID(), "us") })
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("another region: %v", err)
		}
	})
}

// TestMovedFile: the file of one firm in the place of another is refused, and
// a file that is gone does not become an empty firm.
func TestMovedFile(t *testing.T) {
	t.Parallel()
	p := place{dir: t.TempDir()}
	s := p.open(t, store.Config{})
	a, b := newFirm(t, s), newFirm(t, s)
	for _, scope := range []tenant.Scope{a, b} {
		if err := s.InFirm(t.Context(), scope, note(t.Context(), "a")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file := func(scope tenant.Scope) string { return filepath.Join(p.dir, "firms", scope.Firm().String()+".db") }
	if err := os.Rename(file(b), file(a)); err != nil {
		t.Fatal(err)
	}
	s = p.open(t, store.Config{})
	for _, scope := range []tenant.Scope{a, b} {
		if err := s.InFirm(t.Context(), scope, note(t.Context(), "b")); err == nil {
			t.Error("a file in the wrong place, or none, is taken")
		}
	}
}

// TestRollback: an error and a panic leave nothing, and the store goes on.
func TestRollback(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{Clock: still})
		scope := newFirm(t, s)
		stop := errors.New("stop")
		after := false
		err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error {
			tx.AfterCommit(func() { after = true })
			return errors.Join(tx.Enqueue(t.Context(), job.Task{Kind: "test.work"}), stop)
		})
		if !errors.Is(err, stop) || after {
			t.Errorf("an error: %v, after commit %v", err, after)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic is swallowed")
				}
			}()
			_ = s.InFirm(t.Context(), scope, func(*store.FirmTx) error { panic("stop") })
		}()
		if err := s.InFirm(t.Context(), scope, note(t.Context(), "a")); err != nil {
			t.Error(err)
		}
	})
}

// TestWriters: writers of one firm and of many wait for each other, and few
// files stay open.
func TestWriters(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{Clock: still})
		var scopes []tenant.Scope
		for range 4 {
			scopes = append(scopes, newFirm(t, s))
		}
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				for range 4 {
					if err := s.InFirm(t.Context(), scopes[i%4], note(t.Context(), "a")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		kept := 0
		for _, scope := range scopes {
			links, err := s.AuditLog().Links(t.Context(), scope, audit.Query{Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			kept += len(links)
		}
		if kept != 64*4 {
			t.Errorf("%d of %d writes are kept", kept, 64*4)
		}
	})
}

// TestReadOnly: a transaction for reading cannot write.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{Clock: still})
		if err := s.ReadFirm(t.Context(), newFirm(t, s), note(t.Context(), "a")); err == nil {
			t.Error("a reader writes")
		}
	})
}

// TestAudit: a chain is read as it was written, and each link proves the one
// before.
func TestAudit(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{Clock: still})
		scope := newFirm(t, s)
		for range 3 {
			if err := s.InFirm(t.Context(), scope, note(t.Context(), "entity/1")); err != nil {
				t.Fatal(err)
			}
		}
		links, err := audit.NewReader(s.AuditLog()).Page(t.Context(), scope, audit.Query{})
		if err != nil || len(links) != 3 {
			t.Fatalf("%d links: %v", len(links), err)
		}
		prev := audit.Hash{}
		for i := range links {
			l := links[len(links)-1-i]
			if l.Seq != int64(i+1) || l.Prev != prev || l.Hash != l.Sum(scope.Firm().String()) || l.Actor != "test" || !l.At.Equal(today) {
				t.Errorf("link %d: %+v", i+1, l)
			}
			prev = l.Hash
		}
	})
}
