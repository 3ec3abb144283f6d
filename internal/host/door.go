package host

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/config"
)

// Doors are the open addresses of a service. They are opened before anything
// else: an address that is taken must leave no traces.
type Doors struct {
	public, redirect, metrics net.Listener
}

// OpenDoors opens every address of the configuration. The metrics go without
// one if nobody asked for it and another service has it.
func OpenDoors(ctx context.Context, conf *config.Loaded) (_ *Doors, err error) {
	d := &Doors{}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	if d.public, err = Listen(ctx, conf.Listen, "--listen %s"); err != nil {
		return nil, err
	}
	if conf.TLS.RedirectListen != "" {
		if d.redirect, err = Listen(ctx, conf.TLS.RedirectListen, "--set tls_redirect_listen=%s"); err != nil {
			return nil, err
		}
	}
	if conf.Metrics.Listen != "off" {
		d.metrics, err = Listen(ctx, conf.Metrics.Listen, "--set metrics_listen=%s")
		if err != nil && conf.Given("metrics_listen") {
			return nil, err
		}
	}
	return d, nil
}

// Address returns where the service can be reached.
func (d *Doors) Address() string { return d.public.Addr().String() }

// Close closes what nobody serves.
func (d *Doors) Close() {
	for _, one := range []net.Listener{d.public, d.redirect, d.metrics} {
		if one != nil {
			_ = one.Close() // its server closed it already, or nobody came in
		}
	}
}

// Encryption is how a door is encrypted; the zero one is not.
type Encryption struct {
	conf      *tls.Config
	challenge func(http.Handler) http.Handler // lets an authority check names over plain http
}

// NewEncryption makes what the configuration asks for.
func NewEncryption(conf *config.Loaded, now clock.Clock, seal Sealer) (Encryption, error) {
	c := conf.TLS
	switch {
	case c.CertFile != "":
		files, err := NewFiles(c.CertFile, c.KeyFile, now)
		if err != nil {
			return Encryption{}, err
		}
		return Encryption{conf: TLS(files.Certificate)}, nil
	case len(c.ACMEDomains) > 0:
		m, err := ACME{
			Directory: c.ACMEDirectory, Email: c.ACMEEmail, Domains: c.ACMEDomains, CAFile: c.ACMECAFile,
			Dir: filepath.Join(conf.DataDir, "acme"), Sealer: seal,
		}.Manager()
		if err != nil {
			return Encryption{}, err
		}
		return Encryption{ACMEConfig(m), m.HTTPHandler}, nil
	}
	return Encryption{}, nil
}

// Serve serves a site and its figures at the doors until ctx ends. Then it lets
// what is under way end, for as long as patience, and returns. newServer makes
// a server of the site with all its limits; the redirect has one of its own,
// because the site itself knows what to do with what comes in clear.
func (d *Doors) Serve(ctx context.Context, e Encryption, patience time.Duration, newServer func() *http.Server, figures *http.Server) error {
	public := newServer()
	if e.conf != nil {
		d.public = tls.NewListener(d.public, e.conf)
	}
	all := map[*http.Server]net.Listener{public: d.public}
	if d.redirect != nil {
		redirect := newServer()
		if e.challenge != nil {
			redirect.Handler = e.challenge(redirect.Handler)
		}
		all[redirect] = d.redirect
	}
	if d.metrics != nil {
		all[figures] = d.metrics
	}
	g, ctx := errgroup.WithContext(ctx)
	for server, door := range all {
		g.Go(func() error {
			if err := server.Serve(door); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		g.Go(func() error {
			<-ctx.Done()
			return stop(context.WithoutCancel(ctx), server, patience)
		})
	}
	return g.Wait()
}

// stop lets requests end. What takes longer than it may is cut off: that is no
// error of the stop.
func stop(ctx context.Context, server *http.Server, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return nil
}
