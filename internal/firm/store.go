package firm

import (
	"context"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Store is what this package needs of the one that keeps rows.
type Store interface {
	// Control runs fn in one transaction on the control plane, Read the same
	// for reading.
	Control(ctx context.Context, fn func(Tx) error) error
	Read(ctx context.Context, fn func(Tx) error) error
	// InFirm and ReadFirm do so on the data of the scope's firm.
	InFirm(ctx context.Context, s tenant.Scope, fn func(HomeTx) error) error
	ReadFirm(ctx context.Context, s tenant.Scope, fn func(HomeTx) error) error
}

// Tx is a transaction on the control plane. Those that write run one after the
// other, so that what is counted stays true until the commit.
type Tx interface {
	audit.Log
	audit.Events
	notify.Queue
	once.Answers

	// NewFirm gives a firm its place; Conflict if its data may not be here.
	NewFirm(ctx context.Context, firm tenant.FirmID, residency string) error
	AddFirm(ctx context.Context, f Firm) error
	// SaveFirm keeps f instead of the version before; Precondition if another
	// change came first.
	SaveFirm(ctx context.Context, f Firm) error
	Firm(ctx context.Context, id tenant.FirmID) (Firm, error)
	Firms(ctx context.Context, after tenant.FirmID, limit int) ([]Firm, error)

	Member(ctx context.Context, firm tenant.FirmID, user tenant.UserID) (Member, error)
	Members(ctx context.Context, firm tenant.FirmID) ([]Member, error)
	// MembershipsOf returns a person's memberships of firms that are not
	// archived.
	MembershipsOf(ctx context.Context, user tenant.UserID) ([]Member, error)
	// Standing returns by what a person may enter a firm as its member, and what
	// else decides about that: it is asked with every request.
	Standing(ctx context.Context, firm tenant.FirmID, user tenant.UserID) (Standing, error)
	// Mine returns the firms of a person that are not archived, those first in
	// which they have been longest; at most so many, 0 for all.
	Mine(ctx context.Context, user tenant.UserID, most int) ([]Mine, error)
	// Owns reports whether a person owns a firm, and whether anybody else is
	// in one of those.
	Owns(ctx context.Context, user tenant.UserID) (owns, shared bool, err error)
	PutMember(ctx context.Context, m Member) error
	DropMember(ctx context.Context, firm tenant.FirmID, user tenant.UserID) error

	// Rights returns what the owner of a firm edited of the table of rights.
	Rights(ctx context.Context, firm tenant.FirmID) (map[tenant.Role]tenant.Rights, error)
	PutRights(ctx context.Context, firm tenant.FirmID, role tenant.Role, r tenant.Rights) error

	// EndSessions ends every session of somebody whose rights changed.
	EndSessions(ctx context.Context, user tenant.UserID, why string) error

	PutInvitation(ctx context.Context, i Invitation) error
	Invitation(ctx context.Context, id tenant.ID) (Invitation, error)
	Invitations(ctx context.Context, firm tenant.FirmID) ([]Invitation, error)

	PutGrant(ctx context.Context, g Grant) error
	Grant(ctx context.Context, id tenant.ID) (Grant, error)
	GrantsFrom(ctx context.Context, home tenant.FirmID, entity tenant.EntityID) ([]Grant, error)
	// GrantsTo returns the grants to a person, to any of the firms, or offered
	// to an address, that have not ended.
	GrantsTo(ctx context.Context, user tenant.UserID, firms []tenant.FirmID, email string) ([]Grant, error)
	// GrantsInto returns the active grants of one home to a person or any of
	// the firms.
	GrantsInto(ctx context.Context, home tenant.FirmID, user tenant.UserID, firms []tenant.FirmID) ([]Grant, error)
	// DueGrants returns grants that have not ended although their time has.
	DueGrants(ctx context.Context, now time.Time) ([]Grant, error)
}

// HomeTx is a transaction on a firm's data.
type HomeTx interface {
	audit.Log
	once.Answers

	AddEntity(ctx context.Context, e Entity) error
	// SaveEntity keeps e instead of the version before; Precondition if another
	// change came first.
	SaveEntity(ctx context.Context, e Entity) error
	Entity(ctx context.Context, id tenant.EntityID) (Entity, error)
	Entities(ctx context.Context) ([]Entity, error)
}
