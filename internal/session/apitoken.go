package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash/crc32"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// An API token is lsys_pat_, 43 random letters and digits (256 bits) and six
// that are a checksum, so that scanners find leaked ones without false alarms:
// lsys_pat_[0-9A-Za-z]{49}.
const (
	gripMark   = "lsys_pat_"
	gripChars  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	gripRandom = 43
	gripCheck  = 6
	gripShown  = len(gripMark) + 4
)

// How long a token is good for.
const (
	DefaultTokenTime = 90 * 24 * time.Hour
	mostTokenTime    = 366 * 24 * time.Hour
	leastTokenTime   = time.Minute
	mostTokens       = 100 // of one person
)

// Scopes lists what a token can be allowed.
func Scopes() []string {
	return []string{"read", "write", "imports", "connections", "billing", "members", "audit", "admin"}
}

// newGrip makes a token.
func newGrip() (keyring.Secret, Hash) {
	random := letters(gripChars, gripRandom)
	text := []byte(gripMark + random + checkOf(random))
	return keyring.NewSecret(text), sha256.Sum256(text)
}

// checkOf is the checksum of a token's random part.
func checkOf(random string) string {
	sum := crc32.ChecksumIEEE([]byte(random))
	var out [gripCheck]byte
	for i := range out {
		out[gripCheck-1-i] = gripChars[sum%uint32(len(gripChars))]
		sum /= uint32(len(gripChars))
	}
	return string(out[:])
}

// gripHash returns what a token is found by, if it can be one.
func gripHash(token keyring.Secret) (Hash, bool) {
	text := token.Reveal()
	rest, ok := bytes.CutPrefix(text, []byte(gripMark))
	if !ok || len(rest) != gripRandom+gripCheck || checkOf(string(rest[:gripRandom])) != string(rest[gripRandom:]) {
		return Hash{}, false
	}
	return sha256.Sum256(text), true
}

// Token recognises an API token.
func (s *Service) Token(ctx context.Context, token keyring.Secret, from Peer) (id tenant.Identity, scopes []string, err error) {
	h, ok := gripHash(token)
	if !ok {
		return id, nil, errToken()
	}
	var g Grip
	var u User
	now := s.Clock()
	err = s.Store.Read(ctx, func(tx Tx) (err error) {
		if g, err = tx.TokenByHash(ctx, h); err != nil {
			return err
		}
		u, err = tx.User(ctx, g.User)
		return err
	})
	if errors.Is(err, ErrNone) || err == nil && (!g.Ended.IsZero() || !now.Before(g.Expires) || !u.Disabled.IsZero()) {
		return id, nil, errToken()
	}
	if err != nil {
		return id, nil, err
	}
	if now.Sub(g.Used) >= time.Minute || g.Data.Address != from.Address {
		g.Used, g.Data.Address = now, from.Address
		if err := s.Store.Control(ctx, func(tx Tx) error { return tx.SaveToken(ctx, g) }); err != nil {
			return id, nil, err
		}
	}
	return tenant.Authenticated(tenant.Actor{Via: tenant.ViaToken, User: u.ID, Session: g.ID, Address: from.Address}), g.Scopes, nil
}

func errToken() error {
	return fault.Coded(fault.Unauthenticated, "token", nil, "This token is not, or no longer, good.")
}

// MakeToken makes an API token, shown once.
func (s *Service) MakeToken(ctx context.Context, id tenant.Identity, order TokenOrder, from Peer) (token keyring.Secret, err error) {
	if order, err = fitting(order); err != nil {
		return token, err
	}
	due, err := s.factorDue(ctx, id)
	if err != nil {
		return token, err
	}
	err = s.Store.Control(ctx, func(tx Tx) error {
		u, l, err := s.own(ctx, tx, id)
		if err != nil {
			return err
		}
		if !s.sudo(tx, l) {
			return errSudo()
		}
		if due {
			return fault.Coded(fault.Denied, "second_factor_due", nil, "Set up a second factor first: you need one to work in your firm.")
		}
		token, err = s.makeToken(ctx, tx, u, order, person(u.ID, from))
		return err
	})
	return token, err
}

// factorDue reports whether a second factor is demanded of somebody who has
// none.
func (s *Service) factorDue(ctx context.Context, id tenant.Identity) (bool, error) {
	demand, err := s.demand(ctx, id.Actor().User)
	if err != nil || !demand.Second {
		return false, err
	}
	var keys []Key
	u, err := s.me(ctx, id)
	if err == nil && u.TOTP.Seed == nil {
		err = s.Store.Read(ctx, func(tx Tx) error {
			keys, err = tx.Keys(ctx, u.ID)
			return err
		})
	}
	return u.TOTP.Seed == nil && len(keys) == 0, err
}

func (s *Service) makeToken(ctx context.Context, tx Tx, u User, order TokenOrder, actor tenant.Actor) (keyring.Secret, error) {
	have, err := tx.Tokens(ctx, u.ID)
	if err != nil {
		return keyring.Secret{}, err
	}
	if len(have) >= mostTokens {
		return keyring.Secret{}, fault.Coded(fault.Conflict, "too_many_tokens", nil, "Revoke a token first: there are %d.", len(have))
	}
	token, h := newGrip()
	g := Grip{
		ID: tenant.NewID(), User: u.ID, Hash: h, Scopes: order.Scopes, Made: tx.Now(), Expires: tx.Now().Add(order.For),
		Data: GripData{Name: order.Name, Prefix: string(token.Reveal()[:gripShown])},
	}
	if err := tx.AddToken(ctx, g); err != nil {
		return keyring.Secret{}, err
	}
	if err := s.tokenEvent(ctx, tx, "token.create", g.ID, actor); err != nil {
		return keyring.Secret{}, err
	}
	words := map[string]string{"name": order.Name, "scopes": strings.Join(order.Scopes, ", "), "until": clockTime(g.Expires)}
	return token, s.mail(ctx, tx, u, notify.Mail{Kind: notify.TokenCreated, Words: words, Path: "/account/security"})
}

func (s *Service) tokenEvent(ctx context.Context, tx Tx, action string, token tenant.ID, actor tenant.Actor) error {
	object := "token/" + token.String()
	if err := tx.Audit(ctx, audit.Entry{Action: action, Object: object, Actor: actor}); err != nil {
		return err
	}
	return tx.Event(ctx, audit.Event{Kind: action, Outcome: "ok", Object: object, Actor: actor})
}

// fitting checks an order and fills in what it leaves out.
func fitting(o TokenOrder) (TokenOrder, error) {
	o.Name = strings.TrimSpace(o.Name)
	if o.For == 0 {
		o.For = DefaultTokenTime
	}
	unprintable := strings.ContainsFunc(o.Name, func(r rune) bool { return !unicode.IsPrint(r) })
	switch {
	case o.Name == "" || len(o.Name) > 100 || unprintable:
		return o, field(fault.Invalid, "name", "name_invalid", "Give it a name of at most 100 characters.")
	case o.For < leastTokenTime || o.For > mostTokenTime:
		return o, field(fault.Invalid, "expires", "expiry_invalid", "A token is good for a year at most.")
	case len(o.Scopes) == 0:
		return o, field(fault.Invalid, "scopes", "scopes_missing", "Choose what the token may do.")
	}
	var scopes []string
	for _, known := range Scopes() {
		if slices.Contains(o.Scopes, known) {
			scopes = append(scopes, known)
		}
	}
	if len(scopes) != len(o.Scopes) {
		return o, field(fault.Invalid, "scopes", "scopes_unknown", "The scopes are "+strings.Join(Scopes(), ", ")+", each once.")
	}
	o.Scopes = scopes
	return o, nil
}

// RevokeToken ends one of a person's own tokens.
func (s *Service) RevokeToken(ctx context.Context, id tenant.Identity, token tenant.ID, from Peer) error {
	return s.Store.Control(ctx, func(tx Tx) error {
		u, l, err := s.own(ctx, tx, id)
		if err != nil {
			return err
		}
		n, err := tx.EndToken(ctx, u.ID, token)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, nil, "There is no such token.")
		}
		actor := person(u.ID, from)
		actor.Session = l.ID
		return s.tokenEvent(ctx, tx, "token.revoke", token, actor)
	})
}
