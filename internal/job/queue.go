package job

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"

	"github.com/ledgersys/ledgersys/internal/clock"
)

// stored is a task as River keeps it.
type stored struct{ Stored }

// Kind implements river.JobArgs.
func (s stored) Kind() string { return s.Stored.Kind }

// Queue puts tasks among the jobs, in a transaction of type TTx.
type Queue[TTx any] struct{ client *river.Client[TTx] }

// NewQueue makes a queue on a driver of River, whose tables are in a schema.
func NewQueue[TTx any](driver riverdriver.Driver[TTx], now clock.Clock, schema string) (*Queue[TTx], error) {
	client, err := river.NewClient(driver, &river.Config{Schema: schema, Logger: Quiet(), Test: river.TestConfig{Time: riverTime{now}}})
	return &Queue[TTx]{client}, err
}

// noLimit leaves the number of tries to the kind.
const noLimit = 1000

// Insert adds a task in tx. What asked for it before is not heard again.
func (q *Queue[TTx]) Insert(ctx context.Context, tx TTx, s Stored) error {
	opts := &river.InsertOpts{ScheduledAt: s.At, Queue: laneOf(s.Kind), MaxAttempts: noLimit}
	if s.Once != "" {
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()}
	}
	_, err := q.client.InsertTx(ctx, tx, stored{s}, opts)
	return err
}

// Quiet keeps River from logging: what happens to jobs is logged by this
// package, in one line a run.
func Quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// riverTime gives River the injected time.
type riverTime struct{ now clock.Clock }

// Now implements rivertype.TimeGenerator.
func (t riverTime) Now() time.Time { return t.now() }

// NowOrNil implements rivertype.TimeGenerator.
func (t riverTime) NowOrNil() *time.Time { now := t.now(); return &now }
