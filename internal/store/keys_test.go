package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/store"
)

// keyed opens an installation as the service does, with a master key in a file.
func (p place) keyed(t *testing.T) (*store.Store, *keyring.Keyring) {
	t.Helper()
	m, err := keyring.FindMasters("", "", p.dir, !store.HasData(p.dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CheckKeys(t.Context(), p.dir, m); err != nil {
		t.Fatal(err)
	}
	s := p.open(t, store.Config{})
	ring, err := s.OpenKeys(t.Context(), m, 0)
	if err != nil {
		t.Fatal(err)
	}
	return s, ring
}

// TestKeys: what an audit entry and an event say about people is read again
// after a restart, and never again once the firm's keys are destroyed.
func TestKeys(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s, _ := p.keyed(t)
		scope := newFirm(t, s)
		const canary = "canary-reason-7f3a"
		err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error {
			return errors.Join(tx.Audit(t.Context(), audit.Entry{Action: "test.note", Object: "a", Reason: canary}),
				tx.Event(t.Context(), audit.Event{Kind: "test", Outcome: "ok", Detail: canary}))
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		absent(t, p.dir, canary)
		s, ring := p.keyed(t)
		links, err := audit.NewReader(s.AuditLog()).Page(t.Context(), scope, audit.Query{})
		if err != nil || len(links) != 1 || links[0].Reason != canary {
			t.Errorf("read again: %+v: %v", links, err)
		}
		if _, err := ring.Firm(t.Context(), scope.Firm()); err != nil {
			t.Error(err)
		}
		err = s.Control(t.Context(), func(tx *store.ControlTx) error { return tx.DestroyKeys(t.Context(), scope.Firm()) })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := audit.NewReader(s.AuditLog()).Page(t.Context(), scope, audit.Query{}); !errors.Is(err, keyring.ErrDestroyed) {
			t.Errorf("a shredded firm is read: %v", err)
		}
	})
}

// TestWrongKey: data with another master key, or without one, is not opened.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	p := place{dir: t.TempDir()}
	s, _ := p.keyed(t)
	newFirm(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wrong, err := keyring.FindMasters("", "", t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CheckKeys(t.Context(), p.dir, wrong); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("another master key: %v", err)
	}
	if err := os.Remove(filepath.Join(p.dir, keyring.MasterName)); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.FindMasters("", "", p.dir, !store.HasData(p.dir)); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("no master key: %v", err)
	}
}

// absent fails if a text stands in a file below dir, other than the master key.
func absent(t *testing.T, dir, text string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == keyring.MasterName {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			t.Errorf("%s holds %q", path, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
