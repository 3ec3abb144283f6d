package store_test

import (
	"errors"
	"testing"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestWalletLabels: labels are those of one wallet, are replaced as a whole,
// and go with it.
func TestWalletLabels(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{})
		scope, err := newFirm(t, s).Open(tenant.NewID())
		if err != nil {
			t.Fatal(err)
		}
		in := func(fn func(link.WalletTx) error) {
			t.Helper()
			if err := s.Wallets().InEntity(t.Context(), scope, fn); err != nil {
				t.Fatal(err)
			}
		}
		frozen := false
		mine, other := link.Wallet{ID: tenant.NewID(), Label: "Vault", Created: today}, link.Wallet{ID: tenant.NewID(), Label: "Purse", Created: today}
		first, then := chain.Labels{{Type: chain.LabelTx, Ref: "ab", Text: "Rent"}}, chain.Labels{{Type: chain.LabelOutput, Ref: "ab:0", Spendable: &frozen}}
		in(func(tx link.WalletTx) error {
			return errors.Join(tx.AddWallet(&mine), tx.AddWallet(&other), tx.SaveLabels(mine.ID, first), tx.SaveLabels(other.ID, first))
		})
		in(func(tx link.WalletTx) error {
			return errors.Join(tx.SaveLabels(mine.ID, then), tx.DropWallet(other.ID))
		})
		in(func(tx link.WalletTx) error {
			got, err := tx.Labels(mine.ID)
			if err != nil || len(got) != 1 || got[0].Ref != "ab:0" || got[0].Spendable == nil || *got[0].Spendable {
				t.Errorf("labels %+v, %v", got, err)
			}
			if got, err := tx.Labels(other.ID); err != nil || len(got) > 0 {
				t.Errorf("labels of a wallet that is gone: %+v, %v", got, err)
			}
			return tx.SaveLabels(mine.ID, nil)
		})
		in(func(tx link.WalletTx) error {
			if got, err := tx.Labels(mine.ID); err != nil || len(got) > 0 {
				t.Errorf("forgotten labels: %+v, %v", got, err)
			}
			return nil
		})
	})
}
