package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// grace is how long work may go on after it was asked to stop.
const grace = 8 * time.Second

// Worker works the tasks of a registry.
type Worker struct {
	Registry *Registry
	Clock    clock.Clock
	Log      *slog.Logger
	Schema   string // where River's tables are, "" for the only one
	Replica  string // names this process among those on the same database
}

// Work works tasks until ctx ends, then waits for those that run and returns.
// While the registry says that work pauses, none is begun.
func Work[TTx any](ctx context.Context, driver riverdriver.Driver[TTx], w Worker) error {
	for ctx.Err() == nil {
		if w.Registry.Paused() {
			w.Log.WarnContext(ctx, "work pauses")
			w.until(ctx, false)
			continue
		}
		if err := workOn(ctx, driver, w); err != nil {
			return err
		}
	}
	return nil
}

// until waits until work pauses, or goes on, or ctx ends.
func (w Worker) until(ctx context.Context, paused bool) {
	tick := time.NewTicker(pauseCheck)
	defer tick.Stop()
	for w.Registry.Paused() != paused {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// pauseCheck is how often a worker asks whether work pauses.
const pauseCheck = time.Second

// workOn works tasks until ctx ends or work pauses.
func workOn[TTx any](ctx context.Context, driver riverdriver.Driver[TTx], w Worker) error {
	workers, longest, queues := river.NewWorkers(), time.Minute, make(map[string]river.QueueConfig)
	for _, k := range w.Registry.kinds {
		river.AddWorkerArgs(workers, stored{Stored{Kind: k.Name}}, &handler{kind: k, Worker: w})
		longest = max(longest, k.Limit)
		lane := laneOf(k.Name)
		queues[lane] = river.QueueConfig{MaxWorkers: cmp.Or(w.Registry.lanes[lane], w.Registry.workers)}
	}
	client, err := river.NewClient(fenced[TTx]{driver}, &river.Config{
		ID: w.Replica, Schema: w.Schema, Logger: Quiet(), Queues: queues, Workers: workers,
		JobTimeout: longest, RescueStuckJobsAfter: longest + time.Minute,
		SoftStopTimeout: grace, ReindexerIndexNames: []string{}, // the service owns no index
		FetchPollInterval: time.Second,
		Test:              river.TestConfig{Time: riverTime{w.Clock}},
	})
	if err != nil {
		return fmt.Errorf("job: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("job: start: %w", err)
	}
	go func() {
		w.until(ctx, true)
		stop()
	}()
	<-client.Stopped()
	return nil
}

// handler implements river.Worker for one kind.
type handler struct {
	river.WorkerDefaults[stored]
	Worker
	kind Kind
}

// Timeout implements river.Worker.
func (h *handler) Timeout(*river.Job[stored]) time.Duration { return h.kind.Limit }

// NextRetry implements river.Worker.
func (h *handler) NextRetry(j *river.Job[stored]) time.Time {
	return h.Clock().Add(h.kind.Backoff(j.Attempt))
}

// Work implements river.Worker: it runs the kind's handler, logs one line and
// tells River no more of an error than its class, because River keeps it.
func (h *handler) Work(ctx context.Context, j *river.Job[stored]) error {
	r := Run{Kind: h.kind.Name, Key: j.Args.Key, Try: j.Attempt, Last: j.Attempt >= h.kind.Tries, args: j.Args.Args}
	began := h.Clock()
	err := h.run(ctx, &r, j.Args.Firm)
	state, answer := "done", error(nil)
	level := slog.LevelInfo
	wait := later{}
	switch {
	case err == nil:
	case errors.As(err, &wait):
		state, answer, err = "later", river.JobSnooze(wait.after), nil
	case r.Last, errors.Is(err, errNever):
		state, answer, level = "failed", river.JobCancel(errors.New(fault.Of(err).Kind.String())), slog.LevelError
	default:
		state, answer, level = "retry", errors.New(fault.Of(err).Kind.String()), slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("job", r.Kind), slog.String("state", state), slog.Int("try", r.Try), slog.Duration("took", h.Clock().Sub(began)),
	}
	if j.Args.Firm != "" {
		attrs = append(attrs, slog.String("firm", j.Args.Firm))
	}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	h.Log.LogAttrs(context.WithoutCancel(ctx), level, "job", attrs...)
	return answer
}

// run calls the handler and catches its panic.
func (h *handler) run(ctx context.Context, r *Run, firm string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.Log.ErrorContext(ctx, "panic in job", "job", r.Kind, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic of type %T", p)
		}
	}()
	if firm != "" {
		if r.Firm, err = tenant.ParseID(firm); err != nil {
			return Never(err)
		}
	}
	return h.kind.Work(ctx, *r)
}
