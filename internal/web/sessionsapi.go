package web

import (
	"context"
	"net/http"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// sessionView is one of a person's sessions.
type sessionView struct {
	ID       string    `json:"id"`
	Device   string    `json:"device" doc:"Browser and system, in words"`
	Address  string    `json:"address"`
	Place    *string   `json:"place" doc:"Country; null if the operator gave no database of places"`
	Method   string    `json:"method" doc:"How it was signed in"`
	Created  time.Time `json:"created"`
	LastSeen time.Time `json:"last_seen"`
	Current  bool      `json:"current" doc:"Whether it is the one that asks"`
}

// sessionsAPI lists and ends the sessions of whoever asks.
func (s *Site) sessionsAPI(r *router, a accounts) {
	const group = "Account"
	operation(r, call{method: http.MethodGet, path: "/api/v1/sessions", id: "list-sessions", group: group, summary: "List your sessions"}, signedIn(),
		func(ctx context.Context, _ *struct{}) (*struct{ Body list[sessionView] }, error) {
			who, err := a.Profile(ctx, identityOf(ctx))
			if err != nil {
				return nil, err
			}
			out := &struct{ Body list[sessionView] }{list[sessionView]{Items: []sessionView{}}}
			for _, one := range who.Sessions {
				out.Body.Items = append(out.Body.Items, newSessionView(one))
			}
			return out, nil
		})
	operation(r, call{method: http.MethodDelete, path: "/api/v1/sessions/{id}", id: "end-session", group: group, summary: "End one of your sessions", status: http.StatusNoContent}, signedIn(),
		func(ctx context.Context, in *struct {
			ID string `path:"id"`
		},
		) (*struct{}, error) {
			id, err := tenant.ParseID(in.ID)
			if err != nil {
				return nil, notFound(err)
			}
			return nil, a.EndSession(ctx, identityOf(ctx), id, callerOf(ctx).peer)
		})
	operation(r, call{method: http.MethodDelete, path: "/api/v1/sessions", id: "end-other-sessions", group: group, summary: "End all your other sessions", status: http.StatusNoContent}, signedIn(),
		func(ctx context.Context, in *struct {
			Others bool `query:"others" doc:"Must be given: all sessions but the one that asks"`
		},
		) (*struct{}, error) {
			if !in.Others {
				return nil, fault.New(fault.Invalid, nil, "Say ?others=true: the session that asks stays.")
			}
			return nil, a.EndOthers(ctx, identityOf(ctx), callerOf(ctx).peer)
		})
}

func newSessionView(one session.Session) sessionView {
	v := sessionView{ID: one.ID.String(), Device: one.Device, Address: one.Address, Method: one.How, Created: one.First, LastSeen: one.Last, Current: one.Current}
	if one.Country != "" {
		v.Place = &one.Country
	}
	return v
}
