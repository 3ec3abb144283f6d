package journey_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// database is where an instance keeps its rows.
type database struct {
	name string
	env  func(t *testing.T) []string
}

// databases are both of them.
func databases() []database {
	return []database{
		{"sqlite", func(*testing.T) []string { return nil }},
		{"postgres", func(t *testing.T) []string {
			t.Helper()
			service, owner := testkit.SharedPostgres(t).NewDatabase(t)
			return []string{"LEDGERSYS_DATABASE_URL=" + service, "LEDGERSYS_DATABASE_OWNER_URL=" + owner}
		}},
	}
}

// world is two firms and somebody of every kind.
type world struct {
	*instance
	clock *hour

	firm, own, second string // ada's firm, two of its clients
	other, foreign    string // zoe's firm and its client
	people            map[string]*client
	totp              string // ada's second factor
}

// canary is part of every name and address in ada's firm, foreignCanary of
// those in zoe's: they may be seen by nobody else.
const canary, foreignCanary = "Kestrel", "Osprey"

// mail is the address of somebody of ada's firm.
func (*world) mail(role string) string { return role + "@" + canary + ".example" }

// newWorld makes it, through the doors that people use.
func newWorld(t *testing.T, env ...string) *world {
	t.Helper()
	clock, setting := clockFile(t)
	// Every request comes from an address of its own, so that no limit of rate
	// answers instead.
	in := start(t, append(env, setting, "LEDGERSYS_TRUSTED_PROXIES=127.0.0.1")...)
	w := &world{instance: in, clock: clock, people: make(map[string]*client)}
	ada := in.setUpAs(canary+" and Co", w.mail("owner"))
	w.people["owner"] = ada
	w.firm, w.own = ada.book()
	w.enrol(ada)
	w.second = w.made(ada, "/api/v1/firms/"+w.firm+"/entities", `{"name":"`+canary+` Second","country":"GB"}`)
	for _, role := range tenant.Roles()[1:] {
		var only []string
		if role == tenant.Client {
			only = []string{w.own}
		}
		w.people[string(role)] = w.invite(role, w.mail(string(role)), only)
	}
	for _, name := range []string{"stranger", "granted", "revoked"} {
		w.people[name] = w.invite(tenant.ReadOnly, name+"@example.org", nil)
		w.remove(name + "@example.org")
		w.people[name].again(name + "@example.org")
	}
	zoe := w.people["stranger"]
	w.other = w.made(zoe, "/api/v1/firms", `{"name":"`+foreignCanary+`","country":"DE"}`)
	w.foreign = w.made(zoe, "/api/v1/firms/"+w.other+"/entities", `{"name":"`+foreignCanary+` herself","country":"DE"}`)
	w.people[""] = in.client() // nobody, who has looked at the sign-in
	w.people[""].get("/signin")
	w.grant("granted")
	id := w.grant("revoked")
	if a := w.people["owner"].api(http.MethodDelete, w.grants()+"/"+id, ""); a.StatusCode != http.StatusNoContent {
		t.Fatalf("revoke: %d %s", a.StatusCode, a.body)
	}
	return w
}

var shownKey = regexp.MustCompile(`<code>([A-Z2-7 ]{20,})</code>`)

// enrol gives an owner the second factor that is demanded once the firm has
// other members.
func (w *world) enrol(c *client) {
	w.t.Helper()
	c.get("/account/security")
	a := c.post("/account/totp")
	m := shownKey.FindStringSubmatch(a.body)
	if m == nil {
		w.t.Fatalf("no key for an authenticator: %d %s", a.StatusCode, a.body)
	}
	w.totp = m[1]
	if a := c.post("/account/totp/confirm", "code", w.clock.code(w.t, w.totp)); a.StatusCode != http.StatusOK {
		w.t.Fatalf("second factor: %d %s", a.StatusCode, a.body)
	}
	c.get("/account/security")
}

// api sends a call as a page of ours would.
func (c *client) api(method, path, body string, more ...string) answer {
	c.in.t.Helper()
	header := []string{"X-Ledgersys-Token", c.token, "Sec-Fetch-Site", "same-origin", "Origin", c.in.base, "Accept", "application/json"}
	if body != "" {
		header = append(header, "Content-Type", "application/json")
	}
	return c.do(method, path, strings.NewReader(body), append(header, more...)...)
}

// made makes something over the API and returns its id.
func (w *world) made(c *client, path, body string) string {
	w.t.Helper()
	a := c.api(http.MethodPost, path, body)
	var got struct{ ID string }
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.StatusCode != http.StatusCreated || got.ID == "" {
		w.t.Fatalf("%s: %d %s", path, a.StatusCode, a.body)
	}
	return got.ID
}

// invite invites somebody and lets them join with an account of their own.
func (w *world) invite(role tenant.Role, email string, only []string) *client {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"email": email, "role": role, "entities": only})
	if err != nil {
		w.t.Fatal(err)
	}
	a := w.people["owner"].api(http.MethodPost, "/api/v1/firms/"+w.firm+"/invitations", strings.Replace(string(body), `"entities":null,`, "", 1))
	var got struct{ Link string }
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Link == "" {
		w.t.Fatalf("invite %s: %d %s", email, a.StatusCode, a.body)
	}
	path := got.Link[strings.Index(got.Link, "/invitations/"):]
	c := w.client()
	c.get(path)
	if a := c.post(path+"/join", "name", email, "password", adaPass+email); a.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("join as %s: %d %s", email, a.StatusCode, a.body)
	}
	c.get("/account/security")
	return c
}

// remove takes somebody out of ada's firm.
func (w *world) remove(email string) {
	w.t.Helper()
	ada := w.people["owner"]
	var got struct {
		Items []struct{ User, Email string }
	}
	a := ada.api(http.MethodGet, "/api/v1/firms/"+w.firm+"/members", "")
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		w.t.Fatalf("members: %d %s", a.StatusCode, a.body)
	}
	for _, m := range got.Items {
		if m.Email == email {
			if a := ada.api(http.MethodDelete, "/api/v1/firms/"+w.firm+"/members/"+m.User, ""); a.StatusCode == http.StatusNoContent {
				return
			}
		}
	}
	w.t.Fatalf("%s was not removed", email)
}

// again signs somebody in again, whose sessions ended with their membership.
func (c *client) again(email string) {
	c.in.t.Helper()
	c.cookies, c.token = map[string]string{}, ""
	c.get("/signin")
	if a := c.post("/signin", "email", email, "password", adaPass+email); a.StatusCode != http.StatusSeeOther {
		c.in.t.Fatalf("sign in as %s: %d %s", email, a.StatusCode, a.body)
	}
	c.get("/account/security")
}

func (w *world) grants() string {
	return "/api/v1/firms/" + w.firm + "/entities/" + w.second + "/grants"
}

// grant opens ada's second client to somebody: offered, accepted, confirmed.
func (w *world) grant(name string) (id string) {
	w.t.Helper()
	ada := w.people["owner"]
	id = w.made(ada, w.grants(), `{"email":"`+name+`@example.org","role":"preparer"}`)
	if a := w.people[name].api(http.MethodPost, "/api/v1/grants/"+id+"/accept", "{}"); a.StatusCode != http.StatusOK {
		w.t.Fatalf("accept: %d %s", a.StatusCode, a.body)
	}
	if a := ada.api(http.MethodPost, w.grants()+"/"+id+"/confirm", ""); a.StatusCode != http.StatusOK {
		w.t.Fatalf("confirm: %d %s", a.StatusCode, a.body)
	}
	return id
}

// awake checks that everybody is still signed in: otherwise a test shows nothing.
func (w *world) awake() {
	w.t.Helper()
	for name, c := range w.people {
		if name == "" {
			continue
		}
		if a := c.get("/account/security"); a.StatusCode != http.StatusOK {
			w.t.Fatalf("%s is not signed in any more: %d", name, a.StatusCode)
		}
	}
}
