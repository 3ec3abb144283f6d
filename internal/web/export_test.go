package web

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// NewWith builds a site with further routes: tests see how all of them are
// treated before the use cases bring theirs.
func NewWith(cfg Config, more func(*Router)) (*Site, error) {
	return build(cfg, func(r *router) {
		if more != nil {
			more(&Router{r})
		}
	})
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

	CardNumber = cardNumber
	CardInJSON = cardInJSON
	Need       = need
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

// Counts registers a page that counts how often it acts.
func (r *Router) Counts(method, path string, a Access, n *int) {
	r.r.add(method, path, a, func(c echo.Context) error {
		*n++
		return c.String(http.StatusOK, "done")
	})
}

// Uploads registers a page that takes files and notes their names.
func (r *Router) Uploads(path string, names *[]string) {
	r.r.post(path, signedIn(), func(c echo.Context) error {
		var got []string
		err := eachPart(c, func(p *multipart.Part) error {
			got = append(got, p.FileName())
			_, err := io.Copy(io.Discard, p)
			if err != nil {
				return cutShort(err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		*names = got
		return c.String(http.StatusOK, "done")
	})
}

// Echoes registers a webhook that reads its body.
func (r *Router) Echoes(path string) {
	r.r.post(path, anyone(), func(c echo.Context) error {
		b, err := io.ReadAll(c.Request().Body)
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/json", b)
	}, signed())
}

// ProblemOf words an error.
func ProblemOf(err error, id string) problem { return problemOf(err, id) }

// IfMatch compares versions.
func IfMatch(header, version string) error { return ifMatch(header, version) }

// Cursor signs a place in a list.
func (s *Site) Cursor(of string, scope tenant.Scope, at any) (*string, error) {
	return s.cursor(of, scope, at)
}

// Uncursor reads a signed place in a list.
func (s *Site) Uncursor(of string, scope tenant.Scope, text string, at any) error {
	return s.uncursor(of, scope, text, at)
}

// Fields registers a page that takes a form with files and reads its fields.
func (r *Router) Fields(path string, n *int) {
	r.r.post(path, signedIn(), func(c echo.Context) error {
		if err := eachPart(c, func(p *multipart.Part) error { _, err := field(p); return err }); err != nil {
			return err
		}
		*n++
		return c.String(http.StatusOK, "done")
	})
}

// Lives registers a page that shows how far something is, drawn every
// millisecond.
func (r *Router) Lives(path string, far func() (word string, done bool)) {
	r.r.site.beat = time.Millisecond
	r.r.get(path, signedIn(), func(c echo.Context) error {
		return r.r.site.live(c, func(context.Context) (templ.Component, bool, error) {
			word, done := far()
			return ui.Text(word), done, nil
		})
	}, withTimeout(-1))
}

// TakesKey registers a page with a field for the key of an exchange.
func (r *Router) TakesKey(path, field string) {
	r.r.post(path, signedIn(), func(c echo.Context) error { return c.String(http.StatusOK, "done") }, withKey(field))
}

// TakesKeyCall registers an operation with such a member.
func (r *Router) TakesKeyCall(path, field string) {
	type note struct {
		Note string `json:"note" maxLength:"60"`
	}
	operation(r.r, call{method: http.MethodPost, path: path, id: "take-key", group: "Notes", summary: "Keys"}, signedIn(),
		func(_ context.Context, in *struct{ Body note }) (*struct{ Body note }, error) {
			return &struct{ Body note }{note{"done"}}, nil
		}, withKey(field))
}

// StreamReach is what is said of a stream that reaches to a time.
func StreamReach(to time.Time, missed []time.Time) string {
	return reachWords(streamLine{to: to, missed: missed})
}
