package firm_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/text"
)

// town is an installation with people in it.
type town struct {
	*firm.Service
	t     *testing.T
	dir   string
	store *store.Store
	off   atomic.Int64
	known map[tenant.UserID]firm.Person
	ended *ended
}

// ended notes whose sessions are ended, and why.
type ended struct {
	firm.Store
	town *town
	list []string
}

// Control implements firm.Store.
func (s *ended) Control(ctx context.Context, fn func(firm.Tx) error) error {
	return s.Store.Control(ctx, func(tx firm.Tx) error { return fn(endedTx{tx, s}) })
}

type endedTx struct {
	firm.Tx
	s *ended
}

// EndSessions implements firm.Tx.
func (t endedTx) EndSessions(ctx context.Context, user tenant.UserID, why string) error {
	t.s.list = append(t.s.list, t.s.town.known[user].Email+" "+why)
	return t.Tx.EndSessions(ctx, user, why)
}

func (w *town) now() time.Time { return time.Now().UTC().Add(time.Duration(w.off.Load())) }

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{t: t, dir: t.TempDir(), known: make(map[tenant.UserID]firm.Person)}
	log := slog.New(slog.DiscardHandler)
	var err error
	if w.store, err = store.Open(t.Context(), store.Config{DataDir: w.dir, Clock: w.now, Log: log}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	m, err := keyring.FindMasters("", "", w.dir, true)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := w.store.OpenKeys(t.Context(), m, 0)
	if err != nil {
		t.Fatal(err)
	}
	control, err := ring.Control(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	words, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	post, err := notify.NewPost(notify.Config{BaseURL: "http://localhost:8080", Locale: "en", Catalogue: words, Store: w.store.Mail(), Clock: w.now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	w.ended = &ended{Store: w.store.Firms(), town: w}
	w.Service = firm.New(firm.Config{
		Store: w.ended, People: w, Rules: rules{}, Post: post, Key: control.Derive("invitations"), Residency: "eu", Clock: w.now, Log: log,
	})
	return w
}

// rules knows three countries.
type rules struct{}

func (rules) Settle(e firm.Entity) (firm.Entity, error) {
	e.Country = strings.ToUpper(e.Country)
	own, ok := map[string][2]string{"GB": {"GBP", "Europe/London"}, "DE": {"EUR", "Europe/Berlin"}, "US": {"USD", "America/New_York"}}[e.Country]
	if !ok {
		return e, fault.Coded(fault.Invalid, "country", nil, "There are no rules for this country.")
	}
	if e.Currency == "" {
		e.Currency = own[0]
	}
	if e.Timezone == "" {
		e.Timezone = own[1]
	}
	return e, nil
}

// Person implements firm.People.
func (w *town) Person(_ context.Context, user tenant.UserID) (firm.Person, error) {
	if p, ok := w.known[user]; ok {
		return p, nil
	}
	return firm.Person{}, fault.New(fault.NotFound, nil, "There is nobody.")
}

// PersonAt implements firm.People.
func (w *town) PersonAt(_ context.Context, email string) (firm.Person, error) {
	for _, p := range w.known {
		if p.Email == email {
			return p, nil
		}
	}
	return firm.Person{}, fault.New(fault.NotFound, nil, "There is nobody.")
}

// person opens an account.
func (w *town) person(email string) tenant.Identity {
	w.t.Helper()
	id := tenant.NewID()
	w.known[id] = firm.Person{User: id, Email: email}
	err := w.store.Sessions().Control(w.t.Context(), func(tx session.Tx) error {
		return tx.AddUser(w.t.Context(), session.User{ID: id, Email: email, Created: w.now()})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return tenant.Authenticated(tenant.Actor{Via: tenant.ViaSession, User: id, Address: "192.0.2.1"})
}

// secure gives somebody a second factor.
func (w *town) secure(id tenant.Identity) {
	w.t.Helper()
	w.change(id, func(p *firm.Person, u *session.User) { p.SecondFactor, u.TOTP.Since = true, w.now() })
}

// change changes an account.
func (w *town) change(id tenant.Identity, fn func(*firm.Person, *session.User)) {
	w.t.Helper()
	p := w.known[id.Actor().User]
	err := w.store.Sessions().Control(w.t.Context(), func(tx session.Tx) error {
		u, err := tx.User(w.t.Context(), p.User)
		fn(&p, &u)
		return errors.Join(err, tx.SaveUser(w.t.Context(), u))
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.known[p.User] = p
}

// firm makes a firm of somebody.
func (w *town) firm(owner tenant.Identity, name string) tenant.Scope {
	w.t.Helper()
	f, err := w.Create(w.t.Context(), owner, firm.Draft{Name: name, Country: "GB"})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.enter(owner, f.ID)
}

// enter lets somebody into a firm as the web does.
func (w *town) enter(id tenant.Identity, f tenant.FirmID) tenant.Scope {
	w.t.Helper()
	s, err := w.try(id, f)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *town) try(id tenant.Identity, f tenant.FirmID) (tenant.Scope, error) {
	m, err := w.Membership(w.t.Context(), id, f)
	if err != nil {
		return tenant.Scope{}, err
	}
	return id.Enter(m)
}

// entity makes an entity and returns the scope of it.
func (w *town) entity(s tenant.Scope, name string) tenant.Scope {
	w.t.Helper()
	e, err := w.AddEntity(w.t.Context(), s, firm.Entity{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.open(s, e.ID)
}

func (w *town) open(s tenant.Scope, e tenant.EntityID) tenant.Scope {
	w.t.Helper()
	out, err := s.Open(e)
	if err := errors.Join(err, w.HasEntity(w.t.Context(), s, e)); err != nil {
		w.t.Fatal(err)
	}
	return out
}

// join invites somebody and lets them accept.
func (w *town) join(s tenant.Scope, who tenant.Identity, role tenant.Role, entities []tenant.EntityID) tenant.Scope {
	w.t.Helper()
	_, link, err := w.Invite(w.t.Context(), s, firm.Invitation{Email: w.known[who.Actor().User].Email, Role: role, Entities: entities})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Accept(w.t.Context(), who, tokenOf(link)); err != nil {
		w.t.Fatal(err)
	}
	return w.enter(who, s.Firm())
}

// tokenOf cuts the token out of an invitation's link.
func tokenOf(link string) keyring.Secret {
	return keyring.NewSecret([]byte(link[strings.LastIndex(link, "/")+1:]))
}

// refused checks that an error is a fault of a kind, and of a code if there is
// one.
func refused(t *testing.T, what string, err error, kind fault.Kind, code string) {
	t.Helper()
	if !fault.Is(err, kind) || code != "" && fault.Of(err).Code != code {
		t.Errorf("%s: %v", what, err)
	}
}
