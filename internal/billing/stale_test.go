package billing_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
)

// byCard is a checkout by card for the scope that the shop has.
func (s *shop) byCard(at *acquirer, plan, key string) *card {
	s.t.Helper()
	sale, err := s.svc.Checkout(s.t.Context(), s.scope, billing.Checkout{Plan: plan, Provider: billing.Stripe, Key: key})
	if err != nil {
		s.t.Fatal(err)
	}
	return newCardOf(s, at, sale)
}

// complete is the card given, and heard of.
func (c *card) complete() {
	c.s.t.Helper()
	c.completed()
	c.heard()
}

// heard is a look at the subscription of a card.
func (c *card) heard() {
	c.s.t.Helper()
	if err := c.s.svc.Card(c.s.t.Context(), "sub_"+c.id); err != nil {
		c.s.t.Fatal(err)
	}
}

// TestStaleOrder: an order that was made before a better plan, and is paid after
// it, makes that last longer and leaves its card alone; one that was made after
// it is the choice of a person.
func TestStaleOrder(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	slow := s.buy(billing.Holder, "slow")
	s.wait(time.Hour)
	c := s.byCard(at, billing.Preparer, "better")
	s.wait(time.Minute)
	c.complete()
	until := s.account().Until
	s.wait(23 * time.Hour)
	s.pay.set(slow.Ref, "Settled", "None", "99")
	s.check(slow)
	if a := s.account(); a.Plan != billing.Preparer || !a.Until.After(until) || !a.Card || a.Credit.Sign() != 0 || len(s.store.taken("billing.endcard")) != 0 {
		t.Errorf("an order of before: %s until %s, card %v, credit %s", a.Plan, a.Until, a.Card, a.Credit)
	}
	chosen := s.buy(billing.Holder, "chosen")
	s.pay.set(chosen.Ref, "Settled", "None", "99")
	s.check(chosen)
	if a := s.account(); a.Plan != billing.Holder || a.Card || a.Credit.Sign() <= 0 || len(s.store.taken("billing.endcard")) != 1 {
		t.Errorf("an order of after: %s, card %v, credit %s", a.Plan, a.Card, a.Credit)
	}
}

// TestStaleCard: a plan that a firm had years before says nothing about what it
// has chosen now.
func TestStaleCard(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	paid := func(key string) {
		t.Helper()
		sale := s.buy(billing.Preparer, key)
		s.pay.set(sale.Ref, "Settled", "None", sale.Amount.String())
		s.check(sale)
	}
	paid("lapsed")
	s.wait(3 * 365 * 24 * time.Hour)
	c := s.byCard(at, billing.Holder, "card")
	s.wait(30 * time.Minute)
	paid("now")
	s.wait(15 * time.Minute)
	c.complete()
	if a := s.account(); a.Plan != billing.Preparer || a.Credit.Sign() != 0 {
		t.Errorf("%s, credit %s", a.Plan, a.Credit)
	}
}
