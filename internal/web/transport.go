package web

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// trusted are the options that trust exactly the operator's proxies.
func trusted(proxies []netip.Prefix) []echo.TrustOption {
	opts := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		_, ipnet, err := net.ParseCIDR(p.Masked().String())
		if err == nil {
			opts = append(opts, echo.TrustIPRange(ipnet))
		}
	}
	return opts
}

// realIP is the client's address: the peer's, unless a trusted proxy names another.
func realIP(proxies []netip.Prefix) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	return echo.ExtractIPFromXFFHeader(trusted(proxies)...)
}

// scheme is https on a TLS connection or where a trusted proxy says so.
func scheme(proxies []netip.Prefix) echo.SchemeExtractor {
	if len(proxies) == 0 {
		return echo.ExtractSchemeDirect()
	}
	return echo.ExtractSchemeFromHeaders(trusted(proxies)...)
}

// transport keeps the rules of the way here: only our own names are served,
// and only encrypted, except on loopback. What comes in clear otherwise is
// sent to https with its body unread, and a credential that it carried is dead.
func (s *Site) transport(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		local := isLoopbackHost(r.Host) && s.nearby(r)
		secure := c.Scheme() == "https"
		if secure && (s.ours(r.Host) || local) || !secure && local {
			return next(c)
		}
		c.Response().Header().Set(echo.HeaderConnection, "close") // so that the server does not read the rest
		if !secure {
			s.burn(c)
		}
		if !s.ours(r.Host) {
			return statusError{http.StatusMisdirectedRequest, "misdirected", fault.New(fault.Malformed, nil, "This service does not answer to that name.")}
		}
		c.Response().Header().Set(echo.HeaderLocation, "https://"+s.securely(r.Host)+r.URL.RequestURI())
		return c.NoContent(http.StatusPermanentRedirect)
	}
}

// burn ends the credentials of a request that came in clear.
func (s *Site) burn(c echo.Context) {
	cookie, has := sessionCookie(c.Request())
	token, carries := bearer(c.Request())
	if s.cfg.People == nil || !has && !carries {
		return
	}
	s.cfg.Log.Warn("credential seen in clear", slog.String("event", "credential_on_plaintext"), slog.String("request_id", requestID(c)), slog.String("address", c.RealIP()))
	if err := s.cfg.People.Burn(c.Request().Context(), cookie, token, peerOf(c)); err != nil {
		s.cfg.Log.Error("credential seen in clear not ended", slog.String("request_id", requestID(c)), slog.Any("error", err))
	}
}

// ours reports whether a Host header is one of the names of the service.
func (s *Site) ours(host string) bool {
	host = strings.ToLower(host)
	if s.cfg.BaseURL != nil && (host == strings.ToLower(s.cfg.BaseURL.Host) || host == strings.ToLower(s.cfg.BaseURL.Hostname())) {
		return true
	}
	return slices.ContainsFunc(s.cfg.Hosts, func(name string) bool { return host == strings.ToLower(name) })
}

// securely returns the name to send people to: the port of the address that
// people use, not the one that plain http came in at.
func (s *Site) securely(host string) string {
	if b := s.cfg.BaseURL; b != nil && b.Scheme == "https" && strings.EqualFold(hostname(host), b.Hostname()) {
		return b.Host
	}
	return host
}

// nearby reports whether the peer is this machine or a trusted proxy.
func (s *Site) nearby(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr := peer.Addr().Unmap()
	return addr.IsLoopback() || slices.ContainsFunc(s.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// isLoopbackHost knows the three names of loopback, with any port.
func isLoopbackHost(host string) bool {
	switch strings.ToLower(hostname(host)) {
	case "localhost", "127.0.0.1", "::1", "[::1]":
		return true
	}
	return false
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

// origin is our own origin as the request sees it. The host was checked.
func origin(c echo.Context) string { return c.Scheme() + "://" + c.Request().Host }

// strict refuses what only attacks use: a method in a header or field, a JSON
// body in disguise.
func (s *Site) strict(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
			if r.Header.Get(name) != "" {
				return forged("method_override")
			}
		}
		if r.URL.Query().Has("_method") {
			return forged("method_override")
		}
		return next(c)
	}
}
