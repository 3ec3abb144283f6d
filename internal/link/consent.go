package link

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/coinbase"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Consented is what an owner brings back from Coinbase, where they allowed
// reading instead of making a key.
type Consented struct {
	Code, Verifier  string
	Label, Schedule string
	Link            tenant.ID // whose consent or key it replaces; zero for a new link
}

// Consents reports whether owners can allow reading at Coinbase without a key.
func (s *Service) Consents() bool { return s.Coinbase.ClientID != "" }

// ConsentURL is where an owner is sent to allow reading.
func (s *Service) ConsentURL(state, verifier string) (string, error) {
	if !s.Consents() {
		return "", fault.New(fault.NotFound, nil, "This installation is no client of Coinbase. Its operator sets one, or you give a key.")
	}
	return s.Coinbase.URL(state, verifier), nil
}

// Consent links an account by an owner's consent. What was granted is looked
// at as the rights of a key are: anything beyond reading is refused.
func (s *Service) Consent(ctx context.Context, scope tenant.Scope, c Consented) (*Link, error) {
	x, err := s.Exchange(coinbase.Name)
	if err != nil {
		return nil, err
	}
	if !s.Consents() || c.Code == "" {
		return nil, fault.Coded(fault.Invalid, "consent_missing", nil, "Coinbase sent no consent. Begin again.")
	}
	t, err := s.Coinbase.Exchange(ctx, c.Code, c.Verifier)
	if exchange.Is(err, exchange.KeyRejected, exchange.BadRequest) {
		return nil, fault.Coded(fault.Invalid, "consent_over", err, "This consent was used already or is too old. Begin again.")
	}
	if err != nil {
		return nil, s.refusal(x, err)
	}
	key := exchange.Credentials{ID: consentID(), Token: t.Access, Refresh: t.Refresh, Expires: t.Expires}
	if !c.Link.IsZero() {
		return s.Change(ctx, scope, c.Link, Change{Key: &key})
	}
	return s.Create(ctx, scope, Request{Exchange: x.Name, Label: c.Label, Key: key, Schedule: c.Schedule})
}

// consentID tells one consent from another; it opens nothing.
func consentID() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return "consent-" + hex.EncodeToString(b[:])
}

// spare is how long a token must still be good for a run to begin with it.
const spare = 10 * time.Minute

// refreshGrace is how long a call for a new token may go on when its run is to
// stop: a token that was sent is used up, whether or not the answer is heard.
const refreshGrace = 3 * time.Second

// refresh gets a new token for a consent whose token ends. Coinbase takes each
// refresh token once: the new one is kept before anything is asked with it,
// also when the run is to stop, but never in the place of another consent.
func (f *fetch) refresh(ctx context.Context) error {
	if f.key.Refresh.Empty() || f.key.Expires.After(f.Clock().Add(spare)) {
		return nil
	}
	late, end := outlive(ctx, refreshGrace)
	defer end()
	t, err := f.Coinbase.Refresh(late, f.key.Refresh)
	if err != nil {
		return err
	}
	f.key.Token, f.key.Refresh, f.key.Expires = t.Access, t.Refresh, t.Expires
	return f.Store.InEntity(context.WithoutCancel(ctx), f.scope, func(tx Tx) error {
		l, err := tx.Link(f.link.ID)
		if err != nil {
			return err
		}
		if l.Keys != f.link.Keys {
			return errStop
		}
		return tx.SaveKey(f.link.ID, f.key)
	})
}

// outlive returns a context that ends some time after ctx, or with end.
func outlive(ctx context.Context, grace time.Duration) (late context.Context, end context.CancelFunc) {
	late, stop := context.WithCancel(context.WithoutCancel(ctx))
	forget := context.AfterFunc(ctx, func() { time.AfterFunc(grace, stop) })
	return late, func() {
		forget()
		stop()
	}
}
