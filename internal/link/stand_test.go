package link_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// stand is one account at an exchange that answers whatever a case wants, at
// the moment at which it wants it.
type stand struct {
	*link.Service
	t     *testing.T
	g     *ground
	x     exchange.Exchange
	door  egress.Config
	bases map[string]string
	seen  *seen
	books *intake.Service
	scope tenant.Scope
	clock *exchangesim.Clock
	id    tenant.ID

	wire exchange.Config // with which the last client was opened

	probe    func(ctx context.Context) (exchange.Rights, error)
	balances func(ctx context.Context) ([]exchange.Balance, error)
	page     func(ctx context.Context, stream, cursor string) (exchange.Page, error)
}

// The streams of the stand.
const (
	standBase  = "ledger"
	standExtra = "hashes" // an optional one
)

// standClient answers as its stand says.
type standClient struct{ *stand }

func (c standClient) Probe(ctx context.Context) (exchange.Rights, error) { return c.probe(ctx) }

func (c standClient) Balances(ctx context.Context) ([]exchange.Balance, error) {
	return c.balances(ctx)
}

func (c standClient) Page(ctx context.Context, stream, cursor string) (exchange.Page, error) {
	return c.page(ctx, stream, cursor)
}

// newStand makes a stand whose answers are sound. change may change it before
// it opens.
func newStand(t *testing.T, change func(*stand)) *stand {
	t.Helper()
	s := &stand{t: t, clock: exchangesim.NewClock(time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC))}
	s.g = newGround(t, s.clock.Now)
	s.scope = s.g.entity()
	s.x = exchange.Exchange{
		Name: "stand", Title: "Stand", Venue: "Stand", Events: standEvents,
		Streams: []exchange.Stream{{Name: standBase, Kind: exchange.Base, Endpoint: "GET /ledger"}, {Name: standExtra, Kind: exchange.Deposits, Endpoint: "GET /hashes", Optional: true}},
		Open:    func(c exchange.Config) (exchange.Client, error) { s.wire = c; return standClient{s}, nil },
	}
	s.probe = func(context.Context) (exchange.Rights, error) {
		return exchange.Rights{Verdict: exchange.ReadOnly, Found: []string{"read"}}, nil
	}
	s.balances = func(context.Context) ([]exchange.Balance, error) { return nil, nil }
	s.page = func(context.Context, string, string) (exchange.Page, error) { return exchange.Page{Next: "end"}, nil }
	if change != nil {
		change(s)
	}
	s.open()
	return s
}

// open makes the service.
func (s *stand) open() {
	s.t.Helper()
	list := []*exchange.Exchange{&s.x}
	log := slog.New(slog.DiscardHandler)
	s.seen = &seen{Store: s.g.db.Links()}
	s.books = intake.NewService(intake.Config{Store: s.g.db.Imports(), Vault: s.g.db, Formats: link.Formats(list), Log: log})
	door, err := egress.New(s.door)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Service, err = link.NewService(link.Config{
		Store: s.seen, Books: s.books, Exchanges: list, Door: door, Bases: s.bases, Clock: s.clock.Now, Log: log, Wait: s.clock.Wait,
		Private: func(text string) bool { _, found := keyring.FindPrivateKey(text); return found },
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// key is the n-th key of the account.
func (s *stand) key(n int) exchange.Credentials {
	return exchange.Credentials{ID: fmt.Sprintf("key-%04d", n), Secret: keyring.NewSecret([]byte("secret"))}
}

// link links the account with its first key, every day.
func (s *stand) link() *stand {
	s.t.Helper()
	l, err := s.Create(s.t.Context(), s.scope, link.Request{Exchange: s.x.Name, Schedule: link.Daily, Key: s.key(1)})
	if err != nil {
		s.t.Fatal(err)
	}
	s.id = l.ID
	s.seen.forget()
	return s
}

// try makes one try of a run, the last one if it is said so, and returns how
// the link and the run stand then.
func (s *stand) try(last bool) (*link.Link, *link.Run) {
	s.t.Helper()
	return s.tryIn(s.t.Context(), last)
}

func (s *stand) tryIn(ctx context.Context, last bool) (*link.Link, *link.Run) {
	s.t.Helper()
	s.clock.Move(time.Second)
	r, err := s.Sync(s.t.Context(), s.scope, s.id)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = s.Try(ctx, s.scope, s.id, r.ID, last) // what came of it is kept with the run
	l, r, err := s.Find(s.t.Context(), s.scope, s.id)
	if err != nil {
		s.t.Fatal(err)
	}
	return l, r
}

// change does what a person does, in the middle of whatever.
func (s *stand) change(c link.Change) *link.Link {
	s.t.Helper()
	l, err := s.Change(s.t.Context(), s.scope, s.id, c)
	if err != nil {
		s.t.Error(err)
	}
	return l
}

// replace gives the link its n-th key, whose rights are sound.
func (s *stand) replace(n int) {
	s.t.Helper()
	before := s.probe
	s.probe = func(context.Context) (exchange.Rights, error) {
		return exchange.Rights{Verdict: exchange.ReadOnly, Found: []string{fmt.Sprint("read-", n)}}, nil
	}
	key := s.key(n)
	s.change(link.Change{Key: &key})
	s.probe = before
}

// streamState is how a stream of a link stands.
func streamState(l *link.Link, name string) link.StreamState {
	for _, st := range l.Streams {
		if st.Name == name {
			return st.State
		}
	}
	return ""
}

// deposit is a record of the stand.
func deposit(id, note string) exchange.Record {
	raw, err := json.Marshal(map[string]string{"id": id, "note": note})
	if err != nil {
		panic(err) // invariant: strings are written
	}
	return exchange.Record{Stream: standBase, Endpoint: "GET /ledger", ID: id, Time: time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC), Raw: raw}
}

// once is a page of records of the base stream, and nothing of others or of
// later.
func once(list ...exchange.Record) func(context.Context, string, string) (exchange.Page, error) {
	return func(_ context.Context, stream, cursor string) (exchange.Page, error) {
		p := exchange.Page{Next: "end"}
		if stream == standBase && cursor == "" {
			p.Records = list
		}
		return p, nil
	}
}

// standEvents makes of each record a deposit of one bitcoin.
func standEvents(c *statement.Collector, records []exchange.Record) error {
	exchange.Each(c, records, map[string]func(*exchange.Words, *exchange.Record) *statement.Fault{
		standBase: func(w *exchange.Words, r *exchange.Record) *statement.Fault {
			w.C.Add(&statement.Entry{
				ID: w.F.Text("id"), At: ledger.InstantOf(r.Time), Type: statement.Deposit, Note: w.F.Text("note"),
				Received: statement.Quantity{Amount: money.FromInt(1), Asset: "BTC"},
			}, w.Line)
			return nil
		},
	})
	return nil
}

// seen is a store that tells which events and entries of the chain were kept
// of what no person did, and which mails were asked for.
type seen struct {
	link.Store
	mu   sync.Mutex
	list []string
}

func (s *seen) InEntity(ctx context.Context, scope tenant.Scope, fn func(link.Tx) error) error {
	var list []string
	err := s.Store.InEntity(ctx, scope, func(tx link.Tx) error {
		list = nil
		return fn(seenTx{tx, &list})
	})
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.list = append(s.list, list...)
	}
	return err
}

func (s *seen) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
}

// said is what was told since it was asked last.
func (s *seen) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.list)
	s.list = nil
	return list
}

type seenTx struct {
	link.Tx
	list *[]string
}

func (s seenTx) Enqueue(ctx context.Context, t job.Task) error {
	if n, ok := t.Args.(link.Notice); ok {
		*s.list = append(*s.list, "mail "+n.Kind)
	}
	return s.Tx.Enqueue(ctx, t)
}

func (s seenTx) Audit(ctx context.Context, e audit.Entry) error {
	if e.Action != "link.change" { // by a person
		*s.list = append(*s.list, "entry "+e.Action)
	}
	return s.Tx.Audit(ctx, e)
}

func (s seenTx) Event(ctx context.Context, e audit.Event) error {
	*s.list = append(*s.list, "event "+e.Kind)
	return s.Tx.Event(ctx, e)
}
