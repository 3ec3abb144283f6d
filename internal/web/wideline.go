package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// line is what the log says of one request, gathered on its way.
type line struct {
	id    string
	route string
	err   error
	attrs []slog.Attr
}

const lineKey = "line"

// noted returns the request's line.
func noted(c echo.Context) *line {
	l, ok := c.Get(lineKey).(*line)
	if !ok {
		l = &line{}
		c.Set(lineKey, l)
	}
	return l
}

// requestID names the request in the answer, the log and what people see.
func requestID(c echo.Context) string { return noted(c).id }

// goodID is what a trusted proxy may call a request.
var goodID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// identify gives the request its id; only a trusted proxy may choose it.
func (s *Site) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if len(s.cfg.TrustedProxies) == 0 || !s.nearby(c.Request()) || !goodID.MatchString(id) {
			id = tenant.NewID().String()
		}
		noted(c).id = id
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

// logged writes one wide line for each request. It names the route and never
// the address asked for, which may hold a token.
func (s *Site) logged(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := s.cfg.Clock()
		if err := next(c); err != nil {
			c.Error(err)
		}
		l := noted(c)
		status := c.Response().Status
		attrs := []slog.Attr{
			slog.String("request_id", l.id), slog.String("method", method(c.Request().Method)), slog.String("route", l.route),
			slog.Int("status", status), slog.Int64("bytes", c.Response().Size), slog.Duration("took", s.cfg.Clock().Sub(start)),
			slog.String("address", c.RealIP()),
		}
		if who := identityOf(c.Request().Context()); who.Known() {
			attrs = append(attrs, slog.String("user", who.Actor().User.String()), slog.String("via", string(who.Actor().Via)))
		}
		level := slog.LevelInfo
		if l.err != nil {
			f := fault.Of(l.err)
			attrs = append(attrs, slog.String("kind", f.Kind.String()), slog.String("code", f.Code))
			if status >= http.StatusInternalServerError {
				level = slog.LevelError
				attrs = append(attrs, slog.Any("error", l.err))
			}
		}
		s.cfg.Log.LogAttrs(c.Request().Context(), level, "request", append(attrs, l.attrs...)...)
		if s.cfg.Observe != nil {
			s.cfg.Observe(method(c.Request().Method), l.route, status, s.cfg.Clock().Sub(start))
		}
		return nil
	}
}

// method keeps invented methods out of the log.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// errPanic is a handler's panic; its value may hold data and stays out of the log.
var errPanic = errors.New("panic")

// recovered turns a panic into an internal error that names its place.
func (s *Site) recovered(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so too
				panic(v) // invariant: net/http wants to see this one itself
			}
			err = fault.New(fault.Internal, fmt.Errorf("%w of %T at %s", errPanic, v, place()), "")
		}()
		return next(c)
	}
}

// place is the first line of ours below a panic.
func place() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	for {
		f, more := frames.Next()
		if !more || goodPlace.MatchString(f.Function) {
			return fmt.Sprintf("%s:%d", f.Function, f.Line)
		}
	}
}

var goodPlace = regexp.MustCompile(`ledgersys/(internal|pkg)/`)

// bound gives a request its limits of size and time.
func (s *Site) bound(c echo.Context, row *route) (stop func()) {
	r := c.Request()
	size, limit := row.limits.body, row.limits.timeout
	if size == 0 {
		size = s.cfg.MaxBody
	}
	if limit == 0 {
		limit = s.cfg.Timeout
	}
	r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, size)
	stop = within(c, limit)
	if limit > s.cfg.Timeout || limit < 0 {
		extend(c)
	}
	return stop
}

// extend moves the deadlines of the connection to that of the request, for
// those that may take longer than ordinary ones.
func extend(c echo.Context) {
	until, _ := c.Request().Context().Deadline()
	rc := http.NewResponseController(c.Response().Writer)
	if err := errors.Join(rc.SetReadDeadline(until), rc.SetWriteDeadline(until)); err != nil {
		noted(c).attrs = append(noted(c).attrs, slog.Bool("deadline_fixed", true))
	}
}
