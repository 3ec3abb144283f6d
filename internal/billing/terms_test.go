package billing_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// TestTerms: what a person read is what is bought; where its price, what is left
// to pay of it or what becomes of a card has changed meanwhile, nothing is.
func TestTerms(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(*shop, *acquirer){
		"nothing": func(*shop, *acquirer) {},
		"credit came": func(s *shop, _ *acquirer) {
			sale := s.buy(billing.Holder, "over")
			s.pay.set(sale.Ref, "Settled", "PaidOver", "600")
			s.check(sale)
		},
		"another price": func(s *shop, _ *acquirer) {
			s.config.Plans[1].Price = money.MustParse("498")
			s.restart()
		},
		"a card": func(s *shop, at *acquirer) { s.byCard(at, billing.Holder, "card").complete() },
		"without tax": func(s *shop, _ *acquirer) {
			s.config.Seller = billing.Seller{TaxNumber: "DE123456789", TaxRate: money.MustParse("19")}
			s.restart()
			if err := s.svc.SetBuyer(t.Context(), s.scope, billing.Buyer{TaxNumber: "FR12345678901"}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		s, at := newCardShop(t)
		s.scope = tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
		c := billing.Checkout{Plan: billing.Preparer, Provider: billing.BTCPay, Key: "form"}
		read := func() *billing.Terms {
			o, err := s.svc.Offer(t.Context(), s.scope, c, tenant.ID{})
			if err != nil {
				t.Fatal(err)
			}
			terms := o.Terms()
			return &terms
		}
		c.Read = read()
		s.wait(time.Minute)
		meanwhile(s, at)
		before := s.account()
		_, err := s.svc.Checkout(t.Context(), s.scope, c)
		after := s.account()
		if name == "nothing" {
			if err != nil || len(after.Sales) != 1 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if f := fault.Of(err); f.Code != "terms_changed" || f.Kind != fault.Conflict || len(after.Sales) != len(before.Sales) || !after.Credit.Equal(before.Credit) || after.Plan != before.Plan {
			t.Errorf("%s: %v, %+v", name, err, after)
		}
		c.Read = read()
		if _, err := s.svc.Checkout(t.Context(), s.scope, c); err != nil {
			t.Errorf("%s: read again: %v", name, err)
		}
		if _, err := s.svc.Checkout(t.Context(), s.scope, c); err != nil {
			t.Errorf("%s: the same form again: %v", name, err)
		}
		c.Read.Amount = c.Read.Amount.Add(money.MustParse("1"))
		if _, err := s.svc.Checkout(t.Context(), s.scope, c); fault.Of(err).Code != "terms_changed" {
			t.Errorf("%s: the same key for another amount: %v", name, err)
		}
		c.Read = nil
		if _, err := s.svc.Checkout(t.Context(), s.scope, c); err != nil {
			t.Errorf("%s: without saying what was read: %v", name, err)
		}
	}
}

// TestOrdered: whoever tries again after an answer was lost finds the order, and
// the invoice that was made for it.
func TestOrdered(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	ordered := func() bool {
		was, err := s.svc.Ordered(t.Context(), s.scope, "form")
		if err != nil {
			t.Fatal(err)
		}
		return was
	}
	before := ordered()
	s.pay.lose = true
	c := billing.Checkout{Plan: billing.Holder, Provider: billing.BTCPay, Key: "form"}
	if _, err := s.svc.Checkout(t.Context(), s.scope, c); !fault.Is(err, fault.Busy) {
		t.Errorf("the answer was lost: %v", err)
	}
	if before || !ordered() {
		t.Errorf("ordered before: %v, after: %v", before, ordered())
	}
	if sale, err := s.svc.Checkout(t.Context(), s.scope, c); err != nil || sale.Ref != "Inv1" || len(s.pay.invoices) != 1 {
		t.Errorf("again: %s of %d, %v", sale.Ref, len(s.pay.invoices), err)
	}
}
