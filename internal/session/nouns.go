package session

import (
	"time"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Peer is where a request comes from.
type Peer = struct {
	Address string // of the client, beyond trusted proxies
	Agent   string // User-Agent, shortened
}

// Opened is what a step of signing in gives: a session, or a sign-in that
// waits for its second factor. What is empty leaves the browser's cookie alone.
type Opened struct {
	Cookie  keyring.Secret // of the session
	Pending keyring.Secret // of a sign-in that waits
	Device  keyring.Secret // by which this browser is known again
}

// Factor is a way to prove who one is, besides the password.
type Factor string

// The factors.
const (
	ByTOTP     Factor = "totp"
	ByPasskey  Factor = "passkey"
	ByRecovery Factor = "recovery"
	ByMail     Factor = "mail"
)

// Challenge is what a browser's passkey has to sign: the options as WebAuthn
// names them, as JSON, and a state that comes back with the answer.
type Challenge struct {
	Options []byte
	State   string
}

// NewPasskey is what a browser answers that was asked for a new passkey.
type NewPasskey struct {
	Name       string // as its person calls it
	State      string // of the Challenge
	Credential []byte // as WebAuthn names it, as JSON
}

// Profile is a person's own account as they see it.
type Profile struct {
	ID              tenant.UserID
	Name, Email     string
	PasswordSet     time.Time
	TOTPSince       time.Time // zero: off
	MailCodes       bool      // a code by mail is asked for where there is no better factor
	RecoveryLeft    int
	Passkeys        []Passkey
	Sessions        []Session
	Tokens          []Token
	SecondFactorDue bool      // policy demands one and there is none
	SudoUntil       time.Time // of the session that asks
	Idle            time.Duration
}

// Passkey is one of a person's passkeys.
type Passkey struct {
	ID         tenant.ID
	Name       string
	Made, Used time.Time
	Synced     bool
}

// Session is one of a person's sessions.
type Session struct {
	ID          tenant.ID
	Device      string // "Chromium on Linux"
	Mobile      bool
	Country     string // "" without a database of places
	Address     string
	How         string // "password and passkey"
	First, Last time.Time
	Current     bool
}

// Token is one of a person's API tokens.
type Token struct {
	ID            tenant.ID
	Name, Prefix  string
	Scopes        []string
	Made, Expires time.Time
	Used          time.Time // zero: never
	Address       string    // of its last use
}

// TokenOrder is an API token to be made.
type TokenOrder struct {
	Name   string
	Scopes []string
	For    time.Duration
}

// Event is something that happened to a person's account.
type Event struct {
	At            time.Time
	Text, Address string
}
