package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestPurge: a reverted import and its original stay for as long as the law
// says, and longer while they are held; one that counts stays anyway.
func TestPurge(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		c := &ticking{}
		s := p.open(t, store.Config{Clock: c.now})
		scope := tenant.ForJob(newFirm(t, s).Firm(), tenant.NewID(), "test")
		reverted, counts := newImport(keptFile(t, s, scope)), newImport(keptFile(t, s, scope))
		reverted.State = intake.Reverted
		in := func(fn func(intake.Tx) error) {
			t.Helper()
			if err := s.Imports().InEntity(t.Context(), scope, fn); err != nil {
				t.Fatal(err)
			}
		}
		in(func(tx intake.Tx) error {
			reverted.Created, counts.Created = tx.Now(), tx.Now()
			return errors.Join(tx.AddImport(reverted), tx.AddImport(counts))
		})
		var hold tenant.ID
		if err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) (err error) {
			hold, err = tx.Hold(t.Context(), scope.Entity(), "a dispute")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		purged := func(years int, want bool) {
			t.Helper()
			c.off.Store(int64(years) * 366 * int64(24*time.Hour))
			if err := s.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			in(func(tx intake.Tx) error {
				if _, err := tx.Import(reverted.ID); fault.Is(err, fault.NotFound) != want {
					t.Errorf("after %d years: %v", years, err)
				}
				_, err := tx.Import(counts.ID)
				return err
			})
			r, err := s.OpenFile(t.Context(), scope, reverted.Sources[0].Original)
			if fault.Is(err, fault.NotFound) != want {
				t.Errorf("its original after %d years: %v", years, err)
			}
			if err == nil {
				_ = r.Close()
			}
		}
		purged(7, false)
		purged(9, false)
		if err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error { return tx.Lift(t.Context(), hold) }); err != nil {
			t.Fatal(err)
		}
		purged(9, true)
		if r, err := s.OpenFile(t.Context(), scope, counts.Sources[0].Original); err != nil {
			t.Error(err)
		} else {
			_ = r.Close()
		}
	})
}
