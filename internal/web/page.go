package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// frame begins the description of a page: what every page has.
func (s *Site) frame(c echo.Context, title string) ui.Page {
	return ui.Page{
		Title: title, Theme: theme(c.Request()), Nonce: nonceOf(c), Token: s.formToken(c), Assets: s.assetRoot(), Version: s.cfg.Version,
		Path: c.Request().URL.Path, Hidden: hidden(c.Request()), Notice: s.takeNotice(c), Demo: s.guest != nil,
	}
}

// sheet answers with a page that stands alone.
func (s *Site) sheet(c echo.Context, status int, title string, content templ.Component) error {
	p := s.frame(c, title)
	return render(c, status, ui.Sheet(p), content)
}

// shell answers with a page of the product.
func (s *Site) shell(c echo.Context, status int, title string, content templ.Component) error {
	p := s.frame(c, title)
	if err := s.dress(c, &p); err != nil {
		return err
	}
	content, err := s.alarm(c, content)
	if err != nil {
		return err
	}
	return render(c, status, ui.Shell(p), content)
}

// render writes a layout around its content. It is drawn to memory first, so
// that an error in the middle is an error and not half a page.
func render(c echo.Context, status int, layout, content templ.Component) error {
	var b bytes.Buffer
	if err := layout.Render(templ.WithChildren(c.Request().Context(), content), &b); err != nil {
		return err
	}
	if c.Response().Header().Get(echo.HeaderCacheControl) == "" {
		c.Response().Header().Set(echo.HeaderCacheControl, "no-store") // it holds a form token
	}
	return c.Blob(status, "text/html; charset=utf-8", b.Bytes())
}

// fragment answers a script's request with a part of a page.
func fragment(c echo.Context, status int, part templ.Component) error {
	var b bytes.Buffer
	if err := part.Render(c.Request().Context(), &b); err != nil {
		return err
	}
	return c.Blob(status, "text/html; charset=utf-8", b.Bytes())
}

// see sends the browser to a page of ours after a form was taken.
func see(c echo.Context, path string) error {
	return c.Redirect(http.StatusSeeOther, local(path))
}

// local keeps a redirect on this site: a path, not another host in disguise.
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\t\r\n") {
		return "/"
	}
	return path
}

// theme is what the person chose.
func theme(r *http.Request) string {
	if ck, err := r.Cookie(themeName); err == nil && (ck.Value == "light" || ck.Value == "dark") {
		return ck.Value
	}
	return "system"
}

// hidden reports whether the person hides amounts.
func hidden(r *http.Request) bool {
	ck, err := r.Cookie(amountsName)
	return err == nil && ck.Value == "hidden"
}

// notice says something on the next page: kind as of ui.Notice.
func (s *Site) notice(c echo.Context, kind, text string) {
	value := base64.RawURLEncoding.EncodeToString([]byte(kind + "\n" + text))
	sum := base64.RawURLEncoding.EncodeToString(s.mac("notice", []byte(value)))
	setCookie(c, noticeName, value+"."+sum, 60)
}

// takeNotice returns what the page before wanted said, once. Only our own
// words are: the cookie is signed.
func (s *Site) takeNotice(c echo.Context) ui.Notice {
	ck, err := c.Request().Cookie(noticeName)
	if err != nil {
		return ui.Notice{}
	}
	setCookie(c, noticeName, "", -1)
	value, sum, _ := strings.Cut(ck.Value, ".")
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || sum != base64.RawURLEncoding.EncodeToString(s.mac("notice", []byte(value))) {
		return ui.Notice{}
	}
	kind, text, _ := strings.Cut(string(raw), "\n")
	return ui.Notice{Kind: kind, Text: text}
}

// errorPage says in a page what problem says in a document, or shows the page
// on which the person can do something about it.
func (s *Site) errorPage(c echo.Context, err error, p problem) error {
	if done, err := s.helped(c, err); done {
		return err
	}
	if p.Status == http.StatusPaymentRequired {
		return s.sheet(c, p.Status, "Not in your plan", planSheet(p, plansFor(c)))
	}
	return s.sheet(c, p.Status, p.Title, errorSheet(p))
}

// plansFor is where a person can choose a plan: for the firm of the request,
// or the one for which its form acts; "" for who does not see what it pays.
func plansFor(c echo.Context) string {
	if ctx := c.Request().Context(); scopeOf(ctx).Valid() {
		return plansOf(ctx)
	}
	if as, err := tenant.ParseID(value(c, "firm")); err == nil {
		return "/f/" + as.String() + "/billing"
	}
	return ""
}

// plansOf is the billing of the scope's firm, "" for who may not see it.
func plansOf(ctx context.Context) string {
	if !scopeOf(ctx).May(tenant.Need(tenant.BillingArea, tenant.View)) {
		return ""
	}
	return billingBase(ctx)
}
