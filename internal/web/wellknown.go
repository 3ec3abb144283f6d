package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// wellKnown serves what programs look for under fixed names.
func (s *Site) wellKnown(r *router) {
	r.get("/.well-known/security.txt", anyone(), s.securityText)
	r.get("/.well-known/change-password", anyone(), func(c echo.Context) error {
		return c.Redirect(http.StatusFound, "/account/security")
	})
}

// securityText says whom to tell about a weakness (RFC 9116).
func (s *Site) securityText(c echo.Context) error {
	if s.cfg.SecurityEmail == "" {
		return notFound(nil)
	}
	var b strings.Builder
	b.WriteString("Contact: mailto:" + s.cfg.SecurityEmail + "\n")
	// It is renewed with every month, so that it is never older than promised.
	now := s.cfg.Clock()
	b.WriteString("Expires: " + time.Date(now.Year(), now.Month()+6, 1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339) + "\n")
	b.WriteString("Preferred-Languages: en\n")
	b.WriteString("Policy: " + origin(c) + "/docs/security\n")
	b.WriteString("Canonical: " + origin(c) + "/.well-known/security.txt\n")
	c.Response().Header().Set(echo.HeaderCacheControl, "public, max-age=3600")
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte(b.String()))
}
