package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// LookupFunc finds the addresses of a host.
type LookupFunc func(ctx context.Context, host string) ([]netip.Addr, error)

func systemLookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// errNotPublic reports a host none of whose addresses is public.
var errNotPublic = errors.New("no public address, and the operator does not list the place")

// Dial connects to a place for what is not HTTP, as mail: under the same rules,
// without a list of calls.
func (d *Door) Dial(ctx context.Context, network, place string) (net.Conn, error) {
	if d.config.Deny {
		return nil, fmt.Errorf("%w: the operator allows no outbound connection (LEDGERSYS_OUTBOUND)", ErrDenied)
	}
	return d.dial(ctx, network, place)
}

// dial connects to an address that it has looked up and checked itself, so
// that nothing can change between the check and the use.
func (d *Door) dial(ctx context.Context, network, place string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(place)
	if err != nil {
		return nil, err
	}
	addrs, err := d.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	if !d.allow[lower(place)] {
		public := addrs[:0]
		for _, a := range addrs {
			if Public(a) {
				public = append(public, a)
			}
		}
		if addrs = public; len(addrs) == 0 {
			return nil, errNotPublic
		}
	}
	dialer := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	var last error
	for _, a := range addrs {
		conn, err := dialer.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		last = err
		if ctx.Err() != nil {
			break
		}
	}
	return nil, last
}

// addresses returns the addresses of a host, which may be one itself.
func (d *Door) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap().WithZone("")}, nil
	}
	found, err := d.config.Lookup(ctx, host)
	if err != nil {
		return nil, &lookupError{err}
	}
	addrs := make([]netip.Addr, 0, len(found))
	for _, a := range found {
		addrs = append(addrs, a.Unmap())
	}
	if len(addrs) == 0 {
		return nil, &lookupError{errors.New("no address")}
	}
	return addrs, nil
}

// lookupError says that a name has no address, whatever found that out.
type lookupError struct{ err error }

// Error implements error.
func (e *lookupError) Error() string { return "look up: " + e.err.Error() }

// Unwrap returns the error of the resolver.
func (e *lookupError) Unwrap() error { return e.err }

func lower(place string) string {
	host, port, err := net.SplitHostPort(place)
	if err != nil {
		return place
	}
	return net.JoinHostPort(asciiLower(host), port)
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// notPublic are the ranges of the special-purpose registries (RFC 6890 and
// its additions) that netip does not name.
var notPublic = ranges(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)

var (
	global = netip.MustParsePrefix("2000::/3")
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
)

func ranges(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Public reports whether an address belongs to the public internet: not to
// this machine, a private network, or a range set apart for something else.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if !a.IsValid() || a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() || a.Is6() && !global.Contains(a) {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
