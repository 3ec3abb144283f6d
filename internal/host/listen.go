package host

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
)

// maxConnections is how many connections a listener has at a time.
const maxConnections = 4096

// Listen opens an address. If something else has it, the error says what to
// try: flag with the next address in the place of %s.
func Listen(ctx context.Context, address, flag string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return &capped{Listener: l, slots: make(chan struct{}, maxConnections)}, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen %s: in use. Try %s", address, strings.Replace(flag, "%s", nextAddress(address), 1))
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen %s: not allowed. Ports below 1024 need a right that this user lacks (CAP_NET_BIND_SERVICE)", address)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return nil, fmt.Errorf("listen %s: %w", address, err)
}

// nextAddress is the same address with the next port.
func nextAddress(address string) string {
	host, port, err := net.SplitHostPort(address)
	n, err2 := strconv.Atoi(port)
	if err != nil || err2 != nil {
		return "another address"
	}
	return net.JoinHostPort(host, strconv.Itoa(n%65535+1))
}

// capped is a listener that waits with new connections while it has as many
// as it may.
type capped struct {
	net.Listener
	slots chan struct{}
}

// Accept implements net.Listener.
func (l *capped) Accept() (net.Conn, error) {
	l.slots <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &slot{Conn: c, done: sync.OnceFunc(func() { <-l.slots })}, nil
}

// slot is a connection that gives its place back.
type slot struct {
	net.Conn
	done func()
}

// Close implements net.Conn.
func (s *slot) Close() error {
	defer s.done()
	return s.Conn.Close()
}

// TLS is the configuration of every encrypted connection: 1.2 with
// authenticated ciphers and fresh keys, or 1.3.
func TLS(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: certificate,
		NextProtos:     []string{"h2", "http/1.1"},
		CipherSuites: []uint16{ // of 1.2; those of 1.3 are all good and not chosen
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		},
	}
}

// Files serves a certificate from two files and reads them again when they
// have changed, so that a renewal needs no restart.
type Files struct {
	cert, key string
	now       clock.Clock

	lock    sync.Mutex
	looked  time.Time
	changed time.Time
	current *tls.Certificate
}

// recheck is how often the files are looked at.
const recheck = 30 * time.Second

// NewFiles reads the files once, so that what is wrong with them shows at the
// start.
func NewFiles(cert, key string, now clock.Clock) (*Files, error) {
	f := &Files{cert: cert, key: key, now: now}
	if err := f.read(); err != nil {
		return nil, err
	}
	return f, nil
}

// Certificate is what tls.Config asks. Files that do not fit together, as in
// the middle of a renewal, leave the certificate as it is.
func (f *Files) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.lock.Lock()
	defer f.lock.Unlock()
	if now := f.now(); now.Sub(f.looked).Abs() >= recheck {
		f.looked = now
		if info, err := os.Stat(f.cert); err == nil && !info.ModTime().Equal(f.changed) {
			_ = f.read() // the next look tries again
		}
	}
	return f.current, nil
}

func (f *Files) read() error {
	info, err := os.Stat(f.cert)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	c, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("certificate %s and key %s: %w", f.cert, f.key, err)
	}
	f.current, f.changed, f.looked = &c, info.ModTime(), f.now()
	return nil
}

// plain is a server with every limit set, for small answers.
func plain(h http.Handler) *http.Server {
	return &http.Server{
		Handler:                      h,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            5 * time.Second,
		ReadTimeout:                  10 * time.Second,
		WriteTimeout:                 30 * time.Second,
		IdleTimeout:                  time.Minute,
		MaxHeaderBytes:               16 << 10,
	}
}
