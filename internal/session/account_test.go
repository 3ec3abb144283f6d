package session_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestRegister: an address and a password open an account; the address must
// be confirmed, and a known one is told nothing else than an unknown one.
func TestRegister(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.Register(t.Context(), " Ada@Example.org ", secret(good), home); err != nil {
		t.Fatal(err)
	}
	_, err := w.signIn(good, keyring.Secret{})
	refused(t, "before the address is confirmed", err, fault.Denied, "unconfirmed")
	_, err = w.signIn("wrong horse battery staple", keyring.Secret{})
	refused(t, "wrong and unconfirmed", err, fault.Unauthenticated, "credentials")
	m := w.mail(notify.ConfirmAddress)
	if m.To != address || !strings.HasPrefix(m.Path, session.ConfirmPath) {
		t.Errorf("mail %+v", m)
	}
	refused(t, "another link", w.Confirm(t.Context(), link(m)+"A", secret(good), home), fault.Invalid, "link")
	w.pass(47 * time.Hour)
	err = w.Confirm(t.Context(), link(m), secret("not what it was opened with"), home)
	refused(t, "without its password", err, fault.Unauthenticated, "credentials")
	_, err = w.signIn(good, keyring.Secret{})
	refused(t, "still not confirmed", err, fault.Denied, "unconfirmed")
	for range 2 { // a second click does no harm
		if err := w.Confirm(t.Context(), link(m), secret(good), home); err != nil {
			t.Fatal(err)
		}
	}
	o, err := w.signIn(good, keyring.Secret{})
	if err != nil || o.Cookie.Empty() || !o.Pending.Empty() || o.Device.Empty() {
		t.Fatalf("signed in %v: %v", o, err)
	}
	if err := w.Register(t.Context(), address, secret("another good long password"), home); err != nil {
		t.Errorf("a known address is told something: %v", err)
	}
	w.mail(notify.AccountExists)
	_, err = w.signIn("another good long password", keyring.Secret{})
	refused(t, "the second registration's password", err, fault.Unauthenticated, "credentials")
	closed := newWorld(t, func(c *session.Config) { c.Open = false })
	refused(t, "closed", closed.Register(t.Context(), address, secret(good), home), fault.Denied, "signup_closed")
}

// TestPasswordPolicy: length, what can be guessed, and any characters at all.
func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("kX9!vTz2#mQpW7&n", 8)
	spaced := " leading and trailing spaces stay "
	for password, code := range map[string]string{
		spaced: "", "kX9!vTz2#mQ": "password_too_short", "kX9!vTz2#mQp": "", "😀😁😂🤣😃😄😅😆😉😊😋😎": "", strings.Repeat("😀", 11): "password_too_short",
		long: "", long + long + long + long + long: "password_too_long",
		"Ledgersys2026": "password_guessable", "ada.lovelace1": "password_guessable", "ada.lovelace@example.org": "password_guessable",
		"password1234": "password_guessable", "aaaaaaaaaaaaaaaa": "password_guessable", "qwertyuiop12": "password_guessable", "\xff\xfekX9!vTz2#mQp": "password_invalid",
	} {
		err := w.Register(t.Context(), "ada.lovelace@example.org", secret(password), home)
		if code == "" && err != nil || code != "" && fault.Of(err).Code != code {
			t.Errorf("%.30q: got %v, want %q", password, err, code)
		}
		w.pass(time.Hour)
	}
	for _, email := range []string{"", "ada", "a b@example.org", "Ada <ada@example.org>", "ada@example.org\r\nBcc: x@example.org", strings.Repeat("a", 300) + "@example.org"} {
		refused(t, email, w.Register(t.Context(), email, secret(good), home), fault.Invalid, "email_invalid")
	}
}

// TestLongPassword: nothing is cut off at bcrypt's 72 bytes.
func TestLongPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("kX9!vTz2#mQpW7&n", 8)
	if _, err := w.Enlist(t.Context(), session.NewPerson{Email: address, Password: secret(long)}, nil, home); err != nil {
		t.Fatal(err)
	}
	_, err := w.signIn(long[:72], keyring.Secret{})
	refused(t, "its first 72 bytes", err, fault.Unauthenticated, "credentials")
	if _, err := w.signIn(long, keyring.Secret{}); err != nil {
		t.Error(err)
	}
}

// TestReset: a link sets a new password once, within an hour, ends every
// session and unlocks.
func TestReset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, o := w.enlist(address)
	for range 5 {
		_, _ = w.signIn("wrong horse battery staple", keyring.Secret{})
	}
	_, err := w.signIn(good, keyring.Secret{})
	refused(t, "locked", err, fault.TooMany, "locked")
	if err := w.AskReset(t.Context(), "nobody@example.org", home); err != nil || w.count(notify.ResetAccess) != 0 {
		t.Errorf("for nobody: %v", err)
	}
	if err := w.AskReset(t.Context(), address, home); err != nil {
		t.Fatal(err)
	}
	m := w.mail(notify.ResetAccess)
	const next = "a new and different passphrase"
	refused(t, "too short", w.Reset(t.Context(), link(m), secret("short"), home), fault.Invalid, "password_too_short")
	if err := w.Reset(t.Context(), link(m), secret(next), home); err != nil {
		t.Fatal(err)
	}
	w.dead("after a reset", o.Cookie)
	refused(t, "a second time", w.Reset(t.Context(), link(m), secret("yet another long passphrase"), home), fault.Invalid, "link")
	if _, err := w.signIn(next, keyring.Secret{}); err != nil {
		t.Errorf("still locked: %v", err)
	}
	w.mail(notify.PasswordChanged)
	if err := w.AskReset(t.Context(), address, home); err != nil {
		t.Fatal(err)
	}
	m = w.mail(notify.ResetAccess)
	w.pass(time.Hour)
	refused(t, "late", w.Reset(t.Context(), link(m), secret(good), home), fault.Invalid, "link")
	path, err := w.ResetLink(t.Context(), address)
	if err != nil || !strings.HasPrefix(string(path.Reveal()), session.ResetPath) {
		t.Fatalf("the operator's link: %v", err)
	}
	if err := w.Reset(t.Context(), strings.TrimPrefix(string(path.Reveal()), session.ResetPath), secret(good), home); err != nil {
		t.Error(err)
	}
}

// TestChangePassword: only with the current one, and the other sessions end.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, here := w.enlist(address)
	there, err := w.signIn(good, keyring.Secret{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.ChangePassword(t.Context(), id, secret("wrong horse battery staple"), secret("a new and different passphrase"), home)
	refused(t, "wrong", err, fault.Unauthenticated, "credentials")
	_, err = w.ChangePassword(t.Context(), id, secret(good), secret("ada@example.org1"), home)
	refused(t, "guessable", err, fault.Invalid, "password_guessable")
	next, err := w.ChangePassword(t.Context(), id, secret(good), secret("a new and different passphrase"), home)
	if err != nil {
		t.Fatal(err)
	}
	w.dead("elsewhere", there.Cookie)
	w.dead("the cookie before", here.Cookie)
	w.who(next)
	w.mail(notify.PasswordChanged)
}

// TestSetUp: the code works once, half an hour, and ten wrong ones end it; an
// error of what belongs to it leaves no account behind.
func TestSetUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := session.NewPerson{Name: "Ada", Email: address, Password: secret(good)}
	_, err := w.SetUp(t.Context(), secret("AAAA-AAAA"), p, nil, home)
	refused(t, "without a code", err, fault.Invalid, "setup_code")
	code, err := w.NewSetupCode(t.Context())
	if err != nil || len(code.Reveal()) != 9 {
		t.Fatalf("code: %v", err)
	}
	w.pass(30 * time.Minute)
	_, err = w.SetUp(t.Context(), code, p, nil, home)
	refused(t, "late", err, fault.Invalid, "setup_code")
	if code, err = w.NewSetupCode(t.Context()); err != nil {
		t.Fatal(err)
	}
	fail := func(context.Context, session.Tx, tenant.UserID) error { return errStop }
	if _, err := w.SetUp(t.Context(), code, p, fail, home); err == nil {
		t.Error("an error is swallowed")
	}
	if empty, err := w.Empty(t.Context()); err != nil || !empty {
		t.Errorf("an account was left: %v", err)
	}
	typed := secret(strings.ToLower(strings.ReplaceAll(string(code.Reveal()), "-", " ")))
	made := tenant.UserID{}
	o, err := w.SetUp(t.Context(), typed, p, func(_ context.Context, _ session.Tx, u tenant.UserID) error { made = u; return nil }, home)
	if err != nil || w.who(o).Actor().User != made {
		t.Fatalf("set up: %v", err)
	}
	_, err = w.SetUp(t.Context(), code, session.NewPerson{Email: "eve@example.org", Password: secret(good)}, nil, home)
	refused(t, "again", err, fault.Invalid, "setup_code")
	_, err = w.NewSetupCode(t.Context())
	refused(t, "another code", err, fault.Conflict, "set_up")
	events, err := w.Events(t.Context(), w.who(o), 10)
	if err != nil || !slices.ContainsFunc(events, func(e session.Event) bool { return e.Text == "The account was opened" && e.Address == home.Address }) {
		t.Errorf("events %+v: %v", events, err)
	}
}

// TestSetUpTries: whoever guesses ends the code.
func TestSetUpTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code, err := w.NewSetupCode(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := session.NewPerson{Email: address, Password: secret(good)}
	for i := range 10 {
		_, err := w.SetUp(t.Context(), secret(nth("AAAA-AAA%d", i)), p, nil, home)
		refused(t, "a guess", err, fault.Invalid, "setup_code")
	}
	_, err = w.SetUp(t.Context(), code, p, nil, home)
	refused(t, "the right one after ten", err, fault.Invalid, "setup_code")
}
