package host

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
)

// The limits of the watch, in percent.
const (
	diskLow   = 10 // free: alert
	diskFull  = 2  // free: no more writes
	memoryLow = 90 // used: alert
)

// pause is how often the machine is looked at.
const pause = 15 * time.Second

// Alert is one thing about the machine that its operator should know.
type Alert struct {
	Code  string // disk_low, disk_full, memory_low
	Words string
	Over  bool // it is well again
}

// Watch looks after the machine. It tells each change once and keeps writes
// off while the disk is nearly full, so that nothing is ever half written.
type Watch struct {
	Dir     string
	Log     *slog.Logger
	Measure func(dir string) Figures // Measure, or another in tests
	// Tell is called when something becomes bad or good again; may be nil.
	Tell func(context.Context, Alert)

	full atomic.Bool
	last atomic.Pointer[Figures]
	bad  map[string]bool // owned by Look
}

// Full reports whether writes are off.
func (w *Watch) Full() bool { return w.full.Load() }

// Last returns the figures of the last look.
func (w *Watch) Last() Figures {
	if f := w.last.Load(); f != nil {
		return *f
	}
	return Figures{}
}

// Run looks again and again until the context ends. Look must have been called
// before it, so that the service never begins on a full disk.
func (w *Watch) Run(ctx context.Context, now clock.Clock) { now.Every(ctx, pause, w.Look) }

// Look measures once. It is not called by two goroutines at a time.
func (w *Watch) Look(ctx context.Context) {
	f := w.Measure(w.Dir)
	w.last.Store(&f)
	free, used := f.DiskShare(), f.MemoryShare()
	w.full.Store(free < diskFull)
	w.state(ctx, free < diskFull, Alert{Code: "disk_full", Words: fmt.Sprintf("%.1f %% of the disk is free. Nothing is written until there is more room.", free)})
	w.state(ctx, free < diskLow, Alert{Code: "disk_low", Words: fmt.Sprintf("%.1f %% of the disk is free.", free)})
	w.state(ctx, used > memoryLow, Alert{Code: "memory_low", Words: fmt.Sprintf("%.1f %% of the memory is in use.", used)})
}

// state tells a change.
func (w *Watch) state(ctx context.Context, bad bool, a Alert) {
	if bad == w.bad[a.Code] {
		return
	}
	if w.bad == nil {
		w.bad = make(map[string]bool)
	}
	w.bad[a.Code], a.Over = bad, !bad
	if bad {
		w.Log.ErrorContext(ctx, "the machine is short of something", "code", a.Code, "reason", a.Words)
	} else {
		w.Log.InfoContext(ctx, "the machine is well again", "code", a.Code, "reason", a.Words)
	}
	if w.Tell != nil {
		w.Tell(ctx, a)
	}
}
