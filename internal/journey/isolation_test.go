package journey_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// target is whose data a request asks for.
type target struct{ name, firm, entity string }

// targets are all kinds: own, another client, another firm, a client of one in
// the address of another, and what does not exist.
func (w *world) targets() []target {
	none := strings.Repeat("0", 31) + "1"
	return []target{
		{"own", w.firm, w.own},
		{"other_entity", w.firm, w.second},
		{"other_firm", w.other, w.foreign},
		{"foreign_entity_in_own_firm", w.firm, w.foreign},
		{"own_entity_in_other_firm", w.other, w.own},
		{"no_such_entity", w.firm, none},
		{"no_such_firm", none, w.own},
	}
}

// verdict is what the table says of a request.
type verdict string

const (
	let     verdict = "let in"
	nobody  verdict = "401"
	lacking verdict = "403"
	missing verdict = "404"
)

// expected reads the verdict off the table of routes and the table of rights.
func (w *world) expected(who string, r route, at target) verdict {
	switch {
	case r.Permission == "public":
		return let
	case who == "":
		return nobody
	case r.Permission == "operator":
		return missing // nobody here runs the installation
	case r.Permission == "signed-in":
		return let
	}
	entity := strings.Contains(r.Path, "{entity}")
	role, ok := w.roleAt(who, at, entity)
	if !ok {
		return missing
	}
	if !tenant.DefaultRights(role).Allows(permission(r.Permission)) {
		return lacking
	}
	return let
}

// roleAt is the role of somebody on a target; none if there is nothing for them.
func (w *world) roleAt(who string, at target, entity bool) (tenant.Role, bool) {
	switch who {
	case "stranger": // owns the other firm
		return tenant.Owner, at.firm == w.other && (!entity || at.entity == w.foreign)
	case "granted": // a preparer of one client
		return tenant.Preparer, at.firm == w.firm && entity && at.entity == w.second
	case "revoked":
		return "", false
	case "client": // kept to one client of the firm
		return tenant.Client, at.firm == w.firm && (!entity || at.entity == w.own)
	}
	return tenant.Role(who), at.firm == w.firm && (!entity || at.entity == w.own || at.entity == w.second)
}

// permission reads "area:level".
func permission(text string) tenant.Permission {
	area, level, _ := strings.Cut(text, ":")
	a, _ := tenant.ParseArea(area)
	for _, l := range []tenant.Level{tenant.None, tenant.View, tenant.Edit} {
		if l.String() == level {
			return tenant.Need(a, l)
		}
	}
	return tenant.Need(a, tenant.Edit)
}

// probe asks for a target as somebody. What changes something is sent with a
// body of a type that nothing reads: who may, is told so; who may not, is told
// that first.
func (w *world) probe(who string, r route, at target, n int) answer {
	w.t.Helper()
	path := r.anywhere(map[string]string{"firm": at.firm, "entity": at.entity, "year": "2024"})
	header := []string{"X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255), "Accept", "text/html"}
	c := w.people[who]
	header = append(header, "X-Ledgersys-Token", c.token, "Sec-Fetch-Site", "same-origin", "Origin", w.base)
	var body *strings.Reader
	if r.unsafe() {
		header = append(header, "Content-Type", "application/x-nothing-reads-this")
		body = strings.NewReader("x")
		return c.do(r.Method, path, body, header...)
	}
	return c.do(r.Method, path, nil, header...)
}

// is compares an answer with a verdict.
func (v verdict) is(a answer, r route) bool {
	switch v {
	case nobody:
		return a.StatusCode == http.StatusUnauthorized
	case lacking:
		return a.StatusCode == http.StatusForbidden
	case missing:
		return a.StatusCode == http.StatusNotFound
	default: // let in
	}
	if r.unsafe() {
		return a.StatusCode == http.StatusUnsupportedMediaType
	}
	plain := strings.Count(r.Path, "{") == strings.Count(r.Path, "{firm}")+strings.Count(r.Path, "{entity}")
	if plain { // the whole address is real
		return a.StatusCode < http.StatusBadRequest || r.Permission == "public"
	}
	return a.StatusCode != http.StatusUnauthorized && a.StatusCode != http.StatusForbidden && a.StatusCode < http.StatusInternalServerError
}

// skipped are routes that end what the test stands on.
func skippedRoute(r route) bool {
	return r.Path == "/signout" || strings.HasPrefix(r.Path, "/webhooks/") || r.Path == "/csp-report" || strings.HasPrefix(r.Path, "/assets/")
}

// subjects are nobody and everybody.
func (w *world) subjects() []string {
	all := []string{""}
	for _, role := range tenant.Roles() {
		all = append(all, string(role))
	}
	return append(all, "stranger", "granted", "revoked")
}

// TestIsolation: every route, asked by everybody for everything, on both
// databases, answers as the tables say, and what is missing looks the same
// whoever it belongs to.
func TestIsolation(t *testing.T) {
	t.Parallel()
	for _, db := range databases() {
		t.Run(db.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, db.env(t)...)
			n, wrong := 0, 0
			gone := map[bool]string{} // of API and pages, what a 404 says
			for _, r := range allRoutes(t) {
				if skippedRoute(r) {
					continue
				}
				for _, at := range w.targets() {
					if !strings.Contains(r.Path, "{firm}") && at.name != "own" {
						continue
					}
					for _, who := range w.subjects() {
						n++
						want := w.expected(who, r, at)
						got := w.probe(who, r, at, n)
						if !want.is(got, r) {
							wrong++
							t.Errorf("%s %s as %q on %s: %d, the tables say %s: %s", r.Method, r.Path, who, at.name, got.StatusCode, want, last(got.body, 200))
						}
						if want == missing {
							body := neutral(got)
							if gone[r.API] == "" {
								gone[r.API] = body
							}
							if body != gone[r.API] {
								t.Errorf("%s %s as %q on %s: says\n%s\nnot\n%s", r.Method, r.Path, who, at.name, body, gone[r.API])
							}
						}
						for _, needle := range w.needles(who) {
							if want != let && shows(got, needle) {
								t.Errorf("%s %s as %q on %s: shows %q", r.Method, r.Path, who, at.name, needle)
							}
						}
					}
				}
			}
			w.awake()
			t.Logf("%d requests, %d deviations", n, wrong)
		})
	}
}

// neutral is the body of an answer without what differs in every one.
func neutral(a answer) string {
	body := strings.ReplaceAll(a.body, a.Header.Get("X-Request-Id"), "ID")
	body = formToken.ReplaceAllString(body, "")
	body = nonces.ReplaceAllString(body, "")
	return hiddenFields.ReplaceAllString(body, "")
}

// TestKnockOut: with any one of the three layers taken out of the program, the
// others still let nobody see or change what is not theirs.
func TestKnockOut(t *testing.T) {
	t.Parallel()
	for _, layer := range []string{"requireLedgerAuth", "resolveFirm", "resolveEntity"} {
		t.Run(layer, func(t *testing.T) {
			t.Parallel()
			// The world is made by the whole program; then the one without the
			// layer takes its place.
			w := newWorld(t)
			for _, needle := range []string{canary, w.mail("preparer")} { // who may see them does
				if a := w.people["owner"].get("/f/" + w.firm + "/team"); !shows(a, needle) {
					t.Fatalf("the owner does not see %s: %d", needle, a.StatusCode)
				}
			}
			before := w.changes()
			w.stop()
			w.program = knockedOut(t, layer)
			w.run()
			n := 0
			for _, r := range allRoutes(t) {
				if skippedRoute(r) || r.Permission == "public" {
					continue
				}
				for _, at := range w.targets() {
					if !strings.Contains(r.Path, "{firm}") && at.name != "own" {
						continue
					}
					for _, who := range w.subjects() {
						if want := w.expected(who, r, at); want == let {
							continue
						}
						n++
						got := w.attack(who, r, at, n)
						for _, needle := range w.needles(who) {
							if shows(got, needle) {
								t.Errorf("%s %s as %q on %s: %d, shows %q", r.Method, r.Path, who, at.name, got.StatusCode, needle)
							}
						}
					}
				}
			}
			w.stop()
			w.program = ""
			w.run()
			if after := w.changes(); after != before {
				t.Errorf("something was changed: %d, then %d", before, after)
			}
			t.Logf("%d requests", n)
		})
	}
}

// shows finds a needle however it is written.
func shows(a answer, needle string) bool {
	return strings.Contains(strings.ToLower(a.body), strings.ToLower(needle))
}

// needles are what somebody must not see, wherever it stands: the addresses of
// a firm's people, and the names of the firm and its clients.
func (w *world) needles(who string) []string {
	var all []string
	for _, role := range tenant.Roles() {
		if string(role) != who {
			all = append(all, w.mail(string(role)))
		}
	}
	if who == "" || who == "stranger" || who == "revoked" {
		all = append(all, canary)
	}
	if who != "stranger" {
		all = append(all, foreignCanary)
	}
	return all
}

// attack is probe with a body that handlers read.
func (w *world) attack(who string, r route, at target, n int) answer {
	w.t.Helper()
	path := r.anywhere(map[string]string{"firm": at.firm, "entity": at.entity, "year": "2024"})
	c := w.people[who]
	header := []string{
		"X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255), "Accept", "text/html",
		"X-Ledgersys-Token", c.token, "Sec-Fetch-Site", "same-origin", "Origin", w.base,
	}
	switch {
	case !r.unsafe():
		return c.do(r.Method, path, nil, header...)
	case r.API:
		return c.do(r.Method, path, strings.NewReader(`{"name":"taken over"}`), append(header, "Content-Type", "application/json")...)
	}
	return c.do(r.Method, path, strings.NewReader(formOf("name", "taken over", "confirm", "archive", "email", "x@example.org")), append(header, "Content-Type", "application/x-www-form-urlencoded")...)
}

// knockedOut builds the program without a layer.
func knockedOut(t *testing.T, layer string) string {
	t.Helper()
	path := filepath.Join(work, "ledgersys-without-"+layer)
	cmd := exec.Command("go", "build", "-tags", "testclock,knockout", "-ldflags", "-X github.com/ledgersys/ledgersys/internal/web.knocked="+layer, "-o", path, "./cmd/ledgersys")
	cmd.Dir, cmd.Env = root(t), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}
