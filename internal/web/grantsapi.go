package web

import (
	"context"
	"net/http"
	"time"

	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// grantsAPI registers the operations on shared books.
func (s *Site) grantsAPI(r *router) {
	if s.cfg.Firms == nil {
		return
	}
	view, edit := need(tenant.Members, tenant.View), need(tenant.Members, tenant.Edit)
	operation(r, call{method: http.MethodGet, path: apiEntity + "/grants", id: "list-grants", group: "Sharing", summary: "With whom these books are shared, ended ones too"}, view, s.listGrants)
	operation(r, call{
		method: http.MethodPost, path: apiEntity + "/grants", id: "offer-grant", group: "Sharing", summary: "Offer these books to somebody", status: http.StatusCreated,
		about: "Nothing is open before the other side accepts and you confirm.",
	}, edit, s.offerGrant, costly())
	operation(r, call{method: http.MethodPost, path: apiEntity + "/grants/{grant}/confirm", id: "confirm-grant", group: "Sharing", summary: "Open the books to who accepted"}, edit, s.confirmGrant)
	operation(r, call{method: http.MethodPost, path: apiEntity + "/grants/{grant}/answer", id: "answer-grant", group: "Sharing", summary: "Answer a request with these books"}, edit, s.answerGrant)
	operation(r, call{method: http.MethodDelete, path: apiEntity + "/grants/{grant}", id: "withdraw-grant", group: "Sharing", summary: "End it at once", status: http.StatusNoContent}, edit, s.withdrawGrant)
	operation(r, call{method: http.MethodPost, path: apiFirm + "/requests", id: "request-grant", group: "Sharing", summary: "Ask somebody for access to their books", status: http.StatusCreated}, edit, s.requestGrant, costly())
	operation(r, call{method: http.MethodGet, path: "/api/v1/grants", id: "list-shares", group: "Sharing", summary: "What was offered to you or asked of you, and what is open to you"}, signedIn(), s.listShares)
	operation(r, call{method: http.MethodPost, path: "/api/v1/grants/{grant}/accept", id: "accept-grant", group: "Sharing", summary: "Accept an offer, for yourself or for a firm"}, signedIn(), s.acceptGrant)
	operation(r, call{method: http.MethodDelete, path: "/api/v1/grants/{grant}", id: "return-grant", group: "Sharing", summary: "Decline it, or give it back", status: http.StatusNoContent}, signedIn(), s.returnGrant)
}

// grantView is a grant.
type grantView struct {
	ID         string          `json:"id"`
	State      firm.GrantState `json:"state" enum:"requested,offered,accepted,active,ended"`
	Firm       *string         `json:"firm" doc:"The home; null while it is requested"`
	FirmName   string          `json:"firm_name"`
	Entity     *string         `json:"entity"`
	EntityName string          `json:"entity_name"`
	Email      string          `json:"email" doc:"To whom it was offered, or who is asked"`
	ToFirm     *string         `json:"to_firm"`
	ToUser     *string         `json:"to_user"`
	ToName     string          `json:"to_name"`
	Role       tenant.Role     `json:"role"`
	Until      time.Time       `json:"until"`
	Made       time.Time       `json:"made"`
	Confirmed  *time.Time      `json:"confirmed"`
	Ended      *time.Time      `json:"ended"`
	Why        string          `json:"why,omitempty" doc:"It ended: declined, revoked, returned or expired"`
}

func newGrantView(g firm.Grant) grantView {
	return grantView{
		ID: g.ID.String(), State: g.State, Firm: idOrNull(g.Home), FirmName: g.HomeName, Entity: idOrNull(g.Entity), EntityName: g.EntityName, Email: g.Email,
		ToFirm: idOrNull(g.ToFirm), ToUser: idOrNull(g.ToUser), ToName: g.ToName, Role: g.Role, Until: g.Until,
		Made: g.Made, Confirmed: timeOrNull(g.Confirmed), Ended: timeOrNull(g.Closed), Why: g.Why,
	}
}

func grantList(all []firm.Grant, err error) (*struct{ Body list[grantView] }, error) {
	if err != nil {
		return nil, err
	}
	items := []grantView{}
	for _, g := range all {
		items = append(items, newGrantView(g))
	}
	return &struct{ Body list[grantView] }{list[grantView]{Items: items}}, nil
}

func oneGrant(g firm.Grant, err error) (*struct{ Body grantView }, error) {
	if err != nil {
		return nil, err
	}
	return &struct{ Body grantView }{newGrantView(g)}, nil
}

func (s *Site) listGrants(ctx context.Context, _ *EntityAt) (*struct{ Body list[grantView] }, error) {
	return grantList(s.cfg.Firms.Grants(ctx, scopeOf(ctx)))
}

// terms are what an offer or a request says.
type terms struct {
	Email string      `json:"email"`
	Role  tenant.Role `json:"role,omitempty" doc:"reviewer, preparer, or read-only if it is not given"`
	Days  int         `json:"days,omitempty" minimum:"0" maximum:"366" doc:"90 if it is not given"`
}

func (t terms) grant() firm.Grant { return firm.Grant{Email: t.Email, Role: t.Role} }

func (s *Site) offerGrant(ctx context.Context, in *struct {
	EntityAt
	Body terms
},
) (*struct{ Body grantView }, error) {
	return oneGrant(s.cfg.Firms.Offer(ctx, scopeOf(ctx), in.Body.grant(), in.Body.Days))
}

func (s *Site) requestGrant(ctx context.Context, in *struct {
	FirmAt
	Body terms
},
) (*struct{ Body grantView }, error) {
	return oneGrant(s.cfg.Firms.Request(ctx, scopeOf(ctx), in.Body.grant(), in.Body.Days))
}

// GrantAt is the address of a grant of an entity.
type GrantAt struct {
	EntityAt
	Grant string `path:"grant"`
}

func (s *Site) confirmGrant(ctx context.Context, in *GrantAt) (*struct{ Body grantView }, error) {
	id, err := tenant.ParseID(in.Grant)
	if err != nil {
		return nil, notFound(err)
	}
	return oneGrant(s.cfg.Firms.Confirm(ctx, scopeOf(ctx), id))
}

func (s *Site) answerGrant(ctx context.Context, in *GrantAt) (*struct{ Body grantView }, error) {
	id, err := tenant.ParseID(in.Grant)
	if err != nil {
		return nil, notFound(err)
	}
	return oneGrant(s.cfg.Firms.Answer(ctx, scopeOf(ctx), id))
}

func (s *Site) withdrawGrant(ctx context.Context, in *GrantAt) (*struct{}, error) {
	id, err := tenant.ParseID(in.Grant)
	if err != nil {
		return nil, notFound(err)
	}
	return nil, s.cfg.Firms.Withdraw(ctx, scopeOf(ctx), id)
}

func (s *Site) listShares(ctx context.Context, _ *struct{}) (*struct{ Body list[grantView] }, error) {
	return grantList(s.cfg.Firms.Shares(ctx, identityOf(ctx)))
}

func (s *Site) acceptGrant(ctx context.Context, in *struct {
	Grant string `path:"grant"`
	Body  struct {
		Firm string `json:"firm,omitempty" doc:"Whose people may work in the books; yourself alone if it is not given"`
	}
},
) (*struct{ Body grantView }, error) {
	id, err := tenant.ParseID(in.Grant)
	if err != nil {
		return nil, notFound(err)
	}
	var as tenant.FirmID
	if in.Body.Firm != "" {
		if as, err = tenant.ParseID(in.Body.Firm); err != nil {
			return nil, wrongField("firm", "id", "An id has 32 hex digits.")
		}
	}
	return oneGrant(s.cfg.Firms.AcceptGrant(ctx, identityOf(ctx), id, as))
}

func (s *Site) returnGrant(ctx context.Context, in *struct {
	Grant string `path:"grant"`
},
) (*struct{}, error) {
	id, err := tenant.ParseID(in.Grant)
	if err != nil {
		return nil, notFound(err)
	}
	return nil, s.cfg.Firms.Return(ctx, identityOf(ctx), id)
}
