package web

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"
)

// recoverPages open accounts and give them back to people who lost the way in.
// What arrives by a link acts only after a click: mail programs open links too.
type recoverPages struct {
	*Site
	accounts accounts
}

func (p *recoverPages) routes(r *router) {
	r.get("/recover", anyone(), p.askForm)
	r.post("/recover", anyone(), p.ask, costly())
	r.get("/reset/:link", anyone(), p.resetForm)
	r.post("/reset/:link", anyone(), p.reset, costly())
	r.get("/register", anyone(), p.registerForm)
	r.post("/register", anyone(), p.register, costly())
	r.get("/confirm/:link", anyone(), p.confirmForm)
	r.post("/confirm/:link", anyone(), p.confirm, costly())
	r.get("/not-me/:link", anyone(), p.step("Was this not you?", "Every session of the account ends now. Then set a new password.", "It was not me: end all sessions"))
	r.post("/not-me/:link", anyone(), p.notMe, costly())
}

// askForm serves GET /recover.
func (p *recoverPages) askForm(c echo.Context) error {
	return p.sheet(c, http.StatusOK, "A new password", recoverSheet(recoverView{Token: p.formToken(c), Mail: p.accounts.Mailing(), Sent: c.QueryParam("sent") != ""}))
}

// ask serves POST /recover. It says the same whether the account exists or not.
func (p *recoverPages) ask(c echo.Context) error {
	if !p.accounts.Mailing() {
		return see(c, "/recover")
	}
	if err := p.accounts.AskReset(c.Request().Context(), value(c, "email"), peerOf(c)); err != nil {
		e, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.sheet(c, e.code(), "A new password", recoverSheet(recoverView{Token: p.formToken(c), Mail: true, Errors: e}))
	}
	return see(c, "/recover?sent=yes")
}

// resetForm serves GET /reset/:link. The link is looked at only with the new
// password: looking tells nothing.
func (p *recoverPages) resetForm(c echo.Context) error {
	return p.sheet(c, http.StatusOK, "A new password", resetSheet(resetView{Token: p.formToken(c), Action: c.Request().URL.Path}))
}

// reset serves POST /reset/:link.
func (p *recoverPages) reset(c echo.Context) error {
	if err := p.accounts.Reset(c.Request().Context(), c.Param("link"), secretOf(c, "password"), peerOf(c)); err != nil {
		e, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.sheet(c, e.code(), "A new password", resetSheet(resetView{Token: p.formToken(c), Action: c.Request().URL.Path, Errors: e}))
	}
	p.notice(c, "gain", "The new password is set. Sign in with it.")
	return see(c, "/signin")
}

// registerForm serves GET /register.
func (p *recoverPages) registerForm(c echo.Context) error {
	if !p.accounts.Registering() {
		return notFound(nil)
	}
	return p.sheet(c, http.StatusOK, "Open an account", registerSheet(registerView{Token: p.formToken(c), Sent: c.QueryParam("sent") != ""}))
}

// register serves POST /register. It says the same whether the address is
// taken or not.
func (p *recoverPages) register(c echo.Context) error {
	if !p.accounts.Registering() {
		return notFound(nil)
	}
	email := value(c, "email")
	if err := p.accounts.Register(c.Request().Context(), email, secretOf(c, "password"), peerOf(c)); err != nil {
		e, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.sheet(c, e.code(), "Open an account", registerSheet(registerView{Token: p.formToken(c), Email: email, Errors: e}))
	}
	return see(c, "/register?sent=yes")
}

// step serves a page with one button for what a link asks.
func (p *recoverPages) step(title, text, button string) echo.HandlerFunc {
	return func(c echo.Context) error {
		return p.sheet(c, http.StatusOK, title, stepSheet(p.formToken(c), title, text, c.Request().URL.Path, button))
	}
}

// confirmForm serves GET /confirm/:link.
func (p *recoverPages) confirmForm(c echo.Context) error {
	return p.sheet(c, http.StatusOK, "Confirm your address", confirmSheet(resetView{Token: p.formToken(c), Action: c.Request().URL.Path}))
}

// confirm serves POST /confirm/:link.
func (p *recoverPages) confirm(c echo.Context) error {
	if err := p.accounts.Confirm(c.Request().Context(), c.Param("link"), secretOf(c, "password"), peerOf(c)); err != nil {
		e, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.sheet(c, e.code(), "Confirm your address", confirmSheet(resetView{Token: p.formToken(c), Action: c.Request().URL.Path, Errors: e}))
	}
	p.notice(c, "gain", "The address is confirmed. Sign in.")
	return see(c, "/signin")
}

// notMe serves POST /not-me/:link.
func (p *recoverPages) notMe(c echo.Context) error {
	if err := p.accounts.NotMe(c.Request().Context(), c.Param("link"), peerOf(c)); err != nil {
		return err
	}
	p.notice(c, "gain", "Every session of the account has ended. Set a new password now.")
	return see(c, "/recover")
}

// escaped is a path as a value in an address.
func escaped(path string) string { return url.QueryEscape(local(path)) }

// firstOf is the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
