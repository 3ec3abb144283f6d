package firm_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// sells lets the plans of firms be asked: those in paid have every feature,
// the others none.
func (w *town) sells() (paid map[tenant.FirmID]bool) {
	paid = make(map[tenant.FirmID]bool)
	w.Allow = func(ctx context.Context, id tenant.FirmID, _ firm.Feature) error {
		err := w.store.Firms().Control(ctx, func(firm.Tx) error { return nil }) // which waits in vain inside another
		if err != nil || paid[id] {
			return err
		}
		return fault.Coded(fault.PlanRequired, "plan_required", nil, "That comes with a plan.")
	}
	return paid
}

// unpaid checks that an act is refused because of the plan.
func unpaid(t *testing.T, what string, err error) {
	t.Helper()
	refused(t, what, err, fault.PlanRequired, "plan_required")
}

func archived(yes bool) firm.EntityChange { return firm.EntityChange{Archived: &yes} }

// TestPlanEntities: without a plan a firm has one entity that is not archived;
// what it has when a plan ends it keeps.
func TestPlanEntities(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	paid := w.sells()
	s := w.firm(w.person("ada@example.org"), "Ada")
	add := func(name string) (tenant.Scope, error) {
		e, err := w.AddEntity(t.Context(), s, firm.Entity{Name: name})
		if err != nil {
			return s, err
		}
		return w.open(s, e.ID), nil
	}
	change := func(e tenant.Scope, c firm.EntityChange) error {
		_, err := w.ChangeEntity(t.Context(), e, c)
		return err
	}
	first, err := add("First")
	if err != nil {
		t.Fatal(err)
	}
	_, err = add("Second")
	unpaid(t, "a second entity", err)
	if err := change(first, archived(true)); err != nil {
		t.Fatal(err)
	}
	second, err := add("Second")
	if err != nil {
		t.Fatalf("the only one that is not archived: %v", err)
	}
	unpaid(t, "out of the archive", change(first, archived(false)))

	paid[s.Firm()] = true
	third, err := add("Third")
	if err := errors.Join(err, change(first, archived(false))); err != nil {
		t.Fatal(err)
	}
	paid[s.Firm()] = false
	if all, err := w.Entities(t.Context(), s); err != nil || len(all) != 3 {
		t.Errorf("after the plan there are %d: %v", len(all), err)
	}
	for _, e := range []tenant.Scope{first, second, third} { // none is closed, and none counts as taken out of the archive
		if err := change(e, archived(false)); err != nil {
			t.Errorf("what was there: %v", err)
		}
	}
	_, err = add("Fourth")
	unpaid(t, "one more after the plan", err)
}

// TestPlanMembers: without a plan a firm has five members, those who are
// invited among them.
func TestPlanMembers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada := w.person("ada@example.org")
	paid := w.sells()
	s := w.firm(ada, "Ada")
	invite := func(n int) (firm.Invitation, string, error) {
		return w.Invite(t.Context(), s, firm.Invitation{Email: fmt.Sprintf("m%d@example.org", n)})
	}
	for n := range 3 {
		w.join(s, w.person(fmt.Sprintf("m%d@example.org", n)), tenant.Preparer, nil)
	}
	if _, _, err := invite(3); err != nil {
		t.Fatal(err)
	}
	_, _, err := invite(4)
	unpaid(t, "a sixth", err)
	_, fourth, err := invite(3)
	if err != nil {
		t.Fatalf("the same person again: %v", err)
	}
	paid[s.Firm()] = true
	i, fifth, err := invite(4)
	if err != nil {
		t.Fatal(err)
	}
	paid[s.Firm()] = false
	late := w.person("m4@example.org")
	if _, err := w.Accept(t.Context(), w.person("m3@example.org"), tokenOf(fourth)); err != nil {
		t.Errorf("the fifth: %v", err)
	}
	_, err = w.Accept(t.Context(), late, tokenOf(fifth))
	unpaid(t, "a sixth who was invited under a plan", err)
	if open, err := w.Invitations(t.Context(), s); err != nil || len(open) != 2 { // hers and the first of the one who was asked twice
		t.Errorf("%d invitations are open: %v", len(open), err)
	}
	paid[s.Firm()] = true
	if _, err := w.Accept(t.Context(), late, tokenOf(fifth)); err != nil {
		t.Errorf("%s under the plan: %v", i.Email, err)
	}
	paid[s.Firm()] = false
	if all, err := w.Members(t.Context(), s); err != nil || len(all) != 6 {
		t.Errorf("after the plan there are %d: %v", len(all), err)
	}
	_, err = w.ChangeMember(t.Context(), s, late.Actor().User, role(tenant.Reviewer))
	if err := errors.Join(err, w.Remove(t.Context(), s, late.Actor().User)); err != nil {
		t.Errorf("who is there can be changed and taken out: %v", err)
	}
}

// TestPlanShares: offering, asking and taking on books need a plan; what is
// open stays open, can be confirmed and ended.
func TestPlanShares(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada, pat := w.person("ada@example.org"), w.person("pat@example.org")
	w.secure(ada)
	w.secure(pat)
	paid := w.sells()
	home, away := w.firm(ada, "Home"), w.firm(pat, "Away")
	e := w.entity(home, "Books")
	offer := func() (firm.Grant, error) { return w.Offer(t.Context(), e, firm.Grant{Email: "pat@example.org"}, 0) }
	ask := func() (firm.Grant, error) {
		return w.Request(t.Context(), away, firm.Grant{Email: "ada@example.org"}, 0)
	}
	_, err := offer()
	unpaid(t, "an offer", err)
	_, err = ask()
	unpaid(t, "a request", err)

	paid[home.Firm()] = true
	g, err := offer()
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.AcceptGrant(t.Context(), pat, g.ID, away.Firm())
	unpaid(t, "taken on by a firm without a plan", err)
	_, err = w.AcceptGrant(t.Context(), pat, g.ID, home.Firm())
	refused(t, "by a firm that is not hers", err, fault.NotFound, "")
	paid[away.Firm()] = true
	if _, err = w.AcceptGrant(t.Context(), pat, g.ID, away.Firm()); err != nil {
		t.Fatal(err)
	}
	asked, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	own, err := offer()
	if err != nil {
		t.Fatal(err)
	}
	clear(paid)
	_, err = w.Answer(t.Context(), e, asked.ID)
	_, err2 := w.Confirm(t.Context(), e, g.ID)
	_, err3 := w.AcceptGrant(t.Context(), pat, own.ID, tenant.FirmID{})
	if err := errors.Join(err, err2, err3); err != nil {
		t.Errorf("what was begun under a plan: %v", err)
	}
	if s, err := w.try(pat, home.Firm()); err != nil || !s.MayOpen(e.Entity()) {
		t.Errorf("after the plan the books are open: %v", err)
	}
	if err := w.Withdraw(t.Context(), e, g.ID); err != nil {
		t.Errorf("it can be ended: %v", err)
	}
}

// TestPlanRights: rights of one's own need a plan, and going back to the
// table's does not.
func TestPlanRights(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	paid := w.sells()
	s := w.firm(w.person("ada@example.org"), "Ada")
	more := tenant.DefaultRights(tenant.Preparer)
	more[tenant.BillingArea] = tenant.View
	set := func(r tenant.Rights) error { return w.SetRights(t.Context(), s, tenant.Preparer, r) }
	unpaid(t, "rights", set(more))
	paid[s.Firm()] = true
	if err := set(more); err != nil {
		t.Fatal(err)
	}
	paid[s.Firm()] = false
	roles, err := w.Roles(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		if r.Role == tenant.Preparer && r.Rights != more {
			t.Error("the rights went with the plan")
		}
	}
	if err := set(tenant.DefaultRights(tenant.Preparer)); err != nil {
		t.Errorf("back to the table: %v", err)
	}
	unpaid(t, "rights again", set(more))
}
