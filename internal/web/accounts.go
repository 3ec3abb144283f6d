package web

import (
	"context"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// accounts is what the pages of signing in and of one's own account use.
// Refusals are faults whose details name the field: email, password, code, name.
// What needs a fresh proof of who it is answers with the code "sudo".
type accounts interface {
	people

	// Empty reports whether nobody has an account yet, so that setup is due.
	Empty(ctx context.Context) (bool, error)
	// Registering reports whether anybody may open an account, Mailing whether mails are sent.
	Registering() bool
	Mailing() bool
	Register(ctx context.Context, email string, password keyring.Secret, from session.Peer) error
	Confirm(ctx context.Context, link string, password keyring.Secret, from session.Peer) error

	// SignIn checks a password; device is the cookie of a known browser.
	SignIn(ctx context.Context, email string, password, device keyring.Secret, from session.Peer) (session.Opened, error)
	// Factors are what may finish a sign-in that waits.
	Factors(ctx context.Context, pending keyring.Secret) ([]session.Factor, error)
	SendCode(ctx context.Context, pending keyring.Secret, from session.Peer) error
	Second(ctx context.Context, pending keyring.Secret, by session.Factor, code keyring.Secret, from session.Peer) (session.Opened, error)
	// AskPasskey begins a sign-in by passkey; pending is empty where it is the only proof.
	AskPasskey(ctx context.Context, pending keyring.Secret) (session.Challenge, error)
	Passkey(ctx context.Context, pending keyring.Secret, state string, credential []byte, from session.Peer) (session.Opened, error)
	SignOut(ctx context.Context, cookie keyring.Secret, from session.Peer) error

	// AskReset answers the same whether there is such an account or not.
	AskReset(ctx context.Context, email string, from session.Peer) error
	// Reset sets a new password by a link and ends every session.
	Reset(ctx context.Context, link string, password keyring.Secret, from session.Peer) error
	// NotMe is the link of a sign-in alert: it ends every session of the account.
	NotMe(ctx context.Context, link string, from session.Peer) error

	Who(ctx context.Context, id tenant.Identity) (name, email string, err error)
	Profile(ctx context.Context, id tenant.Identity) (session.Profile, error)
	Events(ctx context.Context, id tenant.Identity, limit int) ([]session.Event, error)
	// Sudo proves again who it is; the session gets a new cookie.
	Sudo(ctx context.Context, id tenant.Identity, password, code keyring.Secret, from session.Peer) (session.Opened, error)
	AskSudoPasskey(ctx context.Context, id tenant.Identity) (session.Challenge, error)
	SudoPasskey(ctx context.Context, id tenant.Identity, state string, credential []byte, from session.Peer) (session.Opened, error)

	ChangePassword(ctx context.Context, id tenant.Identity, current, next keyring.Secret, from session.Peer) (session.Opened, error)
	// BeginTOTP makes a secret, shown once; ConfirmTOTP turns it on and gives recovery codes.
	BeginTOTP(ctx context.Context, id tenant.Identity) (secret, uri keyring.Secret, err error)
	ConfirmTOTP(ctx context.Context, id tenant.Identity, code keyring.Secret, from session.Peer) ([]keyring.Secret, session.Opened, error)
	EndTOTP(ctx context.Context, id tenant.Identity, password, code keyring.Secret, from session.Peer) (session.Opened, error)
	RecoveryCodes(ctx context.Context, id tenant.Identity, from session.Peer) ([]keyring.Secret, error)
	AskNewPasskey(ctx context.Context, id tenant.Identity) (session.Challenge, error)
	AddPasskey(ctx context.Context, id tenant.Identity, made session.NewPasskey, from session.Peer) (session.Opened, error)
	RemovePasskey(ctx context.Context, id tenant.Identity, passkey tenant.ID, from session.Peer) (session.Opened, error)
	EndSession(ctx context.Context, id tenant.Identity, which tenant.ID, from session.Peer) error
	EndOthers(ctx context.Context, id tenant.Identity, from session.Peer) error
	MakeToken(ctx context.Context, id tenant.Identity, order session.TokenOrder, from session.Peer) (keyring.Secret, error)
	RevokeToken(ctx context.Context, id tenant.Identity, token tenant.ID, from session.Peer) error
}
