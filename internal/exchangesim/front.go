package exchangesim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// Front is an encrypted way to a simulator, by a name. Each call may be made to
// fail before it reaches the exchange: because the name has no address, or the
// certificate is not to be trusted.
type Front struct {
	Host  string
	Place string // host:port
	URL   string
	Roots []*x509.Certificate

	sim *Sim
}

// gap is what is wrong on the way to a simulator.
type gap struct {
	fault  Fault
	from   int // the call, counted from 0, that it strikes first
	times  int
	struck int
}

// Front opens such a way until the test ends.
func (s *Sim) Front(tb testing.TB) *Front {
	tb.Helper()
	f := &Front{sim: s, Host: s.Name + ".example"}
	known, foreign := certificate(tb, f.Host), certificate(tb, f.Host)
	server := httptest.NewUnstartedServer(http.HandlerFunc(s.handle))
	server.TLS = &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{known},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			if s.strikes(BadTLS) {
				return &foreign, nil
			}
			return &known, nil
		},
	}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // a certificate that is refused is what is wanted
	server.StartTLS()
	tb.Cleanup(server.Close)
	f.Roots = []*x509.Certificate{known.Leaf}
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "https://"), ":")
	f.Place = f.Host + ":" + port
	f.URL = "https://" + f.Place
	return f
}

// Lookup finds the address of the front, unless that is what fails.
func (f *Front) Lookup(context.Context, string) ([]netip.Addr, error) {
	if f.sim.strikes(NoName) {
		return nil, errors.New("no such host")
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// Cut makes calls fail on their way, so many times, from the one that comes
// behind so many others.
func (s *Sim) Cut(f Fault, calls, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gap = gap{fault: f, from: calls, times: times}
}

// Struck is how many calls did not arrive.
func (s *Sim) Struck() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gap.struck
}

// strikes reports whether a connection that is being made fails in this way.
func (s *Sim) strikes(f Fault) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gap.fault != f || len(s.log) < s.gap.from || s.gap.struck >= s.gap.times {
		return false
	}
	s.gap.struck++
	return true
}

// closing reports whether the next call must make a connection of its own.
func (s *Sim) closing() bool {
	return s.gap.fault != "" && len(s.log) >= s.gap.from && s.gap.struck < s.gap.times
}

// certificate makes one that only its holder vouches for.
func certificate(tb testing.TB, host string) tls.Certificate {
	tb.Helper()
	cert, key, _ := testkit.Certificate(tb, tb.TempDir(), host)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		tb.Fatal(err)
	}
	return pair
}
