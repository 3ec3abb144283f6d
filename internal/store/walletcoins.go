package store

import (
	"encoding/hex"
	"maps"
	"slices"
	"strconv"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// partRow names a sealed part of what is known about a wallet.
func partRow(wallet tenant.ID, n int) string { return wallet.String() + "/" + strconv.Itoa(n) }

// walletCoinRow is an output that a wallet holds.
type walletCoinRow struct {
	WalletID key
	N        int
	Sealed   []byte
}

// TableName implements gorm's Tabler.
func (walletCoinRow) TableName() string { return "wallet_coins" }

// Coins implements link.WalletTx.
func (t walletTx) Coins(id tenant.ID, from, limit int) ([]chain.Unspent, error) {
	var rows []walletCoinRow
	if err := t.db.Where("wallet_id = ? and n >= ?", key(id), from).Order("n").Limit(limit).Find(&rows).Error; err != nil {
		return nil, err
	}
	list := make([]chain.Unspent, len(rows))
	for i := range rows {
		if err := t.openJSON("wallet_coins", partRow(id, rows[i].N), "sealed", rows[i].Sealed, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// SaveCoins implements link.WalletTx.
func (t walletTx) SaveCoins(id tenant.ID, list []chain.Unspent) (err error) {
	if err := t.db.Where("wallet_id = ?", key(id)).Delete(&walletCoinRow{}).Error; err != nil || len(list) == 0 {
		return err
	}
	rows := make([]walletCoinRow, len(list))
	for i := range list {
		rows[i] = walletCoinRow{WalletID: key(id), N: i}
		if rows[i].Sealed, err = t.sealJSON("wallet_coins", partRow(id, i), "sealed", list[i]); err != nil {
			return err
		}
	}
	return t.db.CreateInBatches(&rows, 500).Error
}

// walletCalledRow is the labels of a transaction of a wallet.
type walletCalledRow struct {
	WalletID key
	N        int
	TxKey    []byte
	Sealed   []byte
}

// TableName implements gorm's Tabler.
func (walletCalledRow) TableName() string { return "wallet_called" }

// txKey finds the labels of a transaction.
func (t walletTx) txKey(wallet tenant.ID, txid string) ([]byte, error) {
	return t.LookUp("wallet_called", "tx", []byte(wallet.String()+"/"+txid))
}

// Called implements link.WalletTx.
func (t walletTx) Called(id tenant.ID, txids []string) (map[string]chain.Labels, error) {
	keys, of := make([][]byte, len(txids)), make(map[string]string, len(txids))
	for i, txid := range txids {
		k, err := t.txKey(id, txid)
		if err != nil {
			return nil, err
		}
		keys[i], of[hex.EncodeToString(k)] = k, txid
	}
	called := make(map[string]chain.Labels)
	for some := range slices.Chunk(keys, 500) {
		var rows []walletCalledRow
		if err := t.db.Where("wallet_id = ? and tx_key in ?", key(id), some).Find(&rows).Error; err != nil {
			return nil, err
		}
		for i := range rows {
			var list chain.Labels
			if err := t.openJSON("wallet_called", partRow(id, rows[i].N), "sealed", rows[i].Sealed, &list); err != nil {
				return nil, err
			}
			called[of[hex.EncodeToString(rows[i].TxKey)]] = list
		}
	}
	return called, nil
}

// SaveCalled implements link.WalletTx.
func (t walletTx) SaveCalled(id tenant.ID, of map[string]chain.Labels) (err error) {
	if err := t.db.Where("wallet_id = ?", key(id)).Delete(&walletCalledRow{}).Error; err != nil || len(of) == 0 {
		return err
	}
	rows := make([]walletCalledRow, 0, len(of))
	for n, txid := range slices.Sorted(maps.Keys(of)) {
		row := walletCalledRow{WalletID: key(id), N: n}
		if row.TxKey, err = t.txKey(id, txid); err != nil {
			return err
		}
		if row.Sealed, err = t.sealJSON("wallet_called", partRow(id, n), "sealed", of[txid]); err != nil {
			return err
		}
		rows = append(rows, row)
	}
	return t.db.CreateInBatches(&rows, 500).Error
}
