package tenant_test

import (
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	id := tenant.NewID()
	if got, err := tenant.ParseID(id.String()); err != nil || got != id {
		t.Errorf("%s is read as %s: %v", id, got, err)
	}
	for _, bad := range []string{"", "../../etc/passwd", strings.ToUpper(id.String()[:31]) + "F", id.String() + "0", id.String()[1:], strings.Repeat("g", 32)} {
		if _, err := tenant.ParseID(bad); err == nil {
			t.Errorf("%q is an id", bad)
		}
	}
}

// TestLayers: no layer can be left out, and each refuses what the one before
// did not give.
func TestLayers(t *testing.T) {
	t.Parallel()
	user, firm, own, other := tenant.NewID(), tenant.NewID(), tenant.NewID(), tenant.NewID()
	who := tenant.Authenticated(tenant.Actor{Via: tenant.ViaSession, User: user})
	member := tenant.Membership{Firm: firm, User: user, Role: tenant.Preparer, Rights: tenant.DefaultRights(tenant.Preparer), Entities: []tenant.EntityID{own}}
	refused := map[string]func() error{
		"nobody":         func() error { _, err := (tenant.Identity{}).Enter(member); return err },
		"no_user":        func() error { _, err := tenant.Authenticated(tenant.Actor{}).Enter(member); return err },
		"no_firm":        func() error { m := member; m.Firm = tenant.FirmID{}; _, err := who.Enter(m); return err },
		"someone_else":   func() error { m := member; m.User = other; _, err := who.Enter(m); return err },
		"unknown_role":   func() error { m := member; m.Role = "root"; _, err := who.Enter(m); return err },
		"no_scope":       func() error { _, err := (tenant.Scope{}).Open(own); return err },
		"not_theirs":     func() error { s, _ := who.Enter(member); _, err := s.Open(other); return err },
		"nothing_opened": func() error { s, _ := who.Enter(member); _, err := s.Open(tenant.EntityID{}); return err },
	}
	for name, try := range refused {
		if try() == nil {
			t.Errorf("%s: let in", name)
		}
	}
	s, err := who.Enter(member)
	if err != nil || !s.Valid() || s.ValidEntity() || s.Firm() != firm {
		t.Fatalf("a member is not let in: %v", err)
	}
	e, err := s.Open(own)
	if err != nil || !e.ValidEntity() || e.Entity() != own || e.Actor().User != user || s.ValidEntity() {
		t.Fatalf("a member's entity is not opened: %v", err)
	}
	if (tenant.Scope{}).May(tenant.Need(tenant.Records, tenant.None)) {
		t.Error("nobody may do nothing, but is said to")
	}
}

// TestTable: the owner may do everything, every level includes the one below,
// and nobody else may do all.
func TestTable(t *testing.T) {
	t.Parallel()
	for _, r := range tenant.Roles() {
		all := true
		for _, a := range tenant.Areas() {
			rights := tenant.DefaultRights(r)
			if rights.Allows(tenant.Need(a, tenant.Edit)) && !rights.Allows(tenant.Need(a, tenant.View)) {
				t.Errorf("%s may edit %s and not see it", r, a)
			}
			all = all && rights.Allows(tenant.Need(a, tenant.Edit))
			if got, ok := tenant.ParseArea(a.String()); !ok || got != a {
				t.Errorf("area %s is read as %s", a, got)
			}
		}
		if all != (r == tenant.Owner) {
			t.Errorf("%s may do everything: %v", r, all)
		}
	}
	if tenant.Role("root").Valid() || tenant.DefaultRights("root").Allows(tenant.Need(tenant.Records, tenant.View)) {
		t.Error("an unknown role has rights")
	}
}

// TestByGrants: who comes by grants has no right on the firm, and on each
// entity that of its own grant.
func TestByGrants(t *testing.T) {
	t.Parallel()
	user, firm, a, b := tenant.NewID(), tenant.NewID(), tenant.NewID(), tenant.NewID()
	view, edit := tenant.Need(tenant.Records, tenant.View), tenant.Need(tenant.Records, tenant.Edit)
	m := tenant.ByGrants(firm, user, map[tenant.EntityID]tenant.Granted{
		a: {Grant: tenant.NewID(), Role: tenant.Preparer, Rights: tenant.DefaultRights(tenant.Preparer)},
		b: {Grant: tenant.NewID(), Role: tenant.ReadOnly, Rights: tenant.DefaultRights(tenant.ReadOnly)},
	})
	s, err := tenant.Authenticated(tenant.Actor{Via: tenant.ViaSession, User: user}).Enter(m)
	if err != nil || s.May(view) || s.Member().Grant.IsZero() {
		t.Fatalf("on the firm: %v, may view: %v", err, s.May(view))
	}
	sa, err := s.Open(a)
	if err != nil || !sa.May(edit) || sa.Member().Role != tenant.Preparer || sa.Member().Grant != m.Granted[a].Grant {
		t.Errorf("on the first: %v %v", err, sa.Member())
	}
	sb, err := s.Open(b)
	if err != nil || sb.May(edit) || !sb.May(view) {
		t.Errorf("on the second: %v %v", err, sb.Member())
	}
	if _, err := s.Open(tenant.NewID()); err == nil {
		t.Error("a third is opened")
	}
}
