package firm

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// stampIf is now, or never.
func (s *Service) stampIf(on bool) time.Time {
	if on {
		return s.Clock()
	}
	return time.Time{}
}

// AddEntity makes an entity. Where it says nothing the firm's country, currency
// and zone hold.
func (s *Service) AddEntity(ctx context.Context, scope tenant.Scope, e Entity) (Entity, error) {
	if err := may(scope, tenant.Records, tenant.Edit); err != nil {
		return e, err
	}
	if scope.Member().Entities != nil {
		return e, denied() // who is kept to some clients cannot add others
	}
	f, err := s.Firm(ctx, scope)
	if err != nil {
		return e, err
	}
	if e.Name, err = name(e.Name); err != nil {
		return e, err
	}
	e.Country = cmp.Or(e.Country, f.Country)
	if strings.EqualFold(e.Country, f.Country) {
		e.Currency = cmp.Or(e.Currency, f.Currency)
		if f.ZoneGiven {
			e.Timezone = cmp.Or(e.Timezone, f.Timezone)
		}
	}
	if e, err = s.settle(e); err != nil {
		return e, err
	}
	e.ID, e.Status, e.Created, e.Version = tenant.NewID(), cmp.Or(e.Status, Gathering), s.Clock(), 1
	most, err := s.limit(ctx, scope.Firm(), MoreEntities)
	if err != nil {
		return e, err
	}
	err = s.Store.InFirm(ctx, scope, func(tx HomeTx) error {
		e, err = once.Do(ctx, tx, func() (Entity, error) {
			if err := most.entity(ctx, tx); err != nil {
				return e, err
			}
			return e, errors.Join(tx.AddEntity(ctx, e), tx.Audit(ctx, audit.Entry{Action: "entity.create", Object: "entity/" + e.ID.String(), After: e}))
		})
		return err
	})
	return e, err
}

// settle checks what is said about an entity.
func (s *Service) settle(e Entity) (Entity, error) {
	if len(e.Options) > 0 && !json.Valid(e.Options) {
		return e, invalid("options", "options", "The options are not JSON.")
	}
	if e.Status != "" && !slices.Contains(Statuses(), e.Status) {
		return e, invalid("status", "status", "There is no such status.")
	}
	return s.rules(e)
}

// rules settles an entity, and remembers whether its zone was chosen or is the
// country's: a result says so where that is a guess.
func (s *Service) rules(e Entity) (Entity, error) {
	given := e.Timezone != ""
	e, err := s.Rules.Settle(e)
	e.ZoneGiven = given
	return e, err
}

// changedRules changes country, currency and zone; what belongs to another
// country goes with it.
func (s *Service) changedRules(e Entity, country, currency, zone *string) (Entity, error) {
	if country != nil && !strings.EqualFold(*country, e.Country) {
		e.Method, e.Options, e.Currency, e.Timezone, e.ZoneGiven = "", nil, "", "", false
	}
	if !e.ZoneGiven {
		e.Timezone = ""
	}
	put(&e.Country, country)
	put(&e.Currency, currency)
	put(&e.Timezone, zone)
	return s.rules(e)
}

// Entities returns the entities of a firm that the scope may open, by name.
func (s *Service) Entities(ctx context.Context, scope tenant.Scope) (all []Entity, err error) {
	err = s.Store.ReadFirm(ctx, scope, func(tx HomeTx) error {
		all, err = tx.Entities(ctx)
		return err
	})
	all = slices.DeleteFunc(all, func(e Entity) bool { return !scope.MayOpen(e.ID) || !e.Archived.IsZero() })
	sortEntities(all)
	return all, err
}

func sortEntities(all []Entity) {
	slices.SortFunc(all, func(a, b Entity) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID.String(), b.ID.String()))
	})
}

// Entity returns the entity of a scope.
func (s *Service) Entity(ctx context.Context, scope tenant.Scope) (e Entity, err error) {
	if !scope.ValidEntity() {
		return e, tenant.ErrScope
	}
	err = s.Store.ReadFirm(ctx, scope, func(tx HomeTx) error {
		e, err = tx.Entity(ctx, scope.Entity())
		return err
	})
	return e, err
}

// EntityChange is what is to be changed about an entity; nil stays.
type EntityChange struct {
	Name, Country, Currency, Timezone, Method *string
	Options                                   *[]byte
	Status                                    *Status
	Due                                       *time.Time
	Preparer, Reviewer                        *tenant.UserID
	Archived                                  *bool
	Version                                   int64 // the one that was read; 0 does not look
}

// ChangeEntity changes the entity of a scope.
func (s *Service) ChangeEntity(ctx context.Context, scope tenant.Scope, c EntityChange) (e Entity, err error) {
	if err := may(scope, tenant.Records, tenant.Edit); err != nil {
		return e, err
	}
	if c.Archived != nil {
		if err := may(scope, tenant.Settings, tenant.Edit); err != nil {
			return e, err
		}
	}
	if err := s.staff(ctx, scope, c); err != nil {
		return e, err
	}
	var most limit
	if c.Archived != nil && !*c.Archived {
		if most, err = s.limit(ctx, scope.Firm(), MoreEntities); err != nil {
			return e, err
		}
	}
	err = s.Store.InFirm(ctx, scope, func(tx HomeTx) error {
		before, err := tx.Entity(ctx, scope.Entity())
		if err != nil {
			return err
		}
		if e, err = s.changedEntity(before, c); err != nil {
			return err
		}
		if !before.Archived.IsZero() && e.Archived.IsZero() {
			if err := most.entity(ctx, tx); err != nil {
				return err
			}
		}
		return errors.Join(tx.SaveEntity(ctx, e), tx.Audit(ctx, audit.Entry{Action: "entity.change", Object: "entity/" + e.ID.String(), Before: before, After: e}))
	})
	return e, err
}

// changedEntity applies a change to an entity.
func (s *Service) changedEntity(e Entity, c EntityChange) (_ Entity, err error) {
	if c.Version != 0 && c.Version != e.Version {
		return e, fault.New(fault.Precondition, nil, "Somebody changed this since you read it.")
	}
	if c.Name != nil {
		if e.Name, err = name(*c.Name); err != nil {
			return e, err
		}
	}
	if e, err = s.changedRules(e, c.Country, c.Currency, c.Timezone); err != nil {
		return e, err
	}
	put(&e.Method, c.Method)
	put(&e.Options, c.Options)
	put(&e.Status, c.Status)
	put(&e.Due, c.Due)
	put(&e.Preparer, c.Preparer)
	put(&e.Reviewer, c.Reviewer)
	if c.Archived != nil {
		e.Archived = s.stampIf(*c.Archived)
	}
	e.Version++
	given := e.ZoneGiven
	e, err = s.settle(e)
	e.ZoneGiven = given
	return e, err
}

// staff checks that who is to prepare or review is a member of the firm.
func (s *Service) staff(ctx context.Context, scope tenant.Scope, c EntityChange) error {
	return s.Store.Read(ctx, func(tx Tx) error {
		for field, who := range map[string]*tenant.UserID{"preparer": c.Preparer, "reviewer": c.Reviewer} {
			if who == nil || who.IsZero() {
				continue
			}
			if _, err := tx.Member(ctx, scope.Firm(), *who); fault.Is(err, fault.NotFound) {
				return invalid(field, "member", "This is nobody of the firm.")
			} else if err != nil {
				return err
			}
		}
		return nil
	})
}
