package link_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/kraken"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// house is an installation with one entity, whose links reach one simulated
// exchange.
type house struct {
	*link.Service
	t     *testing.T
	dir   string
	store *store.Store
	books *intake.Service
	sim   *exchangesim.Sim
	past  *exchangesim.History
	scope tenant.Scope
	mails mails
	log   *syncLog

	unpaid atomic.Bool // the plan has no schedules
}

// allow is what the plan says of schedules.
func (h *house) allow(context.Context, tenant.FirmID) error {
	if h.unpaid.Load() {
		return fault.Coded(fault.PlanRequired, "plan_required", nil, "Not in this plan.")
	}
	return nil
}

// mails are the notices that were asked for.
type mails struct {
	mu   sync.Mutex
	list []string
}

func (m *mails) work(_ context.Context, r job.Run) error {
	var n link.Notice
	if err := r.Args(&n); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, n.Kind)
	return nil
}

func (m *mails) all() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.list, " ")
}

// syncLog keeps what is logged.
type syncLog struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements io.Writer.
func (l *syncLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *syncLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newHouse(t *testing.T, moves int) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), log: &syncLog{}, past: exchangesim.NewHistory(7, moves, "EUR")}
	h.sim = exchangesim.Kraken(t, h.past, time.Now)
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if h.store, err = store.Open(t.Context(), store.Config{DataDir: h.dir, Clock: time.Now, Log: log}); err != nil {
		t.Fatal(err)
	}
	masters, err := keyring.FindMasters("", "", h.dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.OpenKeys(t.Context(), masters, 0); err != nil {
		t.Fatal(err)
	}
	x := kraken.Exchange()
	x.Limits = nil // the pace is tested with the exchange; here nobody waits for it
	list := []*exchange.Exchange{&x}
	h.books = intake.NewService(intake.Config{
		Store: h.store.Imports(), Vault: h.store, Formats: link.Formats(list), Log: log,
	})
	door, err := egress.New(egress.Config{Allow: []string{h.sim.Place()}})
	if err != nil {
		t.Fatal(err)
	}
	h.Service, err = link.NewService(link.Config{
		Store: h.store.Links(), Books: h.books, Exchanges: list, Door: door, Bases: map[string]string{"kraken": h.sim.URL()}, Clock: time.Now, Log: log,
		Private: func(text string) bool { _, found := keyring.FindPrivateKey(text); return found },
		Allow:   h.allow,
	})
	if err != nil {
		t.Fatal(err)
	}
	firm := tenant.NewID()
	if err := h.store.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), firm, "eu") }); err != nil {
		t.Fatal(err)
	}
	h.scope = tenant.ForJob(firm, tenant.NewID(), "test")
	h.work()
	return h
}

// work runs the jobs until the test ends.
func (h *house) work() {
	reg := job.NewRegistry(2)
	for _, err := range []error{h.Register(reg), h.books.Register(reg), reg.Handle(job.Kind{Name: link.MailKind, Work: h.mails.work})} {
		if err != nil {
			h.t.Fatal(err)
		}
	}
	runJobs(h.t, h.store, reg)
}

// runJobs works until the test ends, then closes the store.
func runJobs(t *testing.T, db *store.Store, reg *job.Registry) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- db.Work(ctx, reg) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (h *house) request() link.Request {
	return link.Request{
		Exchange: "kraken", Label: "mine", Schedule: link.Manual,
		Key: exchange.Credentials{ID: h.sim.Key.ID, Secret: keyring.NewSecret([]byte(h.sim.Key.Secret))},
	}
}

func (h *house) create() *link.Link {
	h.t.Helper()
	l, err := h.Create(h.t.Context(), h.scope, h.request())
	if err != nil {
		h.t.Fatalf("%v: %s", err, fault.Of(err).Words)
	}
	return l
}

// ended waits until the newest run of a link is over.
func (h *house) ended(id tenant.ID) (*link.Link, *link.Run) {
	h.t.Helper()
	var l *link.Link
	var r *link.Run
	testkit.Eventually(h.t, "the run ends", func() bool {
		var err error
		l, r, err = h.Find(h.t.Context(), h.scope, id)
		return err == nil && r != nil && r.State.Over()
	})
	return l, r
}

// TestFirstSync: link, fetch, book, proof: everything that the exchange has is
// in the book, once, and explains its balances.
func TestFirstSync(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 40)
	l := h.create()
	if l.Last4 != h.sim.Key.ID[len(h.sim.Key.ID)-4:] || len(l.Passport.Rights) == 0 || l.Passport.Checked.IsZero() || !l.Passport.SameClock() {
		t.Errorf("passport %+v", l)
	}
	l, r := h.ended(l.ID)
	if r.State != link.RunDone || l.State != link.Active || r.Rows == 0 {
		t.Fatalf("run %+v, link %s %s", r, l.State, l.Code)
	}
	for _, c := range l.Proof {
		if !c.OK {
			t.Errorf("%s: %s calculated, %s reported, first %+v", c.Asset, c.Calculated, c.Reported, c.First)
		}
	}
	if len(l.Proof) == 0 {
		t.Error("nothing is proved")
	}
	events, err := h.books.Events(t.Context(), h.scope, intake.Filter{Limit: intake.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		if len(events[i].Event.Extra().Records) == 0 {
			t.Errorf("event %d names no record", i)
		}
	}
	if len(events) == 0 || h.sim.Unsigned() != 0 {
		t.Errorf("%d events, %d calls without a signature", len(events), h.sim.Unsigned())
	}

	if _, err := h.Sync(t.Context(), h.scope, l.ID); err != nil {
		t.Fatal(err)
	}
	before := l.Import
	l, r = h.ended(l.ID)
	again, err := h.books.Events(t.Context(), h.scope, intake.Filter{Limit: intake.MaxPage})
	if err != nil || r.State != link.RunDone || r.Rows != 0 || len(again) != len(events) || l.Import != before {
		t.Errorf("a second run: %+v, %d events, %v", r, len(again), err)
	}
	h.sweep()
}

// sweep looks for the key in every file and in the log.
func (h *house) sweep() {
	h.t.Helper()
	for _, secret := range []string{h.sim.Key.ID, h.sim.Key.Secret} {
		for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret))} {
			err := filepath.WalkDir(h.dir, func(path string, d os.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return err
				}
				b, err := os.ReadFile(path)
				if strings.Contains(string(b), form) {
					h.t.Errorf("%s holds the key", filepath.Base(path))
				}
				return err
			})
			if err != nil {
				h.t.Error(err)
			}
			if strings.Contains(h.log.String(), form) {
				h.t.Error("the log holds the key")
			}
		}
	}
}

// TestRefused: a key that may do more than read, that nobody knows, or that is
// no key is refused by its own code, and nothing is stored.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*house, *link.Request)
		code   string
	}{
		"write_right":      {func(h *house, _ *link.Request) { h.sim.Upgrade() }, "key_not_read_only"},
		"revoked":          {func(h *house, _ *link.Request) { h.sim.Revoke() }, "key_rejected"},
		"no_secret":        {func(_ *house, q *link.Request) { q.Key.Secret = keyring.Secret{} }, "key_missing"},
		"unknown_exchange": {func(_ *house, q *link.Request) { q.Exchange = "mtgox" }, "unknown_exchange"},
		"private_key": {func(_ *house, q *link.Request) {
			q.Key.Secret = keyring.NewSecret([]byte("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"))
		}, "private_key_refused"},
		"bad_label":    {func(_ *house, q *link.Request) { q.Label = "a/b" }, "bad_label"},
		"bad_schedule": {func(_ *house, q *link.Request) { q.Schedule = "TZ=0" }, "bad_schedule"},
		"never_comes":  {func(_ *house, q *link.Request) { q.Schedule = "0 0 31 2 *" }, "bad_schedule"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, 3)
			q := h.request()
			c.change(h, &q)
			_, err := h.Create(t.Context(), h.scope, q)
			if got := fault.Of(err); got.Code != c.code || got.Words == "" {
				t.Errorf("%v %q, %v", got.Kind, got.Code, err)
			}
			if list, err := h.List(t.Context(), h.scope); err != nil || len(list) != 0 {
				t.Errorf("stored: %+v, %v", list, err)
			}
		})
	}
}

// TestKeyChanges: a key that gains power is not used again and the owner is
// told; a revoked one asks for another, which goes on where the old one stood.
func TestKeyChanges(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 20)
	l := h.create()
	h.ended(l.ID)
	h.sim.Upgrade()
	if _, err := h.Sync(t.Context(), h.scope, l.ID); err != nil {
		t.Fatal(err)
	}
	l, r := h.ended(l.ID)
	if l.State != link.Suspended || r.State != link.RunFailed || r.Code != "key_not_read_only" {
		t.Errorf("gained power: %s, %+v", l.State, r)
	}
	calls := len(h.sim.Log())
	if _, err := h.Sync(t.Context(), h.scope, l.ID); fault.Of(err).Code != string(link.Suspended) || len(h.sim.Log()) != calls {
		t.Errorf("used all the same: %v", err)
	}
	testkit.Eventually(t, "the owner is told", func() bool { return h.mails.all() == "power" })

	h = newHouse(t, 20)
	l = h.create()
	h.ended(l.ID)
	h.sim.Revoke()
	if _, err := h.Sync(t.Context(), h.scope, l.ID); err != nil {
		t.Fatal(err)
	}
	if l, r = h.ended(l.ID); l.State != link.NeedsReauth || r.State != link.RunFailed {
		t.Errorf("revoked: %s, %+v", l.State, r)
	}
	testkit.Eventually(t, "the owner is told", func() bool { return h.mails.all() == "reauth" })
	if rows := l.Streams[0].Rows; rows == 0 {
		t.Error("the history is gone")
	}
}

// TestDelete: a deleted link has no key any more, its run ends, and what it
// brought stays in the book.
func TestDelete(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 30)
	l := h.create()
	h.ended(l.ID)
	if err := h.Delete(t.Context(), h.scope, l.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Find(t.Context(), h.scope, l.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("still there: %v", err)
	}
	events, err := h.books.Events(t.Context(), h.scope, intake.Filter{Limit: 10})
	if err != nil || len(events) == 0 {
		t.Errorf("%d events, %v", len(events), err)
	}
	if err := h.Delete(t.Context(), h.scope, l.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	other, err := h.scope.Open(tenant.NewID())
	if err != nil {
		t.Fatal(err)
	}
	l = h.create()
	if _, _, err := h.Find(t.Context(), other, l.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another entity sees it: %v", err)
	}
}

// TestChange: paused links do not run, labels are one link's, schedules plan
// the next run.
func TestChange(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 5)
	l := h.create()
	h.ended(l.ID)
	yes, no, hourly, label := true, false, link.Hourly, "other"
	l, err := h.Change(t.Context(), h.scope, l.ID, link.Change{Schedule: &hourly, Label: &label})
	if err != nil || l.Label != "other" || l.Next.IsZero() || time.Until(l.Next) > time.Hour {
		t.Errorf("hourly: %+v, %v", l, err)
	}
	if l, err = h.Change(t.Context(), h.scope, l.ID, link.Change{Paused: &yes}); err != nil || l.State != link.Paused || !l.Next.IsZero() {
		t.Errorf("paused: %s, next %s, %v", l.State, l.Next, err)
	}
	if _, err := h.Sync(t.Context(), h.scope, l.ID); fault.Of(err).Code != string(link.Paused) {
		t.Errorf("a paused link runs: %v", err)
	}
	if l, err = h.Change(t.Context(), h.scope, l.ID, link.Change{Paused: &no}); err != nil || l.State != link.Active || l.Next.IsZero() {
		t.Errorf("resumed: %s, next %s, %v", l.State, l.Next, err)
	}
	q := h.request()
	q.Label = "OTHER"
	if _, err := h.Create(t.Context(), h.scope, q); fault.Of(err).Code != "label_taken" {
		t.Errorf("a label twice: %v", err)
	}
}

// comes lets the time of a link's schedule come, and returns it as it is
// afterwards, with the run that was the last.
func (h *house) comes(id tenant.ID) (*link.Link, *link.Run) {
	h.t.Helper()
	past := time.Now().Add(-time.Minute)
	err := h.store.Links().InEntity(h.t.Context(), h.scope, func(tx link.Tx) error {
		l, err := tx.Link(id)
		if err != nil {
			return err
		}
		l.Next = past
		args := map[string]any{"entity": h.scope.Entity(), "link": id, "turn": l.Turn}
		return errors.Join(tx.SaveLink(l), tx.Enqueue(h.t.Context(), job.Task{Kind: link.DueKind, Key: tenant.NewID().String(), Args: args}))
	})
	if err != nil {
		h.t.Fatal(err)
	}
	var l *link.Link
	testkit.Eventually(h.t, "the next run is planned", func() bool {
		l, _, err = h.Find(h.t.Context(), h.scope, id)
		return err == nil && l.Next.After(past.Add(time.Minute))
	})
	return h.ended(id)
}

// TestScheduleRests: without a plan a schedule is kept and begins no run; a run
// by hand goes, and with a plan the schedule goes on.
func TestScheduleRests(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 5)
	q := h.request()
	q.Schedule = link.Daily
	l, err := h.Create(t.Context(), h.scope, q)
	if err != nil {
		t.Fatal(err)
	}
	_, first := h.ended(l.ID)
	h.unpaid.Store(true)
	rests, last := h.comes(l.ID)
	if last.ID != first.ID || rests.Schedule != link.Daily || rests.State != link.Active {
		t.Errorf("run %s after %s, schedule %s, %s", last.ID, first.ID, rests.Schedule, rests.State)
	}
	if lapsed, err := h.Lapsed(t.Context(), h.scope); err != nil || !lapsed {
		t.Errorf("it rests: %v, %v", lapsed, err)
	}
	hourly, daily, label := link.Hourly, link.Daily, "kept"
	_, err = h.Change(t.Context(), h.scope, l.ID, link.Change{Schedule: &hourly})
	if !fault.Is(err, fault.PlanRequired) {
		t.Errorf("another schedule: %v", err)
	}
	if _, err := h.Change(t.Context(), h.scope, l.ID, link.Change{Schedule: &daily, Label: &label}); err != nil {
		t.Errorf("the schedule that it has: %v", err)
	}
	byHand, err := h.Sync(t.Context(), h.scope, l.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.ended(l.ID)
	h.unpaid.Store(false)
	if _, last = h.comes(l.ID); last.ID == byHand.ID || last.ID == first.ID || last.State != link.RunDone {
		t.Errorf("with a plan: run %s %s", last.ID, last.State)
	}
}
