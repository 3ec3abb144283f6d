package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/web/ui"
)

var problemType = reflect.TypeFor[problem]()

// docs serves the description of the API, for programs and for people.
func (s *Site) docs(r *router) {
	spec := sync.OnceValues(func() ([]byte, error) { return json.Marshal(s.api.OpenAPI()) })
	r.get("/openapi.json", anyone(), func(c echo.Context) error {
		doc, err := spec()
		if err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/json; charset=utf-8", doc)
	})
	r.get("/docs/api", anyone(), func(c echo.Context) error {
		return render(c, http.StatusOK, ui.APIDocs(s.frame(c, "API")), ui.Text(""))
	})
}
