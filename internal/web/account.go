package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// accountPages are a person's own account.
type accountPages struct {
	*Site
	accounts accounts
}

const securityPath = "/account/security"

func (p *accountPages) routes(r *router) {
	r.get(securityPath, signedIn(), p.show)
	r.get("/account/events", signedIn(), p.events)
	r.get("/account/confirm", signedIn(), p.sudoForm)
	r.post("/account/confirm", signedIn(), p.sudo, costly())
	r.post("/account/confirm/passkey/begin", signedIn(), p.askSudoPasskey)
	r.post("/account/confirm/passkey", signedIn(), p.sudoPasskey, costly())
	r.post("/account/password", signedIn(), p.changePassword, costly())
	r.post("/account/totp", signedIn(), p.beginTOTP)
	r.post("/account/totp/confirm", signedIn(), p.confirmTOTP, costly())
	r.post("/account/totp/off", signedIn(), p.endTOTP, costly())
	r.post("/account/recovery-codes", signedIn(), p.recoveryCodes)
	r.post("/account/recovery-codes/saved", signedIn(), p.codesSaved)
	r.post("/account/passkeys/begin", signedIn(), p.askNewPasskey)
	r.post("/account/passkeys", signedIn(), p.addPasskey)
	r.post("/account/passkeys/remove", signedIn(), p.removePasskey)
	r.post("/account/sessions/end", signedIn(), p.endSession)
	r.post("/account/sessions/end-others", signedIn(), p.endOthers)
	r.post("/account/tokens", signedIn(), p.makeToken)
	r.post("/account/tokens/revoke", signedIn(), p.revokeToken)
}

// show serves GET /account/security.
func (p *accountPages) show(c echo.Context) error { return p.page(c, http.StatusOK, formErrors{}) }

// page shows the account, with what is wrong with a form of it.
func (p *accountPages) page(c echo.Context, status int, e formErrors) error {
	ctx := c.Request().Context()
	who, err := p.accounts.Profile(ctx, identityOf(ctx))
	if err != nil {
		return err
	}
	events, err := p.accounts.Events(ctx, identityOf(ctx), 6)
	if err != nil {
		return err
	}
	v := newSecurityView(who, events)
	v.Token, v.Mail, v.Errors = p.formToken(c), p.accounts.Mailing(), e
	if err := p.fillOwn(ctx, &v); err != nil {
		return err
	}
	if hostname(c.Request().Host) == "127.0.0.1" || hostname(c.Request().Host) == "::1" {
		v.PasskeyProblem = "Passkeys need a name, and this address is a number. Open http://localhost" + port(c.Request().Host) + " instead, or set base_url."
	}
	return p.shell(c, status, "Account and security", securityPage(v))
}

// newSecurityView makes the view of an account.
func newSecurityView(who session.Profile, events []session.Event) securityView {
	v := securityView{
		Email: who.Email, Changed: who.PasswordSet, TOTP: !who.TOTPSince.IsZero(), TOTPSince: who.TOTPSince, Codes: who.RecoveryLeft,
		Idle: spell(who.Idle), Demand: who.SecondFactorDue,
	}
	for _, k := range who.Passkeys {
		v.Passkeys = append(v.Passkeys, passkeyRow{ID: k.ID.String(), Name: k.Name, Made: k.Made, Used: k.Used, Synced: k.Synced})
	}
	for _, s := range who.Sessions {
		icon := "device"
		if s.Mobile {
			icon = "phone"
		}
		v.Sessions = append(v.Sessions, sessionRow{
			ID: s.ID.String(), Device: s.Device, Kind: icon, Place: s.Country, Address: s.Address, How: s.How, First: s.First, Last: s.Last, Current: s.Current,
		})
	}
	for _, t := range who.Tokens {
		v.Tokens = append(v.Tokens, tokenRow{ID: t.ID.String(), Name: t.Name, Prefix: t.Prefix, Scopes: t.Scopes, Expires: t.Expires, Used: t.Used, Address: t.Address})
	}
	for _, e := range events {
		v.Events = append(v.Events, eventRow{At: e.At, Text: e.Text, Address: e.Address})
	}
	return v
}

// spell writes a duration of minutes or hours in words.
func spell(d time.Duration) string {
	if d >= time.Hour && d%time.Hour == 0 {
		return strconv.Itoa(int(d/time.Hour)) + " h"
	}
	return strconv.Itoa(int(d/time.Minute)) + " min"
}

// port is the port of a Host header with its colon.
func port(host string) string {
	if name := hostname(host); len(host) > len(name)+1 {
		return host[len(host)-(len(host)-len(name)):]
	}
	return ""
}

// events serves GET /account/events.
func (p *accountPages) events(c echo.Context) error {
	ctx := c.Request().Context()
	events, err := p.accounts.Events(ctx, identityOf(ctx), 200)
	if err != nil {
		return err
	}
	return p.shell(c, http.StatusOK, "What happened", eventsPage(newSecurityView(session.Profile{}, events).Events))
}

// changePassword serves POST /account/password.
func (p *accountPages) changePassword(c echo.Context) error {
	ctx := c.Request().Context()
	opened, err := p.accounts.ChangePassword(ctx, identityOf(ctx), secretOf(c, "current"), secretOf(c, "password"), peerOf(c))
	return p.done(c, opened, err, "The password is changed. All other sessions have ended.")
}

// done ends a form: back to the account with a word, or with what is wrong.
func (p *accountPages) done(c echo.Context, opened session.Opened, err error, word string) error {
	if err != nil {
		e, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.page(c, e.code(), e)
	}
	p.take(c, opened)
	p.notice(c, "gain", word)
	return see(c, securityPath)
}

// beginTOTP serves POST /account/totp: the secret is shown by this answer and
// by no other.
func (p *accountPages) beginTOTP(c echo.Context) error {
	secret, uri, err := p.accounts.BeginTOTP(c.Request().Context(), identityOf(c.Request().Context()))
	if err != nil {
		return p.done(c, session.Opened{}, err, "")
	}
	path, size, err := picture(string(uri.Reveal()))
	if err != nil {
		return err
	}
	return p.sheet(c, http.StatusOK, "Authenticator app", totpSheet(totpView{Token: p.formToken(c), Secret: inFours(string(secret.Reveal())), Picture: path, Size: size}))
}

// confirmTOTP serves POST /account/totp/confirm.
func (p *accountPages) confirmTOTP(c echo.Context) error {
	codes, opened, err := p.accounts.ConfirmTOTP(c.Request().Context(), identityOf(c.Request().Context()), secretOf(c, "code"), peerOf(c))
	if err != nil {
		e, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.sheet(c, e.code(), "Authenticator app", totpSheet(totpView{Token: p.formToken(c), Errors: e}))
	}
	p.take(c, opened)
	return p.showCodes(c, opened, codes)
}

// recoveryCodes serves POST /account/recovery-codes.
func (p *accountPages) recoveryCodes(c echo.Context) error {
	codes, err := p.accounts.RecoveryCodes(c.Request().Context(), identityOf(c.Request().Context()), peerOf(c))
	if err != nil {
		return p.done(c, session.Opened{}, err, "")
	}
	return p.showCodes(c, session.Opened{}, codes)
}

// showCodes shows recovery codes once. The token of the page belongs to the
// session's new cookie if it has one.
func (p *accountPages) showCodes(c echo.Context, opened session.Opened, codes []keyring.Secret) error {
	texts := make([]string, len(codes))
	for i, code := range codes {
		texts[i] = string(code.Reveal())
	}
	p.renewed(c, opened)
	return p.sheet(c, http.StatusOK, "Recovery codes", codesSheet(p.formToken(c), texts))
}

// renewed makes the rest of this request use the session's new cookie.
func (*Site) renewed(c echo.Context, o session.Opened) {
	if o.Cookie.Empty() {
		return
	}
	r := c.Request()
	kept := r.Cookies()
	r.Header.Del("Cookie")
	for _, ck := range kept {
		if ck.Name != sessionName {
			r.AddCookie(ck)
		}
	}
	r.AddCookie(&http.Cookie{Name: sessionName, Value: string(o.Cookie.Reveal())})
}

// codesSaved serves POST /account/recovery-codes/saved.
func (p *accountPages) codesSaved(c echo.Context) error {
	p.notice(c, "gain", "Good. Keep the codes where you find them without this device.")
	return see(c, securityPath)
}

// endTOTP serves POST /account/totp/off.
func (p *accountPages) endTOTP(c echo.Context) error {
	ctx := c.Request().Context()
	opened, err := p.accounts.EndTOTP(ctx, identityOf(ctx), secretOf(c, "password"), secretOf(c, "code"), peerOf(c))
	return p.done(c, opened, err, "The authenticator app is off. All other sessions have ended.")
}

// removePasskey serves POST /account/passkeys/remove.
func (p *accountPages) removePasskey(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	opened, err := p.accounts.RemovePasskey(ctx, identityOf(ctx), id, peerOf(c))
	return p.done(c, opened, err, "The passkey is removed.")
}

// endSession serves POST /account/sessions/end.
func (p *accountPages) endSession(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	return p.done(c, session.Opened{}, p.accounts.EndSession(ctx, identityOf(ctx), id, peerOf(c)), "That session has ended.")
}

// endOthers serves POST /account/sessions/end-others.
func (p *accountPages) endOthers(c echo.Context) error {
	ctx := c.Request().Context()
	return p.done(c, session.Opened{}, p.accounts.EndOthers(ctx, identityOf(ctx), peerOf(c)), "All other sessions have ended.")
}

// revokeToken serves POST /account/tokens/revoke.
func (p *accountPages) revokeToken(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	return p.done(c, session.Opened{}, p.accounts.RevokeToken(ctx, identityOf(ctx), id, peerOf(c)), "The token is revoked.")
}

// makeToken serves POST /account/tokens: the token is shown by this answer and
// by no other.
func (p *accountPages) makeToken(c echo.Context) error {
	days, err := strconv.Atoi(value(c, "days"))
	if err != nil || days < 1 || days > 366 {
		days = 90
	}
	order := session.TokenOrder{Name: value(c, "name"), Scopes: values(c, "scope"), For: time.Duration(days) * 24 * time.Hour}
	ctx := c.Request().Context()
	token, err := p.accounts.MakeToken(ctx, identityOf(ctx), order, peerOf(c))
	if err != nil {
		return p.done(c, session.Opened{}, err, "")
	}
	example := "curl -H \"Authorization: Bearer $TOKEN\" \\\n  " + origin(c) + "/api/v1/firms"
	return p.sheet(c, http.StatusOK, "API token", secretSheet("Your token", "Copy it now: it is not shown again.", string(token.Reveal()), example, securityPath))
}

// idOf reads the field that names a thing.
func idOf(c echo.Context) (tenant.ID, error) {
	id, err := tenant.ParseID(value(c, "id"))
	if err != nil {
		return tenant.ID{}, notFound(err)
	}
	return id, nil
}
