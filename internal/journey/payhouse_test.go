package journey_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
)

const (
	payStore  = "StoreExample1111111111111111111111111111111"
	paySecret = "HelloWorld"
	payKey    = "0ecd0ffee0ecd0ffee0ecd0ffee0ecd0ffee0ecd"
	payWallet = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
)

// payhouse is a small BTCPay, whose invoices the test moves, and the mail
// server of the program that sells.
type payhouse struct {
	t    *testing.T
	url  string
	smtp string
	now  func() time.Time

	mu       sync.Mutex
	invoices []map[string]any
	next     string // the id of the next invoice; "" makes one
	paid     string // in bitcoin, of every invoice
	n        int
	mails    map[string]int // by Message-ID
	letters  []string

	// answers says how the mail server answers a letter; "" is the moment at
	// which the client is gone. nil takes every one.
	answers func(letter string) string

	down bool // nothing is answered but 503

	refundTo string // what the page about a refund was told
}

func newPayhouse(t *testing.T) *payhouse {
	t.Helper()
	p := &payhouse{t: t, mails: make(map[string]int), paid: "0", now: time.Now}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	p.url = srv.URL
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.smtp = l.Addr().String()
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.post(c)
		}
	}()
	return p
}

var (
	messageID = regexp.MustCompile(`(?im)^Message-ID: <([^>]+)>`)
	subject   = regexp.MustCompile(`(?im)^Subject: (.*)$`)
)

// post takes mails of one connection.
func (p *payhouse) post(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewScanner(c)
	say := func(line string) { _, _ = fmt.Fprintf(c, "%s\r\n", line) }
	say("220 mail")
	for in.Scan() {
		switch verb := strings.ToUpper(strings.Fields(in.Text() + " .")[0]); verb {
		case "EHLO", "HELO":
			say("250 mail")
		case "DATA":
			say("354 go on")
			var b strings.Builder
			for in.Scan() && in.Text() != "." {
				b.WriteString(in.Text() + "\n")
			}
			p.mu.Lock()
			if m := messageID.FindStringSubmatch(b.String()); m != nil {
				p.mails[m[1]]++
				p.letters = append(p.letters, b.String())
			}
			reply, answers := "250 taken", p.answers
			p.mu.Unlock()
			if answers != nil {
				reply = answers(b.String())
			}
			if reply == "" {
				return
			}
			say(reply)
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// subjects counts the mails by what they say, each Message-ID once.
func (p *payhouse) subjects() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	count, seen := make(map[string]int), make(map[string]bool)
	for _, l := range p.letters {
		if id := messageID.FindStringSubmatch(l)[1]; !seen[id] {
			seen[id] = true
			count[strings.TrimSpace(subject.FindStringSubmatch(l)[1])]++
		}
	}
	return count
}

// settings make a program sell through it.
func (p *payhouse) settings(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plans := "seller_name = \"Kestrel Books Ltd\"\nseller_address = \"1 High Street, Exampleton\"\nseller_tax_number = \"GB 123 4567 89\"\nseller_tax_rate = \"20\"\n"
	for _, plan := range []string{"holder\"\nprice = \"39", "preparer\"\nprice = \"490"} {
		plans += "[[plan]]\nid = \"" + plan + "\"\ncurrency = \"EUR\"\nperiod = \"year\"\n"
	}
	return []string{
		"LEDGERSYS_CONFIG=" + file("ledgersys.toml", plans), "LEDGERSYS_BILLING=on", "LEDGERSYS_BTCPAY_URL=" + p.url, "LEDGERSYS_BTCPAY_STORE=" + payStore,
		"LEDGERSYS_BTCPAY_API_KEY_FILE=" + file("key", payKey), "LEDGERSYS_BTCPAY_WEBHOOK_SECRET_FILE=" + file("secret", paySecret),
		"LEDGERSYS_STRIPE_API_KEY_FILE=" + file("stripe", "sk_test_example"), "LEDGERSYS_STRIPE_WEBHOOK_SECRET_FILE=" + file("whsec", "whsec_example"),
		"LEDGERSYS_STRIPE_URL=" + p.url, "LEDGERSYS_SMTP_URL=smtp://" + p.smtp, "LEDGERSYS_TRUSTED_PROXIES=127.0.0.1",
		"LEDGERSYS_EGRESS_ALLOW=" + strings.TrimPrefix(p.url, "http://") + "," + p.smtp,
	}
}

func (p *payhouse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	rest, ours := strings.CutPrefix(r.URL.Path, "/api/v1/stores/"+payStore+"/invoices")
	id, what, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	switch {
	case p.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case strings.HasPrefix(r.URL.Path, "/pull-payments/"):
		p.refundPage(w, r)
	case r.Header.Get("Authorization") != "token "+payKey:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/api/v1/api-keys/current":
		answer(map[string]any{"permissions": []string{"btcpay.store.cancreateinvoice:" + payStore, "btcpay.store.canviewinvoices:" + payStore}})
	case ours && rest == "" && r.Method == http.MethodPost:
		var in map[string]any
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		p.n++
		in["id"], p.next = p.next, ""
		if in["id"] == "" {
			in["id"] = fmt.Sprint("Inv", p.n)
		}
		in["storeId"], in["status"], in["additionalStatus"], in["paidAmount"] = payStore, "New", "None", "0"
		in["expirationTime"], in["monitoringExpiration"] = p.now().Add(time.Hour).Unix(), p.now().Add(8*24*time.Hour).Unix()
		in["checkoutLink"] = "https://btcpay.example/i/" + in["id"].(string)
		p.invoices = append(p.invoices, in)
		answer(in)
	case ours && rest == "":
		list := []any{}
		for _, i := range p.invoices {
			if i["metadata"].(map[string]any)["orderId"] == r.URL.Query().Get("orderId") {
				list = append(list, i)
			}
		}
		answer(list)
	case ours && what == "payment-methods":
		answer([]any{
			map[string]any{"paymentMethodId": "BTC-CHAIN", "destination": payWallet, "paymentLink": "bitcoin:" + payWallet + "?amount=0.00041053", "rate": "95000.00", "due": "0.00041053", "totalPaid": p.paid, "activated": true, "payments": p.came(id)},
			map[string]any{"paymentMethodId": "BTC-LN", "destination": "lnbc410u1p" + strings.Repeat("example0", 24), "rate": "95000.00", "due": "0.00041053", "totalPaid": "0", "activated": true},
		})
	case ours:
		for _, i := range p.invoices {
			if i["id"] == id {
				answer(i)
				return
			}
		}
		http.NotFound(w, r)
	default:
		http.NotFound(w, r)
	}
}

// set moves an invoice.
func (p *payhouse) set(ref, status, additional, paid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range p.invoices {
		if i["id"] == ref {
			i["status"], i["additionalStatus"], i["paidAmount"] = status, additional, paid
		}
	}
}

// came are the payments of an invoice: one that came in time and is confirmed,
// of all that was paid.
func (p *payhouse) came(ref string) []any {
	for _, i := range p.invoices {
		if paid, err := money.Parse(fmt.Sprint(i["paidAmount"])); i["id"] == ref && err == nil && paid.Sign() > 0 {
			value := paid.Share(money.FromInt(1), money.FromInt(95000)).Round(8, money.Up)
			return []any{map[string]any{"receivedDate": 0, "value": value.String(), "status": "Settled"}}
		}
	}
	return nil
}

// falls makes it answer nothing, or answer again.
func (p *payhouse) falls(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// runOut lets an invoice run out some time ago.
func (p *payhouse) runOut(ref string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range p.invoices {
		if i["id"] == ref {
			i["expirationTime"] = p.now().Add(-time.Hour).Unix()
		}
	}
}

// paySign signs a body as BTCPay does.
func paySign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// tell delivers an event of an invoice, signed.
func (in *instance) tell(id, kind, ref string) {
	in.t.Helper()
	body := fmt.Sprintf(`{"deliveryId":%q,"originalDeliveryId":%q,"type":%q,"storeId":%q,"invoiceId":%q}`, id, id, kind, payStore, ref)
	if a := in.client().do(http.MethodPost, "/webhooks/btcpay", strings.NewReader(body), "Content-Type", "application/json", "BTCPay-Sig", paySign(paySecret, body)); a.StatusCode != http.StatusOK {
		in.t.Fatalf("%s %s: %d %s", id, kind, a.StatusCode, a.body)
	}
}

// bill is a firm's billing as the API tells it.
type bill struct {
	Plan, State, Credit string
	Until               *time.Time
	Invoices            []billed
}

// billed is an invoice of it.
type billed struct {
	ID, State string
	Ref       string `json:"provider_ref"`
	Marked    bool
}

// bill asks for it.
func (c *client) bill(firm string) (b bill) {
	c.in.t.Helper()
	a := c.api(http.MethodGet, "/api/v1/firms/"+firm+"/billing", "")
	if err := json.Unmarshal([]byte(a.body), &b); err != nil || a.StatusCode != http.StatusOK {
		c.in.t.Fatalf("billing: %d %s", a.StatusCode, a.body)
	}
	return b
}

// buys makes an invoice and returns its id and that at BTCPay.
func (c *client) buys(firm, plan, key string) (id, ref string) {
	c.in.t.Helper()
	a := c.api(http.MethodPost, "/api/v1/firms/"+firm+"/billing/checkouts", `{"plan":"`+plan+`","period":"year","provider":"btcpay"}`, "Idempotency-Key", key,
		"X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", firm[0], firm[1], len(c.bill(firm).Invoices)+1)) // no limit of rate answers instead
	var got struct{ ID string }
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.StatusCode != http.StatusCreated {
		c.in.t.Fatalf("checkout: %d %s", a.StatusCode, a.body)
	}
	for _, i := range c.bill(firm).Invoices {
		if i.ID == got.ID {
			return i.ID, i.Ref
		}
	}
	c.in.t.Fatal("no invoice")
	return "", ""
}

// eventually waits for what the program does by itself.
func (in *instance) eventually(what string, ok func() bool) {
	in.t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			in.t.Fatalf("never: %s\n%s", what, last(in.logged(), 3000))
		}
	}
}
