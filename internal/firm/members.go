package firm

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Members returns the people of a firm, the most powerful first.
func (s *Service) Members(ctx context.Context, scope tenant.Scope) (all []Member, err error) {
	if err := may(scope, tenant.Members, tenant.View); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		all, err = tx.Members(ctx, scope.Firm())
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Person, err = s.People.Person(ctx, all[i].User)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b Member) int {
		return cmp.Or(cmp.Compare(rank(a.Role), rank(b.Role)), cmp.Compare(a.Person.Email, b.Person.Email))
	})
	return all, nil
}

// Joined returns since when each member is in the firm.
func (s *Service) Joined(ctx context.Context, scope tenant.Scope) (map[tenant.UserID]time.Time, error) {
	since := make(map[tenant.UserID]time.Time)
	err := s.Store.Read(ctx, func(tx Tx) error {
		all, err := tx.Members(ctx, scope.Firm())
		for _, m := range all {
			since[m.User] = m.Since
		}
		return err
	})
	return since, err
}

// Names returns what people of a firm are called, those who left among them as
// long as they have an account. It is for lists of who did what.
func (s *Service) Names(ctx context.Context, scope tenant.Scope) (map[tenant.UserID]string, error) {
	var all []Member
	var invited []Invitation
	err := s.Store.Read(ctx, func(tx Tx) (err error) {
		if all, err = tx.Members(ctx, scope.Firm()); err != nil {
			return err
		}
		invited, err = tx.Invitations(ctx, scope.Firm())
		return err
	})
	if err != nil {
		return nil, err
	}
	names := make(map[tenant.UserID]string)
	for _, m := range all {
		names[m.User] = ""
	}
	for _, i := range invited {
		names[i.Inviter], names[i.UsedBy] = "", ""
	}
	for user := range names {
		p, err := s.person(ctx, user)
		if err != nil {
			return nil, err
		}
		names[user] = p.called()
	}
	return names, nil
}

// called is what others call somebody.
func (p Person) called() string {
	switch {
	case p.Name != "":
		return p.Name
	case p.Email != "":
		return p.Email
	}
	return "somebody who has no account any more"
}

func rank(r tenant.Role) int { return slices.Index(tenant.Roles(), r) }

// MemberChange is what is to be changed about a member; nil stays.
type MemberChange struct {
	Role     *tenant.Role
	Entities *[]tenant.EntityID // a nil list is all of the firm
}

// ChangeMember gives a member another role, or other clients. Their sessions
// end, so that nothing goes on under rights that are gone.
func (s *Service) ChangeMember(ctx context.Context, scope tenant.Scope, user tenant.UserID, c MemberChange) (m Member, err error) {
	if err := may(scope, tenant.Members, tenant.Edit); err != nil {
		return m, err
	}
	person, err := s.person(ctx, user)
	if err != nil {
		return m, err
	}
	err = s.Store.Control(ctx, func(tx Tx) error {
		before, err := tx.Member(ctx, scope.Firm(), user)
		if err != nil {
			return err
		}
		m = before
		put(&m.Role, c.Role)
		put(&m.Entities, c.Entities)
		if err := s.judge(ctx, tx, scope, before, m); err != nil {
			return err
		}
		f, err := tx.Firm(ctx, m.Firm)
		if err != nil {
			return err
		}
		return errors.Join(
			tx.PutMember(ctx, m),
			tx.EndSessions(ctx, user, "role_changed"),
			record(ctx, tx, scope, audit.Entry{Action: "member.change", Object: "user/" + user.String(), Before: state(before), After: state(m)}),
			s.tell(ctx, tx, person, notify.Mail{Kind: notify.RoleChanged, Words: map[string]string{"firm": f.Name, "role": string(m.Role)}, Path: "/signin"}),
		)
	})
	return m, err
}

// person returns somebody's account, an empty one of who has none any more.
func (s *Service) person(ctx context.Context, user tenant.UserID) (Person, error) {
	p, err := s.People.Person(ctx, user)
	if fault.Is(err, fault.NotFound) {
		return Person{User: user}, nil
	}
	return p, err
}

// judge decides whether who acts may turn one membership into another. after
// without a role is its end.
func (s *Service) judge(ctx context.Context, tx Tx, scope tenant.Scope, before, after Member) error {
	if after.Role != "" && !after.Role.Valid() {
		return invalid("role", "role", "There is no such role.")
	}
	own := scope.Member()
	edited, err := tx.Rights(ctx, scope.Firm())
	if err != nil {
		return err
	}
	for _, role := range []tenant.Role{before.Role, after.Role} {
		if role == "" || own.Role == tenant.Owner {
			continue
		}
		if role == tenant.Owner || !covers(own.Rights, rightsOf(edited, role)) {
			return fault.Coded(fault.Denied, "more_than_own", nil, "You cannot give or take a role that may do more than yours.")
		}
	}
	if after.Role == tenant.Owner && after.Entities != nil {
		return invalid("entities", "owner_all", "An owner sees all clients.")
	}
	if own.Entities != nil {
		return denied() // who is kept to some clients does not manage people
	}
	if before.Role != tenant.Owner || after.Role == tenant.Owner {
		return nil
	}
	members, err := tx.Members(ctx, scope.Firm())
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Role == tenant.Owner && m.User != before.User {
			return nil
		}
	}
	return fault.Coded(fault.Conflict, "last_owner", nil, "A firm always has an owner. Make somebody else one first.")
}

// Remove takes somebody out of a firm. Anybody may leave; others need the
// right to manage people.
func (s *Service) Remove(ctx context.Context, scope tenant.Scope, user tenant.UserID) error {
	if user != scope.Actor().User {
		if err := may(scope, tenant.Members, tenant.Edit); err != nil {
			return err
		}
	}
	person, err := s.person(ctx, user)
	if err != nil {
		return err
	}
	return s.Store.Control(ctx, func(tx Tx) error {
		before, err := tx.Member(ctx, scope.Firm(), user)
		if err != nil {
			return err
		}
		if before.Role == tenant.Owner || user != scope.Actor().User {
			if err := s.judge(ctx, tx, scope, before, Member{}); err != nil {
				return err
			}
		}
		f, err := tx.Firm(ctx, scope.Firm())
		if err != nil {
			return err
		}
		return errors.Join(
			tx.DropMember(ctx, scope.Firm(), user),
			tx.EndSessions(ctx, user, "removed_from_firm"),
			record(ctx, tx, scope, audit.Entry{Action: "member.remove", Object: "user/" + user.String(), Before: state(before)}),
			s.tell(ctx, tx, person, notify.Mail{Kind: notify.MemberRemoved, Words: map[string]string{"firm": f.Name}}),
		)
	})
}

// tell mails somebody who still has an address.
func (s *Service) tell(ctx context.Context, tx Tx, p Person, m notify.Mail) error {
	if p.Email == "" {
		return nil
	}
	m.To = p.Email
	return s.Post.Send(ctx, tx, m)
}

// record audits a change of people's rights and keeps it as a security event of
// the firm.
func record(ctx context.Context, tx Tx, scope tenant.Scope, e audit.Entry) error {
	e.Actor, e.Firm = scope.Actor(), scope.Firm()
	return errors.Join(tx.Audit(ctx, e), tx.Event(ctx, audit.Event{
		Kind: "permission", Outcome: "ok", Object: e.Action + "/" + e.Object, Actor: e.Actor, Firm: e.Firm,
	}))
}

// state is what the audit chain digests of a member.
func state(m Member) any {
	m.Person = Person{}
	return m
}

// Role is a role of a firm with what it may do.
type Role struct {
	Role   tenant.Role
	Rights tenant.Rights
	Edited bool
}

// Roles returns the roles of a firm with what each may do.
func (s *Service) Roles(ctx context.Context, scope tenant.Scope) (all []Role, err error) {
	if err := may(scope, tenant.Members, tenant.View); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		edited, err := tx.Rights(ctx, scope.Firm())
		for _, r := range tenant.Roles() {
			rights := rightsOf(edited, r)
			all = append(all, Role{r, rights, rights != tenant.DefaultRights(r)})
		}
		return err
	})
	return all, err
}

// SetRights edits what a role of a firm may do, from the next request on. Only
// an owner may, and what an owner may do is not edited.
func (s *Service) SetRights(ctx context.Context, scope tenant.Scope, role tenant.Role, r tenant.Rights) error {
	switch {
	case scope.Member().Role != tenant.Owner:
		return denied()
	case !role.Valid():
		return invalid("role", "role", "There is no such role.")
	case role == tenant.Owner:
		return invalid("role", "owner_rights", "An owner may always do everything.")
	}
	for _, a := range tenant.Areas() {
		if r[a] > tenant.Edit {
			return invalid("rights", "level", "There is no such level.")
		}
	}
	if r != tenant.DefaultRights(role) { // back to the table's is always open
		if err := s.allow(ctx, scope.Firm(), OwnRights); err != nil {
			return err
		}
	}
	return s.Store.Control(ctx, func(tx Tx) error {
		edited, err := tx.Rights(ctx, scope.Firm())
		if err != nil {
			return err
		}
		return errors.Join(
			tx.PutRights(ctx, scope.Firm(), role, r),
			record(ctx, tx, scope, audit.Entry{Action: "role.change", Object: "role/" + string(role), Before: rightsOf(edited, role), After: r}),
		)
	})
}
