package billing_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
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

// paid buys in bitcoin and pays.
func (s *shop) paid(plan, key string) billing.Sale {
	s.t.Helper()
	sale := s.buy(plan, key)
	s.pay.set(sale.Ref, "Settled", "None", sale.Amount.String())
	s.check(sale)
	return sale
}

// TestEndsUntilEnded: a card that we have ended stays so, and its end is asked
// for until Stripe has done it; who lets it renew after that has chosen it.
func TestEndsUntilEnded(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	s.scope = tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
	c := s.byCard(at, billing.Preparer, "card")
	c.complete()
	s.wait(time.Hour)
	worse := s.paid(billing.Holder, "coins")
	if n := len(s.store.taken("billing.endcard")); n != 1 || s.account().Card {
		t.Fatalf("asked for %d times, card %v", n, s.account().Card)
	}
	for range 2 { // Stripe does not do it
		c.heard()
		if a := s.account(); a.Card || a.Plan != billing.Holder || len(s.store.taken("billing.endcard")) != 1 {
			t.Errorf("%s, card %v, or nobody asks again", a.Plan, a.Card)
		}
	}
	if err := s.svc.CardLeft(t.Context(), "sub_"+c.id, worse.Payment.ID); err != nil {
		t.Fatal(err)
	}
	s.check(worse)
	list, err := s.svc.Odd(t.Context())
	if err != nil || len(list) != 1 || list[0].Odd != "card_left:sub_"+c.id || !strings.Contains(list[0].Next(), "cancel the subscription sub_"+c.id+" ") {
		t.Errorf("the operator is told: %+v, %v", list, err)
	}
	if err := s.svc.See(t.Context(), operator, worse.Payment.ID, ""); err != nil {
		t.Fatal(err)
	}
	s.check(worse)
	if list, err := s.svc.Odd(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("after it was seen: %+v, %v", list, err)
	}
	c.heard()
	if s.ended(t) != 1 {
		t.Error("nobody asks again")
	}
	c.heard()
	at.put("subscriptions", "sub_"+c.id, map[string]any{"cancel_at_period_end": false}) // on Stripe's page
	c.heard()
	if a := s.account(); !a.Card || len(s.store.taken("billing.endcard")) != 0 {
		t.Errorf("who lets it renew again: card %v", a.Card)
	}
}

// TestTwoCards: an old card that is not ended yet hides no other one that
// renews the plan.
func TestTwoCards(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	old := newCard(s, at, 1)
	old.complete()
	s.wait(time.Hour)
	s.paid(billing.Preparer, "coins")
	c := s.byCard(at, billing.Preparer, "card")
	c.complete()
	s.store.taken("billing.endcard")
	old.heard()
	if a := s.account(); !a.Card || len(s.store.taken("billing.endcard")) != 1 {
		t.Errorf("card %v, or the old one stays", a.Card)
	}
	if _, err := s.svc.Checkout(t.Context(), s.scope, billing.Checkout{Plan: billing.Preparer, Provider: billing.Stripe, Key: "second"}); fault.Of(err).Code != "card_renews" {
		t.Errorf("a second card: %v", err)
	}
}

// TestEndGivenUp: the work that ends a card lists it for the operator when it
// is given up.
func TestEndGivenUp(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	c := newCard(s, at, 1)
	c.complete()
	s.paid(billing.Preparer, "coins")
	s.config.Stripe = nil // it is sold by card no more
	s.restart()
	reg := job.NewRegistry(1)
	if err := s.svc.Register(reg); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.db.Work(ctx, reg) }()
	testkit.Eventually(t, "the operator is told", func() bool {
		list, err := s.svc.Odd(t.Context())
		return err == nil && len(list) == 1 && list[0].Odd == "card_left:sub_"+c.id
	})
	if stop(); <-done != nil {
		t.Error("work ended with an error")
	}
}
