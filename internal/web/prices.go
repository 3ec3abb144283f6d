package web

import (
	"context"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// pricePages registers the page of prices.
func (s *Site) pricePages(r *router) {
	if s.cfg.Prices == nil || s.cfg.Years == nil || s.cfg.Imports == nil {
		return
	}
	view, edit := need(tenant.Records, tenant.View), need(tenant.Records, tenant.Edit)
	r.get(entityPage+"/prices", view, s.pricesPage)
	r.post(entityPage+"/prices/lookups", edit, s.chooseLookups)
	r.post(entityPage+"/prices/file", edit, s.addPrices, withBody(s.cfg.MaxUpload), withTimeout(uploadTime))
	r.post(entityPage+"/prices/file/remove", edit, func(c echo.Context) error {
		return s.pricesDone(c, s.cfg.Years.DropPrices(c.Request().Context(), scopeOf(c.Request().Context())), "Removed. Years are computed anew.")
	})
}

// pricesView is the page of prices.
type pricesView struct {
	base  string
	self  string
	token string
	edit  bool
	state quote.State
	file  filing.PriceFile
	list  []quote.Kept
	next  string
	paged bool
	wrong formErrors
}

// pricesOnPage is how many prices one page lists.
const pricesOnPage = 50

func (s *Site) pricesPage(c echo.Context) error { return s.drawPrices(c, formErrors{}) }

func (s *Site) drawPrices(c echo.Context, wrong formErrors) error {
	ctx := c.Request().Context()
	cursor := c.QueryParam("cursor")
	v := pricesView{
		base: entityPath(ctx), self: entityPath(ctx) + "/prices", token: s.formToken(c), edit: scopeOf(ctx).May(tenant.Need(tenant.Records, tenant.Edit)),
		paged: cursor != "", wrong: wrong,
	}
	if err := s.fillPrices(ctx, &v, cursor); err != nil {
		return err
	}
	return s.bookStatus(c, wrong.code(), "Prices", nil, pricesSheet(v))
}

func (s *Site) fillPrices(ctx context.Context, v *pricesView, cursor string) (err error) {
	if v.state, err = s.cfg.Prices.State(ctx, scopeOf(ctx)); err != nil {
		return err
	}
	if v.file, err = s.cfg.Years.Prices(ctx, scopeOf(ctx)); err != nil {
		return err
	}
	list, next, err := s.quotes(ctx, cursor, pricesOnPage)
	v.list = list
	if next != nil {
		v.next = v.self + "?" + url.Values{"cursor": {*next}}.Encode()
	}
	return err
}

// chooseLookups allows or forbids to look prices up.
func (s *Site) chooseLookups(c echo.Context) error {
	ctx := c.Request().Context()
	return s.pricesDone(c, s.cfg.Prices.Choose(ctx, scopeOf(ctx), quote.Choice(value(c, "lookups"))), "Saved.")
}

// addPrices takes a file of prices.
func (s *Site) addPrices(c echo.Context) error {
	_, err := s.givePrices(c)
	return s.pricesDone(c, err, "Taken. Years are computed anew.")
}

// pricesDone goes back to the page, or shows it with what is wrong.
func (s *Site) pricesDone(c echo.Context, err error, done string) error {
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return s.drawPrices(c, wrong)
	}
	s.notice(c, "", done)
	return see(c, entityPath(c.Request().Context())+"/prices")
}

// lookupWords says whether prices are looked up.
func lookupWords(s quote.State) string {
	switch {
	case !s.Allowed:
		return "Off. Whoever runs this installation has not allowed it (LEDGERSYS_PRICES)."
	case s.Choice == quote.Never:
		return "Off for these books. What was looked up stays."
	default:
		return "On. Sources learn which assets you ask about and for when; they learn no amount and no name."
	}
}

// priceWords counts the prices of a year.
func priceWords(sum *filing.Summary) string {
	words := ui.Counted(sum.LookedUp, "price was", "prices were") + " looked up"
	if sum.Unpriced == 0 {
		return words + "; none is missing."
	}
	words += "; " + ui.Counted(sum.Unpriced, "is", "are") + " missing"
	if n := len(sum.Gaps); n < sum.Unpriced {
		words += ", the first " + ui.Count(n) + " are listed"
	}
	return words + "."
}
