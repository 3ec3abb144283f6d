package session_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// code returns the app's code now.
func (w *world) code(seed keyring.Secret) keyring.Secret {
	w.t.Helper()
	c, err := totp.GenerateCode(string(seed.Reveal()), w.now())
	if err != nil {
		w.t.Fatal(err)
	}
	return secret(c)
}

// enrol turns an authenticator app on.
func (w *world) enrol(id tenant.Identity) (seed keyring.Secret, codes []keyring.Secret, o session.Opened) {
	w.t.Helper()
	seed, uri, err := w.BeginTOTP(w.t.Context(), id)
	if err != nil || !strings.Contains(string(uri.Reveal()), string(seed.Reveal())) || len(seed.Reveal()) != 32 {
		w.t.Fatalf("begin: %v", err)
	}
	codes, o, err = w.ConfirmTOTP(w.t.Context(), id, w.code(seed), home)
	if err != nil || len(codes) != 10 {
		w.t.Fatalf("confirm: %d codes: %v", len(codes), err)
	}
	return seed, codes, o
}

// pend signs in as far as the second factor.
func (w *world) pend(device keyring.Secret) keyring.Secret {
	w.t.Helper()
	o, err := w.signIn(good, device)
	if err != nil || !o.Cookie.Empty() || o.Pending.Empty() {
		w.t.Fatalf("pending: %v", err)
	}
	return o.Pending
}

// TestTOTP: no session without the code; a code works once; the other
// sessions end when it is turned on.
func TestTOTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, before := w.enlist(address)
	seed, _, o := w.enrol(id)
	w.dead("the cookie before", before.Cookie)
	w.who(o)
	w.mail(notify.FactorChanged)
	w.pass(time.Minute)
	p := w.pend(before.Device)
	if list, err := w.Factors(t.Context(), p); err != nil || !slices.Equal(list, []session.Factor{session.ByTOTP, session.ByRecovery, session.ByMail}) {
		t.Errorf("factors %v: %v", list, err)
	}
	used := w.code(seed)
	in, err := w.Second(t.Context(), p, session.ByTOTP, used, home)
	if err != nil {
		t.Fatal(err)
	}
	w.who(in)
	_, err = w.Second(t.Context(), p, session.ByTOTP, used, home)
	refused(t, "a sign-in that is over", err, fault.Unauthenticated, "sign_in_over")
	p = w.pend(before.Device)
	_, err = w.Second(t.Context(), p, session.ByTOTP, used, home)
	refused(t, "the same code again", err, fault.Unauthenticated, "code")
	w.dead("after a code came twice", in.Cookie)
	w.mail(notify.SessionsRevoked)
	w.pass(5 * time.Minute)
	p = w.pend(keyring.Secret{})
	old := w.code(seed)
	w.pass(2 * time.Minute)
	_, err = w.Second(t.Context(), p, session.ByTOTP, old, home)
	refused(t, "an old code", err, fault.Unauthenticated, "code")
	for range 4 {
		_, err = w.Second(t.Context(), p, session.ByTOTP, secret("000000"), home)
		refused(t, "a wrong code", err, fault.Unauthenticated, "code")
	}
	_, err = w.Second(t.Context(), p, session.ByTOTP, w.code(seed), home)
	refused(t, "after five", err, fault.TooMany, "locked")
	w.pass(11 * time.Minute)
	_, err = w.Factors(t.Context(), p)
	refused(t, "after ten minutes", err, fault.Unauthenticated, "sign_in_over")
}

// TestRecoveryCodes: each works once, however it is typed.
func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, first := w.enlist(address)
	seed, codes, o := w.enrol(id)
	typed := secret(" " + strings.ToUpper(strings.ReplaceAll(string(codes[3].Reveal()), "-", " ")))
	if _, err := w.Second(t.Context(), w.pend(first.Device), session.ByRecovery, typed, home); err != nil {
		t.Fatal(err)
	}
	_, err := w.Second(t.Context(), w.pend(first.Device), session.ByRecovery, codes[3], home)
	refused(t, "twice", err, fault.Unauthenticated, "code")
	id = w.who(o)
	if p, err := w.Profile(t.Context(), id); err != nil || p.RecoveryLeft != 9 || p.TOTPSince.IsZero() {
		t.Errorf("%+v: %v", p, err)
	}
	fresh, err := w.RecoveryCodes(t.Context(), id, home)
	if err != nil || len(fresh) != 10 {
		t.Fatal(err)
	}
	_, err = w.Second(t.Context(), w.pend(first.Device), session.ByRecovery, codes[4], home)
	refused(t, "one that was replaced", err, fault.Unauthenticated, "code")
	w.pass(time.Minute)
	w.demand = session.Demand{Second: true}
	_, err = w.EndTOTP(t.Context(), id, secret(good), w.code(seed), home)
	refused(t, "the last one that is demanded", err, fault.Conflict, "factor_demanded")
	w.demand = session.Demand{}
	_, err = w.EndTOTP(t.Context(), id, secret(good), secret("123456"), home)
	refused(t, "without a code", err, fault.Unauthenticated, "code")
	o, err = w.EndTOTP(t.Context(), id, secret(good), w.code(seed), home)
	if err != nil {
		t.Fatal(err)
	}
	w.who(o)
	if o, err := w.signIn(good, first.Device); err != nil || o.Cookie.Empty() {
		t.Errorf("without a second factor: %v", err)
	}
}

// TestMailCode: eight digits, once, ten minutes, five tries, three an hour,
// for this sign-in only, and not where it is forbidden.
func TestMailCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.demand = session.Demand{Second: true}
	_, first := w.enlist(address)
	one, two := w.pend(first.Device), w.pend(first.Device)
	if err := w.SendCode(t.Context(), one, home); err != nil {
		t.Fatal(err)
	}
	c := secret(w.mail(notify.SignInCode).Words["code"])
	if len(c.Reveal()) != 8 {
		t.Errorf("a code of %d digits", len(c.Reveal()))
	}
	_, err := w.Second(t.Context(), two, session.ByMail, c, home)
	refused(t, "another sign-in", err, fault.Unauthenticated, "code")
	if _, err := w.Second(t.Context(), one, session.ByMail, c, home); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.SendCode(t.Context(), two, home); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, "the fourth in an hour", w.SendCode(t.Context(), two, home), fault.TooMany, "too_many_codes")
	c = secret(w.mail(notify.SignInCode).Words["code"])
	w.pass(10 * time.Minute)
	_, err = w.Second(t.Context(), two, session.ByMail, c, home)
	if !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("late: %v", err)
	}
	w.pass(time.Hour)
	w.demand = session.Demand{Second: true, NoMail: true}
	if o, err := w.signIn(good, first.Device); err != nil || o.Cookie.Empty() {
		t.Errorf("where no mail may be used and nothing else is there: %v", err)
	}
}

// TestSudo: sensitive things need a proof of the last quarter of an hour.
func TestSudo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, o := w.enlist(address)
	w.pass(16 * time.Minute)
	w.who(o)
	order := session.TokenOrder{Name: "script", Scopes: []string{"read", "imports"}}
	_, err := w.MakeToken(t.Context(), id, order, home)
	refused(t, "too long ago", err, fault.Denied, "sudo")
	_, err = w.AskNewPasskey(t.Context(), id)
	refused(t, "too long ago", err, fault.Denied, "sudo")
	_, err = w.Sudo(t.Context(), id, secret("wrong horse battery staple"), keyring.Secret{}, home)
	refused(t, "wrong", err, fault.Unauthenticated, "credentials")
	next, err := w.Sudo(t.Context(), id, secret(good), keyring.Secret{}, home)
	if err != nil {
		t.Fatal(err)
	}
	w.dead("the cookie before", o.Cookie)
	id = w.who(next)
	token, err := w.MakeToken(t.Context(), id, order, home)
	if err != nil {
		t.Fatal(err)
	}
	w.mail(notify.TokenCreated)
	bearer, scopes, err := w.Token(t.Context(), token, thief)
	if err != nil || !slices.Equal(scopes, order.Scopes) || bearer.Actor().Via != tenant.ViaToken {
		t.Fatalf("%v %v: %v", bearer, scopes, err)
	}
	_, err = w.MakeToken(t.Context(), bearer, order, home)
	refused(t, "a token makes a token", err, fault.Denied, "browser_only")
	p, err := w.Profile(t.Context(), id)
	if err != nil || len(p.Tokens) != 1 || p.Tokens[0].Address != thief.Address || !strings.HasPrefix(string(token.Reveal()), p.Tokens[0].Prefix) {
		t.Errorf("%+v: %v", p.Tokens, err)
	}
	broken := []byte(string(token.Reveal()))
	broken[20] ^= 1
	_, _, err = w.Token(t.Context(), keyring.NewSecret(broken), home)
	refused(t, "a wrong checksum", err, fault.Unauthenticated, "token")
	if err := w.RevokeToken(t.Context(), id, p.Tokens[0].ID, home); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.Token(t.Context(), token, home)
	refused(t, "revoked", err, fault.Unauthenticated, "token")
	for what, o := range map[string]session.TokenOrder{
		"no_name": {Scopes: []string{"read"}}, "no_scope": {Name: "x"}, "unknown": {Name: "x", Scopes: []string{"root"}},
		"twice": {Name: "x", Scopes: []string{"read", "read"}}, "forever": {Name: "x", Scopes: []string{"read"}, For: 10000 * time.Hour},
	} {
		if _, err := w.MakeToken(t.Context(), id, o, home); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
