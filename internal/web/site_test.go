package web_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web"
)

// crowd is everybody that these tests know: sessions and tokens by their
// value, and what is where.
type crowd struct {
	runs     tenant.UserID // the operator
	sessions map[string]tenant.UserID
	tokens   map[string]tenant.UserID
	scopes   []string
	members  map[tenant.UserID][]tenant.Membership
	homes    map[tenant.EntityID]tenant.FirmID
	burned   []string
}

var errNobody = fault.New(fault.Unauthenticated, nil, "Sign in again.")

func (w *crowd) Session(_ context.Context, cookie keyring.Secret, from web.Peer) (tenant.Identity, error) {
	user, ok := w.sessions[string(cookie.Reveal())]
	if !ok {
		return tenant.Identity{}, errNobody
	}
	return tenant.Authenticated(tenant.Actor{Via: tenant.ViaSession, User: user, Address: from.Address}), nil
}

func (w *crowd) Token(_ context.Context, token keyring.Secret, _ web.Peer) (tenant.Identity, []string, error) {
	user, ok := w.tokens[string(token.Reveal())]
	if !ok {
		return tenant.Identity{}, nil, errNobody
	}
	return tenant.Authenticated(tenant.Actor{Via: tenant.ViaToken, User: user}), w.scopes, nil
}

func (w *crowd) Burn(_ context.Context, cookie, token keyring.Secret, _ web.Peer) error {
	w.burned = append(w.burned, string(cookie.Reveal())+string(token.Reveal()))
	return nil
}

func (w *crowd) Operator(_ context.Context, id tenant.Identity) (bool, error) {
	return !w.runs.IsZero() && id.Actor().User == w.runs, nil
}

func (w *crowd) Membership(_ context.Context, id tenant.Identity, firm tenant.FirmID) (tenant.Membership, error) {
	for _, m := range w.members[id.Actor().User] {
		if m.Firm == firm {
			return m, nil
		}
	}
	return tenant.Membership{}, fault.New(fault.NotFound, nil, "gone")
}

func (w *crowd) HasEntity(_ context.Context, s tenant.Scope, e tenant.EntityID) error {
	if w.homes[e] != s.Firm() {
		return fault.New(fault.NotFound, nil, "gone")
	}
	return nil
}

// site is a site under test with its log.
type site struct {
	*web.Site
	log *bytes.Buffer
}

func newSite(t *testing.T, cfg web.Config, who *crowd, more func(*web.Router)) site {
	t.Helper()
	var log bytes.Buffer
	cfg.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if cfg.Clock == nil {
		cfg.Clock = clock.Fixed(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC))
	}
	cfg.Key = keyring.NewSecret(bytes.Repeat([]byte{7}, 32))
	if who != nil {
		cfg.People, cfg.Memberships, cfg.Entities = who, who, who
	}
	s, err := web.NewWith(cfg, more)
	if err != nil {
		t.Fatal(err)
	}
	return site{s, &log}
}

// ask sends a request as a browser on this machine would.
func (s site) ask(method, target string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost:8080"+target, body)
	r.RemoteAddr = "127.0.0.1:40000"
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		} else {
			r.Header.Add(header[i], header[i+1])
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

var promised = map[string]string{
	"Strict-Transport-Security":    "max-age=31536000; includeSubDomains",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "strict-origin-when-cross-origin",
	"Permissions-Policy":           "geolocation=(), microphone=(), camera=(), payment=(), usb=()",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

var policyForm = regexp.MustCompile(`^default-src 'none'; script-src 'nonce-([A-Z2-7]{26})'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; ` +
	`manifest-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; report-uri /csp-report; report-to csp$`)

// checkHeaders compares an answer with the headers that are promised.
func checkHeaders(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	for name, want := range promised {
		if got := w.Header().Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%d: %s is %q", w.Code, name, got)
		}
	}
	if got := w.Header().Get("Content-Security-Policy"); !policyForm.MatchString(got) {
		t.Errorf("policy %q", got)
	}
	if w.Header().Get("Server") != "" || w.Header().Get("X-Request-Id") == "" {
		t.Errorf("server %q, request id %q", w.Header().Get("Server"), w.Header().Get("X-Request-Id"))
	}
	if ct := w.Header().Get("Content-Type"); strings.HasPrefix(ct, "text/") && !strings.Contains(strings.ToLower(ct), "charset=utf-8") {
		t.Errorf("type %q names no charset", ct)
	}
}

// TestHeaders: every answer has every header, whatever it is.
func TestHeaders(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://books.example")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, web.Config{BaseURL: base, MaxBody: 100}, nil, func(r *web.Router) {
		r.Panics("/panic", "secret of a panic")
		r.Add(http.MethodGet, "/mine", web.SignedIn())
	})
	for _, tt := range []struct {
		name, method, target string
		status               int
		header               []string
	}{
		{"ok", "GET", "/livez", 200, nil},
		{"head", "HEAD", "/livez", 200, nil},
		{"asset", "GET", "/assets/x/app.css", 200, nil},
		{"page", "GET", "/docs/api", 200, nil},
		{"nothing_there", "GET", "/nope", 404, nil},
		{"no_asset", "GET", "/assets/x/..%2fapp.css", 404, nil},
		{"other_method", "DELETE", "/livez", 405, nil},
		{"trace", "TRACE", "/livez", 405, nil},
		{"nobody", "GET", "/mine", 401, nil},
		{"panic", "GET", "/panic", 500, nil},
		{"other_host", "GET", "/livez", 421, []string{"Host", "evil.example"}},
		{"in_clear", "GET", "/livez?x=1", 308, []string{"Host", "books.example"}},
		{"override", "POST", "/csp-report", 403, []string{"X-HTTP-Method-Override", "DELETE"}},
		{"page_of_error", "GET", "/nope", 404, []string{"Accept", "text/html"}},
	} {
		w := s.ask(tt.method, tt.target, nil, tt.header...)
		if w.Code != tt.status {
			t.Errorf("%s: %d, want %d: %s", tt.name, w.Code, tt.status, w.Body)
		}
		checkHeaders(t, w)
	}
	if strings.Contains(s.log.String(), "secret of") {
		t.Error("the value of a panic is in the log")
	}
	first, second := s.ask("GET", "/livez", nil), s.ask("GET", "/livez", nil)
	if a, b := first.Header().Get("Content-Security-Policy"), second.Header().Get("Content-Security-Policy"); a == b {
		t.Error("two answers have the same nonce")
	}
}

// TestRoutes: a route that does not say who may use it, or says it wrongly,
// stops the start.
func TestRoutes(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]func(*web.Router){
		"no_permission":          func(r *web.Router) { r.Add("GET", "/x", web.Access{}) },
		"firm_for_anyone":        func(r *web.Router) { r.Add("GET", "/f/:firm/x", web.Anyone()) },
		"firm_for_signed":        func(r *web.Router) { r.Add("GET", "/f/:firm/x", web.SignedIn()) },
		"firm_for_operators":     func(r *web.Router) { r.Add("GET", "/f/:firm/x", web.Operators()) },
		"permission_of_no_firm":  func(r *web.Router) { r.Add("GET", "/x", web.Need(tenant.Records, tenant.View)) },
		"entity_without_firm":    func(r *web.Router) { r.Add("GET", "/e/:entity", web.SignedIn()) },
		"twice":                  func(r *web.Router) { r.Add("GET", "/livez", web.Anyone()) },
		"operation_not_below_it": func(r *web.Router) { r.Call("POST", "/x", web.SignedIn(), nil) },
	} {
		cfg := web.Config{Log: slog.New(slog.DiscardHandler), Clock: clock.Fixed(time.Unix(0, 0)), Key: keyring.NewSecret(make([]byte, 32))}
		if _, err := web.NewWith(cfg, more); err == nil {
			t.Errorf("%s: registered", name)
		}
	}
	s := newSite(t, web.Config{}, nil, func(r *web.Router) {
		r.Add("GET", "/f/:firm/e/:entity/lots", web.Need(tenant.Records, tenant.View))
	})
	for _, r := range s.Routes() {
		if r.Path == "/f/{firm}/e/{entity}/lots" && (r.Permission != "records:view" || strings.Join(r.Layers, " ") != "requireLedgerAuth resolveFirm resolveEntity") {
			t.Errorf("listed as %+v", r)
		}
	}
}
