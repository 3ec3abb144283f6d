// Package firm keeps firms, their entities, members, grants and invitations.
//
// A firm is the tenant; a single person is a firm of one. An entity (a client,
// or oneself) lives in the store of exactly one firm, its home. People reach it
// as members of the home, or by a grant: the home offers, the other side
// accepts, the home confirms; either side ends it at once.
package firm

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Firm is a tenant.
type Firm struct {
	ID        tenant.FirmID
	Name      string
	Country   string // of new entities, unless they say another
	Currency  string
	Timezone  string
	ZoneGiven bool // somebody chose the zone; it is not just the country's
	Residency string
	Created   time.Time
	Archived  time.Time // zero while it works
	Version   int64     // counts changes from 1
}

// Entity is a client of a firm, or oneself.
type Entity struct {
	ID        tenant.EntityID
	Name      string
	Country   string
	Currency  string
	Timezone  string
	ZoneGiven bool   // somebody chose the zone; it is not just the country's
	Method    string // "" is the country's own
	Options   []byte // JSON, as the options of a Ledger JSON file; nil for none
	Status    Status
	Due       time.Time     // zero is none
	Preparer  tenant.UserID // who prepares the years, zero for nobody yet
	Reviewer  tenant.UserID
	Created   time.Time
	Archived  time.Time
	Version   int64
}

// Status is where the work on an entity stands, as people of the firm say.
type Status string

// The statuses of an entity, in their order.
const (
	Gathering     Status = "gathering data"
	Waiting       Status = "waiting on client"
	Stale         Status = "data stale"
	InPreparation Status = "in preparation"
	ReadyToReview Status = "ready to review"
	InReview      Status = "in review"
	ReadyToSign   Status = "ready to sign"
	StatusLocked  Status = "locked"
	Reopened      Status = "reopened"
)

// Statuses lists them.
func Statuses() []Status {
	return []Status{Gathering, Waiting, Stale, InPreparation, ReadyToReview, InReview, ReadyToSign, StatusLocked, Reopened}
}

// Person is somebody with an account, as others of the firm see them.
type Person struct {
	User         tenant.UserID
	Email        string
	Name         string // "" if they gave none
	SecondFactor bool
	Operator     bool // runs the instance and has no way to anybody's books
}

// Member is a person in a firm.
type Member struct {
	Firm     tenant.FirmID
	User     tenant.UserID
	Role     tenant.Role
	Entities []tenant.EntityID // nil is all of the firm
	Since    time.Time

	Person Person // filled in for lists
}

// People is what this package needs of who keeps accounts.
type People interface {
	// Person returns somebody's account; NotFound if there is none any more.
	Person(ctx context.Context, user tenant.UserID) (Person, error)
	// PersonAt returns the account of a mail address; NotFound if there is none.
	PersonAt(ctx context.Context, email string) (Person, error)
}

// Rules knows the countries' tax rules.
type Rules interface {
	// Settle checks what is said about an entity's tax and fills in what is
	// not: the country's currency and zone. Its errors are words for the person.
	Settle(e Entity) (Entity, error)
}

// Config is what a Service is made of.
type Config struct {
	Store     Store
	People    People
	Rules     Rules
	Post      *notify.Post
	Key       keyring.Secret // signs the links of invitations
	Residency string         // of this node
	Exposed   bool           // the service can be reached from beyond this machine
	Clock     clock.Clock
	Log       *slog.Logger

	// Allow returns the refusal of a feature that a firm's plan does not have;
	// nil allows all and asks nothing.
	Allow func(ctx context.Context, firm tenant.FirmID, what Feature) error
}

// Service is everything about firms.
type Service struct{ Config }

// New makes the service.
func New(c Config) *Service { return &Service{c} }

// longest is how long a name may be, in characters.
const longest = 120

// name checks what a person calls something.
func name(s string) (string, error) {
	s = strings.TrimSpace(s)
	bad := ""
	switch {
	case s == "":
		bad = "It needs a name."
	case utf8.RuneCountInString(s) > longest:
		bad = "The name has more than 120 characters."
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }):
		bad = "The name holds characters that cannot be shown."
	}
	if bad != "" {
		return "", invalid("name", "name", bad)
	}
	return s, nil
}

// invalid is the fault of one field.
func invalid(field, code, words string) error {
	f := fault.Coded(fault.Invalid, code, nil, "%s", words)
	f.Details = []fault.Detail{{Pointer: field, Code: code, Words: words}}
	return f
}

// denied is the fault of what one's role does not allow.
func denied() error {
	return fault.Coded(fault.Denied, "permission_missing", nil, "Your role does not allow this.")
}

// may checks a permission of the scope.
func may(s tenant.Scope, a tenant.Area, l tenant.Level) error {
	if !s.May(tenant.Need(a, l)) {
		return denied()
	}
	return nil
}

// gone is the fault of what is not there, or not for this person.
func gone() error {
	return fault.New(fault.NotFound, nil, "There is nothing here, or nothing for you.")
}
