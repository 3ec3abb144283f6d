// Package tenant says whose data a call may touch. A Scope can be made only
// step by step: a person is recognised (Authenticated), enters a firm by a
// membership or a grant (Enter) and opens one of its entities (Open). A use
// case takes the Scope and trusts nothing else.
package tenant

import (
	"bytes"
	"errors"
	"slices"
)

// ErrScope is the error of a call whose scope is not enough for it: a fault
// of the program, never of a person.
var ErrScope = errors.New("tenant: the scope does not reach this")

// Via is how an actor came in.
type Via string

// The ways in.
const (
	ViaSession Via = "session"
	ViaToken   Via = "token"
	ViaJob     Via = "job"
	ViaCommand Via = "command" // the command line of the machine
)

// Actor is who acts, as the audit chain records it.
type Actor struct {
	Via     Via
	User    UserID // zero for jobs and the command line
	Name    string // of a job or command: what it does
	Session ID     // the session or token; zero otherwise
	Address string // of the peer; "" for jobs and the command line
}

// Identity is somebody who was recognised. The zero Identity is nobody.
type Identity struct {
	actor Actor
	known bool
}

// Authenticated is layer 1: it is called only where a session or a token was
// verified.
func Authenticated(a Actor) Identity { return Identity{a, a.User != UserID{}} }

// Actor returns who it is.
func (i Identity) Actor() Actor { return i.actor }

// Known reports whether it is somebody.
func (i Identity) Known() bool { return i.known }

// Membership ties a person to a firm, by being its member or by a grant.
type Membership struct {
	Firm   FirmID
	User   UserID
	Role   Role
	Rights Rights // the role's, as the firm's owner edited them
	// Entities are those that the person may open; nil means all of the firm,
	// which a grant never gives.
	Entities []EntityID
	Grant    ID // the grant that gives it; zero for members
	// Granted is, for who comes by grants, what each gives on its entity: it
	// holds once that entity is opened.
	Granted map[EntityID]Granted
}

// Granted is what a grant gives on one entity.
type Granted struct {
	Grant  ID
	Role   Role
	Rights Rights
}

// ByGrants makes the membership of somebody who is no member of a firm and was
// granted some of its entities. On the firm itself they have no right at all.
func ByGrants(firm FirmID, user UserID, granted map[EntityID]Granted) Membership {
	m := Membership{Firm: firm, User: user, Role: ReadOnly, Entities: []EntityID{}, Granted: granted}
	for e, g := range granted {
		m.Entities = append(m.Entities, e)
		m.Grant = g.Grant
	}
	slices.SortFunc(m.Entities, func(a, b EntityID) int { return bytes.Compare(a[:], b[:]) })
	return m
}

// Scope is one firm, and usually one of its entities, with who acts and what
// they may do. The zero Scope is nobody: a store refuses it, because a
// forgotten scope must never mean everyone.
type Scope struct {
	actor  Actor
	member Membership
	entity EntityID
}

// Enter is layer 2: it is called only with a membership that was read for this
// person.
func (i Identity) Enter(m Membership) (Scope, error) {
	if !i.known || m.Firm.IsZero() || m.User != i.actor.User || !m.Role.Valid() {
		return Scope{}, ErrScope
	}
	return Scope{actor: i.actor, member: m}, nil
}

// Open is layer 3: it is called only with an entity that was found in the
// firm's own store.
func (s Scope) Open(e EntityID) (Scope, error) {
	if s.member.Firm.IsZero() || e.IsZero() || s.member.Entities != nil && !slices.Contains(s.member.Entities, e) {
		return Scope{}, ErrScope
	}
	s.entity = e
	if !s.member.Grant.IsZero() && s.member.Granted != nil {
		g, ok := s.member.Granted[e]
		if !ok || !g.Role.Valid() {
			return Scope{}, ErrScope
		}
		s.member.Grant, s.member.Role, s.member.Rights = g.Grant, g.Role, g.Rights
	}
	return s, nil
}

// ForJob is the scope of stored work on a firm's data, with all rights: what
// it may do was decided when the work was asked for. entity may be zero.
func ForJob(firm FirmID, entity EntityID, name string) Scope {
	return Scope{
		actor:  Actor{Via: ViaJob, Name: name},
		member: Membership{Firm: firm, Role: Owner, Rights: DefaultRights(Owner)}, entity: entity,
	}
}

// ForCommand is the scope of a command on the machine itself.
func ForCommand(firm FirmID, entity EntityID, name string) Scope {
	s := ForJob(firm, entity, name)
	s.actor.Via = ViaCommand
	return s
}

// Actor returns who acts.
func (s Scope) Actor() Actor { return s.actor }

// Firm returns the firm whose store it is: the entity's home.
func (s Scope) Firm() FirmID { return s.member.Firm }

// Entity returns the entity, zero if the scope is the whole firm.
func (s Scope) Entity() EntityID { return s.entity }

// Member returns the membership by which the person is here.
func (s Scope) Member() Membership { return s.member }

// Valid reports whether s names a firm.
func (s Scope) Valid() bool { return !s.member.Firm.IsZero() }

// ValidEntity reports whether s names a firm and an entity.
func (s Scope) ValidEntity() bool { return s.Valid() && !s.entity.IsZero() }

// May reports whether the rights cover a permission.
func (s Scope) May(p Permission) bool { return s.Valid() && s.member.Rights.Allows(p) }

// MayOpen reports whether the person may open an entity of the firm.
func (s Scope) MayOpen(e EntityID) bool {
	return s.Valid() && (s.member.Entities == nil || slices.Contains(s.member.Entities, e))
}
