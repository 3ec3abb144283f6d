package web

import (
	"cmp"
	"io/fs"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// help serves the pages of help, which are the same for everybody.
func (s *Site) help(r *router) {
	r.get("/docs", anyone(), func(c echo.Context) error { return s.sheet(c, http.StatusOK, "Help", helpIndex()) })
	texts := map[string]templ.Component{
		"start": helpStart(), "files": helpFiles(), "security": helpSecurity(), "errors": helpErrors(), "leave": helpLeave(), "licences": helpLicences(licences()),
	}
	for _, h := range helpPages() {
		r.get("/docs/"+h.path, anyone(), func(c echo.Context) error {
			return s.sheet(c, http.StatusOK, h.title, helpSheet(h.title, texts[h.path]))
		})
	}
	r.post("/theme", anyone(), s.chooseTheme)
	r.post("/amounts", anyone(), s.chooseAmounts)
}

// chooseTheme keeps the choice of light or dark in the browser.
func (s *Site) chooseTheme(c echo.Context) error {
	switch choice := value(c, "theme"); choice {
	case "light", "dark":
		setCookie(c, themeName, choice, 400*24*3600)
	default:
		setCookie(c, themeName, "", -1)
	}
	return see(c, value(c, "back"))
}

// chooseAmounts keeps in the browser whether amounts are hidden.
func (s *Site) chooseAmounts(c echo.Context) error {
	if value(c, "amounts") == "hidden" {
		setCookie(c, amountsName, "hidden", 400*24*3600)
	} else {
		setCookie(c, amountsName, "", -1)
	}
	return see(c, value(c, "back"))
}

// licence is the text of one licence.
type licence struct{ name, text string }

// licences are those of what the pages carry.
func licences() []licence {
	var all []licence
	names, err := fs.Glob(ui.Files(), "licences/*.txt")
	if err != nil {
		return nil
	}
	for _, name := range names {
		if text, err := fs.ReadFile(ui.Files(), name); err == nil {
			all = append(all, licence{licenceName(name), string(text)})
		}
	}
	return all
}

func licenceName(file string) string {
	switch file {
	case "licences/htmx.txt":
		return "htmx, 0BSD"
	case "licences/inter.txt":
		return "Inter, SIL Open Font License 1.1"
	case "licences/swagger-ui.txt":
		return "Swagger UI, Apache-2.0"
	default:
		return "What Swagger UI contains"
	}
}

// errorRow is a row of the list of error codes.
type errorRow struct{ code, status, words string }

// errorList is every code that a kind of fault has.
func errorList() []errorRow {
	var all []errorRow
	for _, a := range answers {
		all = append(all, errorRow{a.code, strconv.Itoa(a.status), a.words})
	}
	slices.SortFunc(all, func(a, b errorRow) int { return cmp.Or(cmp.Compare(a.status, b.status), cmp.Compare(a.code, b.code)) })
	return all
}
