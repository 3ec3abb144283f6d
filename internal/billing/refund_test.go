package billing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestRefundLink: only a page of the configured server about a refund is sent,
// once for each link, kept while the refund is open and gone when it is done;
// what has a link cannot become credit as well.
func TestRefundLink(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	operator := tenant.Actor{Via: tenant.ViaCommand, Name: "operator"}
	host := strings.TrimPrefix(s.config.BTCPay.URL, "http://")
	good := "https://" + host + "/pull-payments/4ExampleExample"
	late := s.buy(billing.Holder, "1")
	open := func(link string) error {
		return s.svc.OpenRefund(t.Context(), operator, late.Payment.ID, link)
	}
	shown := func() string {
		t.Helper()
		r, err := s.svc.Refund(t.Context(), s.scope, late.Payment.ID)
		if err != nil {
			t.Fatal(err)
		}
		return r.URL
	}
	if err := open(good); fault.Of(err).Code != "nothing_to_refund" {
		t.Errorf("nothing came: %v", err)
	}
	s.wait(3 * time.Hour)
	s.pay.set(late.Ref, "Expired", "PaidLate", "99")
	if err := s.svc.Check(t.Context(), late.Payment.ID, false); err != nil {
		t.Fatal(err)
	}
	if err := s.svc.AskBack(t.Context(), s.scope, late.Payment.ID); err != nil {
		t.Fatal(err)
	}
	s.mails()
	for name, link := range map[string]string{
		"none": "", "plain": "http://" + host + "/pull-payments/4Example", "elsewhere": "https://btcpay.example/pull-payments/4Example", "port": "https://" + host + "0/pull-payments/4Example",
		"user": "https://a@" + host + "/pull-payments/4Example", "host in user": "https://" + host + "@evil.example/pull-payments/4Example", "page": "https://" + host + "/i/4Example",
		"no id": "https://" + host + "/pull-payments/", "deeper": "https://" + host + "/pull-payments/4Example/x", "up": "https://" + host + "/pull-payments/..",
		"query": good + "?to=a", "fragment": good + "#a", "script": "javascript:alert(1)", "long": good + strings.Repeat("x", 100),
	} {
		if err := open(link); fault.Of(err).Code != "refund_link" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := s.mails(); got != "" || shown() != "" {
		t.Errorf("refused, but told: %q", got)
	}
	for _, link := range []string{good, " " + good + "\n", good + "2"} {
		if err := open(link); err != nil {
			t.Fatal(err)
		}
		s.wait(time.Minute)
	}
	if got := s.mails(); got != "refund_link refund_link" || shown() != good+"2" {
		t.Errorf("sent: %q, shown %q", got, shown())
	}
	if _, err := s.svc.Refund(t.Context(), tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test"), late.Payment.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another firm: %v", err)
	}
	if err := s.svc.Keep(t.Context(), s.scope, late.Payment.ID); err == nil {
		t.Error("kept what goes back")
	}
	if err := s.svc.NoteRefund(t.Context(), operator, late.Payment.ID); err != nil {
		t.Fatal(err)
	}
	if got := s.mails(); got != "refunded" || shown() != "" {
		t.Errorf("sent back: %q, shown %q", got, shown())
	}
	if err := open(good); err == nil {
		t.Error("opened again what was sent back")
	}
}

// TestRefundUnasked: a refund that the operator opens stops the firm from
// keeping the money as credit, as one of which the webhook tells.
func TestRefundUnasked(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	sale := s.buy(billing.Holder, "1")
	s.wait(3 * time.Hour)
	s.pay.set(sale.Ref, "Expired", "PaidPartial", "50")
	link := strings.Replace(s.config.BTCPay.URL, "http:", "https:", 1) + "/pull-payments/4Example"
	for i := range 2 {
		if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err != nil {
			t.Fatal(err)
		}
		if err := s.svc.OpenRefund(t.Context(), tenant.Actor{Via: tenant.ViaCommand, Name: "operator"}, sale.Payment.ID, link); err != nil {
			t.Fatal(err)
		}
		if got := s.account().Sales[0]; got.Status != billing.Refund || !got.Owed() {
			t.Errorf("looked at %d times: %s, odd %q", i+1, got.Status, got.Odd)
		}
	}
	if err := s.svc.Keep(t.Context(), s.scope, sale.Payment.ID); err == nil {
		t.Error("kept what goes back")
	}
	if got := s.mails(); got != "created partial_over refund_link" {
		t.Errorf("mails %q", got)
	}
}

// TestSeen: what the operator has seen is listed no more until something else
// is odd about it; what somebody waits for cannot only be seen.
func TestSeen(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	operator := tenant.Actor{Via: tenant.ViaCommand, Name: "operator"}
	sale := s.buy(billing.Holder, "1")
	odd := func(status, additional, paid string) string {
		t.Helper()
		s.pay.set(sale.Ref, status, additional, paid)
		if err := s.svc.Check(t.Context(), sale.Payment.ID, false); err != nil {
			t.Fatal(err)
		}
		list, err := s.svc.Odd(t.Context())
		if err != nil || len(list) == 0 {
			return ""
		}
		return list[0].Odd
	}
	why := ""
	see := func() error { return s.svc.See(t.Context(), operator, sale.Payment.ID, why) }
	if err := see(); fault.Of(err).Code != "not_only_seen" {
		t.Errorf("nothing is odd: %v", err)
	}
	if got := odd("Settled", "Marked", "0"); got != "marked" {
		t.Fatalf("marked: %q", got)
	}
	for _, why = range []string{"", " ", strings.Repeat("x", billing.MaxReason+1), "escape\x1b"} {
		if err := see(); fault.Of(err).Code != "reason" {
			t.Errorf("with the reason %q: %v", why, err)
		}
	}
	why = "It was paid  by bank transfer."
	for range 2 {
		if err := see(); err != nil {
			t.Fatal(err)
		}
	}
	if got := odd("Settled", "Marked", "50"); got != "" {
		t.Errorf("seen: %q", got)
	}
	if got := strings.Count(strings.Join(s.entries(), " "), "payment.seen"); got != 1 {
		t.Errorf("audited %d times", got)
	}
	if got := s.account().Sales[0].Reason; got != "It was paid by bank transfer." {
		t.Errorf("the firm reads %q", got)
	}
	if got := odd("Settled", "PaidOver", "120"); got != "over" {
		t.Errorf("something else: %q", got)
	}
	if err := see(); fault.Of(err).Code != "reason" {
		t.Errorf("a reason for what nobody has marked: %v", err)
	}
	why = ""
	if err := see(); err != nil || odd("Settled", "PaidOver", "120") != "" {
		t.Errorf("seen as well: %v", err)
	}
	if err := s.svc.AskBack(t.Context(), s.scope, sale.Payment.ID); err != nil || odd("Settled", "PaidOver", "120") != "refund_wanted" {
		t.Errorf("asked back: %v", err)
	}
	if err := see(); fault.Of(err).Code != "not_only_seen" || odd("Settled", "PaidOver", "120") != "refund_wanted" {
		t.Errorf("seen while somebody waits: %v", err)
	}
}
