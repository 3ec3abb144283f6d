package web

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// auditor is the part of the audit log that its pages and operations use.
type auditor interface {
	Page(ctx context.Context, s tenant.Scope, q audit.Query) ([]audit.Link, error)
	EventPage(ctx context.Context, s tenant.Scope, q audit.EventQuery) ([]audit.Event, error)
	Export(ctx context.Context, s tenant.Scope, w io.Writer) error
	Finding(ctx context.Context, s tenant.Scope) (*audit.Finding, time.Time, error)
	Checkpoint(ctx context.Context) (string, error)
}

// people of a firm, whose events its owner sees; nil where nobody keeps them.
type firmPeople interface {
	// Names returns the people who are or were in the firm, by what they are
	// called there.
	Names(ctx context.Context, s tenant.Scope) (map[tenant.UserID]string, error)
	// Joined returns since when each member is in the firm.
	Joined(ctx context.Context, s tenant.Scope) (map[tenant.UserID]time.Time, error)
}

// auditPages are the audit log of a firm.
type auditPages struct {
	*Site
	audit auditor
	names firmPeople
}

// auditRoutes registers the audit log and the checkpoint that anybody may
// read.
func (s *Site) auditRoutes(r *router) {
	if s.cfg.Audit == nil {
		return
	}
	p := &auditPages{s, s.cfg.Audit, s.cfg.Names}
	r.get("/audit/checkpoint", anyone(), p.checkpoint)
	r.get("/f/:firm/audit", need(tenant.Audit, tenant.View), p.show)
	r.get("/f/:firm/audit/export", need(tenant.Audit, tenant.View), p.export, withTimeout(-1))
	p.api(r)
}

// alarm puts above a page of a firm that its chain does not verify.
func (s *Site) alarm(c echo.Context, content templ.Component) (templ.Component, error) {
	scope := scopeOf(c.Request().Context())
	if s.cfg.Audit == nil || !scope.Valid() {
		return content, nil
	}
	found, _, err := s.cfg.Audit.Finding(c.Request().Context(), scope)
	if err != nil || found == nil {
		return content, err
	}
	return alarmed(*found, content), nil
}

// checkpoint serves GET /audit/checkpoint: the newest signed checkpoint.
func (p *auditPages) checkpoint(c echo.Context) error {
	note, err := p.audit.Checkpoint(c.Request().Context())
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderCacheControl, "no-cache")
	return c.Blob(http.StatusOK, "text/plain; charset=utf-8", []byte(note))
}

// export serves the whole chain of a firm as JSON lines.
func (p *auditPages) export(c echo.Context) error {
	ctx, scope := c.Request().Context(), scopeOf(c.Request().Context())
	h := c.Response().Header()
	h.Set(echo.HeaderContentDisposition, `attachment; filename="audit-`+scope.Firm().String()+`.jsonl"`)
	h.Set(echo.HeaderContentType, "application/jsonl; charset=utf-8")
	return p.audit.Export(ctx, scope, &lateWriter{c: c})
}

// lateWriter sends the head of an answer with its first bytes, so that an
// error before them is still an error.
type lateWriter struct {
	c    echo.Context
	sent bool
}

// Write implements io.Writer.
func (w *lateWriter) Write(p []byte) (int, error) {
	if !w.sent {
		w.sent = true
		w.c.Response().WriteHeader(http.StatusOK)
	}
	return w.c.Response().Write(p)
}

// The three lists of the page.
const (
	showChanges = "changes"
	showPeople  = "people"
	showEvents  = "events"
)

// auditPageSize is how many rows a page of the log shows.
const auditPageSize = 50

// show serves GET /f/:firm/audit.
func (p *auditPages) show(c echo.Context) error {
	ctx, scope := c.Request().Context(), scopeOf(c.Request().Context())
	v := auditView{Base: "/f/" + scope.Firm().String() + "/audit", Show: c.QueryParam("show"), Object: c.QueryParam("object")}
	var err error
	if v.Finding, v.Verified, err = p.audit.Finding(ctx, scope); err != nil {
		return err
	}
	names, err := p.people(ctx, scope)
	if err != nil {
		return err
	}
	if v.Show == showEvents {
		err = p.events(ctx, scope, c.QueryParam("cursor"), names, &v)
	} else {
		if v.Show != showPeople {
			v.Show = showChanges
		}
		err = p.links(ctx, scope, c.QueryParam("cursor"), names, &v)
	}
	if err != nil {
		return err
	}
	return p.shell(c, http.StatusOK, "Audit log", auditPage(v))
}

// people returns the names of the firm's people.
func (p *auditPages) people(ctx context.Context, scope tenant.Scope) (map[tenant.UserID]string, error) {
	if p.names == nil {
		return nil, nil
	}
	return p.names.Names(ctx, scope)
}

// joined returns the people whose events the firm's owner sees: its members,
// from when they joined.
func (p *auditPages) joined(ctx context.Context, scope tenant.Scope) (map[tenant.UserID]time.Time, error) {
	if p.names == nil {
		return nil, nil
	}
	return p.names.Joined(ctx, scope)
}

// links fills a page of changes.
func (p *auditPages) links(ctx context.Context, scope tenant.Scope, cursor string, names map[tenant.UserID]string, v *auditView) error {
	q := audit.Query{Limit: auditPageSize + 1, Object: v.Object, Service: v.Show == showPeople}
	if err := p.uncursor("audit "+v.Show, scope, cursor, &q.Before); err != nil {
		return err
	}
	links, err := p.audit.Page(ctx, scope, q)
	if err != nil {
		return err
	}
	if len(links) > auditPageSize {
		links = links[:auditPageSize]
		if v.Next, err = p.cursor("audit "+v.Show, scope, links[auditPageSize-1].Seq); err != nil {
			return err
		}
	}
	for _, l := range links {
		row := auditRow{
			Seq: l.Seq, At: l.At, Who: who(l.Via, l.Actor, names), Action: wording(l.Action), Object: l.Object, Reason: l.Reason, Address: l.Address, Hash: l.Hash.String(),
		}
		if kind, id, ok := strings.Cut(l.Object, "/"); ok {
			row.Object, row.ObjectID = kind, id
		}
		v.Rows = append(v.Rows, row)
	}
	return nil
}

// events fills a page of security events.
func (p *auditPages) events(ctx context.Context, scope tenant.Scope, cursor string, names map[tenant.UserID]string, v *auditView) error {
	q := audit.EventQuery{Limit: auditPageSize + 1}
	if err := p.uncursor("events", scope, cursor, &q.Before); err != nil {
		return err
	}
	var err error
	if q.Users, err = p.joined(ctx, scope); err != nil {
		return err
	}
	events, err := p.audit.EventPage(ctx, scope, q)
	if err != nil {
		return err
	}
	if len(events) > auditPageSize {
		events = events[:auditPageSize]
		if v.Next, err = p.cursor("events", scope, events[auditPageSize-1].At); err != nil {
			return err
		}
	}
	for _, e := range events {
		actor := e.Actor.Name
		if !e.Actor.User.IsZero() {
			actor = e.Actor.User.String()
		}
		v.Events = append(v.Events, securityRow{
			At: e.At, Who: who(e.Actor.Via, actor, names), What: wording(e.Kind), Outcome: e.Outcome, Address: e.Actor.Address, Detail: e.Detail,
		})
	}
	return nil
}

// who says who acted: a name where the firm knows one.
func who(via tenant.Via, actor string, names map[tenant.UserID]string) string {
	id, err := tenant.ParseID(actor)
	if err != nil {
		switch {
		case actor == "":
			return "nobody who was signed in"
		case via == tenant.ViaCommand:
			return "the operator: " + actor
		default:
			return "the service: " + actor
		}
	}
	name, ok := names[id]
	if !ok {
		name = "person " + actor[:8]
	}
	if via == tenant.ViaToken {
		return name + ", by a token"
	}
	return name
}

// wording turns "member.add" into "member add".
func wording(s string) string { return strings.NewReplacer(".", " ", "_", " ").Replace(s) }

// api registers the operations.
func (p *auditPages) api(r *router) {
	operation(r, call{
		method: http.MethodGet, path: "/api/v1/firms/{firm}/audit", id: "list-audit", group: "Audit", summary: "Changes, the newest first",
		about: "Each is one link of the firm's chain: `hash` is the SHA-256 of `prev` and the link's canonical JSON. The export is what recomputes.",
	},
		need(tenant.Audit, tenant.View), p.list)
	operation(r, call{method: http.MethodGet, path: "/api/v1/firms/{firm}/security-events", id: "list-security-events", group: "Audit", summary: "Security events of ninety days, the newest first"},
		need(tenant.Audit, tenant.View), p.listEvents)
	r.stream(call{
		method: http.MethodGet, path: "/api/v1/firms/{firm}/audit/export", id: "export-audit", group: "Audit", summary: "The whole chain, so that anybody can recompute it",
		about: "JSON lines: what it is, each link with `link`, `prev` and `hash` = SHA-256(prev ‖ link as RFC 8785 JSON), and the head as it was signed.",
	},
		need(tenant.Audit, tenant.View), func(op *huma.Operation) {
			op.Responses["200"] = &huma.Response{Description: "The chain", Content: map[string]*huma.MediaType{"application/jsonl": {Schema: &huma.Schema{Type: "string"}}}}
		}, p.export, withTimeout(-1))
}

// auditInput asks for a page of the log.
type auditInput struct {
	Firm   string `path:"firm"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor"`
	Object string `query:"object" doc:"Only changes of this object, as \"entity/<id>\""`
	Chain  string `query:"chain" enum:"firm,service" default:"firm" doc:"service: what the service's own chain says about the firm, its people and plan"`
}

// linkView is one link.
type linkView struct {
	Seq     int64     `json:"seq"`
	Time    time.Time `json:"time"`
	Via     string    `json:"via"`
	Actor   string    `json:"actor"`
	Session string    `json:"session"`
	Address string    `json:"address"`
	Action  string    `json:"action"`
	Object  string    `json:"object"`
	Before  string    `json:"before" doc:"SHA-256 of the state before, empty if there was none"`
	After   string    `json:"after"`
	Reason  string    `json:"reason"`
	Prev    string    `json:"prev"`
	Hash    string    `json:"hash"`
}

// list serves GET …/audit.
func (p *auditPages) list(ctx context.Context, in *auditInput) (*struct{ Body list[linkView] }, error) {
	scope := scopeOf(ctx)
	q := audit.Query{Limit: in.Limit + 1, Object: in.Object, Service: in.Chain == "service"}
	if err := p.uncursor("audit api "+in.Chain, scope, in.Cursor, &q.Before); err != nil {
		return nil, err
	}
	links, err := p.audit.Page(ctx, scope, q)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body list[linkView] }{list[linkView]{Items: []linkView{}}}
	for i, l := range links {
		if i == in.Limit {
			out.Body.Next, err = p.cursor("audit api "+in.Chain, scope, links[i-1].Seq)
			break
		}
		out.Body.Items = append(out.Body.Items, linkView{
			l.Seq, l.At, string(l.Via), l.Actor, l.Session, l.Address, l.Action, l.Object, l.Before, l.After, l.Reason, l.Prev.String(), l.Hash.String(),
		})
	}
	return out, err
}

// eventsInput asks for a page of security events.
type eventsInput struct {
	Firm   string `path:"firm"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor"`
	Kind   string `query:"kind"`
}

// securityEventView is one event.
type securityEventView struct {
	ID      string    `json:"id"`
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"`
	Outcome string    `json:"outcome"`
	Via     string    `json:"via"`
	Actor   string    `json:"actor"`
	Address string    `json:"address"`
	Object  string    `json:"object"`
	Request string    `json:"request_id"`
	Detail  string    `json:"detail"`
}

// listEvents serves GET …/security-events.
func (p *auditPages) listEvents(ctx context.Context, in *eventsInput) (*struct{ Body list[securityEventView] }, error) {
	scope := scopeOf(ctx)
	q := audit.EventQuery{Limit: in.Limit + 1, Kind: in.Kind}
	if err := p.uncursor("events api", scope, in.Cursor, &q.Before); err != nil {
		return nil, err
	}
	var err error
	if q.Users, err = p.joined(ctx, scope); err != nil {
		return nil, err
	}
	events, err := p.audit.EventPage(ctx, scope, q)
	if err != nil {
		return nil, err
	}
	out := &struct{ Body list[securityEventView] }{list[securityEventView]{Items: []securityEventView{}}}
	for i, e := range events {
		if i == in.Limit {
			out.Body.Next, err = p.cursor("events api", scope, events[i-1].At)
			break
		}
		actor := e.Actor.Name
		if !e.Actor.User.IsZero() {
			actor = e.Actor.User.String()
		}
		out.Body.Items = append(out.Body.Items, securityEventView{
			e.ID.String(), e.At, e.Kind, e.Outcome, string(e.Actor.Via), actor, e.Actor.Address, e.Object, e.Request, e.Detail,
		})
	}
	return out, err
}

// number writes a link's number.
func number(n int64) string { return strconv.FormatInt(n, 10) }
