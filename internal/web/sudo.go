package web

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/session"
)

// The codes of refusals that a page can do something about by itself.
const (
	codeSudo   = "sudo"              // who it is has to be proven again
	codeFactor = "second_factor_due" // a second factor has to be set up first
)

// helped leads people to where they can do what an error asks for; false if it
// asks for nothing.
func (s *Site) helped(c echo.Context, err error) (bool, error) {
	if s.cfg.Accounts == nil {
		return false, nil
	}
	switch f := fault.Of(err); {
	case f.Code == codeSudo:
		return true, see(c, "/account/confirm?next="+escaped(backTo(c)))
	case f.Code == codeFactor && c.Path() != securityPath:
		s.notice(c, "warn", "These books need a second factor. Add a passkey or an authenticator app here.")
		return true, see(c, securityPath)
	case f.Kind == fault.Unauthenticated:
		next := "/"
		if safe(c.Request().Method) {
			next = c.Request().URL.RequestURI()
		}
		if _, ok := sessionCookie(c.Request()); ok {
			setCookie(c, sessionName, "", -1) // it is good for nothing any more
			dropCookie(c.Request(), sessionName)
		}
		return true, s.signInForm(c, http.StatusUnauthorized, signInView{Next: local(next), Reason: "Sign in to go on."})
	}
	return false, nil
}

// dropCookie makes the rest of this request go without a cookie.
func dropCookie(r *http.Request, name string) {
	kept := r.Cookies()
	r.Header.Del("Cookie")
	for _, ck := range kept {
		if ck.Name != name {
			r.AddCookie(ck)
		}
	}
}

// backTo is the page that a form was on.
func backTo(c echo.Context) string {
	if safe(c.Request().Method) {
		return c.Request().URL.RequestURI()
	}
	u, err := url.Parse(c.Request().Referer())
	if err != nil || u.Host != c.Request().Host {
		return securityPath
	}
	return u.RequestURI()
}

// sudoForm serves GET /account/confirm.
func (p *accountPages) sudoForm(c echo.Context) error {
	return p.sudoPage(c, http.StatusOK, local(c.QueryParam("next")), formErrors{})
}

func (p *accountPages) sudoPage(c echo.Context, status int, next string, e formErrors) error {
	ctx := c.Request().Context()
	who, err := p.accounts.Profile(ctx, identityOf(ctx))
	if err != nil {
		return err
	}
	v := sudoView{Token: p.formToken(c), Next: next, Email: who.Email, TOTP: !who.TOTPSince.IsZero(), Passkey: len(who.Passkeys) > 0, Errors: e}
	return p.sheet(c, status, "Confirm", sudoSheet(v))
}

// sudo serves POST /account/confirm.
func (p *accountPages) sudo(c echo.Context) error {
	ctx, next := c.Request().Context(), local(value(c, "next"))
	opened, err := p.accounts.Sudo(ctx, identityOf(ctx), secretOf(c, "password"), secretOf(c, "code"), peerOf(c))
	if err != nil {
		e, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.sudoPage(c, e.code(), next, e)
	}
	p.take(c, opened)
	return see(c, next)
}

// askSudoPasskey begins a proof by passkey.
func (p *accountPages) askSudoPasskey(c echo.Context) error {
	ch, err := p.accounts.AskSudoPasskey(c.Request().Context(), identityOf(c.Request().Context()))
	return challenge(c, ch, err)
}

// sudoPasskey ends it.
func (p *accountPages) sudoPasskey(c echo.Context) error {
	ctx := c.Request().Context()
	opened, err := p.accounts.SudoPasskey(ctx, identityOf(ctx), value(c, "state"), []byte(value(c, "credential")), peerOf(c))
	return p.byScript(c, opened, err, value(c, "next"))
}

// askNewPasskey begins the making of a passkey.
func (p *accountPages) askNewPasskey(c echo.Context) error {
	ch, err := p.accounts.AskNewPasskey(c.Request().Context(), identityOf(c.Request().Context()))
	return challenge(c, ch, err)
}

// addPasskey ends it.
func (p *accountPages) addPasskey(c echo.Context) error {
	ctx := c.Request().Context()
	opened, err := p.accounts.AddPasskey(ctx, identityOf(ctx), session.NewPasskey{
		Name: value(c, "name"), State: value(c, "state"), Credential: []byte(value(c, "credential")),
	}, peerOf(c))
	if err == nil {
		p.notice(c, "gain", "The passkey is added.")
	}
	return p.byScript(c, opened, err, securityPath)
}

// byScript ends what a script of ours began.
func (p *accountPages) byScript(c echo.Context, opened session.Opened, err error, next string) error {
	if err != nil {
		return err
	}
	p.take(c, opened)
	return proven(c, next)
}
