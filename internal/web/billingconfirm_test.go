package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/web"
	"github.com/ledgersys/ledgersys/pkg/money"
)

var onceField = regexp.MustCompile(`name="_once" value="([A-Z2-7]+)"`)

// TestConfirm: before anything is made a page says what, for how long, for how
// much, with which tax and on what terms; only its form makes it, once.
func TestConfirm(t *testing.T) {
	t.Parallel()
	w := newTown()
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	const session = "__Host-ls_session=owner"
	base := "/f/" + w.firm.String() + "/billing"
	plans := html.UnescapeString(s.ask(http.MethodGet, base, nil, "Cookie", session).Body.String())
	for _, p := range []billing.Provider{billing.BTCPay, billing.Stripe} {
		if !strings.Contains(plans, `href="`+base+"/checkout?plan=holder&provider="+string(p)+`"`) {
			t.Errorf("no way to the page about %s", p)
		}
	}
	old := b.sale.Payment.ID.String()
	for name, tt := range map[string]struct {
		query string
		code  int
		words []string
	}{
		"bitcoin": {"plan=holder&provider=btcpay", http.StatusOK, []string{
			"One year, 27 November 2026 to 27 November 2027. It does not renew by itself.", "39.00\u00a0USD", "6.50\u00a0USD is in the price, 20 %", "− 1.50\u00a0USD", "37.50\u00a0USD",
			"Bitcoin payments cannot be reversed.", "everybody who may buy for this firm", "Make the invoice", `name="plan" value="holder"`,
		}},
		"card":    {"plan=holder&provider=stripe", http.StatusOK, []string{"then each year until you cancel.", "A refund goes back to the same card.", "Go to Stripe and pay"}},
		"instead": {"plan=holder&provider=btcpay&instead=" + old, http.StatusOK, []string{"7.50\u00a0USD", `name="instead" value="` + old + `"`}},
		"no plan": {"plan=gold&provider=btcpay", http.StatusUnprocessableEntity, []string{"This plan is not on sale here."}},
		"nothing": {"", http.StatusSeeOther, nil},
		"no id":   {"plan=holder&provider=btcpay&instead=x", http.StatusNotFound, nil},
	} {
		got := s.ask(http.MethodGet, base+"/checkout?"+tt.query, nil, "Cookie", session)
		body := html.UnescapeString(got.Body.String())
		if got.Code != tt.code {
			t.Errorf("%s: %d", name, got.Code)
		}
		for _, want := range tt.words {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %q", name, want)
			}
		}
	}
	b.card = true
	if body := s.ask(http.MethodGet, base+"/checkout?plan=holder&provider=btcpay", nil, "Cookie", session).Body.String(); !strings.Contains(body, "so that the card is not charged again") {
		t.Error("the page does not say what becomes of the card")
	}
	b.card, b.sale.Reverse = false, true
	if body := s.ask(http.MethodGet, base+"/checkout?plan=holder&provider=btcpay", nil, "Cookie", session).Body.String(); !strings.Contains(body, "Reverse charge") || strings.Contains(body, "is in the price, 20 %") {
		t.Error("the page does not say who owes the tax")
	}
	b.sale.Status = billing.Settled
	for _, path := range []string{"/receipt", "/receipt.html"} {
		if body := s.ask(http.MethodGet, b.path()+path, nil, "Cookie", session).Body.String(); !strings.Contains(body, "Reverse charge") || strings.Contains(body, "Of it tax") {
			t.Errorf("%s does not say who owes the tax", path)
		}
	}
	b.sale.Reverse, b.sale.Status = false, billing.Waiting
	if len(b.orders) != 0 || b.kept != 0 {
		t.Fatalf("looking made %d invoices and kept %d", len(b.orders), b.kept)
	}
	page := s.ask(http.MethodGet, base+"/checkout?plan=holder&provider=btcpay", nil, "Cookie", session)
	once := onceField.FindStringSubmatch(page.Body.String())
	if once == nil {
		t.Fatal("the form has no value of its own")
	}
	token, _ := s.formToken(t, session)
	fields := url.Values{"_token": {token}, "_once": {once[1]}, "plan": {billing.Holder}, "provider": {string(billing.BTCPay)}}
	send := func() (int, string) {
		got := s.ask(http.MethodPost, base+"/checkouts", strings.NewReader(fields.Encode()), "Cookie", session, "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://localhost:8080")
		return got.Code, html.UnescapeString(got.Body.String())
	}
	for range 2 {
		if code, _ := send(); code != http.StatusSeeOther {
			t.Errorf("bought: %d", code)
		}
	}
	if len(b.orders) != 2 || b.orders[0].Key == "" || b.orders[0].Key != b.orders[1].Key {
		t.Errorf("a double click is two orders: %+v", b.orders)
	}
	b.down = fault.New(fault.Busy, nil, "The payment service cannot be reached just now.")
	if code, body := send(); code != http.StatusServiceUnavailable || !strings.Contains(body, "cannot be reached just now") || !strings.Contains(body, "Make the invoice") {
		t.Errorf("while the provider is down: %d", code)
	}
	for who, status := range map[string]int{"reader": http.StatusForbidden, "stranger": http.StatusNotFound} {
		if got := s.ask(http.MethodGet, base+"/checkout?plan=holder&provider=btcpay", nil, "Cookie", "__Host-ls_session="+who); got.Code != status {
			t.Errorf("%s: %d, want %d", who, got.Code, status)
		}
	}
}

// TestConfirmed: the form says what its page showed, and where that has changed
// meanwhile the page is drawn again.
func TestConfirmed(t *testing.T) {
	t.Parallel()
	w := newTown()
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	const session = "__Host-ls_session=owner"
	base := "/f/" + w.firm.String() + "/billing"
	b.card = true
	fields := fieldsOf(s.ask(http.MethodGet, base+"/checkout?plan=holder&provider=btcpay", nil, "Cookie", session).Body.String())
	send := func() (int, string) {
		fields.Set("_token", first(s.formToken(t, session)))
		got := s.ask(http.MethodPost, base+"/checkouts", strings.NewReader(fields.Encode()), "Cookie", session, "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://localhost:8080")
		return got.Code, html.UnescapeString(got.Body.String())
	}
	if code, _ := send(); code != http.StatusSeeOther {
		t.Fatalf("bought: %d", code)
	}
	want := billing.Terms{Price: money.MustParse("39"), Amount: money.MustParse("37.5"), Currency: "USD", EndsCard: true}
	if got := b.orders[0].Read; got == nil || !got.Price.Equal(want.Price) || !got.Amount.Equal(want.Amount) || got.Currency != want.Currency || !got.EndsCard {
		t.Errorf("read %+v, want %+v", got, want)
	}
	b.down = fault.Coded(fault.Conflict, "terms_changed", nil, "This has changed since you read it.")
	if code, body := send(); code != http.StatusConflict || !strings.Contains(body, "This has changed since you read it.") || !strings.Contains(body, "Make the invoice") {
		t.Errorf("changed meanwhile: %d", code)
	}
	fields.Set("amount", "x")
	send()
	if got := b.orders[2].Read; got == nil || got.Price.Sign() != 0 {
		t.Errorf("what cannot be read: %+v", got)
	}
	fields.Del("price")
	send()
	if b.orders[3].Read != nil {
		t.Errorf("of a form that says nothing: %+v", b.orders[3].Read)
	}
}

// TestConfirmAgain: after a failure the page has the key of before, so that the
// same order is found, and money of an invoice before is not made credit twice;
// after one that will stay so it has another.
func TestConfirmAgain(t *testing.T) {
	t.Parallel()
	w := newTown()
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	const session = "__Host-ls_session=owner"
	base := "/f/" + w.firm.String() + "/billing"
	fields := fieldsOf(s.ask(http.MethodGet, base+"/checkout?plan=holder&provider=btcpay&instead="+b.sale.Payment.ID.String(), nil, "Cookie", session).Body.String())
	send := func() {
		fields.Set("_token", first(s.formToken(t, session)))
		got := s.ask(http.MethodPost, base+"/checkouts", strings.NewReader(fields.Encode()), "Cookie", session, "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://localhost:8080")
		if got.Code != http.StatusSeeOther {
			fields = fieldsOf(got.Body.String())
		}
	}
	b.down = fault.New(fault.Busy, nil, "The payment service cannot be reached just now.")
	send()
	b.down, b.sale.Noted = nil, time.Time{} // and more of its money came
	send()
	if len(b.orders) != 2 || b.orders[0].Key != b.orders[1].Key || b.kept != 1 {
		t.Errorf("kept %d times, orders %+v", b.kept, b.orders)
	}
	for _, code := range []string{"terms_changed", "checkout_over", "idempotency_key_reused"} {
		was := fields.Get("_once")
		b.down = fault.Coded(fault.Conflict, code, nil, "This cannot be.")
		if send(); fields.Get("_once") == was || fields.Get("_once") == "" {
			t.Errorf("%s: the key stays", code)
		}
	}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)"`)

// fieldsOf are the hidden fields of the form that buys.
func fieldsOf(page string) url.Values {
	_, form, _ := strings.Cut(page, `/checkouts"`)
	fields := make(url.Values)
	for _, f := range hiddenField.FindAllStringSubmatch(form, -1) {
		fields.Set(f[1], html.UnescapeString(f[2]))
	}
	return fields
}

func first(token, _ string) string { return token }
