package session

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Who returns what a person's own pages call them.
func (s *Service) Who(ctx context.Context, id tenant.Identity) (name, email string, err error) {
	if !id.Known() {
		return "", "", errSignIn()
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		u, err := tx.User(ctx, id.Actor().User)
		name, email = u.Name, u.Email
		return err
	})
	return name, email, err
}

// Profile returns a person's own account. Somebody with an API token sees it
// too; a session of their own is then not among the sessions.
func (s *Service) Profile(ctx context.Context, id tenant.Identity) (p Profile, err error) {
	if !id.Known() {
		return p, errSignIn()
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		u, err := tx.User(ctx, id.Actor().User)
		if err != nil {
			return err
		}
		p = Profile{ID: u.ID, Name: u.Name, Email: u.Email, PasswordSet: u.PasswordSet, TOTPSince: u.TOTP.Since, MailCodes: u.MailCodes, Idle: s.Idle}
		if p.RecoveryLeft, err = tx.CodesLeft(ctx, u.ID); err != nil {
			return err
		}
		keys, err := tx.Keys(ctx, u.ID)
		if err != nil {
			return err
		}
		for _, k := range keys {
			p.Passkeys = append(p.Passkeys, Passkey{ID: k.ID, Name: k.Name, Made: k.Made, Used: k.Used, Synced: synced(k)})
		}
		if err := s.listSessions(ctx, tx, id, &p); err != nil {
			return err
		}
		grips, err := tx.Tokens(ctx, u.ID)
		for _, g := range grips {
			p.Tokens = append(p.Tokens, tokenOf(g))
		}
		return err
	})
	if err != nil {
		return p, err
	}
	demand, err := s.demand(ctx, p.ID)
	p.SecondFactorDue = demand.Second && p.TOTPSince.IsZero() && len(p.Passkeys) == 0
	return p, err
}

func (s *Service) listSessions(ctx context.Context, tx Tx, id tenant.Identity, p *Profile) error {
	lives, err := tx.Lives(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, l := range lives {
		if s.over(l, tx.Now()) {
			continue
		}
		v := Session{ID: l.ID, Country: l.Print.Country, Address: l.Print.Address, How: l.Print.How, First: l.Made, Last: l.Seen}
		v.Device, v.Mobile = deviceWords(l.Print.Agent)
		if v.Current = id.Actor().Via == tenant.ViaSession && l.ID == id.Actor().Session; v.Current {
			p.SudoUntil = l.Print.Sudo
		}
		p.Sessions = append(p.Sessions, v)
	}
	slices.SortFunc(p.Sessions, func(a, b Session) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.ID.String(), b.ID.String()))
	})
	return nil
}

func tokenOf(g Grip) Token {
	return Token{ID: g.ID, Name: g.Data.Name, Prefix: g.Data.Prefix, Scopes: g.Scopes, Made: g.Made, Expires: g.Expires, Used: g.Used, Address: g.Data.Address}
}

// sentences are what people read about security events of their account.
var sentences = map[string]string{
	"sign_in/ok": "Signed in", "sign_in/failed": "A wrong password at sign-in", "sign_out/ok": "Signed out",
	"second_factor/ok": "Second factor accepted", "second_factor/failed": "A wrong second factor", "second_factor/replayed": "A code was used twice",
	"new_device/ok": "Signed in from a new device", "lock/ok": "Sign-in was locked after wrong attempts", "mail_code/sent": "A sign-in code was mailed",
	"reset/asked": "A link for a new password was asked for", "confirm/ok": "Confirmed that it is you", "confirm/failed": "A wrong password at confirming",
	"user.create/ok": "The account was opened", "user.register_again/ok": "Somebody wanted to open an account with your address", "user.confirm/ok": "The address was confirmed", "password.change/ok": "The password was changed",
	"password.reset/ok": "A new password was set by a link", "totp.on/ok": "An authenticator app was added", "totp.off/ok": "The authenticator app was removed",
	"passkey.add/ok": "A passkey was added", "passkey.remove/ok": "A passkey was removed", "recovery_codes.new/ok": "New recovery codes were made",
	"mail_codes.set/ok": "Codes by mail were switched on or off", "token.create/ok": "An API token was made", "token.revoke/ok": "An API token was revoked",
	"session_revoked/person": "A session was ended", "session_revoked/not_me": "All sessions were ended: it was not you",
	"session_revoked/suspicious": "All sessions were ended", "session_revoked_suspicious/ok": "Something looked like theft",
	"credential_on_plaintext/ok": "A cookie or token came without encryption and was ended", "user.disable/ok": "The account was disabled",
	"user.enable/ok": "The account was enabled", "factors.reset/ok": "The second factors were removed by the operator",
	"export/ok": "Reports of a year were downloaded", "key.linked/ok": "An exchange was linked", "key.replaced/ok": "The key of a linked exchange was replaced",
	"key.destroyed/ok": "A linked exchange was removed and its key destroyed", "key.gained_power/refused": "A linked key could do more than read and was not used",
	"egress.denied/refused": "A call of a linked account was stopped on its way out, and the account paused",
}

// changes are what people read about events of the kind "permission", by the
// act that their object begins with.
var changes = map[string]string{
	"firm.create": "A firm was opened", "firm.change": "A firm's settings were changed",
	"entity.create": "Books were opened", "entity.change": "The settings of books were changed",
	"member.invite": "Somebody was invited", "member.uninvite": "An invitation was taken back", "member.join": "Somebody joined a firm",
	"member.change": "Somebody's role was changed", "member.remove": "Somebody was removed from a firm", "role.change": "What a role may do was changed",
	"grant.offer": "Books were offered to another firm", "grant.request": "Access to books was asked for", "grant.accept": "Shared books were accepted",
	"grant.answer": "A request for access was answered", "grant.confirm": "Sharing of books was confirmed", "grant.end": "Sharing of books was ended",
}

// Events returns the last security events of a person's own account.
func (s *Service) Events(ctx context.Context, id tenant.Identity, limit int) (list []Event, err error) {
	if !id.Known() {
		return nil, errSignIn()
	}
	if limit <= 0 || limit > 200 {
		return nil, fault.New(fault.Invalid, nil, "At most 200 events at a time.")
	}
	err = s.Store.Read(ctx, func(tx Tx) error {
		events, err := tx.UserEvents(ctx, id.Actor().User, limit)
		for _, e := range events {
			list = append(list, Event{At: e.At, Text: eventText(e), Address: e.Actor.Address})
		}
		return err
	})
	return list, err
}

func eventText(e audit.Event) string {
	text, ok := sentences[e.Kind+"/"+e.Outcome]
	if e.Kind == "permission" && e.Outcome == "ok" {
		act, _, _ := strings.Cut(e.Object, "/")
		text, ok = changes[act]
	}
	if !ok {
		text = e.Kind + ": " + e.Outcome
	}
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text
}
