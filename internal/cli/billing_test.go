package cli_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

const webhookSecret = "HelloWorld"

// selling are the settings of a service that sells plans through a BTCPay.
func selling(t *testing.T, dir, btcpay string) []string {
	t.Helper()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plans := "[[plan]]\nid = \"holder\"\nprice = \"99\"\ncurrency = \"EUR\"\nperiod = \"year\"\n"
	return []string{
		anyPort, "LEDGERSYS_CONFIG=" + file("ledgersys.toml", plans), "LEDGERSYS_BILLING=on", "LEDGERSYS_BTCPAY_URL=" + btcpay,
		"LEDGERSYS_BTCPAY_STORE=Store1", "LEDGERSYS_BTCPAY_API_KEY_FILE=" + file("key", "0ecd"),
		"LEDGERSYS_BTCPAY_WEBHOOK_SECRET_FILE=" + file("secret", webhookSecret),
		"LEDGERSYS_EGRESS_ALLOW=" + strings.TrimPrefix(btcpay, "http://"),
	}
}

// TestWebhooks: deliveries are taken by signature alone while BTCPay is down,
// forged ones leave no trace, and nothing of a body is kept or logged.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	t.Cleanup(down.Close)
	dir := t.TempDir()
	svc := start(t, dir, selling(t, dir, down.URL))
	const txid, address, mail = "9f8e7d6c5b4a39281706f5e4d3c2b1a0c4n4ry00", "bc1qc4n4ryc4n4ry", "c4n4ry@example.com"
	body := fmt.Sprintf(`{"deliveryId":"D1","originalDeliveryId":"D1","type":"InvoiceSettled","storeId":"Store1","invoiceId":"Inv1","metadata":{"buyerEmail":%q},"payment":{"id":"%s-0","destination":%q}}`, mail, txid, address)
	send := func(path, header, value, body string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, svc.base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if value != "" {
			r.Header.Set(header, value)
		}
		return ask(t, http.DefaultClient, r).status
	}
	for name, c := range map[string]struct {
		path, value, body string
		want              int
	}{
		"good":             {"/webhooks/btcpay", signature(webhookSecret, body), body, http.StatusOK},
		"the_same_again":   {"/webhooks/btcpay", signature(webhookSecret, body), body, http.StatusOK},
		"unknown_type":     {"/webhooks/btcpay", signature(webhookSecret, `{"deliveryId":"D2","type":"New"}`), `{"deliveryId":"D2","type":"New"}`, http.StatusOK},
		"unsigned":         {"/webhooks/btcpay", "", body, http.StatusUnauthorized},
		"altered":          {"/webhooks/btcpay", signature(webhookSecret, body), body + " ", http.StatusUnauthorized},
		"empty_key":        {"/webhooks/btcpay", signature("", body), body, http.StatusUnauthorized},
		"oversized":        {"/webhooks/btcpay", signature(webhookSecret, body), strings.Repeat("x", 300<<10), http.StatusRequestEntityTooLarge},
		"stripe_not_here":  {"/webhooks/stripe", "", body, http.StatusBadRequest},
		"only_where_it_is": {"/webhooks/other", signature(webhookSecret, body), body, http.StatusNotFound},
	} {
		if got := send(c.path, "BTCPay-Sig", c.value, c.body); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if err := svc.stop(); err != nil {
		t.Fatal(err)
	}
	sweep(t, filepath.Join(dir, "data"), svc.logged(), txid, address, mail, webhookSecret)
}

// TestSignedSequences: every delivery of the sequences that stand beside the
// repository is taken.
func TestSignedSequences(t *testing.T) {
	t.Parallel()
	sequences := ownSequence()
	if path := testkit.Shared(t, "exchange-api", "btcpay", "sequences"); path != "" {
		files, err := filepath.Glob(filepath.Join(path, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var s sequence
			if err := json.Unmarshal(b, &s); err != nil {
				t.Fatal(err)
			}
			sequences = append(sequences, s)
		}
	}
	dir := t.TempDir()
	svc := start(t, dir, selling(t, dir, "http://127.0.0.1:9"))
	for _, s := range sequences {
		for _, d := range s.Deliveries {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, svc.base+"/webhooks/btcpay", strings.NewReader(d.Body))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range d.Headers {
				r.Header.Set(name, value)
			}
			if got := ask(t, http.DefaultClient, r); got.status != http.StatusOK {
				t.Errorf("%s: %d %s", d.Name, got.status, got.body)
			}
		}
	}
}

// sequence is deliveries as they were signed.
type sequence struct {
	Deliveries []delivery `json:"deliveries"`
}

type delivery struct {
	Name    string            `json:"name"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func ownSequence() []sequence {
	body := "{\n  \"deliveryId\": \"A\",\n  \"type\": \"InvoiceCreated\",\n  \"invoiceId\": \"I\"\n}"
	return []sequence{{[]delivery{{"own", map[string]string{"BTCPay-Sig": signature(webhookSecret, body), "Content-Type": "application/json"}, body}}}}
}

func signature(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// sweep looks for texts in every file below a directory and in a log.
func sweep(t *testing.T, dir, log string, canaries ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for _, c := range canaries {
			if strings.Contains(string(b), c) || strings.Contains(string(b), hex.EncodeToString([]byte(c))) {
				t.Errorf("%s holds %s", filepath.Base(path), c)
			}
		}
		return nil
	})
	if err != nil || files == 0 {
		t.Fatalf("looked at %d files: %v", files, err)
	}
	for _, c := range canaries {
		if strings.Contains(log, c) {
			t.Errorf("the log holds %s", c)
		}
	}
}
