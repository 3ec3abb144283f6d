package billing_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

const (
	storeID = "StoreExample1111111111111111111111111111111"
	secret  = "HelloWorld"
	apiKey  = "0ecd0ffee0ecd0ffee0ecd0ffee0ecd0ffee0ecd"
)

// greenfield is a small BTCPay: its invoices, which the test moves.
type greenfield struct {
	mu       sync.Mutex
	invoices []map[string]any
	rights   []string
	down     bool
	gone     bool // there is no connection
	calls    int
	lose     bool // the next creation happens, but its answer is lost
	now      func() time.Time
	rate     string // of invoices that are made from now on; "" is 82500.00
	slow     func() // how it waits before it makes an invoice; nil does not
}

func (g *greenfield) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.slow != nil && r.Method == http.MethodPost {
		g.slow()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	invoices := "/api/v1/stores/" + storeID + "/invoices"
	switch rest, ours := strings.CutPrefix(r.URL.Path, invoices); {
	case g.gone:
		panic(http.ErrAbortHandler) // the connection ends without an answer
	case g.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Header.Get("Authorization") != "token "+apiKey:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/api/v1/api-keys/current":
		reply(w, map[string]any{"apiKey": "x", "permissions": g.rights})
	case ours && rest == "" && r.Method == http.MethodPost:
		g.create(w, r)
	case ours && rest == "":
		list := []any{}
		for _, i := range g.invoices {
			if i["metadata"].(map[string]any)["orderId"] == r.URL.Query().Get("orderId") {
				list = append(list, i)
			}
		}
		reply(w, list)
	case ours:
		id, what, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		for _, i := range g.invoices {
			if i["id"] != id {
				continue
			}
			if what == "payment-methods" {
				reply(w, []any{map[string]any{
					"paymentMethodId": "BTC-CHAIN", "destination": "bc1q" + id, "paymentLink": "bitcoin:bc1q" + id, "rate": i["rate"], "due": "0.0012", "totalPaid": "0", "activated": true,
					"payments": paymentsOf(i),
				}})
				return
			}
			reply(w, i)
			return
		}
		http.NotFound(w, r)
	default:
		http.NotFound(w, r)
	}
}

// paymentsOf are the payments of an invoice that a test gave it; without any, one
// that came in time and is confirmed, of all that was paid.
func paymentsOf(i map[string]any) any {
	paid, err := money.Parse(i["paidAmount"].(string))
	if i["payments"] != nil || err != nil || paid.Sign() == 0 {
		return i["payments"]
	}
	value := paid.Share(money.FromInt(1), money.MustParse(i["rate"].(string))).Round(8, money.Up)
	return []any{map[string]any{"id": txid, "receivedDate": start.Unix(), "value": value.String(), "fee": "0", "status": "Settled", "destination": "bc1q"}}
}

func (g *greenfield) create(w http.ResponseWriter, r *http.Request) {
	var in map[string]any
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id := fmt.Sprintf("Inv%d", len(g.invoices)+1)
	in["id"], in["storeId"], in["paidAmount"], in["status"], in["additionalStatus"] = id, storeID, "0", "New", "None"
	if in["rate"] = g.rate; g.rate == "" {
		in["rate"] = "82500.00"
	}
	in["checkoutLink"] = "https://btcpay.example/i/" + id
	in["expirationTime"], in["monitoringExpiration"] = g.now().Add(time.Hour).Unix(), g.now().Add(8*24*time.Hour).Unix()
	g.invoices = append(g.invoices, in)
	if g.lose {
		g.lose = false
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	reply(w, in)
}

// set moves an invoice.
func (g *greenfield) set(ref, status, additional, paid string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, i := range g.invoices {
		if i["id"] == ref {
			i["status"], i["additionalStatus"], i["paidAmount"] = status, additional, paid
		}
	}
}

// change lets an invoice show something else.
func (g *greenfield) change(ref, field string, value any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, i := range g.invoices {
		if i["id"] == ref {
			i[field] = value
		}
	}
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// shop is the service on a database of its own, with a BTCPay and a clock that
// the test moves. Jobs do not run by themselves: the test runs what was asked
// for.
type shop struct {
	t      *testing.T
	pay    *greenfield
	svc    *billing.Service
	store  *recorder
	db     *store.Store
	scope  tenant.Scope
	mu     sync.Mutex
	now    time.Time
	config billing.Config
}

func (s *shop) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *shop) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// recorder keeps the tasks that were asked for in transactions that committed,
// counts the plans that began, and can die at any statement.
type recorder struct {
	billing.Store
	mu    sync.Mutex
	tasks []job.Task
	begun map[tenant.ID]int // plans that began, by order
	log   []string          // what was audited
	who   map[string]string // the name of who did that last, by action

	fuse  int    // dies at this statement from now; 0 never
	added func() // is called when an order is kept or found; nil is not
}

// errKilled is what a transaction ends with in which the process died.
var errKilled = errors.New("killed")

// burn reports whether the process dies now.
func (r *recorder) burn() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fuse == 0 {
		return false
	}
	r.fuse--
	return r.fuse == 0
}

type recorded struct {
	billing.Tx
	in     *recorder
	tasks  []job.Task
	begun  []tenant.ID
	audits []string
}

func (r *recorded) Enqueue(ctx context.Context, t job.Task) error {
	if r.in.burn() {
		return errKilled
	}
	r.tasks = append(r.tasks, t)
	return r.Tx.Enqueue(ctx, t)
}

func (r *recorded) AddPeriod(ctx context.Context, p billing.Period) (bool, error) {
	if r.in.burn() {
		return false, errKilled
	}
	fresh, err := r.Tx.AddPeriod(ctx, p)
	if fresh {
		r.begun = append(r.begun, p.ID)
	}
	return fresh, err
}

func (r *recorded) AddPayment(ctx context.Context, s billing.Sale, key string) (bool, error) {
	if r.in.burn() {
		return false, errKilled
	}
	if r.in.added != nil {
		defer r.in.added()
	}
	return r.Tx.AddPayment(ctx, s, key)
}

func (r *recorded) SavePayment(ctx context.Context, s billing.Sale) error {
	if r.in.burn() {
		return errKilled
	}
	return r.Tx.SavePayment(ctx, s)
}

func (r *recorded) AddDelivery(ctx context.Context, d billing.Delivery) (bool, error) {
	if r.in.burn() {
		return false, errKilled
	}
	return r.Tx.AddDelivery(ctx, d)
}

func (r *recorded) AddNotice(ctx context.Context, key string) (bool, error) {
	if r.in.burn() {
		return false, errKilled
	}
	return r.Tx.AddNotice(ctx, key)
}

func (r *recorded) SaveSubscription(ctx context.Context, s billing.Subscription) error {
	if r.in.burn() {
		return errKilled
	}
	return r.Tx.SaveSubscription(ctx, s)
}

func (r *recorded) DropPeriod(ctx context.Context, order tenant.ID) (billing.Period, error) {
	if r.in.burn() {
		return billing.Period{}, errKilled
	}
	return r.Tx.DropPeriod(ctx, order)
}

func (r *recorded) AddReceipt(ctx context.Context, v billing.Receipt) error {
	if r.in.burn() {
		return errKilled
	}
	return r.Tx.AddReceipt(ctx, v)
}

func (r *recorded) Audit(ctx context.Context, e audit.Entry) error {
	if r.in.burn() {
		return errKilled
	}
	r.audits = append(r.audits, e.Action)
	r.in.did(e)
	return r.Tx.Audit(ctx, e)
}

// did notes who did something.
func (r *recorder) did(e audit.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.who[e.Action] = e.Actor.Name
}

// Read dies before it reads: nothing is lost that was there.
func (r *recorder) Read(ctx context.Context, fn func(billing.Tx) error) error {
	if r.burn() {
		return errKilled
	}
	return r.Store.Read(ctx, fn)
}

// Control dies at a statement, before the commit, or right behind it.
func (r *recorder) Control(ctx context.Context, fn func(billing.Tx) error) error {
	var rec *recorded
	err := r.Store.Control(ctx, func(tx billing.Tx) error {
		rec = &recorded{Tx: tx, in: r}
		if err := fn(rec); err != nil {
			return err
		}
		if r.burn() {
			return errKilled
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.tasks, r.log = append(r.tasks, rec.tasks...), append(r.log, rec.audits...)
	for _, id := range rec.begun {
		r.begun[id]++
	}
	r.mu.Unlock()
	if r.burn() {
		return errKilled
	}
	return nil
}

// taken returns the tasks of a kind that were asked for, and forgets them.
func (r *recorder) taken(kind string) []job.Task {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found, rest []job.Task
	for _, t := range r.tasks {
		if t.Kind == kind {
			found = append(found, t)
		} else {
			rest = append(rest, t)
		}
	}
	r.tasks = rest
	return found
}

func newShop(t *testing.T, change func(*billing.Config)) *shop {
	t.Helper()
	s := &shop{t: t, now: start, pay: &greenfield{rights: []string{"btcpay.store.cancreateinvoice:" + storeID, "btcpay.store.canviewinvoices:" + storeID}}}
	s.pay.now = s.clock
	srv := httptest.NewServer(s.pay)
	t.Cleanup(srv.Close)
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Config{DataDir: dir, Clock: s.clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	masters, err := keyring.FindMasters("", "", dir, true)
	if err == nil {
		_, err = db.OpenKeys(t.Context(), masters, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.db = db
	s.store = &recorder{Store: db.Billing(), begun: make(map[tenant.ID]int), who: make(map[string]string)}
	door, err := egress.New(egress.Config{Allow: []string{strings.TrimPrefix(srv.URL, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	s.config = billing.Config{
		On: true, Plans: billing.Plans{
			{ID: billing.Holder, Price: money.MustParse("99"), Currency: "EUR", Period: billing.Yearly},
			{ID: billing.Preparer, Price: money.MustParse("499"), Currency: "EUR", Period: billing.Yearly},
		},
		BTCPay: &billing.BTCPayConfig{URL: srv.URL, Store: storeID, Key: keyring.NewSecret([]byte(apiKey)), WebhookSecret: keyring.NewSecret([]byte(secret))},
		Site:   "https://books.example", Store: s.store, Door: door, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&s.config)
	}
	if s.svc, err = billing.New(s.config); err != nil {
		t.Fatal(err)
	}
	s.scope = tenant.ForJob(tenant.NewID(), tenant.NewID(), "test")
	return s
}

func (s *shop) buy(plan, key string) billing.Sale {
	s.t.Helper()
	sale, err := s.svc.Checkout(s.t.Context(), s.scope, billing.Checkout{Plan: plan, Period: billing.Yearly, Provider: billing.BTCPay, Key: key})
	if err != nil {
		s.t.Fatal(err)
	}
	return sale
}

// sign signs a body as BTCPay does.
func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// deliver sends a webhook about an invoice.
func (s *shop) deliver(id, kind, ref string) {
	s.t.Helper()
	if err := s.try(id, kind, ref); err != nil {
		s.t.Fatal(err)
	}
}

// try is deliver, which may fail.
func (s *shop) try(id, kind, ref string) error {
	body := fmt.Sprintf(`{"deliveryId":"x%s","originalDeliveryId":%q,"type":%q,"storeId":%q,"invoiceId":%q,"metadata":{"orderId":"lies"},"payment":{"id":"%s"}}`,
		id, id, kind, storeID, ref, txid)
	return s.svc.DeliverBTCPay(s.t.Context(), []byte(body), sign(secret, body))
}

const txid = "9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0-0"

// work runs the checks that were asked for.
func (s *shop) work() {
	s.t.Helper()
	for _, task := range append(s.store.taken("billing.check"), s.store.taken("billing.card")...) {
		if err := s.run(task); err != nil {
			s.t.Fatal(err)
		}
	}
}

// run does one task, with what is stored of it.
func (s *shop) run(task job.Task) error {
	stored, err := task.Store()
	if err != nil {
		return err
	}
	var args struct {
		Order  tenant.ID
		Refund bool
		Ref    string
	}
	if err := json.Unmarshal(stored.Args, &args); err != nil {
		return err
	}
	if task.Kind == "billing.card" {
		return s.svc.Card(s.t.Context(), args.Ref)
	}
	return s.svc.Check(s.t.Context(), args.Order, args.Refund)
}

func (s *shop) account() billing.Account {
	s.t.Helper()
	a, err := s.svc.Account(s.t.Context(), s.scope)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

// entries are the acts that were audited so far, in order.
func (s *shop) entries() []string {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	return slices.Clone(s.store.log)
}

// mails lists the kinds of mail that were asked for, and forgets them.
func (s *shop) mails() string {
	var kinds []string
	for _, t := range s.store.taken("billing.mail") {
		kinds = append(kinds, t.Args.(billing.Notice).Kind)
	}
	return strings.Join(kinds, " ")
}
