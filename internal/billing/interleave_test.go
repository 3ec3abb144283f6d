package billing_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestInterleavings: whatever happens to an invoice, and whatever of it is
// heard, twice, late, or never, in the end the plan is what the provider says,
// and it began once.
func TestInterleavings(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	rapid.Check(t, func(r *rapid.T) { s.interleave(r) })
}

// interleave plays one invoice of a new firm.
func (s *shop) interleave(r *rapid.T) {
	s.scope = tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
	sale := s.buy(billing.Holder, "key")
	s.store.taken("billing.mail")
	settledOnce, kinds := false, []string{"InvoiceCreated", "InvoiceReceivedPayment", "InvoiceProcessing", "InvoicePaymentSettled", "InvoiceSettled", "InvoiceExpired", "InvoiceInvalid", "InvoiceUnknown"}
	n := 0
	for _, move := range rapid.SliceOfN(rapid.SampledFrom(moves), 1, 6).Draw(r, "moves") {
		s.pay.set(sale.Ref, move.status, move.additional, move.paid)
		for range rapid.IntRange(0, 3).Draw(r, "deliveries") {
			id := n
			if n > 0 && rapid.Bool().Draw(r, "again") {
				id = rapid.IntRange(0, n-1).Draw(r, "which")
			} else {
				n++
			}
			s.deliver(fmt.Sprint(sale.Payment.ID, id), rapid.SampledFrom(kinds).Draw(r, "kind"), sale.Ref)
		}
		if rapid.Bool().Draw(r, "worked") {
			s.work()
			settledOnce = settledOnce || s.account().Sales[0].Status.Paid()
		}
	}
	s.work()
	if err := s.svc.Check(s.t.Context(), sale.Payment.ID, false); err != nil { // as the hourly look does
		r.Fatal(err)
	}
	a := s.account()
	last := a.Sales[0]
	i := len(s.pay.invoices) - 1
	status := s.pay.invoices[i]["status"].(string)
	switch {
	case status == "Settled" && (a.State != billing.Active || !last.Status.Paid() || !a.Until.Equal(s.clock().AddDate(1, 0, 0))):
		r.Fatalf("the provider says settled; %s, %s until %s", last.Status, a.State, a.Until)
	case status != "Settled" && !settledOnce && a.State != billing.None:
		r.Fatalf("the provider says %s; %s, %s", status, last.Status, a.State)
	case status == "Invalid" && a.State == billing.Active:
		r.Fatalf("the provider says invalid; %s", a.State)
	}
	seen := make(map[string]bool)
	for _, task := range s.store.taken("billing.mail") {
		if seen[task.Key] {
			r.Fatalf("the mail %s was asked for twice", task.Key)
		}
		seen[task.Key] = true
	}
}

var moves = []struct{ status, additional, paid string }{
	{"New", "None", "0"},
	{"New", "PaidPartial", "50"},
	{"Processing", "None", "99"},
	{"Settled", "None", "99"},
	{"Settled", "PaidOver", "120"},
	{"Settled", "Marked", "0"},
	{"Expired", "None", "0"},
	{"Expired", "PaidPartial", "50"},
	{"Expired", "PaidLate", "99"},
	{"Invalid", "None", "99"},
	{"Invalid", "Marked", "0"},
}
