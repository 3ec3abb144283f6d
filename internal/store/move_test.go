package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestMove: an installation moves from SQLite to PostgreSQL as a whole, with
// its keys, chains, files and waiting work, and is refused where it was.
func TestMove(t *testing.T) {
	t.Parallel()
	p, to := place{dir: t.TempDir()}, newPostgres(t)
	s, _ := p.keyed(t)
	scopes := []tenant.Scope{newFirm(t, s), newFirm(t, s)}
	for _, scope := range scopes {
		for n := range 7 {
			if err := write(t.Context(), s, scope, n*700+1); err != nil {
				t.Fatal(err)
			}
		}
	}
	err := s.Control(t.Context(), func(tx *store.ControlTx) error {
		return tx.Event(t.Context(), audit.Event{Kind: "sign_in", Outcome: "ok", Detail: "ünïcode", Actor: tenant.Actor{Via: tenant.ViaSession, User: tenant.NewID()}})
	})
	if err != nil {
		t.Fatal(err)
	}
	moved, err := s.Move(t.Context(), store.Config{DatabaseURL: to.service})
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]int64)
	for _, m := range moved {
		rows[m.Store+"."+m.Table] = m.Rows
	}
	for table, want := range map[string]int64{"control.homes": 2, "control.key_sets": 3, "firm.audit": 14, "firm.files": 14, "firm.file_chunks": 14, "firm.header": 2, "firm.outbox": 0, "control.events": 1} {
		if rows[table] != want {
			t.Errorf("%s: %d rows, want %d", table, rows[table], want)
		}
	}
	if _, err := s.Move(t.Context(), store.Config{DatabaseURL: to.service}); err == nil || !strings.Contains(err.Error(), "was moved") {
		t.Errorf("a second move: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.try(t, store.Config{}); err == nil || !strings.Contains(err.Error(), "was moved") {
		t.Errorf("it opens where it was: %v", err)
	}
	other, _ := (place{dir: t.TempDir()}).keyed(t)
	if _, err := other.Move(t.Context(), store.Config{DatabaseURL: to.service}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a move onto another installation: %v", err)
	}
	there := place{dir: p.dir, service: to.service}
	s2, _ := there.keyed(t)
	links, err := s2.AuditLog().Links(t.Context(), scopes[1], audit.Query{Limit: 100})
	if err != nil || len(links) != 7 {
		t.Fatalf("%d links: %v", len(links), err)
	}
	for _, l := range links {
		whole(t, s2, scopes[1], l.Reason, l.Object)
	}
	if r, err := s2.Verify(t.Context(), ""); err != nil || !r.OK() || r.Chains != 3 {
		t.Errorf("%+v %v", r, err)
	}
	reg, done := job.NewRegistry(2), make(chan int, 100)
	handle(t, reg, job.Kind{Name: "test.count", Work: func(_ context.Context, r job.Run) error {
		var n int
		err := r.Args(&n)
		done <- n
		return err
	}})
	work(t, s2, reg)
	wait(t, "the tasks", done, 14)
}
