package host

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// Sealer seals what lies in a file, bound to the file's name.
type Sealer interface {
	SealFile(name string, plain []byte) ([]byte, error)
	OpenFile(name string, sealed []byte) ([]byte, error)
}

// ACME gets certificates from an authority and renews them.
type ACME struct {
	Directory string // the authority
	Email     string
	Domains   []string
	CAFile    string // by which the authority itself is recognised; "" is the system's list
	Dir       string // where keys and certificates are kept, sealed
	Sealer    Sealer
}

// Manager makes the manager of certificates.
func (a ACME) Manager() (*autocert.Manager, error) {
	if err := os.MkdirAll(a.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("certificates: %w", err)
	}
	client, err := a.client()
	if err != nil {
		return nil, err
	}
	return &autocert.Manager{
		Prompt:     autocert.AcceptTOS, // the setting's own text says so
		Cache:      sealedCache{a.Dir, a.Sealer},
		HostPolicy: autocert.HostWhitelist(a.Domains...),
		Email:      a.Email,
		Client:     &acme.Client{DirectoryURL: a.Directory, HTTPClient: client, UserAgent: "ledgersys"},
	}, nil
}

// client speaks to the authority and to nobody else: it follows no redirect.
func (a ACME) client() (*http.Client, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if a.CAFile != "" {
		pem, err := os.ReadFile(a.CAFile)
		if err != nil {
			return nil, fmt.Errorf("acme_ca_file: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("acme_ca_file %s holds no certificate", a.CAFile)
		}
	}
	return &http.Client{
		Timeout:       time.Minute,
		Transport:     &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// ACMEConfig is TLS with the manager's certificates and its own challenge.
func ACMEConfig(m *autocert.Manager) *tls.Config {
	conf := TLS(m.GetCertificate)
	conf.NextProtos = append(conf.NextProtos, acme.ALPNProto)
	return conf
}

// sealedCache keeps what autocert needs again in sealed files.
type sealedCache struct {
	dir    string
	sealer Sealer
}

var fileName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._+-]{0,250}$`)

func (c sealedCache) path(name string) (string, error) {
	if !fileName.MatchString(name) {
		return "", errors.New("certificates: this is no name for a file")
	}
	return filepath.Join(c.dir, name), nil
}

// Get implements autocert.Cache.
func (c sealedCache) Get(_ context.Context, name string) ([]byte, error) {
	path, err := c.path(name)
	if err != nil {
		return nil, err
	}
	sealed, err := os.ReadFile(path) // #nosec G304 -- path checked it
	if errors.Is(err, fs.ErrNotExist) {
		return nil, autocert.ErrCacheMiss
	}
	if err != nil {
		return nil, err
	}
	plain, err := c.sealer.OpenFile(name, sealed)
	if err != nil {
		return nil, autocert.ErrCacheMiss // its key was replaced: the authority gives another
	}
	return plain, nil
}

// Put implements autocert.Cache.
func (c sealedCache) Put(_ context.Context, name string, plain []byte) error {
	path, err := c.path(name)
	if err != nil {
		return err
	}
	sealed, err := c.sealer.SealFile(name, plain)
	if err != nil {
		return err
	}
	temp := path + ".new"
	if err := os.WriteFile(temp, sealed, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// Delete implements autocert.Cache.
func (c sealedCache) Delete(_ context.Context, name string) error {
	path, err := c.path(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
