package billing_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// sells lets the operator sell plans in another currency from now on.
func (s *shop) sells(currency string) {
	for i := range s.config.Plans {
		s.config.Plans[i].Currency = currency
	}
	s.restart()
}

// lateCredit buys a plan too late and keeps what came as credit.
func (s *shop) lateCredit(key, paid string) error {
	s.t.Helper()
	late := s.buy(billing.Holder, key)
	s.wait(2 * time.Hour)
	s.pay.set(late.Ref, "Expired", "PaidPartial", paid)
	s.check(late)
	return s.svc.Keep(s.t.Context(), s.scope, late.Payment.ID)
}

// TestCreditHeldElsewhere: credit that an open invoice holds may come back, so
// that none in another currency takes its place.
func TestCreditHeldElsewhere(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.code("keep", s.lateCredit("1", "40"), "")
	held := s.buy(billing.Preparer, "2")
	s.sells("USD")
	s.code("keep another currency", s.lateCredit("3", "50"), "other_currency")
	s.pay.set(held.Ref, "Expired", "None", "0")
	s.check(held)
	if a := s.account(); a.Credit.String() != "40" || a.Currency != "EUR" {
		t.Errorf("came back: %s %s", a.Credit, a.Currency)
	}
}

// TestForeignCredit: where the firm's credit is in another currency all the
// same, what comes back or goes is not mixed with it, and the operator is told.
func TestForeignCredit(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]struct{ first, then, label string }{
		"released": {"New", "Expired", "None"}, "withdrawn": {"Settled", "Invalid", "Marked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			s.code("keep", s.lateCredit("1", "40"), "")
			sale := s.buy(billing.Holder, "2")
			s.pay.set(sale.Ref, m.first, "None", map[string]string{"New": "0", "Settled": "59"}[m.first])
			s.check(sale)
			err := s.store.Control(t.Context(), func(tx billing.Tx) error {
				sub, err := tx.Subscription(t.Context(), s.scope.Firm())
				if err != nil {
					return err
				}
				sub.Credit, sub.Currency = money.MustParse("7"), "USD"
				return tx.SaveSubscription(t.Context(), sub)
			})
			if err != nil {
				t.Fatal(err)
			}
			s.pay.set(sale.Ref, m.then, m.label, "0")
			for range 2 {
				s.check(sale)
				if a := s.account(); a.Credit.String() != "7" || a.Currency != "USD" || a.Sales[0].Odd != "foreign_credit" || !a.Sales[0].Seeable() {
					t.Errorf("credit %s %s, odd %q", a.Credit, a.Currency, a.Sales[0].Odd)
				}
			}
		})
	}
}

// TestPaidInAnotherCurrency: what is left of a plan that was paid in another
// currency makes the better one longer, as its offer says.
func TestPaidInAnotherCurrency(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	sale := s.buy(billing.Holder, "1")
	s.pay.set(sale.Ref, "Settled", "None", "99")
	s.check(sale)
	s.wait(35 * 24 * time.Hour)
	s.sells("USD")
	want := s.clock().AddDate(1, 0, 330)
	o, err := s.svc.Offer(t.Context(), s.scope, billing.Checkout{Plan: billing.Preparer, Provider: billing.BTCPay}, tenant.ID{})
	if err != nil || !o.Until.Equal(want) || o.Credited.Sign() != 0 {
		t.Errorf("offered until %s with %s credited, want %s: %v", o.Until, o.Credited, want, err)
	}
	better := s.buy(billing.Preparer, "2")
	s.pay.set(better.Ref, "Settled", "None", "499")
	s.check(better)
	if a := s.account(); a.Plan != billing.Preparer || !a.Until.Equal(want) || a.Credit.Sign() != 0 {
		t.Errorf("%s until %s, want %s, credit %s", a.Plan, a.Until, want, a.Credit)
	}
}

// TestFreedElsewhere: what came in another currency takes nothing off a price.
func TestFreedElsewhere(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	late := s.buy(billing.Holder, "1")
	s.wait(2 * time.Hour)
	s.pay.set(late.Ref, "Expired", "PaidPartial", "40")
	s.check(late)
	s.sells("USD")
	o, err := s.svc.Offer(t.Context(), s.scope, billing.Checkout{Plan: billing.Holder, Provider: billing.BTCPay}, late.Payment.ID)
	if err != nil || o.Freed.Sign() != 0 || o.Amount.String() != "99" {
		t.Errorf("offered with %s of it, for %s: %v", o.Freed, o.Amount, err)
	}
}
