package session

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base32"
	"net/url"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// What every authenticator app understands.
const (
	totpPeriod = 30
	totpSeed   = 20 // bytes: 160 bits
	totpSkew   = 1  // steps before and after that are accepted
)

// codeAt returns the code of a step.
func codeAt(seed []byte, step int64) (string, error) {
	return totp.GenerateCodeCustom(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seed), time.Unix(step*totpPeriod, 0),
		totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
}

// matches returns the step whose code it is, near a time.
func matches(seed []byte, code keyring.Secret, now time.Time) (step int64, ok bool) {
	typed := trimmed(code)
	middle := now.Unix() / totpPeriod
	for s := middle - totpSkew; s <= middle+totpSkew; s++ {
		if want, err := codeAt(seed, s); err == nil && hmac.Equal(typed, []byte(want)) {
			step, ok = s, true
		}
	}
	return step, ok
}

// totp judges a code of a person's app; the step is used up with it.
func (s *Service) totp(u *User, code keyring.Secret, now time.Time) verdict {
	if u.TOTP.Seed == nil {
		return wrongCode
	}
	step, ok := matches(u.TOTP.Seed, code, now)
	switch {
	case !ok:
		return wrongCode
	case step == u.TOTP.Step:
		return replayed
	case step < u.TOTP.Step:
		return wrongCode // from before the last one, which came in time
	}
	u.TOTP.Step = step
	return rightCode
}

// BeginTOTP makes a secret for an authenticator app. It is shown once, and
// counts when ConfirmTOTP has seen a code of it.
func (s *Service) BeginTOTP(ctx context.Context, id tenant.Identity) (secret, uri keyring.Secret, err error) {
	seed := make([]byte, totpSeed)
	_, _ = rand.Read(seed) // it never fails: crypto/rand ends the program instead
	var u User
	err = s.Store.Control(ctx, func(tx Tx) error {
		var l Live
		if u, l, err = s.own(ctx, tx, id); err != nil {
			return err
		}
		if !s.sudo(tx, l) {
			return errSudo()
		}
		u.TOTP.Next = seed
		return tx.SaveUser(ctx, u)
	})
	if err != nil {
		return secret, uri, err
	}
	text := base32.StdEncoding.WithPadding(base32.NoPadding).AppendEncode(nil, seed)
	q := url.Values{"issuer": {"Ledgersys"}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	label := url.PathEscape("Ledgersys:" + u.Email)
	uri = keyring.NewSecret([]byte("otpauth://totp/" + label + "?secret=" + string(text) + "&" + q.Encode()))
	return keyring.NewSecret(text), uri, nil
}

// ConfirmTOTP turns an authenticator app on. It gives ten recovery codes,
// shown once, ends all other sessions and renews this one.
func (s *Service) ConfirmTOTP(ctx context.Context, id tenant.Identity, code keyring.Secret, from Peer) ([]keyring.Secret, Opened, error) {
	var codes []keyring.Secret
	var out Opened
	var refused error
	err := s.Store.Control(ctx, func(tx Tx) error {
		u, l, err := s.own(ctx, tx, id)
		if err != nil {
			return err
		}
		if u.TOTP.Next == nil {
			return fault.Coded(fault.Conflict, "totp_not_begun", nil, "Begin again: there is no key to confirm.")
		}
		if err := refuseLocked(ctx, tx, s.bySecond(u.ID)); err != nil {
			return err
		}
		step, ok := matches(u.TOTP.Next, code, tx.Now())
		if !ok {
			refused = errCode()
			return s.failed(ctx, tx, s.bySecond(u.ID), u, from)
		}
		u.TOTP = TOTP{Seed: u.TOTP.Next, Since: tx.Now(), Step: step}
		if err := tx.SaveUser(ctx, u); err != nil {
			return err
		}
		if codes, err = s.newCodes(ctx, tx, u.ID); err != nil {
			return err
		}
		out, err = s.factorChanged(ctx, tx, factorChange{u, l, "totp.on", "An authenticator app was added", from})
		return err
	})
	if err == nil {
		err = refused
	}
	return codes, out, err
}

// EndTOTP turns an authenticator app off for somebody who knows the password
// and has a code, or a recovery code.
func (s *Service) EndTOTP(ctx context.Context, id tenant.Identity, password, code keyring.Secret, from Peer) (Opened, error) {
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
		if u.TOTP.Seed == nil {
			return fault.Coded(fault.Conflict, "totp_off", nil, "There is no authenticator app on this account.")
		}
		if err := s.keepsFactor(ctx, tx, u, ByTOTP); err != nil {
			return err
		}
		if err := refuseLocked(ctx, tx, s.bySecond(u.ID)); err != nil {
			return err
		}
		v := s.totp(&u, code, tx.Now())
		if v == wrongCode {
			if v, err = s.useRecovery(ctx, tx, u.ID, code); err != nil {
				return err
			}
		}
		if v != rightCode {
			refused = errCode()
			return s.failed(ctx, tx, s.bySecond(u.ID), u, from)
		}
		u.TOTP = TOTP{}
		if err := tx.SaveUser(ctx, u); err != nil {
			return err
		}
		out, err = s.factorChanged(ctx, tx, factorChange{u, l, "totp.off", "The authenticator app was removed", from})
		return err
	})
	if err == nil {
		err = refused
	}
	return out, err
}

// keepsFactor refuses to take away the last strong factor where one is
// demanded, and drops the recovery codes with the last one otherwise.
func (s *Service) keepsFactor(ctx context.Context, tx Tx, u User, without Factor) error {
	keys, err := tx.Keys(ctx, u.ID)
	if err != nil {
		return err
	}
	left := len(keys)
	if u.TOTP.Seed != nil {
		left++
	}
	if left > 1 {
		return nil
	}
	demand, err := s.demand(ctx, u.ID)
	if err != nil {
		return err
	}
	if demand.Second {
		return fault.Coded(fault.Conflict, "factor_demanded", nil, "Your firm demands a second factor: add another one before you remove the last, your %s.", factorWords(without))
	}
	return tx.SetCodes(ctx, u.ID, nil)
}

// factorChange is a second factor that was added or taken away.
type factorChange struct {
	user   User
	live   Live
	action string
	words  string
	from   Peer
}

// factorChanged ends the other sessions, renews this one and tells the person.
func (s *Service) factorChanged(ctx context.Context, tx Tx, c factorChange) (out Opened, err error) {
	if _, err := tx.EndLives(ctx, c.user.ID, c.live.ID, "factor"); err != nil {
		return out, err
	}
	if err := s.record(ctx, tx, c.action, c.user.ID, person(c.user.ID, c.from)); err != nil {
		return out, err
	}
	words := map[string]string{"change": c.words, "time": clockTime(tx.Now())}
	if err := s.mail(ctx, tx, c.user, notify.Mail{Kind: notify.FactorChanged, Words: words, Path: "/account/security"}); err != nil {
		return out, err
	}
	out.Cookie, err = s.renew(ctx, tx, c.live)
	return out, err
}

// Recovery codes: ten, of 50 random bits each, which is plenty where five
// wrong ones lock.
const (
	recoveryCodes = 10
	recoveryChars = "abcdefghjkmnpqrstuvwxyz23456789" // none that look alike
	recoverySize  = 10
)

// newCodes replaces a person's recovery codes.
func (s *Service) newCodes(ctx context.Context, tx Tx, user tenant.UserID) ([]keyring.Secret, error) {
	codes, hashes := make([]keyring.Secret, recoveryCodes), make([]Hash, recoveryCodes)
	for i := range codes {
		text := []byte(letters(recoveryChars, recoverySize))
		hashes[i] = s.recoveryCode(user, keyring.NewSecret(bytes.Clone(text)))
		codes[i] = keyring.NewSecret(append(append(text[:5:5], '-'), text[5:]...))
	}
	return codes, tx.SetCodes(ctx, user, hashes)
}

// letters draws so many letters of an alphabet, each as likely as any other.
func letters(alphabet string, n int) string {
	out := make([]byte, 0, n)
	limit := 256 / len(alphabet) * len(alphabet)
	var b [1]byte
	for len(out) < n {
		_, _ = rand.Read(b[:]) // it never fails: crypto/rand ends the program instead
		if int(b[0]) < limit {
			out = append(out, alphabet[int(b[0])%len(alphabet)])
		}
	}
	return string(out)
}

// recoveryCode is what is kept of a code.
func (s *Service) recoveryCode(user tenant.UserID, code keyring.Secret) Hash {
	typed := bytes.ToLower(trimmed(code))
	return keyed(s.Keys, "recovery", user[:], typed[:min(len(typed), 64)])
}

// RecoveryCodes replaces the recovery codes by new ones, shown once.
func (s *Service) RecoveryCodes(ctx context.Context, id tenant.Identity, from Peer) (codes []keyring.Secret, err error) {
	err = s.Store.Control(ctx, func(tx Tx) error {
		u, l, err := s.own(ctx, tx, id)
		if err != nil {
			return err
		}
		if !s.sudo(tx, l) {
			return errSudo()
		}
		keys, err := tx.Keys(ctx, u.ID)
		if err != nil {
			return err
		}
		if u.TOTP.Seed == nil && len(keys) == 0 {
			return fault.Coded(fault.Conflict, "no_factor", nil, "Set up a passkey or an authenticator app first.")
		}
		if codes, err = s.newCodes(ctx, tx, u.ID); err != nil {
			return err
		}
		if err := s.record(ctx, tx, "recovery_codes.new", u.ID, person(u.ID, from)); err != nil {
			return err
		}
		words := map[string]string{"change": "New recovery codes were made", "time": clockTime(tx.Now())}
		return s.mail(ctx, tx, u, notify.Mail{Kind: notify.FactorChanged, Words: words, Path: "/account/security"})
	})
	return codes, err
}
