package egress

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// guard is the transport of one caller.
type guard struct {
	door   *Door
	caller Caller
	base   *url.URL
	next   *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close() //nolint:errcheck // the body of a request of ours, read already
	}
	wire := g.wire(r)
	if why := g.refuse(r, wire); why != "" {
		return nil, g.refused(r, why)
	}
	out := r.Clone(r.Context())
	out.URL, out.Host = wire, ""
	out.Header.Del("Accept-Encoding") // the transport's own, which it unpacks by itself
	out.Header.Del("Proxy-Authorization")
	resp, err := g.next.RoundTrip(out)
	call := Call{Caller: g.caller.Name, Method: r.Method, Host: r.URL.Host, Wire: hostPort(wire), Path: r.URL.Path}
	if resp != nil {
		call.Status = resp.StatusCode
	}
	if err != nil {
		err = g.fault(r, err)
		if refusal, ok := asRefusal(err); ok {
			return nil, g.refused(r, refusal)
		}
	}
	if g.door.config.Called != nil {
		g.door.config.Called(call)
	}
	if err != nil {
		return nil, err
	}
	return g.answer(r, resp)
}

// wire is the address that is really spoken to.
func (g *guard) wire(r *http.Request) *url.URL {
	u := *r.URL
	if g.base != nil {
		u.Scheme, u.Host = g.base.Scheme, g.base.Host
	}
	return &u
}

// refuse says why a call may not be made, or "".
func (g *guard) refuse(r *http.Request, wire *url.URL) string {
	listed := g.door.allow[hostPort(wire)]
	switch {
	case g.door.config.Deny:
		return "outbound calls are switched off"
	case r.URL.User != nil || r.URL.Opaque != "":
		return "an address with a user or of an unknown form"
	case wire.Scheme != "https" && (wire.Scheme != "http" || !listed):
		return "only https, unless the operator lists the place"
	case r.Host != "" && !strings.EqualFold(r.Host, r.URL.Host):
		return "the Host header names another place"
	case !g.passes(r):
		return "not on the list of this caller"
	}
	return ""
}

// passes reports whether the call is on the caller's list.
func (g *guard) passes(r *http.Request) bool {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return false
	}
	for i := range g.caller.Passes {
		p := &g.caller.Passes[i]
		if p.Method == r.Method && strings.EqualFold(p.Host, r.URL.Host) && fits(p.Path, r.URL) && keys(p.Query, query) {
			return true
		}
	}
	return false
}

// fits compares a path with a pattern, part by part.
func fits(pattern string, u *url.URL) bool {
	if u.RawPath != "" || strings.ContainsAny(u.Path, "%\\?#") {
		return false // an escaped stroke or dot would be read differently elsewhere
	}
	want, got := strings.Split(pattern, "/"), strings.Split(u.Path, "/")
	if len(want) != len(got) {
		return false
	}
	for i, w := range want {
		if w == "{}" {
			if !isPart(got[i]) {
				return false
			}
		} else if w != got[i] {
			return false
		}
	}
	return true
}

// partChars are what ids and numbers in a path are written with.
const partChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~:@+,="

// isPart reports whether s may stand for "{}": a name, an id or a number.
func isPart(s string) bool {
	if s == "" || s == "." || s == ".." || len(s) > 256 {
		return false
	}
	return strings.Trim(s, partChars) == ""
}

func keys(allowed []string, query url.Values) bool {
	for k := range query {
		if !slices.Contains(allowed, k) {
			return false
		}
	}
	return true
}

// hostPort is the key of the operator's list.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
		if u.Scheme == "http" {
			port = "80"
		}
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// answer refuses redirects and caps the body.
func (g *guard) answer(r *http.Request, resp *http.Response) (*http.Response, error) {
	if resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.StatusCode != http.StatusNotModified {
		drop(resp)
		return nil, g.refused(r, "a redirect, which is never followed")
	}
	if resp.ContentLength > g.caller.MaxBody {
		drop(resp)
		return nil, &Error{Kind: TooLarge, Caller: g.caller.Name, Host: r.URL.Host}
	}
	resp.Request = r
	resp.Body = &capped{body: resp.Body, left: g.caller.MaxBody, guard: g, request: r}
	return resp, nil
}

// drop closes a body without reading it, so that its connection ends.
func drop(resp *http.Response) {
	_ = resp.Body.Close()
}

// capped is a body that ends with an error when it is larger than it may be.
type capped struct {
	body    io.ReadCloser
	left    int64
	guard   *guard
	request *http.Request
}

// Read implements io.Reader.
func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, c.tooLarge()
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.body.Read(p)
	c.left -= int64(n)
	switch {
	case c.left < 0:
		return n - 1, c.tooLarge()
	case err != nil && err != io.EOF: //nolint:errorlint // io.Reader returns io.EOF itself
		err = c.guard.fault(c.request, err)
	}
	return n, err
}

func (c *capped) tooLarge() error {
	return &Error{Kind: TooLarge, Caller: c.guard.caller.Name, Host: c.request.URL.Host}
}

// Close implements io.Closer.
func (c *capped) Close() error { return c.body.Close() }
