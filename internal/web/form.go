package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// formErrors is what is wrong with a form that was sent.
type formErrors struct {
	title  string
	status int
	fields []ui.Wrong
}

// wrongForm turns a refusal into what a form shows; ok is false for what no
// form can mend, which goes to fail.
func wrongForm(c echo.Context, err error) (e formErrors, ok bool) {
	f := fault.Of(err)
	if f.Code == codeSudo || f.Code == codeFactor {
		return formErrors{}, false
	}
	switch f.Kind {
	case fault.Invalid, fault.Unauthenticated, fault.TooMany, fault.Busy, fault.Conflict, fault.Denied, fault.TooLarge, fault.Malformed, fault.Upstream:
	default:
		return formErrors{}, false
	}
	p := problemOf(err, "")
	noted(c).err = err
	if p.retryAfter > 0 {
		c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(p.retryAfter))
	}
	e = formErrors{title: p.Detail, status: p.Status}
	for _, d := range f.Details {
		e.fields = append(e.fields, ui.Wrong{Field: strings.TrimPrefix(d.Pointer, "/"), Text: d.Words})
	}
	return e, true
}

// any reports whether something is wrong.
func (e formErrors) any() bool { return e.title != "" }

// list is what is wrong, field by field.
func (e formErrors) list() []ui.Wrong { return e.fields }

// of returns what is wrong with one field.
func (e formErrors) of(field string) string {
	for _, w := range e.fields {
		if w.Field == field {
			return w.Text
		}
	}
	return ""
}

// code is the status of the page that shows the form again.
func (e formErrors) code() int {
	if e.status == 0 {
		return http.StatusOK
	}
	return e.status
}

// values reads every field of a name.
func values(c echo.Context, name string) []string {
	if err := c.Request().ParseForm(); err != nil {
		return nil
	}
	return c.Request().PostForm[name]
}

// value reads one field of a form without the spaces around it.
func value(c echo.Context, name string) string {
	return strings.TrimSpace(c.Request().PostFormValue(name))
}
