package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/config"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// demoVerb runs the service on made-up books. It reads no configuration file
// and keeps nothing.
type demoVerb struct {
	Listen   string `default:"127.0.0.1:8080" help:"Where pages and API are served." placeholder:"HOST:PORT"`
	LogLevel string `default:"warn" help:"debug, info, warn or error." placeholder:"LEVEL"`
}

// demoMail is the owner of the made-up books.
const demoMail = "ada@example.org"

// Run serves made-up books from a folder of its own until it is told to stop.
func (v *demoVerb) Run(s *Streams) (err error) {
	dir, err := os.MkdirTemp("", "ledgersys-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	conf, err := config.Load(config.Source{Extra: clock.Variables(), Flags: map[string]string{
		"data_dir": dir, "listen": v.Listen, "log_level": v.LogLevel, "metrics_listen": "off", "outbound": "deny",
	}})
	if err != nil {
		return usage(err)
	}
	ctx, stop := s.signals()
	defer stop()
	return serve(ctx, conf, s, (&demo{password: keyring.NewSecret([]byte(rand.Text()))}).prepare)
}

// demo is the account of the made-up books. Nobody knows its password, and
// whoever comes is signed in with it.
type demo struct {
	password keyring.Secret
	accounts *session.Service
}

// prepare makes the account and its books.
func (d *demo) prepare(ctx context.Context, s *service) error {
	d.accounts = s.accounts
	p := session.NewPerson{Name: "Ada Example", Email: demoMail, Locale: "en", Password: d.password}
	f, e, err := s.admission().First(ctx, p, firm.Draft{Name: "Ada Example", Country: "GB"})
	if err != nil {
		return err
	}
	books := demoBooks()
	scope := tenant.ForCommand(f.ID, e.ID, "demo")
	_, err = s.intake.Upload(ctx, scope, intake.Order{}, func() (intake.Incoming, error) {
		if len(books) == 0 {
			return intake.Incoming{}, io.EOF
		}
		next := books[0]
		books = books[1:]
		return intake.Incoming{Name: next.name, Body: strings.NewReader(next.text)}, nil
	})
	s.site.Guest(d.signIn)
	return err
}

// signIn signs a visitor in.
func (d *demo) signIn(ctx context.Context, from session.Peer) (session.Opened, error) {
	return d.accounts.SignIn(ctx, demoMail, d.password, keyring.Secret{}, from)
}
