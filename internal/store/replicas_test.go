package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestReplicas: two processes on one database run scheduled work once, and
// one of them at a time holds a lease.
func TestReplicas(t *testing.T) {
	t.Parallel()
	p, c := newPostgres(t), &ticking{}
	ran := make(chan int, 100)
	var replicas []*store.Store
	for i := range 2 {
		s := p.open(t, store.Config{Clock: c.now})
		reg := job.NewRegistry(2)
		handle(t, reg, job.Kind{Name: "test.hourly", Work: func(context.Context, job.Run) error { ran <- i; return nil }})
		if err := reg.Every("test", "@hourly", job.Task{Kind: "test.hourly"}); err != nil {
			t.Fatal(err)
		}
		work(t, s, reg)
		replicas = append(replicas, s)
	}
	armed(t, replicas[0], c)
	hours := times(24, 5)
	for hour := range hours {
		c.off.Store(int64(hour+1) * int64(time.Hour))
		wait(t, fmt.Sprint("hour ", hour), ran, 1)
	}
	for i, want := range []bool{true, false} {
		got, err := replicas[i].Acquire(t.Context(), "exchange", fmt.Sprint(i), time.Hour)
		if err != nil || got != want {
			t.Errorf("replica %d: %v %v", i, got, err)
		}
	}
	if len(ran) != 0 {
		t.Errorf("%d runs too many", len(ran))
	}
	db, err := sql.Open("pgx", p.service)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n := column(t, db, "select count(*)::text from control.river_job where kind = 'test.hourly'"); n[0] != fmt.Sprint(hours) {
		t.Errorf("%s tasks for %d hours", n[0], hours)
	}
}

// TestRescue: what a process that is gone was working on is worked again.
func TestRescue(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{})
		err := s.Control(t.Context(), func(tx *store.ControlTx) error { return tx.Enqueue(t.Context(), job.Task{Kind: "test.work"}) })
		if err != nil {
			t.Fatal(err)
		}
		if p.service == "" {
			db := raw(t, filepath.Join(p.dir, "control.db"))
			change(t, db, "update river_job set state = 'running', attempt = 1, attempted_at = scheduled_at, attempted_by = jsonb('[\"gone\"]')")
		} else {
			db, err := sql.Open("pgx", p.service)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			change(t, db, "update control.river_job set state = 'running', attempt = 1, attempted_at = scheduled_at, attempted_by = array['gone']")
		}
		reg, ran := job.NewRegistry(1), make(chan job.Run, 10)
		handle(t, reg, job.Kind{Name: "test.work", Work: func(_ context.Context, r job.Run) error { ran <- r; return nil }})
		work(t, s, reg)
		if r := wait(t, "the task", ran, 1)[0]; r.Try != 2 {
			t.Errorf("run %+v", r)
		}
	})
}

// TestManyFirms: an installation of many firms starts at once, answers the
// first request of any firm soon and keeps few files open.
func TestManyFirms(t *testing.T) {
	t.Parallel()
	p, firms := place{dir: t.TempDir()}, times(10_000, 200)
	s := p.open(t, store.Config{})
	var scopes []tenant.Scope
	for range firms {
		scopes = append(scopes, newFirm(t, s))
	}
	var wg sync.WaitGroup
	next := make(chan tenant.Scope)
	for range 8 {
		wg.Go(func() {
			for scope := range next {
				if err := s.InFirm(t.Context(), scope, note(t.Context(), "a")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, scope := range scopes {
		next <- scope
	}
	close(next)
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s, err := store.Open(t.Context(), store.Config{DataDir: p.dir, Clock: still, Log: slog.New(slog.DiscardHandler), Keys: markers{}, Firms: 100})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Since(began)
	hits := make([]time.Duration, 0, firms)
	for _, scope := range scopes {
		began := time.Now()
		if err := s.ReadFirm(t.Context(), scope, func(*store.FirmTx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		hits = append(hits, time.Since(began))
	}
	slices.Sort(hits)
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d firms: start %s, first hit p50 %s, p99 %s, %d files open", firms, start, hits[len(hits)/2], hits[len(hits)*99/100], len(files))
	if *full && (start > 5*time.Second || hits[len(hits)*99/100] > 150*time.Millisecond || len(files) > 2048) {
		t.Error("too slow, or too many files")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
