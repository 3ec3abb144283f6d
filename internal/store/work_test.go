package store_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// ticking is a clock that goes on from a day by itself and can be turned.
type ticking struct{ off atomic.Int64 }

func (c *ticking) now() time.Time { return time.Now().UTC().Add(time.Duration(c.off.Load())) }

// work works a registry until the test ends or stop is called.
func work(t *testing.T, s *store.Store, reg *job.Registry) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Work(ctx, reg) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// wait waits for n values.
func wait[T any](t *testing.T, what string, c <-chan T, n int) (got []T) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for len(got) < n {
		select {
		case v := <-c:
			got = append(got, v)
		case <-limit:
			t.Fatalf("%s: %d of %d", what, len(got), n)
		}
	}
	return got
}

// armed waits until schedules have their times.
func armed(t *testing.T, s *store.Store, c *ticking) {
	t.Helper()
	for yes := false; !yes; {
		var err error
		if yes, err = s.Due(t.Context(), c.now().Add(25*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
}

func handle(t *testing.T, reg *job.Registry, k job.Kind) {
	t.Helper()
	if err := reg.Handle(k); err != nil {
		t.Fatal(err)
	}
}

// TestWork: tasks of both kinds of transactions are worked, one whose
// transaction fails is not, and what fails is tried again.
func TestWork(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		c := &ticking{}
		var log strings.Builder
		s := p.open(t, store.Config{Clock: c.now, Log: slog.New(slog.NewTextHandler(&lines{w: &log}, nil))})
		scope := newFirm(t, s)
		reg := job.NewRegistry(2)
		ran, failed := make(chan job.Run, 10), make(chan int, 10)
		handle(t, reg, job.Kind{Name: "test.work", Backoff: func(try int) time.Duration { failed <- try; return time.Hour }, Work: func(_ context.Context, r job.Run) error {
			var n int
			if err := r.Args(&n); err != nil {
				return err
			}
			ran <- r
			switch {
			case n == 1 && r.Try == 1:
				return errors.New("first try")
			case n == 2 && r.Try == 1:
				panic("second")
			case n == 3:
				return job.Never(errors.New("never"))
			}
			return nil
		}})
		for n := range 4 {
			task := job.Task{Kind: "test.work", Args: n}
			err := s.Control(t.Context(), func(tx *store.ControlTx) error { return tx.Enqueue(t.Context(), task) })
			if n%2 == 0 {
				err = errors.Join(err, s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error { return tx.Enqueue(t.Context(), task) }))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error {
			return errors.Join(tx.Enqueue(t.Context(), job.Task{Kind: "test.work", Args: 9}), errors.New("stop"))
		})
		if err == nil {
			t.Fatal("no error")
		}
		stop := work(t, s, reg)
		for _, r := range wait(t, "first tries", ran, 6) {
			if r.Try != 1 || !r.Firm.IsZero() && r.Firm != scope.Firm() {
				t.Errorf("run %+v", r)
			}
		}
		wait(t, "failures", failed, 3)
		c.off.Store(int64(2 * time.Hour))
		for _, r := range wait(t, "second tries", ran, 3) {
			if r.Try != 2 || r.Last {
				t.Errorf("run %+v", r)
			}
		}
		stop()
		if n := strings.Count(log.String(), "panic in job"); n != 2 {
			t.Errorf("%d panics are logged:\n%s", n, log.String())
		}
	})
}

// lines is a writer for several goroutines.
type lines struct {
	mu sync.Mutex
	w  *strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// TestKey: a task with a key waits only once; one that runs does not count.
func TestKey(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{})
		a, b := newFirm(t, s), newFirm(t, s)
		started, release := make(chan job.Run, 10), make(chan struct{})
		reg := job.NewRegistry(1)
		handle(t, reg, job.Kind{Name: "test.work", Work: func(_ context.Context, r job.Run) error {
			started <- r
			<-release
			return nil
		}})
		add := func(scope tenant.Scope, key string) {
			err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error { return tx.Enqueue(t.Context(), job.Task{Kind: "test.work", Key: key}) })
			if err != nil {
				t.Fatal(err)
			}
		}
		add(a, "x")
		work(t, s, reg)
		wait(t, "the first", started, 1)
		for range 3 {
			add(a, "x")
			add(b, "x")
			add(a, "y")
		}
		for n := int64(0); n < 3; {
			var err error
			if n, _, err = s.Waiting(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		close(release)
		wait(t, "the others", started, 3)
		if n, _, err := s.Waiting(t.Context()); n != 0 || err != nil {
			t.Errorf("%d wait: %v", n, err)
		}
	})
}

// TestSchedule: what comes back does so when its time comes, once, and is made
// up for if nobody worked at that time.
func TestSchedule(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		c := &ticking{}
		s := p.open(t, store.Config{Clock: c.now})
		ran := make(chan struct{}, 10)
		reg := job.NewRegistry(1)
		handle(t, reg, job.Kind{Name: "test.daily", Work: func(context.Context, job.Run) error { ran <- struct{}{}; return nil }})
		if err := reg.Every("test", "@daily", job.Task{Kind: "test.daily"}); err != nil {
			t.Fatal(err)
		}
		stop := work(t, s, reg)
		armed(t, s, c)
		for day := 1; day <= 2; day++ {
			c.off.Store(int64(day) * int64(24*time.Hour))
			wait(t, "a day", ran, 1)
		}
		stop()
		c.off.Store(10 * int64(24*time.Hour))
		work(t, s, reg)
		wait(t, "after a pause", ran, 1)
		if len(ran) != 0 {
			t.Errorf("%d too many", len(ran))
		}
	})
}

// TestOutbox: a task whose firm's file was committed is worked although the
// process died before it was handed over.
func TestOutbox(t *testing.T) {
	t.Parallel()
	p := place{dir: t.TempDir()}
	s := p.open(t, store.Config{})
	scope := newFirm(t, s)
	err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error { return tx.Enqueue(t.Context(), job.Task{Kind: "test.work"}) })
	if err != nil {
		t.Fatal(err)
	}
	// What a process that dies leaves is what another one sees now.
	if found, _ := filepath.Glob(filepath.Join(p.dir, "firms", "*-wal")); len(found) != 1 {
		t.Fatalf("%d files are open", len(found))
	}
	second := p.open(t, store.Config{})
	ran := make(chan struct{}, 10)
	reg := job.NewRegistry(1)
	handle(t, reg, job.Kind{Name: "test.work", Work: func(context.Context, job.Run) error { ran <- struct{}{}; return nil }})
	stop := work(t, second, reg)
	wait(t, "the task", ran, 1)
	stop()
	if err := s.Close(); err != nil { // hands over too, and finds it done
		t.Fatal(err)
	}
	if n, _, err := second.Waiting(t.Context()); n != 0 || err != nil {
		t.Errorf("%d wait: %v", n, err)
	}
}

// TestLease: one holder at a time, until it ends.
func TestLease(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		c := &ticking{}
		s := p.open(t, store.Config{Clock: c.now})
		take := func(holder string, want bool) {
			t.Helper()
			got, err := s.Acquire(t.Context(), "exchange", holder, time.Minute)
			if err != nil || got != want {
				t.Errorf("%s: %v %v", holder, got, err)
			}
		}
		take("a", true)
		take("b", false)
		take("a", true)
		c.off.Store(int64(2 * time.Minute))
		take("b", true)
		take("a", false)
		if err := s.Release(t.Context(), "exchange", "b"); err != nil {
			t.Fatal(err)
		}
		take("a", true)
	})
}

// TestPause: while work pauses, as it does on a full disk, nothing is begun
// and the log says so; then all of it is done.
func TestPause(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		paused := make(chan struct{}, 10)
		log := slog.New(slog.NewTextHandler(writing(func(line string) {
			if strings.Contains(line, "work pauses") {
				paused <- struct{}{}
			}
		}), nil))
		s := p.open(t, store.Config{Log: log})
		scope := newFirm(t, s)
		var full atomic.Bool
		reg, done := job.NewRegistry(2), make(chan bool, 10)
		full.Store(true)
		reg.PauseWhile(full.Load)
		handle(t, reg, job.Kind{Name: "test.write", Work: func(context.Context, job.Run) error {
			done <- full.Load()
			return nil
		}})
		work(t, s, reg)
		for range 2 {
			wait(t, "pause", paused, 1)
			err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error {
				return tx.Enqueue(t.Context(), job.Task{Kind: "test.write"})
			})
			if err != nil {
				t.Fatal(err)
			}
			full.Store(false)
			if wait(t, "tasks", done, 1)[0] {
				t.Fatal("work was begun on a full disk")
			}
			full.Store(true)
		}
	})
}

// writing is a writer that hands on what it is given.
type writing func(string)

// Write implements io.Writer.
func (w writing) Write(p []byte) (int, error) {
	w(string(p))
	return len(p), nil
}
