package billing_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
)

// status is what Stripe says of a subscription.
func (a *acquirer) status(id string) (status string, ends bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := a.objects["subscriptions/"+id]
	ends, _ = o["cancel_at_period_end"].(bool)
	return o["status"].(string), ends
}

// ended is the stored work that ends renewals, which the shop was asked for.
func (s *shop) ended(t *testing.T) int {
	t.Helper()
	tasks := s.store.taken("billing.endcard")
	for _, task := range tasks {
		if err := s.svc.EndCard(t.Context(), task.Key); err != nil {
			t.Fatal(err)
		}
	}
	return len(tasks)
}

// TestEndFailing: a card that was refused is not asked again for the year that
// nobody wants any more, which the end of that year would not prevent; one that
// is good runs until what it paid for is over.
func TestEndFailing(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{"active": "active", "past_due": "canceled", "unpaid": "canceled"} {
		s, at := newCardShop(t)
		c := newCard(s, at, 1)
		c.complete()
		if state != "active" {
			s.wait(365 * 24 * time.Hour)
			c.bill("open")
			c.status = state
			c.shows()
			c.heard()
		}
		sale := s.buy(billing.Preparer, "coins")
		s.pay.set(sale.Ref, "Settled", "None", sale.Amount.String())
		s.check(sale)
		if n := s.ended(t); n != 1 {
			t.Errorf("%s: its end was asked for %d times", state, n)
		}
		if got, ends := at.status("sub_" + c.id); got != want || ends != (state == "active") {
			t.Errorf("%s: is %s, ends with what is paid: %v", state, got, ends)
		}
		if err := s.svc.EndCard(t.Context(), "sub_"+c.id); err != nil {
			t.Errorf("%s: twice: %v", state, err)
		}
	}
}
