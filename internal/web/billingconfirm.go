package web

import (
	"errors"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// purchaseShown is what is about to be bought.
type purchaseShown struct {
	base, token string
	offer       billing.Offer
	provider    billing.Provider
	instead     string // the invoice whose money is used; "" if none
	mail        string // of the person who buys
	wrong       formErrors
	once        string // the key of its form
}

// asked is what a person wants to buy, and the key of the form that does it.
type asked struct{ plan, provider, instead, once string }

// confirmPath is the page on which a person says yes to a plan.
func confirmPath(base, plan string, p billing.Provider, instead string) string {
	q := url.Values{"plan": {plan}, "provider": {string(p)}}
	if instead != "" {
		q.Set("instead", instead)
	}
	return base + "/checkout?" + q.Encode()
}

// confirmPage serves GET …/checkout: plan, period, price and terms, before
// anything is made. Without a plan it leads to those that are on sale.
func (s *Site) confirmPage(c echo.Context) error {
	if c.QueryParam("plan") == "" {
		return see(c, billingBase(c.Request().Context()))
	}
	return s.confirm(c, asked{c.QueryParam("plan"), c.QueryParam("provider"), c.QueryParam("instead"), onceValue()}, formErrors{})
}

// confirm draws that page, with what went wrong when its form was sent.
func (s *Site) confirm(c echo.Context, a asked, wrong formErrors) error {
	ctx := c.Request().Context()
	var id tenant.ID
	if a.instead != "" {
		var err error
		if id, err = tenant.ParseID(a.instead); err != nil {
			return notFound(err)
		}
	}
	v := purchaseShown{base: billingBase(ctx), token: s.formToken(c), provider: billing.Provider(a.provider), instead: a.instead, wrong: wrong, once: a.once}
	var err error
	if v.offer, err = s.cfg.Billing.Offer(ctx, scopeOf(ctx), billing.Checkout{Plan: a.plan, Period: billing.Yearly, Provider: v.provider}, id); err != nil {
		no, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return s.billingPage(c, no)
	}
	if s.cfg.Accounts != nil {
		who, err := s.cfg.Accounts.Profile(ctx, identityOf(ctx))
		if err != nil {
			return err
		}
		v.mail = who.Email
	}
	s.allowStripe(c)
	return s.bookStatus(c, wrong.code(), "Buy a plan", nil, purchaseSheet(v))
}

// period is from when until when, in days.
func (v *purchaseShown) period() string {
	text := "One year, " + longDay(v.offer.From) + " to " + longDay(v.offer.Until)
	if v.provider == billing.Stripe {
		return text + ", then each year until you cancel."
	}
	return text + ". It does not renew by itself."
}

// tax says which tax the price contains.
func (v *purchaseShown) tax() string {
	switch {
	case v.offer.Reverse:
		return "Reverse charge: none is in the price, and you account for it yourself"
	case v.offer.Tax.Sign() == 0:
		return "none"
	}
	return ui.Fiat(v.offer.Tax, v.offer.Plan.Currency) + " is in the price, " + v.offer.TaxRate.String() + " %"
}

// receiptTo says who gets the receipt by mail.
func (v *purchaseShown) receiptTo() string {
	const others = "everybody who may buy for this firm"
	if v.mail == "" {
		return others
	}
	return v.mail + ", and " + others
}

// terms are what a person must know before paying.
func (v *purchaseShown) terms() []string {
	if v.offer.Amount.Sign() == 0 {
		return []string{"Your credit pays all of it. The plan begins when you press the button."}
	}
	const early = "What you pay too much, or too late, is yours: keep it as credit or ask for it back."
	if v.provider == billing.Stripe {
		return []string{"You pay on Stripe's page; the card is charged there. A refund goes back to the same card.", "A card that is refused is asked again for some days. What the plan allows goes on for 14 days meanwhile."}
	}
	return []string{
		"Bitcoin payments cannot be reversed. Check the amount and the address before you send. If money goes back, we ask you for an address: it never goes back by itself.",
		"The invoice holds today's rate for one hour. Your plan begins when the payment is confirmed. " + early,
	}
}

// button is what makes the invoice.
func (v *purchaseShown) button() string {
	switch {
	case v.offer.Amount.Sign() == 0:
		return "Pay with credit"
	case v.provider == billing.Stripe:
		return "Go to Stripe and pay"
	}
	return "Make the invoice"
}

// fields are the hidden ones of its form. However often it is sent, there is
// one invoice.
func (v *purchaseShown) fields() []string {
	terms := v.offer.Terms()
	list := []string{
		onceField, v.once, "plan", v.offer.Plan.ID, "provider", string(v.provider),
		"price", terms.Price.String(), "amount", terms.Amount.String(), "currency", terms.Currency, "ends", strconv.FormatBool(terms.EndsCard),
	}
	if v.instead != "" {
		list = append(list, "instead", v.instead)
	}
	return list
}

// termsRead are the terms that the page showed whose form was sent; nil if it
// says none. What cannot be read is nothing that was shown.
func termsRead(c echo.Context) *billing.Terms {
	if value(c, "price") == "" {
		return nil
	}
	price, err := money.Parse(value(c, "price"))
	amount, wrong := money.Parse(value(c, "amount"))
	if errors.Join(err, wrong) != nil {
		return new(billing.Terms)
	}
	return &billing.Terms{Price: price, Amount: amount, Currency: value(c, "currency"), EndsCard: value(c, "ends") == "true"}
}
