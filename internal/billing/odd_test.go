package billing_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestAskedBack: money that is asked back becomes no credit as well, the wish
// outlives every look at the provider, and what was sent back stays sent back
// whatever the provider says later.
func TestAskedBack(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	check := func(sale billing.Sale) billing.Sale {
		t.Helper()
		if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err != nil {
			t.Fatal(err)
		}
		got, err := s.svc.Sale(t.Context(), s.scope, sale.Payment.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	operator := tenant.Actor{Via: tenant.ViaCommand, Name: "operator"}
	late := s.buy(billing.Holder, "1")
	if err := s.svc.AskBack(t.Context(), s.scope, late.Payment.ID); fault.Of(err).Code != "nothing_to_refund" {
		t.Errorf("nothing came: %v", err)
	}
	s.wait(3 * time.Hour)
	s.pay.set(late.Ref, "Expired", "PaidLate", "99")
	check(late)
	for range 2 {
		if err := s.svc.AskBack(t.Context(), s.scope, late.Payment.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.svc.Keep(t.Context(), s.scope, late.Payment.ID); fault.Of(err).Code != "refund_wanted" {
		t.Errorf("kept what was asked back: %v", err)
	}
	if got := check(late); !got.Asked() || s.account().Credit.Sign() != 0 {
		t.Errorf("after a look at the provider: %q, credit %s", got.Odd, s.account().Credit)
	}
	if err := s.svc.NoteRefund(t.Context(), operator, late.Payment.ID); err != nil {
		t.Fatal(err)
	}
	for _, m := range moves {
		if m.paid == "120" {
			continue // more than was sent back: see TestMoreAfterItWasDealtWith
		}
		s.pay.set(late.Ref, m.status, m.additional, m.paid)
		if got := check(late); got.Status != billing.Refund || got.Odd != "" || s.account().State != billing.None {
			t.Errorf("%+v: %s, odd %q, plan %s", m, got.Status, got.Odd, s.account().State)
		}
	}
	if err := s.svc.NoteRefund(t.Context(), operator, late.Payment.ID); fault.Of(err).Code != "already_noted" {
		t.Errorf("noted twice: %v", err)
	}
	over := s.buy(billing.Holder, "2")
	s.pay.set(over.Ref, "Settled", "None", "99")
	check(over)
	for _, more := range []string{"100", "104.5"} { // the label may be missing, and more may come later
		s.pay.set(over.Ref, "Settled", "None", more)
		check(over)
	}
	if a := s.account(); a.Credit.String() != "5.5" || a.State != billing.Active {
		t.Errorf("paid too much: credit %s, %s", a.Credit, a.State)
	}
	if err := s.svc.AskBack(t.Context(), s.scope, over.Payment.ID); err != nil || s.account().Credit.Sign() != 0 {
		t.Errorf("asked back: credit %s, %v", s.account().Credit, err)
	}
	if err := s.svc.NoteRefund(t.Context(), operator, over.Payment.ID); err != nil || s.account().State != billing.Active {
		t.Errorf("what was too much went back: %s, %v", s.account().State, err)
	}
}

// TestRanOutInPart: what came in part is told while there is time for the rest,
// and once more when there is not; who has asked for it back hears no more.
func TestRanOutInPart(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	sale := s.buy(billing.Holder, "1")
	look := func() string {
		t.Helper()
		s.mails()
		for range 2 {
			if err := s.svc.Reconcile(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return s.mails()
	}
	s.pay.set(sale.Ref, "New", "PaidPartial", "50")
	if got := look(); got != "partial" {
		t.Errorf("in time: %q", got)
	}
	s.wait(2 * time.Hour)
	s.pay.set(sale.Ref, "Expired", "PaidPartial", "50")
	if got := look(); got != "partial_over" || s.account().Sales[0].Odd != "partial" {
		t.Errorf("ran out: %q, odd %q", got, s.account().Sales[0].Odd)
	}
	if err := s.svc.AskBack(t.Context(), s.scope, sale.Payment.ID); err != nil {
		t.Fatal(err)
	}
	if got := look(); got != "" {
		t.Errorf("asked back: %q", got)
	}
	s.pay.set(sale.Ref, "Expired", "PaidLate", "99")
	if got := look(); got != "late" {
		t.Errorf("the rest came: %q", got)
	}
}

// TestKeptThenMarked: what came late and was kept as credit is taken off it
// again when the provider's operator marks the same invoice as paid.
func TestKeptThenMarked(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	late := s.buy(billing.Holder, "1")
	s.wait(3 * time.Hour)
	for _, m := range []struct{ status, additional string }{{"Expired", "PaidLate"}, {"Settled", "Marked"}} {
		s.pay.set(late.Ref, m.status, m.additional, "99")
		if err := s.svc.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		if m.status == "Expired" {
			if err := s.svc.Keep(t.Context(), s.scope, late.Payment.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if a := s.account(); a.State != billing.Active || a.Credit.Sign() != 0 || a.Sales[0].Odd != "marked" {
		t.Errorf("%s, credit %s, odd %q", a.State, a.Credit, a.Sales[0].Odd)
	}
}

// TestUndone: a better plan that is sent back leaves what there was before it,
// and no credit for what is not given up any more.
func TestUndone(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	settle := func(plan, key, price string) billing.Sale {
		sale := s.buy(plan, key)
		s.pay.set(sale.Ref, "Settled", "None", price)
		if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err != nil {
			t.Fatal(err)
		}
		return sale
	}
	settle(billing.Holder, "1", "99")
	better := settle(billing.Preparer, "2", "499")
	if a := s.account(); a.Plan != billing.Preparer || a.Credit.String() != "99" {
		t.Errorf("better: %s, credit %s", a.Plan, a.Credit)
	}
	if err := s.svc.NoteRefund(t.Context(), tenant.Actor{Via: tenant.ViaCommand, Name: "operator"}, better.Payment.ID); err != nil {
		t.Fatal(err)
	}
	if a := s.account(); a.Plan != billing.Holder || a.State != billing.Active || !a.Until.Equal(start.AddDate(1, 0, 0)) || a.Credit.Sign() != 0 {
		t.Errorf("sent back: %s %s until %s, credit %s", a.Plan, a.State, a.Until, a.Credit)
	}
}
