package billing_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// histories is how many made-up histories of payments are played;
// LEDGERSYS_TEST_PAYMENTS plays more.
func histories(t *testing.T, few int) int {
	t.Helper()
	text := os.Getenv("LEDGERSYS_TEST_PAYMENTS")
	if text == "" {
		return few
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("LEDGERSYS_TEST_PAYMENTS: %q is no number", text)
	}
	return n
}

// price is what is sold here, in cents.
const price = 9900

// chain is an invoice at BTCPay as the chain and its operator move it, told
// in cents.
type chain struct {
	s       *shop
	r       *rand.Rand
	sale    billing.Sale
	status  string
	label   string
	paid    int
	settled bool // it was once
	n       int  // events so far

	mail []event // events on their way
	jobs []job.Task

	price   int  // what the invoice asks for
	several bool // the firm has other orders, which may use the credit that this one gives

	heardRefund bool
	kept        int  // cents that the firm kept as credit
	asked       int  // of what was paid too much, asked back
	sent        int  // noted as sent back
	whole       bool // all of it was sent back once
	noted       bool // all of it was sent back, and nothing was decided since
}

type event struct{ id, kind string }

// happens moves the invoice by one step that BTCPay allows.
func (c *chain) happens() {
	pay := func(cents int) {
		c.paid += cents
		c.says("InvoiceReceivedPayment")
	}
	mark := func(status string) {
		c.status, c.label = status, "Marked"
		c.settled = c.settled || status == "Settled"
		c.says("Invoice" + status)
	}
	if c.sale.Ref == "" {
		return // there is no invoice
	}
	var steps []func()
	switch c.status {
	case "New":
		steps = []func(){
			func() { pay(1 + c.r.IntN(5000)) }, func() { pay(c.price) }, func() { pay(c.price + c.r.IntN(300)) },
			func() { c.status = "Expired"; c.says("InvoiceExpired"); c.s.wait(2 * time.Hour) },
			func() { c.status = "Expired"; c.says("InvoiceExpired"); c.s.wait(2 * time.Hour) },
		}
		if c.r.IntN(4) == 0 {
			steps = append(steps, func() { mark([]string{"Settled", "Invalid"}[c.r.IntN(2)]) })
		}
	case "Processing":
		steps = []func(){
			func() { c.status, c.settled = "Settled", true; c.says("InvoiceSettled") }, func() { c.status = "Invalid"; c.says("InvoiceInvalid") },
			func() { pay(c.r.IntN(500)) }, func() { mark("Settled") },
		}
	case "Settled":
		steps = []func(){func() { pay(1 + c.r.IntN(500)) }, func() { c.says("InvoiceRefund") }, func() { c.says("InvoicePaymentSettled") }}
		if c.kept == 0 && (!c.several || c.paid <= c.price) { // an operator who marks both ways what came late settles it with the firm
			steps = append(steps, func() { mark("Invalid") })
		}
	case "Expired":
		steps = []func(){func() { pay(1 + c.r.IntN(c.price+500)) }, func() { c.says("InvoiceExpired") }}
		if c.paid > 0 {
			steps = append(steps, func() { mark("Settled") })
		}
		if c.paid > 0 && c.r.IntN(3) == 0 {
			steps = append(steps, func() { c.says("InvoiceRefund") })
		}
	case "Invalid":
		if c.settled {
			return // what was settled and undone stays undone
		}
		steps = []func(){func() { mark("Settled") }, func() { c.says("InvoiceInvalid") }}
	}
	steps[c.r.IntN(len(steps))]()
	c.shows()
}

// shows lets the API say how the invoice stands. Its label for what was paid
// too much is missing at times, as it has been.
func (c *chain) shows() {
	label := c.label
	switch {
	case label == "Marked":
	case c.status == "New" && c.paid >= c.price:
		c.status = "Processing"
		c.says("InvoiceProcessing")
	case c.status == "New" && c.paid > 0:
		label = "PaidPartial"
	case c.status == "Expired" && c.paid >= c.price:
		label = "PaidLate"
	case c.status == "Expired" && c.paid > 0:
		label = "PaidPartial"
	}
	if label == "" && c.status == "Settled" && c.paid > c.price && c.r.IntN(3) > 0 {
		label = "PaidOver"
	}
	if label == "" {
		label = "None"
	}
	c.s.pay.set(c.sale.Ref, c.status, label, cents(c.paid))
}

func cents(n int) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// says sends an event on its way: lost, once, or several times.
func (c *chain) says(kind string) {
	c.n++
	for range c.r.IntN(4) {
		c.mail = append(c.mail, event{fmt.Sprint(c.sale.Payment.ID, "-", c.n), kind})
	}
}

// step plays one thing that can happen next. Whatever dies is begun anew with
// a new service, as after kill -9: what was not acknowledged comes again, what
// was not finished is done again.
func (c *chain) step() {
	s := c.s
	if c.r.IntN(3) == 0 {
		s.store.fuse = 1 + c.r.IntN(12)
	}
	defer func() { s.store.fuse = 0 }()
	switch c.r.IntN(9) {
	case 8:
		c.flickers()
	case 0, 1:
		c.happens()
	case 2, 3:
		c.delivered()
	case 4, 5:
		c.worked()
	case 6, 7:
		c.decided()
	}
}

// again is whether something died, in which case a new service begins.
func (c *chain) again(err error) bool {
	if err == nil {
		return false
	}
	if !strings.Contains(err.Error(), errKilled.Error()) {
		c.s.t.Fatal(err)
	}
	c.s.restart()
	return true
}

// delivered hands over any of the events that are on their way.
func (c *chain) delivered() {
	if len(c.mail) == 0 {
		return
	}
	i := c.r.IntN(len(c.mail))
	e := c.mail[i]
	for c.again(c.s.try(e.id, e.kind, c.sale.Ref)) {
		continue // not acknowledged: it comes again
	}
	c.mail = append(c.mail[:i], c.mail[i+1:]...)
	c.heardRefund = c.heardRefund || e.kind == "InvoiceRefund"
}

// worked does the work that was asked for, in any order.
func (c *chain) worked() {
	c.jobs = append(c.jobs, c.s.store.taken("billing.check")...)
	c.r.Shuffle(len(c.jobs), func(i, j int) { c.jobs[i], c.jobs[j] = c.jobs[j], c.jobs[i] })
	for len(c.jobs) > 0 {
		if c.again(c.s.run(c.jobs[0])) {
			return
		}
		c.jobs = c.jobs[1:]
	}
}

// decided lets the firm or the operator do what the page offers.
func (c *chain) decided() {
	fuse := c.s.store.fuse
	c.s.store.fuse = 0 // a person who sees an error looks again
	defer func() { c.s.store.fuse = fuse }()
	now, id := c.known(), c.sale.Payment.ID
	got, free := 0, 0
	if now.Received != "" {
		got = inCents(c.s.t, now.Received)
	}
	bought := now.Status.Paid() || now.Status == billing.Refund && now.Noted.IsZero() && now.Confirmations == 1
	if free = got - c.sent - c.kept; bought {
		free = got - c.sent - c.asked - c.price
	}
	switch c.r.IntN(6) {
	case 0, 1, 2:
		if c.s.svc.Keep(c.s.t.Context(), c.s.scope, id) == nil {
			if c.kept, c.noted = c.kept+free, false; bought || free <= 0 {
				c.s.t.Errorf("kept %d cents: %+v", free, now)
			}
		}
	case 3, 4:
		if !now.Asked() && c.s.svc.AskBack(c.s.t.Context(), c.s.scope, id) == nil {
			c.noted = false
			if bought {
				c.asked += free
			}
		}
	case 5:
		if c.several && bought && !now.Asked() && got > c.price {
			return // what was too much may be used: the operator bears it
		}
		if c.s.svc.NoteRefund(c.s.t.Context(), operator, id) == nil {
			c.sentBack(got, bought, now.Status == billing.Over && now.Asked())
		}
	}
}

// sentBack notes what of an invoice was sent back.
func (c *chain) sentBack(got int, bought, partly bool) {
	switch {
	case partly:
		c.sent, c.asked = c.sent+c.asked, 0
		return
	case bought:
		c.sent, c.kept = got, 0
	default:
		c.sent = got - c.kept
	}
	c.whole, c.noted, c.asked = true, true, 0
}

// flickers lets the provider show another currency for one look.
func (c *chain) flickers() {
	for _, currency := range []string{"USD", "EUR"} {
		c.s.pay.change(c.sale.Ref, "currency", currency)
		if currency == "USD" && c.again(c.s.svc.Check(c.s.t.Context(), c.sale.Payment.ID, false)) {
			continue
		}
	}
}

func (c *chain) known() billing.Sale {
	sale, err := c.s.svc.Sale(c.s.t.Context(), c.s.scope, c.sale.Payment.ID)
	if err != nil {
		c.s.t.Fatal(err)
	}
	return sale
}

func inCents(t *testing.T, text string) int {
	t.Helper()
	a, err := money.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(a.Mul(money.FromInt(100)).Round(0, money.Down).String())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// oracle is what must be in the end, told from what happened alone.
func (c *chain) oracle() (status billing.Status, active bool, credit int) {
	left := c.paid - c.sent
	switch {
	case c.noted && left <= c.kept:
		return billing.Refund, false, c.kept
	case c.status == "Settled" && (!c.whole || left >= c.price):
		if status = billing.Settled; c.paid > c.price {
			status = billing.Over
		}
		credit, active = max(left-c.price-c.asked, 0), true
	case c.status == "Invalid":
		return billing.Invalid, false, c.kept
	case c.status == "Processing":
		return billing.Processing, false, c.kept
	case c.status == "Settled", c.status == "Expired" && c.paid >= c.price:
		status, credit = billing.Late, c.kept
	case c.paid > 0:
		status, credit = billing.Partial, c.kept
	case c.status == "Expired":
		status, credit = billing.Expired, c.kept
	default:
		return billing.Waiting, false, c.kept
	}
	if c.heardRefund && c.asked == 0 && !c.overSent() {
		status = billing.Refund
	}
	return status, active, credit
}

// overSent reports whether only what was too much was sent back.
func (c *chain) overSent() bool { return c.sent > 0 && !c.whole }

// TestInterleavings: whatever happens to an invoice, whatever of it is heard,
// twice, late, or never, and wherever the process dies meanwhile, in the end
// the plan, its credit and the status are what happened, the plan began once,
// and each mail was asked for once.
func TestInterleavings(t *testing.T) {
	t.Parallel()
	played(t, histories(t, 150), 100, func(t *testing.T) func(uint64) { return newShop(t, nil).interleave })
}

// played plays n histories, so many of them on one database: with more of them
// whatever looks at all invoices would look at thousands, for each history.
func played(t *testing.T, n, each int, open func(*testing.T) func(seed uint64)) {
	t.Helper()
	for from := 0; from < n; from += each {
		good := t.Run(fmt.Sprint("from ", from), func(t *testing.T) {
			play := open(t)
			for seed := from; seed < min(from+each, n) && !t.Failed(); seed++ {
				play(uint64(seed)) // #nosec G115 -- not below 0
			}
		})
		if !good {
			return
		}
	}
	t.Logf("%d of %d histories end as they must", n, n)
}

func (s *shop) interleave(seed uint64) {
	s.scope = tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
	c := &chain{s: s, r: rand.New(rand.NewPCG(seed, 1)), status: "New", sale: s.buyAlive(seed, billing.Holder, "key"), price: price}
	s.store.taken("billing.mail")
	for range 6 + c.r.IntN(30) {
		c.step()
	}
	c.worked()
	if err := s.svc.Check(s.t.Context(), c.sale.Payment.ID, false); err != nil { // as the hourly look does
		s.t.Fatal(err)
	}
	status, active, credit := c.oracle()
	last, a := c.known(), s.account()
	if opened := last.Status == billing.Refund; (c.kept > 0 || c.sent > 0 || c.whole) && c.heardRefund && opened != (status == billing.Refund) {
		last.Status = status // whether it was kept or its refund was opened first, nobody outside can tell
	}
	if last.Status != status || (a.State == billing.Active) != active || inCents(s.t, a.Credit.String()) != credit {
		s.t.Errorf("seed %d: %s, plan %s, credit %s; want %s, active %v, credit %d cents: %+v", seed, last.Status, a.State, a.Credit, status, active, credit, *c)
	}
	if active && !a.Until.Equal(last.Settled.AddDate(1, 0, 0)) {
		s.t.Errorf("seed %d: until %s, settled %s", seed, a.Until, last.Settled)
	}
	if begun := s.store.begun[c.sale.Payment.ID]; begun > 1 && !c.whole || active && begun < 1 {
		s.t.Errorf("seed %d: the plan began %d times", seed, begun)
	}
	s.mailed(seed, c, c.known())
}

// mailed checks that each mail was asked for once, and the last state told.
func (s *shop) mailed(seed uint64, c *chain, last billing.Sale) {
	seen := make(map[string]bool)
	for _, task := range s.store.taken("billing.mail") {
		if seen[task.Key] {
			s.t.Errorf("seed %d: the mail %s was asked for twice", seed, task.Key)
		}
		seen[task.Key] = true
	}
	want := string(last.Status)
	switch {
	case last.Status == billing.Refund && !last.Noted.IsZero():
		want = "refunded"
	case last.Status == billing.Partial && (last.Odd == string(billing.Partial) || seen["partial_over/"+last.Payment.ID.String()]):
		want = "partial_over" // else there is time left, or it was decided about before we heard
	case last.Status == billing.Waiting || last.Status == billing.Processing:
		return
	}
	for key := range seen {
		if strings.HasPrefix(key, want+"/"+last.Payment.ID.String()) {
			return
		}
	}
	s.t.Errorf("seed %d: nobody was told of %s", seed, want)
}

// buyAlive buys while the process may die; the person tries again.
func (s *shop) buyAlive(seed uint64, plan, key string) billing.Sale {
	s.store.fuse = int(seed % 9)
	defer func() { s.store.fuse = 0 }()
	for {
		sale, err := s.svc.Checkout(s.t.Context(), s.scope, billing.Checkout{Plan: plan, Period: billing.Yearly, Provider: billing.BTCPay, Key: key})
		if err == nil {
			return sale
		}
		if !strings.Contains(err.Error(), errKilled.Error()) {
			s.t.Fatal(err)
		}
		s.restart()
	}
}

// restart begins a new service on the same data.
func (s *shop) restart() {
	s.store.fuse = 0
	svc, err := billing.New(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	s.svc = svc
}

// moves are answers of the API in no order that makes sense.
var moves = []struct{ status, additional, paid string }{
	{"New", "None", "0"},
	{"New", "PaidPartial", "50"},
	{"Processing", "None", "99"},
	{"Settled", "None", "99"},
	{"Settled", "PaidOver", "120"},
	{"Settled", "Marked", "0"},
	{"Expired", "None", "0"},
	{"Expired", "PaidPartial", "50"},
	{"Expired", "PaidLate", "99"},
	{"Invalid", "None", "99"},
	{"Invalid", "Marked", "0"},
}
