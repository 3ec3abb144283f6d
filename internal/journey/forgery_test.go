package journey_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// attempt is one way in which another site, or a careless program, may try.
type attempt struct {
	name   string
	fields []string // of the form
	header []string // instead of those of our own page; "" leaves one out
}

// attempts are all of them. token is the right one, other that of another
// session, visitor that of nobody's.
func attempts(base, token, other, visitor string) []attempt {
	return []attempt{
		{"no_token", nil, nil},
		{"wrong_token", []string{"_token", token[1:] + "A"}, nil},
		{"token_of_other_session", []string{"_token", other}, nil},
		{"token_of_no_session", []string{"_token", visitor}, nil},
		{"no_origin_no_referer", []string{"_token", token}, []string{"Origin", ""}},
		{"null_origin", []string{"_token", token}, []string{"Origin", "null"}},
		{"foreign_origin", []string{"_token", token}, []string{"Origin", "https://evil.example"}},
		{"other_port", []string{"_token", token}, []string{"Origin", base + "0"}},
		{"suffix", []string{"_token", token}, []string{"Origin", base + ".evil.example"}},
		{"prefix", []string{"_token", token}, []string{"Origin", strings.Replace(base, "://", "://evil-", 1)}},
		{"metadata_without_token", nil, []string{"Origin", "", "Sec-Fetch-Site", "same-origin"}},
		{"cross_site", []string{"_token", token}, []string{"Sec-Fetch-Site", "cross-site"}},
		{"text_as_json", nil, []string{"Content-Type", "text/plain"}},
		{"method_override", []string{"_token", token}, []string{"X-HTTP-Method-Override", "DELETE"}},
	}
}

// try sends an attempt with the session's cookie.
func (c *client) try(method, path string, a attempt) answer {
	c.in.t.Helper()
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": c.in.base, "Sec-Fetch-Site": "same-origin"}
	for i := 0; i+1 < len(a.header); i += 2 {
		header[a.header[i]] = a.header[i+1]
	}
	var list []string
	for name, value := range header {
		if value != "" {
			list = append(list, name, value)
		}
	}
	body := formOf(a.fields...)
	if header["Content-Type"] == "text/plain" {
		body = `{"name":"x"}`
	}
	return c.do(method, path, strings.NewReader(body), list...)
}

// TestForgeryMatrix: for every route that changes something, whatever another
// site can make a browser send is refused and changes nothing.
func TestForgeryMatrix(t *testing.T) {
	t.Parallel()
	clock, setting := clockFile(t)
	in := start(t, setting)
	owner := in.setUp()
	firm, entity := owner.book()
	owner.get("/account/security")
	second := in.signIn(adaMail, adaPass)
	stranger := in.client()
	stranger.get("/signin")
	before := in.changes()
	tried := 0
	for _, r := range allRoutes(t) {
		if !r.unsafe() || strings.HasPrefix(r.Path, "/webhooks/") || r.Path == "/csp-report" {
			continue
		}
		path := r.anywhere(map[string]string{"firm": firm, "entity": entity})
		if a := owner.get("/account/security"); a.StatusCode != http.StatusOK {
			t.Fatalf("the session has ended: %d", a.StatusCode)
		}
		for i, a := range attempts(in.base, owner.token, second.token, stranger.token) {
			if i%8 == 0 {
				clock.move(t, 61*time.Second) // so that no limit of rate answers instead
			}
			got := owner.try(r.Method, path, a)
			tried++
			want := got.StatusCode == http.StatusForbidden
			if r.API { // a cookie is no credential there; without the page's header nobody asks
				want = got.StatusCode == http.StatusUnauthorized || got.StatusCode == http.StatusForbidden
			}
			if !want {
				t.Errorf("%s %s: %s: %d %s", r.Method, path, a.name, got.StatusCode, last(got.body, 300))
			}
		}
	}
	if after := in.changes(); after != before {
		t.Errorf("something was changed: %d, then %d", before, after)
	}
	if tried < 14*20 {
		t.Errorf("only %d attempts", tried)
	}
	t.Logf("%d attempts", tried)
}

// TestReadsChangeNothing: a GET or HEAD of every route leaves the books as they
// were, save for what reading itself writes down.
func TestReadsChangeNothing(t *testing.T) {
	t.Parallel()
	in := start(t)
	owner := in.setUp()
	firm, entity := owner.book()
	before := in.changes()
	for _, r := range allRoutes(t) {
		if r.unsafe() || strings.Contains(r.Path, "/stream") {
			continue
		}
		owner.do(r.Method, r.anywhere(map[string]string{"firm": firm, "entity": entity}), nil, "Accept", "text/html")
	}
	if after := in.changes(); after != before {
		t.Errorf("something was changed: %d, then %d", before, after)
	}
}

// anywhere fills a path; what has no value gets an id of nothing.
func (r route) anywhere(values map[string]string) string {
	parts := strings.Split(r.Path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			if parts[i] = values[name]; parts[i] == "" {
				parts[i] = strings.Repeat("0", 32)
			}
		}
	}
	return strings.Join(parts, "/")
}

var countLine = regexp.MustCompile(`n=(\d+)`)

// changes is how many changes stand in all chains. To ask is one itself: it is
// an act of the operator.
func (in *instance) changes() int {
	in.t.Helper()
	out, code := in.command("audit", "verify", "--all")
	m := countLine.FindStringSubmatch(out)
	if code != 0 || m == nil {
		in.t.Fatalf("audit verify: exit %d: %s", code, out)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		in.t.Fatal(err)
	}
	in.asked++
	return n - in.asked
}
