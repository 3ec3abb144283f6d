package clock_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
)

func TestSystem(t *testing.T) {
	t.Parallel()
	c, err := clock.System(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	got := c()
	if d := time.Since(got); d < 0 || d > time.Minute || got.Location() != time.UTC || got.Nanosecond()%1000 != 0 {
		t.Errorf("it is %s", got)
	}
}

// TestWait: a wait ends when the clock gets there, also by being set.
func TestWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var moved atomic.Int64
		c := clock.Clock(func() time.Time { return time.Now().Add(time.Duration(moved.Load())).UTC() })
		if err := c.Wait(t.Context(), c().Add(time.Hour)); err != nil || time.Since(start) != time.Hour {
			t.Errorf("waited %s: %v", time.Since(start), err)
		}
		start = time.Now()
		time.AfterFunc(time.Minute, func() { moved.Store(int64(336 * time.Hour)) })
		if err := c.Wait(t.Context(), c().Add(24*time.Hour)); err != nil || time.Since(start) > time.Minute+10*time.Second {
			t.Errorf("a clock that was set is noticed after %s: %v", time.Since(start)-time.Minute, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Wait(ctx, c().Add(time.Hour)); err == nil {
			t.Error("waited past the end of its context")
		}
		runs := 0
		short, stop := context.WithTimeout(t.Context(), 95*time.Second)
		defer stop()
		c.Every(short, 10*time.Second, func(context.Context) { runs++ })
		if runs != 9 {
			t.Errorf("%d runs in 95 s", runs)
		}
	})
}
