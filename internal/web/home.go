package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// admission lets people in who have no account yet.
type admission interface {
	// SetUp makes the first owner with the setup code, their firm and its first
	// entity.
	SetUp(ctx context.Context, code keyring.Secret, p session.NewPerson, d firm.Draft, from session.Peer) (session.Opened, error)
	// Join opens an account for somebody who was invited and makes them a
	// member. The address is the invitation's.
	Join(ctx context.Context, invitation keyring.Secret, p session.NewPerson, from session.Peer) (session.Opened, error)
}

// homePages are the first page of everybody and the setup.
type homePages struct{ *Site }

func (p *homePages) routes(r *router) {
	r.get("/", anyone(), p.home)
	r.get("/setup", anyone(), p.setupForm)
	r.post("/setup", anyone(), p.setUpOwner, costly())
}

// home serves GET /: one's books, the sign-in, or the welcome of an
// installation that has no owner yet.
func (p *homePages) home(c echo.Context) error {
	ctx := c.Request().Context()
	id := identityOf(ctx)
	if !id.Known() && p.guest != nil {
		opened, err := p.guest(ctx, peerOf(c))
		if err != nil {
			return err
		}
		p.take(c, opened)
		return see(c, "/")
	}
	if !id.Known() {
		empty, err := p.cfg.Accounts.Empty(ctx)
		if err != nil {
			return err
		}
		if empty {
			return p.sheet(c, http.StatusOK, "Welcome", welcomeSheet())
		}
		return see(c, "/signin")
	}
	mine, err := p.cfg.Firms.FirstOfMine(ctx, id, 2)
	if err != nil {
		return err
	}
	switch len(mine) {
	case 0:
		return see(c, "/shares")
	case 1:
		return p.enter(c, id, mine[0].ID)
	}
	return see(c, "/firms")
}

// enter leads into the only firm of a person: into the books if there is but
// one client.
func (p *homePages) enter(c echo.Context, id tenant.Identity, f tenant.FirmID) error {
	ctx := c.Request().Context()
	m, err := p.cfg.Firms.Membership(ctx, id, f)
	if err != nil {
		return err // a second factor is due: the page of errors leads on
	}
	scope, err := id.Enter(m)
	if err != nil {
		return err
	}
	clients, err := p.cfg.Firms.Entities(ctx, scope)
	if err != nil {
		return err
	}
	if len(clients) == 1 && p.router.find(http.MethodGet, "/f/:firm/e/:entity") != nil {
		return see(c, bookPath(f, clients[0].ID))
	}
	return see(c, "/f/"+f.String()+"/clients")
}

// setupForm serves GET /setup.
func (p *homePages) setupForm(c echo.Context) error {
	empty, err := p.cfg.Accounts.Empty(c.Request().Context())
	if err != nil {
		return err
	}
	if !empty {
		return see(c, "/signin")
	}
	return p.setupPage(c, http.StatusOK, setupView{})
}

func (p *homePages) setupPage(c echo.Context, status int, v setupView) error {
	v.Token, v.Once, v.Countries = p.formToken(c), onceValue(), countries()
	v.Moneys = []ui.Option{{Text: "The country's own"}}
	for _, code := range []string{"AUD", "CAD", "CHF", "EUR", "GBP", "INR", "LKR", "NGN", "USD", "ZAR"} {
		if money.IsFiat(code) {
			v.Moneys = append(v.Moneys, ui.Option{Value: code, Text: code})
		}
	}
	if v.Country == "" {
		v.Country = "GB"
	}
	return p.sheet(c, status, "Setup", setupSheet(v))
}

// setUpOwner serves POST /setup.
func (p *homePages) setUpOwner(c echo.Context) error {
	v := setupView{
		Code: value(c, "code"), Name: value(c, "name"), Email: value(c, "email"), Country: value(c, "country"), Money: value(c, "currency"), Zone: value(c, "timezone"),
	}
	person := session.NewPerson{Name: v.Name, Email: v.Email, Password: secretOf(c, "password")}
	draft := firm.Draft{Name: v.Name, Country: v.Country, Currency: v.Money, Timezone: v.Zone}
	opened, err := p.cfg.Admission.SetUp(c.Request().Context(), keyring.NewSecret([]byte(v.Code)), person, draft, peerOf(c))
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		v.Errors = wrong
		return p.setupPage(c, wrong.code(), v)
	}
	p.take(c, opened)
	return see(c, "/")
}

// dress fills in what surrounds a page for the person who sees it.
func (s *Site) dress(c echo.Context, page *ui.Page) error {
	ctx := c.Request().Context()
	page.Nav, page.More = s.navigation(c)
	id := identityOf(ctx)
	if !id.Known() || s.cfg.Accounts == nil || s.cfg.Firms == nil {
		return nil
	}
	name, email, err := s.cfg.Accounts.Who(ctx, id)
	if err != nil {
		return err
	}
	page.Person = ui.Person{Name: name, Email: email}
	page.More = append([]ui.Link{{Text: "Shared with me", Href: "/shares", Icon: "people", Current: c.Path() == "/shares"}}, page.More...)
	return s.books(c, page)
}

// switchFirms is how many firms the switch names; the page of all has the rest.
const switchFirms = 12

// books fills in the switch of firms and books.
func (s *Site) books(c echo.Context, page *ui.Page) error {
	ctx, scope := c.Request().Context(), scopeOf(c.Request().Context())
	mine, err := s.cfg.Firms.FirstOfMine(ctx, identityOf(ctx), switchFirms)
	if err != nil {
		return err
	}
	atFirm := scope.Valid() && !scope.ValidEntity()
	for _, m := range mine {
		b := ui.Book{Name: m.Name, Note: "Firm", Href: "/f/" + m.ID.String() + "/clients", Current: atFirm && scope.Firm() == m.ID}
		if b.Current {
			page.Book = b
		}
		page.Books = append(page.Books, b)
	}
	if atFirm && !page.Book.Current {
		f, err := s.cfg.Firms.Firm(ctx, scope)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		page.Book = ui.Book{Name: f.Name, Note: "Firm", Href: "/f/" + scope.Firm().String() + "/clients", Current: true}
		page.Books = append([]ui.Book{page.Book}, page.Books...)
	}
	if scope.ValidEntity() {
		e, err := s.cfg.Firms.Entity(ctx, scope)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		page.Book = ui.Book{Name: e.Name, Note: e.Country + " · " + e.Currency, Href: bookBase(c), Current: true}
		page.Books = append([]ui.Book{page.Book}, page.Books...)
	}
	page.Books = append(page.Books, ui.Book{Name: "All firms", Note: "and new ones", Href: "/firms", Current: c.Path() == "/firms"})
	return nil
}
