package session

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
	"golang.org/x/crypto/bcrypt"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
)

// cost is how hard bcrypt makes it.
const cost = 12

// hasher hashes passwords: bcrypt over an HMAC with a pepper, whose 64
// characters are within bcrypt's 72 bytes whatever a password's length is.
// Few at a time, because a flood of sign-ins must not take the processor from
// everything else.
type hasher struct {
	pepper keyring.Secret
	slots  chan struct{} // those that work
	queue  chan struct{} // those that work or wait
	dummy  []byte        // of a password that nobody has

	make    func(password []byte, cost int) ([]byte, error)
	compare func(kept, password []byte) error
}

// queued is how many may wait for each that works, and patience how long.
const (
	queued   = 8
	patience = 3 * time.Second
)

func newHasher(pepper keyring.Secret, slots int) *hasher {
	slots = max(slots, 1)
	return &hasher{
		pepper: pepper, slots: make(chan struct{}, slots), queue: make(chan struct{}, slots*(1+queued)),
		dummy: []byte("$2a$12$KbQiKa1vJyZCkSnSJ0n6weT8lRVEDvsvPq4ol8w3iYU5E6wCvyOEa"),
		make:  bcrypt.GenerateFromPassword, compare: bcrypt.CompareHashAndPassword,
	}
}

// turn waits for a slot; give must be called when it is no longer needed.
func (h *hasher) turn(ctx context.Context) (give func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, errBusy()
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.queue }, nil
	case <-timer.C:
		err = errBusy()
	case <-ctx.Done():
		err = ctx.Err()
	}
	<-h.queue
	return nil, err
}

func errBusy() error {
	f := fault.Coded(fault.Busy, "busy", nil, "Many people sign in right now. Please try again in a moment.")
	f.RetryAfter = 2 * time.Second
	return f
}

// hash makes what is kept of a password.
func (h *hasher) hash(ctx context.Context, password keyring.Secret) ([]byte, error) {
	give, err := h.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer give()
	peppered := h.peppered(password)
	defer clear(peppered)
	out, err := h.make(peppered, cost)
	if err != nil {
		return nil, fmt.Errorf("hash password: %w", err)
	}
	return out, nil
}

// check reports whether a password is the one that was hashed. Where there is
// none it takes as long and says no.
func (h *hasher) check(ctx context.Context, kept []byte, password keyring.Secret) (bool, error) {
	give, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer give()
	peppered := h.peppered(password)
	defer clear(peppered)
	if len(kept) == 0 {
		_ = h.compare(h.dummy, peppered) // the answer is known
		return false, nil
	}
	err = h.compare(kept, peppered)
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	return true, nil
}

// stale reports whether a hash is weaker than new ones are.
func stale(kept []byte) bool {
	c, err := bcrypt.Cost(kept)
	return err != nil || c < cost
}

func (h *hasher) peppered(password keyring.Secret) []byte {
	mac := hmac.New(sha512.New384, h.pepper.Reveal())
	mac.Write(password.Reveal())
	return base64.StdEncoding.AppendEncode(nil, mac.Sum(nil))
}

// The lengths of a password, in characters.
const (
	shortest = 12
	longest  = 512
)

// strongest is how far a password is weighed: the rest can only make it
// stronger, and weighing long ones is slow.
const strongest = 60

// acceptable refuses a password that is too short, can be guessed or was in a
// breach. about is what is known of the person.
func (s *Service) acceptable(ctx context.Context, password keyring.Secret, about ...string) error {
	text := string(password.Reveal())
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text):
		return field(fault.Invalid, "password", "password_invalid", "The password is not valid UTF-8.")
	case n < shortest:
		return field(fault.Invalid, "password", "password_too_short", fmt.Sprintf("At least %d characters.", shortest))
	case n > longest:
		return field(fault.Invalid, "password", "password_too_long", fmt.Sprintf("At most %d characters.", longest))
	}
	if guessable(text, s.context(about)) {
		return field(fault.Invalid, "password", "password_guessable", "This can be guessed. Use more words, or words that have nothing to do with you or with Ledgersys.")
	}
	if found, err := s.leaked(ctx, password); err != nil || found {
		if err != nil {
			return err
		}
		return field(fault.Invalid, "password", "password_breached", "This password is known from a breach elsewhere. Choose another one.")
	}
	return nil
}

// context lists the words that a guess about a person begins with.
func (s *Service) context(about []string) []string {
	words := []string{"ledgersys", "ledger", "bitcoin", "crypto", "tax"}
	if s.BaseURL != nil {
		about = append(about, s.BaseURL.Hostname())
	}
	for _, a := range about {
		a = strings.ToLower(a)
		if local, domain, ok := strings.Cut(a, "@"); ok {
			words = append(words, a, local, domain)
		}
		words = append(words, a)
		words = append(words, strings.FieldsFunc(a, func(r rune) bool { return strings.ContainsRune(" .@-_+", r) })...)
	}
	return words
}

// guessable weighs a password against what people use and what is known of
// this one.
func guessable(text string, context []string) bool {
	runes := []rune(text)
	text = string(runes[:min(len(runes), strongest)])
	return zxcvbn.PasswordStrength(text, context).Score < 3
}
