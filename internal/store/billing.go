package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// billingStore implements billing.Store.
type billingStore struct{ *Store }

// Billing returns the store of internal/billing.
func (s *Store) Billing() billing.Store { return billingStore{s} }

// Control implements billing.Store.
func (s billingStore) Control(ctx context.Context, fn func(billing.Tx) error) error {
	return s.Store.Control(ctx, func(t *ControlTx) error { return fn(billingTx{t}) })
}

// Read implements billing.Store.
func (s billingStore) Read(ctx context.Context, fn func(billing.Tx) error) error {
	return s.ReadControl(ctx, func(t *ControlTx) error { return fn(billingTx{t}) })
}

// billingTx implements billing.Tx.
type billingTx struct{ *ControlTx }

// paymentRow is a payment, with exactly the columns of AC-PAY-4.
type paymentRow struct {
	ID            key
	Firm          key
	Provider      string
	ProviderRef   *string
	Amount        amount
	Currency      string
	Status        string
	Confirmations int
	Created       stamp
	Settled       stamp
}

// TableName implements gorm's Tabler.
func (paymentRow) TableName() string { return "payments" }

// orderRow is what was sold with a payment.
type orderRow struct {
	ID        key
	Firm      key
	Token     string
	Plan      string
	Period    string
	Credit    amount
	ExpiresAt stamp
	WatchAt   stamp
	URL       string
	Received  string
	Marked    bool
	Odd       string
	NotedAt   stamp

	Kept   amount
	Sent   amount
	Wanted amount
	Held   bool
	Seen   string

	Reason    []byte // sealed
	LatePaid  amount
	LateWorth amount
	Reverse   bool
	TaxNumber []byte // sealed
	Confirmed bool
}

// TableName implements gorm's Tabler.
func (orderRow) TableName() string { return "orders" }

func paymentOf(s *billing.Sale) paymentRow {
	p := &s.Payment
	row := paymentRow{
		ID: key(p.ID), Firm: key(p.Firm), Provider: string(p.Provider), Amount: amount{p.Amount}, Currency: p.Currency, Status: string(p.Status),
		Confirmations: p.Confirmations, Created: stamp{p.Created}, Settled: stamp{p.Settled},
	}
	if p.Ref != "" {
		row.ProviderRef = &p.Ref
	}
	return row
}

func orderOf(s *billing.Sale, token string) orderRow {
	o := &s.Order
	return orderRow{
		ID: key(s.Payment.ID), Firm: key(s.Firm), Token: token, Plan: o.Plan, Period: o.Period, Credit: amount{o.Credit}, ExpiresAt: stamp{o.Expires},
		WatchAt: stamp{o.Watch}, URL: o.URL, Received: o.Received, Marked: o.Marked, Odd: o.Odd, NotedAt: stamp{o.Noted},
		Kept: amount{o.Kept}, Sent: amount{o.Sent}, Wanted: amount{o.Wanted}, Held: o.Held, Seen: o.Seen,
		LatePaid: amount{o.LatePaid}, LateWorth: amount{o.LateWorth}, Reverse: o.Reverse, Confirmed: o.Confirmed,
	}
}

func saleOf(p *paymentRow, o *orderRow) billing.Sale {
	s := billing.Sale{
		Payment: billing.Payment{
			ID: tenant.ID(p.ID), Firm: tenant.FirmID(p.Firm), Provider: billing.Provider(p.Provider), Amount: p.Amount.Amount, Currency: p.Currency,
			Status: billing.Status(p.Status), Confirmations: p.Confirmations, Created: p.Created.Time, Settled: p.Settled.Time,
		},
		Order: billing.Order{
			ID: tenant.ID(p.ID), Plan: o.Plan, Period: o.Period, Credit: o.Credit.Amount, Expires: o.ExpiresAt.Time, Watch: o.WatchAt.Time,
			URL: o.URL, Received: o.Received, Marked: o.Marked, Odd: o.Odd, Noted: o.NotedAt.Time,
			Kept: o.Kept.Amount, Sent: o.Sent.Amount, Wanted: o.Wanted.Amount, Held: o.Held, Seen: o.Seen,
			LatePaid: o.LatePaid.Amount, LateWorth: o.LateWorth.Amount, Reverse: o.Reverse, Confirmed: o.Confirmed,
		},
	}
	if p.ProviderRef != nil {
		s.Ref = *p.ProviderRef
	}
	return s
}

// AddPayment implements billing.Tx.
func (t billingTx) AddPayment(_ context.Context, s billing.Sale, token string) (bool, error) {
	token = hashed(token)
	var n int64
	if err := t.db.Model(&orderRow{}).Where("firm = ? and token = ?", key(s.Firm), token).Count(&n).Error; err != nil || n > 0 {
		return false, err
	}
	payment, order := paymentOf(&s), orderOf(&s, token)
	if s.TaxNumber != "" {
		var err error
		if order.TaxNumber, err = t.Seal("orders", s.Payment.ID.String(), "tax_number", []byte(s.TaxNumber)); err != nil {
			return false, err
		}
	}
	if err := t.db.Create(&payment).Error; err != nil {
		return false, err
	}
	return true, t.db.Create(&order).Error
}

// SavePayment implements billing.Tx.
func (t billingTx) SavePayment(_ context.Context, s billing.Sale) error {
	p, o := paymentOf(&s), orderOf(&s, "")
	if s.Reason != "" {
		var err error
		if o.Reason, err = t.Seal("orders", s.Payment.ID.String(), "reason", []byte(s.Reason)); err != nil {
			return err
		}
	}
	err := t.db.Model(&paymentRow{}).Where("id = ?", p.ID).Select("ProviderRef", "Amount", "Status", "Confirmations", "Settled").Updates(&p).Error
	if err != nil {
		return err
	}
	return t.db.Model(&orderRow{}).Where("id = ?", o.ID).
		Select("ExpiresAt", "WatchAt", "URL", "Received", "Marked", "Odd", "NotedAt", "Kept", "Sent", "Wanted", "Held", "Seen", "Reason", "LatePaid", "LateWorth", "Confirmed").Updates(&o).Error
}

// Sale implements billing.Tx.
func (t billingTx) Sale(_ context.Context, id tenant.ID) (billing.Sale, error) {
	return t.sale(t.db.Where("id = ?", key(id)))
}

// SaleByKey implements billing.Tx.
func (t billingTx) SaleByKey(_ context.Context, firm tenant.FirmID, token string) (billing.Sale, error) {
	return t.sale(t.db.Where("id = (?)", t.db.Model(&orderRow{}).Select("id").Where("firm = ? and token = ?", key(firm), hashed(token))))
}

// SaleByRef implements billing.Tx.
func (t billingTx) SaleByRef(_ context.Context, p billing.Provider, ref string) (billing.Sale, error) {
	return t.sale(t.db.Where("provider = ? and provider_ref = ?", string(p), ref))
}

func (t billingTx) sale(where *gorm.DB) (billing.Sale, error) {
	list, err := t.sales(where.Limit(1))
	if err == nil && len(list) == 0 {
		err = billing.ErrNoSale
	}
	if err != nil {
		return billing.Sale{}, err
	}
	return list[0], nil
}

// sales reads payments with their orders.
func (t billingTx) sales(where *gorm.DB) ([]billing.Sale, error) {
	var payments []paymentRow
	if err := where.Find(&payments).Error; err != nil || len(payments) == 0 {
		return nil, err
	}
	ids := make([]key, len(payments))
	for i, p := range payments {
		ids[i] = p.ID
	}
	var orders []orderRow
	if err := t.db.Where("id in ?", ids).Find(&orders).Error; err != nil {
		return nil, err
	}
	byID := make(map[key]*orderRow, len(orders))
	for i := range orders {
		byID[orders[i].ID] = &orders[i]
	}
	list := make([]billing.Sale, 0, len(payments))
	for i := range payments {
		o := byID[payments[i].ID]
		if o == nil {
			return nil, errors.New("store: a payment without its order")
		}
		s := saleOf(&payments[i], o)
		var err error
		if s.Reason, err = t.opened(o, "reason", o.Reason); err != nil {
			return nil, err
		}
		if s.TaxNumber, err = t.opened(o, "tax_number", o.TaxNumber); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// opened opens a sealed column of an order; "" if there is nothing in it.
func (t billingTx) opened(o *orderRow, column string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := t.Open("orders", tenant.ID(o.ID).String(), column, sealed)
	return string(plain), err
}

// Sales implements billing.Tx.
func (t billingTx) Sales(_ context.Context, firm tenant.FirmID) ([]billing.Sale, error) {
	return t.sales(t.db.Where("firm = ?", key(firm)).Order("created desc, id"))
}

// Paid implements billing.Tx.
func (t billingTx) Paid(_ context.Context, p billing.Provider, after time.Time) ([]billing.Sale, error) {
	return t.sales(t.db.Where("provider = ? and settled > ?", string(p), stamp{after}).Order("settled, id"))
}

// Odd implements billing.Tx.
func (t billingTx) Odd(context.Context) ([]billing.Sale, error) {
	return t.sales(t.db.Where("id in (?)", t.db.Model(&orderRow{}).Select("id").Where("odd <> '' and odd <> seen")).Order("created, id"))
}

// Watched implements billing.Tx. What was never made at the provider has no
// reference and cannot change; it may hold credit that nobody will use.
func (t billingTx) Watched(_ context.Context, now time.Time) (ids []tenant.ID, err error) {
	var keys []key
	open := []string{string(billing.Waiting), string(billing.Partial), string(billing.Processing)}
	after := []string{string(billing.Expired), string(billing.Late), string(billing.Settled), string(billing.Over), string(billing.Invalid)}
	watched := t.db.Model(&orderRow{}).Select("id").Where("watch_at > ?", stamp{now})
	holding := t.db.Model(&orderRow{}).Select("id").Where("held")
	err = t.db.Model(&paymentRow{}).
		Where(t.db.Where("provider_ref is not null").Where(t.db.Where("status in ?", open).Or("status in ? and id in (?)", after, watched))).
		Or("provider_ref is null and status = ? and created < ? and id in (?)", string(billing.Waiting), stamp{now.Add(-billing.Unmade)}, holding).
		Order("created, id").Pluck("id", &keys).Error
	for _, k := range keys {
		ids = append(ids, tenant.ID(k))
	}
	return ids, err
}

// deliveryRow is a webhook that arrived.
type deliveryRow struct {
	Provider string
	ID       string
	Kind     string
	Ref      string
	At       stamp
}

// TableName implements gorm's Tabler.
func (deliveryRow) TableName() string { return "deliveries" }

// fresh inserts a row that may be there already and says whether it was not.
func (t billingTx) fresh(row any) (bool, error) {
	r := t.db.Clauses(clause.OnConflict{DoNothing: true}).Create(row)
	return r.RowsAffected > 0, r.Error
}

// AddDelivery implements billing.Tx.
func (t billingTx) AddDelivery(_ context.Context, d billing.Delivery) (bool, error) {
	return t.fresh(&deliveryRow{string(d.Provider), d.ID, d.Kind, d.Ref, stamp{t.Now()}})
}

// noticeRow is a mail that was asked for.
type noticeRow struct {
	ID string
	At stamp
}

// TableName implements gorm's Tabler.
func (noticeRow) TableName() string { return "notices" }

// AddNotice implements billing.Tx.
func (t billingTx) AddNotice(_ context.Context, id string) (bool, error) {
	return t.fresh(&noticeRow{id, stamp{t.Now()}})
}

// releaseRow is a year whose final reports were paid for.
type releaseRow struct {
	Firm   key
	Entity key
	Year   string
}

// TableName implements gorm's Tabler.
func (releaseRow) TableName() string { return "releases" }

// Release implements billing.Tx.
func (t billingTx) Release(_ context.Context, r billing.Release) error {
	_, err := t.fresh(&releaseRow{key(r.Firm), key(r.Entity), r.Year})
	return err
}

// Released implements billing.Tx.
func (t billingTx) Released(_ context.Context, r billing.Release) (bool, error) {
	var n int64
	err := t.db.Model(&releaseRow{}).Where("firm = ? and entity = ? and year = ?", key(r.Firm), key(r.Entity), r.Year).Count(&n).Error
	return n > 0, err
}
