package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Reports returns the store of the filing.
func (s *Store) Reports() filing.Store { return filingStore{s} }

// filingStore implements filing.Store.
type filingStore struct{ *Store }

// InEntity implements filing.Store.
func (s filingStore) InEntity(ctx context.Context, scope tenant.Scope, fn func(filing.Tx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.InFirm(ctx, scope, func(t *FirmTx) error { return fn(&filingTx{intakeTx{FirmTx: t, write: true}}) })
}

// ReadEntity implements filing.Store.
func (s filingStore) ReadEntity(ctx context.Context, scope tenant.Scope, fn func(filing.Tx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.ReadFirm(ctx, scope, func(t *FirmTx) error { return fn(&filingTx{intakeTx{FirmTx: t}}) })
}

// filingTx implements filing.Tx on the book that the intake keeps.
type filingTx struct{ intakeTx }

// settingsRow is how an entity's tax is computed.
type settingsRow struct {
	Country   string
	Currency  string
	Timezone  string
	ZoneGiven bool
	Method    string
	Options   []byte
}

// Settings implements filing.Tx.
func (t *filingTx) Settings() (filing.Settings, error) {
	var row settingsRow
	id := t.scope.Entity()
	err := t.db.Raw("select country, currency, timezone, zone_given, method, options from entities where id = ?", key(id)).Scan(&row).Error
	if err != nil {
		return filing.Settings{}, err
	}
	if !row.ZoneGiven {
		row.Timezone = "" // it is the country's own, and a result says so where that is a guess
	}
	options, err := t.Open("entities", id.String(), "options", row.Options)
	if err != nil {
		return filing.Settings{}, err
	}
	apart, err := t.apart()
	return filing.Settings{
		Country: row.Country, Currency: row.Currency, Timezone: row.Timezone, Method: row.Method, Options: options, OptionsFrom: "options", Apart: apart,
	}, err
}

// reportRow is what was built last for a label.
type reportRow struct {
	BookNo  int64
	Label   string
	Key     string
	FileID  key
	Size    int64
	BuiltAt stamp
	Summary []byte
}

// TableName implements gorm's Tabler.
func (reportRow) TableName() string { return "reports" }

// reportName is the row that a summary is sealed for.
func (t *filingTx) reportName(label string) string {
	return t.scope.Entity().String() + "/" + label
}

// Report implements filing.Tx.
func (t *filingTx) Report(label string) (*filing.Report, error) {
	row, err := t.reportRow(label, "label", "key", "file_id", "size", "built_at")
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil //nolint:nilnil // nothing was built
	}
	if err != nil {
		return nil, err
	}
	return &filing.Report{Label: row.Label, Key: row.Key, File: tenant.ID(row.FileID), Size: row.Size, Built: row.BuiltAt.Time}, nil
}

func (t *filingTx) reportRow(label string, columns ...string) (row reportRow, err error) {
	no, err := t.book()
	if err != nil {
		return row, err
	}
	err = t.db.Select(columns).Where("book_no = ? and label = ?", no, label).Take(&row).Error
	return row, err
}

// Summary implements filing.Tx.
func (t *filingTx) Summary(label string) (s filing.Summary, err error) {
	row, err := t.reportRow(label, "summary")
	if err != nil {
		return s, err
	}
	return s, t.openJSON("reports", t.reportName(label), "summary", row.Summary, &s)
}

// SaveReport implements filing.Tx.
func (t *filingTx) SaveReport(r *filing.Report) error {
	no, err := t.book()
	if err != nil {
		return err
	}
	summary, err := t.sealJSON("reports", t.reportName(r.Label), "summary", r.Summary)
	if err != nil {
		return err
	}
	if err := t.db.Where("book_no = ? and label = ?", no, r.Label).Delete(&reportRow{}).Error; err != nil {
		return err
	}
	return t.db.Create(&reportRow{no, r.Label, r.Key, key(r.File), r.Size, stamp{r.Built}, summary}).Error
}
