package journey_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// sequence is deliveries as they were signed, with what must be in the end.
type sequence struct {
	name       string
	state      string // of the invoice
	plan       string // state of the plan
	marked     bool
	Deliveries []struct {
		Name    string            `json:"name"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	} `json:"deliveries"`
}

// truths are what the API says once an event has happened; "" changes nothing.
var truths = map[string]struct{ status, label, paid string }{
	"InvoiceReceivedPayment": {"New", "PaidPartial", "20"}, "InvoiceProcessing": {"Processing", "None", "39"}, "InvoiceSettled": {"Settled", "None", "39"},
	"InvoiceExpired": {"Expired", "None", "0"}, "InvoiceInvalid": {"Invalid", "None", "39"}, "InvoicePaymentSettled": {},
	"InvoiceExpiredPaidPartial": {"Expired", "PaidPartial", "20"}, "InvoicePaidAfterExpiration": {"Expired", "PaidLate", "39"},
}

// ownSequences are signed deliveries of our own: retries, a late payment,
// duplicates, an unknown event, the old names of fields.
func ownSequences() []sequence {
	make := func(name, state, plan string, bodies ...string) sequence {
		s := sequence{name: name, state: state, plan: plan}
		for i, body := range bodies {
			if !strings.Contains(body, "eliveryId") {
				body = fmt.Sprintf(`{"deliveryId":"D%d",%s`, i, body[1:])
			}
			body = strings.Replace(body, "{", `{"invoiceId":"InvExample111111111111","storeId":"`+payStore+`",`, 1)
			s.Deliveries = append(s.Deliveries, struct {
				Name    string            `json:"name"`
				Headers map[string]string `json:"headers"`
				Body    string            `json:"body"`
			}{name, map[string]string{"Content-Type": "application/json", "BTCPay-Sig": paySign(paySecret, body)}, body})
		}
		return s
	}
	return []sequence{
		make("late", "late", "none", `{"type":"InvoiceCreated"}`, `{"type":"InvoiceExpired"}`, `{"type":"InvoiceReceivedPayment","afterExpiration":true}`, `{"type":"InvoicePaidAfterExpiration"}`),
		make("retried", "settled", "active", `{"type":"InvoiceSettled","deliveryId":"A"}`, `{"type":"InvoiceSettled","deliveryId":"B","originalDeliveryId":"A","isRedelivery":true}`, `{"type":"InvoiceSettled","deliveryId":"C","orignalDeliveryId":"A"}`),
		make("unknown", "new", "none", `{"type":"InvoiceFrozen"}`, `{"type":"PaymentRequestCreated"}`),
		make("settled_before_processing", "settled", "active", `{"type":"InvoiceSettled"}`, `{"type":"InvoiceCreated"}`),
		make("old_names", "partial", "none", `{"type":"InvoiceReceivedPayment","paymentMethod":"BTC"}`),
	}
}

// sharedSequences are those that stand beside the repository, if they do.
func sharedSequences(t *testing.T) (list []sequence) {
	t.Helper()
	dir := testkit.Shared(t, "exchange-api", "btcpay", "sequences")
	if dir == "" {
		return nil
	}
	for name, want := range map[string]sequence{
		"happy_path_onchain": {state: "settled", plan: "active"}, "happy_path_lightning": {state: "settled", plan: "active"},
		"expired_unpaid": {state: "expired", plan: "none"}, "double_spent": {state: "invalid", plan: "none"},
		"marked_settled_by_hand": {state: "settled", plan: "active", marked: true},
	} {
		want.name = name
		if err := json.Unmarshal(testkit.Read(t, filepath.Join(dir, name+".json")), &want); err != nil {
			t.Fatal(err)
		}
		list = append(list, want)
	}
	return list
}

// TestPaymentSequences: signed deliveries, played to the running program while
// the API says what has happened, end as they must.
func TestPaymentSequences(t *testing.T) {
	t.Parallel()
	p := newPayhouse(t)
	in := start(t, p.settings(t)...)
	owner := in.setUp()
	home, _ := owner.book()
	for i, s := range append(sharedSequences(t), ownSequences()...) {
		firm := home
		if i > 0 { // each has a firm and an invoice of its own
			a := owner.api(http.MethodPost, "/api/v1/firms", fmt.Sprintf(`{"name":"Firm %d","country":"GB"}`, i))
			var made struct{ ID string }
			if err := json.Unmarshal([]byte(a.body), &made); err != nil || made.ID == "" {
				t.Fatalf("firm: %d %s", a.StatusCode, a.body)
			}
			firm = made.ID
		}
		_, ref := owner.buys(firm, "holder", "key")
		for n, d := range s.Deliveries {
			var body struct {
				Type     string
				Manually bool `json:"manuallyMarked"`
				After    bool `json:"afterExpiration"`
			}
			if err := json.Unmarshal([]byte(d.Body), &body); err != nil {
				t.Fatal(err)
			}
			if now, ok := truths[body.Type]; ok && now.status != "" && !body.After {
				if body.Manually {
					now.label = "Marked"
				}
				p.set(ref, now.status, now.label, now.paid)
			}
			text := strings.ReplaceAll(d.Body, "InvExample111111111111", ref)
			text = strings.ReplaceAll(text, "eliveryId\": \"D", fmt.Sprintf("eliveryId\": \"S%dD", i)) // ids are those of one server
			sig := d.Headers["BTCPay-Sig"]
			if text != d.Body {
				if sig != paySign(paySecret, d.Body) {
					t.Errorf("%s %d: we sign otherwise", s.name, n)
				}
				sig = paySign(paySecret, text)
			}
			if a := in.client().do(http.MethodPost, "/webhooks/btcpay", strings.NewReader(text), "Content-Type", "application/json", "BTCPay-Sig", sig); a.StatusCode != http.StatusOK {
				t.Errorf("%s %d: %d %s", s.name, n, a.StatusCode, a.body)
			}
		}
		in.eventually(s.name+" is "+s.state, func() bool {
			b := owner.bill(firm)
			return b.Invoices[0].State == s.state && b.State == s.plan && b.Invoices[0].Marked == s.marked
		})
	}
	in.operated(owner, p, home)
}

// operated does what the operator can about payments while the service runs.
func (in *instance) operated(owner *client, p *payhouse, firm string) {
	in.t.Helper()
	id, ref := owner.buys(firm, "preparer", "operated")
	p.runOut(ref)
	p.set(ref, "Expired", "PaidLate", "490") // and no delivery tells
	if out, code := in.command("admin", "billing", "reconcile", "--json"); code != 0 || !strings.Contains(out, `"asked":`) {
		in.t.Errorf("reconcile: exit %d, %s", code, out)
	}
	var list []struct{ ID, State, Odd, Received string }
	out, code := in.command("admin", "billing", "list", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != 0 {
		in.t.Fatalf("list: exit %d, %s", code, out)
	}
	odd := make(map[string]int)
	for _, l := range list {
		odd[l.Odd]++
		if l.ID == id && (l.State != "late" || l.Received != "490") {
			in.t.Errorf("late: %+v", l)
		}
	}
	if odd["late"] < 2 || odd[""] == 0 {
		in.t.Errorf("the operator sees %v", odd)
	}
	for i, want := range []int{0, 1} { // once, and not again
		if _, code := in.command("admin", "billing", "refunded", id); code != want {
			in.t.Errorf("refunded for the %d. time: exit %d", i+1, code)
		}
	}
	if out, code := in.command("admin", "billing", "check", id); code != 0 || !strings.HasPrefix(out, "refund: Nothing.") {
		in.t.Errorf("check: exit %d, %s", code, out)
	}
	if out, code := in.command("admin", "billing", "subscriptions"); code != 0 || strings.Count(out, "active") < 2 {
		in.t.Errorf("subscriptions: exit %d, %s", code, out)
	}
	if _, code := in.command("admin", "billing", "check", "someone"); code != 2 {
		in.t.Errorf("no id: exit %d", code)
	}
	if out, code := in.command("audit", "verify"); code != 0 {
		in.t.Errorf("audit: exit %d, %s", code, out)
	}
}

// TestPaymentKilled: a program that is killed again and again while payments
// are told to it ends where one ends that lives, and mails each person at least
// once, under one Message-ID.
func TestPaymentKilled(t *testing.T) {
	t.Parallel()
	p := newPayhouse(t)
	in := start(t, p.settings(t)...)
	owner := in.setUp()
	firm, _ := owner.book()
	var refs []string
	for i := range 6 {
		_, ref := owner.buys(firm, "holder", fmt.Sprint("key", i))
		refs = append(refs, ref)
	}
	for i, ref := range refs {
		p.set(ref, "Settled", "None", "39")
		in.tell(fmt.Sprint("d", i), "InvoiceSettled", ref)
		if i%2 == 0 {
			in.kill() // acknowledged, and whatever else of it was done
			in.run()
			in.tell(fmt.Sprint("d", i), "InvoiceSettled", ref)
		}
	}
	in.eventually("every payment is active and told", func() bool {
		b := owner.bill(firm)
		for _, i := range b.Invoices {
			if i.State != "settled" {
				return false
			}
		}
		return p.subjects()["Paid. Thank you"] == len(refs)
	})
	b := owner.bill(firm)
	years := time.Until(*b.Until).Hours() / 24 / 365.25
	if b.State != "active" || years < 5.9 || years > 6.1 {
		t.Errorf("six years were paid; %s for %.2f years", b.State, years)
	}
	if n := p.subjects()["Paid. Thank you"]; n != len(refs) {
		t.Errorf("%d mails for %d payments", n, len(refs))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.letters {
		if strings.Contains(l, "Subject: Paid") && (!strings.Contains(l, "receipt-") || !strings.Contains(l, "text/html")) {
			t.Errorf("a mail without its receipt:\n%s", l)
		}
	}
}

// kill ends the process as a power failure does.
func (in *instance) kill() {
	in.t.Helper()
	if err := in.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		in.t.Fatal(err)
	}
	<-in.done
}

// TestPaymentTraces: what is forged, altered, too large or holds a card's
// number is refused, and nothing of any body is in the data or the log.
func TestPaymentTraces(t *testing.T) {
	t.Parallel()
	const card, txid, address, mail = "4242 4242 4242 4242", "9f8e7d6c5b4a39281706f5e4d3c2b1a0c4n4ry00", "bc1qc4n4ryc4n4ryc4n4ry", "c4n4ry@example.com"
	p := newPayhouse(t)
	in := start(t, p.settings(t)...)
	owner := in.setUp()
	firm, entity := owner.book()
	_, ref := owner.buys(firm, "holder", "key")
	body := fmt.Sprintf(`{"deliveryId":"D","type":"InvoiceSettled","invoiceId":%q,"metadata":{"buyerEmail":%q},"payment":{"id":"%s-0","destination":%q},"card":%q}`, ref, mail, txid, address, card)
	old := fmt.Sprint(time.Now().Add(-6 * time.Minute).Unix())
	stripe := func(at, key string) string {
		return "t=" + at + ",v1=" + strings.TrimPrefix(paySign(key, at+"."+body), "sha256=")
	}
	now := fmt.Sprint(time.Now().Unix())
	for name, c := range map[string]struct {
		path, header, value, body string
		want                      int
	}{
		"unsigned":         {"btcpay", "X-None", "", body, http.StatusUnauthorized},
		"forged":           {"btcpay", "BTCPay-Sig", paySign("guess", body), body, http.StatusUnauthorized},
		"empty_key":        {"btcpay", "BTCPay-Sig", paySign("", body), body, http.StatusUnauthorized},
		"altered":          {"btcpay", "BTCPay-Sig", paySign(paySecret, body), body + " ", http.StatusUnauthorized},
		"oversized":        {"btcpay", "BTCPay-Sig", paySign(paySecret, body), body + strings.Repeat(" ", 300<<10), http.StatusRequestEntityTooLarge},
		"stripe_unsigned":  {"stripe", "X-None", "", body, http.StatusBadRequest},
		"stripe_forged":    {"stripe", "Stripe-Signature", stripe(now, "guess"), body, http.StatusBadRequest},
		"stripe_old":       {"stripe", "Stripe-Signature", stripe(old, "whsec_example"), body, http.StatusBadRequest},
		"stripe_oversized": {"stripe", "Stripe-Signature", stripe(now, "whsec_example"), body + strings.Repeat(" ", 300<<10), http.StatusRequestEntityTooLarge},
		"good":             {"btcpay", "BTCPay-Sig", paySign(paySecret, body), body, http.StatusOK},
		"stripe_good":      {"stripe", "Stripe-Signature", stripe(now, "whsec_example"), strings.Replace(body, "{", `{"id":"evt_1",`, 1), http.StatusBadRequest},
	} {
		if a := in.client().do(http.MethodPost, "/webhooks/"+c.path, strings.NewReader(c.body), "Content-Type", "application/json", c.header, c.value); a.StatusCode != c.want {
			t.Errorf("%s: %d, want %d: %s", name, a.StatusCode, c.want, a.body)
		}
	}
	for _, number := range []string{card, strings.ReplaceAll(card, " ", ""), strings.ReplaceAll(card, " ", "-")} {
		for name, a := range map[string]answer{
			"api plan":     owner.api(http.MethodPost, "/api/v1/firms/"+firm+"/billing/checkouts", `{"plan":"`+number+`","provider":"btcpay"}`, "Idempotency-Key", "card"),
			"api period":   owner.api(http.MethodPost, "/api/v1/firms/"+firm+"/billing/checkouts", `{"plan":"holder","period":"`+number+`","provider":"btcpay"}`, "Idempotency-Key", "card2"),
			"api provider": owner.api(http.MethodPost, "/api/v1/firms/"+firm+"/billing/checkouts", `{"plan":"holder","provider":"`+number+`"}`, "Idempotency-Key", "card3"),
			"form":         owner.post("/f/"+firm+"/billing/checkouts", "plan", number, "provider", "stripe"),
			"form instead": owner.post("/f/"+firm+"/billing/checkouts", "plan", "holder", "provider", "btcpay", "instead", number),
			"firm name":    owner.api(http.MethodPost, "/api/v1/firms", `{"name":"`+number+`","country":"GB"}`),
			"entity name":  owner.api(http.MethodPost, "/api/v1/firms/"+firm+"/entities", `{"name":"`+number+`","country":"GB"}`),
			"link label":   owner.api(http.MethodPost, "/api/v1/firms/"+firm+"/entities/"+entity+"/connections", `{"exchange":"kraken","label":"`+number+`","api_key":"k","api_secret":"s"}`),
		} {
			if a.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%s takes %q: %d %s", name, number, a.StatusCode, a.body)
			}
		}
	}
	in.eventually("the good delivery is looked at", func() bool { return strings.Contains(in.logged(), "billing.check") })
	in.stop()
	in.sweep(card, strings.ReplaceAll(card, " ", ""), strings.ReplaceAll(card, " ", "-"), txid, address, mail, payWallet, paySecret, payKey)
}

// sweep looks for texts in everything that is kept and logged.
func (in *instance) sweep(canaries ...string) {
	in.t.Helper()
	files := 0
	err := filepath.WalkDir(in.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for _, c := range canaries {
			if strings.Contains(string(b), c) {
				in.t.Errorf("%s holds %s", filepath.Base(path), c)
			}
		}
		return nil
	})
	if err != nil || files < 2 {
		in.t.Fatalf("looked at %d files: %v", files, err)
	}
	for _, c := range canaries {
		if strings.Contains(in.logged(), c) {
			in.t.Errorf("the log holds %s", c)
		}
	}
}
