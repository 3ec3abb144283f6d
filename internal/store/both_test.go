package store_test

import (
	"cmp"
	"log/slog"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// place is where a test keeps an installation: a folder of SQLite's files, or
// a database of PostgreSQL.
type place struct {
	dir            string
	service, owner string
}

// both runs a test on both databases. This is the suite that every adapter
// adds its cases to: what holds on one must hold on the other.
func both(t *testing.T, fn func(t *testing.T, p place)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, place{dir: t.TempDir()})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, newPostgres(t))
	})
}

// newPostgres makes an empty database with the schema.
func newPostgres(t *testing.T) place {
	t.Helper()
	p := place{dir: t.TempDir()}
	p.service, p.owner = testkit.SharedPostgres(t).NewDatabase(t)
	if err := store.Migrate(t.Context(), p.owner, p.service); err != nil {
		t.Fatal(err)
	}
	return p
}

// open opens the installation; what c leaves out is filled in.
func (p place) open(t *testing.T, c store.Config) *store.Store {
	t.Helper()
	s, err := p.try(t, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// try is open for what may fail.
func (p place) try(t *testing.T, c store.Config) (*store.Store, error) {
	t.Helper()
	if c.Clock == nil {
		c.Clock = (&ticking{}).now
	}
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Keys == nil {
		c.Keys = markers{}
	}
	c.Beat = cmp.Or(c.Beat, 50*time.Millisecond)
	c.DataDir, c.DatabaseURL = p.dir, p.service
	s, err := store.Open(t.Context(), c)
	if err == nil {
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return s, err
}

// newFirm makes a firm and returns the scope of a job on it.
func newFirm(t *testing.T, s *store.Store) tenant.Scope {
	t.Helper()
	firm := tenant.NewID()
	err := s.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), firm, "eu") })
	if err != nil {
		t.Fatal(err)
	}
	return tenant.ForJob(firm, tenant.EntityID{}, "test")
}

var today = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func still() time.Time { return today }
