package link_test

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// watched is an installation that watches bitcoin through a real node.
type watched struct {
	*link.Wallets
	t     *testing.T
	node  *testkit.Btcd
	books *intake.Service
	scope tenant.Scope
}

const miner = "SR9zEMt5qG7o1Q7nGcLPCMqv5BrNHcw2zi" // of simnet; nobody needs its key

func newWatched(t *testing.T) *watched {
	t.Helper()
	node := testkit.StartBtcd(t, miner)
	w := watchOn(t, func() chain.Source { return chain.NewBtcd(node.URL, node.User, node.Password, http.DefaultClient) })
	w.node = node
	return w
}

// watchOn makes an installation that asks another source.
func watchOn(t *testing.T, source func() chain.Source) *watched {
	t.Helper()
	w := &watched{t: t}
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), store.Config{DataDir: dir, Clock: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	masters, err := keyring.FindMasters("", "", dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.OpenKeys(t.Context(), masters, 0); err != nil {
		t.Fatal(err)
	}
	w.books = intake.NewService(intake.Config{Store: db.Imports(), Vault: db, Formats: append(link.Formats(nil), link.WalletFormat()), Log: log})
	w.Wallets = link.NewWallets(link.WalletConfig{
		Store: db.Wallets(), Books: w.books, Network: chain.Simnet, Clock: time.Now, Log: log,
		Nodes:   map[link.NodeKind]func() chain.Source{link.Btcd: source},
		Private: func(text string) bool { _, found := keyring.FindInWallet(text); return found },
	})
	firm := tenant.NewID()
	if err := db.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), firm, "eu") }); err != nil {
		t.Fatal(err)
	}
	w.scope = tenant.ForJob(firm, tenant.NewID(), "test")
	reg := job.NewRegistry(2)
	if err := errors.Join(w.Register(reg), w.books.Register(reg)); err != nil {
		t.Fatal(err)
	}
	runJobs(t, db, reg)
	return w
}

func (w *watched) scanned(id tenant.ID, transactions int) *link.Wallet {
	w.t.Helper()
	var l *link.Wallet
	testkit.Eventually(w.t, "the scan ends", func() bool {
		var err error
		l, _, err = w.Find(w.t.Context(), w.scope, id)
		return err == nil && l.State == link.WalletDone && l.Found.Transactions == transactions
	})
	return l
}

func (w *watched) events() []intake.Listed {
	w.t.Helper()
	list, err := w.books.Events(w.t.Context(), w.scope, intake.Filter{})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// TestWallet: an address is watched on a real node: what it received is in the
// book, new blocks add to it, and a reorganisation takes away what it undid.
func TestWallet(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	var blocks []string
	w.node.Call(t, &blocks, "generate", 3)
	l, err := w.Create(t.Context(), w.scope, link.Wallet{Kind: chain.Address, Value: miner, Label: "Vault", Source: link.Btcd})
	if err != nil {
		t.Fatalf("%v: %s", err, fault.Of(err).Words)
	}
	l = w.scanned(l.ID, 3)
	events := w.events()
	if len(events) != 3 || events[0].Event.Account != "Bitcoin/Vault" || events[0].Event.Extra().TxHash == "" || len(events[0].Event.Extra().Records) != 1 || l.Found.Balance != 150_0000_0000 {
		t.Errorf("%d events, found %+v", len(events), l.Found)
	}
	w.node.Call(t, nil, "invalidateblock", blocks[2])
	if _, err := w.Sync(t.Context(), w.scope, l.ID); err != nil {
		t.Fatal(err)
	}
	if l = w.scanned(l.ID, 2); l.Found.Gone != 1 || len(w.events()) != 2 {
		t.Errorf("after a reorganisation: %d events, %+v", len(w.events()), l.Found)
	}
	if err := w.Delete(t.Context(), w.scope, l.ID); err != nil || len(w.events()) != 2 {
		t.Errorf("deleted: %d events, %v", len(w.events()), err)
	}
	if _, _, err := w.Find(t.Context(), w.scope, l.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("still there: %v", err)
	}
	for name, c := range map[string]struct {
		in   link.Wallet
		code string
	}{
		"private":   {link.Wallet{Kind: chain.XPub, Value: "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi", Source: link.Btcd}, "private_key_refused"},
		"hex_key":   {link.Wallet{Kind: chain.Address, Value: strings.Repeat("0f", 32), Source: link.Btcd}, "private_key_refused"},
		"no_node":   {link.Wallet{Kind: chain.Address, Value: miner, Source: link.Esplora}, "source_not_offered"},
		"big_gap":   {link.Wallet{Kind: chain.Address, Value: miner, Source: link.Btcd, Gap: 5000}, "bad_gap"},
		"bad_label": {link.Wallet{Kind: chain.Address, Value: miner, Source: link.Btcd, Label: "a/b"}, "bad_label"},
	} {
		if _, err := w.Create(t.Context(), w.scope, c.in); fault.Of(err).Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
