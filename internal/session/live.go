package session

import (
	"context"
	"errors"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// over reports whether a session has ended.
func (s *Service) over(l Live, now time.Time) bool {
	return !l.Ended.IsZero() || !now.Before(l.Until) || now.Sub(l.Seen) >= s.Idle
}

// Session recognises a session by its cookie. One that is used in a way that
// looks like theft ends, and all others of the person with it.
func (s *Service) Session(ctx context.Context, cookie keyring.Secret, from Peer) (tenant.Identity, error) {
	h, ok := s.sessions.hash(cookie)
	if !ok {
		return tenant.Identity{}, errSignIn()
	}
	var l Live
	var u User
	now := s.Clock()
	err := s.Store.Read(ctx, func(tx Tx) (err error) {
		if l, err = tx.LiveByHash(ctx, h); err != nil {
			return err
		}
		u, err = tx.User(ctx, l.User)
		return err
	})
	if errors.Is(err, ErrNone) || err == nil && !u.Disabled.IsZero() {
		return tenant.Identity{}, errSignIn()
	}
	if err != nil {
		return tenant.Identity{}, err
	}
	print := s.print(from)
	why := strange(l, print, now)
	switch {
	case why != "" && (!s.over(l, now) || revoked(l)):
		err := s.Store.Control(ctx, func(tx Tx) error { return s.suspect(ctx, tx, u, why, from) })
		if err != nil {
			return tenant.Identity{}, err
		}
		return tenant.Identity{}, errSignIn()
	case s.over(l, now):
		return tenant.Identity{}, errSignIn()
	}
	if now.Sub(l.Seen) >= touchTime || print.Address != l.Print.Address || print.Agent != l.Print.Agent {
		print.How, print.Sudo = l.Print.How, l.Print.Sudo
		l.Seen, l.Print = now, print
		if err := s.Store.Control(ctx, func(tx Tx) error { return tx.TouchLive(ctx, l) }); err != nil {
			return tenant.Identity{}, err
		}
	}
	return tenant.Authenticated(tenant.Actor{Via: tenant.ViaSession, User: u.ID, Session: l.ID, Address: from.Address}), nil
}

// suspect ends every session of a person because something looks like theft,
// and tells them.
func (s *Service) suspect(ctx context.Context, tx Tx, u User, why string, from Peer) error {
	lives, err := tx.Lives(ctx, u.ID)
	if err != nil {
		return err
	}
	if err := s.revokeAll(ctx, tx, u, "suspicious", stranger(from)); err != nil {
		return err
	}
	event := audit.Event{Kind: "session_revoked_suspicious", Outcome: "ok", Object: subject(u.ID), Detail: why, Actor: stranger(from)}
	if err := tx.Event(ctx, event); err != nil {
		return err
	}
	s.Log.WarnContext(ctx, "sessions revoked", "actor", u.ID.String(), "reason", why)
	if len(lives) == 0 {
		return nil // it was told before
	}
	if err := s.Post.AlertIn(ctx, tx, "session_revoked_suspicious", "All sessions of "+subject(u.ID)+" were ended: "+why+"."); err != nil {
		return err
	}
	words := map[string]string{"reason": why, "time": clockTime(tx.Now())}
	return s.mail(ctx, tx, u, notify.Mail{Kind: notify.SessionsRevoked, Words: words, Path: "/signin"})
}

// own finds who asks and their session, in the transaction of what they want
// changed. Only somebody at a browser manages an account: no token does.
func (s *Service) own(ctx context.Context, tx Tx, id tenant.Identity) (User, Live, error) {
	a := id.Actor()
	if !id.Known() || a.Via != tenant.ViaSession {
		return User{}, Live{}, fault.Coded(fault.Denied, "browser_only", nil, "This is done in the browser, signed in.")
	}
	l, err := tx.Live(ctx, a.Session)
	if errors.Is(err, ErrNone) || err == nil && (l.User != a.User || s.over(l, tx.Now())) {
		return User{}, Live{}, errSignIn()
	}
	if err != nil {
		return User{}, Live{}, err
	}
	u, err := tx.User(ctx, a.User)
	if errors.Is(err, ErrNone) || err == nil && !u.Disabled.IsZero() {
		return User{}, Live{}, errSignIn()
	}
	return u, l, err
}

// me is own for reading.
func (s *Service) me(ctx context.Context, id tenant.Identity) (u User, err error) {
	err = s.Store.Read(ctx, func(tx Tx) error {
		u, _, err = s.own(ctx, tx, id)
		return err
	})
	return u, err
}

// sudo reports whether somebody proved a short while ago who they are.
func (s *Service) sudo(tx Tx, l Live) bool { return tx.Now().Before(l.Print.Sudo) }

// renew gives a session another token; the one before is dead with the commit.
func (s *Service) renew(ctx context.Context, tx Tx, l Live) (keyring.Secret, error) {
	cookie, h := s.sessions.make()
	l.Hash, l.Seen = h, tx.Now()
	l.Print.Sudo = tx.Now().Add(sudoTime)
	return cookie, tx.RenewLive(ctx, l)
}

// Sudo proves again who it is, by password, and by a code where there is an
// app. The session gets a new cookie.
func (s *Service) Sudo(ctx context.Context, id tenant.Identity, password, code keyring.Secret, from Peer) (Opened, error) {
	_, err := s.proven(ctx, id, password, "password", from)
	if err != nil {
		return Opened{}, err
	}
	var out Opened
	var refused error
	err = s.Store.Control(ctx, func(tx Tx) error {
		u, l, err := s.own(ctx, tx, id)
		if err != nil {
			return err
		}
		if u.TOTP.Seed != nil {
			if err := refuseLocked(ctx, tx, s.bySecond(u.ID)); err != nil {
				return err
			}
			if s.totp(&u, code, tx.Now()) != rightCode {
				refused = errCode()
				return s.failed(ctx, tx, s.bySecond(u.ID), u, from)
			}
			if err := tx.SaveUser(ctx, u); err != nil {
				return err
			}
		}
		out, err = s.confirmed(ctx, tx, u, l, from)
		return err
	})
	if err == nil {
		err = refused
	}
	return out, err
}

// confirmed opens the quarter of an hour.
func (s *Service) confirmed(ctx context.Context, tx Tx, u User, l Live, from Peer) (out Opened, err error) {
	actor := person(u.ID, from)
	actor.Session = l.ID
	if err := tx.Event(ctx, audit.Event{Kind: "confirm", Outcome: "ok", Object: subject(u.ID), Actor: actor}); err != nil {
		return out, err
	}
	out.Cookie, err = s.renew(ctx, tx, l)
	return out, err
}

// EndSession ends one of a person's own sessions.
func (s *Service) EndSession(ctx context.Context, id tenant.Identity, which tenant.ID, from Peer) error {
	return s.Store.Control(ctx, func(tx Tx) error {
		if !id.Known() {
			return errSignIn()
		}
		user := id.Actor().User
		n, err := tx.EndLive(ctx, user, which, "person")
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, nil, "There is no such session.")
		}
		return s.sessionEnded(ctx, tx, id, "session/"+which.String(), from)
	})
}

// EndOthers ends all of a person's own sessions but the one that asks.
func (s *Service) EndOthers(ctx context.Context, id tenant.Identity, from Peer) error {
	return s.Store.Control(ctx, func(tx Tx) error {
		if !id.Known() {
			return errSignIn()
		}
		except := tenant.ID{} // a token is no session
		if id.Actor().Via == tenant.ViaSession {
			except = id.Actor().Session
		}
		if _, err := tx.EndLives(ctx, id.Actor().User, except, "person"); err != nil {
			return err
		}
		return s.sessionEnded(ctx, tx, id, subject(id.Actor().User), from)
	})
}

func (s *Service) sessionEnded(ctx context.Context, tx Tx, id tenant.Identity, object string, from Peer) error {
	actor := id.Actor()
	actor.Address = from.Address
	if err := tx.Audit(ctx, audit.Entry{Action: "session.end", Object: object, Actor: actor}); err != nil {
		return err
	}
	return tx.Event(ctx, audit.Event{Kind: "session_revoked", Outcome: "person", Object: object, Actor: actor})
}

// Burn ends a session or a token that was seen in clear, and tells its owner.
func (s *Service) Burn(ctx context.Context, cookie, token keyring.Secret, from Peer) error {
	return s.Store.Control(ctx, func(tx Tx) error {
		if h, ok := s.sessions.hash(cookie); ok {
			l, err := tx.LiveByHash(ctx, h)
			if err == nil {
				_, err = tx.EndLive(ctx, l.User, l.ID, "plaintext")
			}
			if err = s.burned(ctx, tx, l.User, err, from); err != nil {
				return err
			}
		}
		if h, ok := gripHash(token); ok {
			g, err := tx.TokenByHash(ctx, h)
			if err == nil {
				_, err = tx.EndToken(ctx, g.User, g.ID)
			}
			return s.burned(ctx, tx, g.User, err, from)
		}
		return nil
	})
}

func (s *Service) burned(ctx context.Context, tx Tx, user tenant.UserID, err error, from Peer) error {
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	u, err := tx.User(ctx, user)
	if err != nil {
		return err
	}
	if err := s.record(ctx, tx, "credential_on_plaintext", user, stranger(from)); err != nil {
		return err
	}
	words := map[string]string{"reason": "it was sent without encryption", "time": clockTime(tx.Now())}
	return s.mail(ctx, tx, u, notify.Mail{Kind: notify.SessionsRevoked, Words: words, Path: "/signin"})
}

// Operator reports whether somebody runs this instance.
func (s *Service) Operator(ctx context.Context, id tenant.Identity) (is bool, err error) {
	if !id.Known() {
		return false, nil
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		u, err := tx.User(ctx, id.Actor().User)
		is = err == nil && u.Operator && u.Disabled.IsZero()
		if errors.Is(err, ErrNone) {
			return nil
		}
		return err
	})
	return is, err
}
