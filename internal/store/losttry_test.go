package store_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// TestEndOfLostTry: a try that was given up for lost ends in the very moment in
// which its row is given to another one. The process that worked it goes on,
// and so does the task.
func TestEndOfLostTry(t *testing.T) {
	t.Parallel()
	p := newPostgres(t)
	s, reg := p.open(t, store.Config{}), job.NewRegistry(2)
	ran, end := make(chan job.Run, 10), make(chan bool)
	handle(t, reg, job.Kind{Name: "test.work", Work: func(_ context.Context, r job.Run) error {
		ran <- r
		if r.Try == 1 {
			<-end
		}
		return nil
	}})
	work(t, s, reg)
	enqueue := func() {
		t.Helper()
		if err := s.Control(t.Context(), func(tx *store.ControlTx) error { return tx.Enqueue(t.Context(), job.Task{Kind: "test.work"}) }); err != nil {
			t.Fatal(err)
		}
	}
	enqueue()
	wait(t, "the first try", ran, 1)
	db, err := sql.Open("pgx", p.service)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() // it is committed below
	if _, err := tx.ExecContext(t.Context(), "update control.river_job set state = 'available' where kind = 'test.work'"); err != nil {
		t.Fatal(err)
	}
	close(end)
	testkit.Eventually(t, "the first try waits to write its end", func() bool {
		n := column(t, db, "select count(*)::text from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%JobSetStateIfRunningMany%'")
		return n[0] != "0"
	})
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if r := wait(t, "the second try", ran, 1)[0]; r.Try != 2 {
		t.Errorf("run %+v", r)
	}
	testkit.Eventually(t, "the task is done", func() bool {
		return column(t, db, "select state::text from control.river_job where kind = 'test.work'")[0] == "completed"
	})
	enqueue() // the process still works what comes
	wait(t, "another task", ran, 1)
}
