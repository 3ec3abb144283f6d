package web

import (
	"context"

	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// firms is the part of internal/firm that its pages and operations use.
type firms interface {
	memberships
	entities
	firmPeople

	Create(ctx context.Context, id tenant.Identity, d firm.Draft) (firm.Firm, error)
	Mine(ctx context.Context, id tenant.Identity) ([]firm.Mine, error)
	FirstOfMine(ctx context.Context, id tenant.Identity, most int) ([]firm.Mine, error)
	Firm(ctx context.Context, s tenant.Scope) (firm.Firm, error)
	ChangeFirm(ctx context.Context, s tenant.Scope, c firm.Change) (firm.Firm, error)

	AddEntity(ctx context.Context, s tenant.Scope, e firm.Entity) (firm.Entity, error)
	Entities(ctx context.Context, s tenant.Scope) ([]firm.Entity, error)
	Entity(ctx context.Context, s tenant.Scope) (firm.Entity, error)
	ChangeEntity(ctx context.Context, s tenant.Scope, c firm.EntityChange) (firm.Entity, error)
	Clients(ctx context.Context, s tenant.Scope) ([]firm.Client, error)

	Members(ctx context.Context, s tenant.Scope) ([]firm.Member, error)
	ChangeMember(ctx context.Context, s tenant.Scope, user tenant.UserID, c firm.MemberChange) (firm.Member, error)
	Remove(ctx context.Context, s tenant.Scope, user tenant.UserID) error
	Roles(ctx context.Context, s tenant.Scope) ([]firm.Role, error)
	SetRights(ctx context.Context, s tenant.Scope, role tenant.Role, r tenant.Rights) error

	Invite(ctx context.Context, s tenant.Scope, i firm.Invitation) (made firm.Invitation, link string, err error)
	Invitations(ctx context.Context, s tenant.Scope) ([]firm.Invitation, error)
	Revoke(ctx context.Context, s tenant.Scope, id tenant.ID) error
	Invitation(ctx context.Context, token keyring.Secret) (firm.Invited, error)
	Accept(ctx context.Context, id tenant.Identity, token keyring.Secret) (firm.Member, error)

	Offer(ctx context.Context, s tenant.Scope, g firm.Grant, days int) (firm.Grant, error)
	Request(ctx context.Context, s tenant.Scope, g firm.Grant, days int) (firm.Grant, error)
	Answer(ctx context.Context, s tenant.Scope, id tenant.ID) (firm.Grant, error)
	AcceptGrant(ctx context.Context, id tenant.Identity, grant tenant.ID, as tenant.FirmID) (firm.Grant, error)
	Confirm(ctx context.Context, s tenant.Scope, id tenant.ID) (firm.Grant, error)
	Grants(ctx context.Context, s tenant.Scope) ([]firm.Grant, error)
	Shares(ctx context.Context, id tenant.Identity) ([]firm.Grant, error)
	Withdraw(ctx context.Context, s tenant.Scope, id tenant.ID) error
	Return(ctx context.Context, id tenant.Identity, grant tenant.ID) error
}
