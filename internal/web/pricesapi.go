package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// pricer is the part of internal/quote that its pages and operations use.
type pricer interface {
	State(ctx context.Context, s tenant.Scope) (quote.State, error)
	Choose(ctx context.Context, s tenant.Scope, c quote.Choice) error
	Quotes(ctx context.Context, s tenant.Scope, after quote.Cursor, limit int) ([]quote.Kept, error)
}

// quoteView is a price that was looked up, or why there is none.
type quoteView struct {
	Asset    string        `json:"asset"`
	Currency string        `json:"currency"`
	Time     time.Time     `json:"time" doc:"Of the event that needs it"`
	Date     string        `json:"date" doc:"Of it, in the tax zone"`
	Price    *money.Amount `json:"price" doc:"Of one unit; null if there is none"`
	Source   string        `json:"source,omitempty"`
	Candle   *time.Time    `json:"candle" doc:"When the candle begins"`
	Width    string        `json:"width,omitempty" enum:"minute,hour,day" doc:"Of the candle"`
	Fetched  time.Time     `json:"fetched" doc:"Or tried"`
	Second   *opinionView  `json:"second" doc:"What another source says"`
	Warning  string        `json:"warning,omitempty" doc:"If both lie far apart"`
	Code     quote.Code    `json:"code,omitempty" enum:"no_price,not_yet,asked_to_wait,no_answer" doc:"Why there is none"`
	Reason   string        `json:"reason,omitempty"`
}

// opinionView is what a second source says.
type opinionView struct {
	Source string       `json:"source"`
	Price  money.Amount `json:"price"`
	Spread money.Amount `json:"spread" doc:"As a part of the price"`
}

func newQuoteView(k *quote.Kept) quoteView {
	v := quoteView{
		Asset: k.Asset, Currency: k.Currency, Time: k.At.Time(), Date: k.Date.String(), Fetched: k.Fetched, Code: k.Code, Reason: k.Code.Words(),
	}
	if k.Code != "" {
		return v
	}
	v.Price, v.Source, v.Candle, v.Width, v.Warning = &k.Price, k.Source, &k.Candle, k.Width.String(), k.Warning()
	if o := k.Second; o != nil {
		v.Second = &opinionView{o.Source, o.Price, o.Spread}
	}
	return v
}

// priceSettings is how an entity's prices come about.
type priceSettings struct {
	Allowed bool           `json:"allowed" doc:"By the installation: LEDGERSYS_PRICES"`
	Lookups string         `json:"lookups" enum:"off,network" doc:"What these books say; network unless they say off"`
	File    *priceFileView `json:"file" doc:"Their own prices, which win; null if they have none"`
}

// priceFileView is a file of prices.
type priceFileView struct {
	Name   string    `json:"name"`
	SHA256 string    `json:"sha256"`
	Added  time.Time `json:"added"`
}

func newPriceFileView(p filing.PriceFile) *priceFileView {
	if p.File.IsZero() {
		return nil
	}
	return &priceFileView{p.Name, p.SHA256, p.At}
}

// pricesAPI registers the operations on prices.
func (s *Site) pricesAPI(r *router) {
	if s.cfg.Prices == nil || s.cfg.Years == nil {
		return
	}
	const group = "Prices"
	operation(r, call{
		method: http.MethodGet, path: apiEntity + "/prices", id: "list-prices", group: group, summary: "Prices that were looked up, each with its source, the newest first",
	}, need(tenant.Records, tenant.View), s.listQuotes)
	operation(r, call{method: http.MethodGet, path: apiEntity + "/prices/settings", id: "get-price-settings", group: group, summary: "Where prices come from"},
		need(tenant.Records, tenant.View), func(ctx context.Context, _ *EntityAt) (*struct{ Body priceSettings }, error) {
			return s.priceSettings(ctx)
		})
	operation(r, call{method: http.MethodPut, path: apiEntity + "/prices/settings", id: "put-price-settings", group: group, summary: "Allow or forbid to look prices up", about: "What was looked up stays."},
		need(tenant.Records, tenant.Edit), func(ctx context.Context, in *struct {
			EntityAt
			Body struct {
				Lookups string `json:"lookups" enum:"off,network"`
			}
		},
		) (*struct{ Body priceSettings }, error) {
			if err := s.cfg.Prices.Choose(ctx, scopeOf(ctx), quote.Choice(in.Body.Lookups)); err != nil {
				return nil, err
			}
			return s.priceSettings(ctx)
		})
	r.stream(call{
		method: http.MethodPost, path: apiEntity + "/prices/file", id: "put-price-file", group: group, summary: "Give own prices", status: http.StatusCreated,
		about: "The part named \"file\" is a CSV with the columns time, asset, currency and price, as `--prices` takes it. It replaces the one before.",
	}, need(tenant.Records, tenant.Edit).token("imports"), describePriceFile, s.takePrices, withBody(s.cfg.MaxUpload), withTimeout(uploadTime))
	operation(r, call{method: http.MethodDelete, path: apiEntity + "/prices/file", id: "delete-price-file", group: group, summary: "Take own prices away", status: http.StatusNoContent},
		need(tenant.Records, tenant.Edit).token("imports"), func(ctx context.Context, _ *EntityAt) (*struct{}, error) {
			return &struct{}{}, s.cfg.Years.DropPrices(ctx, scopeOf(ctx))
		})
}

func (s *Site) priceSettings(ctx context.Context) (*struct{ Body priceSettings }, error) {
	st, err := s.cfg.Prices.State(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	file, err := s.cfg.Years.Prices(ctx, scopeOf(ctx))
	v := priceSettings{Allowed: st.Allowed, Lookups: string(quote.Network), File: newPriceFileView(file)}
	if st.Choice == quote.Never {
		v.Lookups = string(quote.Never)
	}
	return &struct{ Body priceSettings }{v}, err
}

func (s *Site) listQuotes(ctx context.Context, in *struct {
	EntityAt
	PageOf
},
) (*struct{ Body listOf[quoteView] }, error) {
	list, next, err := s.quotes(ctx, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := listOf[quoteView]{Items: []quoteView{}, Next: next}
	for i := range list {
		out.Items = append(out.Items, newQuoteView(&list[i]))
	}
	return &struct{ Body listOf[quoteView] }{out}, nil
}

// quotes returns a page of quotes and the cursor of the next.
func (s *Site) quotes(ctx context.Context, cursor string, limit int) (list []quote.Kept, next *string, err error) {
	var after quote.Cursor
	if err := s.uncursor("prices", scopeOf(ctx), cursor, &after); err != nil {
		return nil, nil, err
	}
	list, err = s.cfg.Prices.Quotes(ctx, scopeOf(ctx), after, limit+1)
	if err != nil || len(list) <= limit {
		return list, nil, err
	}
	list = list[:limit]
	next, err = s.cursor("prices", scopeOf(ctx), list[limit-1].Cursor())
	return list, next, err
}

// describePriceFile says what an upload of prices looks like.
func describePriceFile(op *huma.Operation) {
	text := &huma.Schema{Type: "string"}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {
		Schema: &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{"file": {Type: "string", Format: "binary"}}, Required: []string{"file"}},
	}}}
	op.Responses["201"] = &huma.Response{Description: "Taken; years are computed anew in the background", Content: map[string]*huma.MediaType{"application/json": {
		Schema: &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{"name": text, "sha256": text, "added": text}, Required: []string{"name", "sha256", "added"}},
	}}}
}

func (s *Site) takePrices(c echo.Context) error {
	p, err := s.givePrices(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, newPriceFileView(p))
}

// givePrices takes the first file of a form as prices.
func (s *Site) givePrices(c echo.Context) (p filing.PriceFile, err error) {
	mr, err := parts(c)
	if err != nil {
		return p, err
	}
	for {
		part, err := mr.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return p, fault.Coded(fault.Invalid, "no_file", nil, "Choose a file of prices.")
		case err != nil:
			return p, cutShort(err)
		case part.FormName() != "file" || part.FileName() == "":
			continue
		}
		return s.cfg.Years.GivePrices(c.Request().Context(), scopeOf(c.Request().Context()), part.FileName(), arriving{part})
	}
}
