package web_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web"
)

const adminBilling = "/admin/billing"

// TestOperatorsPayments: who runs the installation sees every payment and acts
// under their own name; to everybody else these pages are not there.
func TestOperatorsPayments(t *testing.T) {
	t.Parallel()
	w := newTown()
	w.runs = tenant.NewID()
	w.sessions["ops"] = w.runs
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	one := adminBilling + "/invoices/" + b.sale.Payment.ID.String()
	as := func(who string) []string {
		return []string{"Cookie", "__Host-ls_session=" + who, "Accept", "text/html"}
	}
	send := func(who, path string, fields url.Values) (int, string) {
		token, _ := s.formToken(t, "__Host-ls_session="+who)
		fields.Set("_token", token)
		got := s.ask(http.MethodPost, path, strings.NewReader(fields.Encode()), append(as(who), "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://localhost:8080")...)
		return got.Code, got.Header().Get("Location")
	}
	for _, who := range []string{"owner", "reader", "client", "grantee", "stranger"} {
		for _, path := range []string{adminBilling, one} {
			if got := s.ask(http.MethodGet, path, nil, as(who)...); got.Code != http.StatusNotFound {
				t.Errorf("%s at %s: %d", who, path, got.Code)
			}
		}
		for _, path := range []string{adminBilling + "/reconcile", one + "/check", one + "/refunded", one + "/refund-link", one + "/seen"} {
			if code, _ := send(who, path, url.Values{"confirm": {"refunded"}}); code != http.StatusNotFound {
				t.Errorf("%s at %s: %d", who, path, code)
			}
		}
	}
	if b.swept+b.asked+b.noted != 0 || b.refund.URL != "" || b.sale.Seen != "" {
		t.Error("somebody else acted")
	}
	for _, tt := range []struct {
		odd    string
		status billing.Status
		words  []string
	}{
		{"", billing.Waiting, []string{"No invoice needs you.", "watched for money that comes late", "waiting", "runs out in 14 minutes"}},
		{"refund_wanted", billing.Late, []string{"! refund wanted", "Issue a refund on BTCPay's page of this invoice and send its link to the firm."}},
		{"late", billing.Late, []string{"! arrived late", "The firm chooses"}},
		{"partial", billing.Partial, []string{"! paid in part", "The firm chooses"}},
		{"over", billing.Over, []string{"✓ paid, with credit", "What was too much is credit"}},
		{"invalid", billing.Invalid, []string{"! not confirmed", "The payment was lost or refused."}},
		{"marked", billing.Settled, []string{"marked by hand", "Make sure that it was you."}},
		{"refund", billing.Refund, []string{"A refund was opened. Send its link to the firm; when it is paid out, note it."}},
		{"refund_left", billing.Settled, []string{"! paid, with a refund open", "Archive that refund on BTCPay"}},
		{"credit_lost", billing.Expired, []string{"! kept, then lost", "Note that you have seen it."}},
		{"foreign_credit", billing.Expired, []string{"! credit in two currencies", "note that you have seen it."}},
		{"disputed", billing.Settled, []string{"! disputed", "Answer on Stripe's page."}},
		{"mismatch:amount", billing.Waiting, []string{"! not what was sold", "it unlocks nothing"}},
	} {
		b.sale.Odd, b.sale.Status = tt.odd, tt.status
		got := s.ask(http.MethodGet, adminBilling, nil, as("ops")...)
		body := html.UnescapeString(got.Body.String())
		for _, want := range append(tt.words, one, `title="`+b.sale.Firm.String(), "39.00", "Subscriptions", "1.50") {
			if got.Code != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%q: %d without %q", tt.odd, got.Code, want)
			}
		}
		if page := html.UnescapeString(s.ask(http.MethodGet, one, nil, as("ops")...).Body.String()); tt.odd != "" && !strings.Contains(page, tt.words[len(tt.words)-1]) {
			t.Errorf("%q: its page does not say what to do", tt.odd)
		}
	}
	if code, to := send("ops", adminBilling+"/reconcile", url.Values{}); code != http.StatusSeeOther || to != adminBilling || b.swept != 1 || b.by.User != w.runs {
		t.Errorf("reconcile: %d to %q, %d times, by %v", code, to, b.swept, b.by)
	}
	if code, to := send("ops", one+"/check", url.Values{}); code != http.StatusSeeOther || to != one || b.asked != 1 || b.by.User != w.runs {
		t.Errorf("check: %d to %q, %d times, by %v", code, to, b.asked, b.by)
	}
	for word, want := range map[string]int{"": http.StatusUnprocessableEntity, "yes": http.StatusUnprocessableEntity, "refunded": http.StatusSeeOther} {
		if code, _ := send("ops", one+"/refunded", url.Values{"confirm": {word}}); code != want {
			t.Errorf("refunded with %q: %d", word, code)
		}
	}
	b.sale.Odd, b.sale.Status, b.sale.Received = "refund_wanted", billing.Late, "39"
	const link = "https://btcpay.example/pull-payments/4Example"
	for text, want := range map[string]int{"elsewhere": http.StatusUnprocessableEntity, link: http.StatusSeeOther} {
		if code, _ := send("ops", one+"/refund-link", url.Values{"link": {text}}); code != want {
			t.Errorf("the link %q: %d", text, code)
		}
	}
	if page := s.ask(http.MethodGet, one, nil, as("ops")...).Body.String(); b.refund.URL != link || !strings.Contains(page, "The firm was sent its link") || strings.Contains(page, link) {
		t.Errorf("sent %q", b.refund.URL)
	}
	s.checkNotLogged(t, link)
	b.sale.Odd, b.sale.Status, b.sale.Marked = "marked", billing.Settled, true
	if page := s.ask(http.MethodGet, one, nil, as("ops")...).Body.String(); !strings.Contains(page, "I have looked at it") {
		t.Error("what was marked cannot be seen")
	}
	if code, _ := send("ops", one+"/seen", url.Values{}); code != http.StatusUnprocessableEntity {
		t.Errorf("seen without a reason: %d", code)
	}
	if code, to := send("ops", one+"/seen", url.Values{"reason": {"Paid by bank transfer."}}); code != http.StatusSeeOther || to != one || b.by.User != w.runs || b.sale.Reason != "Paid by bank transfer." {
		t.Errorf("seen: %d to %q, by %v", code, to, b.by)
	}
	for path, gone := range map[string]string{adminBilling: "Make sure that it was you."} {
		if page := s.ask(http.MethodGet, path, nil, as("ops")...).Body.String(); strings.Contains(page, gone) {
			t.Errorf("%s after it was seen: %q", path, gone)
		}
	}
	if b.noted != 1 || b.by.User != w.runs {
		t.Errorf("noted %d times by %v", b.noted, b.by)
	}
	if code, _ := send("ops", adminBilling+"/invoices/"+tenant.NewID().String()+"/check", url.Values{}); code != http.StatusNotFound {
		t.Errorf("no such invoice: %d", code)
	}
	b.down = fault.New(fault.Busy, nil, "The payment service cannot be reached just now.")
	for _, path := range []string{adminBilling + "/reconcile", one + "/check"} {
		if code, _ := send("ops", path, url.Values{}); code != http.StatusServiceUnavailable {
			t.Errorf("%s while the payment server is down: %d", path, code)
		}
	}
	if got := s.ask(http.MethodGet, "/f/"+w.firm.String()+"/billing", nil, as("ops")...); got.Code != http.StatusNotFound {
		t.Errorf("the operator sees a firm's own billing: %d", got.Code)
	}
	for _, r := range s.Routes() {
		if strings.HasPrefix(r.Path, "/admin/") && (r.Permission != "operator" || len(r.Layers) != 1 || r.Layers[0] != "requireLedgerAuth") {
			t.Errorf("%s %s: %s %v", r.Method, r.Path, r.Permission, r.Layers)
		}
	}
}
