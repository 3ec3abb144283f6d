package link

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// LabelsRead is a file of labels (BIP329) that was read.
type LabelsRead struct {
	Labels  chain.Labels
	Skipped int // lines about things that BIP329 does not name
}

// ReadLabels reads a file of labels. One that holds a private key anywhere is
// refused as a whole.
func ReadLabels(r io.Reader) (in LabelsRead, err error) {
	var seen keyring.Scanner
	in.Labels, in.Skipped, err = chain.ReadLabels(io.TeeReader(r, &seen))
	if _, found := seen.Found(); found {
		return LabelsRead{}, keyring.RefusePrivateKey()
	}
	for _, l := range in.Labels { // what the escapes of JSON may have hidden
		if _, found := keyring.FindPrivateKey(l.Ref + "\t" + l.Text); found {
			return LabelsRead{}, keyring.RefusePrivateKey()
		}
	}
	return in, err
}

// Labels returns what a wallet's things are called.
func (w *Wallets) Labels(ctx context.Context, scope tenant.Scope, id tenant.ID) (list chain.Labels, err error) {
	err = w.Store.ReadEntity(ctx, scope, func(tx WalletTx) error {
		if _, err := tx.Wallet(id); err != nil {
			return err
		}
		list, err = tx.Labels(id)
		return err
	})
	return list, noWallet(err)
}

// TakeLabels adds labels to those of a wallet, in the place of those about the
// same things, and returns how many there are now. They are remarks: no event
// and no result changes with them.
func (w *Wallets) TakeLabels(ctx context.Context, scope tenant.Scope, id tenant.ID, more chain.Labels) (n int, err error) {
	err = w.Store.InEntity(ctx, scope, func(tx WalletTx) error {
		l, err := tx.Wallet(id)
		if err != nil {
			return err
		}
		before, err := tx.Labels(id)
		if err != nil {
			return err
		}
		after, err := before.Merge(more)
		if err != nil {
			return err
		}
		n = len(after)
		return errors.Join(
			tx.SaveLabels(id, after), name(tx, l, after),
			tx.Audit(ctx, audit.Entry{Action: "wallet.labels", Object: l.object(), Before: labelCount(before), After: labelCount(after)}),
		)
	})
	return n, noWallet(err)
}

// DropLabels forgets the labels of a wallet.
func (w *Wallets) DropLabels(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	return noWallet(w.Store.InEntity(ctx, scope, func(tx WalletTx) error {
		l, err := tx.Wallet(id)
		if err != nil {
			return err
		}
		before, err := tx.Labels(id)
		if err != nil || len(before) == 0 {
			return err
		}
		return errors.Join(
			tx.SaveLabels(id, nil), tx.SaveCalled(id, nil),
			tx.Audit(ctx, audit.Entry{Action: "wallet.labels", Object: l.object(), Before: labelCount(before), After: labelCount(nil)}),
		)
	}))
}

// name keeps the labels of each transaction that was found.
func name(tx WalletTx, l *Wallet, labels chain.Labels) error {
	txs, err := tx.Chain(l.ID)
	if err != nil {
		return err
	}
	l.Named = true
	return errors.Join(tx.SaveCalled(l.ID, labels.Of(txs)), tx.SaveWallet(l))
}

// labelCount is all that the audit chain tells of labels: they locate people.
func labelCount(l chain.Labels) map[string]any { return map[string]any{"labels": len(l)} }

// Called returns the labels of transactions of an account of the book, by
// txid. An account that is no watched wallet has none.
func (w *Wallets) Called(ctx context.Context, scope tenant.Scope, account string, txids []string) (called map[string]chain.Labels, err error) {
	label, ok := strings.CutPrefix(account, walletAccount)
	if !ok {
		return nil, nil
	}
	err = w.Store.ReadEntity(ctx, scope, func(tx WalletTx) error {
		list, err := tx.Wallets()
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].Label != label {
				continue
			}
			if list[i].Named {
				called, err = tx.Called(list[i].ID, txids)
			} else {
				called, err = calledBefore(tx, list[i].ID, txids)
			}
			return err
		}
		return nil
	})
	return called, err
}

// calledBefore is Called of a wallet that was last looked up by a version which
// did not keep the labels of each transaction: all of them are gone through.
func calledBefore(tx WalletTx, id tenant.ID, txids []string) (map[string]chain.Labels, error) {
	labels, err := tx.Labels(id)
	if err != nil || len(labels) == 0 {
		return nil, err
	}
	txs, err := tx.Chain(id)
	if err != nil {
		return nil, err
	}
	return labels.Of(slices.DeleteFunc(txs, func(t chain.Tx) bool { return !slices.Contains(txids, t.ID) })), nil
}
