package journey_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// hook is one body of a webhook with what the API says when it comes, and what
// there must be then.
type hook struct {
	name, body          string
	status, label, paid string
	state, plan         string
	marked              bool
}

// sharedHooks says of each body beside the repository what must come of it.
var sharedHooks = map[string]hook{
	"InvoiceCreated":                          {status: "New", label: "None", paid: "0", state: "new", plan: "none"},
	"InvoiceExpired":                          {status: "Expired", label: "None", paid: "0", state: "expired", plan: "none"},
	"InvoiceExpired_partially_paid":           {status: "Expired", label: "PaidPartial", paid: "20", state: "partial", plan: "none"},
	"InvoiceInvalid":                          {status: "Invalid", label: "None", paid: "39", state: "invalid", plan: "none"},
	"InvoiceInvalid_manually_marked":          {status: "Invalid", label: "Marked", paid: "39", state: "invalid", plan: "none", marked: true},
	"InvoicePaymentSettled":                   {status: "Processing", label: "None", paid: "39", state: "processing", plan: "none"},
	"InvoicePaymentSettled_after_expiration":  {status: "Expired", label: "PaidLate", paid: "39", state: "late", plan: "none"},
	"InvoiceProcessing":                       {status: "Processing", label: "None", paid: "39", state: "processing", plan: "none"},
	"InvoiceReceivedPayment":                  {status: "New", label: "PaidPartial", paid: "20", state: "partial", plan: "none"},
	"InvoiceReceivedPayment_after_expiration": {status: "Expired", label: "PaidLate", paid: "39", state: "late", plan: "none"},
	"InvoiceReceivedPayment_lightning":        {status: "Processing", label: "None", paid: "39", state: "processing", plan: "none"},
	"InvoiceSettled":                          {status: "Settled", label: "None", paid: "39", state: "settled", plan: "active"},
	"InvoiceSettled_manually_marked":          {status: "Settled", label: "Marked", paid: "0", state: "settled", plan: "active", marked: true},
	"InvoiceSettled_overpaid":                 {status: "Settled", label: "PaidOver", paid: "40", state: "over", plan: "active"},
	"redelivery_of_InvoiceSettled":            {status: "Settled", label: "None", paid: "39", state: "settled", plan: "active"},
}

// ownHooks are bodies of our own: what no sample shows.
func ownHooks() []hook {
	const rest = `,"webhookId":"W9kestrel-not-kept","timestamp":1767229201,"metadata":{"orderId":"order-not-kept","buyerEmail":"payer-not-kept@example.org"}}`
	return []hook{
		{name: "partial_event", body: `{"deliveryId":"O1","type":"InvoiceExpiredPaidPartial","invoiceId":"I"` + rest, status: "Expired", label: "PaidPartial", paid: "20", state: "partial", plan: "none"},
		{name: "late_event", body: `{"deliveryId":"O2","type":"InvoicePaidAfterExpiration","invoiceId":"I"` + rest, status: "Expired", label: "PaidLate", paid: "39", state: "late", plan: "none"},
		{name: "refund_event", body: `{"deliveryId":"O3","type":"InvoiceRefund","invoiceId":"I","pullPaymentId":"pull-not-kept-1"` + rest, status: "Settled", label: "None", paid: "39", state: "refund", plan: "active"},
		{name: "unknown_type", body: `{"deliveryId":"O4","type":"InvoiceFrozen","invoiceId":"I"` + rest, status: "New", label: "None", paid: "0", state: "new", plan: "none"},
		{name: "old_names", body: `{"deliveryId":"O5x","orignalDeliveryId":"O5","type":"InvoiceReceivedPayment","invoiceId":"I","paymentMethod":"method-not-kept"` + rest, status: "New", label: "PaidPartial", paid: "20", state: "partial", plan: "none"},
		{name: "no_metadata", body: `{"deliveryId":"O6","type":"InvoiceSettled","invoiceId":"I","metadata":null}`, status: "Settled", label: "None", paid: "39", state: "settled", plan: "active"},
		{name: "body_lies", body: `{"deliveryId":"O7","type":"InvoiceSettled","invoiceId":"I","manuallyMarked":true,"overPaid":true` + rest, status: "New", label: "None", paid: "0", state: "new", plan: "none"},
	}
}

// hooks are all bodies, in the order in which they are played.
func hooks(t *testing.T) []hook {
	t.Helper()
	list := append(ownHooks(), besides(t)...)
	// What buys nothing first: it must still have bought nothing when all of it
	// was told. What leaves credit, which lowers the next price, last.
	rank := func(h hook) int {
		if h.state == "over" {
			return 2
		}
		return slices.Index([]string{"none", "active"}, h.plan)
	}
	slices.SortStableFunc(list, func(a, b hook) int { return rank(a) - rank(b) })
	return list
}

// besides are those that lie beside the repository. None is left out: one of
// which nothing is said here is an error.
func besides(t *testing.T) (list []hook) {
	t.Helper()
	dir := testkit.Shared(t, "exchange-api", "btcpay", "webhooks")
	if dir == "" {
		t.Log("no bodies beside the repository: only our own are played")
		return nil
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) < len(sharedHooks) {
		t.Errorf("%d bodies beside the repository, want %d: %v", len(files), len(sharedHooks), err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		h, ok := sharedHooks[name]
		if !ok {
			t.Errorf("%s: nothing says what must come of it", name)
		}
		h.name, h.body = name, string(testkit.Read(t, path))
		list = append(list, h)
	}
	return list
}

// TestWebhookBodies: every body, byte for byte as it lies there and then about
// an invoice of ours, is answered 200 by the running program; what counts is
// what the API says; and of the body its id, its type and its invoice are kept
// and nothing else.
func TestWebhookBodies(t *testing.T) {
	t.Parallel()
	p := newPayhouse(t)
	p.falls(true)
	in := start(t, p.settings(t)...) // which starts all the same
	owner := in.setUp()
	firm, _ := owner.book()
	a := owner.api(http.MethodPost, "/api/v1/firms/"+firm+"/billing/checkouts", `{"plan":"holder","period":"year","provider":"btcpay"}`, "Idempotency-Key", "down")
	if a.StatusCode != http.StatusServiceUnavailable || len(owner.bill(firm).Invoices) != 1 || owner.bill(firm).Invoices[0].Ref != "" {
		t.Errorf("a checkout while BTCPay is down: %d %s", a.StatusCode, a.body)
	}
	p.falls(false)
	var kept, lost []string
	want := map[string]string{owner.bill(firm).Invoices[0].ID: "new"} // by invoice
	send := func(name, body string) {
		t.Helper()
		a := in.client().do(http.MethodPost, "/webhooks/btcpay", strings.NewReader(body), "Content-Type", "application/json", "BTCPay-Sig", paySign(paySecret, body))
		if a.StatusCode != http.StatusOK || a.body != "" {
			t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
		}
	}
	all := hooks(t)
	for i, h := range all {
		send(h.name+" as it is", h.body) // about an invoice that nobody knows
		var got struct {
			ID       string `json:"deliveryId"`
			Original string `json:"originalDeliveryId"`
			OldSpelt string `json:"orignalDeliveryId"`
			Type     string `json:"type"`
			Invoice  string `json:"invoiceId"`
		}
		if err := json.Unmarshal([]byte(h.body), &got); err != nil {
			t.Fatalf("%s: %v", h.name, err)
		}
		id := got.ID
		for _, original := range []string{got.Original, got.OldSpelt} {
			if original != "" {
				id = original
			}
		}
		if kept = append(kept, id, got.Type); id != got.ID {
			lost = append(lost, got.ID)
		}
		lost = append(lost, leaves(t, h.body, id, got.Type, got.Invoice, payStore)...)

		invoice, ref := owner.buys(firm, "holder", h.name)
		want[invoice] = h.state
		if h.status == "Expired" {
			p.runOut(ref)
		}
		p.set(ref, h.status, h.label, h.paid)
		body := strings.ReplaceAll(strings.ReplaceAll(h.body, `"`+got.Invoice+`"`, `"`+ref+`"`), `"`+id+`"`, fmt.Sprintf(`"%s-of-%d"`, id, i))
		for range 2 { // the second time it is known
			send(h.name, body)
		}
		kept = append(kept, fmt.Sprintf("%s-of-%d", id, i))
		in.eventually(h.name+" is "+h.state, func() bool {
			b := owner.bill(firm)
			at := slices.IndexFunc(b.Invoices, func(i billed) bool { return i.ID == invoice })
			return b.Invoices[at].State == h.state && b.State == h.plan && b.Invoices[at].Marked == h.marked
		})
	}
	for _, i := range owner.bill(firm).Invoices { // nothing that came later moved another
		if i.State != want[i.ID] {
			t.Errorf("in the end %s is %s, want %s", i.Ref, i.State, want[i.ID])
		}
	}
	in.stop()
	in.holds(kept...)
	slices.Sort(lost)
	in.sweep(slices.Compact(lost)...)
	if len(lost) < len(all) {
		t.Errorf("only %d texts of %d bodies were looked for", len(lost), len(all))
	}
}

// leaves are the texts of a body that must not be kept: all but those that may,
// and short ones, which may be anywhere by chance.
func leaves(t *testing.T, body string, but ...string) (list []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			return list
		}
		if text, ok := token.(string); ok && len(text) > 12 && !slices.Contains(but, text) && !slices.Contains(fieldNames, text) {
			list = append(list, text)
		}
	}
}

// fieldNames are the long names of fields, which are no content.
var fieldNames = []string{"originalDeliveryId", "orignalDeliveryId", "afterExpiration", "paymentMethodId", "paymentMethod", "pullPaymentId", "partiallyPaid", "manuallyMarked", "destination"}

// holds checks that texts are in what is kept.
func (in *instance) holds(texts ...string) {
	in.t.Helper()
	missing := make(map[string]bool)
	for _, text := range texts {
		missing[text] = true
	}
	err := filepath.WalkDir(in.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		for text := range missing {
			if bytes.Contains(b, []byte(text)) {
				delete(missing, text)
			}
		}
		return err
	})
	if err != nil || len(missing) > 0 {
		in.t.Errorf("not kept: %v, %v", missing, err)
	}
}
