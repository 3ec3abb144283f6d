package billing_test

import (
	"strings"
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

// TestVATNumber: the number that decided the price stands on the receipt,
// whatever the firm says before it pays; each such sale is listed once for the
// operator; a card's renewal goes by the number of then.
func TestVATNumber(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	s.config.Seller = billing.Seller{TaxNumber: "DE123456789", TaxRate: money.MustParse("19")}
	s.restart()
	says := func(number string) {
		t.Helper()
		if err := s.svc.SetBuyer(t.Context(), s.scope, billing.Buyer{TaxNumber: number}); err != nil {
			t.Fatal(err)
		}
	}
	odd := func(want int) billing.Sale {
		t.Helper()
		list, err := s.svc.Odd(t.Context())
		if err != nil || len(list) != want {
			t.Fatalf("%d to look at, want %d: %v", len(list), want, err)
		}
		if want == 0 {
			return billing.Sale{}
		}
		if list[0].Odd != "check_vat" || !list[0].Seeable() {
			t.Errorf("listed as %q", list[0].Odd)
		}
		if err := s.svc.See(t.Context(), operator, list[0].Payment.ID, ""); err != nil {
			t.Fatal(err)
		}
		return list[0]
	}
	receipt := func(id tenant.ID, number, tax string) {
		t.Helper()
		r, err := s.svc.Receipt(t.Context(), s.scope, id)
		if err != nil || r.Buyer.TaxNumber != number || r.Tax.String() != tax {
			t.Errorf("number %q, tax %s; want %q and %s, %v", r.Buyer.TaxNumber, r.Tax, number, tax, err)
		}
	}
	for _, later := range []string{"", "DE987654321", "IT12345678901"} {
		s.scope = tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
		says("FR12345678901")
		sale := s.buy(billing.Holder, "1")
		says(later)
		s.pay.set(sale.Ref, "Settled", "None", "83.19")
		s.check(sale)
		receipt(sale.Payment.ID, "FR12345678901", "0")
		if got := odd(1); !strings.Contains(got.Next(), "FR12345678901") {
			t.Errorf("the operator is told %q", got.Next())
		}
		s.check(sale)
		odd(0)
	}
	s.scope = tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
	says("FR12345678901")
	c := s.byCard(at, billing.Holder, "card")
	c.complete()
	receipt(c.sale.Payment.ID, "FR12345678901", "0")
	odd(1)
	for _, tt := range []struct {
		number, tax string
		odd         int
	}{{"FR12345678901", "0", 1}, {"DE987654321", "13.28", 1}, {"IT12345678901", "0", 1}} {
		says(tt.number)
		s.wait(365 * 24 * time.Hour)
		c.renewed("paid")
		c.heard()
		receipt(s.account().Sales[0].Payment.ID, tt.number, tt.tax)
		odd(tt.odd)
	}
}
