// Package clock is the only source of the current time. Everything that acts
// is given a Clock; tests give it the time they want.
package clock

import (
	"context"
	"time"
)

// Clock tells the current time in UTC.
type Clock func() time.Time

// Fixed is a clock that stands still.
func Fixed(t time.Time) Clock { return t.UTC }

// Wait returns when the clock has reached a time, or with the context's error.
// It looks at the clock again and again, so that a clock that is set, or a
// machine that slept, is noticed within a step.
func (c Clock) Wait(ctx context.Context, until time.Time) error {
	for {
		left := until.Sub(c())
		if left <= 0 {
			return ctx.Err()
		}
		timer := time.NewTimer(min(left, step))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// Every calls work again and again with the same pause in between, first after
// one pause, until the context ends.
func (c Clock) Every(ctx context.Context, pause time.Duration, work func(context.Context)) {
	for c.Wait(ctx, c().Add(pause)) == nil {
		work(ctx)
	}
}

// now is the machine's time as it is stored: UTC, in microseconds.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
