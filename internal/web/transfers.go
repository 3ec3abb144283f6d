package web

import (
	"context"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/recon"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// transferPages registers the page on which pairs and differences stand.
func (s *Site) transferPages(r *router) {
	if s.cfg.Recon == nil || s.cfg.Imports == nil {
		return
	}
	view, edit := need(tenant.Records, tenant.View), need(tenant.Records, tenant.Edit)
	r.get(entityPage+"/transfers", view, s.transfersPage)
	r.post(entityPage+"/transfers/:pair/undo", edit, func(c echo.Context) error {
		return s.pairPost(c, s.cfg.Recon.Undo, "Taken apart. Both ends are in doubt again.")
	})
	r.post(entityPage+"/transfers/:pair/redo", edit, func(c echo.Context) error {
		return s.pairPost(c, s.cfg.Recon.Redo, "Put together again. It counts as your own transfer.")
	})
}

// transfersView is the page of pairs and differences.
type transfersView struct {
	base        string
	self        string
	token       string
	edit        bool
	pairs       []recon.Pair
	next        string
	paged       bool
	differences []recon.Difference
	wrong       formErrors
}

// pairsOnPage is how many pairs one page lists.
const pairsOnPage = 50

func (s *Site) transfersPage(c echo.Context) error { return s.drawTransfers(c, formErrors{}) }

func (s *Site) drawTransfers(c echo.Context, wrong formErrors) error {
	ctx := c.Request().Context()
	cursor := c.QueryParam("cursor")
	v := transfersView{
		base: entityPath(ctx), self: entityPath(ctx) + "/transfers", token: s.formToken(c), edit: scopeOf(ctx).May(tenant.Need(tenant.Records, tenant.Edit)),
		paged: cursor != "", wrong: wrong,
	}
	list, next, err := s.pairs(ctx, cursor, pairsOnPage)
	if err != nil {
		return err
	}
	v.pairs = list
	if next != nil {
		v.next = v.self + "?" + url.Values{"cursor": {*next}}.Encode()
	}
	if v.differences, err = s.cfg.Recon.Unexplained(ctx, scopeOf(ctx)); err != nil {
		return err
	}
	return s.bookStatus(c, wrong.code(), "Transfers", nil, transfersSheet(v))
}

// pairPost does what a button beside a pair says.
func (s *Site) pairPost(c echo.Context, act func(context.Context, tenant.Scope, tenant.ID) (*recon.Pair, error), done string) error {
	ctx := c.Request().Context()
	id, err := pairID(c.Param("pair"))
	if err != nil {
		return err
	}
	if _, err := act(ctx, scopeOf(ctx), id); err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return s.drawTransfers(c, wrong)
	}
	s.notice(c, "", done)
	return see(c, entityPath(ctx)+"/transfers")
}

func pairPill(p *recon.Pair) pill {
	if p.State == recon.Apart {
		return pill{"warn", "! taken apart"}
	}
	return pill{"gain", "✓ same transaction"}
}

// pairPlace says where an end of a pair comes from.
func pairPlace(p recon.Place) string {
	if p.Endpoint != "" {
		return p.Endpoint + " " + p.ID
	}
	return p.File + ":" + ui.Plain(int(p.Line))
}
