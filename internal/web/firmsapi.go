package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

const (
	apiFirms = "/api/v1/firms"
	apiFirm  = apiFirms + "/{firm}"
)

// FirmAt is the address of a firm. It is exported so that huma fills it in
// where it is embedded.
type FirmAt struct {
	Firm string `path:"firm"`
}

// firmView is a firm.
type firmView struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	Country   string      `json:"country"`
	Currency  string      `json:"currency"`
	Timezone  string      `json:"timezone"`
	Residency string      `json:"residency" doc:"The region in which its data lie"`
	Role      tenant.Role `json:"role,omitempty" doc:"Of who asks"`
	Created   time.Time   `json:"created"`
	Archived  *time.Time  `json:"archived"`
	Version   int64       `json:"version" doc:"Goes into If-Match of a change"`
}

func newFirmView(f firm.Firm, role tenant.Role) firmView {
	return firmView{
		ID: f.ID.String(), Name: f.Name, Country: f.Country, Currency: f.Currency, Timezone: f.Timezone, Residency: f.Residency, Role: role,
		Created: f.Created, Archived: timeOrNull(f.Archived), Version: f.Version,
	}
}

// tagged is an answer with the version of what it shows.
type tagged[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

func tag[T any](version int64, body T) *tagged[T] {
	return &tagged[T]{etag(strconv.FormatInt(version, 10)), body}
}

// versionOf reads the version of an If-Match header; 0 looks at none.
func versionOf(header string) (int64, error) {
	if header == "" || header == "*" {
		return 0, nil
	}
	n := len(header)
	if n < 3 || header[0] != '"' || header[n-1] != '"' {
		return 0, fault.New(fault.Precondition, nil, "")
	}
	v, err := strconv.ParseInt(header[1:n-1], 10, 64)
	if err != nil || v < 1 {
		return 0, fault.New(fault.Precondition, err, "")
	}
	return v, nil
}

// firmsAPI registers the operations on firms and entities.
func (s *Site) firmsAPI(r *router) {
	if s.cfg.Firms == nil {
		return
	}
	operation(r, call{method: http.MethodGet, path: apiFirms, id: "list-firms", group: "Firms", summary: "The firms that you are in"}, signedIn(), s.listFirms)
	operation(r, call{method: http.MethodPost, path: apiFirms, id: "create-firm", group: "Firms", summary: "Make a firm; you become its owner", status: http.StatusCreated}, signedIn(), s.createFirm)
	operation(r, call{method: http.MethodGet, path: apiFirm, id: "get-firm", group: "Firms", summary: "One firm"}, need(tenant.Settings, tenant.View), s.getFirm)
	operation(r, call{method: http.MethodPatch, path: apiFirm, id: "change-firm", group: "Firms", summary: "Rename or archive a firm, change what holds for new clients"},
		need(tenant.Settings, tenant.Edit), s.changeFirm)
	operation(r, call{method: http.MethodGet, path: apiFirm + "/entities", id: "list-entities", group: "Entities", summary: "The firm's own clients"},
		need(tenant.Records, tenant.View), s.listEntities)
	operation(r, call{
		method: http.MethodPost, path: apiFirm + "/entities", id: "create-entity", group: "Entities", summary: "Add a client", status: http.StatusCreated,
	}, need(tenant.Records, tenant.Edit), s.createEntity)
	operation(r, call{method: http.MethodGet, path: apiEntity, id: "get-entity", group: "Entities", summary: "One client"}, need(tenant.Records, tenant.View), s.getEntity)
	operation(r, call{method: http.MethodPatch, path: apiEntity, id: "change-entity", group: "Entities", summary: "Rename or archive a client, change its tax settings"},
		need(tenant.Records, tenant.Edit), s.changeEntity)
	operation(r, call{
		method: http.MethodGet, path: apiFirm + "/clients", id: "list-clients", group: "Entities", summary: "All clients: the firm's own, those shared with it, those asked for",
	}, need(tenant.Records, tenant.View), s.listClients)
}

func (s *Site) listFirms(ctx context.Context, _ *struct{}) (*struct{ Body list[firmView] }, error) {
	mine, err := s.cfg.Firms.Mine(ctx, identityOf(ctx))
	if err != nil {
		return nil, err
	}
	items := []firmView{}
	for _, m := range mine {
		items = append(items, newFirmView(m.Firm, m.Role))
	}
	return &struct{ Body list[firmView] }{list[firmView]{Items: items}}, nil
}

// draftIn is what is said of a new firm.
type draftIn struct {
	Body struct {
		Name      string `json:"name" minLength:"1" maxLength:"120"`
		Country   string `json:"country" minLength:"2" maxLength:"2" doc:"ISO 3166, or XX for the generic rules"`
		Currency  string `json:"currency,omitempty" doc:"The country's own if it is not given"`
		Timezone  string `json:"timezone,omitempty" doc:"The country's own if it is not given"`
		Residency string `json:"residency,omitempty" doc:"Where its data must lie; another region than this service's is refused"`
	}
}

func (s *Site) createFirm(ctx context.Context, in *draftIn) (*tagged[firmView], error) {
	b := in.Body
	f, err := s.cfg.Firms.Create(ctx, identityOf(ctx), firm.Draft{Name: b.Name, Country: b.Country, Currency: b.Currency, Timezone: b.Timezone, Residency: b.Residency})
	if err != nil {
		return nil, err
	}
	return tag(f.Version, newFirmView(f, tenant.Owner)), nil
}

func (s *Site) getFirm(ctx context.Context, _ *FirmAt) (*tagged[firmView], error) {
	f, err := s.cfg.Firms.Firm(ctx, scopeOf(ctx))
	return tag(f.Version, newFirmView(f, scopeOf(ctx).Member().Role)), err
}

// firmChangeIn is what is to be changed about a firm.
type firmChangeIn struct {
	FirmAt
	IfMatch string `header:"If-Match"`
	Body    struct {
		Name     *string `json:"name,omitempty"`
		Country  *string `json:"country,omitempty"`
		Currency *string `json:"currency,omitempty"`
		Timezone *string `json:"timezone,omitempty"`
		Archived *bool   `json:"archived,omitempty"`
	}
}

func (s *Site) changeFirm(ctx context.Context, in *firmChangeIn) (*tagged[firmView], error) {
	version, err := versionOf(in.IfMatch)
	if err != nil {
		return nil, err
	}
	b := in.Body
	f, err := s.cfg.Firms.ChangeFirm(ctx, scopeOf(ctx), firm.Change{Name: b.Name, Country: b.Country, Currency: b.Currency, Timezone: b.Timezone, Archived: b.Archived, Version: version})
	if err != nil {
		return nil, err
	}
	return tag(f.Version, newFirmView(f, scopeOf(ctx).Member().Role)), nil
}

// entityView is a client.
type entityView struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	Country  string          `json:"country"`
	Currency string          `json:"currency"`
	Timezone string          `json:"timezone"`
	Method   string          `json:"method" doc:"Empty is the country's own"`
	Options  json.RawMessage `json:"options" doc:"As in Ledger JSON; null for none"`
	Status   firm.Status     `json:"status"`
	Due      *string         `json:"due" doc:"A date; null for none"`
	Preparer *string         `json:"preparer" doc:"A member's id; null for nobody yet"`
	Reviewer *string         `json:"reviewer"`
	Created  time.Time       `json:"created"`
	Archived *time.Time      `json:"archived"`
	Version  int64           `json:"version" doc:"Goes into If-Match of a change"`
}

func newEntityView(e firm.Entity) entityView {
	v := entityView{
		ID: e.ID.String(), Name: e.Name, Country: e.Country, Currency: e.Currency, Timezone: e.Timezone, Method: e.Method, Options: json.RawMessage("null"),
		Status: e.Status, Preparer: idOrNull(e.Preparer), Reviewer: idOrNull(e.Reviewer), Created: e.Created, Archived: timeOrNull(e.Archived), Version: e.Version,
	}
	if len(e.Options) > 0 {
		v.Options = e.Options
	}
	if !e.Due.IsZero() {
		day := e.Due.Format(time.DateOnly)
		v.Due = &day
	}
	return v
}

func idOrNull(id tenant.ID) *string {
	if id.IsZero() {
		return nil
	}
	text := id.String()
	return &text
}

func (s *Site) listEntities(ctx context.Context, _ *FirmAt) (*struct{ Body list[entityView] }, error) {
	all, err := s.cfg.Firms.Entities(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	items := []entityView{}
	for _, e := range all {
		items = append(items, newEntityView(e))
	}
	return &struct{ Body list[entityView] }{list[entityView]{Items: items}}, nil
}

// entityIn is what is said of a new client.
type entityIn struct {
	FirmAt
	Body struct {
		Name     string          `json:"name" minLength:"1" maxLength:"120"`
		Country  string          `json:"country,omitempty" doc:"The firm's if it is not given"`
		Currency string          `json:"currency,omitempty"`
		Timezone string          `json:"timezone,omitempty"`
		Method   string          `json:"method,omitempty"`
		Options  json.RawMessage `json:"options,omitempty"`
	}
}

func (s *Site) createEntity(ctx context.Context, in *entityIn) (*tagged[entityView], error) {
	b := in.Body
	e, err := s.cfg.Firms.AddEntity(ctx, scopeOf(ctx), firm.Entity{
		Name: b.Name, Country: b.Country, Currency: b.Currency, Timezone: b.Timezone, Method: b.Method, Options: optionsOf(b.Options),
	})
	if err != nil {
		return nil, err
	}
	return tag(e.Version, newEntityView(e)), nil
}

// optionsOf takes null for none.
func optionsOf(raw json.RawMessage) []byte {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

func (s *Site) getEntity(ctx context.Context, _ *EntityAt) (*tagged[entityView], error) {
	e, err := s.cfg.Firms.Entity(ctx, scopeOf(ctx))
	return tag(e.Version, newEntityView(e)), err
}

// entityChangeIn is what is to be changed about a client.
type entityChangeIn struct {
	EntityAt
	IfMatch string `header:"If-Match"`
	Body    struct {
		Name     *string         `json:"name,omitempty"`
		Country  *string         `json:"country,omitempty" doc:"Another country takes method, options, currency and zone with it"`
		Currency *string         `json:"currency,omitempty"`
		Timezone *string         `json:"timezone,omitempty"`
		Method   *string         `json:"method,omitempty"`
		Options  json.RawMessage `json:"options,omitempty"`
		Status   *firm.Status    `json:"status,omitempty"`
		Due      *string         `json:"due,omitempty" doc:"A date; empty for none"`
		Preparer *string         `json:"preparer,omitempty" doc:"A member's id; empty for nobody"`
		Reviewer *string         `json:"reviewer,omitempty"`
		Archived *bool           `json:"archived,omitempty"`
	}
}

func (s *Site) changeEntity(ctx context.Context, in *entityChangeIn) (*tagged[entityView], error) {
	b := in.Body
	c := firm.EntityChange{Name: b.Name, Country: b.Country, Currency: b.Currency, Timezone: b.Timezone, Method: b.Method, Status: b.Status, Archived: b.Archived}
	var err error
	if c.Version, err = versionOf(in.IfMatch); err != nil {
		return nil, err
	}
	if b.Options != nil {
		c.Options = new(optionsOf(b.Options))
	}
	if c.Due, err = dayOf(b.Due); err != nil {
		return nil, err
	}
	if c.Preparer, err = personOf("preparer", b.Preparer); err != nil {
		return nil, err
	}
	if c.Reviewer, err = personOf("reviewer", b.Reviewer); err != nil {
		return nil, err
	}
	e, err := s.cfg.Firms.ChangeEntity(ctx, scopeOf(ctx), c)
	if err != nil {
		return nil, err
	}
	return tag(e.Version, newEntityView(e)), nil
}

// dayOf reads a date; an empty one is none.
func dayOf(text *string) (*time.Time, error) {
	if text == nil || *text == "" {
		return zeroIf[time.Time](text), nil
	}
	day, err := time.Parse(time.DateOnly, *text)
	if err != nil {
		return nil, wrongField("due", "date", "A date is written 2026-01-31.")
	}
	return &day, nil
}

// personOf reads somebody's id; an empty one is nobody.
func personOf(field string, text *string) (*tenant.UserID, error) {
	if text == nil || *text == "" {
		return zeroIf[tenant.UserID](text), nil
	}
	id, err := tenant.ParseID(*text)
	if err != nil {
		return nil, wrongField(field, "id", "This is not the id of a member.")
	}
	return &id, nil
}

// zeroIf is a zero value where something was said, and nil where nothing was.
func zeroIf[T any](said *string) *T {
	if said == nil {
		return nil
	}
	return new(T)
}

// wrongField is the fault of one field of an input.
func wrongField(field, code, words string) error {
	f := fault.Coded(fault.Invalid, code, nil, "%s", words)
	f.Details = []fault.Detail{{Pointer: "/" + field, Code: code, Words: words}}
	return f
}

// clientView is a row of the client list.
type clientView struct {
	Firm    string      `json:"firm" doc:"The home firm; empty while it is asked for"`
	Granted bool        `json:"granted" doc:"Shared by another firm"`
	Grant   *string     `json:"grant" doc:"The grant's id; null for the firm's own"`
	Role    tenant.Role `json:"role,omitempty" doc:"By the grant"`
	Until   *time.Time  `json:"until"`
	Status  firm.Status `json:"status" doc:"\"invited\" while somebody still has to agree"`
	Entity  *entityView `json:"entity" doc:"null while somebody still has to agree"`
	Name    string      `json:"name"`
}

// invited is the status of a client that waits for an agreement.
const invited firm.Status = "invited"

func newClientView(c firm.Client) clientView {
	v := clientView{Granted: c.Granted, Name: c.Entity.Name, Status: c.Entity.Status}
	if !c.Home.IsZero() {
		v.Firm = c.Home.String()
	}
	if c.Granted {
		v.Grant, v.Role, v.Until = idOrNull(c.Grant.ID), c.Grant.Role, timeOrNull(c.Grant.Until)
	}
	if c.Waiting {
		v.Status = invited
		return v
	}
	e := newEntityView(c.Entity)
	v.Entity = &e
	return v
}

func (s *Site) listClients(ctx context.Context, _ *FirmAt) (*struct{ Body list[clientView] }, error) {
	all, err := s.cfg.Firms.Clients(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	items := []clientView{}
	for _, c := range all {
		items = append(items, newClientView(c))
	}
	return &struct{ Body list[clientView] }{list[clientView]{Items: items}}, nil
}
