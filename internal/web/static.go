package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// assetRoot is the address of the assets of this build: it changes with them,
// so that browsers may keep what they have for good.
func (s *Site) assetRoot() string { return "/assets/" + s.stamp }

// asset is a file as it is sent.
type asset struct{ plain, packed []byte }

// assets serves the files of the pages, which hold nothing secret: they are
// the only answers that are compressed.
func (s *Site) assets(r *router) {
	files := ui.Files()
	load := func(name string) (asset, error) {
		plain, err := fs.ReadFile(files, name)
		if err != nil {
			return asset{}, err
		}
		return asset{plain, pack(name, plain)}, nil
	}
	var kept sync.Map
	r.get("/assets/:stamp/:name", anyone(), func(c echo.Context) error {
		name := c.Param("name")
		if !fs.ValidPath(name) || strings.Contains(name, "/") {
			return notFound(nil)
		}
		a, ok := kept.Load(name)
		if !ok {
			loaded, err := load(name)
			if err != nil {
				return notFound(err)
			}
			a, _ = kept.LoadOrStore(name, loaded)
		}
		return s.sendAsset(c, name, a.(asset)) //nolint:forcetypeassert // only assets are stored
	})
	for from, name := range map[string]string{"/favicon.ico": "favicon.svg", "/robots.txt": "robots.txt"} {
		r.get(from, anyone(), func(c echo.Context) error {
			a, err := load(name)
			if err != nil {
				return notFound(err)
			}
			return s.sendAsset(c, name, a)
		})
	}
}

// sendAsset answers with a file, packed where the browser takes that.
func (s *Site) sendAsset(c echo.Context, name string, a asset) error {
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, "public, max-age=86400")
	if c.Param("stamp") == s.stamp {
		h.Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	h.Set(echo.HeaderVary, echo.HeaderAcceptEncoding)
	body := a.plain
	if a.packed != nil && strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), "gzip") {
		h.Set(echo.HeaderContentEncoding, "gzip")
		body = a.packed
	}
	return c.Blob(http.StatusOK, ui.MediaType(name), body)
}

// pack compresses what gets smaller by it.
func pack(name string, plain []byte) []byte {
	if strings.HasSuffix(name, ".woff2") {
		return nil
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(plain)
	if err := errors.Join(err, w.Close()); err != nil || b.Len() >= len(plain) {
		return nil
	}
	return b.Bytes()
}

// probes answer whoever watches the service. They know no tenant.
func (s *Site) probes(r *router) {
	ready := func(c echo.Context) error {
		if s.cfg.Health == nil {
			return probe(c)
		}
		if _, all := c.QueryParams()["verbose"]; all {
			return s.checks(c)
		}
		if err := s.cfg.Health.Ready(c.Request().Context()); err != nil {
			return fault.Coded(fault.Busy, "not_ready", err, "The service is not ready yet.")
		}
		return probe(c)
	}
	r.get("/livez", anyone(), probe)
	r.get("/readyz", anyone(), ready)
	r.get("/healthz", anyone(), ready)
}

// Check is one thing that is looked at to tell whether the service is well.
type Check struct {
	Name string
	Err  error // nil if it is well; its text is shown
}

// checks answers with every check, 503 if one is red. It names no tenant.
func (s *Site) checks(c echo.Context) error {
	v, ok := s.cfg.Health.(interface {
		Checks(ctx context.Context) []Check
	})
	if !ok {
		return probe(c)
	}
	status, lines := http.StatusOK, ""
	for _, check := range v.Checks(c.Request().Context()) {
		word := "ok"
		if check.Err != nil {
			word, status = "red: "+check.Err.Error(), http.StatusServiceUnavailable
		}
		lines += check.Name + ": " + word + "\n"
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.Blob(status, "text/plain; charset=utf-8", []byte(lines))
}

func probe(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
}
