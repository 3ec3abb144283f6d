package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web"
)

// town is two firms, with an entity each, and people of every kind.
type town struct {
	*crowd
	firm, other           tenant.FirmID
	own, second, foreign  tenant.EntityID
	owner, reader, client tenant.UserID
	grantee, stranger     tenant.UserID
}

func newTown() town {
	w := town{
		firm: tenant.NewID(), other: tenant.NewID(), own: tenant.NewID(), second: tenant.NewID(), foreign: tenant.NewID(),
		owner: tenant.NewID(), reader: tenant.NewID(), client: tenant.NewID(), grantee: tenant.NewID(), stranger: tenant.NewID(),
	}
	member := func(user tenant.UserID, firm tenant.FirmID, role tenant.Role) tenant.Membership {
		return tenant.Membership{Firm: firm, User: user, Role: role, Rights: tenant.DefaultRights(role)}
	}
	client := member(w.client, w.firm, tenant.Client)
	client.Entities = []tenant.EntityID{w.own}
	grant := member(w.grantee, w.firm, tenant.Preparer)
	grant.Entities, grant.Grant = []tenant.EntityID{w.own}, tenant.NewID()
	w.crowd = &crowd{
		sessions: map[string]tenant.UserID{"owner": w.owner, "reader": w.reader, "client": w.client, "grantee": w.grantee, "stranger": w.stranger},
		tokens:   map[string]tenant.UserID{"token": w.owner},
		scopes:   []string{"read"},
		members: map[tenant.UserID][]tenant.Membership{
			w.owner: {member(w.owner, w.firm, tenant.Owner)}, w.reader: {member(w.reader, w.firm, tenant.ReadOnly)},
			w.client: {client}, w.grantee: {grant, member(w.grantee, w.other, tenant.Owner)}, w.stranger: {member(w.stranger, w.other, tenant.Owner)},
		},
		homes: map[tenant.EntityID]tenant.FirmID{w.own: w.firm, w.second: w.firm, w.foreign: w.other},
	}
	return w
}

func (w town) site(t *testing.T) site {
	t.Helper()
	return newSite(t, web.Config{}, w.crowd, func(r *web.Router) {
		r.Add(http.MethodGet, "/f/:firm/team", web.Need(tenant.Members, tenant.View))
		r.Add(http.MethodGet, "/f/:firm/e/:entity/lots", web.Need(tenant.Records, tenant.View))
		r.Add(http.MethodPost, "/f/:firm/e/:entity/lots", web.Need(tenant.Records, tenant.Edit))
		r.Add(http.MethodGet, "/api/v1/firms/:firm/entities/:entity/lots", web.Need(tenant.Records, tenant.View))
		r.Add(http.MethodDelete, "/api/v1/firms/:firm/entities/:entity/lots", web.Need(tenant.Records, tenant.Edit))
		r.Add(http.MethodGet, "/mine", web.SignedIn())
		r.Add(http.MethodGet, "/run", web.Operators())
	})
}

// TestLayers: what each person gets of each page, and that what is not theirs
// looks like what is not there.
func TestLayers(t *testing.T) {
	t.Parallel()
	w := newTown()
	s := w.site(t)
	none := tenant.NewID()
	team := func(f tenant.FirmID) string { return "/f/" + f.String() + "/team" }
	lots := func(f tenant.FirmID, e tenant.EntityID) string {
		return "/f/" + f.String() + "/e/" + e.String() + "/lots"
	}
	missing := ""
	for _, tt := range []struct {
		who, path string
		status    int
	}{
		{"", "/mine", 401},
		{"bad cookie", "/mine", 401},
		{"owner", "/mine", 200},
		{"owner", "/run", 404},
		{"", team(w.firm), 401},
		{"owner", team(w.firm), 200},
		{"owner", team(w.other), 404},
		{"owner", team(none), 404},
		{"owner", "/f/" + strings.ToUpper(w.firm.String()) + "/team", 404},
		{"owner", "/f/..%2f" + w.firm.String() + "/team", 404},
		{"reader", team(w.firm), 403},
		{"client", team(w.firm), 403},
		{"grantee", team(w.firm), 404},
		{"owner", lots(w.firm, w.own), 200},
		{"owner", lots(w.firm, w.second), 200},
		{"owner", lots(w.firm, w.foreign), 404},
		{"owner", lots(w.firm, none), 404},
		{"owner", lots(w.other, w.foreign), 404},
		{"owner", lots(w.other, w.own), 404},
		{"client", lots(w.firm, w.own), 200},
		{"client", lots(w.firm, w.second), 404},
		{"grantee", lots(w.firm, w.own), 200},
		{"grantee", lots(w.firm, w.second), 404},
		{"grantee", lots(w.other, w.own), 404},
		{"grantee", lots(w.other, w.foreign), 200},
		{"stranger", lots(w.firm, w.own), 404},
	} {
		var header []string
		if tt.who != "" {
			header = []string{"Cookie", "__Host-ls_session=" + tt.who}
		}
		got := s.ask(http.MethodGet, tt.path, nil, header...)
		if got.Code != tt.status {
			t.Errorf("%s at %s: %d, want %d", tt.who, tt.path, got.Code, tt.status)
		}
		checkHeaders(t, got)
		if got.Code == http.StatusOK && got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s at %s: may be cached: %q", tt.who, tt.path, got.Header().Get("Cache-Control"))
		}
		if tt.status == http.StatusNotFound {
			body := strings.ReplaceAll(got.Body.String(), got.Header().Get("X-Request-Id"), "ID")
			if missing == "" {
				missing = body
			}
			if body != missing {
				t.Errorf("%s at %s: answers %s, others %s", tt.who, tt.path, body, missing)
			}
		}
	}
}

// TestTokens: tokens open the API as far as their scopes go, and only the API.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := newTown()
	s := w.site(t)
	api := "/api/v1/firms/" + w.firm.String() + "/entities/" + w.own.String() + "/lots"
	for _, tt := range []struct {
		name, method, path string
		header             []string
		status             int
	}{
		{"reads", "GET", api, []string{"Authorization", "Bearer token"}, 200},
		{"any_case", "GET", api, []string{"Authorization", "bearer token"}, 200},
		{"no_scope_to_delete", "DELETE", api, []string{"Authorization", "Bearer token"}, 403},
		{"wrong", "GET", api, []string{"Authorization", "Bearer tokem"}, 401},
		{"of_no_kind", "GET", api, []string{"Authorization", "token"}, 401},
		{"as_a_cookie", "GET", api, []string{"Cookie", "__Host-ls_session=owner"}, 401},
		{"cookie_for_token", "GET", api, []string{"Authorization", "Bearer owner"}, 401},
		{"no_page", "GET", "/mine", []string{"Authorization", "Bearer token"}, 401},
	} {
		if got := s.ask(tt.method, tt.path, nil, tt.header...); got.Code != tt.status {
			t.Errorf("%s: %d, want %d: %s", tt.name, got.Code, tt.status, got.Body)
		}
	}
	w.scopes = []string{"write"}
	if got := s.ask("DELETE", api, nil, "Authorization", "Bearer token"); got.Code != 200 {
		t.Errorf("with its scope: %d %s", got.Code, got.Body)
	}
	w.scopes = nil
	if got := s.ask("GET", api, nil, "Authorization", "Bearer token"); got.Code != 403 {
		t.Errorf("without any scope: %d", got.Code)
	}
}

// TestPermissionActsAtOnce: what an owner takes away is gone at the next request.
func TestPermissionActsAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown()
	s := w.site(t)
	path := "/f/" + w.firm.String() + "/e/" + w.own.String() + "/lots"
	if got := s.ask("GET", path, nil, "Cookie", "__Host-ls_session=grantee"); got.Code != 200 {
		t.Fatalf("granted: %d", got.Code)
	}
	w.members[w.grantee] = w.members[w.grantee][1:]
	if got := s.ask("GET", path, nil, "Cookie", "__Host-ls_session=grantee"); got.Code != 404 {
		t.Errorf("revoked: %d", got.Code)
	}
}
