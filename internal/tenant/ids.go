package tenant

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
)

// ErrID is the error of a text that is no id.
var ErrID = errors.New("an id is 32 lower-case hex digits")

// ID is what firms, entities, users and everything below them are named by:
// 16 random bytes, 32 hex digits outside.
type ID [16]byte

// FirmID names a firm, the tenant.
type FirmID = ID

// EntityID names a client of a firm, or oneself.
type EntityID = ID

// UserID names a person who signs in.
type UserID = ID

// NewID makes an id out of the system's randomness.
func NewID() ID {
	var id ID
	_, _ = rand.Read(id[:]) // it never fails: crypto/rand ends the program instead
	return id
}

// ParseID reads exactly 32 lower-case hex digits, so that an id can name a file.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 2*len(id) {
		return ID{}, ErrID
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ID{}, ErrID
		}
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return ID{}, ErrID
	}
	return id, nil
}

// IsZero reports whether the id was never set.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the id as 32 hex digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText returns the id as 32 hex digits.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads 32 hex digits.
func (id *ID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseID(string(b))
	return err
}
