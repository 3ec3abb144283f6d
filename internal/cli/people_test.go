package cli_test

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
)

// visitor is somebody's browser: cookies and the token of the last page.
type visitor struct {
	t       *testing.T
	base    string
	cookies map[string]string
	token   string
}

func (r *running) visitor() *visitor {
	return &visitor{t: r.t, base: r.base, cookies: make(map[string]string)}
}

var formToken = regexp.MustCompile(`name="_token" value="([^"]+)"`)

// send asks for a page, or sends a form as pairs of name and value.
func (v *visitor) send(method, path string, form ...string) reply {
	v.t.Helper()
	values := make(url.Values)
	for i := 0; i+1 < len(form); i += 2 {
		values.Add(form[i], form[i+1])
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(values.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", v.base)
	}
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	got := ask(v.t, &http.Client{}, r)
	for _, line := range got.header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil {
			v.cookies[c.Name] = c.Value
		}
	}
	if m := formToken.FindStringSubmatch(got.body); m != nil {
		v.token = m[1]
	}
	return got
}

// get asks for a page that must be there.
func (v *visitor) get(path string) reply {
	v.t.Helper()
	got := v.send(http.MethodGet, path)
	if got.status != http.StatusOK {
		v.t.Errorf("GET %s: %d %.300s", path, got.status, got.body)
	}
	return got
}

// post sends a form of the page that was seen last.
func (v *visitor) post(path string, want int, form ...string) reply {
	v.t.Helper()
	got := v.send(http.MethodPost, path, append([]string{"_token", v.token}, form...)...)
	if got.status != want {
		v.t.Errorf("POST %s: %d, not %d: %.600s", path, got.status, want, got.body)
	}
	return got
}

// setUp makes the first owner in the browser.
func (r *running) setUp() *visitor {
	r.t.Helper()
	v := r.visitor()
	if got := v.get("/"); !strings.Contains(got.body, "Welcome to Ledgersys") {
		r.t.Fatalf("the first page: %.300s", got.body)
	}
	v.get("/setup")
	code := strings.Fields(r.lines[1])[3]
	v.post("/setup", http.StatusSeeOther, "code", code, "name", "Ada Example", "email", "ada@example.org", "password", "a quiet ledger in the rain 41", "country", "GB", "currency", "", "timezone", "")
	return v
}

var bookAddress = regexp.MustCompile(`^/f/([0-9a-f]{32})/e/([0-9a-f]{32})$`)

// home returns firm and entity of somebody's only books.
func (v *visitor) home() (firm, book string) {
	v.t.Helper()
	m := bookAddress.FindStringSubmatch(v.send(http.MethodGet, "/").header.Get("Location"))
	if m == nil {
		v.t.Fatal("the first page leads to no books")
	}
	return "/f/" + m[1], m[0]
}

// TestFirmPages: the first owner, a second member who is kept to one client,
// changed and removed; every page of it, without a script.
func TestFirmPages(t *testing.T) {
	t.Parallel()
	svc := start(t, t.TempDir(), []string{anyPort})
	if !regexp.MustCompile(`^First-time setup code: [A-Z0-9]{4}-[A-Z0-9]{4} \(valid 30 min\)$`).MatchString(svc.lines[1]) {
		t.Fatalf("it says %q", svc.lines)
	}
	ada := svc.setUp()
	firm, book := ada.home()
	for _, path := range []string{firm + "/clients", firm + "/clients/ask", firm + "/team", firm + "/team/roles/preparer", firm + "/settings", firm + "/audit", book + "/settings", book + "/sharing", "/firms", "/shares"} {
		ada.get(path)
	}
	ada.get(firm + "/clients")
	client := ada.post(firm+"/clients", http.StatusSeeOther, "name", "Berlin GmbH", "country", "DE").header.Get("Location")
	if got := ada.get(client + "/settings"); !strings.Contains(got.body, `value="EUR"`) || !strings.Contains(got.body, "Europe/Berlin") {
		t.Errorf("settings of a new client: %.500s", got.body)
	}
	if got := ada.post(client+"/settings", http.StatusUnprocessableEntity, "name", "Berlin GmbH", "country", "DE", "currency", "EUR", "timezone", "Europe/Berlin", "method", "lifo", "version", "1", "status", "in review"); !strings.Contains(got.body, "lifo") {
		t.Errorf("a method that the country does not allow: %.300s", got.body)
	}
	ada.post(client+"/settings", http.StatusSeeOther, "name", "Berlin AG", "country", "DE", "currency", "EUR", "timezone", "Europe/Berlin", "method", "fifo", "version", "1", "status", "in review", "due", "2026-05-31")
	if got := ada.get(firm + "/clients?status=in+review"); !strings.Contains(got.body, "Berlin AG") || strings.Contains(got.body, ">Ada Example</a></th>") {
		t.Errorf("the list of one status: %.800s", got.body)
	}
	bob := svc.invited(ada, firm, "bob@example.org", "preparer", client)
	bob.get(client + "/settings")
	if got := bob.send(http.MethodGet, book+"/settings"); got.status != http.StatusNotFound {
		t.Errorf("he opens another client: %d", got.status)
	}
	if got := bob.send(http.MethodGet, firm+"/team"); got.status != http.StatusForbidden {
		t.Errorf("a preparer sees the team: %d", got.status)
	}
	// There is a second member now: the owner needs a second factor first.
	if got := ada.send(http.MethodGet, firm+"/clients"); got.status != http.StatusSeeOther || got.header.Get("Location") != "/account/security" {
		t.Errorf("an owner without a second factor: %d to %s", got.status, got.header.Get("Location"))
	}
	svc.api(t, firm, client, bob)
}

// invited invites somebody and opens their account by the link.
func (r *running) invited(by *visitor, firm, email, role, client string) *visitor {
	r.t.Helper()
	by.get(firm + "/team")
	got := by.post(firm+"/team/invite", http.StatusOK, "email", email, "role", role, "which", "some", "entity", client[strings.LastIndex(client, "/")+1:])
	link := regexp.MustCompile(`http://localhost:\d+(/invitations/[A-Za-z0-9_-]+)`).FindStringSubmatch(got.body)
	if link == nil {
		r.t.Fatalf("no link: %.800s", got.body)
	}
	v := r.visitor()
	if got := v.get(link[1]); !strings.Contains(got.body, "Join Ada Example") {
		r.t.Errorf("the invitation: %.500s", got.body)
	}
	v.post(link[1]+"/join", http.StatusUnprocessableEntity, "name", "Bob", "password", "short")
	v.get(link[1])
	v.post(link[1]+"/join", http.StatusSeeOther, "name", "Bob", "password", "forty two preparers count sats")
	if got := r.visitor().send(http.MethodGet, link[1]); got.status != http.StatusNotFound {
		r.t.Errorf("the link works twice: %d", got.status)
	}
	return v
}

// api does with a token what the pages do, and shows that a change of a role
// ends the sessions of its person.
func (r *running) api(t *testing.T, firm, client string, bob *visitor) {
	t.Helper()
	dir := r.cmd.Dir
	code, token, errs := finished(t, dir, nil, "admin", "token", "--email", "ada@example.org", "--scopes", "read,write,members,admin")
	if code != 0 {
		t.Fatalf("token: %d %s", code, errs)
	}
	call := func(method, path, body string, header ...string) reply {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), method, r.base+"/api/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
		q.Header.Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			q.Header.Set(header[i], header[i+1])
		}
		return ask(t, &http.Client{}, q)
	}
	at := strings.Replace(strings.Replace(client, "/f/", "/firms/", 1), "/e/", "/entities/", 1)
	f := strings.Replace(firm, "/f/", "/firms/", 1)
	var list struct {
		Items []map[string]any `json:"items"`
	}
	got := call(http.MethodGet, f+"/members", "")
	if err := json.Unmarshal([]byte(got.body), &list); err != nil || len(list.Items) != 2 {
		t.Fatalf("members: %d %s", got.status, got.body)
	}
	if got := call(http.MethodGet, at, ""); got.status != http.StatusOK || got.header.Get("ETag") != `"2"` {
		t.Errorf("the client: %d %s %s", got.status, got.header.Get("ETag"), got.body)
	}
	if got := call(http.MethodPatch, at, `{"name":"x"}`, "If-Match", `"1"`); got.status != http.StatusPreconditionFailed {
		t.Errorf("a change of an old version: %d", got.status)
	}
	if got := call(http.MethodPatch, at, `{"due":"","method":"average"}`, "If-Match", `"2"`); got.status != http.StatusOK || !strings.Contains(got.body, `"due":null`) {
		t.Errorf("a change: %d %s", got.status, got.body)
	}
	if got := call(http.MethodPost, f+"/entities", `{"name":"US Inc","country":"US","currency":"USD","timezone":"America/New_York"}`); got.status != http.StatusCreated {
		t.Errorf("a new client: %d %s", got.status, got.body)
	}
	if got := call(http.MethodPut, f+"/roles/preparer", `{"rights":{"records":"view"}}`); got.status != http.StatusNoContent {
		t.Errorf("rights: %d %s", got.status, got.body)
	}
	if got := bob.send(http.MethodGet, client+"/sharing"); got.status != http.StatusForbidden {
		t.Errorf("an area that was taken: %d", got.status)
	}
	for _, m := range list.Items {
		if m["role"] != "preparer" {
			continue
		}
		user, _ := m["user"].(string)
		if got := call(http.MethodPatch, f+"/members/"+user, `{"role":"reviewer"}`); got.status != http.StatusOK {
			t.Errorf("another role: %d %s", got.status, got.body)
		}
		if got := bob.send(http.MethodGet, client+"/settings"); got.status != http.StatusUnauthorized {
			t.Errorf("his session lives on: %d", got.status)
		}
		if got := call(http.MethodDelete, f+"/members/"+user, ""); got.status != http.StatusNoContent {
			t.Errorf("removed: %d %s", got.status, got.body)
		}
	}
}

// TestPasswordsAndSignup: the operator's list of breached passwords is asked by
// five digits of a hash, and where sign-up is closed no invitation opens an
// account.
func TestPasswordsAndSignup(t *testing.T) {
	t.Parallel()
	const breached = "a quiet ledger in the rain 41"
	sum := fmt.Sprintf("%X", sha1.Sum([]byte(breached)))
	var asked atomic.Value
	list := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.Path + " " + r.Header.Get("Add-Padding"))
		fmt.Fprintf(w, "%s:7\r\n", sum[5:])
	}))
	t.Cleanup(list.Close)
	dir := t.TempDir()
	svc := start(t, dir, []string{
		anyPort, "LEDGERSYS_SIGNUP=closed", "LEDGERSYS_BREACH_URL=" + list.URL, "LEDGERSYS_EGRESS_ALLOW=" + strings.TrimPrefix(list.URL, "http://"),
	})
	v := svc.visitor()
	v.get("/setup")
	form := []string{"code", strings.Fields(svc.lines[1])[3], "name", "Ada Example", "email", "ada@example.org", "password", breached, "country", "GB"}
	v.post("/setup", http.StatusUnprocessableEntity, form...)
	if got, want := asked.Load(), "/range/"+sum[:5]+" true"; got != want {
		t.Errorf("asked %v, not %s", got, want)
	}
	form[7] = "another ledger, dry as dust 73"
	v.get("/setup")
	v.post("/setup", http.StatusSeeOther, form...)
	firm, _ := v.home()
	v.get(firm + "/team")
	got := v.post(firm+"/team/invite", http.StatusOK, "email", "bob@example.org", "role", "client")
	link := regexp.MustCompile(`/invitations/[A-Za-z0-9_-]+`).FindString(got.body)
	bob := svc.visitor()
	bob.get(link)
	bob.post(link+"/join", http.StatusForbidden, "password", "forty two preparers count sats")
}

// TestAdmin: the operator's verbs, through the socket and without a service.
func TestAdmin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	password := filepath.Join(dir, "pw")
	if err := os.WriteFile(password, []byte("a quiet ledger in the rain 41\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := finished(t, dir, nil, "admin", "firms"); code != 10 || !strings.Contains(errs, "there are no books") {
		t.Errorf("without books: %d %s", code, errs)
	}
	init := []string{"admin", "init", "--email", "ada@example.org", "--password-file", password, "--country", "GB"}
	code, out, errs := finished(t, dir, nil, init...)
	var made struct{ Firm, Entity string }
	if err := json.Unmarshal([]byte(out), &made); code != 0 || err != nil || len(made.Firm) != 32 || len(made.Entity) != 32 {
		t.Fatalf("init: %d %s %s", code, out, errs)
	}
	if code, _, errs := finished(t, dir, nil, init...); code != 1 || !strings.Contains(errs, "There is an owner already.") {
		t.Errorf("a second owner: %d %s", code, errs)
	}
	svc := start(t, dir, []string{anyPort})
	if len(svc.lines) != 2 {
		t.Errorf("an installation with an owner says %q", svc.lines)
	}
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{0, `^lsys_pat_`, []string{"token", "--email", "ada@example.org", "--scopes", "read"}},
		{1, ``, []string{"token", "--email", "ada@example.org", "--scopes", "everything"}},
		{1, ``, []string{"token", "--email", "eve@example.org", "--scopes", "read"}},
		{2, ``, []string{"token", "--email", "ada@example.org", "--scopes", "read", "--expires", "soon"}},
		{0, `^http://localhost:\d+/reset/`, []string{"reset-link", "--email", "ada@example.org"}},
		{1, ``, []string{"setup-code"}},
		{0, made.Firm, []string{"firms"}},
		{0, `"firms":1`, []string{"users", "--json"}},
		{0, ``, []string{"operator", "--email", "ops@example.org", "--password-file", password}},
		{0, ``, []string{"disable", "--email", "ada@example.org"}},
		{0, ``, []string{"enable", "--email", "ada@example.org"}},
		{0, ``, []string{"unlock", "--email", "ada@example.org"}},
		{0, ``, []string{"sign-out", "--email", "ada@example.org"}},
		{0, ``, []string{"reset-factors", "--email", "ada@example.org"}},
	} {
		code, out, errs := finished(t, dir, nil, append([]string{"admin"}, c.args...)...)
		if code != c.code || !regexp.MustCompile(c.want).MatchString(out) {
			t.Errorf("%v: %d %s%s", c.args, code, out, errs)
		}
		if strings.Contains(out, "example.org") || strings.Contains(out, "Ada") {
			t.Errorf("%v shows whose it is: %s", c.args, out)
		}
	}
	if err := svc.stop(); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := finished(t, dir, nil, "admin", "users"); code != 0 || !strings.Contains(out, "operator") {
		t.Errorf("without a service: %d %s %s", code, out, errs)
	}
}

// TestAdminFromEnvironment: the first owner can be named in the environment.
func TestAdminFromEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	password := filepath.Join(dir, "pw")
	if err := os.WriteFile(password, []byte("a quiet ledger in the rain 41\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{anyPort, "LEDGERSYS_ADMIN_EMAIL=ada@example.org", "LEDGERSYS_ADMIN_PASSWORD_FILE=" + password}
	for range 2 { // the second start finds the owner there
		svc := start(t, dir, env)
		if len(svc.lines) != 2 {
			t.Errorf("it says %q", svc.lines)
		}
		v := svc.visitor()
		v.get("/signin")
		v.post("/signin", http.StatusSeeOther, "email", "ada@example.org", "password", "a quiet ledger in the rain 41")
		v.home()
		if err := svc.stop(); err != nil {
			t.Fatal(err)
		}
	}
}
