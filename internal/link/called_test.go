package link_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// named is a store with a wallet of so many transactions, some of which have
// labels.
type named struct {
	link.WalletStore
	scope  tenant.Scope
	wallet link.Wallet
	ids    []string
}

func newNamed(t testing.TB, transactions, labels int) *named {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Config{DataDir: dir, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	masters, err := keyring.FindMasters("", "", dir, true)
	if err == nil {
		_, err = db.OpenKeys(t.Context(), masters, 0)
	}
	firm := tenant.NewID()
	if err == nil {
		err = db.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), firm, "eu") })
	}
	if err != nil {
		t.Fatal(err)
	}
	n := &named{db.Wallets(), tenant.ForJob(firm, tenant.NewID(), "test"), link.Wallet{ID: tenant.NewID(), Label: "Vault", Created: time.Now(), Named: true}, nil}
	var txs []chain.Tx
	var list chain.Labels
	for i := range transactions {
		tx := chain.Tx{ID: fmt.Sprintf("%064x", i), Block: chain.Block{Height: int64(i), Hash: "b"}, Out: []chain.Coin{{Address: miner, Sats: 1000}, {Address: "other", Sats: 5}}}
		txs, n.ids = append(txs, tx), append(n.ids, tx.ID)
		if i%(transactions/labels) == 0 {
			list = append(list, chain.Label{Type: chain.LabelTx, Ref: tx.ID, Text: fmt.Sprintf("Payment %d", i)})
		}
	}
	err = n.InEntity(t.Context(), n.scope, func(tx link.WalletTx) error {
		return errors.Join(tx.AddWallet(&n.wallet), tx.SaveChain(n.wallet.ID, txs), tx.SaveLabels(n.wallet.ID, list), tx.SaveCalled(n.wallet.ID, list.Of(txs)))
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// noChain is a store of wallets whose transactions and labels as a whole
// cannot be read.
type noChain struct{ link.WalletStore }

type noChainTx struct{ link.WalletTx }

var errWhole = errors.New("all of it was read")

func (s noChain) ReadEntity(ctx context.Context, scope tenant.Scope, fn func(link.WalletTx) error) error {
	return s.WalletStore.ReadEntity(ctx, scope, func(tx link.WalletTx) error { return fn(noChainTx{tx}) })
}
func (noChainTx) Chain(tenant.ID) ([]chain.Tx, error)    { return nil, errWhole }
func (noChainTx) Labels(tenant.ID) (chain.Labels, error) { return nil, errWhole }

// TestCalled: the labels of some transactions are read without the chain and
// without the other labels; those of a wallet that an earlier version looked
// up are the same.
func TestCalled(t *testing.T) {
	t.Parallel()
	n := newNamed(t, 40, 4)
	asked := []string{n.ids[0], n.ids[1], n.ids[10], "gone"}
	called := func(s link.WalletStore) (map[string]chain.Labels, error) {
		return link.NewWallets(link.WalletConfig{Store: s}).Called(t.Context(), n.scope, "Bitcoin/Vault", asked)
	}
	check := func(what string, got map[string]chain.Labels, err error) {
		t.Helper()
		if err != nil || len(got) != 2 || len(got[n.ids[0]]) != 1 || got[n.ids[10]][0].Text != "Payment 10" {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
	got, err := called(noChain{n})
	check("kept", got, err)
	n.wallet.Named = false
	if err := n.InEntity(t.Context(), n.scope, func(tx link.WalletTx) error { return tx.SaveWallet(&n.wallet) }); err != nil {
		t.Fatal(err)
	}
	got, err = called(n)
	check("of an earlier version", got, err)
	if _, err = called(noChain{n}); !errors.Is(err, errWhole) {
		t.Errorf("nothing was gone through: %v", err)
	}
}

// BenchmarkCalled reads the labels of a page of 100 transactions of a wallet
// with 100,000 of them and 10,000 labels: as they are kept, and by going
// through the chain as before.
func BenchmarkCalled(b *testing.B) {
	n := newNamed(b, 100_000, 10_000)
	w := link.NewWallets(link.WalletConfig{Store: n})
	for _, kept := range []bool{true, false} {
		n.wallet.Named = kept
		if err := n.InEntity(b.Context(), n.scope, func(tx link.WalletTx) error { return tx.SaveWallet(&n.wallet) }); err != nil {
			b.Fatal(err)
		}
		b.Run(map[bool]string{true: "kept", false: "through_the_chain"}[kept], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got, err := w.Called(b.Context(), n.scope, "Bitcoin/Vault", n.ids[:100]); err != nil || len(got) != 10 {
					b.Fatalf("%d, %v", len(got), err)
				}
			}
		})
	}
}
