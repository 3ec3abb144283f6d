package web

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
)

// How long the cookies of accounts last, in seconds. The session itself ends
// in the store, whatever the browser keeps.
const (
	pendingAge = 15 * 60
	deviceAge  = 400 * 24 * 3600
)

// signInPages let people in and out.
type signInPages struct {
	*Site
	accounts accounts
}

func (p *signInPages) routes(r *router) {
	r.get("/signin", anyone(), p.form)
	r.post("/signin", anyone(), p.signIn, costly())
	r.post("/signin/passkey/begin", anyone(), p.askPasskey, costly())
	r.post("/signin/passkey", anyone(), p.passkey, costly())
	r.get("/signin/second", anyone(), p.secondForm)
	r.post("/signin/second", anyone(), p.second, costly())
	r.post("/signin/second/mail", anyone(), p.sendCode, costly())
	r.post("/signin/second/passkey/begin", anyone(), p.askPasskey, costly())
	r.post("/signin/second/passkey", anyone(), p.passkey, costly())
	r.post("/signout", signedIn(), p.signOut)
}

// form serves GET /signin.
func (p *signInPages) form(c echo.Context) error {
	if identityOf(c.Request().Context()).Known() {
		return see(c, "/")
	}
	return p.signInForm(c, http.StatusOK, signInView{Next: local(c.QueryParam("next"))})
}

// signInForm shows the form, also in place of a page that needs a session.
func (s *Site) signInForm(c echo.Context, status int, v signInView) error {
	v.Token, v.Register, v.Mail = s.formToken(c), s.cfg.Accounts.Registering(), s.cfg.Accounts.Mailing()
	return s.sheet(c, status, "Sign in", signInSheet(v))
}

// signIn serves POST /signin.
func (p *signInPages) signIn(c echo.Context) error {
	email, next := value(c, "email"), local(value(c, "next"))
	opened, err := p.accounts.SignIn(c.Request().Context(), email, secretOf(c, "password"), cookieOf(c.Request(), deviceName), peerOf(c))
	if err != nil {
		e, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.signInForm(c, e.code(), signInView{Email: email, Next: next, Errors: e})
	}
	p.take(c, opened)
	if !opened.Pending.Empty() {
		return see(c, "/signin/second?next="+escaped(next))
	}
	return see(c, next)
}

// secondForm serves GET /signin/second.
func (p *signInPages) secondForm(c echo.Context) error {
	return p.secondPage(c, http.StatusOK, c.QueryParam("by"), formErrors{})
}

// secondPage shows one of the ways that the account has; the first of them
// unless the person chose another.
func (p *signInPages) secondPage(c echo.Context, status int, by string, e formErrors) error {
	pending := cookieOf(c.Request(), pendingName)
	factors, err := p.accounts.Factors(c.Request().Context(), pending)
	if pending.Empty() || fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.NotFound) {
		setCookie(c, pendingName, "", -1)
		return p.signInForm(c, http.StatusUnauthorized, signInView{Reason: "That sign-in has run out. Start again."})
	}
	if err != nil {
		return err
	}
	has := func(f session.Factor) bool { return slices.Contains(factors, f) }
	v := secondView{
		Token: p.formToken(c), TOTP: has(session.ByTOTP), Passkey: has(session.ByPasskey), Recovery: has(session.ByRecovery), Mail: has(session.ByMail),
		Method: by, Sent: c.QueryParam("sent"), Next: local(firstOf(c.QueryParam("next"), value(c, "next"))), Errors: e,
	}
	if !has(session.Factor(by)) && len(factors) > 0 {
		v.Method = string(factors[0])
	}
	return p.sheet(c, status, "Second step", secondSheet(v))
}

// second serves POST /signin/second.
func (p *signInPages) second(c echo.Context) error {
	by := value(c, "method")
	opened, err := p.accounts.Second(c.Request().Context(), cookieOf(c.Request(), pendingName), session.Factor(by), secretOf(c, "code"), peerOf(c))
	if err != nil {
		e, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.secondPage(c, e.code(), by, e)
	}
	p.take(c, opened)
	return see(c, value(c, "next"))
}

// sendCode serves POST /signin/second/mail.
func (p *signInPages) sendCode(c echo.Context) error {
	if err := p.accounts.SendCode(c.Request().Context(), cookieOf(c.Request(), pendingName), peerOf(c)); err != nil {
		e, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.secondPage(c, e.code(), string(session.ByMail), e)
	}
	return see(c, "/signin/second?by=mail&sent=yes&next="+escaped(value(c, "next")))
}

// askPasskey begins a sign-in by passkey: for a script of ours.
func (p *signInPages) askPasskey(c echo.Context) error {
	ch, err := p.accounts.AskPasskey(c.Request().Context(), p.waiting(c))
	return challenge(c, ch, err)
}

// passkey ends it.
func (p *signInPages) passkey(c echo.Context) error {
	opened, err := p.accounts.Passkey(c.Request().Context(), p.waiting(c), value(c, "state"), []byte(value(c, "credential")), peerOf(c))
	if err != nil {
		return err
	}
	p.take(c, opened)
	return proven(c, value(c, "next"))
}

// waiting is the sign-in that a passkey finishes; at the sign-in form itself
// there is none, whatever an older cookie says.
func (*signInPages) waiting(c echo.Context) keyring.Secret {
	if c.Path() == "/signin/second/passkey" || c.Path() == "/signin/second/passkey/begin" {
		return cookieOf(c.Request(), pendingName)
	}
	return keyring.Secret{}
}

// signOut serves POST /signout: the session ends in the store, and the browser
// forgets all of ours.
func (p *signInPages) signOut(c echo.Context) error {
	if cookie, ok := sessionCookie(c.Request()); ok {
		if err := p.accounts.SignOut(c.Request().Context(), cookie, peerOf(c)); err != nil {
			return err
		}
	}
	setCookie(c, sessionName, "", -1)
	c.Response().Header().Set("Clear-Site-Data", `"cache","cookies","storage"`)
	return see(c, "/signin")
}

// take gives the browser the cookies of a step of signing in. The cookie from
// before is never kept: its value is known to whoever planted it.
func (s *Site) take(c echo.Context, o session.Opened) {
	if !o.Cookie.Empty() {
		setCookie(c, sessionName, string(o.Cookie.Reveal()), 0)
		setCookie(c, pendingName, "", -1)
		setCookie(c, visitName, "", -1)
	}
	if !o.Pending.Empty() {
		setCookie(c, pendingName, string(o.Pending.Reveal()), pendingAge)
	}
	if !o.Device.Empty() {
		setCookie(c, deviceName, string(o.Device.Reveal()), deviceAge)
	}
}

// cookieOf returns the value of a cookie of ours; two of a name are none.
func cookieOf(r *http.Request, name string) keyring.Secret {
	if all := r.CookiesNamed(name); len(all) == 1 && all[0].Value != "" {
		return keyring.NewSecret([]byte(all[0].Value))
	}
	return keyring.Secret{}
}

// secretOf reads a field that holds a secret, exactly as it was typed.
func secretOf(c echo.Context, name string) keyring.Secret {
	return keyring.NewSecret([]byte(c.Request().PostFormValue(name)))
}

// challenge answers a script with what a passkey has to sign.
func challenge(c echo.Context, ch session.Challenge, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"options": json.RawMessage(ch.Options), "state": ch.State})
}

// proven tells a script where to go on.
func proven(c echo.Context, next string) error {
	return c.JSON(http.StatusOK, map[string]string{"next": local(next)})
}
