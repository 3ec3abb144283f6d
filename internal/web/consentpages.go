package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// consenter is the part of internal/link that links accounts by consent
// instead of a key.
type consenter interface {
	ConsentURL(state, verifier string) (string, error)
	Consent(ctx context.Context, s tenant.Scope, c link.Consented) (*link.Link, error)
}

// ConsentBack is the path to which Coinbase sends an owner back. It is
// registered there, below the address of the installation.
const ConsentBack = "/connect/coinbase"

// consentTime is how long somebody may take at Coinbase.
const consentTime = 15 * time.Minute

// consentPages registers the way to Coinbase and back.
func (s *Site) consentPages(r *router) {
	if s.cfg.Consents == nil {
		return
	}
	edit := need(tenant.Connections, tenant.Edit)
	r.get(entityPage+"/connections/oauth/coinbase", edit, s.toCoinbase)
	r.post(entityPage+"/connections/oauth/coinbase", edit, s.consented, costly(), withTimeout(linkTime))
	r.get(ConsentBack, signedIn(), s.fromCoinbase)
	type address struct {
		URL string `json:"url" doc:"Where to send the owner; good for 15 minutes, for whoever asked"`
	}
	operation(r, call{method: http.MethodGet, path: connections + "/oauth/coinbase", id: "consent-coinbase", group: "Connections", summary: "Where an owner allows reading at Coinbase without a key"},
		edit, func(ctx context.Context, _ *struct {
			Firm   string `path:"firm"`
			Entity string `path:"entity"`
		},
		) (*struct{ Body address }, error) {
			to, err := s.consentURL(ctx, "", tenant.ID{})
			return &struct{ Body address }{address{to}}, err
		})
}

// consentState is what goes to Coinbase and comes back, signed: for whom and
// for which books the consent is.
type consentState struct {
	Firm    tenant.ID `json:"f"`
	Entity  tenant.ID `json:"e"`
	User    tenant.ID `json:"u"`
	Link    tenant.ID `json:"l"`           // whose key it replaces; zero for a new link
	Session string    `json:"s,omitempty"` // stands for the session that asked; "" for a program
	Until   int64     `json:"t"`
	Nonce   string    `json:"n"`
}

// consentURL makes the address for the person of a request.
func (s *Site) consentURL(ctx context.Context, session string, replaces tenant.ID) (string, error) {
	scope := scopeOf(ctx)
	st := consentState{
		Firm: scope.Firm(), Entity: scope.Entity(), User: scope.Actor().User, Link: replaces, Session: session,
		Until: s.cfg.Clock().Add(consentTime).Unix(), Nonce: rand.Text(),
	}
	plain, err := json.Marshal(st)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(plain)
	return s.cfg.Consents.ConsentURL(text+"."+s.consentSum("consent", text), s.consentSum("verifier", st.Nonce))
}

// consentSum signs a text for one purpose; that of a nonce is the verifier,
// which Coinbase sees only together with the code.
func (s *Site) consentSum(purpose, text string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("coinbase "+purpose, []byte(text)))
}

// sessionMark stands for the session of a request.
func (s *Site) sessionMark(c echo.Context) string {
	cookie, ok := sessionCookie(c.Request())
	if !ok {
		return ""
	}
	return s.consentSum("session", string(cookie.Reveal()))
}

// readState takes back what was sent to Coinbase: from the same person, in the
// same session, in time.
func (s *Site) readState(c echo.Context, text string) (st consentState, err error) {
	over := fault.Coded(fault.Invalid, "consent_over", nil, "This way back from Coinbase is too old, or another session began it. Begin again from the linked accounts.")
	body, sum, _ := strings.Cut(text, ".")
	plain, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || subtle.ConstantTimeCompare([]byte(sum), []byte(s.consentSum("consent", body))) != 1 || json.Unmarshal(plain, &st) != nil {
		return st, over
	}
	mine := st.User == identityOf(c.Request().Context()).Actor().User && (st.Session == "" || st.Session == s.sessionMark(c))
	if !mine || s.cfg.Clock().Unix() > st.Until {
		return st, over
	}
	return st, nil
}

// toCoinbase serves GET …/connections/oauth/coinbase.
func (s *Site) toCoinbase(c echo.Context) error {
	var replaces tenant.ID
	if text := c.QueryParam("link"); text != "" {
		in := linkPath{ID: text}
		id, err := in.id()
		if err != nil {
			return err
		}
		replaces = id
	}
	to, err := s.consentURL(c.Request().Context(), s.sessionMark(c), replaces)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// consentView is the page on which a consent becomes a link.
type consentView struct {
	action, back, token, once string
	book                      string
	code, state               string
	label, schedule           string
	replaces                  bool
	wrong                     formErrors
}

// fromCoinbase serves GET /connect/coinbase: the way back. Nothing happens
// before the person says so on a page of ours, because this address can be
// opened by a link of anybody's.
func (s *Site) fromCoinbase(c echo.Context) error {
	ctx := c.Request().Context()
	st, err := s.readState(c, c.QueryParam("state"))
	if err != nil {
		return err
	}
	base := bookPath(st.Firm, st.Entity)
	if c.QueryParam("code") == "" {
		s.notice(c, "warn", "Coinbase gave no consent. Nothing was linked.")
		return see(c, base+"/connections")
	}
	scope, err := s.scopeAt(ctx, identityOf(ctx), st.Firm, st.Entity)
	if err != nil {
		return err
	}
	e, err := s.cfg.Firms.Entity(ctx, scope)
	if err != nil {
		return err
	}
	return s.drawConsent(c, consentView{
		action: base + "/connections/oauth/coinbase", back: base + "/connections", token: s.formToken(c), once: onceValue(), book: e.Name,
		code: c.QueryParam("code"), state: c.QueryParam("state"), label: "Coinbase", schedule: link.Daily, replaces: !st.Link.IsZero(),
	})
}

func (s *Site) drawConsent(c echo.Context, v consentView) error {
	return s.sheet(c, v.wrong.code(), "Link Coinbase", consentSheet(v))
}

// consented serves POST …/connections/oauth/coinbase.
func (s *Site) consented(c echo.Context) error {
	ctx := c.Request().Context()
	scope := scopeOf(ctx)
	base := entityPath(ctx)
	st, err := s.readState(c, value(c, "state"))
	if err == nil && (st.Firm != scope.Firm() || st.Entity != scope.Entity()) {
		err = notFound(nil)
	}
	if err != nil {
		return err
	}
	v := consentView{
		action: base + "/connections/oauth/coinbase", back: base + "/connections", token: s.formToken(c), once: onceValue(),
		label: cmp.Or(value(c, "label"), "Coinbase"), schedule: value(c, "schedule"), replaces: !st.Link.IsZero(),
	}
	l, err := s.cfg.Consents.Consent(ctx, scope, link.Consented{
		Code: value(c, "code"), Verifier: s.consentSum("verifier", st.Nonce), Label: v.label, Schedule: v.schedule, Link: st.Link,
	})
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		v.wrong = wrong // the code is used up: the page leads back to begin again
		return s.drawConsent(c, v)
	}
	s.notice(c, "gain", "Coinbase lets Ledgersys read, and nothing else. Fetching has begun.")
	return see(c, base+"/connections/"+l.ID.String())
}

// scopeAt is the scope of a person in an entity that no address of the request
// names: by the same steps as the layers.
func (s *Site) scopeAt(ctx context.Context, id tenant.Identity, firm tenant.FirmID, entity tenant.EntityID) (tenant.Scope, error) {
	m, err := s.cfg.Memberships.Membership(ctx, id, firm)
	if err != nil {
		return tenant.Scope{}, err
	}
	scope, err := id.Enter(m)
	if err != nil {
		return tenant.Scope{}, notFound(err)
	}
	if err := s.cfg.Entities.HasEntity(ctx, scope, entity); err != nil {
		return tenant.Scope{}, notFound(err)
	}
	if scope, err = scope.Open(entity); err != nil {
		return tenant.Scope{}, notFound(err)
	}
	if !scope.May(tenant.Need(tenant.Connections, tenant.Edit)) {
		return tenant.Scope{}, denied()
	}
	return scope, nil
}

// scheduleChoices are the schedules with a name.
func scheduleChoices() []ui.Option { return scheduleOptions(link.Daily)[:4] }
