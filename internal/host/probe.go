package host

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"
)

// Probe asks a service of this machine whether it is well.
type Probe struct {
	URL      string
	Listen   string // where to connect whatever the URL says; "" follows the URL
	CertFile string // a certificate to trust besides the system's: the service's own
}

// Do asks. Any answer but 200 is an error that says what came.
func (p Probe) Do(ctx context.Context) error {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if p.CertFile != "" {
		pem, err := os.ReadFile(p.CertFile)
		if err != nil {
			return fmt.Errorf("healthcheck: %w", err)
		}
		if conf.RootCAs, err = x509.SystemCertPool(); err != nil {
			conf.RootCAs = x509.NewCertPool()
		}
		conf.RootCAs.AppendCertsFromPEM(pem)
	}
	d := net.Dialer{Timeout: 5 * time.Second}
	client := &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: conf, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if p.Listen != "" {
				address = reachable(p.Listen)
			}
			return d.DialContext(ctx, network, address)
		}},
	}
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, http.NoBody)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	resp, err := client.Do(r)
	if err != nil {
		return errors.New("healthcheck: no answer: " + reason(err))
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 500)) // what there is says enough
		return fmt.Errorf("healthcheck: %s: %s", resp.Status, strings.TrimSpace(string(text)))
	}
	return nil
}

// reason is an error without the address that was asked.
func reason(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "it took too long"
	}
	return err.Error()
}

// reachable is an address at which a listener of this machine answers: one
// that listens everywhere does so on loopback.
func reachable(listen string) string {
	name, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if a, err := netip.ParseAddr(name); name == "" || err == nil && a.IsUnspecified() {
		name = "127.0.0.1"
	}
	return net.JoinHostPort(name, port)
}
