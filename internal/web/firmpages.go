package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// bookAddress is the form of an address of books.
var bookAddress = regexp.MustCompile(`^/f/[0-9a-f]{32}/e/[0-9a-f]{32}$`)

// firmPages are firms and the settings of firms and entities.
type firmPages struct{ *Site }

func (p *firmPages) routes(r *router) {
	r.get("/firms", signedIn(), p.list)
	r.post("/firms", signedIn(), p.create)
	r.get("/f/:firm/settings", need(tenant.Settings, tenant.View), p.settings)
	r.post("/f/:firm/settings", need(tenant.Settings, tenant.Edit), p.change)
	r.post("/f/:firm/settings/archive", need(tenant.Settings, tenant.Edit), p.archive)
	const at = "/f/:firm/e/:entity/settings"
	r.get(at, need(tenant.Records, tenant.View), p.entitySettings)
	r.post(at, need(tenant.Records, tenant.Edit), p.changeEntity)
	r.post(at+"/archive", need(tenant.Settings, tenant.Edit), p.archiveEntity)
}

// list serves GET /firms.
func (p *firmPages) list(c echo.Context) error { return p.listPage(c, http.StatusOK, firmsView{}) }

func (p *firmPages) listPage(c echo.Context, status int, v firmsView) error {
	ctx := c.Request().Context()
	mine, err := p.cfg.Firms.Mine(ctx, identityOf(ctx))
	if err != nil {
		return err
	}
	v.Token, v.Once, v.Countries = p.formToken(c), onceValue(), countries()
	for _, m := range mine {
		v.Rows = append(v.Rows, firmRow{m.Name, string(m.Role), m.Country + " · " + m.Currency, "/f/" + m.ID.String() + "/clients"})
	}
	return p.shell(c, status, "My firms", firmsPage(v))
}

// create serves POST /firms.
func (p *firmPages) create(c echo.Context) error {
	ctx := c.Request().Context()
	name, country := value(c, "name"), value(c, "country")
	f, err := p.cfg.Firms.Create(ctx, identityOf(ctx), firm.Draft{Name: name, Country: country})
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.listPage(c, wrong.code(), firmsView{Name: name, Country: country, Errors: wrong})
	}
	return see(c, "/f/"+f.ID.String()+"/clients")
}

// settings serves GET /f/:firm/settings.
func (p *firmPages) settings(c echo.Context) error { return p.firmPage(c, http.StatusOK, nil) }

// firmPage shows the settings of a firm; typed is what was sent and refused.
func (p *firmPages) firmPage(c echo.Context, status int, typed *taxView) error {
	ctx, scope := c.Request().Context(), scopeOf(c.Request().Context())
	f, err := p.cfg.Firms.Firm(ctx, scope)
	if err != nil {
		return err
	}
	v := taxView{Name: f.Name, Country: f.Country, Currency: f.Currency, Timezone: f.Timezone, Version: strconv.FormatInt(f.Version, 10)}
	if typed != nil {
		v = *typed
	}
	v.Token, v.Title, v.Sub, v.Action = p.formToken(c), "Firm settings", "They hold for new clients unless they say otherwise.", firmBase(c)+"/settings"
	v.Countries, v.Residency, v.Edit = countries(), f.Residency, scope.May(tenant.Need(tenant.Settings, tenant.Edit))
	if scope.Member().Role == tenant.Owner {
		v.Archive = v.Action + "/archive"
	}
	return p.shell(c, status, v.Title, taxPage(v))
}

// typedTax is what a form of settings sent.
func typedTax(c echo.Context) taxView {
	return taxView{
		Name: value(c, "name"), Country: value(c, "country"), Currency: value(c, "currency"), Timezone: value(c, "timezone"), Version: value(c, "version"),
		Method: value(c, "method"), Options: value(c, "options"), Status: value(c, "status"), Due: value(c, "due"), Preparer: value(c, "preparer"), Reviewer: value(c, "reviewer"),
	}
}

// versionField reads the version that a form was made for.
func versionField(text string) int64 {
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1 // none is like it
	}
	return v
}

// change serves POST /f/:firm/settings.
func (p *firmPages) change(c echo.Context) error {
	ctx := c.Request().Context()
	v := typedTax(c)
	change := firm.Change{Name: &v.Name, Country: &v.Country, Version: versionField(v.Version)}
	change.Currency, change.Timezone = changed(ctx, p, v)
	_, err := p.cfg.Firms.ChangeFirm(ctx, scopeOf(ctx), change)
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		v.Errors = wrong
		return p.firmPage(c, wrong.code(), &v)
	}
	p.notice(c, "gain", "Saved.")
	return see(c, firmBase(c)+"/settings")
}

// changed returns currency and zone where they were changed: what stands in a
// form from before is no choice.
func changed(ctx context.Context, p *firmPages, v taxView) (currency, zone *string) {
	f, err := p.cfg.Firms.Firm(ctx, scopeOf(ctx))
	if err != nil {
		return nil, nil // the change itself fails the same way
	}
	return differs(v.Currency, f.Currency), differs(v.Timezone, f.Timezone)
}

func differs(now, before string) *string {
	if now == before {
		return nil
	}
	return &now
}

// archive serves POST /f/:firm/settings/archive.
func (p *firmPages) archive(c echo.Context) error {
	ctx := c.Request().Context()
	if value(c, "confirm") != "archive" {
		v := typedTax(c)
		v.Errors = formErrors{title: "Type archive to go on."}
		return p.firmPage(c, http.StatusUnprocessableEntity, nil)
	}
	if _, err := p.cfg.Firms.ChangeFirm(ctx, scopeOf(ctx), firm.Change{Archived: new(true)}); err != nil {
		return err
	}
	return see(c, "/firms")
}

// entitySettings serves GET /f/:firm/e/:entity/settings.
func (p *firmPages) entitySettings(c echo.Context) error { return p.entityPage(c, http.StatusOK, nil) }

func (p *firmPages) entityPage(c echo.Context, status int, typed *taxView) error {
	ctx, scope := c.Request().Context(), scopeOf(c.Request().Context())
	e, err := p.cfg.Firms.Entity(ctx, scope)
	if err != nil {
		return err
	}
	v := newTaxView(e)
	if typed != nil {
		v = *typed
	}
	v.Entity, v.Token, v.Title, v.Sub, v.Action = true, p.formToken(c), "Settings of the books", "They decide how the years are computed.", bookBase(c)+"/settings"
	v.Countries, v.Statuses, v.Edit = countries(), worded(firm.Statuses()...), scope.May(tenant.Need(tenant.Records, tenant.Edit))
	if v.People, err = p.staff(ctx, scope); err != nil {
		return err
	}
	if scope.May(tenant.Need(tenant.Settings, tenant.Edit)) {
		v.Archive = v.Action + "/archive"
	}
	return p.shell(c, status, v.Title, taxPage(v))
}

// newTaxView shows an entity's settings.
func newTaxView(e firm.Entity) taxView {
	v := taxView{
		Name: e.Name, Country: e.Country, Currency: e.Currency, Timezone: e.Timezone, Method: e.Method, Status: string(e.Status), Version: strconv.FormatInt(e.Version, 10),
	}
	if !e.Due.IsZero() {
		v.Due = e.Due.Format(time.DateOnly)
	}
	if !e.Preparer.IsZero() {
		v.Preparer = e.Preparer.String()
	}
	if !e.Reviewer.IsZero() {
		v.Reviewer = e.Reviewer.String()
	}
	var pretty bytes.Buffer
	if len(e.Options) > 0 && json.Indent(&pretty, e.Options, "", "  ") == nil {
		v.Options = pretty.String()
	}
	return v
}

// staff are the members who may prepare or review; nobody is one of them.
func (p *firmPages) staff(ctx context.Context, scope tenant.Scope) ([]ui.Option, error) {
	people := []ui.Option{{Text: "nobody yet"}}
	if !scope.May(tenant.Need(tenant.Members, tenant.View)) {
		return people, nil
	}
	members, err := p.cfg.Firms.Members(ctx, scope)
	for _, m := range members {
		people = append(people, ui.Option{Value: m.User.String(), Text: cmp.Or(m.Person.Name, m.Person.Email)})
	}
	return people, err
}

// changeEntity serves POST /f/:firm/e/:entity/settings.
func (p *firmPages) changeEntity(c echo.Context) error {
	ctx := c.Request().Context()
	v := typedTax(c)
	err := p.applyEntity(c, v)
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		v.Errors = wrong
		return p.entityPage(c, wrong.code(), &v)
	}
	p.notice(c, "gain", "Saved. The years are computed again.")
	return see(c, bookPath(scopeOf(ctx).Firm(), scopeOf(ctx).Entity())+"/settings")
}

// applyEntity changes what a form changed. Fields that the form does not have,
// because the person sees nobody of the firm, stay.
func (p *firmPages) applyEntity(c echo.Context, v taxView) error {
	ctx := c.Request().Context()
	before, err := p.cfg.Firms.Entity(ctx, scopeOf(ctx))
	if err != nil {
		return err
	}
	options := []byte(v.Options)
	change := firm.EntityChange{
		Name: &v.Name, Country: &v.Country, Currency: differs(v.Currency, before.Currency), Timezone: differs(v.Timezone, before.Timezone),
		Method: differs(v.Method, before.Method), Version: versionField(v.Version), Status: new(firm.Status(v.Status)),
	}
	if v.Options != newTaxView(before).Options {
		change.Options = &options
	}
	if change.Due, err = dayOf(&v.Due); err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	if form.Has("preparer") {
		if change.Preparer, err = personOf("preparer", &v.Preparer); err != nil {
			return err
		}
	}
	if form.Has("reviewer") {
		if change.Reviewer, err = personOf("reviewer", &v.Reviewer); err != nil {
			return err
		}
	}
	_, err = p.cfg.Firms.ChangeEntity(ctx, scopeOf(ctx), change)
	return err
}

// archiveEntity serves POST /f/:firm/e/:entity/settings/archive.
func (p *firmPages) archiveEntity(c echo.Context) error {
	ctx := c.Request().Context()
	if value(c, "confirm") != "archive" {
		return p.entityPage(c, http.StatusUnprocessableEntity, nil)
	}
	if _, err := p.cfg.Firms.ChangeEntity(ctx, scopeOf(ctx), firm.EntityChange{Archived: new(true)}); err != nil {
		return err
	}
	p.notice(c, "gain", "The client is archived.")
	return see(c, firmBase(c)+"/clients")
}

// invitationPages are what the link of an invitation opens.
type invitationPages struct{ *Site }

func (p *invitationPages) routes(r *router) {
	const at = "/invitations/:token"
	r.get(at, anyone(), p.show, costly())
	r.post(at+"/accept", signedIn(), p.accept, costly())
	if p.cfg.Admission != nil {
		r.post(at+"/join", anyone(), p.join, costly())
	}
}

// show serves GET /invitations/:token.
func (p *invitationPages) show(c echo.Context) error {
	return p.page(c, http.StatusOK, invitationPageView{})
}

func (p *invitationPages) page(c echo.Context, status int, v invitationPageView) error {
	ctx := c.Request().Context()
	i, err := p.cfg.Firms.Invitation(ctx, keyring.NewSecret([]byte(c.Param("token"))))
	if err != nil {
		return err
	}
	v.Token, v.Path, v.Firm, v.Email, v.Role = p.formToken(c), "/invitations/"+c.Param("token"), i.FirmName, i.Email, string(i.Role)
	if id := identityOf(ctx); id.Known() && p.cfg.Accounts != nil {
		who, err := p.cfg.Accounts.Profile(ctx, id)
		if err != nil {
			return err
		}
		v.Signed = who.Email
	}
	return p.sheet(c, status, "Invitation", invitationSheet(v))
}

// accept serves POST /invitations/:token/accept.
func (p *invitationPages) accept(c echo.Context) error {
	ctx := c.Request().Context()
	m, err := p.cfg.Firms.Accept(ctx, identityOf(ctx), keyring.NewSecret([]byte(c.Param("token"))))
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.page(c, wrong.code(), invitationPageView{Errors: wrong})
	}
	return see(c, "/f/"+m.Firm.String()+"/clients")
}

// join serves POST /invitations/:token/join.
func (p *invitationPages) join(c echo.Context) error {
	ctx := c.Request().Context()
	name := value(c, "name")
	opened, err := p.cfg.Admission.Join(ctx, keyring.NewSecret([]byte(c.Param("token"))), session.NewPerson{Name: name, Password: secretOf(c, "password")}, peerOf(c))
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.page(c, wrong.code(), invitationPageView{Name: name, Errors: wrong})
	}
	p.take(c, opened)
	return see(c, "/")
}
