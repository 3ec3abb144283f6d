package journey_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// offers puts another plan on sale.
func (p *payhouse) offers(settings []string, plan, price string) {
	p.t.Helper()
	path, ok := strings.CutPrefix(settings[0], "LEDGERSYS_CONFIG=")
	before, err := os.ReadFile(path)
	if err != nil || !ok {
		p.t.Fatal(path, err)
	}
	more := fmt.Sprintf("[[plan]]\nid = %q\nprice = %q\ncurrency = \"EUR\"\nperiod = \"year\"\n", plan, price)
	if err := os.WriteFile(path, append(before, more...), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// pays buys a plan and waits until it is there.
func (c *client) pays(p *payhouse, firm, plan, price string) {
	c.in.t.Helper()
	_, ref := c.buys(firm, plan, plan)
	p.set(ref, "Settled", "None", price)
	c.in.tell(plan, "InvoiceSettled", ref)
	c.in.eventually(plan+" is paid", func() bool { b := c.bill(firm); return b.Plan == plan && b.State == "active" })
}

// TestPlans: what a plan allows is refused without it, by the API and by pages
// that lead to the plans, is there once it is paid, and rests when it has
// ended, while all that was made stays.
func TestPlans(t *testing.T) {
	t.Parallel()
	clock, setting := clockFile(t)
	sim := exchangesim.VALR(t, exchangesim.NewTrades(20260101, 4, "ZAR"), clock.now)
	p := newPayhouse(t)
	p.now = clock.now
	settings := append(p.settings(t), setting, "LEDGERSYS_EXCHANGE_VALR_URL="+sim.URL())
	p.offers(settings, "enterprise", "990")
	for i, s := range settings {
		if strings.HasPrefix(s, "LEDGERSYS_EGRESS_ALLOW=") {
			settings[i] = s + "," + sim.Place()
		}
	}
	in := start(t, settings...)
	owner := in.setUp()
	firm, entity := owner.book()
	home := "/api/v1/firms/" + firm
	n := 0
	asks := func(what, method, path, body string, want int) answer {
		t.Helper()
		n++
		a := owner.api(method, path, body, "X-Forwarded-For", fmt.Sprintf("10.7.0.%d", n))
		if a.StatusCode != want || want == http.StatusPaymentRequired && !strings.Contains(a.body, `"code":"plan_required"`) {
			t.Errorf("%s: %d, want %d: %s", what, a.StatusCode, want, a.body)
		}
		return a
	}
	invite := func(who, want int) {
		t.Helper()
		asks(fmt.Sprint("invitation ", who), http.MethodPost, home+"/invitations", fmt.Sprintf(`{"email":"m%d@example.org"}`, who), want)
	}
	const role = `{"rights":{"records":"view"}}`
	later := func(days int) {
		t.Helper()
		clock.move(t, time.Duration(days)*24*time.Hour)
		owner = in.signIn(adaMail, adaPass)
	}
	grants := home + "/entities/" + entity + "/grants"

	asks("a second entity", http.MethodPost, home+"/entities", `{"name":"Second","country":"GB"}`, http.StatusPaymentRequired)
	asks("an offer", http.MethodPost, grants, `{"email":"pat@example.org"}`, http.StatusPaymentRequired)
	asks("a request", http.MethodPost, home+"/requests", `{"email":"pat@example.org"}`, http.StatusPaymentRequired)
	asks("a role", http.MethodPut, home+"/roles/preparer", role, http.StatusPaymentRequired)
	for who := range 4 {
		invite(who, http.StatusCreated)
	}
	invite(4, http.StatusPaymentRequired)
	levels := []string{}
	for _, area := range tenant.Areas() {
		levels = append(levels, area.String(), "view")
	}
	for path, fields := range map[string][]string{
		"/f/" + firm + "/clients":                        {"name", "Second", "country", "GB"},
		"/f/" + firm + "/clients/ask":                    {"email", "pat@example.org", "role", "preparer", "days", "90"},
		"/f/" + firm + "/e/" + entity + "/sharing/offer": {"email", "pat@example.org", "role", "preparer", "days", "90"},
		"/f/" + firm + "/team/invite":                    {"email", "m4@example.org", "role", "preparer"},
		"/f/" + firm + "/team/roles/preparer":            levels,
	} {
		a := owner.post(path, fields...)
		if a.StatusCode != http.StatusPaymentRequired || !strings.Contains(a.body, "Not in your plan") || !strings.Contains(a.body, `href="/f/`+firm+`/billing"`) {
			t.Errorf("the page of %s: %d %s", path, a.StatusCode, last(a.body, 800))
		}
	}

	owner.pays(p, firm, "preparer", "490")
	asks("a second entity", http.MethodPost, home+"/entities", `{"name":"Second","country":"GB"}`, http.StatusCreated)
	asks("an offer", http.MethodPost, grants, `{"email":"pat@example.org"}`, http.StatusCreated)
	asks("a request", http.MethodPost, home+"/requests", `{"email":"pat@example.org"}`, http.StatusCreated)
	asks("a role", http.MethodPut, home+"/roles/preparer", role, http.StatusPaymentRequired)
	invite(4, http.StatusPaymentRequired)
	owner.pays(p, firm, "enterprise", "990")
	asks("a role", http.MethodPut, home+"/roles/preparer", role, http.StatusNoContent)
	invite(4, http.StatusCreated)
	linked := asks("a link that fetches by itself", http.MethodPost, home+"/entities/"+entity+"/connections",
		fmt.Sprintf(`{"exchange":"valr","label":"Main","schedule":"daily","api_key":%q,"api_secret":%q}`, sim.Key.ID, sim.Key.Secret), http.StatusCreated)

	later(400) // 366 days and 14 of grace
	asks("a third entity", http.MethodPost, home+"/entities", `{"name":"Third","country":"GB"}`, http.StatusPaymentRequired)
	if a := owner.get("/f/" + firm + "/clients"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "Second") {
		t.Errorf("the second entity after the plan: %d", a.StatusCode)
	}
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(linked.body), &made); err != nil {
		t.Fatal(err)
	}
	link := "/f/" + firm + "/e/" + entity + "/connections/" + made.ID
	if a := owner.get(link); !strings.Contains(a.body, "Scheduled fetching is part of the Holder plan; fetch by hand any time.") || strings.Contains(a.body, "Next on") {
		t.Errorf("%s: %d %s", link, a.StatusCode, last(a.body, 2000))
	}
}
