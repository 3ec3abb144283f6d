package journey_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	opsMail = "ops@example.org"
	opsPass = "quiet-harbour-lends-5-oars"

	buyerName   = "Wren and Daughters"
	buyerNumber = "DE123456788"
)

// operator makes an account that runs the installation and signs it in.
func (in *instance) operator() *client {
	in.t.Helper()
	file := filepath.Join(in.t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(opsPass), 0o600); err != nil {
		in.t.Fatal(err)
	}
	if out, code := in.command("admin", "operator", "--email", opsMail, "--password-file", file); code != 0 {
		in.t.Fatalf("operator: exit %d: %s", code, out)
	}
	return in.signIn(opsMail, opsPass)
}

// operatorLooks goes through the operator's pages of payments in a browser:
// they are where the operator lands, show every odd state, and do what the
// verbs do. back is an invoice whose refund is under way.
func (in *instance) operatorLooks(owner *client, p *payhouse, firm, back, script string) {
	in.t.Helper()
	quiet, quietRef := owner.buys(firm, "holder", "quiet")
	tb := in.open()
	tb.as(in.operator())
	tb.visit("/")
	tb.sees("What firms have bought")
	if tb.path() != "/admin/billing" {
		in.t.Errorf("the operator lands at %s", tb.path())
	}
	for _, want := range []string{"! refund wanted", "! arrived late", "! paid in part", "✓ paid, with credit", "! not confirmed", "marked by hand", "Subscriptions"} {
		tb.sees(want)
	}
	if strings.Contains(tb.text(), "Ada Example") || strings.Contains(tb.text(), adaMail) || strings.Contains(tb.text(), buyerName) {
		in.t.Error("the operator sees who a firm is")
	}
	tb.name = "operator payments"
	tb.checkLooks("/admin/billing", script)
	tb.name = "operator invoice"
	tb.checkLooks("/admin/billing/invoices/"+back, script)
	tb.sees("The firm was sent its link")
	tb.press("Note the refund")
	tb.write("confirm", "refunded")
	tb.shot("operator-refund")
	tb.do(chromedp.Click(chromedp.CSS("form[data-confirm=refunded] .btn.danger")))
	tb.sees("Noted. The firm is told by mail.")
	tb.sees("Dealt with")
	p.set(quietRef, "Settled", "None", "39") // and no delivery tells
	tb.visit("/admin/billing/invoices/" + quiet)
	tb.press("Ask the payment server again")
	tb.sees("The payment server says: paid.")
	tb.visit("/admin/billing")
	tb.press("Ask about all of them now")
	tb.sees("Asked about ")
	tb.shot("operator-asked")
}

// operatorProves notes a refund without scripts: whoever has not proven for a
// while who it is is asked first, the form sent twice acts once, and all of it
// stands in the log.
func (in *instance) operatorProves(clock *hour, owner *client, firm string) {
	in.t.Helper()
	ops := in.operator()
	paid := owner.bill(firm).Invoices[0].ID
	at := "/admin/billing/invoices/" + paid
	for path, want := range map[string]int{"/f/" + firm + "/billing": http.StatusNotFound, at: http.StatusOK, "/admin/billing": http.StatusOK} {
		if a := ops.get(path); a.StatusCode != want {
			in.t.Errorf("the operator at %s: %d", path, a.StatusCode)
		}
	}
	in.billingRoutes(map[string]*client{"nobody": in.client(), "owner": owner, "operator": ops}, firm)
	clock.move(in.t, 16*time.Minute)
	if a := ops.post(at+"/refunded", "confirm", "refunded", "_once", "one"); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), "/account/confirm") {
		in.t.Errorf("a refund noted without proof: %d to %s", a.StatusCode, a.Header.Get("Location"))
	}
	if a := ops.post("/account/confirm", "password", opsPass, "next", at); a.StatusCode != http.StatusSeeOther {
		in.t.Fatalf("confirm: %d %s", a.StatusCode, a.body)
	}
	ops.get(at)
	for range 2 {
		if a := ops.post(at+"/refunded", "confirm", "refunded", "_once", "one"); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != at {
			in.t.Errorf("noted: %d to %s: %s", a.StatusCode, a.Header.Get("Location"), last(a.body, 300))
		}
	}
	if a := ops.post(at+"/refunded", "confirm", "refunded", "_once", "two"); a.StatusCode != http.StatusConflict {
		in.t.Errorf("noted by another form: %d", a.StatusCode)
	}
	if got := owner.bill(firm); got.State != "grace" || got.Invoices[0].State != "refund" {
		in.t.Errorf("after the refund: %s, %s", got.State, got.Invoices[0].State)
	}
	log := owner.get("/f/" + firm + "/audit?show=people")
	if !strings.Contains(log.body, "refund noted") {
		in.t.Errorf("the firm's log does not say that its refund was noted: %d", log.StatusCode)
	}
	if out, code := in.command("audit", "verify"); code != 0 {
		in.t.Errorf("audit: exit %d, %s", code, out)
	}
}

// billingRoutes asks for every route about payments as somebody of each kind:
// the table says who may use it.
func (in *instance) billingRoutes(people map[string]*client, firm string) {
	in.t.Helper()
	out, code := in.command("routes", "--json")
	var all []route
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != 0 {
		in.t.Fatalf("routes: exit %d, %v", code, err)
	}
	operators, firms := 0, 0
	for _, r := range all {
		admin := strings.HasPrefix(r.Path, "/admin/billing")
		ours := strings.HasPrefix(r.Path, "/f/{firm}/billing")
		switch {
		case admin:
			operators++
		case ours:
			firms++
		default:
			continue
		}
		if admin != (r.Permission == "operator") || ours != strings.HasPrefix(r.Permission, "billing:") {
			in.t.Errorf("%s %s: %s", r.Method, r.Path, r.Permission)
		}
		for who, c := range people {
			want := let
			switch {
			case who == "nobody":
				want = nobody
			case admin != (who == "operator"):
				want = missing
			}
			header := []string{"Accept", "text/html", "X-Ledgersys-Token", c.token, "Sec-Fetch-Site", "same-origin", "Origin", in.base}
			if r.unsafe() {
				header = append(header, "Content-Type", "application/x-nothing-reads-this")
			}
			if strings.HasSuffix(r.Path, "/live") && want == let {
				continue // it ends when the invoice changes
			}
			if a := c.do(r.Method, r.anywhere(map[string]string{"firm": firm}), strings.NewReader("x"), header...); !want.is(a, r) {
				in.t.Errorf("%s %s as %s: %d, the table says %s", r.Method, r.Path, who, a.StatusCode, want)
			}
		}
	}
	if operators < 5 || firms < 8 {
		in.t.Errorf("%d routes of operators, %d of firms", operators, firms)
	}
}
