package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// NewWith builds a site with further routes: tests see how all of them are
// treated before the use cases bring theirs.
func NewWith(cfg Config, more func(*Router)) (*Site, error) {
	return build(cfg, func(r *router) { more(&Router{r}) })
}

// Router lets tests register routes.
type Router struct{ r *router }

// Access is who may use a route.
type Access = access

// The accesses.
var (
	Anyone    = anyone
	SignedIn  = signedIn
	Operators = operators
	Need      = need
)

// Add registers a page that answers with a word and the firm and entity that
// it was given.
func (r *Router) Add(method, path string, a Access) {
	r.r.add(method, path, a, func(c echo.Context) error {
		s := scopeOf(c.Request().Context())
		return c.String(http.StatusOK, "inside "+s.Firm().String()+" "+s.Entity().String())
	})
}

// Panics registers a page whose handler panics with a value.
func (r *Router) Panics(path string, value any) {
	r.r.get(path, anyone(), func(echo.Context) error { panic(value) })
}

// Call registers an operation of the API that takes and gives a note.
func (r *Router) Call(method, path string, a Access, h func(context.Context, string) (string, error)) {
	type note struct {
		Note string `json:"note" maxLength:"40"`
	}
	operation(r.r, call{method: method, path: path, id: "note-" + method, group: "Notes", summary: "Notes"}, a,
		func(ctx context.Context, in *struct{ Body note }) (*struct{ Body note }, error) {
			got, err := h(ctx, in.Body.Note)
			return &struct{ Body note }{note{got}}, err
		})
}

// ScopeOf is what a handler would act on.
func ScopeOf(ctx context.Context) tenant.Scope { return scopeOf(ctx) }
