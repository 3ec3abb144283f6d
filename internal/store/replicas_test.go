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
	"github.com/ledgersys/ledgersys/internal/testkit"
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

// connectionOf is the server's process that a replica's lock belongs to, "" if
// there is none.
func connectionOf(t *testing.T, db *sql.DB) string {
	t.Helper()
	pids := column(t, db, "select pid::text from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and granted"+
		" and database = (select oid from pg_database where datname = current_database())")
	if len(pids) == 0 {
		return ""
	}
	return pids[0]
}

// TestGoneReplica: when the database loses a process, another one goes on with
// its work and has its leases, without waiting for them to run out.
func TestGoneReplica(t *testing.T) {
	t.Parallel()
	p, ran := newPostgres(t), make(chan job.Run, 10)
	replica := func(beat time.Duration) *store.Store {
		s, reg := p.open(t, store.Config{Beat: beat}), job.NewRegistry(1)
		handle(t, reg, job.Kind{Name: "test.work", Work: func(ctx context.Context, r job.Run) error {
			ran <- r
			if r.Try == 1 {
				<-ctx.Done()
			}
			return nil
		}})
		work(t, s, reg)
		return s
	}
	first := replica(time.Hour) // it does not notice that it lost its connection
	if err := first.Control(t.Context(), func(tx *store.ControlTx) error { return tx.Enqueue(t.Context(), job.Task{Kind: "test.work"}) }); err != nil {
		t.Fatal(err)
	}
	wait(t, "the task", ran, 1)
	take := func(s *store.Store) bool {
		got, err := s.Acquire(t.Context(), "thing", "x", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	db, err := sql.Open("pgx", p.service)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lost := connectionOf(t, db)
	second := replica(0)
	if !take(first) || take(second) {
		t.Error("the first one does not have the lease")
	}
	change(t, db, "select pg_terminate_backend("+lost+")")
	if r := wait(t, "the task again", ran, 1)[0]; r.Try != 2 {
		t.Errorf("run %+v", r)
	}
	if !take(second) || take(first) {
		t.Error("the second one does not have the lease")
	}
	testkit.Eventually(t, "the task is done", func() bool {
		return column(t, db, "select state::text from control.river_job where kind = 'test.work'")[0] == "completed"
	})
}

// idle is a registry whose work never comes.
func idle(t *testing.T) *job.Registry {
	t.Helper()
	reg := job.NewRegistry(1)
	handle(t, reg, job.Kind{Name: "test.idle", Work: func(context.Context, job.Run) error { return nil }})
	return reg
}

// TestReplicaComesBack: a process whose connection broke off takes its lock
// again by itself.
func TestReplicaComesBack(t *testing.T) {
	t.Parallel()
	p := newPostgres(t)
	work(t, p.open(t, store.Config{}), idle(t))
	db, err := sql.Open("pgx", p.service)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var lost string
	testkit.Eventually(t, "a lock", func() bool { lost = connectionOf(t, db); return lost != "" })
	change(t, db, "select pg_terminate_backend("+lost+")")
	testkit.Eventually(t, "another lock", func() bool { now := connectionOf(t, db); return now != "" && now != lost })
}

// TestLeasesEnd: what a process held is free when the next one on the same data
// begins to work, and not before.
func TestLeasesEnd(t *testing.T) {
	t.Parallel()
	p := place{dir: t.TempDir()}
	s := p.open(t, store.Config{})
	if got, err := s.Acquire(t.Context(), "thing", "x", time.Hour); err != nil || !got {
		t.Fatal(got, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = p.open(t, store.Config{})
	if got, err := s.Acquire(t.Context(), "thing", "x", time.Hour); err != nil || got {
		t.Errorf("it was free: %v", err)
	}
	work(t, s, idle(t))
	testkit.Eventually(t, "it is free", func() bool {
		got, err := s.Acquire(t.Context(), "thing", "x", time.Hour)
		return got && err == nil
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
