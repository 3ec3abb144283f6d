package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// refundRow is a refund that is open.
type refundRow struct {
	ID       key // the order's
	Firm     key
	Private  []byte // the link, sealed
	OpenedAt stamp
}

// TableName implements gorm's Tabler.
func (refundRow) TableName() string { return "refunds" }

// Refund implements billing.Tx.
func (t billingTx) Refund(_ context.Context, order tenant.ID) (r billing.RefundLink, err error) {
	var row refundRow
	err = t.db.Where("id = ?", key(order)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	plain, err := t.Open("refunds", order.String(), "private", row.Private)
	if err != nil {
		return r, err
	}
	defer clear(plain)
	return billing.RefundLink{URL: string(plain), Opened: row.OpenedAt.Time}, nil
}

// SaveRefund implements billing.Tx.
func (t billingTx) SaveRefund(_ context.Context, s billing.Sale, r billing.RefundLink) error {
	sealed, err := t.Seal("refunds", s.Payment.ID.String(), "private", []byte(r.URL))
	if err != nil {
		return err
	}
	row := refundRow{ID: key(s.Payment.ID), Firm: key(s.Firm), Private: sealed, OpenedAt: stamp{r.Opened}}
	return t.db.Clauses(t.replace("id")).Create(&row).Error
}

// DropRefund implements billing.Tx.
func (t billingTx) DropRefund(_ context.Context, order tenant.ID) error {
	return t.db.Where("id = ?", key(order)).Delete(&refundRow{}).Error
}
