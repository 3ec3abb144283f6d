// Package session knows people: passwords, second factors, sessions, tokens
// and lockout.
//
// What a person may do elsewhere is none of its business: it says who sends a
// request, and ends that when it must.
package session

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Config is what a Service is made of. What is nil or zero has a meaning:
// nothing is asked, or the default.
type Config struct {
	Store   Store
	Keys    *keyring.Sealer // of the service: tokens, pepper, codes and links
	Clock   clock.Clock
	Log     *slog.Logger
	Post    poster
	BaseURL *url.URL // passkeys are bound to it
	Open    bool     // anybody may open an account
	Idle    time.Duration
	Leaks   *Leaks  // breached passwords
	Ranges  Ranges  // asks elsewhere for breached passwords; nil does not
	Places  *Places // where addresses are; nil does not know
	Rules   rules   // of the firms that a person works in; nil has none
	Hashers int     // passwords that are hashed at a time; 1 if 0
}

// poster writes mails into transactions.
type poster interface {
	On() bool
	Send(ctx context.Context, tx notify.Queue, m notify.Mail) error
	// AlertIn tells the operator.
	AlertIn(ctx context.Context, tx notify.Queue, code, words string) error
}

// rules says what the firms that a person works in demand of them.
type rules interface {
	SecondFactor(ctx context.Context, user tenant.UserID) (Demand, error)
}

// Demand is what is demanded of a person.
type Demand struct {
	Second bool // a second factor
	NoMail bool // codes by mail are none: of owners, of staff and where a firm says so
}

// How long things are good for.
const (
	DefaultIdle  = 30 * time.Minute
	absoluteEnd  = 12 * time.Hour
	sudoTime     = 15 * time.Minute
	attemptTime  = 10 * time.Minute
	mailCodeTime = 10 * time.Minute
	exportTime   = time.Hour
	resetTime    = time.Hour
	confirmTime  = 48 * time.Hour
	notMeTime    = 30 * 24 * time.Hour
	deviceTime   = 365 * 24 * time.Hour
	setupTime    = 30 * time.Minute
	touchTime    = 10 * time.Second // how exactly the last use of a session is known
)

// Where the links of mails lead, before the link itself.
const (
	ConfirmPath = "/confirm/"
	ResetPath   = "/reset/"
	NotMePath   = "/not-me/"
)

// Service is everything about accounts.
type Service struct {
	Config
	hasher   *hasher
	sessions *mint // cookies of sessions
	pending  *mint // of sign-ins that wait
	devices  *mint // of known browsers
	keys     *passkeys
}

// New makes a service.
func New(c Config) (*Service, error) {
	if c.Idle == 0 {
		c.Idle = DefaultIdle
	}
	p, err := newPasskeys(c.BaseURL)
	if err != nil {
		return nil, err
	}
	return &Service{
		Config: c, hasher: newHasher(c.Keys.Derive("password pepper"), c.Hashers), keys: p,
		sessions: newMint(c.Keys, "session"), pending: newMint(c.Keys, "pending sign-in"), devices: newMint(c.Keys, "device"),
	}, nil
}

// Registering reports whether anybody may open an account.
func (s *Service) Registering() bool { return s.Open && s.Post.On() }

// Mailing reports whether mails are sent.
func (s *Service) Mailing() bool { return s.Post.On() }

// Empty reports whether nobody has an account yet.
func (s *Service) Empty(ctx context.Context) (empty bool, err error) {
	err = s.Store.Read(ctx, func(tx Tx) error {
		has, err := tx.HasUsers(ctx)
		empty = !has
		return err
	})
	return empty, err
}

// demand asks what the firms of a person demand.
func (s *Service) demand(ctx context.Context, user tenant.UserID) (Demand, error) {
	if s.Rules == nil {
		return Demand{}, nil
	}
	return s.Rules.SecondFactor(ctx, user)
}

// The answers that look the same whatever is behind them.
func errWrong() error {
	f := fault.Coded(fault.Unauthenticated, "credentials", nil, "The address or the password is wrong.")
	f.Details = []fault.Detail{{Pointer: "/password", Code: "credentials", Words: "Address or password is wrong."}}
	return f
}

func errSignIn() error {
	return fault.Coded(fault.Unauthenticated, "sign_in", nil, "Your session has ended. Please sign in again.")
}

func errAttempt() error {
	return fault.Coded(fault.Unauthenticated, "sign_in_over", nil, "This sign-in took too long or is over. Please begin again.")
}

func errCode() error {
	f := fault.Coded(fault.Unauthenticated, "code", nil, "The code is wrong or no longer good.")
	f.Details = []fault.Detail{{Pointer: "/code", Code: "code", Words: "Wrong, used or no longer good."}}
	return f
}

func errLink(err error) error {
	return fault.Coded(fault.Invalid, "link", err, "This link is not, or no longer, good. Ask for a new one.")
}

func errSudo() error {
	return fault.Coded(fault.Denied, "sudo", nil, "Please confirm that it is you.")
}

// field is what is wrong with one field of a form.
func field(kind fault.Kind, name, code, words string) error {
	f := fault.Coded(kind, code, nil, "%s", words)
	f.Details = []fault.Detail{{Pointer: "/" + name, Code: code, Words: words}}
	return f
}

// subject names a person in audit entries and events.
func subject(id tenant.UserID) string { return "user/" + id.String() }

// stranger is the actor of somebody who has not been recognised.
func stranger(from Peer) tenant.Actor { return tenant.Actor{Address: from.Address} }

// person is the actor of somebody who has.
func person(user tenant.UserID, from Peer) tenant.Actor {
	return tenant.Actor{Via: tenant.ViaSession, User: user, Address: from.Address}
}
