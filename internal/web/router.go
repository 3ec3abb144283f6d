package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// access says who may use a route. Its zero value is nobody's choice and is
// refused.
type access struct {
	kind  accessKind
	perm  tenant.Permission
	scope string // of an API token, where it is not the one that goes with the permission
}

type accessKind uint8

const (
	unset accessKind = iota
	byAnyone
	bySigned
	byPermission
	byOperator
)

// anyone is the access of public routes.
func anyone() access { return access{kind: byAnyone} }

// signedIn is the access of what belongs to the person alone.
func signedIn() access { return access{kind: bySigned} }

// operators is the access of those who run the service; such a route has no
// firm in it.
func operators() access { return access{kind: byOperator} }

// need is the access of a firm's data: a right of an area.
func need(area tenant.Area, level tenant.Level) access {
	return access{kind: byPermission, perm: tenant.Need(area, level)}
}

// token returns the access with another scope for API tokens.
func (a access) token(scope string) access {
	a.scope = scope
	return a
}

// String returns the access as the list of routes shows it.
func (a access) String() string {
	switch a.kind {
	case byAnyone:
		return "public"
	case bySigned:
		return "signed-in"
	case byPermission:
		return a.perm.String()
	case byOperator:
		return "operator"
	default:
		return "unset"
	}
}

// Route is one row of the table of routes.
type Route struct {
	Method     string   `json:"method"`
	Path       string   `json:"path"` // with {name} for what varies
	Permission string   `json:"permission"`
	Scope      string   `json:"scope,omitempty"` // that an API token needs
	Layers     []string `json:"layers"`          // that a request passes, in this order
	API        bool     `json:"api"`             // JSON and tokens instead of pages and cookies
}

// route is a Route as the guard uses it.
type route struct {
	method, path string // with :name
	access       access
	firm, entity bool
	api          bool
	limits       limits
}

// limits are those of one route; zero is the site's.
type limits struct {
	body    int64
	timeout time.Duration // negative: none, as for event streams
	costly  bool          // counts against the tight rate limit
	raw     bool          // authenticated by its own signature: no form token

	keyField string // the one field that may hold a private key: that of an exchange
}

// option changes the limits of a route.
type option func(*limits)

// withBody raises the limit of the request's body.
func withBody(bytes int64) option { return func(l *limits) { l.body = bytes } }

// withTimeout changes the limit of time.
func withTimeout(d time.Duration) option { return func(l *limits) { l.timeout = d } }

// costly counts a request against the tight limit of its peer: sign-in, mail,
// whatever can be guessed or annoys others.
func costly() option { return func(l *limits) { l.costly = true } }

// withKey names the field in which the key of an exchange comes, which may be a
// private key of its own kind. Everywhere else such a key is refused unread.
func withKey(field string) option { return func(l *limits) { l.keyField = field } }

// signed marks a webhook: its signature is checked by the handler, no cookie
// or form token is looked at.
func signed() option { return func(l *limits) { l.raw = true } }

// router is the one place where routes are made, pages and API alike.
type router struct {
	echo  *echo.Echo
	site  *Site
	table map[string]*route
	errs  []error
}

func (r *router) get(path string, a access, h echo.HandlerFunc, opts ...option) {
	r.add(http.MethodGet, path, a, h, opts...)
}

func (r *router) post(path string, a access, h echo.HandlerFunc, opts ...option) {
	r.add(http.MethodPost, path, a, h, opts...)
}

// add registers a page. GET answers HEAD too.
func (r *router) add(method, path string, a access, h echo.HandlerFunc, opts ...option) {
	if r.declare(method, path, a, opts...) {
		r.echo.Add(method, path, h)
		if method == http.MethodGet {
			r.echo.Add(http.MethodHead, path, h)
		}
	}
}

// declare writes the row of a route, with all that can be wrong about it.
func (r *router) declare(method, path string, a access, opts ...option) bool {
	row := &route{method: method, path: path, access: a, api: strings.HasPrefix(path, "/api/")}
	for _, o := range opts {
		o(&row.limits)
	}
	parts := strings.Split(path, "/")
	row.firm, row.entity = slices.Contains(parts, ":firm"), slices.Contains(parts, ":entity")
	var wrong string
	switch {
	case a.kind == unset:
		wrong = "says not who may use it"
	case row.firm != (a.kind == byPermission):
		wrong = "has a firm in its path if and only if it needs a permission"
	case row.entity && !row.firm:
		wrong = "has an entity without its firm"
	case r.table[method+" "+path] != nil:
		wrong = "is there twice"
	default:
		if r.table == nil {
			r.table = make(map[string]*route)
		}
		r.table[method+" "+path] = row
		return true
	}
	r.errs = append(r.errs, fmt.Errorf("web: route %s %s %s", method, path, wrong))
	return false
}

// find returns the row of a request that the router of Echo has placed.
func (r *router) find(method, path string) *route {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	return r.table[method+" "+path]
}

// check compares the table with what Echo knows, so that nothing is reachable
// beside it.
func (r *router) check() error {
	for _, er := range r.echo.Routes() {
		if r.find(er.Method, er.Path) == nil {
			r.errs = append(r.errs, fmt.Errorf("web: route %s %s is not in the table", er.Method, er.Path))
		}
	}
	return errors.Join(r.errs...)
}

// list returns the table for people.
func (r *router) list() []Route {
	var all []Route
	for _, row := range r.table {
		shown := Route{Method: row.method, Path: braces(row.path), Permission: row.access.String(), API: row.api, Layers: []string{}}
		if row.access.kind != byAnyone {
			shown.Layers = append(shown.Layers, "requireLedgerAuth")
		}
		if row.firm {
			shown.Layers = append(shown.Layers, "resolveFirm")
		}
		if row.entity {
			shown.Layers = append(shown.Layers, "resolveEntity")
		}
		if row.api && row.access.kind != byAnyone {
			shown.Scope = row.tokenScope()
		}
		all = append(all, shown)
	}
	slices.SortFunc(all, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return all
}

// braces turns :name into {name}.
func braces(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// tokenScope is the scope that an API token needs for a route.
func (r *route) tokenScope() string {
	p := r.access.perm
	switch {
	case r.access.scope != "":
		return r.access.scope
	case r.access.kind == byOperator:
		return "admin"
	case r.access.kind == bySigned && r.method == http.MethodGet:
		return "read"
	case r.access.kind == bySigned:
		return "write"
	case p.Area == tenant.Connections && p.Level == tenant.Edit:
		return "connections"
	case p.Area == tenant.BillingArea:
		return "billing"
	case p.Area == tenant.Members:
		return "members"
	case p.Area == tenant.Audit:
		return "audit"
	case p.Area == tenant.Settings && p.Level == tenant.Edit:
		return "admin"
	case p.Area == tenant.Records && p.Level == tenant.Edit:
		return "write"
	default:
		return "read"
	}
}
