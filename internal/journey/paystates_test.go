package journey_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// payState is one state of an invoice: how it comes about, and what a person
// reads then.
type payState struct {
	name, status, label, paid string
	over                      bool // its time is
	refund                    bool // an event says that one was opened
	words                     []string
	acts                      []string
}

var payStates = []payState{
	{name: "waiting", status: "New", label: "None", paid: "0", words: []string{"Waiting for payment.", "left.", "Bitcoin payments cannot be reversed.", payWallet, "Show in sats"}, acts: []string{"Pay on BTCPay page instead"}},
	{name: "partial", status: "New", label: "PaidPartial", paid: "28.5", words: []string{"We received 0.000 300 00 BTC. 0.000 410 53 BTC still due.", "Exchanges often subtract their fee."}},
	{name: "processing", status: "Processing", label: "None", paid: "39", words: []string{"Payment seen. 0 of 1 confirmations. Your plan starts when it is confirmed."}},
	{name: "settled", status: "Settled", label: "None", paid: "39", words: []string{"Paid. Thank you.", "Holder is paid until"}, acts: []string{"Receipt"}},
	{name: "over", status: "Settled", label: "PaidOver", paid: "40.84", words: []string{"You paid 1.84 EUR more. Kept as credit; ask for it back any time."}, acts: []string{"Refund link"}},
	{name: "expired", status: "Expired", label: "None", paid: "0", over: true, words: []string{"This invoice ran out. Nothing was received."}, acts: []string{"New invoice at today's rate"}},
	{name: "expired partial", status: "Expired", label: "PaidPartial", paid: "28.5", over: true, words: []string{"Ran out with 28.50 EUR received. Your money is safe."}, acts: []string{"Pay the rest", "Keep as credit", "Refund link"}},
	{name: "late", status: "Expired", label: "PaidLate", paid: "39", over: true, words: []string{"Arrived late. We are looking at it."}, acts: []string{"Use it for a new invoice at today's rate", "Keep as credit", "Refund link"}},
	{name: "invalid", status: "Invalid", label: "None", paid: "39", words: []string{"The network did not confirm in time."}},
	{name: "marked", status: "Settled", label: "Marked", paid: "0", words: []string{"Paid. Thank you.", "Set by support."}, acts: []string{"Receipt"}},
	{name: "refund", status: "Settled", label: "None", paid: "39", refund: true, words: []string{"A refund is under way."}},
}

// TestPayment: a plan is bought in a browser; every state of an invoice says
// what is so and what can be done, with scripts and without.
func TestPayment(t *testing.T) {
	t.Parallel()
	script := axe(t)
	p := newPayhouse(t)
	in := start(t, p.settings(t)...)
	owner := in.setUp()
	firm, entity := owner.book()
	tb := in.signedIn()
	tb.name = "billing"
	tb.checkLooks("/f/"+firm+"/billing", script)
	tb.write("name", buyerName)
	tb.write("tax_number", strings.ToLower(buyerNumber))
	tb.press("Save")
	tb.sees("It stands on every receipt from now on.")
	in.confirms(tb, owner, firm, script)
	tb.sees("Waiting for payment.")
	bought := tb.path()[strings.LastIndex(tb.path(), "/")+1:]
	ref := owner.refOf(firm, bought)
	p.set(ref, "Settled", "None", "39")
	in.tell("live", "InvoiceSettled", ref)
	tb.sees("Paid. Thank you.") // the page hears it by itself
	tb.shot("heard")

	markedID, markedAt := "", ""
	for _, s := range payStates {
		id, ref := owner.buys(firm, "holder", s.name)
		if s.over {
			p.runOut(ref)
		}
		p.mu.Lock()
		if p.paid = "0"; s.name == "partial" {
			p.paid = "0.0003"
		}
		p.mu.Unlock()
		p.set(ref, s.status, s.label, s.paid)
		in.tell(s.name, "InvoiceCreated", ref)
		if s.refund {
			in.tell(s.name+" back", "InvoiceRefund", ref)
		}
		at := "/f/" + firm + "/billing/invoices/" + id
		var page answer
		in.eventually(s.name, func() bool { page = owner.get(at); return strings.Contains(plain(page.body), s.words[0]) })
		for _, want := range append(s.words, s.acts...) {
			if !strings.Contains(plain(page.body), want) {
				t.Errorf("%s without scripts: no %q", s.name, want)
			}
		}
		if open := s.status == "New" || s.status == "Processing"; open != strings.Contains(page.body, `http-equiv="refresh" content="10"`) {
			t.Errorf("%s: loads itself again: %v", s.name, !open)
		}
		tb.name = "invoice " + s.name
		tb.visit(at)
		shown := plain(tb.text())
		for _, want := range append(s.words, s.acts...) {
			if !strings.Contains(shown, want) {
				t.Errorf("%s in a browser: no %q", s.name, want)
			}
		}
		tb.prepare(script)
		tb.checkAccess(s.name)
		tb.shot(tb.name)
		switch s.name {
		case "waiting":
			tb.inSats(at)
		case "marked":
			markedID, markedAt = id, at
		}
	}
	back := in.refunds(tb, owner, p, firm, script)
	in.operatorLooks(owner, p, firm, back, script)
	in.refunded(tb, p, firm, back)
	in.marked(tb, markedAt, markedID)
	in.wayForward(tb, owner, p, firm)
	tb.name = "receipt"
	tb.checkLooks("/f/"+firm+"/billing/invoices/"+bought+"/receipt", script)
	tb.name = "add payment"
	tb.checkLooks("/f/"+firm+"/e/"+entity+"/payments/"+bought, script)
	tb.write("account", "Ledger Nano")
	tb.press("Check what is added")
	tb.sees("payment-for-receipt-")
	tb.shot("payment-checked")
	tb.size(360, 900)
	tb.visit("/f/" + firm + "/billing")
	tb.checkWidth("billing with invoices", 360)
	tb.size(1440, 900)
	tb.shot("billing-with-invoices")
	in.kept(owner, firm, bought)
	in.sweep(buyerName, buyerNumber, strings.ToLower(buyerNumber), refundTo)
}

// confirms goes through the page that says what is about to be bought: looking
// at it makes nothing.
func (in *instance) confirms(tb *tab, owner *client, firm, script string) {
	in.t.Helper()
	tb.press("Pay with bitcoin")
	tb.sees("Bitcoin payments cannot be reversed.")
	for _, want := range []string{"One year, ", "39.00", "6.50", adaMail, buyerName, buyerNumber} {
		tb.sees(want)
	}
	if n := len(owner.bill(firm).Invoices); n != 0 {
		in.t.Errorf("looking at the terms made %d invoices", n)
	}
	tb.prepare(script)
	tb.checkAccess("confirm")
	tb.shot("confirm")
	tb.press("Make the invoice")
}

// inSats shows an invoice in sats, in the dark and on a narrow screen: the
// address is selected without the gaps in which it is written.
func (tb *tab) inSats(at string) {
	tb.t.Helper()
	tb.visit(at)
	tb.press("Show in sats")
	tb.sees("Show in BTC")
	tb.sees("41053")
	tb.press("Details")
	tb.sees("1 BTC = 95,000.00")
	if got := js[string](tb, `(() => { const s = getSelection(); s.selectAllChildren(document.querySelector(".fours")); return s.toString(); })()`); got != payWallet {
		tb.t.Errorf("selected: %q", got)
	}
	tb.scheme("dark")
	tb.size(360, 900)
	tb.checkWidth("invoice in sats", 360)
	tb.shot("invoice-sats-narrow")
	tb.size(1440, 900)
	tb.scheme("light")
}

// kept checks what can be taken home.
func (in *instance) kept(owner *client, firm, bought string) {
	in.t.Helper()
	ledger := owner.get("/f/" + firm + "/billing/ledger.csv")
	if lines := strings.Count(ledger.body, "\n"); ledger.StatusCode != http.StatusOK || lines < len(payStates)+2 {
		in.t.Errorf("ledger: %d, %d lines", ledger.StatusCode, lines)
	}
	file := owner.get("/f/" + firm + "/billing/invoices/" + bought + "/receipt.html")
	for _, want := range []string{"Kestrel Books Ltd", "GB 123 4567 89", "6.50", "0.000 410 53 BTC", buyerName, buyerNumber} {
		if !strings.Contains(plain(file.body), want) {
			in.t.Errorf("receipt without %q", want)
		}
	}
	if strings.Contains(file.body, payWallet) || strings.Contains(ledger.body, payWallet) {
		in.t.Error("an address is kept")
	}
	if dir := os.Getenv("LEDGERSYS_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "receipt.html"), []byte(file.body), 0o600); err != nil {
			in.t.Error(err)
		}
	}
}

// wayForward uses late money for a new invoice, in the browser.
func (in *instance) wayForward(tb *tab, owner *client, p *payhouse, firm string) {
	in.t.Helper()
	id, ref := owner.buys(firm, "preparer", "rest")
	p.runOut(ref)
	p.set(ref, "Expired", "PaidPartial", "400")
	in.tell("rest", "InvoiceExpiredPaidPartial", ref)
	in.eventually("part came", func() bool {
		return strings.Contains(owner.get("/f/"+firm+"/billing/invoices/"+id).body, "Pay the rest")
	})
	tb.visit("/f/" + firm + "/billing/invoices/" + id)
	tb.press("Pay the rest")
	tb.sees("From your credit")
	tb.shot("confirm-the-rest")
	tb.press("Make the invoice")
	tb.sees("Waiting for payment.")
	tb.shot("pay-the-rest")
	if b := owner.bill(firm); b.Credit != "0" { // the new invoice has it
		in.t.Errorf("credit %s", b.Credit)
	}
}

// signedIn opens a tab in which the owner is signed in.
func (in *instance) signedIn() *tab {
	in.t.Helper()
	tb := in.open()
	tb.visit("/signin")
	tb.write("email", adaMail)
	tb.write("password", adaPass)
	tb.press("Sign in")
	tb.sees("Add your first file")
	return tb
}

// refOf is what BTCPay calls an invoice.
func (c *client) refOf(firm, id string) string {
	c.in.t.Helper()
	for _, i := range c.bill(firm).Invoices {
		if i.ID == id {
			return i.Ref
		}
	}
	c.in.t.Fatalf("no invoice %s", id)
	return ""
}

// plain is a page's text with what HTML writes otherwise.
func plain(page string) string {
	return strings.NewReplacer("&#39;", "'", "\u00a0", " ", "&nbsp;", " ").Replace(page)
}

// TestPaymentYears: bought, reminded, renewed, run out, lapsed and bought
// again, while the clock moves.
func TestPaymentYears(t *testing.T) {
	t.Parallel()
	clock, setting := clockFile(t)
	p := newPayhouse(t)
	p.now = clock.now
	in := start(t, append(p.settings(t), setting)...)
	owner := in.setUp()
	firm, _ := owner.book()
	n := 0
	pay := func() {
		t.Helper()
		n++
		key := strings.Repeat("k", n)
		_, ref := owner.buys(firm, "holder", key)
		p.set(ref, "Settled", "None", "39")
		in.tell(key, "InvoiceSettled", ref)
		in.eventually("paid", func() bool { return owner.bill(firm).State == "active" && p.subjects()["Paid. Thank you"] == n })
	}
	later := func(days int, state string, mails ...string) {
		t.Helper()
		clock.move(t, time.Duration(days)*24*time.Hour)
		owner = in.signIn(adaMail, adaPass) // a session does not last for months
		if got := owner.bill(firm).State; got != state {
			t.Errorf("after %d days: %s, want %s", days, got, state)
		}
		for _, m := range mails {
			in.eventually("a mail: "+m, func() bool { return p.subjects()[m] > 0 })
		}
	}
	pay()
	first := *owner.bill(firm).Until
	toEnd := int(first.Sub(clock.now()).Hours()/24) + 1 // 365, or 366
	later(toEnd-14, "active", "Holder ends in 14 days")
	pay()
	if got := *owner.bill(firm).Until; !got.Equal(first.AddDate(1, 0, 0)) {
		t.Errorf("renewed until %s, not a year after %s", got, first)
	}
	later(382, "grace")
	later(15, "lapsed", "Holder has ended")
	if a := owner.get("/f/" + firm + "/billing"); !strings.Contains(a.body, "Nothing is lost.") {
		t.Errorf("lapsed: %d", a.StatusCode)
	}
	pay()
	if b := owner.bill(firm); b.State != "active" || b.Until.Before(p.now().AddDate(0, 11, 0)) {
		t.Errorf("bought again: %s until %s", b.State, b.Until)
	}
	in.operatorProves(clock, owner, firm)
}
