package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// What a store answers where something is not there, or taken.
var (
	ErrNone  = errors.New("session: there is no such thing")
	ErrTaken = errors.New("session: the address has an account")
)

// Hash is what a secret token is found by; it opens nothing.
type Hash = [sha256.Size]byte

// Store keeps people on the control plane. Everything that names or locates
// them, or opens doors, is sealed there.
type Store interface {
	Control(ctx context.Context, fn func(Tx) error) error
	Read(ctx context.Context, fn func(Tx) error) error
}

// Tx is one transaction.
type Tx interface {
	audit.Log
	audit.Events
	job.Outbox
	notify.Queue
	Now() time.Time

	users
	lives
	proofs
	locks
	tokens
}

// users keeps accounts. An unknown one is ErrNone.
type users interface {
	HasUsers(ctx context.Context) (bool, error)
	AddUser(ctx context.Context, u User) error // ErrTaken if the address has an account
	SaveUser(ctx context.Context, u User) error
	User(ctx context.Context, id tenant.UserID) (User, error)
	UserByEmail(ctx context.Context, email string) (User, error)
	// UserEvents returns the last security events of a person.
	UserEvents(ctx context.Context, id tenant.UserID, limit int) ([]audit.Event, error)

	// Setup returns the code for the first owner, and SaveSetup replaces it.
	Setup(ctx context.Context) (Setup, error)
	SaveSetup(ctx context.Context, s Setup) error
}

// lives keeps sessions, sign-ins that wait, and browsers that are known.
type lives interface {
	AddLive(ctx context.Context, l Live) error
	// TouchLive keeps last use and print of a session that has not ended and
	// whose cookie is still the one that was read: a new cookie stays.
	TouchLive(ctx context.Context, l Live) error
	// RenewLive gives a session that has not ended another look-up hash.
	RenewLive(ctx context.Context, l Live) error
	Live(ctx context.Context, id tenant.ID) (Live, error)
	LiveByHash(ctx context.Context, h Hash) (Live, error)
	// Lives returns a person's sessions that have not been ended.
	Lives(ctx context.Context, user tenant.UserID) ([]Live, error)
	// EndLive ends one session of a person, and EndLives all but one; they say
	// how many there were. What has ended never lives again.
	EndLive(ctx context.Context, user tenant.UserID, id tenant.ID, why string) (int, error)
	EndLives(ctx context.Context, user tenant.UserID, except tenant.ID, why string) (int, error)

	AddAttempt(ctx context.Context, a Attempt) error
	SaveAttempt(ctx context.Context, a Attempt) error
	AttemptByHash(ctx context.Context, h Hash) (Attempt, error)

	AddDevice(ctx context.Context, d Device) error
	SeeDevice(ctx context.Context, id tenant.ID, until time.Time) error
	DeviceByHash(ctx context.Context, h Hash) (Device, error)
	// HasDevices reports whether any browser was ever known; DropDevices makes
	// none known any more.
	HasDevices(ctx context.Context, user tenant.UserID) (bool, error)
	DropDevices(ctx context.Context, user tenant.UserID) error
}

// proofs keeps second factors.
type proofs interface {
	AddKey(ctx context.Context, k Key) error
	SaveKey(ctx context.Context, k Key) error
	DropKey(ctx context.Context, user tenant.UserID, id tenant.ID) error // ErrNone if it is not theirs
	Keys(ctx context.Context, user tenant.UserID) ([]Key, error)
	KeyByCredential(ctx context.Context, credential []byte) (Key, error)

	// SetCodes replaces a person's recovery codes; UseCode says whether the
	// code was one that had not been used.
	SetCodes(ctx context.Context, user tenant.UserID, hashes []Hash) error
	UseCode(ctx context.Context, user tenant.UserID, h Hash) (bool, error)
	CodesLeft(ctx context.Context, user tenant.UserID) (int, error)
}

// locks keeps what limits how often something may be tried.
type locks interface {
	Lock(ctx context.Context, key string) (Lock, error) // the zero Lock if there is none
	SaveLock(ctx context.Context, key string, l Lock) error
	// Spend notes that something that works once was used; fresh is false if
	// it was noted before.
	Spend(ctx context.Context, h Hash, until time.Time) (fresh bool, err error)
}

// tokens keeps API tokens.
type tokens interface {
	AddToken(ctx context.Context, t Grip) error
	SaveToken(ctx context.Context, t Grip) error
	EndToken(ctx context.Context, user tenant.UserID, id tenant.ID) (int, error)
	EndTokens(ctx context.Context, user tenant.UserID) error
	TokenByHash(ctx context.Context, h Hash) (Grip, error)
	Tokens(ctx context.Context, user tenant.UserID) ([]Grip, error)
}

// User is an account.
type User struct {
	ID                  tenant.UserID
	Email, Name, Locale string // sealed
	Password            []byte // what bcrypt says, sealed
	PasswordSet         time.Time
	Created             time.Time
	Confirmed           time.Time // zero: the address is not confirmed
	Disabled            time.Time // zero: not
	Operator            bool      // runs this instance, and sees no customer's data
	MailCodes           bool      // a code by mail is asked for where there is no better factor
	TOTP                TOTP
}

// TOTP is an authenticator app.
type TOTP struct {
	Seed  []byte // sealed; nil: off
	Next  []byte // sealed; a seed that is not confirmed yet
	Since time.Time
	Step  int64 // the last that was accepted: none before it is again
}

// Live is a session as it is kept.
type Live struct {
	ID                tenant.ID
	User              tenant.UserID
	Hash              Hash
	Made, Seen, Until time.Time
	Ended             time.Time // zero: not
	Why               string    // it ended
	Print             Print     // sealed
}

// Print is where and how a session is used.
type Print struct {
	Address string    `json:"address"`
	Agent   string    `json:"agent"`
	Country string    `json:"country,omitempty"`
	At      *Point    `json:"at,omitempty"` // where, if the database of places says so
	How     string    `json:"how"`          // "password and passkey"
	Sudo    time.Time `json:"sudo"`         // until when nobody asks again who it is
}

// Attempt is a sign-in that waits for its second factor.
type Attempt struct {
	ID    tenant.ID
	User  tenant.UserID
	Hash  Hash
	Until time.Time
	Ended bool
	Data  AttemptData // sealed
}

// AttemptData is what a sign-in that waits remembers.
type AttemptData struct {
	Device    tenant.ID `json:"device"` // zero: the browser is not known
	Code      []byte    `json:"code"`   // the hash of the code that was mailed
	CodeUntil time.Time `json:"code_until"`
	CodeTries int       `json:"code_tries"`
}

// Device is a browser in which somebody signed in before.
type Device struct {
	ID    tenant.ID
	User  tenant.UserID
	Hash  Hash
	Made  time.Time
	Until time.Time
}

// Key is a passkey as it is kept.
type Key struct {
	ID         tenant.ID
	User       tenant.UserID
	Credential []byte // its id
	Name       string // sealed
	Data       []byte // what is needed to verify it, as JSON; sealed
	Made, Used time.Time
}

// Grip is an API token as it is kept.
type Grip struct {
	ID            tenant.ID
	User          tenant.UserID
	Hash          Hash
	Scopes        []string
	Made, Expires time.Time
	Used, Ended   time.Time
	Data          GripData // sealed
}

// GripData is what a token is known by.
type GripData struct {
	Name    string `json:"name"`
	Prefix  string `json:"prefix"`
	Address string `json:"address,omitempty"` // of its last use
}

// Setup is the code that makes the first owner.
type Setup struct {
	Hash  Hash
	Until time.Time
	Tries int
}
