package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// problem is an RFC 9457 document, with what our own clients need besides.
type problem struct {
	Type      string         `json:"type" doc:"Where the code is explained"`
	Title     string         `json:"title" doc:"The status in words"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail,omitempty" doc:"What happened, for people"`
	Instance  string         `json:"instance" doc:"This occurrence"`
	Code      string         `json:"code" doc:"What happened, for programs"`
	RequestID string         `json:"request_id" doc:"Name it when you ask for help"`
	Errors    []fault.Detail `json:"errors,omitempty" doc:"Each thing that is wrong with the input"`
	Hint      string         `json:"hint,omitempty" doc:"What to do next"`
	Retryable bool           `json:"retryable" doc:"Whether the same request may succeed later"`

	retryAfter int // seconds
}

// answers is what each kind of fault is over HTTP.
var answers = map[fault.Kind]struct {
	status int
	code   string
	words  string // where the fault has none
	hint   string
}{
	fault.Internal:        {http.StatusInternalServerError, "internal", "Something broke on our side. What you had saved is safe.", "Try again. If it stays, tell us the reference."},
	fault.Malformed:       {http.StatusBadRequest, "malformed", "This request cannot be read.", ""},
	fault.Unauthenticated: {http.StatusUnauthorized, "sign_in", "Sign in to see this.", ""},
	fault.PlanRequired:    {http.StatusPaymentRequired, "plan_required", "Your plan does not include this.", "See Billing."},
	fault.Denied:          {http.StatusForbidden, "denied", "This is not allowed.", ""},
	fault.NotFound:        {http.StatusNotFound, "not_found", "There is nothing here, or nothing for you.", ""},
	fault.Conflict:        {http.StatusConflict, "conflict", "Something else changed in the meantime.", "Load it again and repeat what you did."},
	fault.Precondition:    {http.StatusPreconditionFailed, "version", "Somebody changed this since you read it.", "Load it again and repeat what you did."},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, "too_large", "That is larger than this service takes.", ""},
	fault.Invalid:         {http.StatusUnprocessableEntity, "invalid", "Some of this cannot be used.", ""},
	fault.Locked:          {http.StatusLocked, "locked", "This period is locked.", "Unlock it first."},
	fault.TooMany:         {http.StatusTooManyRequests, "too_many", "Too many attempts.", "Wait a little and try again."},
	fault.Upstream:        {http.StatusBadGateway, "upstream", "A service that this needs did not answer.", "Try again later."},
	fault.NoRoom:          {http.StatusInsufficientStorage, "disk_full", "The service has no room left to save anything. What you had saved is safe.", "Tell whoever runs the service, and try again later."},
	fault.Busy:            {http.StatusServiceUnavailable, "busy", "This is busy right now.", "Try again in a moment."},
}

// problemOf turns an error into what may be said about it: the one place
// where that is decided, for pages and API alike.
func problemOf(err error, requestID string) problem {
	f := fault.Of(outside(err))
	a := answers[f.Kind]
	p := problem{
		Type: "/docs/errors#" + a.code, Title: http.StatusText(a.status), Status: a.status, Detail: f.Words, Code: f.Code,
		Instance: "urn:request:" + requestID, RequestID: requestID, Errors: f.Details, Hint: a.hint,
		Retryable: f.Kind == fault.TooMany || f.Kind == fault.Busy || f.Kind == fault.Upstream || f.Kind == fault.Internal,
	}
	if p.Code == "" {
		p.Code = a.code
	}
	if p.Detail == "" {
		p.Detail = a.words
	}
	if f.RetryAfter > 0 {
		p.retryAfter = int(math.Ceil(f.RetryAfter.Seconds()))
	}
	if se, ok := errors.AsType[statusError](err); ok {
		p.Status, p.Title, p.Code = se.status, http.StatusText(se.status), se.code
	}
	return p
}

// statusError is a fault whose status is not its kind's: the few that HTTP
// itself has and no use case.
type statusError struct {
	status int
	code   string
	err    *fault.Fault
}

// Error implements error.
func (e statusError) Error() string { return e.code + ": " + e.err.Error() }

// Unwrap returns the fault with the words.
func (e statusError) Unwrap() error { return e.err }

// outside marks what Echo and net/http report, which know no faults.
func outside(err error) error {
	if _, ok := errors.AsType[*fault.Fault](err); ok {
		return err
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.TooLarge, err, "That is larger than %d bytes, which is the most this takes.", tooLarge.Limit)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fault.New(fault.Busy, err, "That took too long.")
	}
	he, ok := errors.AsType[*echo.HTTPError](err)
	if !ok {
		return err
	}
	switch he.Code {
	case http.StatusNotFound:
		return notFound(nil)
	case http.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, err, "")
	case http.StatusMethodNotAllowed:
		return methodNotAllowed()
	case http.StatusBadRequest:
		return fault.New(fault.Malformed, err, "")
	}
	return err
}

func methodNotAllowed() error {
	return statusError{http.StatusMethodNotAllowed, "method_not_allowed", fault.New(fault.Malformed, nil, "This address does not take that method.")}
}

// fail is the only writer of errors: a problem document for programs, the
// same words as a page for people, and nothing of the error itself.
func (s *Site) fail(err error, c echo.Context) {
	noted(c).err = err
	if c.Response().Committed {
		return
	}
	if he, ok := errors.AsType[*echo.HTTPError](err); ok && he.Code == http.StatusMethodNotAllowed {
		err = methodNotAllowed()
	}
	// The time of the route is over when its handler has returned; that of the
	// answer is not.
	c.SetRequest(c.Request().WithContext(context.WithoutCancel(c.Request().Context())))
	p := problemOf(err, requestID(c))
	h := c.Response().Header()
	if p.retryAfter > 0 {
		h.Set(echo.HeaderRetryAfter, strconv.Itoa(p.retryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set(echo.HeaderWWWAuthenticate, `Bearer realm="ledgersys"`)
	}
	h.Set(echo.HeaderCacheControl, "no-store")
	var broke error
	switch {
	case c.Request().Method == http.MethodHead:
		broke = c.NoContent(p.Status)
	case wantsPage(c):
		broke = s.errorPage(c, err, p)
	default:
		broke = writeProblem(c, p)
	}
	if broke != nil {
		s.cfg.Log.Warn("error not written", slog.String("request_id", p.RequestID), slog.Any("error", broke))
	}
}

// writeProblem writes the document. Its charset is named although JSON has
// only one, because every text type of ours names it.
func writeProblem(c echo.Context, p problem) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return c.Blob(p.Status, "application/problem+json; charset=utf-8", append(body, '\n'))
}

// wantsPage tells people from programs: the API and what does not ask for HTML
// get documents.
func wantsPage(c echo.Context) bool {
	r := c.Request()
	return !strings.HasPrefix(r.URL.Path, "/api/") && !strings.HasPrefix(r.URL.Path, "/webhooks/") && strings.Contains(r.Header.Get(echo.HeaderAccept), "text/html")
}
