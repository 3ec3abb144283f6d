// Package egress is the only way out: one guarded HTTP transport that passes
// listed calls to pinned public addresses and nothing else.
//
// A caller gets a [Client] for the calls that it lists beforehand. What is not
// on its list never reaches the wire; redirects are errors and are not
// followed; names are looked up here and only public addresses are dialled,
// unless the operator listed the place; proxies of the environment do not
// count; answers have a largest size and a longest time; and no error says
// more than the host, so that signed addresses and keys in headers stay out of
// logs.
package egress

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The limits for callers that name none.
const (
	DefaultBody    = 16 << 20
	DefaultTimeout = 60 * time.Second
)

// Config is what the operator says about the way out.
type Config struct {
	Deny  bool     // LEDGERSYS_OUTBOUND=deny: nothing goes out
	Allow []string // LEDGERSYS_EGRESS_ALLOW: host:port that need be neither public nor https

	Lookup LookupFunc     // nil asks the system's resolver
	Roots  *x509.CertPool // nil means those of the system

	// Called tells of each call that reached the wire, Refused of each that
	// did not. Both are called while the call is under way, by any goroutine,
	// and may be nil. Neither ever sees a query, a header or a body.
	Called  func(Call)
	Refused func(Refusal)
}

// Call is one call that reached the wire, for the log.
type Call struct {
	Caller string // as "kraken"
	Method string
	Host   string // the host that the caller meant
	Wire   string // host:port that was spoken to
	Path   string
	Status int // 0 if there was no answer
}

// Refusal is one call that did not reach the wire, or whose answer pointed to
// another place.
type Refusal struct {
	Caller string
	Method string
	Host   string
	Path   string
	Why    string
}

// Door is the way out of the process. It is safe for use by several
// goroutines.
type Door struct {
	config Config
	allow  map[string]bool
	shared *http.Transport
}

// New opens the door as the operator wants it.
func New(c Config) (*Door, error) {
	d := &Door{config: c, allow: make(map[string]bool)}
	if d.config.Lookup == nil {
		d.config.Lookup = systemLookup
	}
	for _, place := range c.Allow {
		host, port, err := net.SplitHostPort(strings.TrimSpace(place))
		if err != nil || host == "" || port == "" {
			return nil, fmt.Errorf("%q is not host:port", place)
		}
		d.allow[net.JoinHostPort(strings.ToLower(host), port)] = true
	}
	d.shared = d.transport(c.Roots)
	return d, nil
}

// Closed reports whether the operator lets nothing out at all.
func (d *Door) Closed() bool { return d.config.Deny }

// Listed reports whether the operator listed the place of an address as one of
// their own (LEDGERSYS_EGRESS_ALLOW).
func (d *Door) Listed(base *url.URL) bool {
	port := base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[base.Scheme]
	}
	return d.allow[net.JoinHostPort(strings.ToLower(base.Hostname()), port)]
}

// Pass is one call that a caller may make.
type Pass struct {
	Method string
	Host   string   // as the caller writes it; with a port only if it is not the scheme's own
	Path   string   // "{}" stands for one part between strokes: /v2/accounts/{}/transactions
	Query  []string // the keys that the query may have
}

// Caller is who goes out, and what for.
type Caller struct {
	Name   string
	Passes []Pass

	// Base is where the wire leads instead of the hosts of the passes: scheme,
	// host and port, as the settings of the form _URL give it. What the caller
	// writes and signs keeps the public host.
	Base string

	MaxBody int64          // 0 means DefaultBody
	Timeout time.Duration  // of the whole call, the reading of its answer included; 0 means DefaultTimeout
	Roots   *x509.CertPool // nil means the door's
}

// Client returns the client of one caller.
func (d *Door) Client(c Caller) (*Client, error) {
	g := &guard{door: d, caller: c, next: d.shared}
	if c.Base != "" {
		base, err := ParseBase(c.Base)
		if err != nil {
			return nil, fmt.Errorf("address for %s: %w", c.Name, err)
		}
		g.base = base
	}
	if c.Roots != nil {
		g.next = d.transport(c.Roots)
	}
	if g.caller.MaxBody == 0 {
		g.caller.MaxBody = DefaultBody
	}
	timeout := c.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return &Client{http: &http.Client{Transport: g, Timeout: timeout, CheckRedirect: stay}}, nil
}

// ParseBase reads an address of the form _URL: http or https, a host, perhaps
// a port, and nothing else.
func ParseBase(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("not an address")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("it must begin with https:// or http://")
	case u.Host == "" || u.Hostname() == "":
		return nil, fmt.Errorf("it has no host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, fmt.Errorf("it may have scheme, host and port only")
	}
	return u, nil
}

// transport is how connections are made: pinned, without proxies.
func (d *Door) transport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            d.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    15 * time.Second,
		ResponseHeaderTimeout:  45 * time.Second,
		IdleConnTimeout:        30 * time.Second,
		MaxIdleConns:           32,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// Client makes the calls of one caller. It is safe for use by several
// goroutines.
type Client struct{ http *http.Client }

// Do makes a call. Its errors hold neither address nor header of the request;
// an answer of any status is no error.
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	resp, err := c.http.Do(r) // #nosec G704 -- the guard passes listed calls only
	if err != nil {
		return nil, Scrub(err)
	}
	return resp, nil
}

// HTTP returns the client for a library that wants one. What the library
// returns as an error may name the signed address: it must go through Scrub.
func (c *Client) HTTP() *http.Client { return c.http }

// stay keeps net/http from following redirects; the guard refuses them first.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
