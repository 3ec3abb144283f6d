package firm_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

func role(r tenant.Role) firm.MemberChange { return firm.MemberChange{Role: &r} }

func TestMembers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada, bob, eve := w.person("ada@example.org"), w.person("bob@example.org"), w.person("eve@example.org")
	w.secure(ada)
	w.secure(eve)
	s := w.firm(ada, "Ada")
	a, b := w.entity(s, "A"), w.entity(s, "B")
	admin := w.join(s, bob, tenant.Admin, nil)
	w.join(s, eve, tenant.Preparer, []tenant.EntityID{a.Entity()})
	all, err := w.Members(t.Context(), s)
	if err != nil || len(all) != 3 || all[0].Person.Email != "ada@example.org" || all[2].Role != tenant.Preparer {
		t.Fatalf("members %+v: %v", all, err)
	}
	kept := w.enter(eve, s.Firm())
	if list, err := w.Entities(t.Context(), kept); err != nil || len(list) != 1 || list[0].ID != a.Entity() {
		t.Errorf("she sees %+v: %v", list, err)
	}
	if _, err := kept.Open(b.Entity()); err == nil {
		t.Error("she opens another client")
	}
	for what, try := range map[string]func() error{
		"admin_makes_owner": func() error {
			_, err := w.ChangeMember(t.Context(), admin, eve.Actor().User, role(tenant.Owner))
			return err
		},
		"admin_takes_owner": func() error {
			_, err := w.ChangeMember(t.Context(), admin, ada.Actor().User, role(tenant.Client))
			return err
		},
		"admin_drops_owner": func() error { return w.Remove(t.Context(), admin, ada.Actor().User) },
		"admin_gives_bills": func() error {
			_, err := w.ChangeMember(t.Context(), admin, eve.Actor().User, role(tenant.Billing))
			return err
		},
		"preparer_manages":   func() error { return w.Remove(t.Context(), kept, bob.Actor().User) },
		"admin_edits_rights": func() error { return w.SetRights(t.Context(), admin, tenant.Client, tenant.Rights{}) },
	} {
		refused(t, what, try(), fault.Denied, "")
	}
	_, err = w.ChangeMember(t.Context(), s, ada.Actor().User, role(tenant.Admin))
	refused(t, "the last owner steps down", err, fault.Conflict, "last_owner")
	refused(t, "the last owner leaves", w.Remove(t.Context(), s, ada.Actor().User), fault.Conflict, "last_owner")
	if _, err := w.ChangeMember(t.Context(), s, eve.Actor().User, firm.MemberChange{Role: new(tenant.Owner), Entities: new([]tenant.EntityID(nil))}); err != nil {
		t.Fatal(err)
	}
	if err := w.Remove(t.Context(), s, ada.Actor().User); err != nil {
		t.Errorf("an owner leaves another: %v", err)
	}
	_, err = w.try(ada, s.Firm())
	refused(t, "who left", err, fault.NotFound, "")
	if err := w.Remove(t.Context(), admin, bob.Actor().User); err != nil {
		t.Errorf("an admin leaves: %v", err)
	}
	if want := []string{"eve@example.org role_changed", "ada@example.org removed_from_firm", "bob@example.org removed_from_firm"}; !slices.Equal(w.ended.list, want) {
		t.Errorf("sessions ended: %v", w.ended.list)
	}
	events, err := audit.NewReader(w.store.AuditLog()).EventPage(t.Context(), w.enter(eve, s.Firm()), audit.EventQuery{Kind: "permission"})
	if err != nil || len(events) != 7 {
		t.Errorf("%d events: %v", len(events), err)
	}
}

// TestRights: an owner edits what a role may do, from the next request on.
func TestRights(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada, bob := w.person("ada@example.org"), w.person("bob@example.org")
	w.secure(ada)
	s := w.firm(ada, "Ada")
	w.join(s, bob, tenant.Preparer, nil)
	view := tenant.Need(tenant.BillingArea, tenant.View)
	if w.enter(bob, s.Firm()).May(view) {
		t.Fatal("a preparer sees bills")
	}
	r := tenant.DefaultRights(tenant.Preparer)
	r[tenant.BillingArea], r[tenant.Exports] = tenant.View, tenant.None
	if err := w.SetRights(t.Context(), s, tenant.Preparer, r); err != nil {
		t.Fatal(err)
	}
	if got := w.enter(bob, s.Firm()); !got.May(view) || got.May(tenant.Need(tenant.Exports, tenant.View)) {
		t.Errorf("he has %v", got.Member().Rights)
	}
	roles, err := w.Roles(t.Context(), s)
	if err != nil || len(roles) != 7 {
		t.Fatal(roles, err)
	}
	for _, one := range roles {
		if one.Edited != (one.Role == tenant.Preparer) {
			t.Errorf("%s is edited: %v", one.Role, one.Edited)
		}
	}
	refused(t, "the owner's rights", w.SetRights(t.Context(), s, tenant.Owner, tenant.Rights{}), fault.Invalid, "owner_rights")
	refused(t, "no role", w.SetRights(t.Context(), s, "root", tenant.Rights{}), fault.Invalid, "role")
	refused(t, "no level", w.SetRights(t.Context(), s, tenant.Client, tenant.Rights{9}), fault.Invalid, "level")
}

// TestGrants: nothing is open before both sides have agreed, and nothing after
// either has ended it.
func TestGrants(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada, pat, eve := w.person("ada@example.org"), w.person("pat@example.org"), w.person("eve@example.org")
	home := w.firm(ada, "canary-home")
	books, other := w.entity(home, "canary-books"), w.entity(home, "Other")
	office := w.firm(pat, "Pat's practice")
	closed := func(when string) {
		t.Helper()
		_, err := w.try(pat, home.Firm())
		refused(t, when, err, fault.NotFound, "")
	}
	g, err := w.Offer(t.Context(), books, firm.Grant{Email: "pat@example.org", Role: tenant.Preparer}, 0)
	if err != nil || g.Until.Sub(w.now()).Round(24*time.Hour) != 90*24*time.Hour {
		t.Fatalf("offered %+v: %v", g, err)
	}
	closed("offered")
	_, err = w.AcceptGrant(t.Context(), eve, g.ID, tenant.FirmID{})
	refused(t, "somebody else accepts", err, fault.NotFound, "")
	_, err = w.Confirm(t.Context(), books, g.ID)
	refused(t, "confirmed before it is accepted", err, fault.Conflict, "grant_state")
	if g, err = w.AcceptGrant(t.Context(), pat, g.ID, office.Firm()); err != nil || g.State != firm.Accepted {
		t.Fatalf("accepted %+v: %v", g, err)
	}
	closed("accepted")
	_, err = w.Confirm(t.Context(), other, g.ID)
	refused(t, "confirmed for other books", err, fault.NotFound, "")
	if g, err = w.Confirm(t.Context(), books, g.ID); err != nil || g.State != firm.Active {
		t.Fatalf("confirmed %+v: %v", g, err)
	}
	in := w.enter(pat, home.Firm())
	open := w.open(in, books.Entity())
	if in.May(tenant.Need(tenant.Records, tenant.View)) || !open.May(tenant.Need(tenant.Records, tenant.Edit)) || open.May(tenant.Need(tenant.Members, tenant.View)) {
		t.Errorf("rights %v, on the books %v", in.Member().Rights, open.Member().Rights)
	}
	if _, err := in.Open(other.Entity()); err == nil {
		t.Error("other books are open")
	}
	clients, err := w.Clients(t.Context(), office)
	if err != nil || len(clients) != 1 || !clients[0].Granted || clients[0].Entity.Name != "canary-books" || clients[0].Home != home.Firm() {
		t.Errorf("clients %+v: %v", clients, err)
	}
	if err := w.Withdraw(t.Context(), books, g.ID); err != nil {
		t.Fatal(err)
	}
	closed("withdrawn")
	if clients, err := w.Clients(t.Context(), office); err != nil || len(clients) != 0 {
		t.Errorf("clients %+v: %v", clients, err)
	}
	links, err := w.Grants(t.Context(), books)
	if err != nil || len(links) != 1 || links[0].Why != "revoked" {
		t.Errorf("grants %+v: %v", links, err)
	}
	sealed(t, w)
}

// TestGrantEnds: it ends by its time, by being returned and by declining.
func TestGrantEnds(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada, pat := w.person("ada@example.org"), w.person("pat@example.org")
	home := w.firm(ada, "Home")
	books := w.entity(home, "Books")
	grant := func() firm.Grant {
		t.Helper()
		g, err := w.Offer(t.Context(), books, firm.Grant{Email: "pat@example.org"}, 30)
		if err != nil || g.Role != tenant.ReadOnly {
			t.Fatal(g, err)
		}
		if _, err := w.AcceptGrant(t.Context(), pat, g.ID, tenant.FirmID{}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Confirm(t.Context(), books, g.ID); err != nil {
			t.Fatal(err)
		}
		w.enter(pat, home.Firm())
		return g
	}
	closed := func(when string) {
		t.Helper()
		_, err := w.try(pat, home.Firm())
		refused(t, when, err, fault.NotFound, "")
	}
	g := grant()
	if err := w.Return(t.Context(), pat, g.ID); err != nil {
		t.Fatal(err)
	}
	closed("returned")
	g = grant()
	w.off.Add(int64(30*24*time.Hour + time.Minute))
	closed("after its time")
	if err := w.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := w.Grants(t.Context(), books)
	if err != nil || all[0].ID != g.ID || all[0].State != firm.Ended || all[0].Why != "expired" {
		t.Errorf("grants %+v: %v", all, err)
	}
	g, err = w.Offer(t.Context(), books, firm.Grant{Email: "pat@example.org"}, 30)
	if err != nil {
		t.Fatal(err)
	}
	if shares, err := w.Shares(t.Context(), pat); err != nil || len(shares) != 1 || shares[0].EntityName != "Books" || shares[0].HomeName != "Home" {
		t.Errorf("shares %+v: %v", shares, err)
	}
	if err := w.Return(t.Context(), pat, g.ID); err != nil {
		t.Fatal(err)
	}
	if all, err = w.Grants(t.Context(), books); err != nil || all[0].Why != "declined" {
		t.Errorf("grants %+v: %v", all, err)
	}
	g, err = w.Offer(t.Context(), books, firm.Grant{Email: "pat@example.org"}, 30)
	if err != nil {
		t.Fatal(err)
	}
	w.off.Add(int64(15 * 24 * time.Hour))
	_, err = w.AcceptGrant(t.Context(), pat, g.ID, tenant.FirmID{})
	refused(t, "an offer of last month", err, fault.NotFound, "")
	for _, bad := range []firm.Grant{{Email: "pat@example.org", Role: tenant.Owner}, {Email: "nobody"}} {
		if _, err := w.Offer(t.Context(), books, bad, 30); err == nil {
			t.Errorf("offered %+v", bad)
		}
	}
	if _, err := w.Offer(t.Context(), books, firm.Grant{Email: "pat@example.org"}, 400); err == nil {
		t.Error("offered for 400 days")
	}
}

// TestRequests: the other side may start, and the books are open once their
// owner has chosen them.
func TestRequests(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada, pat := w.person("ada@example.org"), w.person("pat@example.org")
	home := w.firm(ada, "Home")
	books := w.entity(home, "Books")
	office := w.firm(pat, "Practice")
	g, err := w.Request(t.Context(), office, firm.Grant{Email: "ada@example.org", Role: tenant.Preparer}, 60)
	if err != nil {
		t.Fatal(err)
	}
	if clients, err := w.Clients(t.Context(), office); err != nil || len(clients) != 1 || !clients[0].Waiting {
		t.Errorf("clients %+v: %v", clients, err)
	}
	if shares, err := w.Shares(t.Context(), ada); err != nil || len(shares) != 1 || shares[0].ToName != "Practice" {
		t.Errorf("shares %+v: %v", shares, err)
	}
	own := w.entity(office, "Own")
	_, err = w.Answer(t.Context(), own, g.ID)
	refused(t, "who asked answers", err, fault.NotFound, "")
	if g, err = w.Answer(t.Context(), books, g.ID); err != nil || g.State != firm.Active {
		t.Fatalf("answered %+v: %v", g, err)
	}
	w.open(w.enter(pat, home.Firm()), books.Entity())
}

// TestGrantsAndRoles: what a firm was granted, its people may do as far as
// their own role goes.
func TestGrantsAndRoles(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada, pat, sam := w.person("ada@example.org"), w.person("pat@example.org"), w.person("sam@example.org")
	w.secure(pat)
	home := w.firm(ada, "Home")
	books := w.entity(home, "Books")
	office := w.firm(pat, "Practice")
	w.join(office, sam, tenant.ReadOnly, nil)
	g, err := w.Request(t.Context(), office, firm.Grant{Email: "ada@example.org", Role: tenant.Preparer}, 60)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer(t.Context(), books, g.ID); err != nil {
		t.Fatal(err)
	}
	edit := tenant.Need(tenant.Records, tenant.Edit)
	if !w.open(w.enter(pat, home.Firm()), books.Entity()).May(edit) || w.open(w.enter(sam, home.Firm()), books.Entity()).May(edit) {
		t.Error("a reader of the practice may edit, or its owner may not")
	}
	joined, err := w.Joined(t.Context(), office)
	if err != nil || len(joined) != 2 || joined[sam.Actor().User].IsZero() {
		t.Errorf("joined %v: %v", joined, err)
	}
	w.change(pat, func(p *firm.Person, u *session.User) { p.SecondFactor, u.TOTP.Since = false, time.Time{} })
	_, err = w.try(pat, home.Firm())
	refused(t, "its owner without a second factor", err, fault.Denied, "second_factor_due")
	w.secure(pat)
	if err := w.Remove(t.Context(), office, sam.Actor().User); err != nil {
		t.Fatal(err)
	}
	_, err = w.try(sam, home.Firm())
	refused(t, "who left the practice", err, fault.NotFound, "")
	if joined, err = w.Joined(t.Context(), office); err != nil || len(joined) != 1 {
		t.Errorf("after one left %v: %v", joined, err)
	}
	yes := true
	if _, err := w.ChangeFirm(t.Context(), office, firm.Change{Archived: &yes}); err != nil {
		t.Fatal(err)
	}
	_, err = w.try(pat, home.Firm())
	refused(t, "by a practice that is archived", err, fault.NotFound, "")
}
