package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// same checks that what was read is what was written.
func same[T any](t *testing.T, what string, got, want T, err error) {
	t.Helper()
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s: %v %s", what, err, diff)
	}
}

func TestFirmRows(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s, _ := p.keyed(t)
		id, user, client, entity := tenant.NewID(), tenant.NewID(), tenant.NewID(), tenant.NewID()
		f := firm.Firm{ID: id, Name: "canary-firm", Country: "GB", Currency: "GBP", Timezone: "Europe/London", Residency: "eu", Created: today, Version: 1}
		m := firm.Member{Firm: id, User: user, Role: tenant.Preparer, Entities: []tenant.EntityID{entity}, Since: today}
		i := firm.Invitation{ID: tenant.NewID(), Firm: id, Email: "canary@example.org", Role: tenant.Client, Entities: []tenant.EntityID{}, Inviter: user, Created: today, Expires: today.Add(time.Hour)}
		g := firm.Grant{ID: tenant.NewID(), Home: id, Entity: entity, Email: "canary@example.org", ToUser: client, Role: tenant.Preparer, Until: today.Add(time.Hour), State: firm.Active, HomeName: "canary-home", EntityName: "canary-books", ToName: "canary-to", Made: today, MadeBy: user}
		rights := tenant.DefaultRights(tenant.Client)
		err := s.Firms().Control(t.Context(), func(tx firm.Tx) error {
			return errors.Join(
				tx.NewFirm(t.Context(), id, "eu"), tx.AddFirm(t.Context(), f), tx.PutMember(t.Context(), m), tx.PutMember(t.Context(), m),
				tx.PutInvitation(t.Context(), i), tx.PutGrant(t.Context(), g), tx.PutRights(t.Context(), id, tenant.Client, tenant.Rights{}), tx.PutRights(t.Context(), id, tenant.Client, rights),
			)
		})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Firms().Read(t.Context(), func(tx firm.Tx) error {
			gotFirm, err := tx.Firm(t.Context(), id)
			same(t, "firm", gotFirm, f, err)
			firms, err := tx.Firms(t.Context(), tenant.FirmID{}, 10)
			same(t, "firms", firms, []firm.Firm{f}, err)
			gotMember, err := tx.Member(t.Context(), id, user)
			same(t, "member", gotMember, m, err)
			members, err := tx.Members(t.Context(), id)
			same(t, "members", members, []firm.Member{m}, err)
			members, err = tx.MembershipsOf(t.Context(), user)
			same(t, "memberships", members, []firm.Member{m}, err)
			mine, err := tx.Mine(t.Context(), user, 1)
			same(t, "mine", mine, []firm.Mine{{Firm: f, Role: tenant.Preparer}}, err)
			mine, err = tx.Mine(t.Context(), client, 0)
			same(t, "firms of another", len(mine), 0, err)
			gotRights, err := tx.Rights(t.Context(), id)
			same(t, "rights", gotRights, map[tenant.Role]tenant.Rights{tenant.Client: rights}, err)
			gotInvitation, err := tx.Invitation(t.Context(), i.ID)
			same(t, "invitation", gotInvitation, i, err)
			gotGrant, err := tx.Grant(t.Context(), g.ID)
			same(t, "grant", gotGrant, g, err)
			grants, err := tx.GrantsInto(t.Context(), id, client, []tenant.FirmID{tenant.NewID()})
			same(t, "grants into", grants, []firm.Grant{g}, err)
			grants, err = tx.GrantsInto(t.Context(), id, user, nil)
			same(t, "grants of another", len(grants), 0, err)
			grants, err = tx.GrantsTo(t.Context(), client, nil, "")
			same(t, "grants to", grants, []firm.Grant{g}, err)
			grants, err = tx.GrantsTo(t.Context(), tenant.UserID{}, nil, "canary@example.org")
			same(t, "offers to an address", len(grants), 0, err) // it is active
			grants, err = tx.DueGrants(t.Context(), today.Add(2*time.Hour))
			same(t, "due", grants, []firm.Grant{g}, err)
			_, err = tx.Firm(t.Context(), tenant.NewID())
			same(t, "no firm", fault.Is(err, fault.NotFound), true, nil)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		owning(t, s, id, user, client)
		entities(t, s, tenant.ForJob(id, entity, "test"))
		absent(t, p.dir, "canary")
	})
}

// entities writes and reads an entity, and changes it once for each version.
func entities(t *testing.T, s *store.Store, scope tenant.Scope) {
	t.Helper()
	e := firm.Entity{
		ID: scope.Entity(), Name: "canary-client", Country: "GB", Currency: "GBP", Timezone: "Europe/London", Method: "s104", Options: []byte(`{"a":"canary"}`),
		Status: firm.Gathering, Due: today, Preparer: tenant.NewID(), Created: today, Version: 1,
	}
	changed := e
	changed.Options, changed.Due, changed.Archived, changed.Version = nil, time.Time{}, today, 2
	err := s.Firms().InFirm(t.Context(), scope, func(tx firm.HomeTx) error { return tx.AddEntity(t.Context(), e) })
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		err := s.Firms().InFirm(t.Context(), scope, func(tx firm.HomeTx) error { return tx.SaveEntity(t.Context(), changed) })
		if (err == nil) != want || !want && !fault.Is(err, fault.Precondition) {
			t.Errorf("saved: %v", err)
		}
	}
	err = s.Firms().ReadFirm(t.Context(), scope, func(tx firm.HomeTx) error {
		all, err := tx.Entities(t.Context())
		same(t, "entities", all, []firm.Entity{changed}, err)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestLetters(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s, _ := p.keyed(t)
		l := notify.Letter{ID: tenant.NewID(), Kind: notify.Invited, To: "canary@example.org", Subject: "canary", Text: "t", HTML: "h", Written: today}
		kept := s.Mail()
		for range 2 { // the second changes nothing
			if err := kept.KeepLetter(t.Context(), l, notify.Queued); err != nil {
				t.Fatal(err)
			}
		}
		got, found, err := kept.Letter(t.Context(), l.ID)
		same(t, "letter", got, l, err)
		if err := errors.Join(kept.Refused(t.Context(), l.ID, 550, notify.Queued), kept.Delivered(t.Context(), l.ID)); err != nil || !found {
			t.Error(found, err)
		}
		if _, found, err := kept.Letter(t.Context(), l.ID); err != nil || found {
			t.Errorf("sent, and still there: %v", err)
		}
		if err := errors.Join(kept.PurgeLetters(t.Context(), today.Add(time.Hour)), kept.KeepLetter(t.Context(), l, notify.NotSent)); err != nil {
			t.Error(err)
		}
		absent(t, p.dir, "canary")
	})
}

// owning: who owns a firm, and whether others are in it. An archived firm is
// nobody's any more, and demands nothing.
func owning(t *testing.T, s *store.Store, id tenant.FirmID, user, other tenant.UserID) {
	t.Helper()
	account := session.User{ID: user, Email: "canary@example.org", Operator: true, Created: today, TOTP: session.TOTP{Since: today}}
	if err := s.Sessions().Control(t.Context(), func(tx session.Tx) error { return tx.AddUser(t.Context(), account) }); err != nil {
		t.Fatal(err)
	}
	owns := func(name string, want [2]bool) {
		t.Helper()
		err := s.Firms().Read(t.Context(), func(tx firm.Tx) error {
			got, err := tx.Standing(t.Context(), id, user)
			m, err2 := tx.Member(t.Context(), id, user)
			same(t, name, got, firm.Standing{Operator: true, SecondFactor: true, Open: true, Member: &m}, errors.Join(err, err2))
			owns, shared, err := tx.Owns(t.Context(), user)
			same(t, name, [2]bool{owns, shared}, want, err)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	change := func(fn func(tx firm.Tx) error) {
		t.Helper()
		if err := s.Firms().Control(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	owns("a preparer", [2]bool{})
	change(func(tx firm.Tx) error {
		return tx.PutMember(t.Context(), firm.Member{Firm: id, User: user, Role: tenant.Owner, Since: today})
	})
	owns("an owner alone", [2]bool{true})
	change(func(tx firm.Tx) error {
		return tx.PutMember(t.Context(), firm.Member{Firm: id, User: other, Role: tenant.Client, Since: today})
	})
	owns("an owner with others", [2]bool{true, true})
	rights := tenant.DefaultRights(tenant.Client)
	change(func(tx firm.Tx) error { return tx.PutRights(t.Context(), id, tenant.Owner, rights) })
	err := s.Firms().Read(t.Context(), func(tx firm.Tx) error {
		got, err := tx.Standing(t.Context(), id, user)
		same(t, "edited rights", got.Edited, &rights, err)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	change(func(tx firm.Tx) error {
		f, err := tx.Firm(t.Context(), id)
		f.Archived, f.Version = today, f.Version+1
		return errors.Join(err, tx.SaveFirm(t.Context(), f))
	})
	err = s.Firms().Read(t.Context(), func(tx firm.Tx) error {
		mine, err := tx.Mine(t.Context(), user, 0)
		same(t, "archived", len(mine), 0, err)
		members, err := tx.MembershipsOf(t.Context(), user)
		same(t, "memberships of what is archived", len(members), 0, err)
		owns, shared, err := tx.Owns(t.Context(), user)
		same(t, "owner of what is archived", [2]bool{owns, shared}, [2]bool{}, err)
		got, err := tx.Standing(t.Context(), id, user)
		same(t, "standing to what is archived", got, firm.Standing{Operator: true, SecondFactor: true}, err)
		got, err = tx.Standing(t.Context(), id, tenant.NewID())
		same(t, "standing of nobody", got, firm.Standing{}, err)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
