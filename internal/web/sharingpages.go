package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// sharingPages are with whom books are shared, from both sides.
type sharingPages struct{ *Site }

func (p *sharingPages) routes(r *router) {
	const at = "/f/:firm/e/:entity/sharing"
	view, edit := need(tenant.Members, tenant.View), need(tenant.Members, tenant.Edit)
	r.get(at, view, p.show)
	r.post(at+"/offer", edit, p.offer, costly())
	r.post(at+"/confirm", edit, p.confirm)
	r.post(at+"/withdraw", edit, p.withdraw)
	r.post(at+"/answer", edit, p.answer)
	r.get("/shares", signedIn(), p.shares)
	r.post("/shares/accept", signedIn(), p.accept)
	r.post("/shares/answer", signedIn(), p.toAnswer)
	r.post("/shares/return", signedIn(), p.giveBack)
}

// show serves GET /f/:firm/e/:entity/sharing.
func (p *sharingPages) show(c echo.Context) error { return p.page(c, http.StatusOK, sharingView{}) }

func (p *sharingPages) page(c echo.Context, status int, v sharingView) error {
	ctx, scope := c.Request().Context(), scopeOf(c.Request().Context())
	e, err := p.cfg.Firms.Entity(ctx, scope)
	if err != nil {
		return err
	}
	all, err := p.cfg.Firms.Grants(ctx, scope)
	if err != nil {
		return err
	}
	v.Token, v.Once, v.Base, v.Name = p.formToken(c), onceValue(), bookBase(c)+"/sharing", e.Name
	v.Roles, v.Mail, v.Edit = shareRoles(), p.mailing(), scope.May(tenant.Need(tenant.Members, tenant.Edit))
	if v.Days == "" {
		v.Days = "90"
	}
	for _, g := range all {
		row := newGrantRow(g, p.cfg.Clock())
		row.Who = g.ToName
		if row.Who == "" {
			row.Who = g.Email
		}
		row.Confirm, row.End, row.EndWord = g.State == firm.Accepted, g.State != firm.Ended, "Withdraw"
		v.Rows = append(v.Rows, row)
	}
	return p.shell(c, status, "Sharing", sharingPage(v))
}

func newGrantRow(g firm.Grant, now time.Time) grantRow {
	row := grantRow{ID: g.ID.String(), Role: shareWord(g.Role), State: string(g.State), Kind: "plain", Until: g.Until, Made: g.Made}
	switch {
	case g.State == firm.Active && !g.ActiveAt(now):
		row.State = "over"
	case g.State == firm.Active:
		row.State, row.Kind = "open", "gain"
	case g.State == firm.Accepted:
		row.State, row.Kind = "waits for confirmation", "warn"
	case g.State == firm.Offered, g.State == firm.Requested:
		row.State, row.Kind = "waits for an answer", "info"
	case g.Why != "":
		row.State = g.Why
	}
	return row
}

// shareWord is what a role of shared books is called.
func shareWord(r tenant.Role) string {
	for _, o := range shareRoles() {
		if o.Value == string(r) {
			return strings.ToLower(o.Text)
		}
	}
	return string(r)
}

// done ends a form of an entity's sharing.
func (p *sharingPages) done(c echo.Context, err error, word string) error {
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.page(c, wrong.code(), sharingView{Errors: wrong})
	}
	p.notice(c, "gain", word)
	return see(c, bookBase(c)+"/sharing")
}

// offer serves POST …/sharing/offer.
func (p *sharingPages) offer(c echo.Context) error {
	ctx := c.Request().Context()
	v := sharingView{Email: value(c, "email"), Role: value(c, "role"), Days: value(c, "days")}
	_, err := p.cfg.Firms.Offer(ctx, scopeOf(ctx), firm.Grant{Email: v.Email, Role: tenant.Role(v.Role)}, daysOf(v.Days))
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		v.Errors = wrong
		return p.page(c, wrong.code(), v)
	}
	return p.done(c, nil, "Offered. Confirm here once they have accepted.")
}

// confirm serves POST …/sharing/confirm.
func (p *sharingPages) confirm(c echo.Context) error {
	return p.act(c, "The books are open to them.", func(id tenant.ID) error {
		_, err := p.cfg.Firms.Confirm(c.Request().Context(), scopeOf(c.Request().Context()), id)
		return err
	})
}

// withdraw serves POST …/sharing/withdraw.
func (p *sharingPages) withdraw(c echo.Context) error {
	return p.act(c, "It has ended.", func(id tenant.ID) error {
		return p.cfg.Firms.Withdraw(c.Request().Context(), scopeOf(c.Request().Context()), id)
	})
}

// answer serves POST …/sharing/answer.
func (p *sharingPages) answer(c echo.Context) error {
	return p.act(c, "The books are open to them.", func(id tenant.ID) error {
		_, err := p.cfg.Firms.Answer(c.Request().Context(), scopeOf(c.Request().Context()), id)
		return err
	})
}

// act does something with the grant that a form names.
func (p *sharingPages) act(c echo.Context, word string, do func(tenant.ID) error) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	return p.done(c, do(id), word)
}

// shares serves GET /shares.
func (p *sharingPages) shares(c echo.Context) error {
	if own := p.operating(c); len(own) > 0 {
		return see(c, own[0].Href) // nothing can be shared with who runs the installation
	}
	return p.sharesPage(c, http.StatusOK, formErrors{})
}

func (p *sharingPages) sharesPage(c echo.Context, status int, wrong formErrors) error {
	ctx := c.Request().Context()
	all, err := p.cfg.Firms.Shares(ctx, identityOf(ctx))
	if err != nil {
		return err
	}
	mine, err := p.cfg.Firms.Mine(ctx, identityOf(ctx))
	if err != nil {
		return err
	}
	v := sharesView{Token: p.formToken(c), Firms: []ui.Option{{Text: "me alone"}}, Errors: wrong}
	for _, m := range mine {
		v.Firms = append(v.Firms, ui.Option{Value: m.ID.String(), Text: "the people of " + m.Name})
	}
	for _, g := range all {
		row := newGrantRow(g, p.cfg.Clock())
		row.Who, row.What, row.End, row.EndWord = g.HomeName, g.EntityName, true, "Give back"
		switch {
		case g.State == firm.Requested:
			row.Who, row.What, row.Ask, row.EndWord = g.ToName, g.ToName+" asks for access to your books", true, "Decline"
		case g.State == firm.Offered:
			row.Accept, row.EndWord = true, "Decline"
		case g.ActiveAt(p.cfg.Clock()):
			row.Href = bookPath(g.Home, g.Entity)
		}
		v.Rows = append(v.Rows, row)
	}
	if slices.ContainsFunc(v.Rows, func(r grantRow) bool { return r.Ask }) {
		if v.Books, err = p.ownBooks(c, mine); err != nil {
			return err
		}
	}
	return p.shell(c, status, "Shared with me", sharesPage(v))
}

// ownBooks are the entities with which a person may answer a request.
func (p *sharingPages) ownBooks(c echo.Context, mine []firm.Mine) (books []ui.Option, err error) {
	ctx := c.Request().Context()
	for _, m := range mine {
		membership, err := p.cfg.Firms.Membership(ctx, identityOf(ctx), m.ID)
		if err != nil {
			continue // of a firm that asks for a second factor first, nothing is offered
		}
		scope, err := identityOf(ctx).Enter(membership)
		if err != nil || !scope.May(tenant.Need(tenant.Members, tenant.Edit)) {
			continue
		}
		entities, err := p.cfg.Firms.Entities(ctx, scope)
		if err != nil {
			return nil, err
		}
		for _, e := range entities {
			books = append(books, ui.Option{Value: bookPath(m.ID, e.ID), Text: e.Name})
		}
	}
	return books, nil
}

// settled ends a form of the shares.
func (p *sharingPages) settled(c echo.Context, err error, word string) error {
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.sharesPage(c, wrong.code(), wrong)
	}
	p.notice(c, "gain", word)
	return see(c, "/shares")
}

// accept serves POST /shares/accept.
func (p *sharingPages) accept(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	var as tenant.FirmID
	if f := value(c, "firm"); f != "" {
		if as, err = tenant.ParseID(f); err != nil {
			return notFound(err)
		}
	}
	ctx := c.Request().Context()
	_, err = p.cfg.Firms.AcceptGrant(ctx, identityOf(ctx), id, as)
	return p.settled(c, err, "Accepted. The books open once they confirm.")
}

// toAnswer serves POST /shares/answer: it sends the form on to the books that
// were chosen, where the right to open them is checked. 307 keeps the form.
func (*sharingPages) toAnswer(c echo.Context) error {
	books := value(c, "books")
	if !bookAddress.MatchString(books) {
		return notFound(nil)
	}
	return c.Redirect(http.StatusTemporaryRedirect, books+"/sharing/answer")
}

// giveBack serves POST /shares/return.
func (p *sharingPages) giveBack(c echo.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	return p.settled(c, p.cfg.Firms.Return(ctx, identityOf(ctx), id), "It is settled.")
}
