package billing_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

const (
	stripeKey    = "sk_test_example"
	stripeSecret = "whsec_example"
)

// acquirer is a small Stripe: its objects by kind and id, which the test moves.
type acquirer struct {
	mu      sync.Mutex
	now     func() time.Time
	objects map[string]map[string]any // "subscriptions/sub_1"
	keys    map[string]string         // sessions by Idempotency-Key
	forms   []string                  // as they were sent
	n       int
	down    bool
}

func (a *acquirer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	switch {
	case a.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Header.Get("Authorization") != "Bearer "+stripeKey || r.Header.Get("Stripe-Version") == "":
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodPost:
		a.make(w, r, path)
	case r.Method == http.MethodDelete:
		if o := a.objects[path]; o != nil && strings.HasPrefix(path, "subscriptions/") && o["status"] != "canceled" {
			o["status"] = "canceled"
			reply(w, o)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	case path == "disputes":
		list := []any{}
		if d, ok := a.objects["disputes/dp_"+r.URL.Query().Get("charge")]; ok {
			list = append(list, d)
		}
		reply(w, map[string]any{"data": list})
	case a.objects[path] != nil:
		reply(w, a.objects[path])
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// make makes a session of the checkout or the portal.
func (a *acquirer) make(w http.ResponseWriter, r *http.Request, path string) {
	if err := r.ParseForm(); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	a.forms = append(a.forms, r.PostForm.Encode())
	if path == "billing_portal/sessions" {
		reply(w, map[string]any{"url": "https://billing.stripe.com/p/session/" + r.PostForm.Get("customer")})
		return
	}
	if o := a.objects[path]; o != nil && strings.HasPrefix(path, "subscriptions/") {
		o["cancel_at_period_end"] = r.PostForm.Get("cancel_at_period_end") == "true"
		reply(w, o)
		return
	}
	if id, ok := strings.CutSuffix(path, "/expire"); ok {
		o := a.objects[id]
		if o == nil || o["status"] != "open" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		o["status"] = "expired"
		reply(w, o)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if id := a.keys[key]; id != "" {
		reply(w, a.objects[id])
		return
	}
	a.n++
	id := fmt.Sprintf("cs_%d", a.n)
	cents, err := json.Number(r.PostForm.Get("line_items[0][price_data][unit_amount]")).Int64()
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	a.keys[key] = "checkout/sessions/" + id
	a.objects["checkout/sessions/"+id] = map[string]any{
		"id": id, "url": "https://checkout.stripe.com/c/pay/" + id, "status": "open", "payment_status": "unpaid", "amount_total": cents,
		"currency": r.PostForm.Get("line_items[0][price_data][currency]"), "client_reference_id": r.PostForm.Get("client_reference_id"),
		"expires_at": a.now().Add(24 * time.Hour).Unix(), "order": r.PostForm.Get("subscription_data[metadata][order]"),
	}
	reply(w, a.objects["checkout/sessions/"+id])
}

// put makes an object or changes some of it.
func (a *acquirer) put(kind, id string, fields map[string]any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := a.objects[kind+"/"+id]
	if o == nil {
		o = map[string]any{"id": id}
		a.objects[kind+"/"+id] = o
	}
	for k, v := range fields {
		o[k] = v
	}
}

// newCardShop is a shop that sells through Stripe as well.
func newCardShop(t *testing.T) (*shop, *acquirer) {
	t.Helper()
	a := &acquirer{objects: make(map[string]map[string]any), keys: make(map[string]string)}
	srv := httptest.NewServer(a)
	t.Cleanup(srv.Close)
	s := newShop(t, func(c *billing.Config) {
		var err error
		c.Door, err = egress.New(egress.Config{Allow: []string{strings.TrimPrefix(srv.URL, "http://"), strings.TrimPrefix(c.BTCPay.URL, "http://")}})
		if err != nil {
			t.Fatal(err)
		}
		c.Stripe = &billing.StripeConfig{URL: srv.URL, Key: keyring.NewSecret([]byte(stripeKey)), WebhookSecret: keyring.NewSecret([]byte(stripeSecret))}
	})
	a.now = s.clock
	return s, a
}

// card is a subscription at Stripe as its card moves it.
type card struct {
	s    *shop
	at   *acquirer
	r    *rand.Rand
	sale billing.Sale
	id   string // of everything that it has
	n    int

	session, status string // of the session and the subscription
	cancel          bool
	invoices        []*bill
	mail            []cardEvent
	jobs            []job.Task
}

// bill is one year at Stripe.
type bill struct {
	id, charge string
	status     string // open, paid, uncollectible
	refunded   bool
	dispute    string
}

type cardEvent struct{ id, kind, ref string }

func newCard(s *shop, at *acquirer, seed uint64) *card {
	s.scope = tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
	sale, err := s.svc.Checkout(s.t.Context(), s.scope, billing.Checkout{Plan: billing.Holder, Provider: billing.Stripe, Key: "key"})
	if err != nil {
		s.t.Fatal(err)
	}
	c := newCardOf(s, at, sale)
	c.r = rand.New(rand.NewPCG(seed, 2))
	return c
}

// newCardOf is the card of a sale.
func newCardOf(s *shop, at *acquirer, sale billing.Sale) *card {
	return &card{s: s, at: at, r: rand.New(rand.NewPCG(1, 2)), sale: sale, id: strings.TrimPrefix(sale.Ref, "cs_"), session: "open"}
}

// says sends an event about an object on its way: lost, once or several times.
func (c *card) says(kind, ref string) {
	c.n++
	for range c.r.IntN(3) {
		c.mail = append(c.mail, cardEvent{fmt.Sprintf("evt_%s_%d", c.id, c.n), kind, ref})
	}
}

func (c *card) last() *bill { return c.invoices[len(c.invoices)-1] }

// completed is the person who gave a card on Stripe's page.
func (c *card) completed() {
	c.session, c.status = "complete", "active"
	c.bill("paid")
	c.says("checkout.session.completed", c.sale.Ref)
	c.says("customer.subscription.created", "sub_"+c.id)
	c.shows()
}

// bill begins the next year.
func (c *card) bill(status string) {
	i := len(c.invoices)
	c.invoices = append(c.invoices, &bill{id: fmt.Sprintf("in_%s_%d", c.id, i), charge: fmt.Sprintf("ch_%s_%d", c.id, i), status: status})
	c.says(map[string]string{"paid": "invoice.paid", "open": "invoice.payment_failed"}[status], c.last().id)
}

// renewed is the end of a year: the card is asked, and pays or is refused.
func (c *card) renewed(status string) {
	c.bill(status)
	if status == "open" {
		c.status = "past_due"
	}
	c.shows()
}

// retried is another try on a card that was refused.
func (c *card) retried(good bool) {
	if good {
		c.last().status, c.status = "paid", "active"
		c.says("invoice.paid", c.last().id)
	} else {
		c.last().status, c.status = "uncollectible", "canceled"
		c.says("customer.subscription.deleted", "sub_"+c.id)
	}
	c.shows()
}

// shows lets the API say how everything stands.
func (c *card) shows() {
	session := map[string]any{"status": c.session, "payment_status": "unpaid"}
	if c.session == "complete" {
		session["payment_status"], session["subscription"], session["invoice"] = "paid", "sub_"+c.id, c.invoices[0].id
		c.at.put("subscriptions", "sub_"+c.id, map[string]any{
			"status": c.status, "cancel_at_period_end": c.cancel, "latest_invoice": c.last().id, "customer": "cus_" + c.id,
			"metadata": map[string]any{"order": c.sale.Payment.ID.String()},
		})
	}
	c.at.put("checkout/sessions", c.sale.Ref, session)
	for i, b := range c.invoices {
		reason, paid := "subscription_cycle", 0
		if i == 0 {
			reason = "subscription_create"
		}
		if b.status == "paid" {
			paid = inCents(c.s.t, c.sale.Amount.String())
		}
		c.at.put("invoices", b.id, map[string]any{
			"status": b.status, "billing_reason": reason, "amount_paid": paid, "currency": "eur", "subscription": "sub_" + c.id, "charge": b.charge,
		})
		c.at.put("charges", b.charge, map[string]any{"refunded": b.refunded, "disputed": b.dispute != "", "invoice": b.id})
		if b.dispute != "" {
			c.at.put("disputes", "dp_"+b.charge, map[string]any{"status": b.dispute, "charge": b.charge})
		}
	}
}

// handed hands an event over, signed as Stripe does.
func (c *card) handed(e cardEvent) error {
	body := fmt.Sprintf(`{"id":%q,"type":%q,"data":{"object":{"id":%q,"status":"lies"}}}`, e.id, e.kind, e.ref)
	return c.s.svc.DeliverStripe(c.s.t.Context(), []byte(body), stripeSign(stripeSecret, body, c.s.clock()), c.s.clock())
}

func stripeSign(key, body string, at time.Time) string {
	text := fmt.Sprint(at.Unix())
	return "t=" + text + ",v1=" + strings.TrimPrefix(sign(key, text+"."+body), "sha256=")
}

// gone reports whether the money of a bill is gone again.
func (b *bill) gone() bool { return b.refunded || b.dispute == "lost" }

// TestCardYears: bought by card, renewed, refused, tried again, lapsed like a
// late payment in bitcoin, and bought again.
func TestCardYears(t *testing.T) {
	t.Parallel()
	s, at := newCardShop(t)
	const day = 24 * time.Hour
	hear := func(c *card) string {
		t.Helper()
		for _, e := range []cardEvent{{"evt_" + fmt.Sprint(c.n), "invoice.paid", c.last().id}, {"evt_s" + fmt.Sprint(c.n), "customer.subscription.updated", "sub_" + c.id}} {
			if err := c.handed(e); err != nil {
				t.Fatal(err)
			}
		}
		s.work()
		if err := s.svc.Remind(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s.mails()
	}
	c := newCard(s, at, 1)
	if got := c.sale.URL; got != "https://checkout.stripe.com/c/pay/"+c.sale.Ref {
		t.Errorf("leads to %s", got)
	}
	s.mails()
	c.completed()
	if got := hear(c); got != "settled" || !s.account().Card || !s.account().Until.Equal(start.AddDate(1, 0, 0)) {
		t.Errorf("bought: %q, %+v", got, s.account())
	}
	to, err := s.svc.Portal(t.Context(), s.scope)
	if err != nil || to != "https://billing.stripe.com/p/session/cus_"+c.id {
		t.Errorf("portal: %q, %v", to, err)
	}
	s.wait(365 * day)
	c.renewed("paid")
	if got := hear(c); got != "settled" || !s.account().Until.Equal(start.AddDate(2, 0, 0)) || len(s.account().Sales) != 2 {
		t.Errorf("renewed: %q, %+v", got, s.account())
	}
	s.wait(365 * day)
	c.renewed("open")
	if got := hear(c); got != "card_failed" || s.account().State != billing.Ending {
		t.Errorf("refused: %q, %s", got, s.account().State)
	}
	s.wait(5 * day)
	c.retried(true)
	if got := hear(c); got != "settled" || s.account().State != billing.Active || !s.account().Until.Equal(start.AddDate(3, 0, 0)) {
		t.Errorf("tried again: %q, %s until %s", got, s.account().State, s.account().Until)
	}
	s.wait(361 * day)
	c.renewed("open")
	hear(c)
	c.retried(false)
	if got := hear(c); got != "ending" || s.account().Card {
		t.Errorf("given up: %q, card %v", got, s.account().Card)
	}
	s.wait(14 * day)
	if got := hear(c); got != "ended" || s.account().State != billing.Lapsed {
		t.Errorf("lapsed: %q, %s", got, s.account().State)
	}
	if _, err := s.svc.Portal(t.Context(), s.scope); err == nil {
		t.Error("a portal without a card")
	}
}

// TestPortalStore: what goes wrong with our own rows is not taken for a firm
// without a card.
func TestPortalStore(t *testing.T) {
	t.Parallel()
	s, _ := newCardShop(t)
	s.store.fuse = 1
	if _, err := s.svc.Portal(t.Context(), s.scope); err == nil || strings.Contains(err.Error(), billing.ErrNoCard.Error()) {
		t.Errorf("%v", err)
	}
}

// TestStripeSignatures: what is not signed, signed by another, or long ago, is
// refused before it is looked at.
func TestStripeSignatures(t *testing.T) {
	t.Parallel()
	s, _ := newCardShop(t)
	const body = `{"id":"evt_1","type":"invoice.paid","data":{"object":{"id":"in_1"}}}`
	now := s.clock()
	good := stripeSign(stripeSecret, body, now)
	for name, header := range map[string]string{
		"none": "", "other_key": stripeSign("other", body, now), "empty_key": stripeSign("", body, now), "other_body": stripeSign(stripeSecret, body+" ", now),
		"old": stripeSign(stripeSecret, body, now.Add(-301*time.Second)), "early": stripeSign(stripeSecret, body, now.Add(301*time.Second)),
		"no_time": good[strings.Index(good, "v1="):], "test_scheme": strings.Replace(good, "v1=", "v0=", 1), "other_time": strings.Replace(good, "t=", "t=1", 1),
	} {
		if err := s.svc.DeliverStripe(t.Context(), []byte(body), header, now); !fault.Is(err, fault.Malformed) || fault.Of(err).Code != "bad_signature" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if tasks := s.store.taken("billing.card"); len(tasks) != 0 {
		t.Errorf("forged events asked for %d looks", len(tasks))
	}
	for name, at := range map[string]time.Time{"now": now, "as_old_as_can_be": now.Add(-300 * time.Second)} {
		if err := s.svc.DeliverStripe(t.Context(), []byte(body), stripeSign(stripeSecret, body, at)+",v1=00", now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if tasks := s.store.taken("billing.card"); len(tasks) != 1 {
		t.Errorf("one event asked for %d looks", len(tasks))
	}
}
