package billing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
)

// TestPaidWithCredit: a plan that credit pays alone has its receipt mailed as
// any other has, once, and the log says who bought it.
func TestPaidWithCredit(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	late := s.buy(billing.Holder, "1")
	s.wait(3 * time.Hour)
	s.pay.set(late.Ref, "Expired", "PaidLate", "99")
	s.check(late)
	if err := s.svc.Keep(t.Context(), s.scope, late.Payment.ID); err != nil {
		t.Fatal(err)
	}
	s.mails()
	log := len(s.entries())
	delete(s.store.who, "invoice.created")
	for range 2 {
		if sale := s.buy(billing.Holder, "2"); sale.Ref != "" || sale.Status != billing.Settled {
			t.Fatalf("bought: %+v", sale)
		}
	}
	if got := s.mails(); got != "settled" {
		t.Errorf("mails %q", got)
	}
	if got := s.entries()[log:]; !slices.Equal(got, []string{"invoice.created", "plan.active"}) || s.store.who["invoice.created"] != s.scope.Actor().Name {
		t.Errorf("the log: %q by %q", got, s.store.who["invoice.created"])
	}
}
