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
