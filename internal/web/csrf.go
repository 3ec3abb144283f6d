package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"mime"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
)

// The cookies. The prefix makes browsers insist on Secure, on the path / and
// on this very host.
const (
	sessionName = "__Host-ls_session"
	visitName   = "__Host-ls_visit"   // of somebody who is not signed in; binds form tokens
	themeName   = "__Host-ls_theme"   // light or dark; nothing secret
	amountsName = "__Host-ls_amounts" // whether amounts are hidden; nothing secret
	noticeName  = "__Host-ls_notice"  // what the next page says once
	deviceName  = "__Host-ls_device"  // a device that was signed in from before
	pendingName = "__Host-ls_signin"  // a sign-in between its factors
)

// tokenField and tokenHeader carry the form token.
const (
	tokenField = "_token"
	// #nosec G101 -- names, no credentials
	tokenHeader = "X-Ledgersys-Token"
)

// sessionCookie returns the session's cookie. Two of them are none: one was
// planted.
func sessionCookie(r *http.Request) (keyring.Secret, bool) {
	all := r.CookiesNamed(sessionName)
	if len(all) != 1 || all[0].Value == "" {
		return keyring.Secret{}, false
	}
	return keyring.NewSecret([]byte(all[0].Value)), true
}

// setCookie sets a cookie the way all of ours are; maxAge 0 lasts as long as
// the browser, negative ends it.
func setCookie(c echo.Context, name, value string, maxAge int) {
	c.SetCookie(&http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// fromOurPage reports whether a browser says that one of our own pages asks.
func fromOurPage(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Site") == "same-origin" && r.Header.Get(tokenHeader) != ""
}

// noForgery lets an unsafe request that a cookie may stand behind through only
// if three things agree: it comes from our own origin, it carries the token of
// this very session, and the browser does not say that another site made it.
// Any one of them alone was seen to be passed by.
func (s *Site) noForgery(c echo.Context, row *route) error {
	r := c.Request()
	byCookie := !row.api || callerOf(r.Context()).scopes == nil
	if row.limits.raw || !byCookie {
		return nil
	}
	if safe(r.Method) && !row.api {
		return nil
	}
	if row.api && row.access.kind == byAnyone {
		return nil // nobody stands behind it
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case site != "" && site != "same-origin":
		return forged("cross_site")
	case !safe(r.Method) && !sameOrigin(c):
		return forged("origin")
	case !s.goodToken(c):
		return forged("token")
	}
	return nil
}

// typed refuses bodies of a type that nothing here reads: text that looks like
// JSON is how other sites send it without asking first.
func typed(c echo.Context, row *route) error {
	r := c.Request()
	if safe(r.Method) || row.limits.raw || r.ContentLength == 0 {
		return nil
	}
	is := mediaType(r)
	switch {
	case is == "multipart/form-data", row.api && is == "application/json", !row.api && is == "application/x-www-form-urlencoded":
		return nil
	case row.api && r.Method == http.MethodPatch && is == "application/merge-patch+json":
		return nil
	}
	return statusError{http.StatusUnsupportedMediaType, "media_type", fault.New(fault.Malformed, nil, "This address does not take a body of that type.")}
}

// mediaType is the type of the body without its parameters.
func mediaType(r *http.Request) string {
	is, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return is
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// sameOrigin compares Origin, or the origin of Referer, with ours. Neither is
// a no.
func sameOrigin(c echo.Context) bool {
	r := c.Request()
	if got := r.Header.Get("Origin"); got != "" {
		return got == origin(c)
	}
	u, err := url.Parse(r.Referer())
	return err == nil && u.Scheme != "" && u.Scheme+"://"+u.Host == origin(c)
}

// goodToken checks the token of a header or a form, never of an address. In a
// form with files it is the first field, so that the files can be streamed.
func (s *Site) goodToken(c echo.Context) bool {
	got := c.Request().Header.Get(tokenHeader)
	switch {
	case got != "":
	case mediaType(c.Request()) == "multipart/form-data":
		got = firstField(c, tokenField)
	case mediaType(c.Request()) == "application/x-www-form-urlencoded":
		got = c.Request().PostFormValue(tokenField)
	}
	raw, err := base64.RawURLEncoding.DecodeString(got)
	bind, ok := binding(c.Request())
	return err == nil && ok && hmac.Equal(raw, s.mac("form token", bind))
}

// binding is what a form token belongs to: the session, or the visit of
// somebody who is not signed in.
func binding(r *http.Request) ([]byte, bool) {
	if cookie, ok := sessionCookie(r); ok {
		return append([]byte("session "), cookie.Reveal()...), true
	}
	all := r.CookiesNamed(visitName)
	if len(all) != 1 || all[0].Value == "" {
		return nil, false
	}
	return []byte("visit " + all[0].Value), true
}

// formToken returns the token for the forms of a page; a visitor without any
// cookie gets one to bind it to.
func (s *Site) formToken(c echo.Context) string {
	bind, ok := binding(c.Request())
	if !ok {
		visit := rand.Text()
		setCookie(c, visitName, visit, 0)
		c.Request().AddCookie(&http.Cookie{Name: visitName, Value: visit})
		bind = []byte("visit " + visit)
	}
	return base64.RawURLEncoding.EncodeToString(s.mac("form token", bind))
}

// mac signs data for one purpose.
func (s *Site) mac(purpose string, data []byte) []byte {
	key := hmac.New(sha256.New, s.cfg.Key.Reveal())
	key.Write([]byte("web " + purpose))
	m := hmac.New(sha256.New, key.Sum(nil))
	m.Write(data)
	return m.Sum(nil)
}

// forged refuses a request that another site may have made.
func forged(why string) error {
	return fault.Coded(fault.Denied, "forgery_"+why, nil, "This form is not from this page any more. Load the page again and repeat what you did.")
}

// reports takes what browsers say about our content policy.
func (s *Site) reports(r *router) {
	r.post("/csp-report", anyone(), func(c echo.Context) error {
		s.cfg.Log.Warn("content policy report", slog.String("event", "csp_report"), slog.String("request_id", requestID(c)))
		return c.NoContent(http.StatusNoContent)
	}, signed(), costly())
}
