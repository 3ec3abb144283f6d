package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// queue is where tasks go.
type queue interface {
	insert(t *tx, s job.Stored) error
}

// sqliteQueue keeps jobs in control.db, over its only connection that writes.
type sqliteQueue struct{ jobs *job.Queue[*sql.Tx] }

func newSQLiteQueue(ctx context.Context, control *database, now clock.Clock) (queue, error) {
	driver := riversqlite.New(control.write)
	m, err := rivermigrate.New(driver, &rivermigrate.Config{})
	if err != nil {
		return nil, err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, err
	}
	jobs, err := job.NewQueue(driver, now)
	return sqliteQueue{jobs}, err
}

func (q sqliteQueue) insert(t *tx, s job.Stored) error {
	if s.Key != "" {
		waits, err := t.waits(s)
		if err != nil || waits {
			return err
		}
	}
	return q.jobs.Insert(t.ctx, t.sql, s)
}

// waits reports whether a task of the same kind, firm and key waits already.
func (t *tx) waits(s job.Stored) (bool, error) {
	field := map[dialect]string{sqlite: "json_extract(args, '$.", postgres: "(args->>'"}[t.dialect]
	end := map[dialect]string{sqlite: "')", postgres: "')"}[t.dialect]
	var n int64
	err := t.db.Table("river_job").
		Where("kind = ? and state in ('available', 'pending', 'retryable', 'scheduled')", s.Kind).
		Where("coalesce("+field+"key"+end+", '') = ? and coalesce("+field+"firm"+end+", '') = ?", s.Key, s.Firm).
		Limit(1).Count(&n).Error
	return n > 0, err
}

// sweepSoon hands over what waits in a firm's outbox.
func (s *Store) sweepSoon(firm tenant.FirmID) {
	if err := s.sweep(context.Background(), firm); err != nil {
		s.log.Warn("outbox is not handed over yet", "firm", firm.String(), "error", err)
	}
}

// sweep enqueues what waits in a firm's outbox and then forgets it. If it
// stops in between, the next one finds the same rows and enqueues nothing
// twice.
func (s *Store) sweep(ctx context.Context, firm tenant.FirmID) error {
	scope := tenant.ForJob(firm, tenant.EntityID{}, "store.sweep")
	var rows []outboxRow
	err := s.ReadFirm(ctx, scope, func(t *FirmTx) error { return t.db.Order("created_at, id").Limit(500).Find(&rows).Error })
	if err != nil || len(rows) == 0 {
		return err
	}
	ids := make([]key, len(rows))
	err = s.Control(ctx, func(t *ControlTx) error {
		var errs []error
		for i, r := range rows {
			ids[i] = r.ID
			errs = append(errs, t.store.jobs.insert(t.tx, r.task(firm)))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return err
	}
	return s.InFirm(ctx, scope, func(t *FirmTx) error { return t.db.Where("id in ?", ids).Delete(&outboxRow{}).Error })
}
