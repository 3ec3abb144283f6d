package exchangesim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
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
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a certificate that is refused is what is wanted
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
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}
