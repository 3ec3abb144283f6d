package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// teamPages are the people of a firm.
type teamPages struct{ *Site }

func (p *teamPages) routes(r *router) {
	view, edit := need(tenant.Members, tenant.View), need(tenant.Members, tenant.Edit)
	r.get("/f/:firm/team", view, p.show)
	r.post("/f/:firm/team/invite", edit, p.invite, costly())
	r.post("/f/:firm/team/uninvite", edit, p.uninvite)
	r.post("/f/:firm/team/leave", need(tenant.Records, tenant.None), p.leave)
	r.get("/f/:firm/team/roles/:role", edit, p.roleForm)
	r.post("/f/:firm/team/roles/:role", edit, p.setRole)
	r.get("/f/:firm/team/:user", edit, p.memberForm)
	r.post("/f/:firm/team/:user", edit, p.changeMember)
	r.post("/f/:firm/team/:user/remove", edit, p.remove)
}

func teamBase(c echo.Context) string { return firmBase(c) + "/team" }

// show serves GET /f/:firm/team.
func (p *teamPages) show(c echo.Context) error { return p.page(c, http.StatusOK, teamView{}) }

// page shows the team, with what is wrong with a form of it.
func (p *teamPages) page(c echo.Context, status int, v teamView) error {
	ctx, scope := c.Request().Context(), scopeOf(c.Request().Context())
	members, err := p.cfg.Firms.Members(ctx, scope)
	if err != nil {
		return err
	}
	open, err := p.cfg.Firms.Invitations(ctx, scope)
	if err != nil {
		return err
	}
	roles, err := p.cfg.Firms.Roles(ctx, scope)
	if err != nil {
		return err
	}
	clients, err := p.cfg.Firms.Entities(ctx, scope)
	if err != nil {
		return err
	}
	v.Token, v.Once, v.Base, v.Mail = p.formToken(c), onceValue(), teamBase(c), p.mailing()
	v.Edit = scope.May(tenant.Need(tenant.Members, tenant.Edit)) && scope.Member().Entities == nil
	v.Owner = scope.Member().Role == tenant.Owner
	v.Clients, v.RoleChoice = entityOptions(clients), worded(tenant.Roles()...)
	if v.Role == "" {
		v.Role = string(tenant.ReadOnly)
	}
	for _, m := range members {
		row := newMemberRow(m)
		row.Me = m.User == scope.Actor().User
		v.Members = append(v.Members, row)
	}
	for _, i := range open {
		v.Invitations = append(v.Invitations, invitationRow{i.ID.String(), i.Email, string(i.Role), i.Expires})
	}
	for _, r := range roles {
		row := roleRow{Role: string(r.Role), Edited: r.Edited}
		for _, a := range tenant.Areas() {
			row.Rights = append(row.Rights, r.Rights[a].String())
		}
		v.Roles = append(v.Roles, row)
	}
	return p.shell(c, status, "Team", teamPage(v))
}

func newMemberRow(m firm.Member) memberRow {
	row := memberRow{
		ID: m.User.String(), Who: m.Person.Name, Email: m.Person.Email, Role: string(m.Role), Clients: "all", Factor: m.Person.SecondFactor, Since: m.Since,
		All: m.Entities == nil, Sees: make(map[string]bool),
	}
	if row.Who == "" {
		row.Who = m.Person.Email
	}
	if m.Entities != nil {
		row.Clients = strconv.Itoa(len(m.Entities))
	}
	for _, e := range m.Entities {
		row.Sees[e.String()] = true
	}
	return row
}

// seen reads which clients somebody is to see; nil is all.
func seen(c echo.Context) ([]tenant.EntityID, error) {
	if value(c, "which") != "some" {
		return nil, nil
	}
	form, err := c.FormParams()
	if err != nil {
		return nil, err
	}
	chosen := form["entity"]
	if len(chosen) == 0 {
		return nil, wrongField("entity", "clients", "Choose the clients.")
	}
	return idsOfTexts("entity", chosen)
}

// invite serves POST /f/:firm/team/invite. Without mail the link is shown by
// this answer and by no other.
func (p *teamPages) invite(c echo.Context) error {
	ctx := c.Request().Context()
	v := teamView{Email: value(c, "email"), Role: value(c, "role")}
	entities, err := seen(c)
	var link string
	if err == nil {
		_, link, err = p.cfg.Firms.Invite(ctx, scopeOf(ctx), firm.Invitation{Email: v.Email, Role: tenant.Role(v.Role), Entities: entities})
	}
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		v.Errors = wrong
		return p.page(c, wrong.code(), v)
	}
	if link != "" {
		return p.sheet(c, http.StatusOK, "Invitation", secretSheet("Hand over this link", "It works once, for seven days, and only for "+v.Email+". It is not shown again.", link, "", teamBase(c)))
	}
	p.notice(c, "gain", "The invitation is on its way.")
	return see(c, teamBase(c))
}

// uninvite serves POST /f/:firm/team/uninvite.
func (p *teamPages) uninvite(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	return p.done(c, p.cfg.Firms.Revoke(ctx, scopeOf(ctx), id), "The invitation is taken back.")
}

// done ends a form: back to the team with a word, or with what is wrong.
func (p *teamPages) done(c echo.Context, err error, word string) error {
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.page(c, wrong.code(), teamView{Errors: wrong})
	}
	p.notice(c, "gain", word)
	return see(c, teamBase(c))
}

// leave serves POST /f/:firm/team/leave.
func (p *teamPages) leave(c echo.Context) error {
	ctx := c.Request().Context()
	scope := scopeOf(ctx)
	err := p.cfg.Firms.Remove(ctx, scope, scope.Actor().User)
	if err != nil && scope.May(tenant.Need(tenant.Members, tenant.View)) {
		return p.done(c, err, "")
	}
	if err != nil {
		return err
	}
	return see(c, "/")
}

// member finds the person that an address names.
func (p *teamPages) member(c echo.Context) (firm.Member, error) {
	ctx := c.Request().Context()
	user, err := tenant.ParseID(c.Param("user"))
	if err != nil {
		return firm.Member{}, notFound(err)
	}
	all, err := p.cfg.Firms.Members(ctx, scopeOf(ctx))
	if err != nil {
		return firm.Member{}, err
	}
	i := slices.IndexFunc(all, func(m firm.Member) bool { return m.User == user })
	if i < 0 {
		return firm.Member{}, notFound(nil)
	}
	return all[i], nil
}

// memberForm serves GET /f/:firm/team/:user.
func (p *teamPages) memberForm(c echo.Context) error {
	return p.memberPage(c, http.StatusOK, formErrors{})
}

func (p *teamPages) memberPage(c echo.Context, status int, wrong formErrors) error {
	m, err := p.member(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	clients, err := p.cfg.Firms.Entities(ctx, scopeOf(ctx))
	if err != nil {
		return err
	}
	v := memberEdit{Token: p.formToken(c), Base: teamBase(c), Row: newMemberRow(m), RoleChoice: worded(tenant.Roles()...), Clients: entityOptions(clients), Errors: wrong}
	return p.shell(c, status, v.Row.Who, memberPage(v))
}

// changeMember serves POST /f/:firm/team/:user.
func (p *teamPages) changeMember(c echo.Context) error {
	m, err := p.member(c)
	if err != nil {
		return err
	}
	entities, err := seen(c)
	if err == nil {
		ctx := c.Request().Context()
		_, err = p.cfg.Firms.ChangeMember(ctx, scopeOf(ctx), m.User, firm.MemberChange{Role: new(tenant.Role(value(c, "role"))), Entities: &entities})
	}
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.memberPage(c, wrong.code(), wrong)
	}
	p.notice(c, "gain", "Saved. Their sessions have ended.")
	return see(c, teamBase(c))
}

// remove serves POST /f/:firm/team/:user/remove.
func (p *teamPages) remove(c echo.Context) error {
	m, err := p.member(c)
	if err != nil {
		return err
	}
	if value(c, "confirm") != "remove" {
		return p.memberPage(c, http.StatusUnprocessableEntity, formErrors{title: "Type remove to go on."})
	}
	ctx := c.Request().Context()
	return p.done(c, p.cfg.Firms.Remove(ctx, scopeOf(ctx), m.User), "They are out of the firm.")
}

// roleForm serves GET /f/:firm/team/roles/:role.
func (p *teamPages) roleForm(c echo.Context) error { return p.rolePage(c, http.StatusOK, formErrors{}) }

func (p *teamPages) rolePage(c echo.Context, status int, wrong formErrors) error {
	ctx := c.Request().Context()
	roles, err := p.cfg.Firms.Roles(ctx, scopeOf(ctx))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(roles, func(r firm.Role) bool { return string(r.Role) == c.Param("role") })
	if i < 0 || roles[i].Role == tenant.Owner {
		return notFound(nil)
	}
	v := roleEdit{Token: p.formToken(c), Base: teamBase(c), Role: c.Param("role"), Rights: make(map[string]string), Errors: wrong}
	for _, a := range tenant.Areas() {
		v.Rights[a.String()] = roles[i].Rights[a].String()
	}
	return p.shell(c, status, "Role "+v.Role, rolePage(v))
}

// setRole serves POST /f/:firm/team/roles/:role.
func (p *teamPages) setRole(c echo.Context) error {
	words := make(map[string]string)
	for _, a := range tenant.Areas() {
		words[a.String()] = value(c, a.String())
	}
	rights, err := rightsOfWords(words)
	if err == nil {
		ctx := c.Request().Context()
		err = p.cfg.Firms.SetRights(ctx, scopeOf(ctx), tenant.Role(c.Param("role")), rights)
	}
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.rolePage(c, wrong.code(), wrong)
	}
	p.notice(c, "gain", "Saved. It holds from the next request on.")
	return see(c, teamBase(c))
}
