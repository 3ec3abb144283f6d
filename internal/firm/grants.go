package firm

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// The times of a grant.
const (
	grantDays = 90  // unless another is said
	mostDays  = 366 // at a time
	offerTime = 14 * 24 * time.Hour
)

// GrantState is where a grant stands.
type GrantState string

// The states of a grant. A request is answered with an entity and is active
// then: both sides have agreed.
const (
	Requested GrantState = "requested" // a firm asks somebody for access to their books
	Offered   GrantState = "offered"   // by the home
	Accepted  GrantState = "accepted"  // by the other side; the home confirms
	Active    GrantState = "active"
	Ended     GrantState = "ended"
)

// Grant opens one entity to another firm, or to a person.
type Grant struct {
	ID     tenant.ID
	Home   tenant.FirmID // whose entity it is; zero while it is requested
	Entity tenant.EntityID
	Email  string // to whom it was offered, or who is asked
	ToFirm tenant.FirmID
	ToUser tenant.UserID
	Role   tenant.Role
	Until  time.Time
	State  GrantState

	HomeName, EntityName, ToName string // as they were called when it was made

	Made, Agreed, Confirmed, Closed         time.Time
	MadeBy, AgreedBy, ConfirmedBy, ClosedBy tenant.UserID
	Why                                     string // it ended: declined, revoked, returned, expired
}

// ActiveAt reports whether it opens the entity at a time.
func (g Grant) ActiveAt(t time.Time) bool { return g.State == Active && t.Before(g.Until) }

// pendingAt reports whether somebody still has to agree.
func (g Grant) pendingAt(t time.Time) bool {
	return (g.State == Requested || g.State == Offered || g.State == Accepted) && t.Before(g.Made.Add(offerTime))
}

// terms checks what is said of a grant and fills in the rest.
func (s *Service) terms(g Grant, days int) (_ Grant, err error) {
	if g.Email, err = address(g.Email); err != nil {
		return g, err
	}
	g.Role = cmp.Or(g.Role, tenant.ReadOnly)
	if !slices.Contains([]tenant.Role{tenant.Reviewer, tenant.Preparer, tenant.ReadOnly}, g.Role) {
		return g, invalid("role", "role", "Books are shared for reviewing, preparing or reading.")
	}
	if days = cmp.Or(days, grantDays); days < 1 || days > mostDays {
		return g, invalid("days", "days", "Books are shared for 1 to 366 days at a time.")
	}
	g.ID, g.Made, g.Until = tenant.NewID(), s.Clock(), s.Clock().AddDate(0, 0, days)
	return g, nil
}

// Offer offers the entity of a scope to somebody, for days (90 if it is 0), to
// read unless another role is said.
func (s *Service) Offer(ctx context.Context, scope tenant.Scope, g Grant, days int) (_ Grant, err error) {
	if err := may(scope, tenant.Members, tenant.Edit); err != nil {
		return g, err
	}
	if g, err = s.terms(g, days); err != nil {
		return g, err
	}
	if err := s.allow(ctx, scope.Firm(), Shares); err != nil {
		return g, err
	}
	e, err := s.Entity(ctx, scope)
	if err != nil {
		return g, err
	}
	g.Home, g.Entity, g.EntityName, g.State, g.MadeBy = scope.Firm(), e.ID, e.Name, Offered, scope.Actor().User
	err = s.Store.Control(ctx, func(tx Tx) error {
		f, err := tx.Firm(ctx, g.Home)
		if err != nil {
			return err
		}
		g.HomeName = f.Name
		return errors.Join(
			tx.PutGrant(ctx, g),
			record(ctx, tx, scope, audit.Entry{Action: "grant.offer", Object: "grant/" + g.ID.String(), After: g}),
			s.Post.Send(ctx, tx, notify.Mail{Kind: notify.ShareOffered, To: g.Email, Path: "/shares", Words: g.words()}),
		)
	})
	return g, err
}

// Request asks somebody for access to their books, for the firm of a scope.
func (s *Service) Request(ctx context.Context, scope tenant.Scope, g Grant, days int) (_ Grant, err error) {
	if err := may(scope, tenant.Members, tenant.Edit); err != nil {
		return g, err
	}
	if g, err = s.terms(g, days); err != nil {
		return g, err
	}
	if err := s.allow(ctx, scope.Firm(), Shares); err != nil {
		return g, err
	}
	g.ToFirm, g.State, g.MadeBy = scope.Firm(), Requested, scope.Actor().User
	err = s.Store.Control(ctx, func(tx Tx) error {
		f, err := tx.Firm(ctx, g.ToFirm)
		if err != nil {
			return err
		}
		g.ToName = f.Name
		words := g.words()
		words["firm"], words["entity"] = f.Name, "your books"
		return errors.Join(
			tx.PutGrant(ctx, g),
			record(ctx, tx, scope, audit.Entry{Action: "grant.request", Object: "grant/" + g.ID.String(), After: g}),
			s.Post.Send(ctx, tx, notify.Mail{Kind: notify.ShareRequested, To: g.Email, Path: "/shares", Words: words}),
		)
	})
	return g, err
}

// words are what mails say of a grant.
func (g Grant) words() map[string]string {
	return map[string]string{"firm": g.HomeName, "entity": g.EntityName, "role": string(g.Role), "until": g.Until.Format(time.DateOnly), "who": cmp.Or(g.ToName, g.Email)}
}

// Answer answers a request with the entity of a scope: it is open from then on,
// because both sides have agreed.
func (s *Service) Answer(ctx context.Context, scope tenant.Scope, id tenant.ID) (g Grant, err error) {
	if err := may(scope, tenant.Members, tenant.Edit); err != nil {
		return g, err
	}
	me, err := s.People.Person(ctx, scope.Actor().User)
	if err != nil {
		return g, err
	}
	e, err := s.Entity(ctx, scope)
	if err != nil {
		return g, err
	}
	asker, err := s.madeBy(ctx, id)
	if err != nil {
		return g, err
	}
	err = s.Store.Control(ctx, func(tx Tx) error {
		before, err := tx.Grant(ctx, id)
		if err != nil {
			return err
		}
		if before.State != Requested || !before.pendingAt(s.Clock()) || !strings.EqualFold(before.Email, me.Email) || before.ToFirm == scope.Firm() {
			return gone()
		}
		f, err := tx.Firm(ctx, scope.Firm())
		if err != nil {
			return err
		}
		g = before
		g.Home, g.HomeName, g.Entity, g.EntityName = scope.Firm(), f.Name, e.ID, e.Name
		g.State, g.Confirmed, g.ConfirmedBy = Active, s.Clock(), me.User
		return errors.Join(
			tx.PutGrant(ctx, g),
			record(ctx, tx, scope, audit.Entry{Action: "grant.answer", Object: "grant/" + g.ID.String(), Before: before, After: g}),
			s.tell(ctx, tx, asker, notify.Mail{Kind: notify.ShareGranted, Path: "/f/" + g.ToFirm.String() + "/clients", Words: g.words()}),
		)
	})
	return g, err
}

// madeBy returns the account of who made a grant.
func (s *Service) madeBy(ctx context.Context, id tenant.ID) (p Person, err error) {
	var g Grant
	err = s.Store.Read(ctx, func(tx Tx) error {
		g, err = tx.Grant(ctx, id)
		return err
	})
	if err != nil {
		return p, err
	}
	return s.person(ctx, g.MadeBy)
}

// AcceptGrant accepts an offer, for oneself or for a firm whose people one
// manages and whose plan has it. Nothing is open before the home confirms.
func (s *Service) AcceptGrant(ctx context.Context, id tenant.Identity, grant tenant.ID, as tenant.FirmID) (g Grant, err error) {
	me, err := s.People.Person(ctx, id.Actor().User)
	if err != nil {
		return g, err
	}
	maker, err := s.madeBy(ctx, grant)
	if err != nil {
		return g, err
	}
	var plan limit
	if !as.IsZero() {
		if plan, err = s.limit(ctx, as, Shares); err != nil {
			return g, err
		}
	}
	err = s.Store.Control(ctx, func(tx Tx) error {
		before, err := tx.Grant(ctx, grant)
		if err != nil {
			return err
		}
		if before.State != Offered || !before.pendingAt(s.Clock()) || !strings.EqualFold(before.Email, me.Email) {
			return gone()
		}
		g = before
		g.State, g.Agreed, g.AgreedBy = Accepted, s.Clock(), me.User
		if as.IsZero() {
			g.ToUser, g.ToName = me.User, me.Email
		} else if g.ToFirm, g.ToName, err = s.manages(ctx, tx, me.User, as); err != nil {
			return err
		}
		if g.ToFirm == g.Home {
			return invalid("firm", "home", "These books are of that firm already.")
		}
		if plan.refusal != nil { // said only to who manages the firm
			return plan.refusal
		}
		return errors.Join(
			tx.PutGrant(ctx, g),
			tx.Audit(ctx, audit.Entry{Action: "grant.accept", Object: "grant/" + g.ID.String(), Before: before, After: g, Actor: id.Actor(), Firm: g.Home}),
			tx.Event(ctx, audit.Event{Kind: "permission", Outcome: "ok", Object: "grant.accept/grant/" + g.ID.String(), Actor: id.Actor(), Firm: g.Home}),
			s.tell(ctx, tx, maker, notify.Mail{Kind: notify.ShareAccepted, Path: "/f/" + g.Home.String() + "/e/" + g.Entity.String() + "/sharing", Words: g.words()}),
		)
	})
	return g, err
}

// manages returns a firm whose people somebody manages.
func (s *Service) manages(ctx context.Context, tx Tx, user tenant.UserID, firm tenant.FirmID) (tenant.FirmID, string, error) {
	m, err := tx.Member(ctx, firm, user)
	if err != nil {
		return firm, "", err
	}
	full, err := membership(ctx, tx, m)
	if err != nil {
		return firm, "", err
	}
	if !full.Rights.Allows(tenant.Need(tenant.Members, tenant.Edit)) || m.Entities != nil {
		return firm, "", denied()
	}
	f, err := tx.Firm(ctx, firm)
	return firm, f.Name, err
}

// Confirm opens the entity to who accepted: the second agreement of the home.
func (s *Service) Confirm(ctx context.Context, scope tenant.Scope, id tenant.ID) (g Grant, err error) {
	if err := may(scope, tenant.Members, tenant.Edit); err != nil {
		return g, err
	}
	if g, err = s.ofScope(ctx, scope, id); err != nil {
		return g, err
	}
	other, err := s.person(ctx, g.AgreedBy)
	if err != nil {
		return g, err
	}
	err = s.Store.Control(ctx, func(tx Tx) error {
		before, err := tx.Grant(ctx, id)
		if err != nil {
			return err
		}
		if before.State != Accepted || !before.pendingAt(s.Clock()) {
			return fault.Coded(fault.Conflict, "grant_state", nil, "There is nothing to confirm: the other side has not accepted, or too long ago.")
		}
		g = before
		g.State, g.Confirmed, g.ConfirmedBy = Active, s.Clock(), scope.Actor().User
		path := "/shares"
		if !g.ToFirm.IsZero() {
			path = "/f/" + g.ToFirm.String() + "/clients"
		}
		return errors.Join(
			tx.PutGrant(ctx, g),
			record(ctx, tx, scope, audit.Entry{Action: "grant.confirm", Object: "grant/" + g.ID.String(), Before: before, After: g}),
			s.tell(ctx, tx, other, notify.Mail{Kind: notify.ShareGranted, Path: path, Words: g.words()}),
		)
	})
	return g, err
}

// ofScope returns a grant of the scope's entity.
func (s *Service) ofScope(ctx context.Context, scope tenant.Scope, id tenant.ID) (g Grant, err error) {
	if !scope.ValidEntity() {
		return g, tenant.ErrScope
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		g, err = tx.Grant(ctx, id)
		if err == nil && (g.Home != scope.Firm() || g.Entity != scope.Entity()) {
			return gone()
		}
		return err
	})
	return g, err
}

// Grants returns the grants of the scope's entity, the newest first.
func (s *Service) Grants(ctx context.Context, scope tenant.Scope) (all []Grant, err error) {
	if err := may(scope, tenant.Members, tenant.View); err != nil {
		return nil, err
	}
	if !scope.ValidEntity() {
		return nil, tenant.ErrScope
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		all, err = tx.GrantsFrom(ctx, scope.Firm(), scope.Entity())
		return err
	})
	slices.SortFunc(all, func(a, b Grant) int { return b.Made.Compare(a.Made) })
	return all, err
}

// Shares returns what was offered to a person or asked of them, and what is
// open to them.
func (s *Service) Shares(ctx context.Context, id tenant.Identity) (all []Grant, err error) {
	me, err := s.People.Person(ctx, id.Actor().User)
	if err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		firms, err := s.managed(ctx, tx, me.User)
		if err != nil {
			return err
		}
		all, err = tx.GrantsTo(ctx, me.User, firms, me.Email)
		return err
	})
	now := s.Clock()
	all = slices.DeleteFunc(all, func(g Grant) bool { return !g.ActiveAt(now) && !g.pendingAt(now) })
	slices.SortFunc(all, func(a, b Grant) int { return b.Made.Compare(a.Made) })
	return all, err
}

// managed returns the firms whose people somebody manages.
func (s *Service) managed(ctx context.Context, tx Tx, user tenant.UserID) (firms []tenant.FirmID, err error) {
	own, err := tx.MembershipsOf(ctx, user)
	if err != nil {
		return nil, err
	}
	for _, m := range own {
		if _, _, err := s.manages(ctx, tx, user, m.Firm); err == nil {
			firms = append(firms, m.Firm)
		} else if !fault.Is(err, fault.Denied) {
			return nil, err
		}
	}
	return firms, nil
}
