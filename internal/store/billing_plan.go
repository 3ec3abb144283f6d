package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// subscriptionRow is what a firm has.
type subscriptionRow struct {
	Firm     key
	Plan     string
	Until    stamp
	Credit   amount
	Currency string
	Reminded int
	Source   string
}

// TableName implements gorm's Tabler.
func (subscriptionRow) TableName() string { return "subscriptions" }

func (r *subscriptionRow) subscription() billing.Subscription {
	return billing.Subscription{
		Firm: tenant.FirmID(r.Firm), Plan: r.Plan, Until: r.Until.Time, Credit: r.Credit.Amount, Currency: r.Currency, Reminded: r.Reminded, Source: r.Source,
	}
}

// Subscription implements billing.Tx.
func (t billingTx) Subscription(_ context.Context, firm tenant.FirmID) (billing.Subscription, error) {
	var row subscriptionRow
	err := t.db.Where("firm = ?", key(firm)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return billing.Subscription{Firm: firm}, nil
	}
	return row.subscription(), err
}

// Subscriptions implements billing.Tx.
func (t billingTx) Subscriptions(context.Context) (list []billing.Subscription, err error) {
	var rows []subscriptionRow
	err = t.db.Order("until, firm").Find(&rows).Error
	for i := range rows {
		list = append(list, rows[i].subscription())
	}
	return list, err
}

// SaveSubscription implements billing.Tx.
func (t billingTx) SaveSubscription(_ context.Context, s billing.Subscription) error {
	row := subscriptionRow{key(s.Firm), s.Plan, stamp{s.Until}, amount{s.Credit}, s.Currency, s.Reminded, s.Source}
	return t.db.Clauses(t.replace("firm")).Create(&row).Error
}

// Ending implements billing.Tx.
func (t billingTx) Ending(_ context.Context, after, before time.Time) (list []billing.Subscription, err error) {
	var rows []subscriptionRow
	err = t.db.Where("until > ? and until < ?", stamp{after}, stamp{before}).Order("until, firm").Find(&rows).Error
	for i := range rows {
		list = append(list, rows[i].subscription())
	}
	return list, err
}

// periodRow is a paid stretch of a plan.
type periodRow struct {
	ID     key
	Firm   key
	Plan   string
	FromAt stamp
	Until  stamp

	Credited amount
	Price    amount
	BegunAt  stamp
	Turn     int
}

func (r *periodRow) period() billing.Period {
	return billing.Period{
		ID: tenant.ID(r.ID), Firm: tenant.FirmID(r.Firm), Plan: r.Plan, From: r.FromAt.Time, Until: r.Until.Time, Credited: r.Credited.Amount,
		Price: r.Price.Amount, Begun: r.BegunAt.Time, Turn: r.Turn,
	}
}

func periodOf(p *billing.Period) periodRow {
	return periodRow{
		ID: key(p.ID), Firm: key(p.Firm), Plan: p.Plan, FromAt: stamp{p.From}, Until: stamp{p.Until}, Credited: amount{p.Credited},
		Price: amount{p.Price}, BegunAt: stamp{p.Begun}, Turn: p.Turn,
	}
}

// TableName implements gorm's Tabler.
func (periodRow) TableName() string { return "periods" }

// AddPeriod implements billing.Tx.
func (t billingTx) AddPeriod(_ context.Context, p billing.Period) (bool, error) {
	row := periodOf(&p)
	return t.fresh(&row)
}

// SavePeriod implements billing.Tx.
func (t billingTx) SavePeriod(_ context.Context, p billing.Period) error {
	row := periodOf(&p)
	return t.db.Model(&periodRow{}).Where("id = ?", row.ID).Select("Plan", "FromAt", "Until", "Credited").Updates(&row).Error
}

// Periods implements billing.Tx.
func (t billingTx) Periods(_ context.Context, firm tenant.FirmID) (list []billing.Period, err error) {
	var rows []periodRow
	err = t.db.Where("firm = ?", key(firm)).Order("turn, id").Find(&rows).Error
	for i := range rows {
		list = append(list, rows[i].period())
	}
	return list, err
}

// DropPeriod implements billing.Tx.
func (t billingTx) DropPeriod(_ context.Context, order tenant.ID) (billing.Period, error) {
	var rows []periodRow
	if err := t.db.Where("id = ?", key(order)).Find(&rows).Error; err != nil || len(rows) == 0 {
		return billing.Period{}, err
	}
	return rows[0].period(), t.db.Where("id = ?", key(order)).Delete(&periodRow{}).Error
}

// receiptRow is a receipt.
type receiptRow struct {
	ID        key
	Firm      key
	Number    int
	Plan      string
	FromAt    stamp
	Until     stamp
	Price     amount
	Credit    amount
	Currency  string
	Tax       amount
	TaxRate   amount
	Rate      amount
	TaxNumber []byte
	Buyer     []byte
	IssuedAt  stamp
}

// TableName implements gorm's Tabler.
func (receiptRow) TableName() string { return "receipts" }

// AddReceipt implements billing.Tx.
func (t billingTx) AddReceipt(_ context.Context, r billing.Receipt) error {
	row := receiptRow{
		ID: key(r.Order), Firm: key(r.Firm), Plan: r.Plan, FromAt: stamp{r.From}, Until: stamp{r.Until}, Price: amount{r.Price}, Credit: amount{r.Credit},
		Currency: r.Currency, Tax: amount{r.Tax}, TaxRate: amount{r.TaxRate}, Rate: amount{r.Rate}, IssuedAt: stamp{r.Issued},
	}
	if err := t.db.Model(&receiptRow{}).Select("coalesce(max(number), 0) + 1").Scan(&row.Number).Error; err != nil {
		return err
	}
	var err error
	if row.TaxNumber, err = t.Seal("receipts", r.Order.String(), "tax_number", []byte(r.Buyer.TaxNumber)); err != nil {
		return err
	}
	if row.Buyer, err = t.Seal("receipts", r.Order.String(), "buyer", []byte(strings.TrimSuffix(r.Buyer.Name+"\n"+r.Buyer.Address, "\n"))); err != nil {
		return err
	}
	fresh, err := t.fresh(&row)
	if err != nil || fresh {
		return err
	}
	return t.db.Model(&receiptRow{}).Where("id = ?", row.ID).Select("Plan", "FromAt", "Until", "IssuedAt").Updates(&row).Error
}

// Receipt implements billing.Tx.
func (t billingTx) Receipt(_ context.Context, order tenant.ID) (billing.Receipt, error) {
	var row receiptRow
	err := t.db.Where("id = ?", key(order)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return billing.Receipt{}, billing.ErrNoSale
	}
	if err != nil {
		return billing.Receipt{}, err
	}
	r := billing.Receipt{
		Order: order, Firm: tenant.FirmID(row.Firm), Number: row.Number, Plan: row.Plan, From: row.FromAt.Time, Until: row.Until.Time, Price: row.Price.Amount,
		Credit: row.Credit.Amount, Currency: row.Currency, Tax: row.Tax.Amount, TaxRate: row.TaxRate.Amount, Rate: row.Rate.Amount, Issued: row.IssuedAt.Time,
	}
	number, err := t.Open("receipts", order.String(), "tax_number", row.TaxNumber)
	if err != nil {
		return billing.Receipt{}, err
	}
	buyer, err := t.Open("receipts", order.String(), "buyer", row.Buyer)
	r.Buyer.TaxNumber = string(number)
	r.Buyer.Name, r.Buyer.Address, _ = strings.Cut(string(buyer), "\n")
	return r, err
}
