package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// clientPages are the client list of a firm.
type clientPages struct{ *Site }

func (p *clientPages) routes(r *router) {
	r.get("/f/:firm", need(tenant.Records, tenant.View), p.start)
	r.get("/f/:firm/clients", need(tenant.Records, tenant.View), p.show)
	r.post("/f/:firm/clients", need(tenant.Records, tenant.Edit), p.add)
	r.get("/f/:firm/clients/ask", need(tenant.Members, tenant.Edit), p.askForm)
	r.post("/f/:firm/clients/ask", need(tenant.Members, tenant.Edit), p.ask, costly())
}

// firmBase is the address of the firm of a request.
func firmBase(c echo.Context) string { return "/f/" + scopeOf(c.Request().Context()).Firm().String() }

// bookBase is the address of the books of a request.
func bookBase(c echo.Context) string {
	return bookPath(scopeOf(c.Request().Context()).Firm(), scopeOf(c.Request().Context()).Entity())
}

// bookPath is the address of an entity's books.
func bookPath(f tenant.FirmID, e tenant.EntityID) string {
	return "/f/" + f.String() + "/e/" + e.String()
}

// start serves GET /f/:firm.
func (*clientPages) start(c echo.Context) error { return see(c, firmBase(c)+"/clients") }

// show serves GET /f/:firm/clients.
func (p *clientPages) show(c echo.Context) error {
	return p.page(c, http.StatusOK, clientsView{})
}

// page shows the list, with what is wrong with its form.
func (p *clientPages) page(c echo.Context, status int, v clientsView) error {
	ctx, scope := c.Request().Context(), scopeOf(c.Request().Context())
	f, err := p.cfg.Firms.Firm(ctx, scope)
	if err != nil {
		return err
	}
	all, err := p.cfg.Firms.Clients(ctx, scope)
	if err != nil {
		return err
	}
	names, err := p.cfg.Names.Names(ctx, scope)
	if err != nil {
		return err
	}
	v.Token, v.Once, v.Base, v.Firm, v.Filter = p.formToken(c), onceValue(), firmBase(c), f.Name, c.QueryParam("status")
	v.MayAdd = scope.May(tenant.Need(tenant.Records, tenant.Edit)) && scope.Member().Entities == nil
	v.MayAsk = scope.May(tenant.Need(tenant.Members, tenant.Edit)) && scope.Member().Entities == nil
	v.Countries = countries()
	if v.Country == "" {
		v.Country = f.Country
	}
	counts := make(map[string]int)
	for _, one := range all {
		row := newClientRow(one, names)
		counts[row.Status]++
		if v.Filter == "" || row.Status == v.Filter {
			v.Rows = append(v.Rows, row)
		}
	}
	v.Counts = []countRow{{Text: "All", Href: v.Base + "/clients", N: len(all)}}
	for _, s := range append([]firm.Status{invited}, firm.Statuses()...) {
		if n := counts[string(s)]; n > 0 {
			v.Counts = append(v.Counts, countRow{string(s), string(s), v.Base + "/clients?status=" + url.QueryEscape(string(s)), n})
		}
	}
	return p.shell(c, status, "Clients", clientsPage(v))
}

func newClientRow(c firm.Client, names map[tenant.UserID]string) clientRow {
	row := clientRow{Name: c.Entity.Name, Status: string(c.Entity.Status), Kind: statusKind(c.Entity.Status), Country: c.Entity.Country, Due: c.Entity.Due}
	row.Preparer, row.Reviewer = names[c.Entity.Preparer], names[c.Entity.Reviewer]
	if c.Granted {
		row.Shared, row.Until = "as "+string(c.Grant.Role), c.Grant.Until
	}
	if c.Waiting {
		row.Status, row.Kind = string(invited), "plain"
		return row
	}
	row.Href = bookPath(c.Home, c.Entity.ID)
	return row
}

// add serves POST /f/:firm/clients.
func (p *clientPages) add(c echo.Context) error {
	ctx := c.Request().Context()
	name, country := value(c, "name"), value(c, "country")
	e, err := p.cfg.Firms.AddEntity(ctx, scopeOf(ctx), firm.Entity{Name: name, Country: country})
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return p.page(c, wrong.code(), clientsView{Name: name, Country: country, Errors: wrong})
	}
	p.notice(c, "gain", "The client is added.")
	return see(c, bookPath(scopeOf(ctx).Firm(), e.ID))
}

// askForm serves GET /f/:firm/clients/ask.
func (p *clientPages) askForm(c echo.Context) error { return p.askPage(c, http.StatusOK, askView{}) }

func (p *clientPages) askPage(c echo.Context, status int, v askView) error {
	v.Token, v.Once, v.Base, v.Roles, v.Mail = p.formToken(c), onceValue(), firmBase(c), shareRoles(), p.mailing()
	if v.Days == "" {
		v.Days, v.Role = "90", string(tenant.Preparer)
	}
	return p.shell(c, status, "Ask for access", askPage(v))
}

// ask serves POST /f/:firm/clients/ask.
func (p *clientPages) ask(c echo.Context) error {
	ctx := c.Request().Context()
	v := askView{Email: value(c, "email"), Role: value(c, "role"), Days: value(c, "days")}
	_, err := p.cfg.Firms.Request(ctx, scopeOf(ctx), firm.Grant{Email: v.Email, Role: tenant.Role(v.Role)}, daysOf(v.Days))
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		v.Errors = wrong
		return p.askPage(c, wrong.code(), v)
	}
	p.notice(c, "gain", "Asked. The books appear here as soon as they agree.")
	return see(c, firmBase(c)+"/clients")
}

// daysOf reads a number of days; what is none is out of every limit.
func daysOf(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return -1
	}
	return n
}

// mailing reports whether this installation sends mails.
func (s *Site) mailing() bool { return s.cfg.Accounts != nil && s.cfg.Accounts.Mailing() }

// shareRoles are what books can be shared for.
func shareRoles() []ui.Option {
	return []ui.Option{{Value: "read-only", Text: "Look only"}, {Value: "preparer", Text: "Prepare"}, {Value: "reviewer", Text: "Prepare and review"}}
}

// countries are those with rules, by name.
func countries() []ui.Option {
	return []ui.Option{
		{Value: "AU", Text: "Australia"},
		{Value: "CA", Text: "Canada"},
		{Value: "DE", Text: "Germany"},
		{Value: "GB", Text: "United Kingdom"},
		{Value: "IE", Text: "Ireland"},
		{Value: "IN", Text: "India"},
		{Value: "LK", Text: "Sri Lanka"},
		{Value: "NG", Text: "Nigeria"},
		{Value: "US", Text: "United States"},
		{Value: "ZA", Text: "South Africa"},
		{Value: "XX", Text: "Another country (generic rules)"},
	}
}

// worded turns words into choices that show what they send.
func worded[T ~string](words ...T) []ui.Option {
	all := make([]ui.Option, len(words))
	for i, w := range words {
		all[i] = ui.Option{Value: string(w), Text: string(w)}
	}
	return all
}

// entityOptions are the clients of a firm, by name.
func entityOptions(all []firm.Entity) []ui.Option {
	opts := make([]ui.Option, len(all))
	for i, e := range all {
		opts[i] = ui.Option{Value: e.ID.String(), Text: e.Name}
	}
	return slices.Clip(opts)
}
