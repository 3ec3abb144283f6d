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
	bad  map[string]string // what was bad at the last look; owned by Look
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
	now := map[string]string{} // what is bad, and in which words
	say := func(code string, limit bool, words string, figure float64) {
		if limit {
			now[code] = fmt.Sprintf(words, figure)
		}
	}
	say("disk_full", free < diskFull, "%.1f %% of the disk is free. Nothing is written and no work is begun until there is more room.", free)
	say("disk_low", free < diskLow, "%.1f %% of the disk is free.", free)
	say("memory_low", used > memoryLow, "%.1f %% of the memory is in use.", used)
	w.tell(ctx, now)
}

// tell tells what has changed since the look before.
func (w *Watch) tell(ctx context.Context, now map[string]string) {
	for _, code := range []string{"disk_full", "disk_low", "memory_low"} {
		a := Alert{Code: code, Words: now[code], Over: now[code] == ""}
		switch {
		case a.Over == (w.bad[code] == ""):
			continue
		case a.Over:
			a.Words = "It is well again. Before: " + w.bad[code]
			w.Log.InfoContext(ctx, "the machine is well again", "code", code)
		default:
			w.Log.ErrorContext(ctx, "the machine is short of something", "code", code, "reason", a.Words)
		}
		if w.Tell != nil {
			w.Tell(ctx, a)
		}
	}
	w.bad = now
}
