package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"
)

// live answers with a stream of a part of a page, drawn again whenever it has
// changed, until it is done. Without scripts the page reloads itself instead.
// Every few beats the layers are asked again, so that a stream does not
// outlive the session that opened it.
func (s *Site) live(c echo.Context, draw func(context.Context) (part templ.Component, done bool, err error)) error {
	if !strings.Contains(c.Request().Header.Get(echo.HeaderAccept), "text/event-stream") {
		part, _, err := draw(c.Request().Context())
		if err != nil {
			return err
		}
		return fragment(c, http.StatusOK, part)
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	c.Response().WriteHeader(http.StatusOK)
	tick := time.NewTicker(s.beat)
	defer tick.Stop()
	var before string
	for n := 1; ; n++ {
		done, err := s.beatOf(c, draw, &before)
		if done || err != nil {
			return ended(c, err)
		}
		select {
		case <-tick.C:
		case <-c.Request().Context().Done():
			return nil // the browser went away
		}
		if n%4 == 0 {
			if err := s.again(c); err != nil {
				return ended(c, err)
			}
		}
	}
}

// beatOf draws once and sends what is new.
func (s *Site) beatOf(c echo.Context, draw func(context.Context) (templ.Component, bool, error), before *string) (done bool, err error) {
	part, done, err := draw(c.Request().Context())
	if err != nil {
		return false, err
	}
	var b bytes.Buffer
	if err := part.Render(c.Request().Context(), &b); err != nil {
		return false, err
	}
	if b.String() == *before && !done {
		_, err := fmt.Fprint(c.Response(), ": still\n\n")
		c.Response().Flush()
		return false, err
	}
	*before = b.String()
	err = event(c, "", *before)
	return done, err
}

// again lets the layers decide once more.
func (s *Site) again(c echo.Context) error {
	row := s.router.find(c.Request().Method, c.Path())
	if row == nil {
		return notFound(nil)
	}
	for _, l := range s.guard.layers {
		if err := l.apply(c, row); err != nil {
			return err
		}
	}
	return nil
}

// ended tells the page that nothing more comes; what broke is in the log.
func ended(c echo.Context, err error) error {
	noted(c).err = err
	return errors.Join(err, event(c, "done", "done"))
}

// event sends one event.
func event(c echo.Context, name, data string) error {
	var b strings.Builder
	if name != "" {
		fmt.Fprintf(&b, "event: %s\n", name)
	}
	for line := range strings.SplitSeq(data, "\n") {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	_, err := fmt.Fprint(c.Response(), b.String()+"\n")
	c.Response().Flush()
	return err
}
