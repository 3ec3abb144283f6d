package billing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// TestBetterPlanBesideCard: a better plan bought in bitcoin ends the renewals
// of the card that pays for the old one. A card that is charged all the same
// takes nothing of the better plan: it makes it last longer.
func TestBetterPlanBesideCard(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	look := func(c *card) {
		t.Helper()
		if err := s.svc.Card(t.Context(), "sub_"+c.id); err != nil {
			t.Fatal(err)
		}
	}
	c := newCard(s, at, 1)
	c.completed()
	look(c)
	s.wait(65 * 24 * time.Hour)
	o, err := s.svc.Offer(t.Context(), s.scope, billing.Checkout{Plan: billing.Preparer, Provider: billing.BTCPay}, [16]byte{})
	if err != nil || !o.EndsCard || o.Credited.String() != "81.36" {
		t.Errorf("offered: %+v, %v", o, err)
	}
	better := s.buy(billing.Preparer, "better")
	s.mails()
	s.pay.set(better.Ref, "Settled", "None", "499")
	s.check(better)
	bought := s.clock()
	if got := s.mails(); got != "credit settled" {
		t.Errorf("mails %q", got)
	}
	ends := s.store.taken("billing.endcard")
	if a := s.account(); a.Card || a.Plan != billing.Preparer || len(ends) != 1 {
		t.Fatalf("card %v, plan %s, %d cards to end", a.Card, a.Plan, len(ends))
	}
	look(c) // before anybody has told Stripe
	for range 2 {
		if err := s.svc.EndCard(t.Context(), "sub_"+c.id); err != nil {
			t.Fatal(err)
		}
	}
	if a := s.account(); a.Card || at.objects["subscriptions/sub_"+c.id]["cancel_at_period_end"] != true {
		t.Errorf("the card would be charged again: %v", a.Card)
	}

	look(c)
	if a := s.account(); a.Card || len(s.store.taken("billing.endcard")) != 1 { // asked for in the look before
		t.Errorf("card %v after Stripe was told", a.Card)
	}

	s.wait(300 * 24 * time.Hour)
	c.renewed("paid") // Stripe did it all the same
	look(c)
	longer := bought.AddDate(1, 0, 72) // 99 × 365 / 499
	if a := s.account(); a.Plan != billing.Preparer || !a.Until.Equal(longer) || a.Credit.String() != "81.36" {
		t.Errorf("after the card: %s until %s, want %s, credit %s", a.Plan, a.Until, longer, a.Credit)
	}
	renewal := s.account().Sales[0]
	if r, err := s.svc.Receipt(t.Context(), s.scope, renewal.Payment.ID); err != nil || r.Plan != billing.Preparer || !r.Until.Equal(longer) || r.Price.String() != "99" {
		t.Errorf("its receipt: %+v, %v", r, err)
	}
	if err := s.svc.NoteRefund(t.Context(), operator, better.Payment.ID); err != nil {
		t.Fatal(err)
	}
	if a := s.account(); a.Plan != billing.Holder || !a.Until.Equal(start.AddDate(2, 0, 0)) || a.Credit.Sign() != 0 {
		t.Errorf("without the better one: %s until %s, credit %s", a.Plan, a.Until, a.Credit)
	}
	if r, err := s.svc.Receipt(t.Context(), s.scope, renewal.Payment.ID); err != nil || r.Plan != billing.Holder {
		t.Errorf("its receipt then: %+v, %v", r, err)
	}
}

// TestSameBesideCard: the same plan bought in bitcoin leaves the card alone.
func TestSameBesideCard(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	c := newCard(s, at, 1)
	c.completed()
	if err := s.svc.Card(t.Context(), "sub_"+c.id); err != nil {
		t.Fatal(err)
	}
	sale := s.buy(billing.Holder, "same")
	s.pay.set(sale.Ref, "Settled", "None", "99")
	s.check(sale)
	if a := s.account(); !a.Card || !a.Until.Equal(start.AddDate(2, 0, 0)) || len(s.store.taken("billing.endcard")) != 0 {
		t.Errorf("card %v until %s", a.Card, a.Until)
	}
}

// TestRefundLeft: the link of a refund goes when what was paid buys the plan
// after all, and the operator is told to close its page.
func TestRefundLeft(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	sale := s.buy(billing.Holder, "1")
	s.wait(3 * time.Hour)
	s.pay.set(sale.Ref, "Expired", "PaidLate", "99")
	s.check(sale)
	link := strings.Replace(s.config.BTCPay.URL, "http:", "https:", 1) + "/pull-payments/4Example"
	if err := s.svc.AskBack(t.Context(), s.scope, sale.Payment.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.svc.OpenRefund(t.Context(), operator, sale.Payment.ID, link); err != nil {
		t.Fatal(err)
	}
	s.pay.set(sale.Ref, "Settled", "Marked", "99")
	for range 2 {
		s.check(sale)
		var kept billing.RefundLink
		err := s.config.Store.Read(t.Context(), func(tx billing.Tx) (err error) {
			kept, err = tx.Refund(t.Context(), sale.Payment.ID)
			return err
		})
		odd, err2 := s.svc.Odd(t.Context())
		if err != nil || err2 != nil || kept.URL != "" || len(odd) != 1 || !strings.Contains(odd[0].Next(), "Archive that refund") || s.account().State != billing.Active {
			t.Fatalf("link %q, odd %+v, %s: %v %v", kept.URL, odd, s.account().State, err, err2)
		}
	}
	if err := s.svc.See(t.Context(), operator, sale.Payment.ID, "It came in time, the node was late."); err != nil {
		t.Fatal(err)
	}
	s.check(sale)
	if odd, err := s.svc.Odd(t.Context()); err != nil || len(odd) != 0 {
		t.Errorf("seen: %+v, %v", odd, err)
	}
}

// TestNobodyAsked: money that waits for the firm's choice, because the credit
// of its price was used elsewhere, is not sent back unasked.
func TestNobodyAsked(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	part := s.buy(billing.Holder, "1")
	s.wait(3 * time.Hour)
	s.pay.set(part.Ref, "Expired", "PaidPartial", "40")
	s.check(part)
	s.mails()
	if err := s.svc.Keep(t.Context(), s.scope, part.Payment.ID); err != nil {
		t.Fatal(err)
	}
	told := s.store.taken("billing.mail")
	if len(told) != 1 || told[0].Args.(billing.Notice).Kind != billing.Credited || told[0].Args.(billing.Notice).Amount != "40 EUR" {
		t.Errorf("told of the credit: %+v", told)
	}
	gone := s.buy(billing.Holder, "2")
	s.wait(3 * time.Hour)
	s.pay.set(gone.Ref, "Expired", "None", "0")
	s.check(gone)
	other := s.buy(billing.Holder, "3")
	s.pay.set(other.Ref, "Settled", "None", "59")
	s.check(other)
	s.pay.set(gone.Ref, "Settled", "Marked", "59")
	s.check(gone)
	if got := s.account().Sales[1]; got.Payment.ID != gone.Payment.ID || got.Status != billing.Late || got.Odd != "credit_gone" || got.Linkable(s.clock()) {
		t.Fatalf("%s, odd %q, linkable %v", got.Status, got.Odd, got.Linkable(s.clock()))
	}
	link := strings.Replace(s.config.BTCPay.URL, "http:", "https:", 1) + "/pull-payments/4Example"
	if err := s.svc.OpenRefund(t.Context(), operator, gone.Payment.ID, link); fault.Of(err).Code != "not_asked" {
		t.Errorf("sent back unasked: %v", err)
	}
	if err := s.svc.AskBack(t.Context(), s.scope, gone.Payment.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.svc.OpenRefund(t.Context(), operator, gone.Payment.ID, link); err != nil {
		t.Errorf("asked for: %v", err)
	}
}

// TestTwoCurrencies: credit stays in its currency where plans are sold in
// another by now; what is too much goes back, and what is left of a plan makes
// the next one longer.
func TestTwoCurrencies(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	part := s.buy(billing.Holder, "1")
	s.wait(3 * time.Hour)
	s.pay.set(part.Ref, "Expired", "PaidPartial", "40")
	s.check(part)
	if err := s.svc.Keep(t.Context(), s.scope, part.Payment.ID); err != nil {
		t.Fatal(err)
	}
	for i := range s.config.Plans {
		s.config.Plans[i].Currency = "USD"
	}
	s.restart()
	sale := s.buy(billing.Holder, "2")
	s.mails()
	s.pay.set(sale.Ref, "Settled", "PaidOver", "104")
	for range 2 {
		s.check(sale)
	}
	bought := s.clock()
	got := s.account()
	if got.Credit.String() != "40" || got.Currency != "EUR" || sale.Amount.String() != "99" || !got.Sales[0].Wanted.Equal(money.MustParse("5")) || !got.Sales[0].Owed() || got.State != billing.Active {
		t.Errorf("credit %s %s, wanted %s, %s", got.Credit, got.Currency, got.Sales[0].Wanted, got.State)
	}
	if told := s.mails(); told != "refund_wanted settled" {
		t.Errorf("mails %q", told)
	}
	s.wait(65 * 24 * time.Hour)
	better := s.buy(billing.Preparer, "3")
	s.pay.set(better.Ref, "Settled", "None", "499")
	s.check(better)
	want := bought.AddDate(1, 0, 65+59) // 99 × 300 / 365 of 499 is 59 days
	if got := s.account(); got.Plan != billing.Preparer || !got.Until.Equal(want) || got.Credit.String() != "40" || got.Currency != "EUR" {
		t.Errorf("%s until %s, want %s, credit %s %s", got.Plan, got.Until, want, got.Credit, got.Currency)
	}
}
