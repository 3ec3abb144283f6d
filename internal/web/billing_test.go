package web_test

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web"
)

// TestInvoiceWords: each state of an invoice says its own words, offers what
// can be done about it, and nothing of another state.
func TestInvoiceWords(t *testing.T) {
	t.Parallel()
	const keep, refund, renew, again, rest, use, pay = "Keep as credit", "Refund link", ">New invoice at today's rate", ">New invoice<", "Pay the rest<", "Use it for a new invoice", "Pay on BTCPay page instead"
	acts := []string{keep, refund, renew, again, rest, use, pay}
	states := []struct {
		name     string
		status   billing.Status
		over     bool
		received string
		words    string
		acts     []string
	}{
		{"new", billing.Waiting, false, "", "Waiting for payment. 14:32 left.", []string{pay}},
		{"partial", billing.Partial, false, "30", "We received 30.00\u00a0USD. 9.00\u00a0USD still due. 14:32 left.", []string{pay}},
		{"processing", billing.Processing, false, "39", "Payment seen. 0 of 1 confirmations. Your plan starts when it is confirmed.", nil},
		{"settled", billing.Settled, false, "39", "Paid. Thank you.", nil},
		{"over", billing.Over, false, "40.84", "You paid 1.84\u00a0USD more. Kept as credit; ask for it back any time.", []string{refund}},
		{"expired", billing.Expired, true, "", "This invoice ran out. Nothing was received.", []string{renew}},
		{"expired_partial", billing.Partial, true, "30", "Ran out with 30.00\u00a0USD received. Your money is safe.", []string{keep, refund, rest}},
		{"late", billing.Late, true, "39", "Arrived late. We are looking at it.", []string{keep, refund, use}},
		{"invalid", billing.Invalid, true, "39", "The network did not confirm in time.", []string{again}},
		{"refund", billing.Refund, true, "39", "A refund is under way.", nil},
	}
	for _, tt := range states {
		w := newTown()
		b := newTill(w.firm)
		b.sale.Status, b.sale.Received, b.sale.Confirmed = tt.status, tt.received, true
		if tt.status.Paid() {
			b.sale.Settled = b.sale.Created
		}
		if tt.over {
			b.sale.Expires = b.sale.Created
		}
		s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
		got := s.ask(http.MethodGet, b.path(), nil, "Cookie", "__Host-ls_session=owner")
		body := html.UnescapeString(got.Body.String())
		if got.Code != http.StatusOK {
			t.Fatalf("%s: %d: %s", tt.name, got.Code, body)
		}
		for _, other := range states {
			if strings.Contains(body, other.words) != (other.name == tt.name) {
				t.Errorf("%s: the words of %s: %v", tt.name, other.name, other.name != tt.name)
			}
		}
		for _, act := range acts {
			want := false
			for _, a := range tt.acts {
				want = want || a == act
			}
			if strings.Contains(body, act) != want {
				t.Errorf("%s: %q is offered: %v", tt.name, act, !want)
			}
		}
		if refreshes := strings.Contains(body, `http-equiv="refresh" content="10"`); refreshes != (tt.status.Open() && !tt.over) {
			t.Errorf("%s: loads itself again: %v", tt.name, refreshes)
		}
	}
}

// TestNotConfirmedYet: what is not confirmed cannot be used or kept, only asked
// back, and the page says so.
func TestNotConfirmedYet(t *testing.T) {
	t.Parallel()
	for _, status := range []billing.Status{billing.Partial, billing.Late} {
		w := newTown()
		b := newTill(w.firm)
		b.sale.Status, b.sale.Received, b.sale.Expires = status, "30", b.sale.Created
		s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
		body := html.UnescapeString(s.ask(http.MethodGet, b.path(), nil, "Cookie", "__Host-ls_session=owner").Body.String())
		for words, want := range map[string]bool{
			"Not confirmed yet, 0 of 1 confirmations.": true, "Refund link": true, "Keep as credit": false, "Pay the rest": false, "Use it for a new invoice": false,
		} {
			if strings.Contains(body, words) != want {
				t.Errorf("%s: %q: %v", status, words, !want)
			}
		}
	}
}

// TestInvoiceWays: an open invoice shows how to pay it, keeps nothing of that
// in a log or a cache, and is shown without it while the provider is down.
func TestInvoiceWays(t *testing.T) {
	t.Parallel()
	w := newTown()
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	owner := []string{"Cookie", "__Host-ls_session=owner", "Accept", "text/html"}
	got := s.ask(http.MethodGet, b.path(), nil, owner...)
	body := html.UnescapeString(got.Body.String())
	for _, want := range []string{
		`data-copy="` + payAddress + `"`, "<span>bc1q</span><wbr><span>ar0s</span>", `data-copy="0.00041"`, ">Details</summary>", `<code class="fours" translate="no">` + bolt11 + "</code>", `href="bitcoin:` + payAddress + `?amount=0.00041"`, `href="lightning:` + bolt11 + `"`, "QR code to pay by Bitcoin", "QR code to pay by Lightning",
		"1 BTC = 95,000.00\u00a0USD", "27 Nov 2026, 09:14", "Bitcoin payments cannot be reversed. Check the amount and the address", `href="https://btcpay.example/i/ref"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	if got.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("kept: %q", got.Header().Get("Cache-Control"))
	}
	inSats := html.UnescapeString(s.ask(http.MethodGet, b.path()+"?unit=sats", nil, owner...).Body.String())
	for _, want := range []string{`data-copy="41000"`, "<span>41</span><span>000</span>", " sats", "Show in BTC", "unit=sats&was=", `href="bitcoin:` + payAddress + `?amount=0.00041"`} {
		if !strings.Contains(inSats, want) {
			t.Errorf("in sats no %q", want)
		}
	}
	if !strings.Contains(body, `href="`+b.path()+`?unit=sats">Show in sats`) {
		t.Error("no way to sats")
	}
	if want := `<progress class="wide" value="872" max="4472" aria-label="Time left to pay">`; !strings.Contains(body, want) {
		t.Errorf("no %s", want)
	}
	b.sale.Status, b.sale.Received = billing.Partial, "28.50"
	b.methods[1].Paid, b.methods[1].Due = "0.0003", "0.00011"
	if body := s.ask(http.MethodGet, b.path(), nil, owner...).Body.String(); !strings.Contains(body, "We received 0.000 300 00 BTC. 0.000 110 00 BTC still due.") {
		t.Error("a part that came is not told in bitcoin")
	}
	if body := s.ask(http.MethodGet, b.path()+"?unit=sats", nil, owner...).Body.String(); !strings.Contains(body, "We received 30000 sats. 11000 sats still due.") {
		t.Error("a part that came is not told in sats")
	}
	b.methods, b.down = nil, fault.New(fault.Busy, nil, "The payment service cannot be reached just now.")
	if got := s.ask(http.MethodGet, b.path(), nil, owner...); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "cannot be reached just now") {
		t.Errorf("while the provider is down: %d", got.Code)
	}
	s.checkNotLogged(t, payAddress, bolt11)
	for who, status := range map[string]int{"reader": http.StatusForbidden, "stranger": http.StatusNotFound, "client": http.StatusForbidden} {
		if got := s.ask(http.MethodGet, b.path(), nil, "Cookie", "__Host-ls_session="+who); got.Code != status {
			t.Errorf("%s: %d, want %d", who, got.Code, status)
		}
	}
}

// TestBySupport: where somebody set the state by hand the page says so, with
// the reason that was given.
func TestBySupport(t *testing.T) {
	t.Parallel()
	w := newTown()
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	b.sale.Status, b.sale.Marked, b.sale.Settled = billing.Settled, true, b.sale.Created
	for reason, want := range map[string]string{"": "Set by support.<", "Paid by bank transfer.": "Set by support, reason: Paid by bank transfer.<"} {
		b.sale.Reason = reason
		if got := s.ask(http.MethodGet, b.path(), nil, "Cookie", "__Host-ls_session=owner"); !strings.Contains(got.Body.String(), want) {
			t.Errorf("%q: no %q", reason, want)
		}
	}
}

// TestGaveMore: a card that paid for less than the firm has by now made the
// better plan longer, and the page of its invoice says so.
func TestGaveMore(t *testing.T) {
	t.Parallel()
	w := newTown()
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	b.sale.Status, b.sale.Settled = billing.Settled, b.sale.Created
	for gave, want := range map[string]string{"": "Holder is paid until 27 Nov 2027.", billing.Preparer: "Preparer lasts longer for it, until 27 Nov 2027."} {
		b.gave = gave
		if got := s.ask(http.MethodGet, b.path(), nil, "Cookie", "__Host-ls_session=owner"); !strings.Contains(got.Body.String(), want) {
			t.Errorf("%q: no %q", gave, want)
		}
	}
}

// TestLastDay: a plan that ends on this day of the calendar says so.
func TestLastDay(t *testing.T) {
	t.Parallel()
	w := newTown()
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	for _, tt := range []struct {
		hour int // of 27 November 2026, at nine of which it is
		want string
	}{
		{10, "Ends today, 27 Nov 2026. It does not renew by itself. Nothing changes before 11 Dec 2026."},
		{23, "Ends today, 27 Nov 2026."},
		{24, "Paid until 28 Nov 2026. It does not renew by itself."},
	} {
		b.until = time.Date(2026, 11, 27, tt.hour, 0, 0, 0, time.UTC)
		if got := s.ask(http.MethodGet, "/f/"+w.firm.String()+"/billing", nil, "Cookie", "__Host-ls_session=owner"); !strings.Contains(got.Body.String(), tt.want) {
			t.Errorf("at %d:00: no %q", tt.hour, tt.want)
		}
	}
}

// TestRefundWords: what a person reads follows what was done about a refund,
// and the link is for those who may buy.
func TestRefundWords(t *testing.T) {
	t.Parallel()
	w := newTown()
	w.members[w.reader][0].Rights = tenant.Rights{tenant.BillingArea: tenant.View}
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	const link = "https://btcpay.example/pull-payments/4Example"
	words := []string{"You asked for the money back. A link comes by mail", ">A link comes by mail", "Your refund is ready", `href="` + link + `"`, "This payment was sent back.", "It goes back to you.", "We are looking at it.", "keep it as credit, or ask for it back."}
	noted := b.sale.Created
	b.sale.Confirmed = true
	for name, tt := range map[string]struct {
		odd    string
		status billing.Status
		link   string
		noted  time.Time
		want   []int
	}{
		"wanted":         {"refund_wanted", billing.Late, "", time.Time{}, []int{0, 5}},
		"wanted, opened": {"refund_wanted", billing.Late, link, time.Time{}, []int{2, 3, 5}},
		"not wanted":     {"late", billing.Late, "", time.Time{}, []int{6, 7}},
		"opened unheard": {"refund", billing.Refund, "", time.Time{}, []int{1}},
		"opened":         {"refund", billing.Refund, link, time.Time{}, []int{2, 3}},
		"sent back":      {"", billing.Refund, "", noted, []int{4}},
	} {
		b.sale.Odd, b.sale.Status, b.sale.Received, b.sale.Noted, b.refund.URL = tt.odd, tt.status, "39", tt.noted, tt.link
		body := html.UnescapeString(s.ask(http.MethodGet, b.path(), nil, "Cookie", "__Host-ls_session=owner").Body.String())
		for i, word := range words {
			if strings.Contains(body, word) != slices.Contains(tt.want, i) {
				t.Errorf("%s: %q: %v", name, word, !slices.Contains(tt.want, i))
			}
		}
		if got := s.ask(http.MethodGet, b.path(), nil, "Cookie", "__Host-ls_session=reader"); got.Code != http.StatusOK || strings.Contains(got.Body.String(), link) {
			t.Errorf("%s: who may not buy sees the link: %d", name, got.Code)
		}
	}
	s.checkNotLogged(t, link)
	b.sale.Odd, b.sale.Status, b.sale.Noted, b.refund.URL, b.sale.Confirmed = "late", billing.Late, time.Time{}, "", false
	if body := s.ask(http.MethodGet, b.path(), nil, "Cookie", "__Host-ls_session=owner").Body.String(); !strings.Contains(body, "Not confirmed yet, 0 of 1 confirmations") || strings.Contains(body, "Keep as credit") {
		t.Error("what is not confirmed can be kept")
	}
}

// TestOneCardOnly: beside a card that renews the plan no other is offered, but
// the way to Stripe's page about it.
func TestOneCardOnly(t *testing.T) {
	t.Parallel()
	w := newTown()
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	b.until = time.Date(2027, 11, 27, 0, 0, 0, 0, time.UTC)
	base := "/f/" + w.firm.String() + "/billing"
	const portal, another = "Card: on Stripe's page", "Pay by card"
	for _, b.card = range []bool{false, true} {
		body := html.UnescapeString(s.ask(http.MethodGet, base, nil, "Cookie", "__Host-ls_session=owner").Body.String())
		if strings.Contains(body, portal) != b.card || strings.Contains(body, another) == b.card || strings.Contains(body, "two would both be charged") != b.card {
			t.Errorf("a card renews: %v", b.card)
		}
	}
}

// TestBuy: a form leads to our invoice or to Stripe's page, which the policy
// of the page lets it; sent twice it has one key; what was received before is
// kept once.
func TestBuy(t *testing.T) {
	t.Parallel()
	w := newTown()
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	const session = "__Host-ls_session=owner"
	token, _ := s.formToken(t, session)
	base := "/f/" + w.firm.String() + "/billing"
	send := func(path string, fields url.Values) (int, string) {
		fields.Set("_token", token)
		got := s.ask(http.MethodPost, path, strings.NewReader(fields.Encode()), "Cookie", session, "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://localhost:8080")
		return got.Code, got.Header().Get("Location")
	}
	page := s.ask(http.MethodGet, base, nil, "Cookie", session)
	if policy := page.Header().Get("Content-Security-Policy"); page.Code != http.StatusOK || !strings.Contains(policy, "form-action 'self' https://checkout.stripe.com https://billing.stripe.com;") {
		t.Errorf("%d, policy %q", page.Code, policy)
	}
	for _, want := range []string{"39.00", "Pay with bitcoin", "Pay by card", "1.50", b.path()} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("no %q", want)
		}
	}
	order := func(p billing.Provider, instead string) url.Values {
		return url.Values{"_once": {"once"}, "plan": {billing.Holder}, "provider": {string(p)}, "instead": {instead}}
	}
	for range 2 {
		if code, to := send(base+"/checkouts", order(billing.BTCPay, "")); code != http.StatusSeeOther || to != b.path() {
			t.Errorf("bitcoin: %d to %q", code, to)
		}
	}
	if len(b.orders) != 2 || b.orders[0].Key == "" || b.orders[0].Key != b.orders[1].Key {
		t.Errorf("orders %+v", b.orders)
	}
	if code, to := send(base+"/checkouts", order(billing.Stripe, "")); code != http.StatusSeeOther || to != "https://checkout.stripe.com/c/pay/cs_1" {
		t.Errorf("card: %d to %q", code, to)
	}
	for range 2 {
		if code, _ := send(base+"/checkouts", order(billing.BTCPay, b.sale.Payment.ID.String())); code != http.StatusSeeOther || b.kept != 1 {
			t.Errorf("the rest: %d, kept %d times", code, b.kept)
		}
	}
	if code, to := send(b.path()+"/refund", url.Values{}); code != http.StatusSeeOther || to != b.path() || b.back != 1 {
		t.Errorf("refund: %d to %q", code, to)
	}
	if code, to := send(b.path()+"/keep", url.Values{}); code != http.StatusSeeOther || to != b.path() || b.kept != 2 {
		t.Errorf("keep: %d to %q", code, to)
	}
	if code, _ := send(base+"/portal", url.Values{}); code != http.StatusConflict {
		t.Errorf("no card: %d", code)
	}
	if code, to := send(base+"/buyer", url.Values{"name": {"Wren & Co"}, "address": {"2 Low Street\r\nOtherton"}, "tax_number": {"DE123456789"}}); code != http.StatusSeeOther || to != base {
		t.Errorf("buyer: %d to %q", code, to)
	}
	if code, _ := send(base+"/buyer", url.Values{"tax_number": {"?"}}); code != http.StatusUnprocessableEntity {
		t.Errorf("no VAT number: %d", code)
	}
	if b.buyer.Address = strings.ReplaceAll(b.buyer.Address, "\r", ""); !strings.Contains(html.UnescapeString(s.ask(http.MethodGet, b.path(), nil, "Cookie", session).Body.String()), "Made out to Wren & Co, 2 Low Street, Otherton, VAT number DE123456789.") {
		t.Error("the invoice does not say to whom it is made out")
	}
	b.sale.Status = billing.Settled
	for _, path := range []string{"/receipt", "/receipt.html"} {
		receipt := s.ask(http.MethodGet, b.path()+path, nil, "Cookie", session)
		body := html.UnescapeString(receipt.Body.String())
		for _, want := range []string{
			"Receipt 7", "27 November 2027", "39.00", "Ledgersys Holder", "Kestrel Books Ltd", "1 High Street, Exampleton", "GB 123", "Of it tax, 20 %", "6.50",
			"0.000 410 53 BTC, at 95,000.00", "2026-11-27 08:00:00 UTC",
			"Wren & Co", "2 Low Street, Otherton", "DE123456789",
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%s without %q: %d", path, want, receipt.Code)
			}
		}
	}
	ledger := s.ask(http.MethodGet, base+"/ledger.csv", nil, "Cookie", session)
	want := "id,provider,provider_ref,plan,amount,currency,credit,status,confirmations,created,settled\n" +
		b.sale.Payment.ID.String() + ",btcpay,ref,holder,39,USD,0,settled,0,2026-11-27T08:00:00Z,\n"
	if got := ledger.Body.String(); ledger.Code != http.StatusOK || got != want {
		t.Errorf("ledger: %d %s", ledger.Code, got)
	}
}
