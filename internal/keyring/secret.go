// Package keyring seals what must not be read by others, keeps the keys for it
// and refuses private keys at every entrance.
package keyring

import (
	"fmt"
	"log/slog"
)

// Secret holds a value that must not be printed. The function matters: fmt
// cannot call methods on unexported fields, but of a function it prints no
// more than the address, where it would print what a pointer points to.
type Secret struct{ v func() *[]byte }

// NewSecret hides a value. It takes the bytes over.
func NewSecret(b []byte) Secret { return Secret{func() *[]byte { return &b }} }

// Reveal returns the value, which the caller must not keep. Every call site is
// a line that a reviewer looks for.
func (s Secret) Reveal() []byte {
	if s.v == nil {
		return nil
	}
	return *s.v()
}

// Empty reports whether there is no value.
func (s Secret) Empty() bool { return len(s.Reveal()) == 0 }

// Clear overwrites the value; the secret is empty then.
func (s Secret) Clear() {
	if s.v != nil {
		b := s.v()
		clear(*b)
		*b = nil
	}
}

const redacted = "[withheld]"

// LogValue hides the value from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Format hides the value from every verb of fmt.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText hides the value from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
