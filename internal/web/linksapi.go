package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// linker is the part of internal/link that its pages and operations use.
type linker interface {
	Exchange(name string) (*exchange.Exchange, error)
	Offered() []*exchange.Exchange
	Reached(id tenant.ID) map[string]time.Time
	Lapsed(ctx context.Context, s tenant.Scope) (bool, error)
	Create(ctx context.Context, s tenant.Scope, q link.Request) (*link.Link, error)
	Change(ctx context.Context, s tenant.Scope, id tenant.ID, c link.Change) (*link.Link, error)
	Delete(ctx context.Context, s tenant.Scope, id tenant.ID) error
	Find(ctx context.Context, s tenant.Scope, id tenant.ID) (*link.Link, *link.Run, error)
	List(ctx context.Context, s tenant.Scope) ([]link.Link, error)
	Sync(ctx context.Context, s tenant.Scope, id tenant.ID) (*link.Run, error)
	Runs(ctx context.Context, s tenant.Scope, id tenant.ID, limit int) ([]link.Run, error)
	Loads(ctx context.Context, id tenant.ID, of string) ([]exchange.Load, error)
}

// accountView is a link as the API shows it: never a key.
type accountView struct {
	ID          string            `json:"id"`
	Exchange    string            `json:"exchange"`
	Label       string            `json:"label"`
	Last4       string            `json:"last4" doc:"Of the key; all of it that is ever shown"`
	State       link.State        `json:"state" enum:"active,paused,needs_reauth,suspended_write_permission,rate_limited,failed"`
	Code        string            `json:"code,omitempty" doc:"Why it is not active"`
	Rights      []string          `json:"rights" doc:"That the exchange says the key has"`
	IPBound     bool              `json:"ip_bound"`
	Expires     *time.Time        `json:"expires" doc:"When the key ends; null if never or not told"`
	Checked     *time.Time        `json:"checked"`
	AheadMS     *int64            `json:"clock_ahead_ms" doc:"Milliseconds that the exchange's clock is before ours, to half a second; null if it does not say"`
	Stated      *time.Time        `json:"read_only_stated" doc:"When you stated that the key only reads; null where the exchange tells"`
	Warnings    []string          `json:"warnings"`
	Schedule    string            `json:"schedule"`
	Streams     []streamView      `json:"streams"`
	Certificate []certificateView `json:"certificate"`
	Proved      *time.Time        `json:"proved"`
	LastRun     *runView          `json:"last_run"`
	NextRun     *time.Time        `json:"next_run" doc:"Null if it is not fetched by itself; next_run_rests says why"`
	Rests       link.Rest         `json:"next_run_rests" enum:",manual,paused,needs_reauth,suspended_write_permission,plan_lapsed" doc:"Why there is no next run; empty if there is one"`
	StaleDays   int               `json:"stale_days" doc:"For how many days the data is older than it should be"`
	Created     time.Time         `json:"created"`
}

// streamView is how far a stream was fetched.
type streamView struct {
	Name   string           `json:"name"`
	State  link.StreamState `json:"state"`
	Cursor *string          `json:"cursor"`
	From   *time.Time       `json:"from"`
	To     *time.Time       `json:"to"`
	Rows   int              `json:"rows"`
	Total  int              `json:"total,omitempty"`
	Gaps   []string         `json:"gaps" doc:"What the exchange cannot give, or tells otherwise than before"`
}

// certificateView says whether an asset's balance is explained.
type certificateView struct {
	Account    string       `json:"account"`
	Asset      string       `json:"asset"`
	Reported   money.Amount `json:"reported"`
	Calculated money.Amount `json:"calculated"`
	OK         bool         `json:"ok"`
	First      *recordView  `json:"first_diverging"`
}

// recordView names a record of an exchange.
type recordView struct {
	Endpoint string `json:"endpoint"`
	ID       string `json:"id"`
}

// runView is a run of a link.
type runView struct {
	ID      string        `json:"id"`
	State   link.RunState `json:"state" enum:"queued,running,waiting,done,failed"`
	Started *time.Time    `json:"started"`
	Ended   *time.Time    `json:"ended"`
	Rows    int           `json:"rows"`
	Code    string        `json:"code" doc:"Why it waits or failed; empty if it did not"`
	Until   *time.Time    `json:"until,omitempty" doc:"When it goes on"`
}

func newRunView(r *link.Run) *runView {
	if r == nil {
		return nil
	}
	return &runView{
		ID: r.ID.String(), State: r.State, Started: timeOrNull(r.Started), Ended: timeOrNull(r.Ended), Rows: r.Rows, Code: r.Code, Until: timeOrNull(r.Until),
	}
}

// newAccountView shows a link with what its exchange cannot give.
func (s *Site) newAccountView(l *link.Link, last *link.Run, lapsed bool) accountView {
	v := accountView{
		ID: l.ID.String(), Exchange: l.Exchange, Label: l.Label, Last4: l.Last4, State: l.State, Code: l.Code, Rights: orEmpty(l.Passport.Rights),
		IPBound: l.Passport.IPBound, Expires: timeOrNull(l.Passport.Expires), Checked: timeOrNull(l.Passport.Checked), Stated: timeOrNull(l.Stated),
		Warnings: orEmpty(l.Passport.Warnings), Schedule: l.Schedule, Streams: []streamView{}, Certificate: []certificateView{}, Proved: timeOrNull(l.Proved),
		LastRun: newRunView(last), NextRun: timeOrNull(l.NextRun(lapsed)), Rests: l.Rests(lapsed),
		StaleDays: l.Stale(s.cfg.Clock(), lapsed), Created: l.Created,
	}
	if ahead := l.Passport.Ahead; ahead != nil {
		ms := ahead.Milliseconds()
		v.AheadMS = &ms
	}
	for i := range l.Streams {
		v.Streams = append(v.Streams, s.newStreamView(l.Exchange, &l.Streams[i]))
	}
	for i := range l.Proof {
		v.Certificate = append(v.Certificate, newCertificateView(&l.Proof[i]))
	}
	return v
}

func (s *Site) newStreamView(name string, st *link.Stream) streamView {
	v := streamView{
		Name: st.Name, State: st.State, From: timeOrNull(st.From), To: timeOrNull(st.To), Rows: st.Rows, Total: st.Total, Gaps: []string{},
	}
	if st.Cursor != "" {
		v.Cursor = &st.Cursor
	}
	if st.Changed > 0 {
		v.Gaps = append(v.Gaps, "The exchange tells some records otherwise than it did; those kept are as they were first told.")
	}
	if list := st.Missed(); len(list) > 0 {
		v.Gaps = append(v.Gaps, upperFirst(missedWords(list))+".")
	}
	x, err := s.cfg.Links.Exchange(name)
	if err != nil {
		return v // it cannot be linked any more: nothing is known of it
	}
	for _, d := range x.Streams {
		if d.Name == st.Name && d.Reach > 0 {
			v.Gaps = append(v.Gaps, "The exchange gives the last "+days(d.Reach)+" only. Upload a statement for what lies before.")
		}
	}
	return v
}

func newCertificateView(c *reconcile.Certificate) certificateView {
	v := certificateView{Account: c.Account, Asset: c.Asset, Reported: c.Reported, Calculated: c.Calculated, OK: c.OK}
	if c.First != nil {
		v.First = &recordView{c.First.Endpoint, c.First.ID}
	}
	return v
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// linkPath is the path of a link in the API.
type linkPath struct {
	Firm   string `path:"firm"`
	Entity string `path:"entity"`
	ID     string `path:"id"`
}

// id reads the link's id; what is no id is nowhere to be found.
func (p *linkPath) id() (tenant.ID, error) {
	id, err := tenant.ParseID(p.ID)
	if err != nil {
		return id, fault.New(fault.NotFound, err, "There is no such link.")
	}
	return id, nil
}

// linkInput is an account to be linked.
type linkInput struct {
	Firm   string `path:"firm"`
	Entity string `path:"entity"`
	Body   struct {
		Exchange   string `json:"exchange"`
		Label      string `json:"label,omitempty"`
		Key        string `json:"api_key"`
		Secret     string `json:"api_secret"`
		Passphrase string `json:"passphrase,omitempty"`
		Schedule   string `json:"schedule,omitempty" doc:"hourly, daily, weekly, manual or five fields of cron"`
		Stated     bool   `json:"read_only_statement,omitempty" doc:"You state that the key can only read; Luno and Bitstamp do not tell"`
	}
}

// linkChange is what is to change about a link.
type linkChange struct {
	EntityAt        // exported, and so is what it has: what is embedded otherwise stays empty
	ID       string `path:"id"`
	Body     struct {
		Label      *string `json:"label,omitempty"`
		Schedule   *string `json:"schedule,omitempty"`
		Paused     *bool   `json:"paused,omitempty"`
		Key        string  `json:"api_key,omitempty" doc:"A new key for the same account; history and cursors stay"`
		Secret     string  `json:"api_secret,omitempty"`
		Passphrase string  `json:"passphrase,omitempty"`
		Stated     bool    `json:"read_only_statement,omitempty"`
	}
}

func credentials(id, secret, passphrase string) exchange.Credentials {
	return exchange.Credentials{ID: id, Secret: keyring.NewSecret([]byte(secret)), Passphrase: keyring.NewSecret([]byte(passphrase))}
}

const connections = "/api/v1/firms/{firm}/entities/{entity}/connections"

// linksAPI registers the operations on linked accounts.
func (s *Site) linksAPI(r *router) {
	if s.cfg.Links == nil {
		return
	}
	operation(r, call{method: http.MethodGet, path: connections, id: "list-connections", group: "Connections", summary: "Linked accounts"},
		need(tenant.Connections, tenant.View), s.listLinks)
	operation(r, call{
		method: http.MethodPost, path: connections, id: "create-connection", group: "Connections", status: http.StatusCreated, summary: "Link an account",
		about: "The exchange is asked what the key may do. A key that may do more than read is refused, and nothing is stored.",
	}, need(tenant.Connections, tenant.Edit), func(ctx context.Context, in *linkInput) (*struct{ Body accountView }, error) {
		l, err := s.cfg.Links.Create(ctx, scopeOf(ctx), link.Request{
			Exchange: in.Body.Exchange, Label: in.Body.Label, Key: credentials(in.Body.Key, in.Body.Secret, in.Body.Passphrase), Schedule: in.Body.Schedule, Stated: in.Body.Stated,
		})
		if err != nil {
			return nil, err
		}
		return s.oneLink(ctx, l, nil)
	}, costly(), withTimeout(linkTime), withKey("api_secret"))
	operation(r, call{method: http.MethodGet, path: connections + "/{id}", id: "get-connection", group: "Connections", summary: "One linked account"},
		need(tenant.Connections, tenant.View), func(ctx context.Context, in *linkPath) (*struct{ Body accountView }, error) {
			id, err := in.id()
			if err != nil {
				return nil, err
			}
			l, last, err := s.cfg.Links.Find(ctx, scopeOf(ctx), id)
			if err != nil {
				return nil, err
			}
			return s.oneLink(ctx, l, last)
		})
	operation(r, call{method: http.MethodPatch, path: connections + "/{id}", id: "change-connection", group: "Connections", summary: "Change label, schedule, pause or key"},
		need(tenant.Connections, tenant.Edit), s.changeLink, costly(), withTimeout(linkTime), withKey("api_secret"))
	operation(r, call{
		method: http.MethodDelete, path: connections + "/{id}", id: "delete-connection", group: "Connections", status: http.StatusNoContent, summary: "Unlink",
		about: "The key is destroyed at once and a run that uses it ends. What was fetched stays in the books.",
	}, need(tenant.Connections, tenant.Edit), func(ctx context.Context, in *linkPath) (*struct{}, error) {
		id, err := in.id()
		if err != nil {
			return nil, err
		}
		return &struct{}{}, s.cfg.Links.Delete(ctx, scopeOf(ctx), id)
	})
	s.runsAPI(r)
}

// linkTime is how long an exchange may take to tell what a key may do.
const linkTime = 90 * time.Second

func (s *Site) listLinks(ctx context.Context, _ *struct {
	Firm   string `path:"firm"`
	Entity string `path:"entity"`
},
) (*struct{ Body list[accountView] }, error) {
	all, err := s.cfg.Links.List(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	lapsed, err := s.cfg.Links.Lapsed(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	out := list[accountView]{Items: []accountView{}}
	for i := range all {
		runs, err := s.cfg.Links.Runs(ctx, scopeOf(ctx), all[i].ID, 1)
		if err != nil {
			return nil, err
		}
		var last *link.Run
		if len(runs) > 0 {
			last = &runs[0]
		}
		out.Items = append(out.Items, s.newAccountView(&all[i], last, lapsed))
	}
	return &struct{ Body list[accountView] }{out}, nil
}

func (s *Site) changeLink(ctx context.Context, in *linkChange) (*struct{ Body accountView }, error) {
	id, err := (&linkPath{ID: in.ID}).id()
	if err != nil {
		return nil, err
	}
	c := link.Change{Label: in.Body.Label, Schedule: in.Body.Schedule, Paused: in.Body.Paused, Stated: in.Body.Stated}
	if in.Body.Key != "" || in.Body.Secret != "" {
		key := credentials(in.Body.Key, in.Body.Secret, in.Body.Passphrase)
		c.Key = &key
	}
	l, err := s.cfg.Links.Change(ctx, scopeOf(ctx), id, c)
	if err != nil {
		return nil, err
	}
	_, last, err := s.cfg.Links.Find(ctx, scopeOf(ctx), id)
	if err != nil {
		return nil, err
	}
	return s.oneLink(ctx, l, last)
}

// oneLink answers with a link.
func (s *Site) oneLink(ctx context.Context, l *link.Link, last *link.Run) (*struct{ Body accountView }, error) {
	lapsed, err := s.cfg.Links.Lapsed(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	return &struct{ Body accountView }{s.newAccountView(l, last, lapsed)}, nil
}

// runsAPI registers the operations on the runs of a link.
func (s *Site) runsAPI(r *router) {
	type begun struct {
		Run string `json:"run"`
	}
	operation(r, call{method: http.MethodPost, path: connections + "/{id}/sync", id: "sync-connection", group: "Connections", status: http.StatusAccepted, summary: "Fetch now"},
		need(tenant.Connections, tenant.Edit), func(ctx context.Context, in *linkPath) (*struct{ Body begun }, error) {
			id, err := in.id()
			if err != nil {
				return nil, err
			}
			run, err := s.cfg.Links.Sync(ctx, scopeOf(ctx), id)
			if err != nil {
				return nil, err
			}
			return &struct{ Body begun }{begun{run.ID.String()}}, nil
		})
	operation(r, call{method: http.MethodGet, path: connections + "/{id}/runs", id: "list-runs", group: "Connections", summary: "The last runs"},
		need(tenant.Connections, tenant.View), func(ctx context.Context, in *linkPath) (*struct{ Body list[runView] }, error) {
			id, err := in.id()
			if err != nil {
				return nil, err
			}
			const lastRuns = 50
			runs, err := s.cfg.Links.Runs(ctx, scopeOf(ctx), id, lastRuns)
			if err != nil {
				return nil, err
			}
			out := list[runView]{Items: []runView{}}
			for i := range runs {
				out.Items = append(out.Items, *newRunView(&runs[i]))
			}
			return &struct{ Body list[runView] }{out}, nil
		})
}

// days words a duration of days.
func days(d time.Duration) string {
	n := int(d / (24 * time.Hour))
	switch {
	case n > 365 && n%365 == 0:
		return strconv.Itoa(n/365) + " years"
	case n >= 60 && n%30 == 0:
		return strconv.Itoa(n/30) + " months"
	case n == 1:
		return "day"
	}
	return strconv.Itoa(n) + " days"
}
