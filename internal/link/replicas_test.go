package link_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/valr"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// TestReplicas: two processes on one database work the runs of several links to
// one exchange. Every page of every link is asked for once, and each ledger is
// whole.
func TestReplicas(t *testing.T) {
	t.Parallel()
	service, owner := testkit.SharedPostgres(t).NewDatabase(t)
	if err := store.Migrate(t.Context(), owner, service); err != nil {
		t.Fatal(err)
	}
	past := exchangesim.NewHistory(3, 75, "ZAR").FeesInUnits()
	sim := exchangesim.VALR(t, past, time.Now)
	dir, firm := t.TempDir(), tenant.NewID()
	var replicas []*link.Service
	var books *intake.Service
	var entities []tenant.Scope
	for i := range 2 {
		var r *link.Service
		r, books = replica(t, store.Config{DataDir: dir, DatabaseURL: service}, firm, i == 0, sim)
		replicas = append(replicas, r)
	}
	var links []*link.Link
	for i := range 3 {
		entities = append(entities, tenant.ForJob(firm, tenant.NewID(), "test"))
		l, err := replicas[i%2].Create(t.Context(), entities[i], link.Request{
			Exchange: sim.Name, Schedule: link.Manual, Key: exchange.Credentials{ID: sim.Key.ID, Secret: keyring.NewSecret([]byte(sim.Key.Secret))},
		})
		if err != nil {
			t.Fatal(err)
		}
		links = append(links, l)
	}
	for i, l := range links {
		testkit.Eventually(t, "the run ends", func() bool {
			_, r, err := replicas[1-i%2].Find(t.Context(), entities[i], l.ID)
			return err == nil && r != nil && r.State == link.RunDone
		})
		events, err := books.Events(t.Context(), entities[i], intake.Filter{Limit: intake.MaxPage})
		if err != nil || len(events) != len(past.Moves) {
			t.Errorf("%d events of %d moves, %v", len(events), len(past.Moves), err)
		}
	}
	pages := make(map[string]int)
	for _, q := range sim.Log() {
		if q.Data {
			pages[fmt.Sprint(q.Path, q.Query.Get("beforeId"))]++
		}
	}
	if len(pages) < 4 {
		t.Errorf("only %d pages", len(pages))
	}
	for page, times := range pages {
		if times != len(links) {
			t.Errorf("%s was asked for %d times by %d links", page, times, len(links))
		}
	}
	if sim.Unsigned() != 0 {
		t.Errorf("%d calls without a signature", sim.Unsigned())
	}
}

// replica opens one process on the database and lets it work. The first makes
// the keys and the firm.
func replica(t *testing.T, c store.Config, firm tenant.FirmID, first bool, sim *exchangesim.Sim) (*link.Service, *intake.Service) {
	t.Helper()
	x := valr.Exchange()
	list := []*exchange.Exchange{&x}
	c.Clock, c.Log = time.Now, slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	masters, err := keyring.FindMasters("", "", c.DataDir, first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.OpenKeys(t.Context(), masters, 0); err != nil {
		t.Fatal(err)
	}
	if first {
		if err := db.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), firm, "eu") }); err != nil {
			t.Fatal(err)
		}
	}
	books := intake.NewService(intake.Config{Store: db.Imports(), Vault: db, Formats: link.Formats(list), Log: c.Log})
	door, err := egress.New(egress.Config{Allow: []string{sim.Place()}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := link.NewService(link.Config{
		Store: db.Links(), Books: books, Exchanges: list, Door: door, Bases: map[string]string{sim.Name: sim.URL()}, Clock: time.Now, Log: c.Log,
		Private: func(string) bool { return false },
	})
	if err != nil {
		t.Fatal(err)
	}
	reg := job.NewRegistry(2)
	if err := errors.Join(s.Register(reg), books.Register(reg)); err != nil {
		t.Fatal(err)
	}
	runJobs(t, db, reg)
	return s, books
}
