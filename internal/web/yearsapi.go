package web

import (
	"context"
	"io"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// years is the part of the filing that its pages and operations use.
type years interface {
	Result(ctx context.Context, s tenant.Scope, year string) (*filing.Document, error)
	Form(ctx context.Context, s tenant.Scope, year, file string) (*filing.Document, error)
	Pack(ctx context.Context, s tenant.Scope, year string) (*filing.Document, error)
	Summary(ctx context.Context, s tenant.Scope, year string) (filing.Summary, error)
	Prices(ctx context.Context, s tenant.Scope) (filing.PriceFile, error)
	GivePrices(ctx context.Context, s tenant.Scope, name string, r io.Reader) (filing.PriceFile, error)
	DropPrices(ctx context.Context, s tenant.Scope) error
}

// computeTime is how long the computation of a year may take.
const computeTime = 5 * time.Minute

// yearsAPI registers the operations on results and reports.
func (s *Site) yearsAPI(r *router) {
	if s.cfg.Years == nil {
		return
	}
	file := func(kind, about string) func(*huma.Operation) {
		return func(op *huma.Operation) {
			op.Responses["200"] = &huma.Response{Description: about, Content: map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
		}
	}
	r.stream(call{
		method: http.MethodGet, path: apiEntity + "/results/{year}", id: "get-result", group: "Results", summary: "The result of a tax year",
		about: "ledgersys.result/1: the same bytes as `ledgersys tax report --year` on the same inputs and settings. `all` gives every year.",
	}, need(tenant.Reporting, tenant.View), func(op *huma.Operation) {
		op.Responses["200"] = &huma.Response{Description: "ledgersys.result/1", Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: "object"}}}}
	}, func(c echo.Context) error {
		d, err := s.cfg.Years.Result(c.Request().Context(), scopeOf(c.Request().Context()), c.Param("year"))
		return sendFile(c, d, err)
	}, withTimeout(computeTime))
	r.stream(call{
		method: http.MethodGet, path: apiEntity + "/reports/{year}/pack.zip", id: "get-pack", group: "Results", summary: "All files of a tax year",
		about: "The files that `ledgersys tax report --out` writes, in one zip. The same files give the same zip.",
	}, need(tenant.Exports, tenant.View).token("read"), file("application/zip", "The files"), s.sendPack, withTimeout(computeTime))
	r.stream(call{
		method: http.MethodGet, path: apiEntity + "/reports/{year}/{file}", id: "get-form", group: "Results", summary: "A form of a tax year, as 8949.csv",
	}, need(tenant.Exports, tenant.View).token("read"), file("text/csv", "The form"), s.sendForm, withTimeout(computeTime))
}

func (s *Site) sendPack(c echo.Context) error {
	d, err := s.cfg.Years.Pack(c.Request().Context(), scopeOf(c.Request().Context()), c.Param("year"))
	return sendFile(c, d, err)
}

func (s *Site) sendForm(c echo.Context) error {
	d, err := s.cfg.Years.Form(c.Request().Context(), scopeOf(c.Request().Context()), c.Param("year"), c.Param("file"))
	return sendFile(c, d, err)
}

// sendFile answers with a document, or with nothing where the caller has it.
func sendFile(c echo.Context, d *filing.Document, err error) error {
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // only read
	h := c.Response().Header()
	h.Set("ETag", etag(d.Tag))
	if c.Request().Header.Get("If-None-Match") == etag(d.Tag) {
		return c.NoContent(http.StatusNotModified)
	}
	kind := map[string]string{".json": "application/json", ".csv": "text/csv; charset=utf-8", ".zip": "application/zip"}[path.Ext(d.Name)]
	if kind == "" {
		kind = "text/plain; charset=utf-8"
	}
	h.Set(echo.HeaderContentType, kind)
	h.Set(echo.HeaderContentLength, strconv.FormatInt(d.Size, 10))
	if path.Ext(d.Name) != ".json" {
		h.Set(echo.HeaderContentDisposition, `attachment; filename="`+d.Name+`"`)
	}
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err = io.Copy(c.Response(), d)
	return err
}
