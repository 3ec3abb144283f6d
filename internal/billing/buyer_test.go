package billing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestBuyer: a receipt has the buyer of the time when it was paid; what cannot
// stand on one is refused by field, and nothing of it is kept.
func TestBuyer(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	paid := func(key string) billing.Receipt {
		t.Helper()
		sale := s.buy(billing.Holder, key)
		s.pay.set(sale.Ref, "Settled", "None", sale.Amount.String())
		if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err != nil {
			t.Fatal(err)
		}
		r, err := s.svc.Receipt(t.Context(), s.scope, sale.Payment.ID)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if got := paid("1"); got.Buyer != (billing.Buyer{}) {
		t.Errorf("nothing was said: %+v", got.Buyer)
	}
	for _, tt := range []struct{ give, want billing.Buyer }{
		{billing.Buyer{TaxNumber: " de 123\t456 789 "}, billing.Buyer{TaxNumber: "DE 123 456 789"}},
		{billing.Buyer{Address: "2 Low Street"}, billing.Buyer{Address: "2 Low Street"}},
		{billing.Buyer{Name: "Wren  & Co", Address: "2 Low Street\r\n\r\n Otherton ", TaxNumber: "CHE-123.456.789 MWST"}, billing.Buyer{Name: "Wren & Co", Address: "2 Low Street\nOtherton", TaxNumber: "CHE-123.456.789 MWST"}},
	} {
		if err := s.svc.SetBuyer(t.Context(), s.scope, tt.give); err != nil {
			t.Fatal(err)
		}
		if got, err := s.svc.Buyer(t.Context(), s.scope); err != nil || got != tt.want {
			t.Errorf("kept %+v, %v", got, err)
		}
		if got := paid(tt.give.Address + tt.give.TaxNumber); got.Buyer != tt.want {
			t.Errorf("on the receipt: %+v", got.Buyer)
		}
	}
	for field, b := range map[string]billing.Buyer{
		"/name": {Name: "a\u202eb"}, "/address": {Address: strings.Repeat("line\n", 6)}, "/tax_number": {TaxNumber: "DE12<3>"},
	} {
		f := fault.Of(s.svc.SetBuyer(t.Context(), s.scope, b))
		if f.Kind != fault.Invalid || len(f.Details) != 1 || f.Details[0].Pointer != field {
			t.Errorf("%s: %+v", field, f)
		}
	}
	for _, number := range []string{"123", "ABCDEF", "1A", strings.Repeat("1", 25), "DE_123456"} {
		if err := s.svc.SetBuyer(t.Context(), s.scope, billing.Buyer{TaxNumber: number}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is taken: %v", number, err)
		}
	}
	other := tenant.ForJob(tenant.NewID(), tenant.NewID(), "test")
	if got, err := s.svc.Buyer(t.Context(), other); err != nil || got != (billing.Buyer{}) {
		t.Errorf("another firm sees %+v, %v", got, err)
	}
	if err := s.svc.SetBuyer(t.Context(), s.scope, billing.Buyer{}); err != nil {
		t.Fatal(err)
	}
	if got := paid("last"); got.Buyer != (billing.Buyer{}) {
		t.Errorf("forgotten: %+v", got.Buyer)
	}
}

// TestReminderDays: mails say by the calendar how many days are left, on the
// last day that it is today, and never that something ends that has ended.
func TestReminderDays(t *testing.T) {
	t.Parallel()
	end := start.AddDate(1, 0, 0) // at noon
	for name, tt := range map[string]struct {
		at   time.Time
		kind string
		days int
	}{
		"two_weeks":        {end.AddDate(0, 0, -14).Add(-12 * time.Hour), "reminder", 14},
		"late_by_days":     {end.AddDate(0, 0, -10), "reminder", 10},
		"three_days":       {end.AddDate(0, 0, -3), "reminder", 3},
		"tomorrow":         {end.AddDate(0, 0, -1), "reminder", 1},
		"eve_at_midnight":  {end.Add(-12*time.Hour - time.Second), "reminder", 1},
		"today":            {end.Add(-12 * time.Hour), "ending", 0},
		"today_but_over":   {end.Add(11 * time.Hour), "ending", 0},
		"it_was_yesterday": {end.Add(12 * time.Hour), "ran_out", -1},
		"grace_goes_on":    {end.Add(billing.Grace - time.Second), "ran_out", -14},
		"grace_is_over":    {end.Add(billing.Grace), "ended", -14},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			sale := s.buy(billing.Holder, "1")
			s.pay.set(sale.Ref, "Settled", "None", "99")
			if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err != nil {
				t.Fatal(err)
			}
			s.mails()
			s.wait(tt.at.Sub(start))
			for range 2 {
				if err := s.svc.Remind(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			tasks := s.store.taken("billing.mail")
			if len(tasks) != 1 {
				t.Fatalf("%d mails", len(tasks))
			}
			if n := tasks[0].Args.(billing.Notice); n.Kind != tt.kind || n.Days != tt.days {
				t.Errorf("%s with %d days, want %s with %d", n.Kind, n.Days, tt.kind, tt.days)
			}
		})
	}
}

// TestOperatorActs: what the operator does stands in the log before it is done,
// a form that is sent twice acts once, and another form is refused.
func TestOperatorActs(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	ops := tenant.Actor{Via: tenant.ViaSession, User: tenant.NewID()}
	sale := s.buy(billing.Holder, "1")
	s.wait(3 * time.Hour)
	s.pay.set(sale.Ref, "Expired", "PaidLate", "99")
	before := s.entries()
	if got, err := s.svc.Recheck(t.Context(), ops, sale.Payment.ID); err != nil || got.Status != billing.Late {
		t.Errorf("asked again: %s, %v", got.Status, err)
	}
	if was, err := s.svc.Sweep(t.Context(), ops); err != nil || was != (billing.Swept{Asked: 1, Odd: 1}) {
		t.Errorf("asked about everything: %+v, %v", was, err)
	}
	if list, err := s.svc.Invoices(t.Context()); err != nil || len(list) != 1 || list[0].Odd != "late" {
		t.Errorf("odd and watched is one line: %+v, %v", list, err)
	}
	s.pay.mu.Lock()
	s.pay.down = true
	s.pay.mu.Unlock()
	if _, err := s.svc.Recheck(t.Context(), ops, sale.Payment.ID); !fault.Is(err, fault.Busy) {
		t.Errorf("while it is down: %v", err)
	}
	for i, key := range []string{"form", "form", "another"} {
		ctx, _ := once.With(t.Context(), ops, key, strings.Repeat("0", 64))
		if err := s.svc.NoteRefund(ctx, ops, sale.Payment.ID); (err != nil) != (i == 2) {
			t.Errorf("the %d. time under %q: %v", i+1, key, err)
		}
	}
	if got := strings.Count(s.mails(), "refunded"); got != 1 {
		t.Errorf("%d mails about one refund", got)
	}
	if _, err := s.svc.Recheck(t.Context(), ops, tenant.NewID()); !fault.Is(err, fault.NotFound) {
		t.Errorf("no such payment: %v", err)
	}
	want := "payment.asked payment.status payments.asked payment.asked refund.noted"
	if got := strings.Join(s.entries()[len(before):], " "); got != want {
		t.Errorf("the log says %q, want %q", got, want)
	}
}
