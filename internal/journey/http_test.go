package journey_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// promised are the headers of every answer, byte for byte.
var promised = map[string]string{
	"Strict-Transport-Security":    "max-age=31536000; includeSubDomains",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "strict-origin-when-cross-origin",
	"Permissions-Policy":           "geolocation=(), microphone=(), camera=(), payment=(), usb=()",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

var policy = regexp.MustCompile(`^default-src 'none'; script-src 'nonce-[A-Z2-7]{26}'; style-src 'self'; .*object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'[^;]*; report-uri /csp-report; report-to csp$`)

// checkHeaders compares an answer with what is promised.
func checkHeaders(t *testing.T, what string, a answer) {
	t.Helper()
	for name, want := range promised {
		if got := a.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %d: %s is %q", what, a.StatusCode, name, got)
		}
	}
	csp := a.Header.Get("Content-Security-Policy")
	if !policy.MatchString(csp) || strings.Contains(csp, "unsafe") {
		t.Errorf("%s: policy %q", what, csp)
	}
	if a.Header.Get("Server") != "" {
		t.Errorf("%s: says what it is: %s", what, a.Header.Get("Server"))
	}
	if ct := a.Header.Get("Content-Type"); strings.HasPrefix(ct, "text/") && !strings.Contains(strings.ToLower(ct), "charset=utf-8") {
		t.Errorf("%s: type %q names no charset", what, ct)
	}
	if a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%s: other sites may read it", what)
	}
	for _, ck := range a.Cookies() {
		if !strings.HasPrefix(ck.Name, "__Host-ls_") || !ck.Secure || !ck.HttpOnly || ck.SameSite != http.SameSiteLaxMode || ck.Path != "/" || ck.Domain != "" {
			t.Errorf("%s: cookie %s", what, ck.Raw)
		}
	}
}

// TestHeaderCrawl: every route, asked rightly and wrongly, by every method,
// answers with every header.
func TestHeaderCrawl(t *testing.T) {
	t.Parallel()
	in := start(t)
	c := in.client()
	for _, r := range allRoutes(t) {
		path := r.Path
		for _, part := range strings.Split(path, "/") {
			if strings.HasPrefix(part, "{") {
				path = strings.Replace(path, part, strings.Repeat("0", 32), 1)
			}
		}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
			for _, accept := range []string{"text/html", "application/json"} {
				a := c.do(method, path, nil, "Accept", accept)
				checkHeaders(t, method+" "+path, a)
				if a.StatusCode >= 500 {
					t.Errorf("%s %s: %d", method, path, a.StatusCode)
				}
			}
		}
		checkHeaders(t, "other host "+path, c.do(r.Method, path, nil, "Host", "evil.example"))
	}
}
