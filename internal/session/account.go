package session

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Normal brings an address to the one form by which its account is found.
func Normal(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || len(email) > 254 || !utf8.ValidString(email) {
		return "", field(fault.Invalid, "email", "email_invalid", "This is not a mail address.")
	}
	return email, nil
}

// Register opens an account whose address must be confirmed. Whether there is
// one already is told to the address and to nobody else.
func (s *Service) Register(ctx context.Context, email string, password keyring.Secret, from Peer) error {
	if !s.Registering() {
		return fault.Coded(fault.Denied, "signup_closed", nil, "Accounts are opened by invitation here.")
	}
	email, err := Normal(email)
	if err != nil {
		return err
	}
	if err := s.acceptable(ctx, password, email); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.Store.Control(ctx, func(tx Tx) error {
		if ok, err := mayMail(ctx, tx, s.lockKey("register", []byte(email)), time.Hour); err != nil || !ok {
			return err
		}
		u, err := tx.UserByEmail(ctx, email)
		switch {
		case errors.Is(err, ErrNone):
			u = User{ID: tenant.NewID(), Email: email, Created: tx.Now()}
			u.Password, u.PasswordSet = hash, tx.Now()
			if err := tx.AddUser(ctx, u); err != nil {
				return err
			}
			if err := s.record(ctx, tx, "user.create", u.ID, stranger(from)); err != nil {
				return err
			}
		case err != nil:
			return err
		case !u.Confirmed.IsZero(): // what is kept stays; it is written anew so that the time it takes tells nothing
			if err := s.again(ctx, tx, u, from); err != nil {
				return err
			}
			return s.mail(ctx, tx, u, notify.Mail{Kind: notify.AccountExists, Path: "/signin"})
		default: // the last one who registers; links from before confirm nothing any more
			u.Password, u.PasswordSet = hash, tx.Now()
			if err := s.again(ctx, tx, u, from); err != nil {
				return err
			}
		}
		return s.askConfirm(ctx, tx, u)
	})
}

// again keeps an account that somebody wanted to open once more.
func (s *Service) again(ctx context.Context, tx Tx, u User, from Peer) error {
	if err := tx.SaveUser(ctx, u); err != nil {
		return err
	}
	return s.record(ctx, tx, "user.register_again", u.ID, stranger(from))
}

func (s *Service) askConfirm(ctx context.Context, tx Tx, u User) error {
	link := s.Keys.SignLink("confirm", tx.Now().Add(confirmTime), s.boundTo(u))
	return s.mail(ctx, tx, u, notify.Mail{Kind: notify.ConfirmAddress, Words: map[string]string{"hours": "48"}, Path: ConfirmPath + link})
}

// boundTo is what links of a person hold: they end when the password changes.
func (s *Service) boundTo(u User) []byte {
	h := keyed(s.Keys, "link", u.Password)
	return append(append([]byte(nil), u.ID[:]...), h[:16]...)
}

// linked finds the person that a link is bound to.
func (s *Service) linked(ctx context.Context, tx Tx, purpose, link string) (User, error) {
	payload, err := s.Keys.OpenLink(purpose, link, tx.Now())
	if err != nil || len(payload) < len(tenant.UserID{}) {
		return User{}, errLink(err)
	}
	u, err := tx.User(ctx, tenant.UserID(payload[:len(tenant.UserID{})]))
	if errors.Is(err, ErrNone) || err == nil && (string(payload) != string(s.boundTo(u)) || !u.Disabled.IsZero()) {
		return User{}, errLink(err)
	}
	return u, err
}

// Confirm confirms an address by the link of a mail and the password with which
// the account was opened: who owns an address shall not confirm an account that
// somebody else opened with it.
func (s *Service) Confirm(ctx context.Context, link string, password keyring.Secret, from Peer) error {
	var u User
	err := s.Store.Read(ctx, func(tx Tx) (err error) {
		if u, err = s.linked(ctx, tx, "confirm", link); err != nil {
			return err
		}
		return refuseLocked(ctx, tx, s.byAddress(u.Email))
	})
	if err != nil || !u.Confirmed.IsZero() {
		return err
	}
	ok, err := s.hasher.check(ctx, u.Password, password)
	if err != nil {
		return err
	}
	if !ok {
		if err := s.Store.Control(ctx, func(tx Tx) error { return s.failed(ctx, tx, s.byAddress(u.Email), u, from) }); err != nil {
			return err
		}
		return field(fault.Unauthenticated, "password", "credentials", "This is not the password with which the account was opened. If you opened none, close this page.")
	}
	return s.Store.Control(ctx, func(tx Tx) error {
		u, err := s.linked(ctx, tx, "confirm", link)
		if err != nil || !u.Confirmed.IsZero() {
			return err
		}
		u.Confirmed = tx.Now()
		if err := tx.SaveUser(ctx, u); err != nil {
			return err
		}
		return s.record(ctx, tx, "user.confirm", u.ID, stranger(from))
	})
}

// AskReset mails a link that sets a new password, if there is such an account.
func (s *Service) AskReset(ctx context.Context, email string, from Peer) error {
	email, err := Normal(email)
	if err != nil {
		return err
	}
	if !s.Mailing() {
		return nil // the operator makes the link
	}
	return s.Store.Control(ctx, func(tx Tx) error {
		ok, err := mayMail(ctx, tx, s.lockKey("reset", []byte(email)), time.Hour)
		if err != nil || !ok {
			return err
		}
		u, err := tx.UserByEmail(ctx, email)
		if err != nil && !errors.Is(err, ErrNone) {
			return err
		}
		if err := tx.Event(ctx, audit.Event{Kind: "reset", Outcome: "asked", Object: objectOf(u), Actor: stranger(from)}); err != nil {
			return err
		}
		void := u.ID.IsZero() || !u.Disabled.IsZero()
		if void { // the same work for nobody, so that the time it takes tells nothing
			u = User{ID: tenant.NewID(), Email: email}
		}
		return s.sendReset(ctx, tx, u, void)
	})
}

func (s *Service) sendReset(ctx context.Context, tx Tx, u User, void bool) error {
	return s.mail(ctx, tx, u, notify.Mail{Kind: notify.ResetAccess, Words: map[string]string{"minutes": "60"}, Path: ResetPath + s.resetLink(tx, u), Void: void})
}

func (s *Service) resetLink(tx Tx, u User) string {
	return s.Keys.SignLink("reset", tx.Now().Add(resetTime), s.boundTo(u))
}

// Reset sets a new password by a link, once, and ends every session. Second
// factors stay as they are. The link also confirms the address and unlocks.
func (s *Service) Reset(ctx context.Context, link string, password keyring.Secret, from Peer) error {
	var u User
	err := s.Store.Read(ctx, func(tx Tx) (err error) {
		u, err = s.linked(ctx, tx, "reset", link)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.acceptable(ctx, password, u.Email, u.Name); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.Store.Control(ctx, func(tx Tx) error {
		u, err := s.linked(ctx, tx, "reset", link) // it may have been used meanwhile
		if err != nil {
			return err
		}
		if u.Confirmed.IsZero() {
			u.Confirmed = tx.Now()
		}
		if err := unlock(ctx, tx, s.byAddress(u.Email)); err != nil {
			return err
		}
		if err := tx.EndTokens(ctx, u.ID); err != nil { // who needs a reset may have been robbed
			return err
		}
		return s.setPassword(ctx, tx, change{user: u, hash: hash, action: "password.reset", from: from})
	})
}

// change is a new password and who sets it.
type change struct {
	user   User
	hash   []byte
	except tenant.ID // the session that goes on
	action string
	from   Peer
}

// setPassword keeps a new password, ends the sessions and tells the person.
func (s *Service) setPassword(ctx context.Context, tx Tx, c change) error {
	u := c.user
	u.Password, u.PasswordSet = c.hash, tx.Now()
	if err := tx.SaveUser(ctx, u); err != nil {
		return err
	}
	if _, err := tx.EndLives(ctx, u.ID, c.except, "password"); err != nil {
		return err
	}
	if err := s.record(ctx, tx, c.action, u.ID, person(u.ID, c.from)); err != nil {
		return err
	}
	return s.mail(ctx, tx, u, notify.Mail{Kind: notify.PasswordChanged, Words: map[string]string{"time": clockTime(tx.Now())}, Path: "/recover"})
}

// ChangePassword sets a new password for somebody who knows the current one,
// ends all other sessions and gives this one a new cookie.
func (s *Service) ChangePassword(ctx context.Context, id tenant.Identity, current, next keyring.Secret, from Peer) (Opened, error) {
	u, err := s.proven(ctx, id, current, "current", from)
	if err != nil {
		return Opened{}, err
	}
	if err := s.acceptable(ctx, next, u.Email, u.Name); err != nil {
		return Opened{}, err
	}
	hash, err := s.hasher.hash(ctx, next)
	if err != nil {
		return Opened{}, err
	}
	var out Opened
	err = s.Store.Control(ctx, func(tx Tx) error {
		u, l, err := s.own(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.setPassword(ctx, tx, change{u, hash, l.ID, "password.change", from}); err != nil {
			return err
		}
		out.Cookie, err = s.renew(ctx, tx, l)
		return err
	})
	return out, err
}

// proven checks the password of somebody who is signed in. Wrong ones count
// for this session: strangers who try at the sign-in cannot lock it.
func (s *Service) proven(ctx context.Context, id tenant.Identity, password keyring.Secret, name string, from Peer) (User, error) {
	u, err := s.me(ctx, id)
	if err != nil {
		return u, err
	}
	which := id.Actor().Session
	key := s.lockKey("session", which[:])
	err = s.Store.Read(ctx, func(tx Tx) error { return refuseLocked(ctx, tx, key) })
	if err != nil {
		return u, err
	}
	ok, err := s.hasher.check(ctx, u.Password, password)
	if err != nil || ok {
		return u, err
	}
	err = s.Store.Control(ctx, func(tx Tx) error {
		if err := s.failed(ctx, tx, key, u, from); err != nil {
			return err
		}
		return tx.Event(ctx, audit.Event{Kind: "confirm", Outcome: "failed", Object: subject(u.ID), Actor: person(u.ID, from)})
	})
	if err != nil {
		return u, err
	}
	return u, field(fault.Unauthenticated, name, "credentials", "The password is wrong.")
}

// NewPerson is an account to be made for somebody whose right to it was shown:
// by the setup code, an invitation or the operator.
type NewPerson struct {
	Name, Email, Locale string
	Password            keyring.Secret
}

// Enlist makes an account that needs no confirmation, and in the same
// transaction what then does with it, and signs the person in. An error of
// then leaves nothing behind.
func (s *Service) Enlist(ctx context.Context, p NewPerson, then func(context.Context, Tx, tenant.UserID) error, from Peer) (Opened, error) {
	u, err := s.prepare(ctx, p)
	if err != nil {
		return Opened{}, err
	}
	var out Opened
	err = s.Store.Control(ctx, func(tx Tx) error {
		u, err := s.enlist(ctx, tx, u, then, from)
		if err != nil {
			return err
		}
		out, err = s.enter(ctx, tx, entry{user: u, how: "password", from: from})
		return err
	})
	return out, err
}

// prepare checks what is known of a new person and hashes the password, which
// must not happen inside a transaction.
func (s *Service) prepare(ctx context.Context, p NewPerson) (User, error) {
	email, err := Normal(p.Email)
	if err != nil {
		return User{}, err
	}
	name := strings.TrimSpace(p.Name)
	if len(name) > 400 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == utf8.RuneError }) {
		return User{}, field(fault.Invalid, "name", "name_invalid", "A name has at most 200 characters, all of them printable.")
	}
	if err := s.acceptable(ctx, p.Password, email, name); err != nil {
		return User{}, err
	}
	hash, err := s.hasher.hash(ctx, p.Password)
	if err != nil {
		return User{}, err
	}
	return User{ID: tenant.NewID(), Email: email, Name: name, Locale: p.Locale, Password: hash}, nil
}

func (s *Service) enlist(ctx context.Context, tx Tx, u User, then func(context.Context, Tx, tenant.UserID) error, from Peer) (User, error) {
	u.Created, u.Confirmed, u.PasswordSet = tx.Now(), tx.Now(), tx.Now()
	old, err := tx.UserByEmail(ctx, u.Email)
	switch {
	case errors.Is(err, ErrNone):
		err = tx.AddUser(ctx, u)
	case err == nil && old.Confirmed.IsZero(): // somebody registered it and never proved that it is theirs
		u.ID, u.Created = old.ID, old.Created
		err = tx.SaveUser(ctx, u)
	case err == nil:
		err = ErrTaken
	}
	if errors.Is(err, ErrTaken) {
		return u, field(fault.Conflict, "email", "email_taken", "This address has an account already. Sign in with it.")
	}
	if err != nil {
		return u, err
	}
	if err := s.record(ctx, tx, "user.create", u.ID, person(u.ID, from)); err != nil || then == nil {
		return u, err
	}
	return u, then(ctx, tx, u.ID)
}

// record notes a change of an account in the chain and among the events.
func (s *Service) record(ctx context.Context, tx Tx, action string, user tenant.UserID, actor tenant.Actor) error {
	if err := tx.Audit(ctx, audit.Entry{Action: action, Object: subject(user), Actor: actor}); err != nil {
		return err
	}
	return tx.Event(ctx, audit.Event{Kind: action, Outcome: "ok", Object: subject(user), Actor: actor})
}
