package web

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Peer is where a request comes from, as sessions are judged by.
type Peer = session.Peer

// people recognises who sends a request. Both answer a fault of kind
// Unauthenticated for a credential that is not, or no longer, good.
type people interface {
	// Session takes the value of the session cookie.
	Session(ctx context.Context, cookie keyring.Secret, from Peer) (tenant.Identity, error)
	// Token takes an API token; scopes are what it may be used for.
	Token(ctx context.Context, token keyring.Secret, from Peer) (id tenant.Identity, scopes []string, err error)
	// Burn ends a session or token that was seen in clear. Either may be empty.
	Burn(ctx context.Context, cookie, token keyring.Secret, from Peer) error
	// Operator reports whether somebody runs this instance.
	Operator(ctx context.Context, id tenant.Identity) (bool, error)
}

// memberships finds by what a person may enter a firm: as its member or by
// grants. No such firm and no such membership are the same NotFound.
type memberships interface {
	Membership(ctx context.Context, id tenant.Identity, firm tenant.FirmID) (tenant.Membership, error)
}

// entities finds an entity in its firm's own store; NotFound if it is not there.
type entities interface {
	HasEntity(ctx context.Context, s tenant.Scope, entity tenant.EntityID) error
}

// caller is what the layers know about a request so far; it travels in the
// request's context.
type caller struct {
	identity tenant.Identity
	scopes   []string // of an API token
	scope    tenant.Scope
	peer     Peer
}

type callerKey struct{}

// callerOf returns what the layers decided; nobody if they have not.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// scopeOf returns the firm and entity that a request may touch. It is the
// zero Scope, which every store refuses, where the layers have not decided.
func scopeOf(ctx context.Context) tenant.Scope { return callerOf(ctx).scope }

// identityOf returns who sends a request, nobody on public routes without a
// session.
func identityOf(ctx context.Context) tenant.Identity { return callerOf(ctx).identity }

// with puts a caller into the request.
func (c caller) with(e echo.Context) {
	r := e.Request()
	e.SetRequest(r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
}

// layer is one step between the network and a handler.
type layer struct {
	name  string
	apply func(echo.Context, *route) error
}

// guard holds the layers.
type guard struct {
	people      people
	memberships memberships
	entities    entities
	layers      []layer
}

func newGuard(cfg Config) *guard {
	g := &guard{people: cfg.People, memberships: cfg.Memberships, entities: cfg.Entities}
	g.layers = []layer{
		{"requireLedgerAuth", g.requireLedgerAuth},
		{"resolveFirm", g.resolveFirm},
		{"resolveEntity", g.resolveEntity},
	}
	return g
}

// guarded runs a request through the layers that its route asks for. What is
// in no row of the table is not served, only answered.
func (s *Site) guarded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		row := s.router.find(c.Request().Method, c.Path())
		if row == nil {
			return next(c) // Echo's own 404 and 405
		}
		noted(c).route = row.path
		if !safe(row.method) && s.cfg.Health != nil && s.cfg.Health.Full() {
			return fault.New(fault.NoRoom, nil, "")
		}
		if err := s.allowed(c, row); err != nil {
			return err
		}
		stop := s.bound(c, row)
		defer stop()
		for _, l := range s.guard.layers {
			if knockedOut(l.name) {
				continue
			}
			if err := l.apply(c, row); err != nil {
				return err
			}
		}
		for _, check := range []func(echo.Context, *route) error{s.noForgery, typed, entrance, keyed, noCard} {
			if err := check(c, row); err != nil {
				return err
			}
		}
		if row.access.kind != byAnyone {
			c.Response().Header().Set(echo.HeaderCacheControl, "no-store")
		}
		return next(c)
	}
}

// requireLedgerAuth is layer 1: it recognises who sends the request. Pages
// take the cookie, the API a bearer token; the API takes the cookie of its own
// pages only together with their form token, see noForgery.
func (g *guard) requireLedgerAuth(c echo.Context, row *route) error {
	if g.people == nil || row.limits.raw {
		return refuseNobody(row)
	}
	who, err := g.recognise(c, row)
	if err != nil {
		if row.access.kind == byAnyone && !row.api {
			return nil // a stale cookie closes no public page
		}
		return err
	}
	if !who.identity.Known() {
		return refuseNobody(row)
	}
	if who.scopes != nil && row.access.kind != byAnyone {
		if want := row.tokenScope(); !covers(who.scopes, want) {
			return fault.Coded(fault.Denied, "scope_missing", nil, "This token needs the scope %q for that.", want)
		}
	}
	if row.access.kind == byOperator {
		if ok, err := g.people.Operator(c.Request().Context(), who.identity); err != nil || !ok {
			return errors404(err)
		}
	}
	who.with(c)
	return nil
}

// covers reports whether the scopes of a token are enough. Who may write may
// upload statements too.
func covers(scopes []string, want string) bool {
	return slices.Contains(scopes, want) || slices.Contains(scopes, "admin") || want == "imports" && slices.Contains(scopes, "write")
}

// refuseNobody lets strangers pass where anyone may.
func refuseNobody(row *route) error {
	if row.access.kind == byAnyone {
		return nil
	}
	return fault.Coded(fault.Unauthenticated, "sign_in", nil, "Sign in to see this.")
}

// recognise asks who stands behind a credential.
func (g *guard) recognise(c echo.Context, row *route) (who caller, err error) {
	ctx := c.Request().Context()
	who.peer = peerOf(c)
	if token, ok := bearer(c.Request()); ok && row.api {
		who.identity, who.scopes, err = g.people.Token(ctx, token, who.peer)
		if who.scopes == nil {
			who.scopes = []string{} // a token without scopes may do nothing
		}
		return who, err
	}
	if cookie, ok := sessionCookie(c.Request()); ok && (!row.api || fromOurPage(c.Request())) {
		who.identity, err = g.people.Session(ctx, cookie, who.peer)
	}
	return who, err
}

// resolveFirm is layer 2: it finds by what the person may enter the firm of
// the address. A firm of others looks like none at all.
func (g *guard) resolveFirm(c echo.Context, row *route) error {
	if !row.firm {
		return nil
	}
	who := callerOf(c.Request().Context())
	firm, err := tenant.ParseID(c.Param("firm"))
	if err != nil || g.memberships == nil {
		return notFound(err)
	}
	m, err := g.memberships.Membership(c.Request().Context(), who.identity, firm)
	if fault.Of(err).Code == codeFactor {
		return err // who it is has been shown: this says only what is missing
	}
	if err != nil {
		return errors404(err)
	}
	if who.scope, err = who.identity.Enter(m); err != nil {
		return notFound(err)
	}
	noted(c).attrs = append(noted(c).attrs, slog.String("firm", firm.String()))
	// A grant opens single entities: pages of the whole firm are not there for it.
	if !row.entity && !m.Grant.IsZero() {
		return notFound(nil)
	}
	if !row.entity && !who.scope.May(row.access.perm) {
		return denied()
	}
	who.with(c)
	return nil
}

// resolveEntity is layer 3: it finds the entity in the firm's own store.
func (g *guard) resolveEntity(c echo.Context, row *route) error {
	if !row.entity {
		return nil
	}
	who := callerOf(c.Request().Context())
	entity, err := tenant.ParseID(c.Param("entity"))
	if err != nil || g.entities == nil {
		return notFound(err)
	}
	open, err := who.scope.Open(entity)
	if err != nil {
		return notFound(err)
	}
	if err := g.entities.HasEntity(c.Request().Context(), who.scope, entity); err != nil {
		return errors404(err)
	}
	if !open.May(row.access.perm) {
		return denied()
	}
	who.scope = open
	who.with(c)
	return nil
}

// notFound is what is not there and what is not there for this person: one
// answer for both.
func notFound(err error) error {
	return fault.New(fault.NotFound, err, "There is nothing here, or nothing for you.")
}

// errors404 hides why something is not there; what broke stays broken.
func errors404(err error) error {
	if err == nil || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) {
		return notFound(err)
	}
	return err
}

func denied() error {
	return fault.Coded(fault.Denied, "permission_missing", nil, "Your role does not allow this. An owner can change it under Team.")
}

// bearer returns the token of the Authorization header.
func bearer(r *http.Request) (keyring.Secret, bool) {
	kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(kind, "bearer") || token == "" {
		return keyring.Secret{}, false
	}
	return keyring.NewSecret([]byte(token)), true
}

// peerOf returns where a request comes from.
func peerOf(c echo.Context) Peer {
	agent := c.Request().UserAgent()
	return Peer{Address: c.RealIP(), Agent: agent[:min(len(agent), 400)]}
}
