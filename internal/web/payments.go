package web

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// paymentForm writes a payment for a plan into the books of an entity. It
// holds what the person says: nothing of the chain is known here.
type paymentForm struct {
	base, self, token          string
	plan                       string
	amount, fee, time, account string
	value                      money.Amount
	currency                   string
	number                     int
	wrong                      formErrors
}

// paymentOf reads the receipt of the address, for a person who may see the
// firm's billing.
func (s *Site) paymentOf(c echo.Context) (v paymentForm, err error) {
	ctx := c.Request().Context()
	id, err := tenant.ParseID(c.Param("invoice"))
	if err != nil {
		return v, notFound(err)
	}
	if !scopeOf(ctx).May(tenant.Need(tenant.BillingArea, tenant.View)) {
		return v, notFound(billing.ErrNoSale)
	}
	r, err := s.cfg.Billing.Receipt(ctx, scopeOf(ctx), id)
	if err != nil {
		return v, err
	}
	sale, err := s.cfg.Billing.Sale(ctx, scopeOf(ctx), id)
	if err != nil {
		return v, err
	}
	coins := spent(&sale, &r)
	if coins.Sign() == 0 {
		return v, fault.Coded(fault.Conflict, "not_bitcoin", nil, "No bitcoin was received for this that could be added to books.")
	}
	base := entityPath(ctx)
	return paymentForm{
		base: base, self: base + "/payments/" + id.String(), token: s.formToken(c), plan: r.Plan, number: r.Number,
		amount: coins.String(), time: r.Issued.UTC().Format(time.RFC3339), value: r.Price.Sub(r.Credit), currency: r.Currency,
	}, nil
}

// paymentPage serves GET …/payments/:invoice.
func (s *Site) paymentPage(c echo.Context) error {
	v, err := s.paymentOf(c)
	if err != nil {
		return err
	}
	return s.book(c, "Add a payment", nil, paymentSheet(v))
}

// addPayment serves POST …/payments/:invoice. What it makes is a statement of
// one row, which is taken in as any other: kept with its origin, checked, shown
// before it counts, and reverted as a whole.
func (s *Site) addPayment(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := s.paymentOf(c)
	if err != nil {
		return err
	}
	v.amount, v.fee, v.time, v.account = value(c, "amount"), value(c, "fee"), value(c, "time"), value(c, "account")
	err = v.check()
	var m *intake.Import
	if err == nil {
		file := intake.Incoming{Name: "payment-for-receipt-" + strconv.Itoa(v.number) + ".csv", Body: strings.NewReader(v.statement())}
		m, err = s.cfg.Imports.Upload(ctx, scopeOf(ctx), intake.Order{Review: true}, func() (intake.Incoming, error) {
			next := file
			file = intake.Incoming{}
			if next.Body == nil {
				return next, io.EOF
			}
			return next, nil
		})
	}
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		v.wrong = wrong
		return s.bookStatus(c, wrong.code(), "Add a payment", nil, paymentSheet(v))
	}
	return c.Redirect(http.StatusSeeOther, v.base+"/imports/"+m.ID.String())
}

// check refuses what is no amount, no time or no name.
func (v *paymentForm) check() error {
	wrong := fault.Coded(fault.Invalid, "payment", nil, "Some of this cannot be added.")
	no := func(field, words string) {
		wrong.Details = append(wrong.Details, fault.Detail{Pointer: field, Words: words})
	}
	amount, err := money.Parse(v.amount)
	if err != nil || amount.Sign() <= 0 || amount.Decimals() > 18 {
		no("/amount", "An amount above 0, such as 0.00041.")
	}
	if fee, err := money.Parse(v.fee); v.fee != "" && (err != nil || fee.Sign() < 0 || fee.Decimals() > 18) {
		no("/fee", "An amount, or nothing.")
	}
	if _, err := time.Parse(time.RFC3339, v.time); err != nil {
		no("/time", "A time such as 2026-01-31T12:00:00Z.")
	}
	if len(v.account) > 100 || strings.ContainsAny(v.account, "\",\r\n") || strings.ContainsAny(v.account[:min(1, len(v.account))], "=+-@\t") {
		no("/account", "A name of at most 100 letters, without commas or quotes.")
	}
	if len(wrong.Details) > 0 {
		return wrong
	}
	return nil
}

// statement is the payment as Ledgersys CSV. Its id is the receipt's, so that
// adding it twice is adding it once.
func (v *paymentForm) statement() string {
	id := v.self[strings.LastIndex(v.self, "/")+1:]
	asset := ""
	if v.fee != "" {
		asset = "BTC"
	}
	return "id,time,type,sent_amount,sent_asset,fee_amount,fee_asset,value_amount,value_currency,account,note\n" + strings.Join([]string{
		"payment-" + id, v.time, "spend", v.amount, "BTC", v.fee, asset, v.value.String(), v.currency, v.account,
		"Ledgersys " + planName(v.plan) + " receipt " + strconv.Itoa(v.number),
	}, ",") + "\n"
}
