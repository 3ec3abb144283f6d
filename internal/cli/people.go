package cli

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/config"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/host"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// openPeople wires accounts and firms, which need each other: a firm's rules
// say what is demanded of its people, and accounts say who they are.
func (s *service) openPeople(ctx context.Context) (err error) {
	control, err := s.ring.Control(ctx)
	if err != nil {
		return err
	}
	base, err := url.Parse(s.conf.BaseURL)
	if err != nil {
		return usage(err)
	}
	s.firms = firm.New(firm.Config{
		Store: s.store.Firms(), People: people{s.store.Sessions()}, Rules: taxRules{}, Post: s.post, Key: control.Derive("invitations"),
		Residency: s.conf.Residency, Exposed: !config.Loopback(base.Hostname()), Clock: s.now, Log: s.log,
		Allow: s.planned(),
	})
	c := session.Config{
		Store: s.store.Sessions(), Keys: control, Clock: s.now, Log: s.log, Post: s.post, BaseURL: base,
		Open: s.conf.Signup == "open", Idle: s.conf.SessionIdle, Rules: demands{s.firms},
	}
	if s.conf.BreachFile != "" {
		if c.Leaks, err = session.OpenLeaks(s.conf.BreachFile); err != nil {
			return usage(err)
		}
		s.closers = append(s.closers, c.Leaks)
	}
	if s.conf.BreachURL != "" {
		if c.Ranges, err = s.breachRanges(); err != nil {
			return usage(err)
		}
	}
	if s.conf.GeoIPFile != "" {
		if c.Places, err = session.OpenPlaces(s.conf.GeoIPFile); err != nil {
			return usage(err)
		}
		s.closers = append(s.closers, c.Places)
	}
	if s.accounts, err = session.New(c); err != nil {
		return usage(err)
	}
	return errors.Join(s.post.Register(s.jobs, s.accounts), s.firms.Register(s.jobs))
}

// breachRanges opens the way to the list of breached passwords that the
// operator chose, and to nothing else there.
func (s *service) breachRanges() (session.Ranges, error) {
	u, err := url.Parse(s.conf.BreachURL)
	if err != nil {
		return nil, err
	}
	client, err := s.door.Client(egress.Caller{Name: "breach list", Timeout: 5 * time.Second, Passes: []egress.Pass{
		{Method: "GET", Host: u.Host, Path: strings.TrimSuffix(u.Path, "/") + "/range/{}"},
	}})
	if err != nil {
		return nil, err
	}
	return host.Ranges(client.HTTP(), strings.TrimSuffix(s.conf.BreachURL, "/")), nil
}

// people tells firms who somebody is.
type people struct{ store session.Store }

// Person implements firm.People.
func (p people) Person(ctx context.Context, user tenant.UserID) (one firm.Person, err error) {
	return p.find(ctx, func(tx session.Tx) (session.User, error) { return tx.User(ctx, user) })
}

// PersonAt implements firm.People.
func (p people) PersonAt(ctx context.Context, email string) (one firm.Person, err error) {
	return p.find(ctx, func(tx session.Tx) (session.User, error) { return tx.UserByEmail(ctx, email) })
}

func (p people) find(ctx context.Context, find func(session.Tx) (session.User, error)) (one firm.Person, err error) {
	err = p.store.Read(ctx, func(tx session.Tx) error {
		u, err := find(tx)
		if errors.Is(err, session.ErrNone) || err == nil && !u.Disabled.IsZero() {
			return fault.New(fault.NotFound, err, "There is no such account.")
		}
		if err != nil {
			return err
		}
		keys, err := tx.Keys(ctx, u.ID)
		one = firm.Person{User: u.ID, Email: u.Email, Name: u.Name, SecondFactor: !u.TOTP.Since.IsZero() || len(keys) > 0, Operator: u.Operator}
		return err
	})
	return one, err
}

// demands tells accounts what firms demand of their people.
type demands struct{ firms *firm.Service }

// SecondFactor implements what session asks of firms.
func (d demands) SecondFactor(ctx context.Context, user tenant.UserID) (session.Demand, error) {
	owns, demanded, err := d.firms.Owns(ctx, user)
	return session.Demand{Second: demanded, NoMail: owns}, err
}

// taxRules tells firms what the countries' rules allow.
type taxRules struct{}

// Settle implements firm.Rules.
func (taxRules) Settle(e firm.Entity) (firm.Entity, error) {
	in, err := filing.Prepare(nil, filing.Settings{
		Country: e.Country, Method: e.Method, Currency: e.Currency, Timezone: e.Timezone, Options: e.Options, OptionsFrom: "options",
	})
	if err != nil {
		return e, fault.Coded(fault.Invalid, "tax_settings", nil, "%s", err)
	}
	e.Country, e.Currency, e.Timezone = in.Rules.Country, in.Currency, cmp.Or(e.Timezone, in.Rules.Zone, "UTC")
	return e, nil
}

// admission lets people in who have no account yet: account and firm are made
// together or not at all.
type admission struct {
	accounts *session.Service
	firms    *firm.Service
	closed   bool // nobody opens an account, not even by an invitation
}

// admission lets people in.
func (s *service) admission() admission {
	return admission{s.accounts, s.firms, s.conf.Signup == "closed"}
}

// firstOwner makes the owner whom the configuration names, if there is none.
func (s *service) firstOwner(ctx context.Context) error {
	if s.conf.AdminEmail == "" {
		return nil
	}
	empty, err := s.accounts.Empty(ctx)
	if err != nil || !empty {
		return err
	}
	name, _, _ := strings.Cut(s.conf.AdminEmail, "@")
	d := firm.Draft{Name: name, Country: s.conf.AdminCountry}
	if d.Country == generic {
		d.Currency = "EUR" // the generic rules have none of their own
	}
	p := session.NewPerson{Name: name, Email: s.conf.AdminEmail, Locale: s.conf.Locale, Password: s.conf.AdminPassword}
	if _, _, err = s.admission().First(ctx, p, d); err != nil {
		return spoken(err)
	}
	return s.audited(ctx, "serve")
}

// generic is the country of the generic rules.
const generic = "XX"

// setupCode makes a code for the first owner; "" if there is one.
func (s *service) setupCode(ctx context.Context) (string, error) {
	empty, err := s.accounts.Empty(ctx)
	if err != nil || !empty {
		return "", err
	}
	code, err := s.accounts.NewSetupCode(ctx)
	return string(code.Reveal()), err
}

// with hands the transaction of an account to firms.
func with(tx session.Tx, fn func(firm.Tx) error) error {
	t, ok := tx.(store.SessionTx)
	if !ok {
		return tenant.ErrScope
	}
	return fn(t.FirmTx())
}

// SetUp implements web's admission.
func (a admission) SetUp(ctx context.Context, code keyring.Secret, p session.NewPerson, d firm.Draft, from session.Peer) (session.Opened, error) {
	var made firm.Firm
	opened, err := a.accounts.SetUp(ctx, code, p, a.found(&made, d, tenant.Actor{Via: tenant.ViaSession, Address: from.Address}), from)
	if err != nil {
		return session.Opened{}, err
	}
	_, err = a.firms.Begin(ctx, made)
	return opened, err
}

// First makes the first owner from the machine, without a code.
func (a admission) First(ctx context.Context, p session.NewPerson, d firm.Draft) (firm.Firm, firm.Entity, error) {
	var made firm.Firm
	err := a.accounts.First(ctx, p, a.found(&made, d, tenant.Actor{Via: tenant.ViaCommand, Name: "admin init"}))
	if err != nil {
		return made, firm.Entity{}, err
	}
	e, err := a.firms.Begin(ctx, made)
	return made, e, err
}

// found makes a firm for a new account.
func (a admission) found(made *firm.Firm, d firm.Draft, by tenant.Actor) func(context.Context, session.Tx, tenant.UserID) error {
	return func(ctx context.Context, tx session.Tx, owner tenant.UserID) error {
		if by.Via == tenant.ViaSession {
			by.User = owner
		}
		return with(tx, func(t firm.Tx) (err error) {
			*made, err = a.firms.Found(ctx, t, by, owner, d)
			return err
		})
	}
}

// Join implements web's admission.
func (a admission) Join(ctx context.Context, invitation keyring.Secret, p session.NewPerson, from session.Peer) (session.Opened, error) {
	i, err := a.firms.Invitation(ctx, invitation)
	if err != nil {
		return session.Opened{}, err
	}
	if a.closed {
		return session.Opened{}, fault.Coded(fault.Denied, "signup_closed", nil, "This service takes no new accounts. Sign in with the one you have.")
	}
	p.Email = i.Email
	return a.accounts.Enlist(ctx, p, func(ctx context.Context, tx session.Tx, user tenant.UserID) error {
		return with(tx, func(t firm.Tx) error {
			by := tenant.Actor{Via: tenant.ViaSession, User: user, Address: from.Address}
			_, err := a.firms.AcceptIn(ctx, t, by, firm.Person{User: user, Email: i.Email}, i)
			return err
		})
	}, from)
}
