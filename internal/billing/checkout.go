package billing

import (
	"context"
	"errors"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Checkout is what a person wants to buy.
type Checkout struct {
	Plan     string
	Period   string
	Provider Provider
	Key      string // the Idempotency-Key or the form's token: one key, one invoice
	Read     *Terms // what the person has read; nil if that is not said, and then all of it is bought
}

// Checkout makes an invoice, or returns the one that was made under the same
// key. The sale is kept before the provider is asked, so that an answer that
// is lost leads to the same invoice again.
func (s *Service) Checkout(ctx context.Context, scope tenant.Scope, c Checkout) (Sale, error) {
	plan, err := s.wanted(c)
	if err == nil && c.Key == "" {
		err = fault.Coded(fault.Invalid, "idempotency_key_missing", nil, "Send an Idempotency-Key, so that trying again does not make a second invoice.")
	}
	if err != nil {
		return Sale{}, err
	}
	sale, err := s.keep(ctx, scope, c, plan)
	if err != nil {
		return Sale{}, err
	}
	if sale.Ref != "" || sale.Status.Paid() {
		return sale, nil
	}
	return s.made(ctx, scope, sale.Payment.ID)
}

// wanted checks what a person wants to buy.
func (s *Service) wanted(c Checkout) (Plan, error) {
	switch {
	case !s.config.On:
		return Plan{}, fault.Coded(fault.Conflict, "billing_off", nil, "Nothing is sold here: everything is allowed.")
	case c.Period != Yearly && c.Period != "":
		return Plan{}, fault.Coded(fault.Invalid, "unknown_period", nil, "Plans are sold by the year.")
	case c.Provider != BTCPay && c.Provider != Stripe:
		return Plan{}, fault.Coded(fault.Invalid, "unknown_provider", nil, "Pay through btcpay or stripe.")
	case !s.Offers(c.Provider):
		return Plan{}, fault.Coded(fault.Invalid, "provider_not_offered", nil, "This way to pay is not offered here.")
	}
	return s.config.Plans.find(c.Plan)
}

// keep keeps a new sale, or returns the one under the same key. Credit is
// taken off the price; a price that it covers is paid at once.
func (s *Service) keep(ctx context.Context, scope tenant.Scope, c Checkout, plan Plan) (sale Sale, err error) {
	err = s.config.Store.Control(ctx, func(tx Tx) error {
		sub, err := tx.Subscription(ctx, scope.Firm())
		if err != nil {
			return err
		}
		buyer, err := tx.Buyer(ctx, scope.Firm())
		if err != nil {
			return err
		}
		price, reverse := s.config.Seller.asks(plan.Price, &buyer)
		sale = Sale{
			Payment: Payment{ID: tenant.NewID(), Firm: scope.Firm(), Provider: c.Provider, Amount: price, Currency: plan.Currency, Status: Waiting, Created: tx.Now()},
			Order:   Order{Plan: plan.ID, Period: Yearly, Reverse: reverse, TaxNumber: s.config.Seller.decides(&buyer)},
		}
		sale.Order.ID = sale.Payment.ID
		if sub.Currency == plan.Currency && sub.Credit.Sign() > 0 && c.Provider == BTCPay {
			sale.Credit = money.Min(sub.Credit, price)
			sale.Amount, sale.Held = price.Sub(sale.Credit), true
		}
		fresh, err := tx.AddPayment(ctx, sale, c.Key)
		if err != nil {
			return err
		}
		if !fresh {
			if sale, err = tx.SaleByKey(ctx, scope.Firm(), c.Key); err == nil && (sale.Plan != plan.ID || sale.Provider != c.Provider) {
				err = fault.Coded(fault.Invalid, "idempotency_key_reused", nil, "This Idempotency-Key was used for another request.")
			}
			if err == nil && !c.read(&sale) {
				err = changedSince()
			}
			return err
		}
		if _, renews := sub.Card(); renews && c.Provider == Stripe {
			return s.renewsAlready(&sub) // which forgets the sale
		}
		if err := s.stillSo(ctx, tx, c, &sub, &sale); err != nil {
			return err
		}
		if sale.Held { // so that no other invoice uses it as well
			sub.Credit = sub.Credit.Sub(sale.Credit)
			if err := tx.SaveSubscription(ctx, sub); err != nil {
				return err
			}
		}
		if sale.Amount.Sign() == 0 { // no provider has an invoice of it
			if err := tx.Audit(ctx, by(auditEntry("invoice.created", &sale, nil, sale.Payment), scope)); err != nil {
				return err
			}
			return s.settle(ctx, tx, &sale, &sale, paidBy{})
		}
		return nil
	})
	return sale, err
}

// renewsAlready is the refusal of a second card: both would be charged, and the
// plan would be whatever renewed last.
func (s *Service) renewsAlready(sub *Subscription) error {
	return fault.Coded(fault.Conflict, "card_renews", nil,
		"A card renews %s already, and a second one would be charged besides. Cancel it first on Stripe's page, to which %s leads; then buy the other plan.",
		planWord(sub.Plan), s.config.Site+billingPath(sub.Firm))
}

// make finds or makes the invoice of a sale at its provider.
func (s *Service) make(ctx context.Context, sale *Sale) (*truth, error) {
	if sale.Provider == Stripe {
		if err := s.onlyCard(ctx, sale); err != nil {
			return nil, err
		}
		return s.stripe.create(ctx, sale, s.config.Site+billingPath(sale.Firm))
	}
	made, err := s.btcpay.find(ctx, sale.Payment.ID.String())
	if errors.Is(err, errNone) {
		made, err = s.btcpay.create(ctx, sale, s.config.Site+billingPath(sale.Firm)+"/invoices/"+sale.Payment.ID.String())
	}
	if errors.Is(err, errNone) {
		return nil, unavailable("btcpay", errors.New("the store is not there"))
	}
	if err != nil {
		return nil, err
	}
	sale.Ref = made.ref
	if odd := made.mismatch(&sale.Payment, s.btcpay.store); odd != "" {
		return nil, unavailable("btcpay", errors.New("an invoice with another "+odd+" than was asked for"))
	}
	return made, nil
}

func billingPath(firm tenant.FirmID) string { return "/f/" + firm.String() + "/billing" }
