package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ledgersys/ledgersys/internal/job"
)

// checkpointEvery is how often a checkpoint is made of chains that grow.
const checkpointEvery = 10 * time.Minute

// limitOfAll is how long a task may take that visits every firm.
const limitOfAll = time.Hour

// Work works tasks and keeps schedules until ctx ends. It returns only when
// everything it started has stopped.
func (s *Store) Work(ctx context.Context, reg *job.Registry) error {
	if err := s.workUntil(ctx, reg); ctx.Err() == nil {
		return err
	}
	return nil // it was asked to stop, be it in the middle of its start
}

func (s *Store) workUntil(ctx context.Context, reg *job.Registry) error {
	if err := s.jobs.resume(ctx, s); err != nil {
		return fmt.Errorf("resume jobs: %w", err)
	}
	left, err := s.firms.left()
	if err != nil {
		return err
	}
	s.heads.add(controlChain)
	for _, firm := range left {
		s.outbox.add(firm)
		s.heads.add(firm.String())
	}
	if err := s.Control(ctx, (*ControlTx).expectVerification); err != nil {
		return err
	}
	if err := reg.Arm(ctx, s, s.now()); err != nil {
		return fmt.Errorf("arm schedules: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return s.jobs.work(ctx, s, job.Worker{Registry: reg, Clock: s.clock, Log: s.log, Replica: s.replica})
	})
	g.Go(func() error { s.beats(ctx, reg); return nil })
	return g.Wait()
}

// beats does what comes up again and again until ctx ends. What fails is
// tried at the next beat.
func (s *Store) beats(ctx context.Context, reg *job.Registry) {
	tick := time.NewTicker(s.beat)
	defer tick.Stop()
	for {
		var err error
		if !reg.Paused() {
			err = errors.Join(reg.Tick(ctx, s, s.now()), s.jobs.promote(ctx, s), s.outbox.flush(ctx), s.heads.flush(ctx), s.checkpointSoon(ctx, checkpointEvery), s.watch(ctx))
		}
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "work is behind", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.outbox.wake:
		}
	}
}

// planRow is when a schedule comes next.
type planRow struct {
	Name   string
	Spec   string
	NextAt stamp
}

// TableName implements gorm's Tabler.
func (planRow) TableName() string { return "schedules" }

// Due implements job.Planner.
func (s *Store) Due(ctx context.Context, now time.Time) (due bool, err error) {
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		var n int64
		err := t.db.Model(&planRow{}).Where("next_at <= ?", stamp{now}).Count(&n).Error
		due = n > 0
		return err
	})
	return due, err
}

// Plans implements job.Planner.
func (s *Store) Plans(ctx context.Context, fn func([]job.Plan) ([]job.Plan, []job.Stored, error)) error {
	return s.Control(ctx, func(t *ControlTx) error {
		var rows []planRow
		if err := t.db.Order("name").Find(&rows).Error; err != nil {
			return err
		}
		kept := make([]job.Plan, len(rows))
		for i, r := range rows {
			kept[i] = job.Plan{Name: r.Name, Spec: r.Spec, Next: r.NextAt.Time}
		}
		change, tasks, err := fn(kept)
		if err != nil {
			return err
		}
		for _, task := range tasks {
			if err := s.jobs.insert(t.tx, task); err != nil {
				return err
			}
		}
		for _, c := range change {
			row := planRow{c.Name, c.Spec, stamp{c.Next}}
			if err := t.db.Clauses(t.replace("name")).Create(&row).Error; err != nil {
				return err
			}
		}
		return nil
	})
}
