package host_test

import (
	"crypto/tls"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/host"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// TestVersions: 1.1 and older fail, 1.2 works with authenticated ciphers and
// fresh keys only, who can do both gets 1.3.
func TestVersions(t *testing.T) {
	t.Parallel()
	cert, key, pool := testkit.Certificate(t, t.TempDir(), "books.example.org")
	files, err := host.NewFiles(cert, key, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", host.TLS(files.Certificate))
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.NotFoundHandler()}
	go srv.Serve(l)
	defer srv.Close()
	dial := func(change func(*tls.Config)) (tls.ConnectionState, error) {
		conf := &tls.Config{RootCAs: pool, ServerName: "books.example.org", MinVersion: tls.VersionTLS10}
		change(conf)
		c, err := tls.Dial("tcp", l.Addr().String(), conf)
		if err != nil {
			return tls.ConnectionState{}, err
		}
		defer c.Close()
		return c.ConnectionState(), nil
	}
	for _, max := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if _, err := dial(func(c *tls.Config) { c.MaxVersion = max }); err == nil {
			t.Errorf("version %x is spoken", max)
		}
	}
	for _, max := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		if s, err := dial(func(c *tls.Config) { c.MaxVersion = max }); err != nil || s.Version != max {
			t.Errorf("version %x: %x, %v", max, s.Version, err)
		}
	}
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		good := map[uint16]bool{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: true,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: true,
		}[s.ID]
		_, err := dial(func(c *tls.Config) { c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{s.ID} })
		if (err == nil) != good {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

// TestFiles: a renewed certificate is served without a restart, and half a
// renewal changes nothing.
func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := time.Now()
	cert, key, _ := testkit.Certificate(t, dir, "one.example.org")
	files, err := host.NewFiles(cert, key, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	served := func() string {
		c, err := files.Certificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.Subject.CommonName
	}
	if err := os.WriteFile(cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if got := served(); got != "one.example.org" {
		t.Errorf("half a renewal serves %s", got)
	}
	testkit.Certificate(t, dir, "two.example.org")
	if err := os.Chtimes(cert, now, now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if got := served(); got != "one.example.org" {
		t.Errorf("looked at within a moment: %s", got)
	}
	now = now.Add(time.Minute)
	if got := served(); got != "two.example.org" {
		t.Errorf("after the renewal: %s", got)
	}
	if _, err := host.NewFiles(cert, cert, time.Now); err == nil {
		t.Error("a certificate is taken as its key")
	}
}
