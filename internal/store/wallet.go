package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// walletStore implements link.WalletStore.
type walletStore struct{ *Store }

// Wallets returns the store of watched wallets.
func (s *Store) Wallets() link.WalletStore { return walletStore{s} }

// InEntity implements link.WalletStore.
func (s walletStore) InEntity(ctx context.Context, scope tenant.Scope, fn func(link.WalletTx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.InFirm(ctx, scope, func(t *FirmTx) error { return fn(walletTx{t}) })
}

// ReadEntity implements link.WalletStore.
func (s walletStore) ReadEntity(ctx context.Context, scope tenant.Scope, fn func(link.WalletTx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.ReadFirm(ctx, scope, func(t *FirmTx) error { return fn(walletTx{t}) })
}

// walletTx implements link.WalletTx on one entity.
type walletTx struct{ *FirmTx }

// walletRow is a watched wallet.
type walletRow struct {
	ID        key
	EntityID  key
	Kind      string
	Source    string
	Gap       int
	State     string
	Code      string
	CreatedAt stamp
	ScannedAt stamp
	ImportID  key
	Private   []byte
}

// TableName implements gorm's Tabler.
func (walletRow) TableName() string { return "wallets" }

// walletPrivate is what is sealed of a wallet.
type walletPrivate struct {
	Value  string            `json:"value"`
	Label  string            `json:"label"`
	Script chain.Script      `json:"script,omitempty"`
	Reach  map[string]uint32 `json:"reach,omitempty"`
	Named  bool              `json:"named,omitempty"`
	Found  link.Finding      `json:"found"`
	Coming tenant.ID         `json:"coming,omitzero"`
	Next   time.Time         `json:"next,omitzero"`
}

func (t walletTx) row(w *link.Wallet) (walletRow, error) {
	private, err := t.sealJSON("wallets", w.ID.String(), "private", walletPrivate{w.Value, w.Label, w.Script, w.Reach, w.Named, w.Found, w.Coming, w.Next})
	return walletRow{
		ID: key(w.ID), EntityID: key(t.scope.Entity()), Kind: string(w.Kind), Source: string(w.Source), Gap: w.Gap, State: string(w.State), Code: w.Code,
		CreatedAt: stamp{w.Created}, ScannedAt: stamp{w.Scanned}, ImportID: key(w.Import), Private: private,
	}, err
}

func (t walletTx) wallet(r *walletRow) (link.Wallet, error) {
	var p walletPrivate
	err := t.openJSON("wallets", tenant.ID(r.ID).String(), "private", r.Private, &p)
	return link.Wallet{
		ID: tenant.ID(r.ID), Kind: chain.Kind(r.Kind), Value: p.Value, Label: p.Label, Source: link.NodeKind(r.Source), Gap: r.Gap, State: link.WalletState(r.State),
		Code: r.Code, Created: r.CreatedAt.Time, Scanned: r.ScannedAt.Time, Found: p.Found, Import: tenant.ID(r.ImportID), Coming: p.Coming, Next: p.Next,
		Script: p.Script, Reach: p.Reach, Named: p.Named,
	}, err
}

// AddWallet implements link.WalletTx.
func (t walletTx) AddWallet(w *link.Wallet) error {
	row, err := t.row(w)
	if err != nil {
		return err
	}
	return t.db.Create(&row).Error
}

// Wallet implements link.WalletTx.
func (t walletTx) Wallet(id tenant.ID) (*link.Wallet, error) {
	var row walletRow
	err := t.db.Where("id = ? and entity_id = ?", key(id), key(t.scope.Entity())).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, link.ErrGone
	}
	if err != nil {
		return nil, err
	}
	w, err := t.wallet(&row)
	return &w, err
}

// Wallets implements link.WalletTx.
func (t walletTx) Wallets() ([]link.Wallet, error) {
	var rows []walletRow
	if err := t.db.Where("entity_id = ?", key(t.scope.Entity())).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	list := make([]link.Wallet, len(rows))
	for i := range rows {
		var err error
		if list[i], err = t.wallet(&rows[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// SaveWallet implements link.WalletTx.
func (t walletTx) SaveWallet(w *link.Wallet) error {
	row, err := t.row(w)
	if err != nil {
		return err
	}
	return t.db.Model(&walletRow{}).Where("id = ?", row.ID).Select("State", "Code", "ScannedAt", "ImportID", "Private").Updates(&row).Error
}

// DropWallet implements link.WalletTx.
func (t walletTx) DropWallet(id tenant.ID) error {
	if _, err := t.Wallet(id); err != nil {
		return err
	}
	for _, rows := range []any{&walletChainRow{}, &walletLabelsRow{}, &walletCoinRow{}, &walletCalledRow{}} {
		if err := t.db.Where("wallet_id = ?", key(id)).Delete(rows).Error; err != nil {
			return err
		}
	}
	return t.db.Where("id = ?", key(id)).Delete(&walletRow{}).Error
}

// walletChainRow is the transactions of a wallet's last scan.
type walletChainRow struct {
	WalletID key
	Sealed   []byte
}

// TableName implements gorm's Tabler.
func (walletChainRow) TableName() string { return "wallet_chain" }

// Chain implements link.WalletTx.
func (t walletTx) Chain(id tenant.ID) (txs []chain.Tx, err error) {
	var row walletChainRow
	err = t.db.Where("wallet_id = ?", key(id)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	err = t.openJSON("wallet_chain", id.String(), "sealed", row.Sealed, &txs)
	return txs, err
}

// SaveChain implements link.WalletTx.
func (t walletTx) SaveChain(id tenant.ID, txs []chain.Tx) error {
	row := walletChainRow{WalletID: key(id)}
	var err error
	if row.Sealed, err = t.sealJSON("wallet_chain", id.String(), "sealed", txs); err != nil {
		return err
	}
	return t.db.Clauses(t.replace("wallet_id")).Create(&row).Error
}

// walletLabelsRow is what a wallet's things are called.
type walletLabelsRow struct {
	WalletID key
	Sealed   []byte
}

// TableName implements gorm's Tabler.
func (walletLabelsRow) TableName() string { return "wallet_labels" }

// Labels implements link.WalletTx.
func (t walletTx) Labels(id tenant.ID) (list chain.Labels, err error) {
	var row walletLabelsRow
	err = t.db.Where("wallet_id = ?", key(id)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	err = t.openJSON("wallet_labels", id.String(), "sealed", row.Sealed, &list)
	return list, err
}

// SaveLabels implements link.WalletTx.
func (t walletTx) SaveLabels(id tenant.ID, list chain.Labels) error {
	if len(list) == 0 {
		return t.db.Where("wallet_id = ?", key(id)).Delete(&walletLabelsRow{}).Error
	}
	row := walletLabelsRow{WalletID: key(id)}
	var err error
	if row.Sealed, err = t.sealJSON("wallet_labels", id.String(), "sealed", list); err != nil {
		return err
	}
	return t.db.Clauses(t.replace("wallet_id")).Create(&row).Error
}
