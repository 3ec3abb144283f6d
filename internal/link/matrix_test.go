package link_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/binance"
	"github.com/ledgersys/ledgersys/internal/exchange/bitfinex"
	"github.com/ledgersys/ledgersys/internal/exchange/bitstamp"
	"github.com/ledgersys/ledgersys/internal/exchange/bybit"
	"github.com/ledgersys/ledgersys/internal/exchange/coinbase"
	"github.com/ledgersys/ledgersys/internal/exchange/gemini"
	"github.com/ledgersys/ledgersys/internal/exchange/kraken"
	"github.com/ledgersys/ledgersys/internal/exchange/kucoin"
	"github.com/ledgersys/ledgersys/internal/exchange/luno"
	"github.com/ledgersys/ledgersys/internal/exchange/okx"
	"github.com/ledgersys/ledgersys/internal/exchange/valr"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// venue is an exchange with its simulator and a history that fills three pages
// and more of its main stream.
type venue struct {
	x      exchange.Exchange
	start  func(testing.TB, *exchangesim.History, func() time.Time) *exchangesim.Sim
	fiat   string
	moves  int
	cut    time.Duration
	main   string
	skews  bool
	units  bool // fees are taken from what is bought
	priced bool
	paged  int  // pages are told apart by milliseconds only: so many rows of one are the most of some list
	once   bool // rows never come late
	slow   bool // a history takes many calls: few are fetched unless all is asked for
	replay bool // one of those that are put through fewer faults

	// early is soon after the exchange began: where a history is asked for
	// window by window, it begins there, so that the pages that faults strike
	// hold rows and years without any are not fetched a thousand times. One
	// history stays years away.
	early time.Time
}

func venues() []venue {
	return []venue{
		{x: binance.Exchange(), start: exchangesim.Binance, fiat: "EUR", moves: 300, cut: time.Millisecond, main: "/api/v3/myTrades", skews: true, slow: true, early: time.Date(2017, 7, 10, 0, 0, 0, 0, time.UTC)},
		{x: kraken.Exchange(), start: exchangesim.Kraken, fiat: "EUR", moves: 110, cut: 100 * time.Microsecond, main: "/0/private/Ledgers"},
		{x: coinbase.Exchange(), start: exchangesim.Coinbase, fiat: "EUR", moves: 120, cut: time.Millisecond, main: "/v2/accounts/EUR/transactions", skews: true},
		{x: luno.Exchange(), start: exchangesim.Luno, fiat: "ZAR", moves: 100, cut: time.Second, main: "/api/1/accounts/1003/transactions", units: true, once: true},
		{x: valr.Exchange(), start: exchangesim.VALR, fiat: "ZAR", moves: 75, cut: time.Millisecond, main: "/v1/account/transactionhistory", skews: true, units: true},
		{x: bitstamp.Exchange(), start: exchangesim.Bitstamp, fiat: "EUR", moves: 75, cut: time.Microsecond, main: "/api/v2/user_transactions/", replay: true},
		{x: gemini.Exchange(), start: exchangesim.Gemini, fiat: "USD", moves: 160, cut: time.Millisecond, main: "/v1/mytrades", priced: true, paged: 500, replay: true},
		{x: bitfinex.Exchange(), start: exchangesim.Bitfinex, fiat: "USD", moves: 160, cut: time.Millisecond, main: "/v2/auth/r/trades/hist", priced: true, paged: 1250, replay: true},
		{x: okx.Exchange(), start: exchangesim.OKX, fiat: "USD", moves: 220, cut: time.Millisecond, main: "/api/v5/trade/fills-history", priced: true, units: true, skews: true, paged: 1200, replay: true},
		{x: bybit.Exchange(), start: exchangesim.Bybit, fiat: "USD", moves: 300, cut: time.Millisecond, main: "/v5/execution/list", priced: true, units: true, skews: true, replay: true, early: time.Date(2018, 3, 10, 0, 0, 0, 0, time.UTC)},
		{x: kucoin.Exchange(), start: exchangesim.KuCoin, fiat: "USD", moves: 300, cut: time.Millisecond, main: "/api/v1/fills", skews: true, replay: true, early: time.Date(2019, 2, 25, 0, 0, 0, 0, time.UTC)},
	}
}

// trial is one linked account, from its first call to its last.
type trial struct {
	*link.Service
	t     *testing.T
	v     *venue
	g     *ground
	scope tenant.Scope
	clock *exchangesim.Clock
	past  *exchangesim.History
	sim   *exchangesim.Sim
	books *intake.Service
	log   *syncLog
	id    tenant.ID
	errs  []error
	front *exchangesim.Front // the way to the exchange, if it may fail; nil is straight
}

// bench is where the trials of one exchange share a store.
type bench struct {
	*ground
	v     *venue
	clock atomic.Pointer[exchangesim.Clock]
	last  *trial
	rows  int   // that pages have; 0 is few
	pages []int // the place of each page of the main stream among all calls
}

func newBench(t *testing.T, v *venue) *bench {
	t.Helper()
	b := &bench{v: v}
	b.clock.Store(exchangesim.NewClock(time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)))
	b.ground = newGround(t, func() time.Time { return b.clock.Load().Now() })
	return b
}

// trial links an account with a history of its own. Nothing was fetched yet.
func (b *bench) trial(t *testing.T, seed uint64) *trial {
	t.Helper()
	return b.trialOf(t, b.v.history(seed))
}

// history is what happened to an account of the venue.
func (v *venue) history(seed uint64) *exchangesim.History {
	past := exchangesim.NewHistory(seed, v.moves, v.fiat)
	if !v.early.IsZero() {
		past.From(v.early)
	}
	return past
}

// trialOf is trial for a history.
func (b *bench) trialOf(t *testing.T, past *exchangesim.History) *trial {
	t.Helper()
	if b.v.priced {
		past.Price()
	}
	if b.v.units {
		past.FeesInUnits()
	}
	x := &trial{t: t, v: b.v, g: b.ground, scope: b.entity(), past: past, log: &syncLog{}}
	x.clock = exchangesim.NewClock(past.Moves[len(past.Moves)-1].At.Add(time.Hour))
	b.clock.Store(x.clock)
	x.sim = b.v.start(t, past, x.clock.Now)
	x.sim.Rows = b.rows
	x.Service, x.books = x.open(time.Minute)
	if b.last != nil {
		b.last.leave()
	}
	b.last = x
	x.link()
	return x
}

// link takes the key of the simulator.
func (x *trial) link() {
	x.t.Helper()
	q := link.Request{Exchange: x.v.x.Name, Schedule: link.Manual, Stated: x.v.x.Silent, Key: exchange.Credentials{
		ID: x.sim.Key.ID, Secret: keyring.NewSecret([]byte(x.sim.Key.Secret)), Passphrase: keyring.NewSecret([]byte(x.sim.Key.Passphrase)),
	}}
	l, err := x.Create(x.t.Context(), x.scope, q)
	if err != nil {
		x.t.Fatal(err)
	}
	x.id = l.ID
}

// open makes a service as a process of its own has it, which waits so long for
// an answer.
func (x *trial) open(patience time.Duration) (*link.Service, *intake.Service) {
	x.t.Helper()
	return x.g.serve(x.t, patience, x)
}

// serve makes a service for the exchanges of some trials.
func (g *ground) serve(t *testing.T, patience time.Duration, trials ...*trial) (*link.Service, *intake.Service) {
	t.Helper()
	out, lookups := egress.Config{Roots: x509.NewCertPool()}, make(map[string]egress.LookupFunc)
	c := link.Config{
		Store: g.db.Links(), Bases: make(map[string]string), Clock: trials[0].clock.Now, Wait: trials[0].clock.Wait, Timeout: patience,
		Private: func(string) bool { return false }, Log: slog.New(slog.NewTextHandler(trials[0].log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, x := range trials {
		c.Exchanges = append(c.Exchanges, &x.v.x)
		if f := x.front; f != nil {
			out.Allow, c.Bases[x.v.x.Name] = append(out.Allow, f.Place), f.URL
			lookups[f.Host] = f.Lookup
			for _, cert := range f.Roots {
				out.Roots.AddCert(cert)
			}
			continue
		}
		out.Allow, c.Bases[x.v.x.Name] = append(out.Allow, x.sim.Place()), x.sim.URL()
	}
	out.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) { return lookups[host](ctx, host) }
	books := intake.NewService(intake.Config{Store: g.db.Imports(), Vault: g.db, Formats: link.Formats(c.Exchanges), Log: c.Log})
	c.Books = books
	var err error
	if c.Door, err = egress.New(out); err != nil {
		t.Fatal(err)
	}
	s, err := link.NewService(c)
	if err != nil {
		t.Fatal(err)
	}
	return s, books
}

// leave forgets what was used of limits: the next trial's clock may show an
// earlier time.
func (x *trial) leave() {
	err := x.g.db.Links().Use(context.Background(), "exchange/"+x.v.x.Name, func(u *exchange.Use) (time.Time, error) {
		*u = exchange.Use{}
		return time.Time{}, nil
	})
	if err != nil {
		x.t.Error(err)
	}
}

// run asks for a run and makes its tries at their times until it is over.
func (x *trial) run() (*link.Link, *link.Run) {
	x.t.Helper()
	r, err := x.Sync(x.t.Context(), x.scope, x.id)
	if err != nil {
		x.t.Fatal(err)
	}
	for try, turns := 1, 0; ; turns++ {
		x.clock.Move(time.Second) // numbers that only rise are made of it
		err := x.Try(x.t.Context(), x.scope, x.id, r.ID, try == link.Tries)
		l, now, found := x.Find(x.t.Context(), x.scope, x.id)
		switch {
		case found != nil:
			x.t.Fatal(found)
		case now.State.Over():
			return l, now
		case err == nil || turns > 5000:
			x.t.Fatalf("the run goes on for ever: %+v", now)
		}
		x.errs = append(x.errs, err)
		switch wait := now.Until.Sub(x.clock.Now()); {
		case wait > 0:
			x.clock.Move(wait)
		case strings.HasSuffix(err.Error(), "later"):
			x.clock.Move(time.Minute)
		default:
			x.clock.Move(link.Backoff(try))
			try++
		}
	}
}

// done runs and wants it to end well.
func (x *trial) done() *link.Link {
	x.t.Helper()
	l, r := x.run()
	if r.State != link.RunDone || l.State != link.Active {
		x.t.Fatalf("run %s %q, link %s; %v", r.State, r.Code, l.State, errors.Join(x.errs...))
	}
	return l
}

// ledger is what the book says.
func (x *trial) ledger() []string {
	x.t.Helper()
	var events []ledger.Event
	for f := (intake.Filter{Limit: intake.MaxPage}); ; {
		list, err := x.books.Events(x.t.Context(), x.scope, f)
		if err != nil {
			x.t.Fatal(err)
		}
		for i := range list {
			events = append(events, list[i].Event)
		}
		if len(list) < intake.MaxPage {
			return exchangesim.Facts(events)
		}
		f.After = list[len(list)-1].Cursor
	}
}

// whole wants the book to say exactly what happened, no secret in what was
// said on the way, and no call too many or unsigned.
func (x *trial) whole() {
	x.t.Helper()
	if got, want := x.ledger(), x.past.Oracle(x.v.cut); !slices.Equal(got, want) {
		x.t.Errorf("the ledger differs from the oracle:\n%s", exchangesim.Difference(want, got))
	}
	imports, err := x.books.List(x.t.Context(), x.scope, tenant.ID{}, intake.MaxPage)
	if err != nil {
		x.t.Fatal(err)
	}
	for i := range imports {
		for k := range imports[i].Sources {
			if !imports[i].State.Counts() {
				continue // of an earlier run, which may have seen one side of something
			}
			if n := imports[i].Sources[k].Held; n > 0 {
				rows, err := x.books.HeldRows(x.t.Context(), x.scope, imports[i].Sources[k], 0, n)
				x.t.Errorf("%d records are held: %+v, %v", n, rows, err)
			}
		}
	}
	x.quiet()
}

// quiet looks at what was said and at how often was asked.
func (x *trial) quiet() {
	x.t.Helper()
	said := x.log.String() + fmt.Sprint(errors.Join(x.errs...))
	for _, secret := range []string{x.sim.Key.ID, x.sim.Key.Secret, "c4n4ry"} {
		if secret != "" && strings.Contains(said, secret) {
			x.t.Errorf("a secret stands in an error or in the log")
		}
	}
	if n := x.sim.Unsigned(); n > 0 {
		x.t.Errorf("%d calls without a valid signature", n)
	}
	for _, l := range x.v.x.Limits {
		if used, most := x.sim.Used(l.Bucket, l.Per), max(l.Weight*exchange.Share/100, 1); used > most {
			x.t.Fatalf("%d of %s used in %s, at most %d", used, l.Bucket, l.Per, most)
		}
	}
}

// proved wants the balances of every asset to be explained.
func (x *trial) proved(l *link.Link) {
	x.t.Helper()
	if len(l.Proof) == 0 || !l.Proved.Equal(x.clock.Now()) {
		x.t.Error("nothing is proved")
	}
	for _, c := range l.Proof {
		if !c.OK || c.First != nil {
			x.t.Errorf("%s of %s: %s calculated, %s reported, first %+v", c.Asset, c.Account, c.Calculated, c.Reported, c.First)
		}
	}
}

// length is how many pages the main stream of the seed has.
func (b *bench) length(t *testing.T, seed uint64) int {
	t.Helper()
	x := b.trial(t, seed)
	l := x.done()
	x.proved(l)
	for _, s := range l.Streams {
		if s.State == link.Done && s.Cursor == "" || s.To.After(x.clock.Now()) {
			t.Errorf("stream %+v at %s", s, x.clock.Now())
		}
	}
	x.whole()
	for i, q := range x.sim.Log() {
		if q.Data && q.Path == b.v.main {
			b.pages = append(b.pages, i)
		}
	}
	if len(b.pages) < 3 {
		t.Fatalf("%d pages of %s, want 3 and more", len(b.pages), b.v.main)
	}
	return len(b.pages)
}

// full reports whether every fault is to be tried on every page, and on how
// many histories: LEDGERSYS_TEST_SEEDS asks for it.
func full(t *testing.T) (seeds uint64, all bool) {
	t.Helper()
	text := os.Getenv("LEDGERSYS_TEST_SEEDS")
	if text == "" {
		return 1, false
	}
	seeds, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	return seeds, true
}
