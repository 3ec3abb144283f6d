package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/job"
)

// queue is where tasks go.
type queue interface {
	// insert adds a task in a transaction on the control plane.
	insert(t *tx, s job.Stored) error
	// resume gives back what a process that died was working on.
	resume(ctx context.Context, s *Store) error
	// promote makes tasks whose time has come ready.
	promote(ctx context.Context, s *Store) error
	// work works tasks until ctx ends.
	work(ctx context.Context, s *Store, w job.Worker) error
}

// sqliteQueue keeps jobs in control.db, over its only connection that writes.
type sqliteQueue struct {
	driver *riversqlite.Driver
	jobs   *job.Queue[*sql.Tx]
}

func newSQLiteQueue(ctx context.Context, control *database, now clock.Clock) (queue, error) {
	driver := riversqlite.New(control.write)
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: job.Quiet()})
	if err != nil {
		return nil, err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, err
	}
	jobs, err := job.NewQueue(driver, now, "")
	return sqliteQueue{driver, jobs}, err
}

func (q sqliteQueue) insert(t *tx, s job.Stored) error {
	if waits, err := t.waits(s); err != nil || waits {
		return err
	}
	return q.jobs.Insert(t.ctx, t.sql, s)
}

// resume implements queue: one process at a time has the data directory, so
// whatever is marked as running now was left by one that is gone, and so were
// leases of others.
func (sqliteQueue) resume(ctx context.Context, s *Store) error {
	return s.Control(ctx, func(t *ControlTx) error {
		return errors.Join(t.db.Exec("update river_job set state = 'available' where state = 'running'").Error,
			t.db.Where("holder not like ?", s.holder("%")).Delete(&leaseRow{}).Error)
	})
}

// riverLayout is how River writes times in SQLite.
const riverLayout = "2006-01-02 15:04:05.000"

// promote implements queue.
func (sqliteQueue) promote(ctx context.Context, s *Store) error {
	return s.promote(ctx, s.now().Format(riverLayout))
}

func (q sqliteQueue) work(ctx context.Context, _ *Store, w job.Worker) error {
	return job.Work(ctx, q.driver, w)
}

// promote makes tasks ready whose time has come by the clock. River does so as
// well, but only every few seconds and by one of the replicas.
func (s *Store) promote(ctx context.Context, now any) error {
	const due = "state in ('retryable', 'scheduled') and scheduled_at <= ?"
	var n int64
	err := s.ReadControl(ctx, func(t *ControlTx) error { return t.db.Table(t.jobs()).Where(due, now).Count(&n).Error })
	if err != nil || n == 0 {
		return err
	}
	return s.Control(ctx, func(t *ControlTx) error {
		return t.db.Table(t.jobs()).Where(due, now).Update("state", "available").Error
	})
}

// waits reports whether a task of the same kind, firm and key waits already.
func (t *tx) waits(s job.Stored) (bool, error) {
	if s.Key == "" {
		return false, nil
	}
	same := "coalesce(args->>'key', '') = ? and coalesce(args->>'firm', '') = ?" // both dialects read it
	var n int64
	err := t.db.Table(t.jobs()).
		Where("kind = ? and state in ('available', 'pending', 'retryable', 'scheduled')", s.Kind).
		Where(same, s.Key, s.Firm).Count(&n).Error
	return n > 0, err
}

// Waiting returns how many tasks wait and how old the oldest is.
func (s *Store) Waiting(ctx context.Context) (n int64, oldest time.Duration, err error) {
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		var row struct {
			N  int64
			At stamp
		}
		err := t.db.Table(t.jobs()).Select("count(*) as n", "min(scheduled_at) as at").Where("state = 'available'").Take(&row).Error
		if row.N > 0 {
			n, oldest = row.N, max(0, t.Now().Sub(row.At.Time))
		}
		return err
	})
	return n, oldest, err
}

// postgresQueue keeps jobs in the schema of the control plane.
type postgresQueue struct {
	driver *riverpgxv5.Driver
	jobs   *job.Queue[pgx.Tx]
	life   *life
	beats  int             // of this process; owned by promote
	others map[string]sign // of life, of other replicas; owned by promote
}

func newPostgresQueue(pool *pgxpool.Pool, now clock.Clock) (queue, error) {
	driver := riverpgxv5.New(pool)
	jobs, err := job.NewQueue(driver, now, controlTree)
	return &postgresQueue{driver: driver, jobs: jobs, life: &life{config: pool.Config().ConnConfig}, others: make(map[string]sign)}, err
}

func (q *postgresQueue) insert(t *tx, s job.Stored) error {
	if waits, err := t.waits(s); err != nil || waits {
		return err
	}
	in, err := t.joined()
	if err != nil {
		return err
	}
	return q.jobs.Insert(t.ctx, in, s)
}

// resume implements queue: it says that this replica is there before it takes
// work. What one that is gone was working on is given back by rescue.
func (q *postgresQueue) resume(ctx context.Context, s *Store) error {
	if err := q.life.begin(ctx, s.sign()); err != nil {
		return err
	}
	return q.say(ctx, s)
}

// promote implements queue.
func (q *postgresQueue) promote(ctx context.Context, s *Store) error {
	return errors.Join(q.rescue(ctx, s), s.promote(ctx, stamp{s.now()}))
}
