package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// Quotes returns the store of prices.
func (s *Store) Quotes() quote.Store { return quoteStore{s} }

// quoteStore implements quote.Store.
type quoteStore struct{ *Store }

// InEntity implements quote.Store.
func (s quoteStore) InEntity(ctx context.Context, scope tenant.Scope, fn func(quote.Tx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.InFirm(ctx, scope, func(t *FirmTx) error { return fn(quoteTx{t}) })
}

// ReadEntity implements quote.Store.
func (s quoteStore) ReadEntity(ctx context.Context, scope tenant.Scope, fn func(quote.Tx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.ReadFirm(ctx, scope, func(t *FirmTx) error { return fn(quoteTx{t}) })
}

// quoteTx implements quote.Tx on one entity.
type quoteTx struct{ *FirmTx }

// priceRow is how an entity's prices come about.
type priceRow struct {
	EntityID key
	Revision int64
	Lookups  string
	FileID   key
	FileName []byte
	FileSha  *string
	FileAt   stamp
}

// TableName implements gorm's Tabler.
func (priceRow) TableName() string { return "price_settings" }

// prices returns the row of the entity, or what holds without one.
func (t *FirmTx) prices() (priceRow, error) {
	row := priceRow{EntityID: key(t.scope.Entity())}
	err := t.db.Where("entity_id = ?", row.EntityID).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return priceRow{EntityID: key(t.scope.Entity())}, nil
	}
	return row, err
}

// savePrices keeps the row as a new revision.
func (t *FirmTx) savePrices(row *priceRow) error {
	row.Revision++
	return t.db.Clauses(t.replace("entity_id")).Create(row).Error
}

// Choice implements quote.Tx.
func (t quoteTx) Choice() (quote.Choice, error) {
	row, err := t.prices()
	return quote.Choice(row.Lookups), err
}

// SaveChoice implements quote.Tx.
func (t quoteTx) SaveChoice(c quote.Choice) error {
	row, err := t.prices()
	if err != nil {
		return err
	}
	row.Lookups = string(c)
	return t.savePrices(&row)
}

// quoteRow is a price that was asked for.
type quoteRow struct {
	EntityID     key
	Asset        string
	Currency     string
	At           int64
	Day          int32
	Asked        int64
	Code         string
	Price        *amount
	Source       *string
	CandleAt     stamp
	Width        *int64
	FetchedAt    stamp
	SecondSource *string
	SecondPrice  *amount
	Spread       *amount
}

// TableName implements gorm's Tabler.
func (quoteRow) TableName() string { return "quotes" }

func (t quoteTx) row(k *quote.Kept) quoteRow {
	r := quoteRow{
		EntityID: key(t.scope.Entity()), Asset: k.Asset, Currency: k.Currency, At: int64(k.At), Day: int32(k.Date), Asked: int64(k.Asked), Code: string(k.Code),
		FetchedAt: stamp{k.Fetched.Truncate(time.Microsecond)},
	}
	if k.Code != "" {
		return r
	}
	width := int64(k.Width)
	r.Price, r.Source, r.CandleAt, r.Width = &amount{k.Price}, &k.Source, stamp{k.Candle}, &width
	if o := k.Second; o != nil {
		r.SecondSource, r.SecondPrice, r.Spread = &o.Source, &amount{o.Price}, &amount{o.Spread}
	}
	return r
}

func (r *quoteRow) kept() quote.Kept {
	k := quote.Kept{Code: quote.Code(r.Code), Asked: quote.Width(r.Asked)}
	k.Ask = quote.Ask{Asset: r.Asset, Currency: r.Currency, At: ledger.Instant(r.At), Date: ledger.Date(r.Day)}
	k.Fetched = r.FetchedAt.Time
	if r.Price == nil {
		return k
	}
	k.Price, k.Source, k.Candle = r.Price.Amount, text(r.Source), r.CandleAt.Time
	if r.Width != nil {
		k.Width = quote.Width(*r.Width)
	}
	if r.SecondSource != nil {
		k.Second = &quote.Opinion{Source: *r.SecondSource, Price: none(r.SecondPrice), Spread: none(r.Spread)}
	}
	return k
}

// Kept implements quote.Tx.
func (t quoteTx) Kept(asked quote.Width) ([]quote.Kept, error) {
	return t.list(t.db.Where("entity_id = ? and asked = ?", key(t.scope.Entity()), int64(asked)))
}

// Page implements quote.Tx.
func (t quoteTx) Page(after quote.Cursor, limit int) ([]quote.Kept, error) {
	db := t.db.Where("entity_id = ?", key(t.scope.Entity()))
	if after.Set {
		db = db.Where("(at, asset, currency, day, asked) < (?, ?, ?, ?, ?)", after.At, after.Asset, after.Currency, after.Date, int64(after.Asked))
	}
	return t.list(db.Order("at desc, asset desc, currency desc, day desc, asked desc").Limit(limit))
}

func (t quoteTx) list(db *gorm.DB) ([]quote.Kept, error) {
	var rows []quoteRow
	if err := db.Find(&rows).Error; err != nil {
		return nil, err
	}
	list := make([]quote.Kept, len(rows))
	for i := range rows {
		list[i] = rows[i].kept()
	}
	return list, nil
}

// Keep implements quote.Tx. Why there was no price gives way to a later
// answer; a price gives way to nothing. The same reason as before is no news
// for any computation.
func (t quoteTx) Keep(list []quote.Kept) error {
	var news []quoteRow
	for i := range list {
		r := t.row(&list[i])
		that := func() *gorm.DB {
			return t.db.Model(&quoteRow{}).Where("entity_id = ? and asset = ? and currency = ? and at = ? and day = ? and asked = ? and code <> ''",
				r.EntityID, r.Asset, r.Currency, r.At, r.Day, r.Asked)
		}
		same := that().Where("code = ?", r.Code).Update("fetched_at", r.FetchedAt)
		if same.Error != nil {
			return same.Error
		}
		if same.RowsAffected > 0 {
			continue
		}
		if err := that().Delete(&quoteRow{}).Error; err != nil {
			return err
		}
		news = append(news, r)
	}
	if len(news) == 0 {
		return nil
	}
	kept := t.db.Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&news, 100)
	if kept.Error != nil || kept.RowsAffected == 0 { // all of them are prices that are there
		return kept.Error
	}
	row, err := t.prices()
	if err != nil {
		return err
	}
	return t.savePrices(&row)
}

// Prices implements filing.Tx.
func (t *filingTx) Prices() (p filing.PriceFile, revision int64, err error) {
	row, err := t.prices()
	if err != nil || row.FileID == (key{}) {
		return p, row.Revision, err
	}
	name, err := t.Open("price_settings", t.scope.Entity().String(), "file_name", row.FileName)
	return filing.PriceFile{File: tenant.ID(row.FileID), Name: string(name), SHA256: text(row.FileSha), At: row.FileAt.Time}, row.Revision, err
}

// SavePrices implements filing.Tx.
func (t *filingTx) SavePrices(p filing.PriceFile) error {
	row, err := t.prices()
	if err != nil {
		return err
	}
	row.FileID, row.FileSha, row.FileAt = key(p.File), word(p.SHA256), stamp{p.At}
	if row.FileName, err = t.Seal("price_settings", t.scope.Entity().String(), "file_name", []byte(p.Name)); err != nil {
		return err
	}
	return t.savePrices(&row)
}
