package firm

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Draft is what a person says of a new firm.
type Draft struct {
	Name      string
	Country   string
	Currency  string // "" is the country's
	Timezone  string // "" is the country's
	Residency string // "" is this node's
}

// Mine is a firm with what one is in it.
type Mine struct {
	Firm
	Role tenant.Role
}

// Create makes a firm with its first owner.
func (s *Service) Create(ctx context.Context, id tenant.Identity, d Draft) (Firm, error) {
	if !id.Known() {
		return Firm{}, gone()
	}
	f, err := s.draft(d)
	if err != nil {
		return f, err
	}
	err = s.Store.Control(ctx, func(tx Tx) error {
		f, err = once.Do(ctx, tx, func() (Firm, error) { return f, s.found(ctx, tx, id.Actor(), id.Actor().User, f) })
		return err
	})
	return f, err
}

// draft checks what is said of a firm and fills in the rest.
func (s *Service) draft(d Draft) (f Firm, err error) {
	if f.Name, err = name(d.Name); err != nil {
		return f, err
	}
	settled, err := s.rules(Entity{Country: d.Country, Currency: d.Currency, Timezone: d.Timezone})
	if err != nil {
		return f, err
	}
	f.ID, f.Country, f.Currency, f.Timezone, f.ZoneGiven = tenant.NewID(), settled.Country, settled.Currency, settled.Timezone, settled.ZoneGiven
	f.Residency, f.Created, f.Version = cmp.Or(d.Residency, s.Residency), s.Clock(), 1
	return f, nil
}

// found makes a firm and its owner in a transaction. by says who did it, which
// at the very first is a command or the setup.
func (s *Service) found(ctx context.Context, tx Tx, by tenant.Actor, owner tenant.UserID, f Firm) error {
	return errors.Join(
		tx.NewFirm(ctx, f.ID, f.Residency),
		tx.AddFirm(ctx, f),
		tx.PutMember(ctx, Member{Firm: f.ID, User: owner, Role: tenant.Owner, Since: s.Clock()}),
		tx.Audit(ctx, audit.Entry{Action: "firm.create", Object: "firm/" + f.ID.String(), After: f, Actor: by, Firm: f.ID}),
	)
}

// Found makes the first firm of a new account, in the transaction that makes
// the account. Begin then gives it its first entity.
func (s *Service) Found(ctx context.Context, tx Tx, by tenant.Actor, owner tenant.UserID, d Draft) (Firm, error) {
	f, err := s.draft(d)
	if err != nil {
		return f, err
	}
	return f, s.found(ctx, tx, by, owner, f)
}

// Begin gives a new firm its first entity, of the same name: oneself.
func (s *Service) Begin(ctx context.Context, f Firm) (Entity, error) {
	scope := tenant.ForCommand(f.ID, tenant.EntityID{}, "setup")
	return s.AddEntity(ctx, scope, Entity{Name: f.Name})
}

// Mine returns the firms that a person is in, by name.
func (s *Service) Mine(ctx context.Context, id tenant.Identity) ([]Mine, error) {
	return s.FirstOfMine(ctx, id, 0)
}

// FirstOfMine is Mine of the firms in which a person has been longest, at most
// so many of them; 0 is all.
func (s *Service) FirstOfMine(ctx context.Context, id tenant.Identity, most int) (all []Mine, err error) {
	err = s.Store.Read(ctx, func(tx Tx) error {
		all, err = tx.Mine(ctx, id.Actor().User, most)
		return err
	})
	slices.SortFunc(all, func(a, b Mine) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return all, err
}

// Firm returns the firm of a scope.
func (s *Service) Firm(ctx context.Context, scope tenant.Scope) (f Firm, err error) {
	if !scope.Valid() {
		return f, tenant.ErrScope
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		f, err = tx.Firm(ctx, scope.Firm())
		return err
	})
	return f, err
}

// Change is what is to be changed about a firm; nil stays.
type Change struct {
	Name, Country, Currency, Timezone *string
	Archived                          *bool
	Version                           int64 // the one that was read; 0 does not look
}

// ChangeFirm changes a firm. Its residency is where its data lie and stays.
func (s *Service) ChangeFirm(ctx context.Context, scope tenant.Scope, c Change) (f Firm, err error) {
	if err := may(scope, tenant.Settings, tenant.Edit); err != nil {
		return f, err
	}
	if c.Archived != nil && scope.Member().Role != tenant.Owner {
		return f, denied()
	}
	err = s.Store.Control(ctx, func(tx Tx) error {
		before, err := tx.Firm(ctx, scope.Firm())
		if err != nil {
			return err
		}
		if f, err = s.changed(before, c); err != nil {
			return err
		}
		return errors.Join(tx.SaveFirm(ctx, f), tx.Audit(ctx, audit.Entry{
			Action: "firm.change", Object: "firm/" + f.ID.String(), Before: before, After: f, Actor: scope.Actor(), Firm: f.ID,
		}))
	})
	return f, err
}

// changed applies a change to a firm.
func (s *Service) changed(f Firm, c Change) (_ Firm, err error) {
	if c.Version != 0 && c.Version != f.Version {
		return f, fault.New(fault.Precondition, nil, "Somebody changed this since you read it.")
	}
	if c.Name != nil {
		if f.Name, err = name(*c.Name); err != nil {
			return f, err
		}
	}
	e, err := s.changedRules(Entity{Country: f.Country, Currency: f.Currency, Timezone: f.Timezone, ZoneGiven: f.ZoneGiven}, c.Country, c.Currency, c.Timezone)
	if err != nil {
		return f, err
	}
	f.Country, f.Currency, f.Timezone, f.ZoneGiven = e.Country, e.Currency, e.Timezone, e.ZoneGiven
	if c.Archived != nil {
		f.Archived = s.stampIf(*c.Archived)
	}
	f.Version++
	return f, nil
}

// put replaces a value if there is another.
func put[T any](to *T, v *T) {
	if v != nil {
		*to = *v
	}
}
