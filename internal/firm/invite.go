package firm

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/mail"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// invitationTime is how long an invitation can be accepted.
const invitationTime = 7 * 24 * time.Hour

// Invitation asks somebody into a firm.
type Invitation struct {
	ID       tenant.ID
	Firm     tenant.FirmID
	Email    string
	Role     tenant.Role
	Entities []tenant.EntityID // nil is all of the firm
	Inviter  tenant.UserID
	Created  time.Time
	Expires  time.Time
	Used     time.Time
	UsedBy   tenant.UserID
	Revoked  time.Time
}

// OpenAt reports whether it can be accepted at a time.
func (i Invitation) OpenAt(t time.Time) bool {
	return i.Used.IsZero() && i.Revoked.IsZero() && t.Before(i.Expires)
}

// Invited is an invitation as the one sees it who was invited.
type Invited struct {
	Invitation
	FirmName string

	token keyring.Secret
	most  limit // of the firm's members
}

// Invite asks somebody into the firm, as the role that may do least unless
// another is said. The link is mailed; without a mail server it is returned,
// once, for the inviter to hand over.
func (s *Service) Invite(ctx context.Context, scope tenant.Scope, i Invitation) (_ Invitation, link string, err error) {
	if err := may(scope, tenant.Members, tenant.Edit); err != nil {
		return i, "", err
	}
	if i.Email, err = address(i.Email); err != nil {
		return i, "", err
	}
	i.ID, i.Firm, i.Inviter, i.Created = tenant.NewID(), scope.Firm(), scope.Actor().User, s.Clock()
	i.Role, i.Expires = cmp.Or(i.Role, tenant.ReadOnly), i.Created.Add(invitationTime)
	inviter, err := s.person(ctx, i.Inviter)
	if err != nil {
		return i, "", err
	}
	most, err := s.limit(ctx, i.Firm, MoreMembers)
	if err != nil {
		return i, "", err
	}
	path := "/invitations/" + string(s.token(i).Reveal())
	err = s.Store.Control(ctx, func(tx Tx) error {
		if err := s.judge(ctx, tx, scope, Member{}, Member{Role: i.Role, Entities: i.Entities}); err != nil {
			return err
		}
		if err := most.invited(ctx, tx, i); err != nil {
			return err
		}
		f, err := tx.Firm(ctx, i.Firm)
		if err != nil {
			return err
		}
		return errors.Join(
			tx.PutInvitation(ctx, i),
			record(ctx, tx, scope, audit.Entry{Action: "member.invite", Object: "invitation/" + i.ID.String(), After: i}),
			s.Post.Send(ctx, tx, notify.Mail{Kind: notify.Invited, To: i.Email, Path: path, Words: map[string]string{
				"inviter": inviter.called(), "firm": f.Name, "role": string(i.Role), "until": i.Expires.Format(time.DateOnly),
			}}),
		)
	})
	if err != nil || s.Post.On() {
		return i, "", err
	}
	return i, s.Post.Link(path), nil
}

// address checks a mail address and brings it into the form in which they are
// compared.
func address(s string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(s))
	if err != nil || a.Name != "" || len(a.Address) > 254 {
		return "", invalid("email", "address", "This is not a mail address.")
	}
	return strings.ToLower(a.Address), nil
}

// token is what the link of an invitation holds: its id and a signature over
// what it says, so that the database alone opens no door.
func (s *Service) token(i Invitation) keyring.Secret {
	h := hmac.New(sha256.New, s.Key.Reveal())
	for _, part := range [][]byte{
		[]byte("ledgersys invitation"),
		i.ID[:],
		i.Firm[:],
		[]byte(i.Email),
		[]byte(i.Role),
		binary.BigEndian.AppendUint64(nil, uint64(i.Expires.Unix())), //nolint:gosec // a time after 1970
	} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) //nolint:gosec // short parts
		h.Write(part)
	}
	b := make([]byte, base64.RawURLEncoding.EncodedLen(len(i.ID)+sha256.Size))
	base64.RawURLEncoding.Encode(b, h.Sum(i.ID[:]))
	return keyring.NewSecret(b)
}

// errInvitation is the one answer to every link that opens nothing.
func errInvitation() error {
	return fault.Coded(fault.NotFound, "invitation", nil, "This invitation is not valid any more. Ask for a new one.")
}

// Invitation returns what the link of an invitation stands for.
func (s *Service) Invitation(ctx context.Context, token keyring.Secret) (i Invited, err error) {
	err = s.Store.Read(ctx, func(tx Tx) error {
		if i.Invitation, err = s.invitation(ctx, tx, token); err != nil {
			return err
		}
		f, err := tx.Firm(ctx, i.Firm)
		i.FirmName = f.Name
		return err
	})
	if err != nil {
		return i, err
	}
	i.token = token
	i.most, err = s.limit(ctx, i.Firm, MoreMembers)
	return i, err
}

// invitation finds the open invitation of a link.
func (s *Service) invitation(ctx context.Context, tx Tx, token keyring.Secret) (i Invitation, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(string(token.Reveal()))
	if err != nil || len(raw) != len(i.ID)+sha256.Size {
		return i, errInvitation()
	}
	i, err = tx.Invitation(ctx, tenant.ID(raw[:len(i.ID)]))
	if fault.Is(err, fault.NotFound) {
		return i, errInvitation()
	}
	if err != nil {
		return i, err
	}
	if !hmac.Equal(s.token(i).Reveal(), token.Reveal()) || !i.OpenAt(s.Clock()) {
		return Invitation{}, errInvitation()
	}
	return i, nil
}

// Accept makes whoever was invited a member. The account must be that of the
// address that was invited.
func (s *Service) Accept(ctx context.Context, id tenant.Identity, token keyring.Secret) (m Member, err error) {
	person, err := s.People.Person(ctx, id.Actor().User)
	if err != nil {
		return m, err
	}
	seen := Invited{token: token}
	if s.Allow != nil {
		if seen, err = s.Invitation(ctx, token); err != nil {
			return m, err
		}
	}
	err = s.Store.Control(ctx, func(tx Tx) error {
		m, err = s.AcceptIn(ctx, tx, id.Actor(), person, seen)
		return err
	})
	return m, err
}

// AcceptIn is Accept in a transaction: that which makes the account, perhaps.
// What Invitation returned is looked at again in it.
func (s *Service) AcceptIn(ctx context.Context, tx Tx, by tenant.Actor, p Person, seen Invited) (m Member, err error) {
	i, err := s.invitation(ctx, tx, seen.token)
	if err != nil {
		return m, err
	}
	if !strings.EqualFold(i.Email, p.Email) || p.Operator {
		return m, fault.Coded(fault.Denied, "other_address", nil, "This invitation is for another mail address than that of your account.")
	}
	if _, err := tx.Member(ctx, i.Firm, p.User); err == nil {
		return m, fault.Coded(fault.Conflict, "member", nil, "You are in this firm already.")
	} else if !fault.Is(err, fault.NotFound) {
		return m, err
	}
	if err := seen.most.member(ctx, tx, i.Firm); err != nil {
		return m, err
	}
	m = Member{Firm: i.Firm, User: p.User, Role: i.Role, Entities: i.Entities, Since: s.Clock()}
	i.Used, i.UsedBy = s.Clock(), p.User
	return m, errors.Join(
		tx.PutInvitation(ctx, i), tx.PutMember(ctx, m),
		tx.Audit(ctx, audit.Entry{Action: "member.join", Object: "user/" + m.User.String(), After: state(m), Actor: by, Firm: m.Firm}),
		tx.Event(ctx, audit.Event{Kind: "permission", Outcome: "ok", Object: "member.join/user/" + m.User.String(), Actor: by, Firm: m.Firm}),
	)
}

// Invitations returns those of a firm that are still open.
func (s *Service) Invitations(ctx context.Context, scope tenant.Scope) (open []Invitation, err error) {
	if err := may(scope, tenant.Members, tenant.View); err != nil {
		return nil, err
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		all, err := tx.Invitations(ctx, scope.Firm())
		for _, i := range all {
			if i.OpenAt(s.Clock()) {
				open = append(open, i)
			}
		}
		return err
	})
	return open, err
}

// Revoke takes an invitation back.
func (s *Service) Revoke(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	if err := may(scope, tenant.Members, tenant.Edit); err != nil {
		return err
	}
	return s.Store.Control(ctx, func(tx Tx) error {
		i, err := tx.Invitation(ctx, id)
		if err != nil {
			return err
		}
		if i.Firm != scope.Firm() || !i.OpenAt(s.Clock()) {
			return gone()
		}
		i.Revoked = s.Clock()
		return errors.Join(tx.PutInvitation(ctx, i), record(ctx, tx, scope, audit.Entry{Action: "member.uninvite", Object: "invitation/" + id.String(), After: i}))
	})
}
