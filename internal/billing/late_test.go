package billing_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
)

// came is one payment of an invoice as the API tells it.
func came(at time.Time, value string) map[string]any {
	return map[string]any{"id": txid, "receivedDate": at.Unix(), "value": value, "fee": "0", "status": "Settled", "destination": "bc1q"}
}

// TestWorthWhenItCame: what came while the invoice could be paid is worth what
// its rate says; what came later, what the rate of that time says, counted once
// and never again by another rate.
func TestWorthWhenItCame(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.pay.rate = "100000"
	sale := s.buy(billing.Holder, "1")
	received := func() string {
		t.Helper()
		s.check(sale)
		return s.account().Sales[0].Received
	}
	in := came(s.clock().Add(time.Minute), "0.0004")
	s.wait(2 * time.Hour)
	s.pay.change(sale.Ref, "payments", []any{in})
	s.pay.set(sale.Ref, "Expired", "PaidPartial", "40")
	if got := received(); got != "40" || len(s.pay.invoices) != 1 {
		t.Errorf("in time: %s, with %d invoices", got, len(s.pay.invoices))
	}
	s.pay.rate = "80000"
	later := came(s.clock(), "0.0005")
	s.pay.change(sale.Ref, "payments", []any{in, later})
	s.pay.set(sale.Ref, "Expired", "PaidPartial", "90") // as BTCPay counts it
	s.pay.lose = true                                   // the answer with the rate
	if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err == nil {
		t.Error("valued without a rate")
	}
	for _, s.pay.rate = range []string{"60000", "120000"} { // an hour later, and two
		if got := received(); got != "80" || len(s.pay.invoices) != 2 { // 40 + 0.0005 × 80000
			t.Errorf("late, at %s: %s, with %d invoices", s.pay.rate, got, len(s.pay.invoices))
		}
	}
	if err := s.svc.Keep(t.Context(), s.scope, sale.Payment.ID); err != nil || s.account().Credit.String() != "80" {
		t.Errorf("kept %s: %v", s.account().Credit, err)
	}
	s.pay.change(sale.Ref, "payments", []any{in, later, came(s.clock(), "0.0001")})
	s.pay.set(sale.Ref, "Expired", "PaidLate", "100")
	if got := received(); got != "92" || s.account().Sales[0].Status != billing.Late { // and 0.0001 × 120000
		t.Errorf("still more: %s", got)
	}
	if err := s.svc.Keep(t.Context(), s.scope, sale.Payment.ID); err != nil || s.account().Credit.String() != "92" {
		t.Errorf("kept all: %s: %v", s.account().Credit, err)
	}
	if len(s.pay.invoices) != 3 || len(s.account().Sales) != 1 {
		t.Errorf("%d invoices, %d sales", len(s.pay.invoices), len(s.account().Sales))
	}
}

// TestLateThenSettled: late money that support counts as good after all has
// bought the plan, and what of it was too much by then is credit.
func TestLateThenSettled(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.pay.rate = "100000"
	sale := s.buy(billing.Holder, "1")
	s.wait(2 * time.Hour)
	s.pay.rate = "110000"
	s.pay.change(sale.Ref, "payments", []any{came(s.clock(), "0.00099")})
	s.pay.set(sale.Ref, "Expired", "PaidLate", "99")
	s.check(sale)
	s.pay.set(sale.Ref, "Settled", "Marked", "99")
	for range 2 {
		s.check(sale)
		if a := s.account(); a.State != billing.Active || a.Credit.String() != "9.9" || a.Sales[0].Received != "108.9" {
			t.Errorf("%s, credit %s, received %s", a.State, a.Credit, a.Sales[0].Received)
		}
	}
}

// TestLateAndLost: of late money that is lost again nothing is left, also not
// what it had gained.
func TestLateAndLost(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.pay.rate = "100000"
	sale := s.buy(billing.Holder, "1")
	s.wait(2 * time.Hour)
	s.pay.rate = "120000"
	s.pay.change(sale.Ref, "payments", []any{came(s.clock(), "0.0001")})
	s.pay.set(sale.Ref, "Expired", "PaidPartial", "10")
	s.check(sale)
	if got := s.account().Sales[0]; got.Received != "12" {
		t.Errorf("came late: %+v", got)
	}
	s.pay.change(sale.Ref, "payments", []any{})
	s.pay.set(sale.Ref, "Expired", "None", "0")
	s.check(sale)
	if got := s.account().Sales[0]; got.Received != "" || got.LatePaid.Sign() != 0 || got.LateWorth.Sign() != 0 || got.Status != billing.Expired {
		t.Errorf("lost: %+v", got)
	}
}

// TestLateSeenTwice: two looks at one invoice that run together count what
// came late once: the one that knows less by then is done again.
func TestLateSeenTwice(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.pay.rate = "100000"
	sale := s.buy(billing.Holder, "1")
	s.wait(2 * time.Hour)
	first := came(s.clock(), "0.0001")
	s.pay.change(sale.Ref, "payments", []any{first, came(s.clock(), "0.0001")})
	s.pay.set(sale.Ref, "Expired", "PaidPartial", "20")
	s.pay.slow = func() { // this look has seen 20 and asks for the rate; another saw 10 before
		s.pay.slow = nil
		s.pay.change(sale.Ref, "payments", []any{first})
		s.pay.set(sale.Ref, "Expired", "PaidPartial", "10")
		if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err != nil {
			t.Error(err)
		}
	}
	if err := s.svc.Check(t.Context(), sale.Payment.ID, false); fault.Of(err).Code != "looked_at_meanwhile" {
		t.Errorf("the slower look: %v", err)
	}
	s.pay.change(sale.Ref, "payments", []any{first, came(s.clock(), "0.0001")})
	s.pay.set(sale.Ref, "Expired", "PaidPartial", "20")
	s.check(sale)
	if got := s.account().Sales[0]; got.Received != "20" || got.LateWorth.String() != "20" {
		t.Errorf("both came: %+v", got)
	}
}
