package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ledgersys/ledgersys/internal/config"
	"github.com/ledgersys/ledgersys/internal/host"
)

// stopTime is how long requests and jobs may take to end after the service was
// asked to stop.
const stopTime = 30 * time.Second

type serveVerb struct {
	settingFlags `embed:""`
}

// Run runs the service until it is told to stop.
func (v *serveVerb) Run(s *Streams) error {
	conf, err := v.load()
	if err != nil {
		return err
	}
	ctx, stop := s.signals()
	defer stop()
	return serve(ctx, conf, s, nil)
}

// signals takes interruptions over from the run: the verb stops by itself.
func (s *Streams) signals() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if s.temps != nil {
		s.temps.selfStopping.Store(true)
	}
	return ctx, stop
}

// serve opens the data directory and serves it. prepare, which may be nil, is
// called before anybody can come in.
func serve(ctx context.Context, conf *config.Loaded, s *Streams, prepare func(context.Context, *service) error) (err error) {
	if err := host.Harden(); err != nil {
		return err
	}
	listening, err := listen(ctx, conf)
	if err != nil {
		return err
	}
	defer listening.close()
	svc, err := open(ctx, conf, s.Err, mayBeNew)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.close()) }()
	if prepare != nil {
		if err := prepare(ctx, svc); err != nil {
			return err
		}
	}
	run, err := svc.servers(listening)
	if err != nil {
		return err
	}
	if err := svc.greet(ctx, s); err != nil {
		return err
	}
	return svc.run(ctx, run)
}

// listeners are the open doors. They are opened first: an address that is
// taken must not leave traces.
type listeners struct {
	public, redirect, metrics net.Listener
}

// listen opens every address of the configuration. Port 0 is whatever is
// free, and the addresses that follow from it are set.
func listen(ctx context.Context, conf *config.Loaded) (l listeners, err error) {
	defer func() {
		if err != nil {
			l.close()
			err = &coded{exitError, err}
		}
	}()
	if l.public, err = host.Listen(ctx, conf.Listen, "--listen"); err != nil {
		return l, err
	}
	conf.Bound(l.public.Addr().String())
	if conf.TLS.RedirectListen != "" {
		if l.redirect, err = host.Listen(ctx, conf.TLS.RedirectListen, "--set tls_redirect_listen="); err != nil {
			return l, err
		}
	}
	if conf.Metrics.Listen != "off" {
		l.metrics, err = host.Listen(ctx, conf.Metrics.Listen, "--set metrics_listen=off or --set metrics_listen=")
	}
	return l, err
}

func (l listeners) close() {
	for _, one := range []net.Listener{l.public, l.redirect, l.metrics} {
		if one != nil {
			_ = one.Close() // its server closed it already, or nobody came in
		}
	}
}

// serving is a server at its door.
type serving struct {
	server *http.Server
	door   net.Listener
}

// servers puts a server at each door.
func (s *service) servers(l listeners) ([]serving, error) {
	door, challenge, err := s.encrypted(l.public)
	if err != nil {
		return nil, err
	}
	all := []serving{{s.site.Server(), door}}
	if l.redirect != nil {
		// The site itself knows what to do with what comes in clear.
		plain := s.site.Server()
		plain.Handler = challenge(s.site)
		all = append(all, serving{plain, l.redirect})
	}
	if l.metrics != nil {
		all = append(all, serving{s.metric.Server(s.conf.Metrics.Token), l.metrics})
	}
	return all, nil
}

// encrypted puts TLS on a door as the configuration says. challenge lets an
// authority check names over plain http.
func (s *service) encrypted(door net.Listener) (_ net.Listener, challenge func(http.Handler) http.Handler, err error) {
	as := func(h http.Handler) http.Handler { return h }
	c := s.conf.TLS
	switch {
	case c.CertFile != "":
		files, err := host.NewFiles(c.CertFile, c.KeyFile, s.now)
		if err != nil {
			return nil, nil, usage(err)
		}
		return tls.NewListener(door, host.TLS(files.Certificate)), as, nil
	case len(c.ACMEDomains) > 0:
		m, err := host.ACME{
			Directory: c.ACMEDirectory, Email: c.ACMEEmail, Domains: c.ACMEDomains, CAFile: c.ACMECAFile,
			Dir: filepath.Join(s.conf.DataDir, "acme"), Sealer: fileSealer{s.ring},
		}.Manager()
		if err != nil {
			return nil, nil, err
		}
		return tls.NewListener(door, host.ACMEConfig(m)), m.HTTPHandler, nil
	}
	return door, as, nil
}

// greet prints what a person needs to begin.
func (s *service) greet(_ context.Context, out *Streams) error {
	if s.made {
		fmt.Fprintf(out.Err, "Made a new master key in %s. Without it the data cannot be read: keep a copy elsewhere.\n", filepath.Join(s.conf.DataDir, "master.key"))
	}
	_, err := fmt.Fprintf(out.Out, "Ledgersys %s ready at %s\n", Version, s.conf.BaseURL)
	if err != nil {
		return err
	}
	words := ""
	if s.conf.Mail.URL.Empty() && !s.conf.Prices.Network && !s.conf.Billing.On {
		words = "  No outbound connections until you allow them."
	}
	_, err = fmt.Fprintf(out.Out, "Data: %s%s\n", s.conf.DataDir, words)
	return err
}

// run serves until ctx ends, then lets requests and jobs end, and returns when
// all has stopped.
func (s *service) run(ctx context.Context, all []serving) error {
	socket, err := host.OpenSocket(ctx, s.conf.DataDir, s.command)
	if err != nil {
		return err
	}
	manager := host.NewManager(os.Getenv)
	// Work goes on while the last requests end: it has its own end.
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	g, ctx := errgroup.WithContext(ctx)
	for _, one := range all {
		g.Go(func() error {
			if err := one.server.Serve(one.door); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	g.Go(socket.Serve)
	g.Go(func() error { return s.store.Work(working, s.jobs) })
	g.Go(func() error { s.watch.Run(ctx, s.now); return nil })
	g.Go(func() error { manager.Alive(ctx, s.now, s.Ready); return nil })
	g.Go(func() error {
		<-ctx.Done()
		_ = manager.Stopping(context.WithoutCancel(ctx)) // it notices anyway
		s.log.InfoContext(ctx, "stopping")
		err := shutdown(context.WithoutCancel(ctx), all, socket)
		stopWork()
		return err
	})
	if err := manager.Ready(ctx); err != nil {
		s.log.WarnContext(ctx, "the service manager does not hear us", "error", err)
	}
	return g.Wait()
}

// shutdown lets what is under way end. What takes longer than it may is cut
// off: that is no error of the stop.
func shutdown(ctx context.Context, all []serving, socket *host.Socket) error {
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	var g errgroup.Group
	for _, one := range all {
		g.Go(func() error {
			if err := one.server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
				return one.server.Close()
			}
			return nil
		})
	}
	g.Go(func() error { return socket.Close(ctx) })
	return g.Wait()
}

// hostOf returns the host of an address, without its port.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
