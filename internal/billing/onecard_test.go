package billing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestOneCard: while a card renews a plan no second one is taken, also if two
// sessions were open at once; who has cancelled it can buy by card again, and
// the same form sent twice is the same sale.
func TestOneCard(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	buy := func(plan, key string) (billing.Sale, error) {
		return s.svc.Checkout(t.Context(), s.scope, billing.Checkout{Plan: plan, Provider: billing.Stripe, Key: key})
	}
	left := newCard(s, at, 1)
	other, err := buy(billing.Preparer, "other")
	if err != nil {
		t.Fatal(err)
	}
	if got := at.session(left.sale.Ref); got != "expired" || at.session(other.Ref) != "open" {
		t.Errorf("the session before is %v", got)
	}
	c := newCard(s, at, 1)
	c.completed() // in the very moment
	if _, err := buy(billing.Preparer, "third"); fault.Of(err).Code != "card_renews" {
		t.Errorf("a session beside one that was completed unheard: %v", err)
	}
	if a := s.account(); a.Plan != billing.Holder || !a.Card {
		t.Errorf("what was completed: %s, card %v", a.Plan, a.Card)
	}
	sales, sessions := len(s.account().Sales), at.made()
	_, err = buy(billing.Preparer, "second")
	if !fault.Is(err, fault.Conflict) || fault.Of(err).Code != "card_renews" || !strings.Contains(fault.Of(err).Words, "Holder already") ||
		!strings.Contains(fault.Of(err).Words, "https://books.example/f/"+s.scope.Firm().String()+"/billing") {
		t.Errorf("a second card: %v", err)
	}
	if len(s.account().Sales) != sales || at.made() != sessions {
		t.Error("what was refused left a sale or a session")
	}
	if again, err := buy(billing.Holder, "key"); err != nil || again.Payment.ID != c.sale.Payment.ID {
		t.Errorf("the same form again: %v", err)
	}
	if _, err := s.svc.Checkout(t.Context(), s.scope, billing.Checkout{Plan: billing.Preparer, Provider: billing.BTCPay, Key: "coins"}); err != nil {
		t.Errorf("in bitcoin: %v", err)
	}
	c.cancel = true
	c.shows()
	if err := s.svc.Card(t.Context(), "sub_"+c.id); err != nil {
		t.Fatal(err)
	}
	if _, err := buy(billing.Preparer, "after"); err != nil {
		t.Errorf("after the first was cancelled: %v", err)
	}
}

// TestAskAboutRenewal: the operator, and the hour, ask about a renewal by card
// as about the invoice that it is.
func TestAskAboutRenewal(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	operator := tenant.Actor{Via: tenant.ViaCommand, Name: "operator"}
	look := func(c *card) {
		t.Helper()
		if err := s.svc.Card(t.Context(), "sub_"+c.id); err != nil {
			t.Fatal(err)
		}
	}
	c := newCard(s, at, 1)
	c.completed()
	look(c)
	s.wait(365 * 24 * time.Hour)
	c.renewed("paid")
	look(c)
	renewal := s.account().Sales[0]
	if renewal.Ref != c.last().id {
		t.Fatalf("no renewal: %+v", renewal)
	}
	if got, err := s.svc.Recheck(t.Context(), operator, renewal.Payment.ID); err != nil || got.Status != billing.Settled || got.Odd != "" {
		t.Errorf("asked again: %s, odd %q, %v", got.Status, got.Odd, err)
	}
	c.last().refunded = true
	c.shows()
	if got, err := s.svc.Recheck(t.Context(), operator, renewal.Payment.ID); err != nil || got.Status != billing.Refund {
		t.Errorf("asked after it was sent back: %s, %v", got.Status, err)
	}
	s.wait(365 * 24 * time.Hour)
	c.renewed("paid")
	at.put("invoices", c.last().id, map[string]any{"amount_paid": price + 1})
	look(c)
	if err := s.svc.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.account().Sales[0]; got.Ref != c.last().id || got.Odd != "mismatch:amount" {
		t.Errorf("of another price: %s %q", got.Ref, got.Odd)
	}
}

// TestGoesOn: what cannot be told of some invoices keeps nobody from asking
// about the others, and what is away for good is not asked for each.
func TestGoesOn(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for i := range 5 {
		sale := s.buy(billing.Holder, string(rune('a'+i)))
		s.pay.set(sale.Ref, "Settled", "None", "99")
		s.wait(time.Second)
	}
	s.pay.mu.Lock()
	for i := range 4 {
		s.pay.invoices[i]["amount"] = "what"
	}
	s.pay.mu.Unlock()
	if err := s.svc.Reconcile(t.Context()); !fault.Is(err, fault.Busy) {
		t.Errorf("nobody is told of those that cannot be read: %v", err)
	}
	if a := s.account(); a.State != billing.Active || a.Sales[0].Status != billing.Settled {
		t.Errorf("the fifth stays %s", a.Sales[0].Status)
	}
	before := s.pay.leave()
	if err := s.svc.Reconcile(t.Context()); !fault.Is(err, fault.Busy) {
		t.Errorf("without a connection: %v", err)
	}
	if n := s.pay.leave() - before; n > 6 { // the client may try a call that was cut off twice
		t.Errorf("asked %d times without a connection", n)
	}
}

// leave ends the connection to BTCPay and returns how often it was called.
func (g *greenfield) leave() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = true
	return g.calls
}

// session is the status of a session.
func (a *acquirer) session(ref string) any {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.objects["checkout/sessions/"+ref]["status"]
}

// made is how many sessions were made.
func (a *acquirer) made() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.n
}
