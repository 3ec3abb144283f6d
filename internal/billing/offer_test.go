package billing_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// TestOffer: what a checkout would make is told before anything is made, and
// is what it makes then.
func TestOffer(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *billing.Config) { c.Seller.TaxRate = money.MustParse("20") })
	offer := func(plan string, instead tenant.ID) billing.Offer {
		t.Helper()
		calls := s.pay.calls
		o, err := s.svc.Offer(t.Context(), s.scope, billing.Checkout{Plan: plan, Provider: billing.BTCPay}, instead)
		if err != nil || s.pay.calls != calls {
			t.Fatalf("%v; %d calls", err, s.pay.calls-calls)
		}
		return o
	}
	if o := offer(billing.Holder, tenant.ID{}); !o.Until.Equal(start.AddDate(1, 0, 0)) || o.Amount.String() != "99" || o.Tax.String() != "16.5" || len(s.account().Sales) != 0 {
		t.Errorf("first: %+v", o)
	}
	first := s.buy(billing.Holder, "1")
	s.pay.set(first.Ref, "Settled", "None", "99")
	s.check(first)
	if o := offer(billing.Holder, tenant.ID{}); !o.From.Equal(start.AddDate(1, 0, 0)) || !o.Until.Equal(start.AddDate(2, 0, 0)) {
		t.Errorf("the same again: from %s until %s", o.From, o.Until)
	}
	s.wait(65 * 24 * time.Hour)
	late := s.buy(billing.Preparer, "2")
	s.wait(2 * time.Hour)
	s.pay.set(late.Ref, "Expired", "PaidPartial", "40")
	s.check(late)
	o := offer(billing.Preparer, late.Payment.ID)
	if o.Credited.String() != "81.09" || o.Freed.String() != "40" || o.Credit.String() != "40" || o.Amount.String() != "459" || !o.From.Equal(s.clock()) {
		t.Errorf("a better one with what came: %+v", o)
	}
	if err := s.svc.Keep(t.Context(), s.scope, late.Payment.ID); err != nil {
		t.Fatal(err)
	}
	if o := offer(billing.Preparer, late.Payment.ID); o.Freed.Sign() != 0 || o.Amount.String() != "459" {
		t.Errorf("what was kept is counted once: %+v", o)
	}
	if sale := s.buy(billing.Preparer, "3"); !sale.Amount.Equal(o.Amount) || !sale.Credit.Equal(o.Credit) {
		t.Errorf("made %s with %s of credit", sale.Amount, sale.Credit)
	}
	stranger := tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
	if _, err := s.svc.Offer(t.Context(), stranger, billing.Checkout{Plan: billing.Holder, Provider: billing.BTCPay}, late.Payment.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another firm's money: %v", err)
	}
}

// check has the provider asked about a sale.
func (s *shop) check(sale billing.Sale) {
	s.t.Helper()
	if err := s.svc.Check(s.t.Context(), sale.Payment.ID, false); err != nil {
		s.t.Fatal(err)
	}
}
