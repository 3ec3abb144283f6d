package cli

import (
	"context"
	"errors"
	"fmt"
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
	frugal()
	doors, err := host.OpenDoors(ctx, conf)
	if err != nil {
		return err
	}
	defer doors.Close()
	conf.Bound(doors.Address())
	svc, err := open(ctx, conf, s.Err, mayBeNew)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.close()) }() //nolint:contextcheck // closing goes on when ctx has ended
	if prepare != nil {
		if err := prepare(ctx, svc); err != nil {
			return err
		}
	}
	e, err := host.NewEncryption(conf, svc.now, fileSealer{svc.ring})
	if err != nil {
		return usage(err)
	}
	if err := svc.greet(ctx, s); err != nil {
		return err
	}
	return svc.run(ctx, doors, e)
}

// greet prints what a person needs to begin.
func (s *service) greet(ctx context.Context, out *Streams) error {
	if err := s.firstOwner(ctx); err != nil {
		return err
	}
	code, err := s.setupCode(ctx)
	if err != nil {
		return err
	}
	if s.made {
		fmt.Fprintf(out.Err, "Made a new master key in %s. Without it the data cannot be read: keep a copy elsewhere.\n", filepath.Join(s.conf.DataDir, "master.key"))
	}
	if _, err := fmt.Fprintf(out.Out, "Ledgersys %s ready at %s\n", Version, s.conf.BaseURL); err != nil {
		return err
	}
	if code != "" {
		if _, err := fmt.Fprintf(out.Out, "First-time setup code: %s (valid 30 min)\n", code); err != nil {
			return err
		}
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
func (s *service) run(ctx context.Context, doors *host.Doors, e host.Encryption) error {
	socket, err := host.OpenSocket(ctx, s.conf.DataDir, s.command)
	if err != nil {
		return err
	}
	manager := host.NewManager(os.Getenv)
	// Work goes on while the last requests end: it has its own end.
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer stopWork()
		return doors.Serve(ctx, e, stopTime, s.site.Server, s.metric.Server(s.conf.Metrics.Token))
	})
	g.Go(socket.Serve)
	g.Go(func() error { return s.store.Work(working, s.jobs) })
	g.Go(func() error { s.watch.Run(ctx, s.now); return nil })
	g.Go(func() error { manager.Alive(ctx, s.now, s.Ready); return nil })
	g.Go(func() error {
		<-ctx.Done()
		over := context.WithoutCancel(ctx)
		s.log.InfoContext(over, "stopping")
		over, cancel := context.WithTimeout(over, stopTime)
		defer cancel()
		return errors.Join(manager.Stopping(over), socket.Close(over))
	})
	if err := manager.Ready(ctx); err != nil {
		s.log.WarnContext(ctx, "the service manager does not hear us", "error", err)
	}
	return g.Wait()
}
