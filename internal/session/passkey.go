package session

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// challengeTime is how long a browser may take to sign.
const challengeTime = 5 * time.Minute

// mostKeys is how many passkeys a person may have.
const mostKeys = 20

// passkeys verifies passkeys for one host.
type passkeys struct{ rp *webauthn.WebAuthn }

func newPasskeys(base *url.URL) (*passkeys, error) {
	if base == nil || base.Hostname() == "" {
		return nil, errors.New("session: passkeys need the address that people type")
	}
	rp, err := webauthn.New(&webauthn.Config{
		RPID: base.Hostname(), RPDisplayName: "Ledgersys", RPOrigins: []string{base.Scheme + "://" + base.Host},
		AttestationPreference: protocol.PreferNoAttestation,
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys: %w", err)
	}
	return &passkeys{rp}, nil
}

// holder is a person as the library wants to see one.
type holder struct {
	user User
	keys []Key
}

// WebAuthnID implements webauthn.User.
func (h holder) WebAuthnID() []byte { return h.user.ID[:] }

// WebAuthnName implements webauthn.User.
func (h holder) WebAuthnName() string { return h.user.Email }

// WebAuthnDisplayName implements webauthn.User.
func (h holder) WebAuthnDisplayName() string {
	if h.user.Name != "" {
		return h.user.Name
	}
	return h.user.Email
}

// WebAuthnCredentials implements webauthn.User. What cannot be read is no key.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	list := make([]webauthn.Credential, 0, len(h.keys))
	for _, k := range h.keys {
		var c webauthn.Credential
		if json.Unmarshal(k.Data, &c) == nil {
			list = append(list, c)
		}
	}
	return list
}

// question is what a browser was asked to sign, and for what. It travels with
// the browser, signed, and is answered once.
type question struct {
	Data  webauthn.SessionData `json:"data"`
	Bound tenant.ID            `json:"bound"` // the sign-in or session that it belongs to, zero for none
}

func (s *Service) ask(purpose string, options any, data *webauthn.SessionData, bound tenant.ID) (Challenge, error) {
	o, err := json.Marshal(options)
	if err != nil {
		return Challenge{}, fmt.Errorf("passkey options: %w", err)
	}
	q, err := json.Marshal(question{*data, bound})
	if err != nil {
		return Challenge{}, fmt.Errorf("passkey state: %w", err)
	}
	return Challenge{Options: o, State: s.Keys.SignLink("passkey "+purpose, s.Clock().Add(challengeTime), q)}, nil
}

// answered returns the question of a state, and uses it up.
func (s *Service) answered(ctx context.Context, tx Tx, purpose, state string, bound tenant.ID) (webauthn.SessionData, error) {
	payload, err := s.Keys.OpenLink("passkey "+purpose, state, tx.Now())
	var q question
	if err != nil || json.Unmarshal(payload, &q) != nil || q.Bound != bound {
		return q.Data, errPasskey(err)
	}
	fresh, err := tx.Spend(ctx, sha256.Sum256([]byte(q.Data.Challenge)), tx.Now().Add(challengeTime))
	if err == nil && !fresh {
		err = errPasskey(nil)
	}
	return q.Data, err
}

func errPasskey(err error) error {
	return fault.Coded(fault.Unauthenticated, "passkey", err, "The passkey was not accepted. Please try again.")
}

// AskPasskey asks a browser to sign: with any passkey of its own that verifies
// its user, which is then all that is needed, or, for a sign-in that waits,
// with one of that person.
func (s *Service) AskPasskey(ctx context.Context, pending keyring.Secret) (Challenge, error) {
	if pending.Empty() {
		options, data, err := s.keys.rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
		if err != nil {
			return Challenge{}, fmt.Errorf("ask for a passkey: %w", err)
		}
		return s.ask("sign-in", options, data, tenant.ID{})
	}
	var h holder
	var a Attempt
	err := s.Store.Read(ctx, func(tx Tx) (err error) {
		if a, h.user, err = s.waiting(ctx, tx, pending); err != nil {
			return err
		}
		h.keys, err = tx.Keys(ctx, h.user.ID)
		return err
	})
	if err != nil {
		return Challenge{}, err
	}
	return s.askOf(h, "sign-in", a.ID)
}

// askOf asks for a passkey of one person.
func (s *Service) askOf(h holder, purpose string, bound tenant.ID) (Challenge, error) {
	options, data, err := s.keys.rp.BeginLogin(h)
	if err != nil {
		return Challenge{}, fault.Coded(fault.Conflict, "no_passkey", err, "There is no passkey on this account.")
	}
	return s.ask(purpose, options, data, bound)
}

// Passkey signs in with what a browser signed: as the only proof if pending is
// empty, else as the second factor.
func (s *Service) Passkey(ctx context.Context, pending keyring.Secret, state string, credential []byte, from Peer) (Opened, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return Opened{}, errPasskey(err)
	}
	var out Opened
	var refused error
	err = s.Store.Control(ctx, func(tx Tx) error {
		in := secondStep{by: ByPasskey, verdict: rightCode, from: from}
		if !pending.Empty() {
			if in.attempt, in.user, err = s.waiting(ctx, tx, pending); err != nil {
				return err
			}
		}
		data, err := s.answered(ctx, tx, "sign-in", state, in.attempt.ID)
		if err != nil {
			return err
		}
		u, err := s.verified(ctx, tx, in.user, data, parsed)
		if errors.Is(err, errCloned) {
			refused = errPasskey(err)
			return s.suspect(ctx, tx, u, "a passkey answered as a copy of it would", from)
		}
		if err != nil {
			return err
		}
		if pending.Empty() {
			out, err = s.enter(ctx, tx, entry{user: u, how: "passkey", from: from})
			return err
		}
		out, refused, err = s.second(ctx, tx, in)
		return err
	})
	if err == nil {
		err = refused
	}
	return out, err
}

// errCloned is the error of a passkey whose counter went back: there are two.
var errCloned = errors.New("session: the counter of a passkey went back")

// verified checks what was signed and keeps the passkey's new state. who is
// the zero User where any person with a passkey is welcome.
func (s *Service) verified(ctx context.Context, tx Tx, who User, data webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (User, error) {
	k, err := tx.KeyByCredential(ctx, parsed.RawID)
	if errors.Is(err, ErrNone) || err == nil && !who.ID.IsZero() && k.User != who.ID {
		return who, errPasskey(err)
	}
	if err != nil {
		return who, err
	}
	u, err := tx.User(ctx, k.User)
	if err != nil {
		return who, err
	}
	if !u.Disabled.IsZero() || u.Confirmed.IsZero() {
		return who, errPasskey(nil)
	}
	h := holder{u, []Key{k}}
	var c *webauthn.Credential
	if who.ID.IsZero() {
		_, c, err = s.keys.rp.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
			if string(handle) != string(u.ID[:]) {
				return nil, ErrNone
			}
			return h, nil
		}, data, parsed)
	} else {
		c, err = s.keys.rp.ValidateLogin(h, data, parsed)
	}
	if err != nil {
		return u, errPasskey(err)
	}
	if c.Authenticator.CloneWarning {
		return u, errCloned
	}
	if k.Data, err = json.Marshal(c); err != nil {
		return u, fmt.Errorf("keep passkey: %w", err)
	}
	k.Used = tx.Now()
	return u, tx.SaveKey(ctx, k)
}

// AskSudoPasskey asks for a passkey of somebody who is signed in.
func (s *Service) AskSudoPasskey(ctx context.Context, id tenant.Identity) (Challenge, error) {
	h, l, err := s.holder(ctx, id)
	if err != nil {
		return Challenge{}, err
	}
	return s.askOf(h, "confirm", l.ID)
}

func (s *Service) holder(ctx context.Context, id tenant.Identity) (h holder, l Live, err error) {
	err = s.Store.Read(ctx, func(tx Tx) error {
		if h.user, l, err = s.own(ctx, tx, id); err != nil {
			return err
		}
		h.keys, err = tx.Keys(ctx, h.user.ID)
		return err
	})
	return h, l, err
}

// SudoPasskey proves again who it is, by a passkey.
func (s *Service) SudoPasskey(ctx context.Context, id tenant.Identity, state string, credential []byte, from Peer) (Opened, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return Opened{}, errPasskey(err)
	}
	var out Opened
	var refused error
	err = s.Store.Control(ctx, func(tx Tx) error {
		u, l, err := s.own(ctx, tx, id)
		if err != nil {
			return err
		}
		data, err := s.answered(ctx, tx, "confirm", state, l.ID)
		if err != nil {
			return err
		}
		_, err = s.verified(ctx, tx, u, data, parsed)
		if errors.Is(err, errCloned) {
			refused = errPasskey(err)
			return s.suspect(ctx, tx, u, "a passkey answered as a copy of it would", from)
		}
		if err != nil {
			return err
		}
		out, err = s.confirmed(ctx, tx, u, l, from)
		return err
	})
	if err == nil {
		err = refused
	}
	return out, err
}

// AskNewPasskey asks a browser to make a passkey, kept by it so that no
// address must be typed to use it.
func (s *Service) AskNewPasskey(ctx context.Context, id tenant.Identity) (Challenge, error) {
	h, l, err := s.holder(ctx, id)
	if err != nil {
		return Challenge{}, err
	}
	if !s.Clock().Before(l.Print.Sudo) {
		return Challenge{}, errSudo()
	}
	if len(h.keys) >= mostKeys {
		return Challenge{}, fault.Coded(fault.Conflict, "too_many_passkeys", nil, "Remove a passkey first: there are %d.", len(h.keys))
	}
	var have []protocol.CredentialDescriptor
	for _, c := range h.WebAuthnCredentials() {
		have = append(have, c.Descriptor())
	}
	options, data, err := s.keys.rp.BeginRegistration(h, webauthn.WithExclusions(have),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationPreferred,
		}))
	if err != nil {
		return Challenge{}, fmt.Errorf("ask for a new passkey: %w", err)
	}
	return s.ask("new", options, data, l.ID)
}

// AddPasskey keeps a passkey that a browser made.
func (s *Service) AddPasskey(ctx context.Context, id tenant.Identity, made NewPasskey, from Peer) (Opened, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(made.Credential)
	if err != nil {
		return Opened{}, errPasskey(err)
	}
	name, err := keyName(made.Name)
	if err != nil {
		return Opened{}, err
	}
	var out Opened
	err = s.Store.Control(ctx, func(tx Tx) error {
		u, l, err := s.own(ctx, tx, id)
		if err != nil {
			return err
		}
		data, err := s.answered(ctx, tx, "new", made.State, l.ID)
		if err != nil {
			return err
		}
		c, err := s.keys.rp.CreateCredential(holder{user: u}, data, parsed)
		if err != nil {
			return errPasskey(err)
		}
		if _, err := tx.KeyByCredential(ctx, c.ID); !errors.Is(err, ErrNone) {
			return errors.Join(err, errPasskey(nil))
		}
		k := Key{ID: tenant.NewID(), User: u.ID, Credential: c.ID, Name: name, Made: tx.Now()}
		if k.Data, err = json.Marshal(c); err != nil {
			return fmt.Errorf("keep passkey: %w", err)
		}
		if err := tx.AddKey(ctx, k); err != nil {
			return err
		}
		out, err = s.factorChanged(ctx, tx, factorChange{u, l, "passkey.add", "A passkey was added", from})
		return err
	})
	return out, err
}

func keyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		name = "Passkey"
	}
	if len(name) > 100 || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", field(fault.Invalid, "name", "name_invalid", "At most 100 characters, all of them printable.")
	}
	return name, nil
}

// RemovePasskey takes a passkey away.
func (s *Service) RemovePasskey(ctx context.Context, id tenant.Identity, passkey tenant.ID, from Peer) (Opened, error) {
	var out Opened
	err := s.Store.Control(ctx, func(tx Tx) error {
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
		if !slices.ContainsFunc(keys, func(k Key) bool { return k.ID == passkey }) {
			return fault.New(fault.NotFound, nil, "There is no such passkey.")
		}
		if err := s.keepsFactor(ctx, tx, u, ByPasskey); err != nil {
			return err
		}
		if err := tx.DropKey(ctx, u.ID, passkey); err != nil {
			return err
		}
		out, err = s.factorChanged(ctx, tx, factorChange{u, l, "passkey.remove", "A passkey was removed", from})
		return err
	})
	return out, err
}

// synced reports whether a passkey is kept by more than one device.
func synced(k Key) bool {
	var c webauthn.Credential
	return json.Unmarshal(k.Data, &c) == nil && c.Flags.BackupState
}
