package web

import (
	"crypto/rand"
	"strings"

	"github.com/labstack/echo/v4"
)

// headers sets, on every answer whatever it is, the headers that the security
// page prints and those beyond it.
func (s *Site) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Strict-Transport-Security", s.cfg.HSTS)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
		h.Set("Permissions-Policy", "geolocation=(), microphone=(), camera=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Reporting-Endpoints", `csp="/csp-report"`)
		nonce := rand.Text()
		c.Set(nonceKey, nonce)
		h.Set("Content-Security-Policy", policy(nonce))
		return next(c)
	}
}

const nonceKey = "nonce"

// policy is the content security policy of an answer: nothing but our own
// files, no script without the nonce of this answer. formHosts are the outside
// origins that a form of the page is redirected to.
func policy(nonce string, formHosts ...string) string {
	return "default-src 'none'; script-src 'nonce-" + nonce + "'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
		"manifest-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; " +
		strings.Join(append([]string{"form-action 'self'"}, formHosts...), " ") + "; report-uri /csp-report; report-to csp"
}

// allowForms names the outside origins to which a form of this page is
// redirected: Chromium refuses a POST that is answered with a redirect to
// anywhere else.
func allowForms(c echo.Context, origins ...string) {
	c.Response().Header().Set("Content-Security-Policy", policy(nonceOf(c), origins...))
}

// nonceOf is what the scripts of this answer carry.
func nonceOf(c echo.Context) string {
	nonce, _ := c.Get(nonceKey).(string)
	return nonce
}
