package session

import (
	"context"
	"crypto/hmac"
	"errors"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// What the operator does from the machine itself. Nobody sets or sees a
// password that way.

// The code for the first owner: eight characters, none of which look alike.
const (
	setupChars = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
	setupSize  = 8
	setupTries = 10
)

// NewSetupCode makes the code with which the first owner opens an account. It
// is good for half an hour and replaces the one before.
func (s *Service) NewSetupCode(ctx context.Context) (keyring.Secret, error) {
	code := letters(setupChars, setupSize)
	err := s.Store.Control(ctx, func(tx Tx) error {
		has, err := tx.HasUsers(ctx)
		if err != nil {
			return err
		}
		if has {
			return fault.Coded(fault.Conflict, "set_up", nil, "There is an owner already: people are invited by those who are in.")
		}
		return tx.SaveSetup(ctx, Setup{Hash: keyed(s.Keys, "setup", []byte(code)), Until: tx.Now().Add(setupTime)})
	})
	return keyring.NewSecret([]byte(code[:setupSize/2] + "-" + code[setupSize/2:])), err
}

// SetUp makes the first owner's account with the setup code; then makes the
// firm in the same transaction.
func (s *Service) SetUp(ctx context.Context, code keyring.Secret, p NewPerson, then func(context.Context, Tx, tenant.UserID) error, from Peer) (Opened, error) {
	if err := s.trySetup(ctx, code); err != nil {
		return Opened{}, err
	}
	return s.Enlist(ctx, p, func(ctx context.Context, tx Tx, user tenant.UserID) error {
		if err := s.useSetup(ctx, tx); err != nil {
			return err
		}
		if then == nil {
			return nil
		}
		return then(ctx, tx, user)
	}, from)
}

// trySetup checks the code and counts wrong ones.
func (s *Service) trySetup(ctx context.Context, code keyring.Secret) error {
	refused := field(fault.Invalid, "code", "setup_code", "The setup code is wrong or no longer good. A new one: ledgersys admin setup-code.")
	err := s.Store.Control(ctx, func(tx Tx) error {
		set, err := tx.Setup(ctx)
		if errors.Is(err, ErrNone) || err == nil && (!tx.Now().Before(set.Until) || set.Tries >= setupTries) {
			return nil
		}
		if err != nil {
			return err
		}
		h := keyed(s.Keys, "setup", upper(trimmed(code)))
		if hmac.Equal(h[:], set.Hash[:]) {
			refused = nil
			return nil
		}
		set.Tries++
		return tx.SaveSetup(ctx, set)
	})
	if err != nil {
		return err
	}
	return refused
}

// useSetup spends the code: of two who use it at the same time one is first.
func (s *Service) useSetup(ctx context.Context, tx Tx) error {
	set, err := tx.Setup(ctx)
	if err != nil {
		return err
	}
	if !tx.Now().Before(set.Until) {
		return fault.Coded(fault.Conflict, "set_up", nil, "Somebody else was first: there is an owner already.")
	}
	return tx.SaveSetup(ctx, Setup{Until: tx.Now()})
}

func upper(b []byte) []byte {
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return b[:min(len(b), 64)]
}

// First makes the first owner's account from the machine, without a code.
func (s *Service) First(ctx context.Context, p NewPerson, then func(context.Context, Tx, tenant.UserID) error) error {
	u, err := s.prepare(ctx, p)
	if err != nil {
		return err
	}
	return s.Store.Control(ctx, func(tx Tx) error {
		has, err := tx.HasUsers(ctx)
		if err != nil {
			return err
		}
		if has {
			return fault.Coded(fault.Conflict, "set_up", nil, "There is an owner already.")
		}
		_, err = s.enlist(ctx, tx, u, then, Peer{})
		return err
	})
}

// command is the actor of what the operator does.
func command(name string) tenant.Actor { return tenant.Actor{Via: tenant.ViaCommand, Name: name} }

// named runs fn on the account of an address.
func (s *Service) named(ctx context.Context, email string, fn func(Tx, User) error) error {
	email, err := Normal(email)
	if err != nil {
		return err
	}
	return s.Store.Control(ctx, func(tx Tx) error {
		u, err := tx.UserByEmail(ctx, email)
		if errors.Is(err, ErrNone) {
			return fault.New(fault.NotFound, err, "There is no account with this address.")
		}
		if err != nil {
			return err
		}
		return fn(tx, u)
	})
}

// ResetLink returns the path of a link that sets a new password, for an
// installation that sends no mail.
func (s *Service) ResetLink(ctx context.Context, email string) (path keyring.Secret, err error) {
	err = s.named(ctx, email, func(tx Tx, u User) error {
		path = keyring.NewSecret([]byte(ResetPath + s.resetLink(tx, u)))
		return s.record(ctx, tx, "reset_link.print", u.ID, command("admin reset-link"))
	})
	return path, err
}

// TokenFor makes an API token for somebody.
func (s *Service) TokenFor(ctx context.Context, email string, order TokenOrder) (token keyring.Secret, err error) {
	if order, err = fitting(order); err != nil {
		return token, err
	}
	err = s.named(ctx, email, func(tx Tx, u User) error {
		token, err = s.makeToken(ctx, tx, u, order, command("admin token"))
		return err
	})
	return token, err
}

// Unlock lets somebody try again who typed too many wrong passwords or codes.
func (s *Service) Unlock(ctx context.Context, email string) error {
	return s.named(ctx, email, func(tx Tx, u User) error {
		if err := errors.Join(unlock(ctx, tx, s.byAddress(u.Email)), unlock(ctx, tx, s.bySecond(u.ID))); err != nil {
			return err
		}
		return s.record(ctx, tx, "user.unlock", u.ID, command("admin unlock"))
	})
}

// SignOutAll ends every session of somebody.
func (s *Service) SignOutAll(ctx context.Context, email string) error {
	return s.named(ctx, email, func(tx Tx, u User) error {
		return s.revokeAll(ctx, tx, u, "operator", command("admin sign-out"))
	})
}

// Disable closes an account, or opens it again. Its sessions and tokens are
// dead from the next request on.
func (s *Service) Disable(ctx context.Context, email string, disabled bool) error {
	return s.named(ctx, email, func(tx Tx, u User) error {
		action := "user.enable"
		u.Disabled = time.Time{}
		if disabled {
			action, u.Disabled = "user.disable", tx.Now()
		}
		if err := tx.SaveUser(ctx, u); err != nil {
			return err
		}
		if err := s.revokeAll(ctx, tx, u, "operator", command("admin user")); err != nil {
			return err
		}
		return s.record(ctx, tx, action, u.ID, command("admin user"))
	})
}

// ResetFactors takes the second factors of somebody away who lost them all.
func (s *Service) ResetFactors(ctx context.Context, email string) error {
	return s.named(ctx, email, func(tx Tx, u User) error {
		keys, err := tx.Keys(ctx, u.ID)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if err := tx.DropKey(ctx, u.ID, k.ID); err != nil {
				return err
			}
		}
		u.TOTP = TOTP{}
		if err := errors.Join(tx.SaveUser(ctx, u), tx.SetCodes(ctx, u.ID, nil)); err != nil {
			return err
		}
		if err := s.revokeAll(ctx, tx, u, "operator", command("admin reset-factors")); err != nil {
			return err
		}
		return s.record(ctx, tx, "factors.reset", u.ID, command("admin reset-factors"))
	})
}

// MakeOperator makes an account that runs this instance and has no way to
// customers' data.
func (s *Service) MakeOperator(ctx context.Context, p NewPerson) error {
	u, err := s.prepare(ctx, p)
	if err != nil {
		return err
	}
	u.Operator = true
	return s.Store.Control(ctx, func(tx Tx) error {
		_, err := s.enlist(ctx, tx, u, nil, Peer{})
		if err != nil {
			return err
		}
		return tx.Audit(ctx, audit.Entry{Action: "operator.create", Object: subject(u.ID), Actor: command("admin operator")})
	})
}

// Address implements notify.People.
func (s *Service) Address(ctx context.Context, user tenant.UserID) (address, locale string, err error) {
	err = s.Store.Read(ctx, func(tx Tx) error {
		u, err := tx.User(ctx, user)
		if errors.Is(err, ErrNone) || err == nil && !u.Disabled.IsZero() {
			return fault.New(fault.NotFound, err, "There is no such person any more.")
		}
		address, locale = u.Email, u.Locale
		return err
	})
	return address, locale, err
}

// Cost returns how hard bcrypt made a kept password.
func Cost(kept []byte) (int, error) { return bcrypt.Cost(kept) }
