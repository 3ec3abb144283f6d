package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Moved is what a move copied of one table, of all firms together.
type Moved struct {
	Store  string `json:"store"` // control or firm
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	Digest string `json:"sha256"` // over the rows' hashes, the same on both sides
}

// movedMark is set in an installation that was moved away.
const movedMark = "store.moved"

// Move copies this installation, which is on SQLite, to an empty database of
// PostgreSQL that Migrate has prepared, in one transaction: all of it or
// nothing. Counts and digests of every table are compared before the commit,
// and all audit chains are verified after it. From then on the files here are
// not opened any more. Nobody else may use the store meanwhile.
func (s *Store) Move(ctx context.Context, c Config) (moved []Moved, err error) {
	if s.control.dialect != sqlite {
		return nil, errors.New("only an installation on SQLite can be moved")
	}
	if err := s.ReadControl(ctx, (*ControlTx).refuseMoved); err != nil {
		return nil, err
	}
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	c.Clock, c.Log, c.Residency, c.Keys, c.DataDir = s.clock, s.log, s.residency, s.keys, s.dir
	to := &Store{clock: s.clock, log: s.log, residency: s.residency, keys: s.keys, dir: s.dir, beat: s.beat, replica: s.replica, id: s.id}
	to.outbox, to.heads = newOutbox(to), newHeads(to)
	defer func() { err = errors.Join(err, to.Close()) }() //nolint:contextcheck // closing goes on when ctx has ended
	if err := to.connect(ctx, c); err != nil {
		return nil, err
	}
	err = to.firms.(*rows).db.run(ctx, mode{write: true}, func(t *tx) error {
		m := &mover{from: s, to: t.sql, sums: make(map[string]*Moved)}
		if err := m.all(ctx); err != nil {
			return err
		}
		moved = m.list
		return nil
	})
	if err != nil {
		return nil, err
	}
	return moved, to.arrive(ctx, s)
}

// settle leaves nothing in memory or in outboxes.
func (s *Store) settle(ctx context.Context) error {
	err := s.EachFirm(ctx, func(firm tenant.FirmID) error { return s.sweep(ctx, firm) })
	if err != nil {
		return err
	}
	_, err = s.Checkpoint(ctx)
	return err
}

// arrive brings the waiting tasks over, looks that every chain verifies, and
// closes what was moved.
func (s *Store) arrive(ctx context.Context, from *Store) error {
	if err := s.Control(ctx, (*ControlTx).found); err != nil {
		return err
	}
	var waiting []struct{ Args, ScheduledAt string }
	err := from.ReadControl(ctx, func(t *ControlTx) error {
		return t.db.Raw("select json(args) as args, scheduled_at from river_job where state in ('available', 'pending', 'retryable', 'running', 'scheduled') order by id").Scan(&waiting).Error
	})
	if err != nil {
		return err
	}
	err = s.Control(ctx, func(t *ControlTx) error {
		for _, w := range waiting {
			var task job.Stored
			if err := json.Unmarshal([]byte(w.Args), &task); err != nil {
				return err
			}
			var at stamp
			if err := at.Scan(w.ScheduledAt); err != nil {
				return err
			}
			task.At = at.Time
			if err := s.jobs.insert(t.tx, task); err != nil {
				return err
			}
		}
		return t.Audit(ctx, audit.Entry{Action: "store.move", Object: "installation/" + s.id, Actor: tenant.Actor{Via: tenant.ViaCommand, Name: "admin move"}})
	})
	if err != nil {
		return err
	}
	r, err := s.Verify(ctx, "")
	if err != nil {
		return err
	}
	if !r.OK() {
		return fmt.Errorf("after the move: %s", r.Findings[0])
	}
	return from.Control(ctx, func(t *ControlTx) error { return t.mark(movedMark) })
}

// refuseMoved refuses an installation that lives elsewhere now.
func (t *ControlTx) refuseMoved() error {
	at, err := t.marked(movedMark)
	if err == nil && !at.IsZero() {
		return fmt.Errorf("this installation was moved to PostgreSQL on %s: set database_url", at.Format(time.DateOnly))
	}
	return err
}
