package link_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/kraken"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

var errCrash = errors.New("crash")

// steps counts everything that is written, of links, wallets and the book
// alike, and breaks off before one of them, as a process that is killed does:
// nothing that comes behind is done either.
type steps struct {
	left int // until the crash; 0 is never
	dead bool
}

func (s *steps) step(do func() error) error {
	if s.dead {
		return errCrash
	}
	if s.left--; s.left != 0 {
		return do()
	}
	s.dead = true
	return errCrash
}

type brokenLinks struct {
	link.Store
	*steps
}

func (b brokenLinks) InEntity(ctx context.Context, s tenant.Scope, fn func(link.Tx) error) error {
	return b.step(func() error { return b.Store.InEntity(ctx, s, fn) })
}

func (b brokenLinks) Release(ctx context.Context, name, holder string) error {
	return b.step(func() error { return b.Store.Release(ctx, name, holder) })
}

type brokenWallets struct {
	link.WalletStore
	*steps
}

func (b brokenWallets) InEntity(ctx context.Context, s tenant.Scope, fn func(link.WalletTx) error) error {
	return b.step(func() error { return b.WalletStore.InEntity(ctx, s, fn) })
}

type brokenImports struct {
	intake.Store
	*steps
}

func (b brokenImports) InEntity(ctx context.Context, s tenant.Scope, fn func(intake.Tx) error) error {
	return b.step(func() error { return b.Store.InEntity(ctx, s, fn) })
}

type brokenVault struct {
	intake.Vault
	*steps
}

func (b brokenVault) PutFile(ctx context.Context, s tenant.Scope, r io.Reader) (id tenant.ID, size int64, sum [sha256.Size]byte, err error) {
	err = b.step(func() (err error) { id, size, sum, err = b.Vault.PutFile(ctx, s, r); return err })
	return id, size, sum, err
}

// ground is a store in which every case has an entity of its own.
type ground struct {
	t    *testing.T
	db   *store.Store
	firm tenant.FirmID
}

func newGround(t *testing.T, now func() time.Time) *ground {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Config{DataDir: dir, Clock: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	masters, err := keyring.FindMasters("", "", dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.OpenKeys(t.Context(), masters, 0); err != nil {
		t.Fatal(err)
	}
	g := &ground{t: t, db: db, firm: tenant.NewID()}
	if err := db.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), g.firm, "eu") }); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *ground) entity() tenant.Scope { return tenant.ForJob(g.firm, tenant.NewID(), "test") }

func (g *ground) books(s *steps, list []*exchange.Exchange) *intake.Service {
	return intake.NewService(intake.Config{
		Store: brokenImports{g.db.Imports(), s}, Vault: brokenVault{g.db, s}, Formats: append(link.Formats(list), link.WalletFormat()), Log: slog.New(slog.DiscardHandler),
	})
}

// book says what counts: the hashes or ids of the events, and of how many
// imports. An import that neither counts nor was reverted is one too many.
func (g *ground) book(scope tenant.Scope, b *intake.Service) string {
	g.t.Helper()
	events, err := b.Events(g.t.Context(), scope, intake.Filter{Limit: intake.MaxPage})
	if err != nil {
		g.t.Fatal(err)
	}
	imports, err := b.List(g.t.Context(), scope, tenant.ID{}, intake.MaxPage)
	if err != nil {
		g.t.Fatal(err)
	}
	count := 0
	for i := range imports {
		switch {
		case imports[i].State.Counts():
			count++
		case imports[i].State != intake.Reverted:
			g.t.Errorf("an import is left: %s", imports[i].State)
		}
	}
	ids := make([]string, len(events))
	for i := range events {
		ids[i] = events[i].Event.ID.String()
	}
	slices.Sort(ids)
	return fmt.Sprintf("%d imports: %s", count, strings.Join(ids, " "))
}

// coins is a bitcoin node whose best chain is a list of payments to one
// address.
type coins struct{ txs []chain.Tx }

func (c *coins) Tip(context.Context) (chain.Block, error)            { return c.txs[len(c.txs)-1].Block, nil }
func (c *coins) Privacy() string                                     { return "" }
func (c *coins) History(context.Context, string) ([]chain.Tx, error) { return c.txs, nil }

func (c *coins) Hash(_ context.Context, height int64) (string, error) {
	for _, t := range c.txs {
		if t.Block.Height == height {
			return t.Block.Hash, nil
		}
	}
	return "", nil
}

// paid is a payment of a block.
func paid(height int64, branch string) chain.Tx {
	return chain.Tx{
		ID: strings.Repeat(fmt.Sprintf("%x", height), 64), Block: chain.Block{Height: height, Hash: fmt.Sprint(branch, height)},
		Time: time.Unix(1_700_000_000+600*height, 0), Out: []chain.Coin{{Address: miner, Sats: 1000 + height}},
	}
}

// other is a payment to somebody else.
func other(height int64) chain.Tx {
	t := paid(height, "other")
	t.Out[0].Address = "elsewhere"
	return t
}

// TestWalletCrashes: whatever is the last thing that a scan writes before its
// process is killed, the book holds what it held before or what was found, and
// the next scan ends as if nothing had happened: with the events of the chain,
// none of a block that went away, none twice.
func TestWalletCrashes(t *testing.T) {
	t.Parallel()
	g := newGround(t, time.Now)
	first := []chain.Tx{paid(1, "a"), paid(2, "a"), paid(3, "a")}
	for name, second := range map[string][]chain.Tx{
		"reorganised": {paid(1, "a"), paid(2, "b"), paid(4, "b")},
		"grown":       {paid(1, "a"), paid(2, "a"), paid(3, "a"), paid(4, "a")},
		"all_gone":    {other(1)},
	} {
		calm, _ := g.wallet(t, 0, first, second)
		if want := map[string]int{"reorganised": 3, "grown": 4, "all_gone": 0}[name]; strings.Count(calm, " ") != 1+max(want, 1) {
			t.Fatalf("%s: %s", name, calm)
		}
		at := 1
		for crashed := true; crashed; at++ {
			var got string
			if got, crashed = g.wallet(t, at, first, second); got != calm {
				t.Errorf("%s: a crash before step %d: %s, not %s", name, at, got, calm)
			}
		}
		if at < 4 {
			t.Errorf("%s: only %d steps were seen", name, at)
		}
	}
}

// wallet scans a chain twice, with a crash at a step of the second scan, after
// which it is made again.
func (g *ground) wallet(t *testing.T, at int, first, second []chain.Tx) (book string, crashed bool) {
	t.Helper()
	scope, node, calm := g.entity(), &coins{first}, &steps{}
	open := func(s *steps) *link.Wallets {
		return link.NewWallets(link.WalletConfig{
			Store: brokenWallets{g.db.Wallets(), s}, Books: g.books(s, nil), Network: chain.Simnet, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
			Nodes:   map[link.NodeKind]func() chain.Source{link.Btcd: func() chain.Source { return node }},
			Private: func(string) bool { return false },
		})
	}
	w := open(calm)
	l, err := w.Create(t.Context(), scope, link.Wallet{Kind: chain.Address, Value: miner, Label: "Vault", Source: link.Btcd})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Scan(t.Context(), scope, l.ID); err != nil {
		t.Fatal(err)
	}
	before := g.book(scope, g.books(calm, nil))
	node.txs = second
	broken := &steps{left: at}
	if err := open(broken).Scan(t.Context(), scope, l.ID); err != nil {
		if crashed = errors.Is(err, errCrash); !crashed {
			t.Fatal(err)
		}
		if l, _, err = w.Find(t.Context(), scope, l.ID); err != nil {
			t.Fatal(err)
		}
		if now := g.counted(scope); l.State != link.WalletDone && l.Found.Tip == first[2].Block && now > 1 {
			t.Errorf("a crash before step %d: %d imports count (before: %s)", at, now, before)
		}
		if err := w.Scan(t.Context(), scope, l.ID); err != nil {
			t.Fatal(err)
		}
	}
	if l, _, err = w.Find(t.Context(), scope, l.ID); err != nil || l.State != link.WalletDone || !l.Coming.IsZero() {
		t.Errorf("wallet %+v, %v", l, err)
	}
	return g.book(scope, g.books(calm, nil)), crashed
}

// counted is how many imports count.
func (g *ground) counted(scope tenant.Scope) (n int) {
	g.t.Helper()
	imports, err := g.books(&steps{}, nil).List(g.t.Context(), scope, tenant.ID{}, intake.MaxPage)
	if err != nil {
		g.t.Fatal(err)
	}
	for i := range imports {
		if imports[i].State.Counts() {
			n++
		}
	}
	return n
}

// TestLinkCrashes: the same for a run of a link, from its first page to the end
// of the second run, which finds more.
func TestLinkCrashes(t *testing.T) {
	t.Parallel()
	past := exchangesim.NewHistory(5, 24, "EUR")
	clock := exchangesim.NewClock(past.Moves[23].At.Add(time.Hour))
	g := newGround(t, clock.Now)
	x := kraken.Exchange()
	x.Limits = nil
	list := []*exchange.Exchange{&x}
	sim := exchangesim.Kraken(t, past, clock.Now)
	door, err := egress.New(egress.Config{Allow: []string{sim.Place()}})
	if err != nil {
		t.Fatal(err)
	}
	service := func(s *steps) *link.Service {
		made, err := link.NewService(link.Config{
			Store: brokenLinks{g.db.Links(), s}, Books: g.books(s, list), Exchanges: list, Door: door, Bases: map[string]string{x.Name: sim.URL()},
			Clock: clock.Now, Log: slog.New(slog.DiscardHandler), Private: func(string) bool { return false },
		})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	once := func(at int) (book string, crashed bool) {
		scope, calm := g.entity(), &steps{}
		clock.Move(time.Minute)
		l, err := service(calm).Create(t.Context(), scope, link.Request{
			Exchange: x.Name, Schedule: link.Manual, Key: exchange.Credentials{ID: sim.Key.ID, Secret: keyring.NewSecret([]byte(sim.Key.Secret))},
		})
		if err != nil {
			t.Fatal(err)
		}
		broken := &steps{left: at}
		sim.Hold(true)
		for range 2 {
			r, err := service(calm).Sync(t.Context(), scope, l.ID)
			if err != nil {
				t.Fatal(err)
			}
			clock.Move(3 * time.Minute) // the lease of the process before runs out
			if err := service(broken).Try(t.Context(), scope, l.ID, r.ID, false); err != nil {
				if crashed = errors.Is(err, errCrash); !crashed {
					t.Fatal(err)
				}
				clock.Move(3 * time.Minute)
				if err := service(calm).Try(t.Context(), scope, l.ID, r.ID, false); err != nil {
					t.Fatal(err)
				}
				broken = calm
			}
			if l, r, err = service(calm).Find(t.Context(), scope, l.ID); err != nil || r.State != link.RunDone || !l.Coming.IsZero() {
				t.Errorf("a crash before step %d: %+v %+v, %v", at, l, r, err)
			}
			sim.Hold(false)
		}
		return g.book(scope, g.books(calm, list)), crashed
	}
	calm, _ := once(0)
	if got := strings.Count(calm, " ") - 1; got != len(past.Moves) {
		t.Fatalf("%d events of %d moves", got, len(past.Moves))
	}
	for at, crashed := 1, true; crashed; at++ {
		var got string
		if got, crashed = once(at); got != calm {
			t.Errorf("a crash before step %d: %s, not %s", at, got, calm)
		}
	}
}
