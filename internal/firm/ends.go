package firm

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Withdraw ends a grant from the side of the home: nothing is open to the other
// side from the next request on.
func (s *Service) Withdraw(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	if err := may(scope, tenant.Members, tenant.Edit); err != nil {
		return err
	}
	g, err := s.ofScope(ctx, scope, id)
	if err != nil {
		return err
	}
	other, err := s.person(ctx, g.AgreedBy)
	if err != nil {
		return err
	}
	return s.end(ctx, scope.Actor(), id, "revoked", other)
}

// Return ends a grant, or declines an offer or a request, from the other side.
func (s *Service) Return(ctx context.Context, id tenant.Identity, grant tenant.ID) error {
	me, err := s.People.Person(ctx, id.Actor().User)
	if err != nil {
		return err
	}
	why := "returned"
	err = s.Store.Read(ctx, func(tx Tx) error {
		g, err := tx.Grant(ctx, grant)
		if err != nil {
			return err
		}
		firms, err := s.managed(ctx, tx, me.User)
		if err != nil {
			return err
		}
		asked := strings.EqualFold(g.Email, me.Email) && (g.State == Offered || g.State == Requested)
		if asked {
			why = "declined"
		}
		if !asked && g.ToUser != me.User && !slices.Contains(firms, g.ToFirm) {
			return gone()
		}
		return nil
	})
	if err != nil {
		return err
	}
	maker, err := s.madeBy(ctx, grant)
	if err != nil {
		return err
	}
	return s.end(ctx, id.Actor(), grant, why, maker)
}

// end closes a grant and tells the other side.
func (s *Service) end(ctx context.Context, by tenant.Actor, id tenant.ID, why string, tell Person) error {
	return s.Store.Control(ctx, func(tx Tx) error {
		before, err := tx.Grant(ctx, id)
		if err != nil {
			return err
		}
		if before.State == Ended {
			return gone()
		}
		g := before
		g.State, g.Closed, g.ClosedBy, g.Why = Ended, s.Clock(), by.User, why
		firm := g.Home
		if firm.IsZero() {
			firm = g.ToFirm
		}
		words := g.words()
		words["reason"] = why
		err = errors.Join(
			tx.PutGrant(ctx, g),
			tx.Audit(ctx, audit.Entry{Action: "grant.end", Object: "grant/" + id.String(), Before: before, After: g, Actor: by, Firm: firm}),
			tx.Event(ctx, audit.Event{Kind: "permission", Outcome: "ok", Object: "grant.end/grant/" + id.String(), Actor: by, Firm: firm}),
		)
		if err != nil || before.State == Requested || tell.User == by.User {
			return err
		}
		return s.tell(ctx, tx, tell, notify.Mail{Kind: notify.ShareEnded, Words: words})
	})
}

// expireKind is the task that ends what is past its time.
const expireKind = "firm.expire"

// Register adds the tasks of this package.
func (s *Service) Register(reg *job.Registry) error {
	return errors.Join(
		reg.Handle(job.Kind{Name: expireKind, Work: func(ctx context.Context, _ job.Run) error { return s.Expire(ctx) }}),
		reg.Every(expireKind, "*/15 * * * *", job.Task{Kind: expireKind, Key: "all"}),
	)
}

// Expire closes grants whose time has passed and tells both sides. They opened
// nothing any more from that moment on; this only says so.
func (s *Service) Expire(ctx context.Context) error {
	var due []Grant
	err := s.Store.Read(ctx, func(tx Tx) (err error) {
		due, err = tx.DueGrants(ctx, s.Clock())
		return err
	})
	errs := []error{err}
	by := tenant.Actor{Via: tenant.ViaJob, Name: expireKind}
	for _, g := range due {
		other, err := s.person(ctx, g.MadeBy)
		if err == nil {
			err = s.end(ctx, by, g.ID, "expired", other)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Client is a row of a firm's list of clients: an entity of its own, or one
// that was granted to it, or that it waits for.
type Client struct {
	Home    tenant.FirmID
	Entity  Entity
	Granted bool
	Grant   Grant // of a granted one
	Waiting bool  // somebody has to agree first: the status is "invited"
}

// Clients returns the client list of a firm, by name.
func (s *Service) Clients(ctx context.Context, scope tenant.Scope) ([]Client, error) {
	own, err := s.Entities(ctx, scope)
	if err != nil {
		return nil, err
	}
	all := make([]Client, 0, len(own))
	for _, e := range own {
		all = append(all, Client{Home: scope.Firm(), Entity: e})
	}
	if scope.Member().Entities != nil {
		return all, nil
	}
	var grants []Grant
	err = s.Store.Read(ctx, func(tx Tx) error {
		grants, err = tx.GrantsTo(ctx, tenant.UserID{}, []tenant.FirmID{scope.Firm()}, "")
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		c, ok, err := s.client(ctx, g, s.Clock())
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b Client) int {
		return strings.Compare(strings.ToLower(a.Entity.Name), strings.ToLower(b.Entity.Name))
	})
	return all, nil
}

// client makes the row of a grant. What an entity is called and where the work
// stands is read from its home.
func (s *Service) client(ctx context.Context, g Grant, now time.Time) (c Client, ok bool, err error) {
	c = Client{Home: g.Home, Granted: true, Grant: g, Entity: Entity{ID: g.Entity, Name: g.EntityName}}
	switch {
	case g.pendingAt(now):
		c.Waiting = true
		if c.Entity.Name == "" {
			c.Entity.Name = g.Email
		}
		return c, true, nil
	case !g.ActiveAt(now):
		return c, false, nil
	}
	err = s.Store.ReadFirm(ctx, tenant.ForJob(g.Home, g.Entity, "firm.clients"), func(tx HomeTx) error {
		c.Entity, err = tx.Entity(ctx, g.Entity)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return c, false, nil
	}
	return c, err == nil && c.Entity.Archived.IsZero(), err
}
