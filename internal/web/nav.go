package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// entry is one line of the navigation. It is shown as soon as its page is in
// the table of routes, to whoever may open that.
type entry struct {
	path, text, icon string
	bar              bool // on narrow screens too
}

// bookPlaces are the pages of one entity's books.
func bookPlaces() []entry {
	const at = "/f/:firm/e/:entity"
	return []entry{
		{at, "Overview", "home", true},
		{at + "/inbox", "Inbox", "inbox", true},
		{at + "/transactions", "Transactions", "list", false},
		{at + "/transfers", "Transfers", "out", false},
		{at + "/accounts", "Accounts", "wallet", false},
		{at + "/imports", "Add data", "upload", true},
		{at + "/connections", "Linked accounts", "link", false},
		{at + "/wallets", "Wallets", "key", false},
		{at + "/lots", "Lots", "layers", false},
		{at + "/reports", "Reports", "report", true},
		{at + "/prices", "Prices", "card", false},
		{at + "/rules", "Rules", "rules", false},
		{at + "/activity", "Activity", "clock", false},
		{at + "/sharing", "Sharing", "people", false},
		{at + "/settings", "Settings", "settings", false},
	}
}

// firmPlaces are the pages of a firm.
func firmPlaces() []entry {
	const at = "/f/:firm"
	return []entry{
		{at + "/clients", "Clients", "people", true},
		{at + "/review", "Review queue", "inbox", true},
		{at + "/requests", "Requests", "mail", false},
		{at + "/team", "Team", "building", true},
		{at + "/billing", "Billing", "card", false},
		{at + "/audit", "Audit log", "shield", false},
		{at + "/settings", "Firm settings", "settings", false},
	}
}

// navigation is what the person may open of a firm, or of the entity that the
// page is about.
func (s *Site) navigation(c echo.Context) (nav, more []ui.Link) {
	scope := scopeOf(c.Request().Context())
	if scope.ValidEntity() {
		nav = s.links(c, scope, bookPlaces())
	}
	if scope.Valid() {
		firm := s.links(c, scope, firmPlaces())
		if scope.ValidEntity() {
			more = firm
		} else {
			nav = firm
		}
	}
	if !scope.Valid() {
		nav = s.operating(c)
	}
	return nav, append(more, ui.Link{Text: "Help", Href: "/docs", Icon: "help"})
}

// links are the places that exist and that the scope may open. The longest one
// above the page's own address is the current one.
func (s *Site) links(c echo.Context, scope tenant.Scope, places []entry) []ui.Link {
	fill := strings.NewReplacer(":firm", scope.Firm().String(), ":entity", scope.Entity().String())
	var all []ui.Link
	best, length := -1, 0
	for _, p := range places {
		row := s.router.find(http.MethodGet, p.path)
		if row == nil || !scope.May(row.access.perm) || !row.entity && !scope.Member().Grant.IsZero() {
			continue
		}
		if at := c.Path(); (at == p.path || strings.HasPrefix(at, p.path+"/")) && len(p.path) > length {
			best, length = len(all), len(p.path)
		}
		all = append(all, ui.Link{Text: p.text, Href: fill.Replace(p.path), Icon: p.icon, Bar: p.bar})
	}
	if best >= 0 {
		all[best].Current = true
	}
	return all
}
