package billing_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// TestReverseCharge: a company of another country of the EU pays the price
// without the tax, and its receipt has none; everybody else pays it.
func TestReverseCharge(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for name, tt := range map[string]struct {
		seller, buyer string
		reverse       bool
	}{
		"another country": {"DE123456789", "FR12345678901", true}, "with spaces": {"DE 123 456 789", "AT U12345678", true}, "Greece": {"DE123456789", "EL123456789", true},
		"Dutch": {"IE1234567FA", "NL123456789B01", true}, "same country": {"DE123456789", "DE987654321", false}, "no number": {"DE123456789", "", false},
		"outside": {"DE123456789", "GB123456789", false}, "from outside": {"GB123456789", "DE123456789", false}, "not its form": {"DE123456789", "FR123", false},
		"no country": {"DE123456789", "1234567890", false}, "no seller's": {"", "DE123456789", false}, "Austrian without U": {"DE123456789", "AT123456789", false},
	} {
		s.config.Seller = billing.Seller{TaxNumber: tt.seller, TaxRate: money.MustParse("19")}
		s.restart()
		s.scope = tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
		if err := s.svc.SetBuyer(t.Context(), s.scope, billing.Buyer{TaxNumber: tt.buyer}); err != nil {
			t.Fatal(err)
		}
		price, tax := "99", "15.81"
		if tt.reverse {
			price, tax = "83.19", "0"
		}
		o, err := s.svc.Offer(t.Context(), s.scope, billing.Checkout{Plan: billing.Holder, Provider: billing.BTCPay}, tenant.ID{})
		if err != nil || o.Reverse != tt.reverse || o.Amount.String() != price || o.Tax.String() != tax {
			t.Errorf("%s: offered: %+v, %v", name, o, err)
		}
		sale := s.buy(billing.Holder, "1")
		s.pay.set(sale.Ref, "Settled", "None", price)
		s.check(sale)
		r, err := s.svc.Receipt(t.Context(), s.scope, sale.Payment.ID)
		if err != nil || sale.Reverse != tt.reverse || r.Price.String() != price || r.Tax.String() != tax || s.account().State != billing.Active {
			t.Errorf("%s: receipt: %+v, %v", name, r, err)
		}
	}
}

// TestCardTaxNumber: the VAT number that a buyer gave on Stripe's page stands on
// the receipt, unless the firm has said another one here.
func TestCardTaxNumber(t *testing.T) {
	t.Parallel()
	for ours, want := range map[string][]string{"": {"FR12345678901", "IT12345678901"}, "DE123456789": {"DE123456789", "DE123456789"}} {
		s, at := newCardShop(t)
		c := newCard(s, at, 1)
		if err := s.svc.SetBuyer(t.Context(), s.scope, billing.Buyer{TaxNumber: ours}); err != nil {
			t.Fatal(err)
		}
		c.completed()
		for year, given := range []string{"FR12345678901", "IT12345678901"} {
			if year > 0 {
				s.wait(365 * 24 * time.Hour)
				c.renewed("paid")
			}
			at.put("invoices", c.last().id, map[string]any{"customer_tax_ids": []any{map[string]any{"type": "unknown", "value": "\x1b"}, map[string]any{"type": "eu_vat", "value": given}}})
			if err := s.svc.Card(t.Context(), "sub_"+c.id); err != nil {
				t.Fatal(err)
			}
			r, err := s.svc.Receipt(t.Context(), s.scope, s.account().Sales[0].Payment.ID)
			if err != nil || r.Buyer.TaxNumber != want[year] {
				t.Errorf("year %d, with %q here: %q, %v", year, ours, r.Buyer.TaxNumber, err)
			}
		}
	}
}
