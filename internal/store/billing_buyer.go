package store

import (
	"context"
	"encoding/json"
	"errors"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// buyerRow is to whom a firm's receipts are made out.
type buyerRow struct {
	Firm      key
	Private   []byte // billing.Buyer as JSON, sealed
	ChangedAt stamp
}

// TableName implements gorm's Tabler.
func (buyerRow) TableName() string { return "buyers" }

// Buyer implements billing.Tx.
func (t billingTx) Buyer(_ context.Context, firm tenant.FirmID) (b billing.Buyer, err error) {
	var row buyerRow
	err = t.db.Where("firm = ?", key(firm)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	plain, err := t.Open("buyers", firm.String(), "private", row.Private)
	if err != nil {
		return b, err
	}
	defer clear(plain)
	return b, json.Unmarshal(plain, &b)
}

// SaveBuyer implements billing.Tx. A buyer of whom nothing is known any more
// is forgotten.
func (t billingTx) SaveBuyer(_ context.Context, firm tenant.FirmID, b billing.Buyer) error {
	if b == (billing.Buyer{}) {
		return t.db.Where("firm = ?", key(firm)).Delete(&buyerRow{}).Error
	}
	plain, err := json.Marshal(b)
	if err != nil {
		return err
	}
	defer clear(plain)
	row := buyerRow{Firm: key(firm), ChangedAt: stamp{t.Now()}}
	if row.Private, err = t.Seal("buyers", firm.String(), "private", plain); err != nil {
		return err
	}
	return t.db.Clauses(t.replace("firm")).Create(&row).Error
}
