package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// openDoor makes the way out of the process. What goes out, and what was
// stopped, is logged by host; nothing else of an address is.
func (s *service) openDoor() (err error) {
	s.door, err = egress.New(egress.Config{
		Deny: !s.conf.Outbound.Allowed, Allow: s.conf.Outbound.Allow,
		Called: func(c egress.Call) {
			s.log.Debug("outbound call", "component", c.Caller, "method", c.Method, "host", c.Host, "status", c.Status)
		},
		Refused: func(r egress.Refusal) {
			s.log.Error("outbound call stopped", "component", r.Caller, "method", r.Method, "host", r.Host, "reason", r.Why)
		},
	})
	if err != nil {
		return usage(err)
	}
	return nil
}

// openBilling wires the sale of plans. A setting that does not fit stops the
// start; a provider that is down does not.
func (s *service) openBilling(ctx context.Context) error {
	b := s.conf.Billing
	c := billing.Config{On: b.On, Site: s.conf.BaseURL, Store: s.store.Billing(), Door: s.door, Log: s.log}
	for _, p := range b.Plans {
		price, err := money.Parse(p.Price)
		if err != nil {
			return usage(fmt.Errorf("plan %s: price: %w", p.ID, err))
		}
		c.Plans = append(c.Plans, billing.Plan{ID: p.ID, Price: price, Currency: p.Currency, Period: p.Period})
	}
	if b.BTCPayURL != "" {
		c.BTCPay = &billing.BTCPayConfig{URL: strings.TrimSuffix(b.BTCPayURL, "/"), Store: b.BTCPayStore, Key: b.BTCPayKey, WebhookSecret: b.BTCPayWebhookSecret}
	}
	if !b.StripeKey.Empty() {
		c.Stripe = &billing.StripeConfig{URL: strings.TrimSuffix(b.StripeURL, "/"), Key: b.StripeKey, WebhookSecret: b.StripeWebhookSecret}
	}
	rate, err := money.Parse(b.SellerTaxRate)
	if err != nil {
		return usage(fmt.Errorf("seller_tax_rate: %w", err))
	}
	c.Seller = billing.Seller{Name: b.SellerName, Address: b.SellerAddress, TaxNumber: b.SellerTaxNumber, TaxRate: rate}
	if c.Seller.Name == "" {
		c.Seller.Name = s.post.Host()
	}
	if s.billing, err = billing.New(c); err != nil {
		return usage(err)
	}
	if err := s.billing.Register(s.jobs); err != nil {
		return err
	}
	if err := s.billing.Start(ctx); err != nil {
		return usage(err)
	}
	return nil
}

// planned asks the plan of a firm, unless nothing is sold here.
func (s *service) planned() func(context.Context, tenant.FirmID, firm.Feature) error {
	if !s.conf.Billing.On {
		return nil
	}
	features := map[firm.Feature]billing.Feature{
		firm.MoreEntities: billing.MoreEntities, firm.MoreMembers: billing.Seats, firm.Shares: billing.Clients, firm.OwnRights: billing.OwnRights,
	}
	return func(ctx context.Context, id tenant.FirmID, what firm.Feature) error {
		return s.billing.Allow(ctx, id, features[what])
	}
}
