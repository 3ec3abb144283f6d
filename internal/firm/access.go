package firm

import (
	"cmp"
	"context"
	"slices"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Membership finds by what a person may enter a firm: as its member, or by
// grants of some of its entities. No such firm and no such right are the same
// NotFound. It implements the second layer of the web.
func (s *Service) Membership(ctx context.Context, id tenant.Identity, firm tenant.FirmID) (m tenant.Membership, err error) {
	user := id.Actor().User
	if user.IsZero() {
		return m, gone()
	}
	due := false
	err = s.Store.Read(ctx, func(tx Tx) error {
		st, err := tx.Standing(ctx, firm, user)
		if err != nil || st.Operator || !st.Open { // who runs the instance has no way to anybody's books
			return cmp.Or(err, gone())
		}
		if st.Member == nil {
			var owner bool
			if m, owner, err = s.granted(ctx, tx, firm, user); err == nil && owner {
				due, err = s.factorDue(ctx, tx, id, st)
			}
			return err
		}
		if m = st.membership(); m.Role == tenant.Owner {
			due, err = s.factorDue(ctx, tx, id, st)
		}
		return err
	})
	if err != nil {
		return tenant.Membership{}, err
	}
	if due {
		return m, fault.Coded(fault.Denied, "second_factor_due", nil, "As an owner you need a second factor here. Set one up under Security.")
	}
	return m, nil
}

// Standing is how a person stands to a firm.
type Standing struct {
	Operator     bool           // runs this instance
	SecondFactor bool           // has one besides the mail address
	Open         bool           // the firm is there and not archived
	Member       *Member        // nil: is none
	Edited       *tenant.Rights // of the member's role, nil where the owner left the table's
}

// membership is that of the member.
func (st *Standing) membership() tenant.Membership {
	m, edited := st.Member, map[tenant.Role]tenant.Rights{}
	if st.Edited != nil {
		edited[m.Role] = *st.Edited
	}
	return tenant.Membership{Firm: m.Firm, User: m.User, Role: m.Role, Rights: rightsOf(edited, m.Role), Entities: m.Entities}
}

// membership makes the membership of a member: the role's rights, as the owner
// edited them.
func membership(ctx context.Context, tx Tx, m Member) (tenant.Membership, error) {
	edited, err := tx.Rights(ctx, m.Firm)
	if err != nil {
		return tenant.Membership{}, err
	}
	return tenant.Membership{Firm: m.Firm, User: m.User, Role: m.Role, Rights: rightsOf(edited, m.Role), Entities: m.Entities}, nil
}

// rightsOf returns a role's rights: the table's, unless they were edited. An
// owner always has them all.
func rightsOf(edited map[tenant.Role]tenant.Rights, role tenant.Role) tenant.Rights {
	if r, ok := edited[role]; ok && role != tenant.Owner {
		return r
	}
	return tenant.DefaultRights(role)
}

// granted makes the membership of somebody who comes by grants. What a firm
// was granted, its members may do as far as their own role goes; owner reports
// whether it is one that the person owns.
func (s *Service) granted(ctx context.Context, tx Tx, home tenant.FirmID, user tenant.UserID) (by tenant.Membership, owner bool, err error) {
	own, err := tx.MembershipsOf(ctx, user)
	if err != nil {
		return by, false, err
	}
	roles, owned := make(map[tenant.FirmID]tenant.Rights), make(map[tenant.FirmID]bool)
	var firms []tenant.FirmID
	for _, m := range own {
		full, err := membership(ctx, tx, m)
		if err != nil {
			return by, false, err
		}
		if m.Entities == nil { // who is kept to some clients of their firm sees no others
			roles[m.Firm], owned[m.Firm] = full.Rights, m.Role == tenant.Owner
			firms = append(firms, m.Firm)
		}
	}
	grants, err := tx.GrantsInto(ctx, home, user, firms)
	if err != nil {
		return by, false, err
	}
	edited, err := tx.Rights(ctx, home)
	if err != nil {
		return by, false, err
	}
	now := s.Clock()
	found := make(map[tenant.EntityID]tenant.Granted)
	for _, g := range grants {
		if !g.ActiveAt(now) {
			continue
		}
		rights := least(rightsOf(edited, g.Role), shareable())
		if !g.ToFirm.IsZero() {
			rights, owner = least(rights, roles[g.ToFirm]), owner || owned[g.ToFirm]
		}
		if have, ok := found[g.Entity]; ok {
			rights = most(rights, have.Rights)
		}
		found[g.Entity] = tenant.Granted{Grant: g.ID, Role: g.Role, Rights: rights}
	}
	if len(found) == 0 {
		return by, false, gone()
	}
	return tenant.ByGrants(home, user, found), owner, nil
}

// shareable is the most that a grant gives: the books, never the people, the
// settings, the plan or the audit log of the home.
func shareable() (r tenant.Rights) {
	for _, a := range []tenant.Area{tenant.Records, tenant.Connections, tenant.Reporting, tenant.Exports} {
		r[a] = tenant.Edit
	}
	return r
}

// least is what both rights allow.
func least(a, b tenant.Rights) tenant.Rights {
	for i := range a {
		a[i] = min(a[i], b[i])
	}
	return a
}

// most is what either of two rights allows.
func most(a, b tenant.Rights) tenant.Rights {
	for i := range a {
		a[i] = max(a[i], b[i])
	}
	return a
}

// covers reports whether a allows all that b does.
func covers(a, b tenant.Rights) bool {
	return !slices.ContainsFunc(tenant.Areas(), func(area tenant.Area) bool { return a[area] < b[area] })
}

// factorDue demands a second factor of owners once others depend on them,
// or once strangers can knock. It is asked for in the browser: an API token
// goes on, and none is made there while a factor is due.
func (s *Service) factorDue(ctx context.Context, tx Tx, owner tenant.Identity, st Standing) (bool, error) {
	if owner.Actor().Via != tenant.ViaSession || st.SecondFactor {
		return false, nil
	}
	_, shared, err := tx.Owns(ctx, owner.Actor().User)
	return s.Exposed || shared, err
}

// Owns reports whether somebody owns a firm, and whether a second factor is
// demanded of them for it.
func (s *Service) Owns(ctx context.Context, user tenant.UserID) (owns, demanded bool, err error) {
	err = s.Store.Read(ctx, func(tx Tx) error {
		own, shared, err := tx.Owns(ctx, user)
		owns, demanded = own, own && (s.Exposed || shared)
		return err
	})
	return owns, demanded, err
}

// HasEntity finds an entity in its firm's own store; NotFound if it is not
// there. It implements the third layer of the web.
func (s *Service) HasEntity(ctx context.Context, scope tenant.Scope, entity tenant.EntityID) error {
	return s.Store.ReadFirm(ctx, scope, func(tx HomeTx) error {
		_, err := tx.Entity(ctx, entity)
		return err
	})
}
