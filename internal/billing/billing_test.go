package billing_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestStatuses: what the API says decides, whatever the deliveries say, and
// only Settled changes access.
func TestStatuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status, additional, paid string
		want                     billing.Status
		state                    billing.State
		mails                    string
		odd                      string
	}{
		"new":              {"New", "None", "0", billing.Waiting, billing.None, "", ""},
		"partial":          {"New", "PaidPartial", "50", billing.Partial, billing.None, "partial", ""},
		"processing":       {"Processing", "None", "99", billing.Processing, billing.None, "", ""},
		"settled":          {"Settled", "None", "99", billing.Settled, billing.Active, "settled", ""},
		"over":             {"Settled", "PaidOver", "101.84", billing.Over, billing.Active, "over", "over"},
		"marked":           {"Settled", "Marked", "0", billing.Settled, billing.Active, "settled", "marked"},
		"expired":          {"Expired", "None", "0", billing.Expired, billing.None, "expired", ""},
		"expired_partial":  {"Expired", "PaidPartial", "49.50", billing.Partial, billing.None, "partial_over", "partial"},
		"late":             {"Expired", "PaidLate", "99", billing.Late, billing.None, "late", "late"},
		"invalid":          {"Invalid", "None", "99", billing.Invalid, billing.None, "invalid", "invalid"},
		"marked_invalid":   {"Invalid", "Marked", "99", billing.Invalid, billing.None, "invalid", "invalid"},
		"unknown_to_us":    {"Frozen", "None", "99", billing.Waiting, billing.None, "", ""},
		"one_sat_too_less": {"New", "PaidPartial", "98.99999999", billing.Partial, billing.None, "partial", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			sale := s.buy(billing.Holder, "key")
			s.mails()
			if strings.HasPrefix(name, "expired_") || name == "late" {
				s.wait(2 * time.Hour)
			}
			s.pay.set(sale.Ref, c.status, c.additional, c.paid)
			for i := range 3 {
				s.deliver(fmt.Sprint("d", i), "InvoiceSettled", sale.Ref)
				s.deliver(fmt.Sprint("d", i), "InvoiceSettled", sale.Ref)
				s.work()
			}
			a := s.account()
			if got := a.Sales[0]; got.Status != c.want || a.State != c.state || got.Odd != c.odd || got.Marked != (c.additional == "Marked") {
				t.Errorf("status %s, marked %v, odd %q, plan %s %s", got.Status, got.Marked, got.Odd, a.Plan, a.State)
			}
			if got := s.mails(); got != c.mails {
				t.Errorf("mails %q, want %q", got, c.mails)
			}
			if name == "over" && a.Credit.String() != "2.84" {
				t.Errorf("credit %s", a.Credit)
			}
		})
	}
}

// TestNotWhatWasSold: an invoice that differs from what was sold in any figure
// unlocks nothing, and a person is told.
func TestNotWhatWasSold(t *testing.T) {
	t.Parallel()
	for key, value := range map[string]any{
		"amount": "0.01", "currency": "USD", "storeId": "Other", "metadata": map[string]any{"orderId": "another"}, "id": "another",
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			sale := s.buy(billing.Holder, "key")
			s.pay.set(sale.Ref, "Settled", "None", "99")
			s.pay.mu.Lock()
			s.pay.invoices[0][key] = value
			s.pay.mu.Unlock()
			if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err != nil {
				t.Fatal(err)
			}
			odd, err := s.svc.Odd(t.Context())
			if a := s.account(); a.State != billing.None || err != nil || len(odd) != 1 || !strings.HasPrefix(odd[0].Odd, "mismatch:") {
				t.Errorf("state %s, odd %+v, %v", a.State, odd, err)
			}
		})
	}
}

// TestForged: what is not signed with the secret over the very bytes is
// refused before it is looked at.
func TestForged(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	sale := s.buy(billing.Holder, "key")
	s.pay.set(sale.Ref, "Settled", "None", "99")
	body := fmt.Sprintf(`{"deliveryId":"a","type":"InvoiceSettled","invoiceId":%q}`, sale.Ref)
	good := sign(secret, body)
	for name, header := range map[string]string{
		"none": "", "wrong_key": sign("other", body), "empty_key": sign("", body), "upper": strings.ToUpper(good), "no_scheme": strings.TrimPrefix(good, "sha256="),
		"other_body": sign(secret, body+" "), "short": good[:len(good)-2], "long": good + "00",
	} {
		if err := s.svc.DeliverBTCPay(t.Context(), []byte(body), header); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if tasks := s.store.taken("billing.check"); len(tasks) != 0 {
		t.Errorf("forged deliveries asked for %d checks", len(tasks))
	}
	for _, odd := range []string{`{"deliveryId":"u","type":"SomethingNew"}`, `{"deliveryId":"v","type":"InvoiceSettled","invoiceId":"nobody's"}`} {
		if err := s.svc.DeliverBTCPay(t.Context(), []byte(odd), sign(secret, odd)); err != nil {
			t.Errorf("%s: %v", odd, err)
		}
	}
	if err := s.svc.DeliverBTCPay(t.Context(), []byte("[]"), sign(secret, "[]")); !fault.Is(err, fault.Malformed) {
		t.Errorf("no object: %v", err)
	}
	if _, err := billing.New(billing.Config{On: true, Plans: s.config.Plans, BTCPay: &billing.BTCPayConfig{URL: "https://b.example", Store: "s", WebhookSecret: keyring.Secret{}}, Door: s.config.Door}); err == nil {
		t.Error("an empty secret is taken")
	}
}

// TestOneInvoice: the same key is one invoice, however often and at whatever
// moment the answer was lost; other keys are other invoices.
func TestOneInvoice(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.pay.lose = true
	want := billing.Checkout{Plan: billing.Holder, Provider: billing.BTCPay, Key: "k"}
	if _, err := s.svc.Checkout(t.Context(), s.scope, want); !fault.Is(err, fault.Busy) {
		t.Fatalf("a lost answer: %v", err)
	}
	var wg sync.WaitGroup
	ids := make([]tenant.ID, 8)
	for i := range ids {
		wg.Go(func() {
			sale, err := s.svc.Checkout(t.Context(), s.scope, want)
			if err != nil {
				t.Error(err)
			}
			ids[i] = sale.Payment.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("ids %v", ids)
		}
	}
	if len(s.pay.invoices) != 1 {
		t.Errorf("%d invoices at the provider", len(s.pay.invoices))
	}
	want.Plan = billing.Preparer
	if _, err := s.svc.Checkout(t.Context(), s.scope, want); fault.Of(err).Code != "idempotency_key_reused" {
		t.Errorf("another plan under the key: %v", err)
	}
	refs := make(map[string]bool)
	for i := range 100 {
		refs[s.buy(billing.Holder, fmt.Sprint("n", i)).Ref] = true
	}
	if len(refs) != 100 {
		t.Errorf("100 checkouts made %d invoices", len(refs))
	}
}

// TestDown: while BTCPay is down the service starts, a checkout answers that
// it is busy, and nothing is lost.
func TestDown(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	sale := s.buy(billing.Holder, "before")
	s.pay.down = true
	if err := s.svc.Start(t.Context()); err != nil {
		t.Errorf("start: %v", err)
	}
	_, err := s.svc.Checkout(t.Context(), s.scope, billing.Checkout{Plan: billing.Holder, Provider: billing.BTCPay, Key: "k"})
	if !fault.Is(err, fault.Busy) || fault.Of(err).Code != "provider_unavailable" {
		t.Errorf("checkout: %v", err)
	}
	s.deliver("d", "InvoiceSettled", sale.Ref)
	if err := s.svc.Reconcile(t.Context()); !fault.Is(err, fault.Busy) {
		t.Errorf("reconcile: %v", err)
	}
	s.pay.down = false
	s.pay.set(sale.Ref, "Settled", "None", "99")
	if err := s.svc.Reconcile(t.Context()); err != nil || s.account().State != billing.Active {
		t.Errorf("after it came back: %s, %v", s.account().State, err)
	}
	for name, rights := range map[string][]string{
		"everything": {"unrestricted"}, "all_stores": {"btcpay.store.cancreateinvoice"}, "other_store": {"btcpay.store.cancreateinvoice:x"},
		"may_refund": {"btcpay.store.cancreateinvoice:" + storeID, "btcpay.store.cancreatepullpayments:" + storeID}, "none": nil,
	} {
		s.pay.rights = rights
		if err := s.svc.Start(t.Context()); err == nil {
			t.Errorf("%s: the key is taken", name)
		}
	}
	const make, see = "btcpay.store.cancreateinvoice:" + storeID, "btcpay.store.canviewinvoices:" + storeID
	for have, lacks := range map[string]string{make: see, see: make} {
		s.pay.rights = []string{have}
		if err := s.svc.Start(t.Context()); err == nil || !strings.Contains(err.Error(), lacks) || strings.Contains(err.Error(), have) {
			t.Errorf("only %s: %v", have, err)
		}
	}
}

// TestYear: bought, renewed before its end, lapsed, bought again; reminders
// come once each and stop when paid; what was released stays open.
func TestYear(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	paid := func(key string) {
		sale := s.buy(billing.Holder, key)
		s.pay.set(sale.Ref, "Settled", "None", "99")
		if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err != nil {
			t.Fatal(err)
		}
	}
	remind := func() string {
		s.mails()
		for range 3 {
			if err := s.svc.Remind(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return s.mails()
	}
	const day = 24 * time.Hour
	year := func(n int) (string, time.Time, time.Time) {
		return fmt.Sprint(n), time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(n+1, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	report := func(n int) bool {
		label, first, last := year(n)
		err := s.svc.AllowReport(t.Context(), s.scope, label, first, last)
		if err != nil && fault.Of(err).Code != "plan_required" {
			t.Fatal(err)
		}
		return err == nil
	}
	if report(2024) || s.svc.Allow(t.Context(), s.scope.Firm(), billing.ScheduledSync) == nil {
		t.Error("free allows what it should not")
	}
	paid("1")
	if !report(2024) || s.svc.Allow(t.Context(), s.scope.Firm(), billing.ScheduledSync) != nil || s.svc.Allow(t.Context(), s.scope.Firm(), billing.Clients) == nil {
		t.Error("holder allows the wrong things")
	}
	end := s.account().Until
	if !end.Equal(start.AddDate(1, 0, 0)) || remind() != "" {
		t.Errorf("ends %s", end)
	}
	s.wait(355 * day)
	if got := remind(); got != "reminder" {
		t.Errorf("10 days before: %q", got)
	}
	paid("2")
	if got := s.account(); !got.Until.Equal(start.AddDate(2, 0, 0)) || remind() != "" {
		t.Errorf("renewed until %s", got.Until)
	}
	s.wait(366 * day)
	if got := remind(); got != "reminder" || s.account().State != billing.Active {
		t.Errorf("near the end: %q", got)
	}
	s.wait(10 * day)
	if got := remind(); got != "ran_out" || s.account().State != billing.Ending || !report(2023) {
		t.Errorf("in the days of grace: %q %s", got, s.account().State)
	}
	s.wait(14 * day)
	if got := remind(); got != "ended" || s.account().State != billing.Lapsed || remind() != "" {
		t.Errorf("lapsed: %q %s", got, s.account().State)
	}
	if !report(2024) || !report(2023) || !report(2026) || report(2022) || s.svc.Allow(t.Context(), s.scope.Firm(), billing.ScheduledSync) == nil {
		t.Error("what was paid for must stay open, and nothing else")
	}
	paid("3")
	if a := s.account(); a.State != billing.Active || !a.Until.Equal(s.clock().AddDate(1, 0, 0)) {
		t.Errorf("resumed: %s until %s", a.State, a.Until)
	}
}

// TestBetterPlan: another plan begins at once, and the rest of the old one is
// credit that the next invoice takes off.
func TestBetterPlan(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	settle := func(sale billing.Sale) {
		s.pay.set(sale.Ref, "Settled", "None", sale.Amount.String())
		if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err != nil {
			t.Fatal(err)
		}
	}
	settle(s.buy(billing.Holder, "1"))
	s.wait(65 * 24 * time.Hour)
	settle(s.buy(billing.Preparer, "2"))
	a := s.account()
	if a.Plan != billing.Preparer || a.Credit.String() != "81.36" || !a.Until.Equal(s.clock().AddDate(1, 0, 0)) { // 99 × 300 / 365
		t.Errorf("%s until %s, credit %s", a.Plan, a.Until, a.Credit)
	}
	next := s.buy(billing.Preparer, "3")
	if next.Amount.String() != "417.64" || next.Credit.String() != "81.36" {
		t.Errorf("asks for %s and takes %s of the credit", next.Amount, next.Credit)
	}
	settle(next)
	if a := s.account(); a.Credit.Sign() != 0 {
		t.Errorf("credit left %s", a.Credit)
	}
	r, err := s.svc.Receipt(t.Context(), s.scope, next.Payment.ID)
	if err != nil || r.Number != 3 || r.Price.String() != "499" || r.Credit.String() != "81.36" {
		t.Errorf("receipt %+v, %v", r, err)
	}
	other := tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
	if _, err := s.svc.Receipt(t.Context(), other, next.Payment.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another firm sees it: %v", err)
	}
}

// TestWaysForward: late money becomes credit once, when the person says so; a
// refund that was noted ends the plan with the days of grace.
func TestWaysForward(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	late := s.buy(billing.Holder, "1")
	if err := s.svc.Keep(t.Context(), s.scope, late.Payment.ID); fault.Of(err).Code != "nothing_to_keep" {
		t.Errorf("nothing came: %v", err)
	}
	s.wait(3 * time.Hour)
	s.pay.set(late.Ref, "Expired", "PaidLate", "99")
	if err := s.svc.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := s.svc.Keep(t.Context(), s.scope, late.Payment.ID); (err == nil) != (i == 0) {
			t.Errorf("kept for the %d. time: %v", i+1, err)
		}
	}
	if a := s.account(); a.Credit.String() != "99" || a.State != billing.None {
		t.Errorf("credit %s, %s", a.Credit, a.State)
	}
	sale := s.buy(billing.Holder, "2")
	if a := s.account(); sale.Status != billing.Settled || sale.Ref != "" || a.State != billing.Active || a.Credit.Sign() != 0 {
		t.Errorf("paid with credit: %+v %s", sale, a.State)
	}
	third := s.buy(billing.Holder, "3")
	s.pay.set(third.Ref, "Settled", "None", "99")
	s.deliver("a", "InvoiceRefund", third.Ref)
	s.work()
	opened, err := s.svc.Sale(t.Context(), s.scope, third.Payment.ID)
	if got := s.account(); err != nil || opened.Status != billing.Refund || opened.Odd != "refund" || !got.Until.Equal(s.clock().AddDate(2, 0, 0)) {
		t.Errorf("refund opened: %+v until %s, %v", opened, got.Until, err)
	}
	if err := s.svc.NoteRefund(t.Context(), tenant.Actor{Via: tenant.ViaCommand, Name: "operator"}, third.Payment.ID); err != nil {
		t.Fatal(err)
	}
	odd, err := s.svc.Odd(t.Context())
	if got := s.account(); err != nil || len(odd) != 0 || !got.Until.Equal(s.clock().AddDate(1, 0, 0)) {
		t.Errorf("odd %+v, until %s, %v", odd, got.Until, err)
	}
}
