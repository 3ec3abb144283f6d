package billing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// seen is one payment that the network has seen and not confirmed.
func seen(at time.Time, value string) map[string]any {
	p := came(at, value)
	p["status"] = "Processing"
	return p
}

// TestKeptWhenConfirmed: what is seen and not confirmed can still be sent
// elsewhere: it becomes no credit, and pays no other invoice, before all of it
// is confirmed.
func TestKeptWhenConfirmed(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]struct{ label, paid string }{"late": {"PaidLate", "99"}, "part": {"PaidPartial", "98.99"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			s.pay.rate = "100000"
			sale := s.buy(billing.Holder, "1")
			s.wait(2 * time.Hour)
			value := money.MustParse(m.paid).Sub(money.MustParse("50")).Share(money.FromInt(1), money.FromInt(100000)).String()
			first := came(s.clock(), "0.0005")
			s.pay.set(sale.Ref, "Expired", m.label, m.paid)
			again := billing.Checkout{Plan: billing.Preparer, Provider: billing.BTCPay}
			for _, list := range [][]any{{first, seen(s.clock(), value)}, {}, {first}} {
				s.pay.change(sale.Ref, "payments", list)
				s.check(sale)
				s.code("kept unconfirmed", s.svc.Keep(t.Context(), s.scope, sale.Payment.ID), "not_confirmed")
				_, err := s.svc.Offer(t.Context(), s.scope, again, sale.Payment.ID)
				s.code("used unconfirmed", err, "not_confirmed")
				if a := s.account(); a.Credit.Sign() != 0 || a.Sales[0].Confirmed {
					t.Errorf("credit %s, confirmed %v", a.Credit, a.Sales[0].Confirmed)
				}
			}
			s.pay.change(sale.Ref, "payments", []any{first, came(s.clock(), value)})
			s.check(sale)
			if o, err := s.svc.Offer(t.Context(), s.scope, again, sale.Payment.ID); err != nil || o.Freed.String() != m.paid {
				t.Errorf("offered with %s of it: %v", o.Freed, err)
			}
			wanted := s.account().Sales[0]
			wanted.Odd = "refund_wanted"
			if confirmed := wanted.Next(); !strings.HasPrefix(confirmed, "Issue a refund") {
				t.Errorf("to do when confirmed: %s", confirmed)
			}
			if wanted.Confirmed = false; !strings.HasPrefix(wanted.Next(), "What came is not confirmed yet: send nothing back") {
				t.Errorf("to do before: %s", wanted.Next())
			}
			s.code("kept confirmed", s.svc.Keep(t.Context(), s.scope, sale.Payment.ID), "")
			if a := s.account(); a.Credit.String() != m.paid {
				t.Errorf("credit %s", a.Credit)
			}
		})
	}
}

// TestKeptThenLost: what was kept as credit and is lost again is taken off the
// credit as far as it is there, what was used before is told to the operator
// until it is there again, and what comes then is no credit a second time.
func TestKeptThenLost(t *testing.T) {
	t.Parallel()
	for name, used := range map[string]bool{"unused": false, "used": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			sale := s.buy(billing.Holder, "1")
			s.wait(2 * time.Hour)
			set := func(label, paid string) billing.Sale {
				t.Helper()
				s.pay.set(sale.Ref, "Expired", label, paid)
				for range 2 {
					s.check(sale)
				}
				got, err := s.svc.Sale(t.Context(), s.scope, sale.Payment.ID)
				if err != nil {
					t.Fatal(err)
				}
				return got
			}
			set("PaidLate", "129")
			s.code("keep", s.svc.Keep(t.Context(), s.scope, sale.Payment.ID), "")
			want := "40"
			if used {
				s.buy(billing.Holder, "2")
				want = "0" // of 40 that are lost, 30 were there
				if got := set("PaidPartial", "89"); got.Odd != "credit_lost" || !strings.Contains(got.Next(), "10 EUR of it was used") {
					t.Errorf("odd %q: %s", got.Odd, got.Next())
				}
			} else if got := set("PaidPartial", "40"); got.Odd != "credit_lost" || !strings.Contains(got.Next(), "It was taken off the credit.") {
				t.Errorf("odd %q: %s", got.Odd, got.Next())
			}
			got := s.account()
			if kept := got.Sales[len(got.Sales)-1].Kept; got.Credit.String() != want || !kept.Equal(money.MustParse(map[bool]string{false: "40", true: "99"}[used])) {
				t.Errorf("credit %s, kept %s", got.Credit, kept)
			}
			s.code("seen", s.svc.See(t.Context(), operator, sale.Payment.ID, ""), "")
			back := set("PaidLate", "99")
			if loose := back.Loose().String(); loose != map[bool]string{false: "59", true: "0"}[used] {
				t.Errorf("came again: %s can be kept", loose)
			}
		})
	}
}

// TestSentBackThenLost: of an invoice whose rest was sent back, what was kept
// is taken off the credit as well when it is lost.
func TestSentBackThenLost(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	sale := s.buy(billing.Holder, "1")
	s.wait(2 * time.Hour)
	for _, step := range []struct {
		paid string
		does func() error
	}{
		{"40", func() error { return s.svc.Keep(t.Context(), s.scope, sale.Payment.ID) }},
		{"60", func() error { return s.svc.AskBack(t.Context(), s.scope, sale.Payment.ID) }},
		{"60", func() error { return s.svc.NoteRefund(t.Context(), operator, sale.Payment.ID) }},
		{"20", func() error { return nil }},
	} {
		s.pay.set(sale.Ref, "Expired", "PaidPartial", step.paid)
		for range 2 {
			s.check(sale)
		}
		s.code("at "+step.paid, step.does(), "")
	}
	if a := s.account(); a.Credit.Sign() != 0 || a.Sales[0].Status != billing.Refund || a.Sales[0].Odd != "credit_lost" {
		t.Errorf("credit %s, %s, odd %q", a.Credit, a.Sales[0].Status, a.Sales[0].Odd)
	}
}

// TestSurplusWhenConfirmed: what is paid too much for a settled invoice becomes
// credit when it is confirmed, and what has become it stays until it is lost.
func TestSurplusWhenConfirmed(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.pay.rate = "100000"
	sale := s.buy(billing.Holder, "1")
	first, more, most := came(s.clock(), "0.00099"), "0.0005", "0.005"
	for _, m := range []struct {
		label, paid, credit string
		status              billing.Status
		list                []any
	}{
		{"None", "99", "0", billing.Settled, []any{first}},
		{"PaidOver", "149", "0", billing.Settled, []any{first, seen(s.clock(), more)}},
		{"PaidOver", "149", "50", billing.Over, []any{first, came(s.clock(), more)}},
		{"PaidOver", "649", "50", billing.Over, []any{first, came(s.clock(), more), seen(s.clock(), most)}},
		{"PaidOver", "649", "50", billing.Over, []any{}}, // it tells no payments: nothing more is sure
		{"PaidOver", "649", "550", billing.Over, []any{first, came(s.clock(), more), came(s.clock(), most)}},
		{"PaidOver", "149", "50", billing.Over, []any{first, came(s.clock(), more)}},
	} {
		s.pay.change(sale.Ref, "payments", m.list)
		s.pay.set(sale.Ref, "Settled", m.label, m.paid)
		for range 2 {
			s.check(sale)
			if a := s.account(); a.Credit.String() != m.credit || a.Sales[0].Status != m.status || a.State != billing.Active {
				t.Errorf("%s paid, %d payments: credit %s, want %s; %s, %s", m.paid, len(m.list), a.Credit, m.credit, a.Sales[0].Status, a.State)
			}
		}
	}
}
