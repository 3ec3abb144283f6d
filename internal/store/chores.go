package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Purge deletes what is past its time, everywhere: security events, answers to
// requests, files that nothing kept, reverted imports whose years are over.
func (s *Store) Purge(ctx context.Context) error {
	err := s.Control(ctx, func(t *ControlTx) error { return errors.Join(t.dropEvents(), t.dropAnswers(), t.dropSessions()) })
	return errors.Join(err, s.EachFirm(ctx, func(firm tenant.FirmID) error {
		scope := tenant.ForJob(firm, tenant.EntityID{}, purgeKind)
		err := s.InFirm(ctx, scope, func(t *FirmTx) error {
			return errors.Join(t.dropEvents(), t.dropAnswers(), t.dropStray(), t.dropImports())
		})
		return errors.Join(err, s.sweep(ctx, firm))
	}))
}

// MigrateFirms brings every firm's database to the newest schema, which
// otherwise happens when it is first used.
func (s *Store) MigrateFirms(ctx context.Context) error {
	return s.EachFirm(ctx, func(firm tenant.FirmID) error {
		return s.ReadFirm(ctx, tenant.ForCommand(firm, tenant.EntityID{}, "migrate"), func(*FirmTx) error { return nil })
	})
}

// EachFirm calls fn for every firm that has a place here, whatever its state.
// It goes on after an error and returns all of them.
func (s *Store) EachFirm(ctx context.Context, fn func(tenant.FirmID) error) error {
	var firms []key
	err := s.ReadControl(ctx, func(t *ControlTx) error {
		return t.db.Model(&home{}).Order("firm_id").Pluck("firm_id", &firms).Error
	})
	errs := []error{err}
	for _, firm := range firms {
		if ctx.Err() != nil {
			return errors.Join(append(errs, ctx.Err())...)
		}
		if err := fn(tenant.FirmID(firm)); err != nil {
			errs = append(errs, fmt.Errorf("firm %s: %w", tenant.ID(firm), err))
		}
	}
	return errors.Join(errs...)
}
