package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Where Stripe's own pages lie, to which forms of ours lead.
const (
	stripeCheckout = "https://checkout.stripe.com"
	stripePortal   = "https://billing.stripe.com"
)

// billingPages registers the pages on which plans are bought.
func (s *Site) billingPages(r *router) {
	if s.cfg.Billing == nil || !s.cfg.Billing.On() {
		return
	}
	const at = "/f/:firm/billing"
	view, edit := need(tenant.BillingArea, tenant.View), need(tenant.BillingArea, tenant.Edit)
	r.get(at, view, func(c echo.Context) error { return s.billingPage(c, formErrors{}) })
	r.get(at+"/checkout", edit, s.confirmPage)
	r.post(at+"/checkouts", edit, s.buy, costly())
	r.post(at+"/portal", edit, s.portal, costly())
	r.post(at+"/buyer", edit, s.setBuyer)
	r.get(at+"/invoices/:id", view, func(c echo.Context) error { return s.invoicePage(c, formErrors{}) })
	r.get(at+"/invoices/:id/live", view, s.invoiceLive, withTimeout(-1))
	r.post(at+"/invoices/:id/keep", edit, s.keepCredit)
	r.post(at+"/invoices/:id/refund", edit, s.askBack)
	r.get(at+"/ledger.csv", view, s.ledgerCSV)
	r.get(at+"/invoices/:id/receipt", view, s.receiptPage)
	r.get(at+"/invoices/:id/receipt.html", view, s.receiptFile)
	if s.cfg.Imports != nil {
		own := need(tenant.Records, tenant.Edit)
		r.get(entityPage+"/payments/:invoice", own, s.paymentPage)
		r.post(entityPage+"/payments/:invoice", own, s.addPayment)
	}
}

// billingBase is the address of the billing of the scope's firm.
func billingBase(ctx context.Context) string {
	return "/f/" + scopeOf(ctx).Firm().String() + "/billing"
}

// mayBuy reports whether the person may buy for the firm.
func mayBuy(ctx context.Context) bool {
	return scopeOf(ctx).May(tenant.Need(tenant.BillingArea, tenant.Edit))
}

// billingShown is a firm's plan, what is on sale and what was bought.
type billingShown struct {
	base, token    string
	edit           bool
	account        billing.Account
	plans          billing.Plans
	bitcoin, cards bool // are offered
	buyer          billing.Buyer
	now            time.Time
	wrong          formErrors
}

// billingPage shows it, with what is wrong with a form that was sent.
func (s *Site) billingPage(c echo.Context, wrong formErrors) error {
	ctx := c.Request().Context()
	buyer, err := s.cfg.Billing.Buyer(ctx, scopeOf(ctx))
	if err != nil {
		return err
	}
	return s.billingPageFor(c, buyer, wrong)
}

// billingPageFor is billingPage with what a person wrote about the buyer.
func (s *Site) billingPageFor(c echo.Context, buyer billing.Buyer, wrong formErrors) error {
	ctx, b := c.Request().Context(), s.cfg.Billing
	a, err := b.Account(ctx, scopeOf(ctx))
	if err != nil {
		return err
	}
	v := billingShown{
		buyer: buyer, now: s.cfg.Clock(),
		base: billingBase(ctx), token: s.formToken(c), edit: mayBuy(ctx), account: a, plans: b.Plans(),
		bitcoin: b.Offers(billing.BTCPay), cards: b.Offers(billing.Stripe), wrong: wrong,
	}
	s.allowStripe(c)
	return s.bookStatus(c, wrong.code(), "Billing", nil, billingSheet(v))
}

// allowStripe lets the forms of a page lead to Stripe's pages.
func (s *Site) allowStripe(c echo.Context) {
	if s.cfg.Billing.Offers(billing.Stripe) {
		allowForms(c, stripeCheckout, stripePortal)
	}
}

// buy serves POST …/checkouts. What was received on an invoice that ran out
// is made credit first if the form names that invoice.
func (s *Site) buy(c echo.Context) error {
	ctx := c.Request().Context()
	sale, err := s.bought(c)
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return s.confirm(c, asked{value(c, "plan"), value(c, "provider"), value(c, "instead"), keyAfter(c, err)}, wrong)
	}
	if sale.Provider == billing.Stripe && sale.URL != "" {
		return leave(c, sale.URL)
	}
	return see(c, billingBase(ctx)+"/invoices/"+sale.Payment.ID.String())
}

// keyAfter is the key of the form that is drawn again after a failure: the one
// that was sent, so that trying again finds what was made meanwhile, unless the
// order under it is over or another one.
func keyAfter(c echo.Context, err error) string {
	switch fault.Of(err).Code {
	case "terms_changed", "checkout_over", "idempotency_key_reused":
		return onceValue()
	}
	if sent := value(c, onceField); sent != "" {
		return sent
	}
	return onceValue()
}

// bought makes the invoice that the form asks for. Money of an invoice before is
// made credit for a new order only.
func (s *Site) bought(c echo.Context) (billing.Sale, error) {
	ctx, b := c.Request().Context(), s.cfg.Billing
	key := checkoutKey(ctx)
	again, err := b.Ordered(ctx, scopeOf(ctx), key)
	if err != nil {
		return billing.Sale{}, err
	}
	if instead := value(c, "instead"); instead != "" && !again {
		id, err := tenant.ParseID(instead)
		if err != nil {
			return billing.Sale{}, notFound(err)
		}
		old, err := b.Sale(ctx, scopeOf(ctx), id)
		if err == nil && old.Noted.IsZero() { // else the form was sent before
			err = b.Keep(ctx, scopeOf(ctx), id)
		}
		if err != nil {
			return billing.Sale{}, err
		}
	}
	return b.Checkout(ctx, scopeOf(ctx), billing.Checkout{
		Plan: value(c, "plan"), Period: billing.Yearly, Provider: billing.Provider(value(c, "provider")), Key: key, Read: termsRead(c),
	})
}

// setBuyer serves POST …/buyer.
func (s *Site) setBuyer(c echo.Context) error {
	ctx := c.Request().Context()
	b := billing.Buyer{Name: value(c, "name"), Address: value(c, "address"), TaxNumber: value(c, "tax_number")}
	if err := s.cfg.Billing.SetBuyer(ctx, scopeOf(ctx), b); err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return s.billingPageFor(c, b, wrong)
	}
	s.notice(c, "gain", "Saved. It stands on every receipt from now on.")
	return see(c, billingBase(ctx))
}

// portal serves POST …/portal: to Stripe's page about the card.
func (s *Site) portal(c echo.Context) error {
	ctx := c.Request().Context()
	to, err := s.cfg.Billing.Portal(ctx, scopeOf(ctx))
	if errors.Is(err, billing.ErrNoCard) {
		err = fault.New(fault.Conflict, err, "No card renews this plan.")
	}
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return s.billingPage(c, wrong)
	}
	return leave(c, to)
}

// leave sends the browser to a page of a payment service.
func leave(c echo.Context, to string) error {
	if !webAddress(to) {
		return fault.New(fault.Upstream, nil, "The payment service named no page to go to.")
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// webAddress reports whether a text is the address of a page.
func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// invoiceShown is one invoice, with the ways to pay it while it is open. These
// come from the provider each time and are kept nowhere.
type invoiceShown struct {
	base, self, token string
	edit              bool
	sale              billing.Sale
	now               time.Time
	until             time.Time // the end of what it paid for; zero if nothing
	gave              string    // the plan that it paid for
	buyer             billing.Buyer
	ways              []way
	wrong             formErrors
	bitcoin           bool // new invoices are offered
	refund            billing.RefundLink
	sats              bool // amounts are written in them, not in bitcoin
}

// way is one way to pay in bitcoin.
type way struct {
	name, address, link string
	lightning           bool
	due, paid           money.Amount
	rate                string
	picture             string
	size                int
}

// invoiceOf reads the invoice of the address.
func (s *Site) invoiceOf(c echo.Context) (billing.Sale, error) {
	id, err := tenant.ParseID(c.Param("id"))
	if err != nil {
		return billing.Sale{}, notFound(err)
	}
	ctx := c.Request().Context()
	return s.cfg.Billing.Sale(ctx, scopeOf(ctx), id)
}

// invoiceShown gathers what a page says about an invoice without asking the
// provider.
func (s *Site) invoiceShown(c echo.Context) (v invoiceShown, err error) {
	ctx := c.Request().Context()
	v = invoiceShown{base: billingBase(ctx), edit: mayBuy(ctx), now: s.cfg.Clock(), bitcoin: s.cfg.Billing.Offers(billing.BTCPay), sats: c.QueryParam("unit") == unitSats}
	if v.sale, err = s.invoiceOf(c); err != nil {
		return v, err
	}
	v.self = v.base + "/invoices/" + v.sale.Payment.ID.String()
	return v, nil
}

// refreshInvoice is after how many seconds an open invoice is loaded again
// where no scripts run.
const refreshInvoice = 10

// invoicePage serves GET …/invoices/:id. A provider that does not answer
// leaves the page with what we know ourselves.
func (s *Site) invoicePage(c echo.Context, wrong formErrors) error {
	ctx := c.Request().Context()
	v, err := s.invoiceShown(c)
	if err != nil {
		return err
	}
	v.token, v.wrong = s.formToken(c), wrong
	status := wrong.code()
	if v.buyer, err = s.cfg.Billing.Buyer(ctx, scopeOf(ctx)); err != nil {
		return err
	}
	if v.sale.Status.Paid() {
		r, err := s.cfg.Billing.Receipt(ctx, scopeOf(ctx), v.sale.Payment.ID)
		if err != nil {
			return err
		}
		v.until, v.gave, v.buyer = r.Until, r.Plan, r.Buyer
	} else if v.sale.TaxNumber != "" {
		v.buyer.TaxNumber = v.sale.TaxNumber // which decided its price
	}
	if v.edit { // whoever has the link says where the money goes
		if v.refund, err = s.cfg.Billing.Refund(ctx, scopeOf(ctx), v.sale.Payment.ID); err != nil {
			return err
		}
	}
	if v.payable() && v.sale.Provider == billing.BTCPay {
		v.ways, err = s.waysOf(ctx, v.sale)
		if err != nil {
			silent, ok := wrongForm(c, err)
			if !ok {
				return err
			}
			v.wrong = silent
		}
	}
	s.allowStripe(c)
	return s.bookStatus(c, status, "Invoice", func(p *ui.Page) {
		if v.open() {
			p.Refresh = refreshInvoice
		}
	}, invoiceSheet(v))
}

// invoiceLive serves GET …/invoices/:id/live until its state is another one
// than the page showed.
func (s *Site) invoiceLive(c echo.Context) error {
	was := c.QueryParam("was")
	var ways []way
	asked := false
	return s.live(c, func(ctx context.Context) (templ.Component, bool, error) {
		v, err := s.invoiceShown(c)
		if err != nil {
			return nil, false, err
		}
		if !asked && v.payable() && v.sale.Status == billing.Partial && v.sale.Provider == billing.BTCPay {
			asked = true // once: what is due in bitcoin stays so until the state is another
			if ways, err = s.waysOf(ctx, v.sale); err != nil && !fault.Is(err, fault.Busy) {
				return nil, false, err
			}
		}
		v.ways = ways
		return invoiceClock(v), !v.open() || v.mark() != was, nil
	})
}

// waysOf asks the provider for the ways to pay.
func (s *Site) waysOf(ctx context.Context, sale billing.Sale) ([]way, error) {
	methods, err := s.cfg.Billing.Methods(ctx, sale)
	if err != nil {
		return nil, err
	}
	var list []way
	for i := range methods {
		w, ok := newWay(&methods[i])
		if !ok {
			continue
		}
		if w.picture, w.size, err = picture(w.link); err != nil {
			return nil, err
		}
		list = append(list, w)
	}
	slices.SortStableFunc(list, func(a, b way) int { // on chain first
		switch {
		case a.lightning == b.lightning:
			return 0
		case b.lightning:
			return -1
		}
		return 1
	})
	return list, nil
}

// newWay reads one method of BTCPay; ok is false for what is not bitcoin.
func newWay(m *billing.Method) (w way, ok bool) {
	coin, kind, _ := strings.Cut(m.ID, "-")
	due, err := money.Parse(m.Due)
	if coin != "BTC" || err != nil || kind == "LNURL" {
		return w, false
	}
	w = way{name: "Bitcoin", address: m.Destination, link: m.Link, due: due, rate: m.Rate}
	scheme := "bitcoin:"
	if strings.HasPrefix(kind, "L") {
		w.name, w.lightning, scheme = "Lightning", true, "lightning:"
	}
	if !strings.HasPrefix(strings.ToLower(w.link), scheme) {
		w.link = scheme + m.Destination
		if !w.lightning {
			w.link += "?amount=" + due.String()
		}
	}
	if paid, err := money.Parse(m.Paid); err == nil {
		w.paid = paid
	}
	return w, true
}

// keepCredit serves POST …/invoices/:id/keep.
func (s *Site) keepCredit(c echo.Context) error {
	return s.settleOdd(c, s.cfg.Billing.Keep, "What was received is now your credit. It is taken off the next invoice.")
}

// askBack serves POST …/invoices/:id/refund.
func (s *Site) askBack(c echo.Context) error {
	return s.settleOdd(c, s.cfg.Billing.AskBack, "You asked for the money back. A link comes by mail; its page asks where to send it.")
}

// settleOdd does what the person chose for money that bought nothing.
func (s *Site) settleOdd(c echo.Context, act func(context.Context, tenant.Scope, tenant.ID) error, word string) error {
	ctx := c.Request().Context()
	id, err := tenant.ParseID(c.Param("id"))
	if err != nil {
		return notFound(err)
	}
	if err := act(ctx, scopeOf(ctx), id); err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return s.invoicePage(c, wrong)
	}
	s.notice(c, "gain", word)
	return see(c, billingBase(ctx)+"/invoices/"+id.String())
}
