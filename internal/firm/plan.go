package firm

import (
	"context"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Feature is what a firm's plan may allow.
type Feature uint8

// The features that this package asks for. What a firm has already stays when
// its plan ends: only new acts are refused.
const (
	MoreEntities Feature = iota // more than everyEntities
	MoreMembers                 // more than everyMembers
	Shares                      // offering books, asking for those of others, and taking them on
	OwnRights                   // rights of a role other than the table's
)

// What every plan has.
const (
	everyEntities = 1 // that are not archived
	everyMembers  = 5 // those who are invited among them
)

// allow returns the refusal of what a firm's plan does not have. It reads for
// itself, so it goes before a transaction: inside one only that may be used.
func (s *Service) allow(ctx context.Context, firm tenant.FirmID, what Feature) error {
	if s.Allow == nil {
		return nil
	}
	return s.Allow(ctx, firm, what)
}

// limit is what a firm's plan says of more than every plan has. It is asked
// before the transaction that counts, and decides in it.
type limit struct{ refusal error }

// limit asks the plan; an error is that it could not be asked.
func (s *Service) limit(ctx context.Context, firm tenant.FirmID, what Feature) (limit, error) {
	err := s.allow(ctx, firm, what)
	if fault.Is(err, fault.PlanRequired) {
		return limit{err}, nil
	}
	return limit{}, err
}

// entity refuses one more entity than the plan has.
func (l limit) entity(ctx context.Context, tx HomeTx) error {
	if l.refusal == nil {
		return nil
	}
	all, err := tx.Entities(ctx)
	if err != nil {
		return err
	}
	n := 0
	for i := range all {
		if all[i].Archived.IsZero() {
			n++
		}
	}
	if n < everyEntities {
		return nil
	}
	return l.refusal
}

// member refuses one more member than the plan has.
func (l limit) member(ctx context.Context, tx Tx, firm tenant.FirmID) error {
	if l.refusal == nil {
		return nil
	}
	members, err := tx.Members(ctx, firm)
	if err != nil || len(members) < everyMembers {
		return err
	}
	return l.refusal
}

// invited refuses an invitation of one more person than the plan has. Somebody
// who is asked a second time has one seat.
func (l limit) invited(ctx context.Context, tx Tx, i Invitation) error {
	if l.refusal == nil {
		return nil
	}
	members, err := tx.Members(ctx, i.Firm)
	if err != nil {
		return err
	}
	all, err := tx.Invitations(ctx, i.Firm)
	if err != nil {
		return err
	}
	asked := map[string]bool{i.Email: true}
	for _, other := range all {
		if other.OpenAt(i.Created) {
			asked[other.Email] = true
		}
	}
	if len(members)+len(asked) <= everyMembers {
		return nil
	}
	return l.refusal
}
