package session

import (
	"context"
	"crypto/hmac"
	"errors"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// mailCodeTries is how often a code by mail may be tried.
const mailCodeTries = 5

// factors lists what a person can finish a sign-in with; none means that a
// password is enough. Codes by mail are the weakest: they are offered where
// nobody forbids them, as a way out for who lost a device, and alone where
// something is demanded and nothing better was set up.
func (s *Service) factors(ctx context.Context, tx Tx, u User) ([]Factor, error) {
	keys, err := tx.Keys(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	left, err := tx.CodesLeft(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	demand, err := s.demand(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	var list []Factor
	if u.TOTP.Seed != nil {
		list = append(list, ByTOTP)
	}
	if len(keys) > 0 {
		list = append(list, ByPasskey)
	}
	strong := len(list) > 0
	if strong && left > 0 {
		list = append(list, ByRecovery)
	}
	if (strong || demand.Second || u.MailCodes) && s.Post.On() && !demand.NoMail && !u.Operator {
		list = append(list, ByMail)
	}
	return list, nil
}

// Factors are what may finish a sign-in that waits, the best first.
func (s *Service) Factors(ctx context.Context, pending keyring.Secret) (list []Factor, err error) {
	err = s.Store.Read(ctx, func(tx Tx) error {
		_, u, err := s.waiting(ctx, tx, pending)
		if err != nil {
			return err
		}
		list, err = s.factors(ctx, tx, u)
		return err
	})
	return list, err
}

// waiting finds a sign-in that waits.
func (s *Service) waiting(ctx context.Context, tx Tx, pending keyring.Secret) (Attempt, User, error) {
	h, ok := s.pending.hash(pending)
	if !ok {
		return Attempt{}, User{}, errAttempt()
	}
	a, err := tx.AttemptByHash(ctx, h)
	if errors.Is(err, ErrNone) || err == nil && (a.Ended || !tx.Now().Before(a.Until)) {
		return Attempt{}, User{}, errAttempt()
	}
	if err != nil {
		return Attempt{}, User{}, err
	}
	u, err := tx.User(ctx, a.User)
	if errors.Is(err, ErrNone) || err == nil && !u.Disabled.IsZero() {
		return Attempt{}, User{}, errAttempt()
	}
	return a, u, err
}

// SendCode mails a code of eight digits for a sign-in that waits. It is good
// once, for ten minutes and for this sign-in only.
func (s *Service) SendCode(ctx context.Context, pending keyring.Secret, from Peer) error {
	return s.Store.Control(ctx, func(tx Tx) error {
		a, u, err := s.waiting(ctx, tx, pending)
		if err != nil {
			return err
		}
		list, err := s.factors(ctx, tx, u)
		if err != nil {
			return err
		}
		if !slices.Contains(list, ByMail) {
			return fault.Coded(fault.Denied, "no_mail_codes", nil, "Codes by mail are not allowed for this account.")
		}
		ok, err := mayMail(ctx, tx, s.lockKey("mail code", u.ID[:]), time.Hour)
		if err != nil {
			return err
		}
		if !ok {
			f := fault.Coded(fault.TooMany, "too_many_codes", nil, "At most three codes an hour. Use the last one, or wait.")
			f.RetryAfter = time.Hour
			return f
		}
		code := letters("0123456789", 8)
		h := s.mailCode(a, code)
		a.Data.Code, a.Data.CodeUntil, a.Data.CodeTries = h[:], tx.Now().Add(mailCodeTime), 0
		if err := tx.SaveAttempt(ctx, a); err != nil {
			return err
		}
		if err := tx.Event(ctx, audit.Event{Kind: "mail_code", Outcome: "sent", Object: subject(u.ID), Actor: stranger(from)}); err != nil {
			return err
		}
		return s.mail(ctx, tx, u, notify.Mail{Kind: notify.SignInCode, Words: map[string]string{"code": code, "minutes": "10"}})
	})
}

func (s *Service) mailCode(a Attempt, code string) Hash {
	return keyed(s.Keys, "mail", a.ID[:], []byte(code))
}

// Second finishes a sign-in by a code: of the authenticator app, a recovery
// code, or one that was mailed.
func (s *Service) Second(ctx context.Context, pending keyring.Secret, by Factor, code keyring.Secret, from Peer) (Opened, error) {
	var out Opened
	var refused error
	err := s.Store.Control(ctx, func(tx Tx) error {
		a, u, err := s.waiting(ctx, tx, pending)
		if err != nil {
			return err
		}
		if err := refuseLocked(ctx, tx, s.bySecond(u.ID)); err != nil {
			return err
		}
		list, err := s.factors(ctx, tx, u)
		if err != nil {
			return err
		}
		in := secondStep{attempt: a, user: u, by: by, from: from}
		if slices.Contains(list, by) {
			if err := s.weigh(ctx, tx, &in, code); err != nil {
				return err
			}
		}
		out, refused, err = s.second(ctx, tx, in)
		return err
	})
	if err != nil {
		return Opened{}, err
	}
	return out, refused
}

// verdict is what a code turned out to be.
type verdict uint8

const (
	wrongCode verdict = iota
	rightCode
	replayed // right, and used before: somebody watches
)

// weigh judges a code and uses it up.
func (s *Service) weigh(ctx context.Context, tx Tx, in *secondStep, code keyring.Secret) (err error) {
	switch in.by {
	case ByTOTP:
		if in.verdict = s.totp(&in.user, code, tx.Now()); in.verdict == rightCode {
			err = tx.SaveUser(ctx, in.user)
		}
	case ByRecovery:
		in.verdict, err = s.useRecovery(ctx, tx, in.user.ID, code)
	case ByMail:
		data := &in.attempt.Data
		if data.Code == nil || !tx.Now().Before(data.CodeUntil) || data.CodeTries >= mailCodeTries {
			return nil
		}
		data.CodeTries++
		h := s.mailCode(in.attempt, string(trimmed(code)))
		if hmac.Equal(h[:], data.Code) {
			in.verdict, data.Code = rightCode, nil
		}
		err = tx.SaveAttempt(ctx, in.attempt)
	case ByPasskey: // it is no code
	}
	return err
}

// useRecovery uses up a recovery code.
func (s *Service) useRecovery(ctx context.Context, tx Tx, user tenant.UserID, code keyring.Secret) (verdict, error) {
	ok, err := tx.UseCode(ctx, user, s.recoveryCode(user, code))
	if err != nil || !ok {
		return wrongCode, err
	}
	return rightCode, nil
}

// secondStep is a second factor that was given.
type secondStep struct {
	attempt Attempt
	user    User
	by      Factor
	verdict verdict
	from    Peer
}

// second keeps what came of it.
func (s *Service) second(ctx context.Context, tx Tx, in secondStep) (out Opened, refused, err error) {
	u := in.user
	event := audit.Event{Kind: "second_factor", Outcome: "failed", Object: subject(u.ID), Detail: string(in.by), Actor: stranger(in.from)}
	switch in.verdict {
	case replayed:
		event.Outcome = "replayed"
		if err := tx.Event(ctx, event); err != nil {
			return out, nil, err
		}
		return out, errCode(), s.suspect(ctx, tx, u, "a code was used twice", in.from)
	case wrongCode:
		if err := s.failed(ctx, tx, s.bySecond(u.ID), u, in.from); err != nil {
			return out, nil, err
		}
		return out, errCode(), tx.Event(ctx, event)
	case rightCode:
	}
	event.Outcome = "ok"
	if err := tx.Event(ctx, event); err != nil {
		return out, nil, err
	}
	in.attempt.Ended = true
	if err := tx.SaveAttempt(ctx, in.attempt); err != nil {
		return out, nil, err
	}
	if err := unlock(ctx, tx, s.bySecond(u.ID)); err != nil {
		return out, nil, err
	}
	out, err = s.enter(ctx, tx, entry{
		user: u, from: in.from, how: "password and " + factorWords(in.by), device: Device{ID: in.attempt.Data.Device},
	})
	return out, nil, err
}

// factorWords names a factor in sentences.
func factorWords(by Factor) string {
	switch by {
	case ByTOTP:
		return "authenticator app"
	case ByPasskey:
		return "passkey"
	case ByRecovery:
		return "recovery code"
	case ByMail:
		return "code by mail"
	}
	return string(by)
}

// trimmed takes away what people put into codes.
func trimmed(code keyring.Secret) []byte {
	var out []byte
	for _, b := range code.Reveal() {
		if b != ' ' && b != '-' && b != '\t' {
			out = append(out, b)
		}
	}
	return out
}
