package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// nothing is no sign-in that waits: the passkey is all.
var nothing keyring.Secret

// ask asks for a passkey.
func (w *world) ask(pending keyring.Secret) session.Challenge {
	w.t.Helper()
	ch, err := w.AskPasskey(w.t.Context(), pending)
	if err != nil {
		w.t.Fatal(err)
	}
	return ch
}

// askNew asks for a new passkey.
func (w *world) askNew(id tenant.Identity) session.Challenge {
	w.t.Helper()
	ch, err := w.AskNewPasskey(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return ch
}

// register gives a person a passkey, and returns their session, which has
// another cookie then.
func (w *world) register(id tenant.Identity, k *stick) session.Opened {
	w.t.Helper()
	ch := w.askNew(id)
	o, err := w.AddPasskey(w.t.Context(), id, session.NewPasskey{Name: "Stick", State: ch.State, Credential: k.make(ch)}, home)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// TestPasskey: made, used as the only proof, listed, used as second factor and
// to confirm, and removed.
func TestPasskey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, before := w.enlist(address)
	k := newStick(t)
	now := w.register(id, k)
	w.dead("the cookie from before", before.Cookie)
	id = w.who(now)
	ch := w.ask(nothing)
	k.count++
	o, err := w.Passkey(t.Context(), nothing, ch.State, k.sign(ch), home)
	if err != nil || o.Cookie.Empty() {
		t.Fatalf("sign in: %v", err)
	}
	if got := w.who(o).Actor().User; got != id.Actor().User {
		t.Errorf("signed in as %s", got)
	}
	p, err := w.Profile(t.Context(), w.who(o))
	if err != nil || len(p.Passkeys) != 1 || p.Passkeys[0].Name != "Stick" || p.Passkeys[0].Used.IsZero() {
		t.Fatalf("%+v %v", p.Passkeys, err)
	}

	// As second factor, of a key that asks for no finger.
	waits, err := w.signIn(good, nothing)
	if err != nil || waits.Pending.Empty() {
		t.Fatalf("the password alone opens a session: %v", err)
	}
	ch = w.ask(waits.Pending)
	k.count, k.flags = k.count+1, present
	if o, err = w.Passkey(t.Context(), waits.Pending, ch.State, k.sign(ch), home); err != nil || o.Cookie.Empty() {
		t.Fatalf("second factor: %v", err)
	}

	// To confirm, and then to remove it.
	id = w.who(o)
	w.pass(20 * time.Minute)
	_, err = w.RemovePasskey(t.Context(), id, p.Passkeys[0].ID, home)
	refused(t, "remove without confirming", err, fault.Denied, "sudo")
	if ch, err = w.AskSudoPasskey(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	k.count++
	if o, err = w.SudoPasskey(t.Context(), id, ch.State, k.sign(ch), home); err != nil {
		t.Fatal(err)
	}
	if _, err := w.RemovePasskey(t.Context(), w.who(o), p.Passkeys[0].ID, home); err != nil {
		t.Fatal(err)
	}
	ch = w.ask(nothing)
	_, err = w.Passkey(t.Context(), nothing, ch.State, k.sign(ch), home)
	refused(t, "a passkey that was removed", err, fault.Unauthenticated, "passkey")
}

// TestPasskeyRefused: whatever is wrong with an answer, it opens nothing, and
// what is right afterwards does.
func TestPasskeyRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _ := w.enlist(address)
	right := newStick(t)
	w.register(id, right)
	other, _ := w.enlist("bob@example.org")
	bobs := newStick(t)
	w.register(other, bobs)
	for name, wrong := range map[string]func(k *stick, ch *session.Challenge){
		"origin":           func(k *stick, _ *session.Challenge) { k.origin = "http://localhost:8081" },
		"origin_encrypted": func(k *stick, _ *session.Challenge) { k.origin = "https://localhost:8080" },
		"origin_suffix":    func(k *stick, _ *session.Challenge) { k.origin = "http://localhost:8080.evil.example" },
		"rp":               func(k *stick, _ *session.Challenge) { k.rp = "evil.example" },
		"challenge":        func(k *stick, _ *session.Challenge) { k.challenge = strings.Repeat("A", 43) },
		"not_present":      func(k *stick, _ *session.Challenge) { k.flags = verified },
		"not_verified":     func(k *stick, _ *session.Challenge) { k.flags = present },
		"signature":        func(k *stick, _ *session.Challenge) { k.broken = true },
		"other_key":        func(k *stick, _ *session.Challenge) { k.key = newStick(t).key },
		"unknown_key":      func(k *stick, _ *session.Challenge) { *k = *newStick(t) },
		"other_person":     func(k *stick, _ *session.Challenge) { k.user = bobs.user },
		"state_of_nobody":  func(_ *stick, ch *session.Challenge) { ch.State = "AAAA" },
		"state_of_another_question": func(_ *stick, ch *session.Challenge) {
			ch.State = w.ask(nothing).State
		},
		"state_to_make_one": func(_ *stick, ch *session.Challenge) { *ch = w.askNew(other) },
		"too_late":          func(*stick, *session.Challenge) { w.pass(6 * time.Minute) },
	} {
		k, ch := *right, w.ask(nothing)
		wrong(&k, &ch)
		k.count = right.count + 1
		o, err := w.Passkey(t.Context(), nothing, ch.State, k.sign(ch), home)
		refused(t, name, err, fault.Unauthenticated, "passkey")
		if !o.Cookie.Empty() {
			t.Errorf("%s: a session is open", name)
		}
	}
	if _, err := w.Passkey(t.Context(), nothing, w.ask(nothing).State, []byte("{}"), home); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("no answer at all: %v", err)
	}

	// An answer is good once, and for its own sign-in only.
	ch := w.ask(nothing)
	right.count++
	answer := right.sign(ch)
	if _, err := w.Passkey(t.Context(), nothing, ch.State, answer, home); err != nil {
		t.Fatal(err)
	}
	_, err := w.Passkey(t.Context(), nothing, ch.State, answer, home)
	refused(t, "replayed", err, fault.Unauthenticated, "passkey")
	waits, err := w.signIn(good, nothing)
	if err != nil {
		t.Fatal(err)
	}
	ch = w.ask(nothing)
	right.count++
	_, err = w.Passkey(t.Context(), waits.Pending, ch.State, right.sign(ch), home)
	refused(t, "of another sign-in", err, fault.Unauthenticated, "passkey")
	ch = w.ask(waits.Pending)
	bobs.count++
	_, err = w.Passkey(t.Context(), waits.Pending, ch.State, bobs.sign(ch), home)
	refused(t, "of somebody else as second factor", err, fault.Unauthenticated, "passkey")
}

// TestPasskeyCopied: a counter that goes back means that there are two of a
// passkey. Every session ends, and its person is told.
func TestPasskeyCopied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, _ := w.enlist(address)
	k := newStick(t)
	o := w.register(id, k)
	for _, count := range []uint32{k.count, k.count - 3} {
		ch := w.ask(nothing)
		k.count = count
		in, err := w.Passkey(t.Context(), nothing, ch.State, k.sign(ch), home)
		refused(t, "a copy", err, fault.Unauthenticated, "passkey")
		if !in.Cookie.Empty() {
			t.Error("a copy opens a session")
		}
	}
	w.dead("the session from before", o.Cookie)
	if m := w.mail(notify.SessionsRevoked); !strings.Contains(m.Words["reason"], "passkey") {
		t.Errorf("the mail says %q", m.Words)
	}
	if n := w.count(notify.SessionsRevoked); n != 0 {
		t.Errorf("%d more mails: there was nothing left to end", n)
	}
}

// TestNewPasskeyRefused: what is wrong with a new passkey keeps it out.
func TestNewPasskeyRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, o := w.enlist(address)
	for name, wrong := range map[string]func(k *stick){
		"origin":      func(k *stick) { k.origin = "http://evil.example" },
		"rp":          func(k *stick) { k.rp = "evil.example" },
		"challenge":   func(k *stick) { k.challenge = strings.Repeat("A", 43) },
		"not_present": func(k *stick) { k.flags = verified },
	} {
		k, ch := newStick(t), w.askNew(id)
		wrong(k)
		_, err := w.AddPasskey(t.Context(), id, session.NewPasskey{State: ch.State, Credential: k.make(ch)}, home)
		refused(t, name, err, fault.Unauthenticated, "passkey")
	}
	other, _ := w.enlist("bob@example.org")
	k, ch := newStick(t), w.askNew(other)
	made := session.NewPasskey{State: ch.State, Credential: k.make(ch)}
	_, err := w.AddPasskey(t.Context(), id, made, home)
	refused(t, "asked of another session", err, fault.Unauthenticated, "passkey")
	if _, err := w.AddPasskey(t.Context(), other, made, home); err != nil {
		t.Fatal(err)
	}
	ch = w.askNew(id)
	_, err = w.AddPasskey(t.Context(), id, session.NewPasskey{State: ch.State, Credential: k.make(ch)}, home)
	refused(t, "a passkey that somebody has", err, fault.Unauthenticated, "passkey")
	w.pass(16 * time.Minute)
	_, err = w.AskNewPasskey(t.Context(), w.who(o))
	refused(t, "without confirming", err, fault.Denied, "sudo")
	if p, err := w.Profile(t.Context(), w.who(o)); err != nil || len(p.Passkeys) != 0 {
		t.Errorf("%+v %v", p.Passkeys, err)
	}
}
