package keyring

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// ErrDecrypt is the error of a sealed value that was changed, moved to another
// place or sealed by a key that is gone. Its code outside is decrypt_failed.
var ErrDecrypt = errors.New("keyring: a sealed value does not open (decrypt_failed)")

// PrefixSize is how many leading bytes of a sealed value name its key: that a
// row is not yet sealed by the current key is a comparison of prefixes.
const PrefixSize = 5

// Sealer seals and opens the values of one firm, or of the service. Each value
// is bound to its place, the table, the row's primary key as text and the
// column: moved to another firm, table, row or column it does not open. It is
// safe for use by many goroutines, and after a rotation it seals with the new
// key at once. Seal inside the transaction that keeps the value: a rotation
// drops the old key when no row has it.
type Sealer struct {
	owner tenant.FirmID
	keys  atomic.Pointer[keys]
}

// keys is what a sealer uses at a time; it does not change.
type keys struct {
	aead     tink.AEAD
	id       uint32
	root     Secret    // from which all else is derived
	previous tink.AEAD // for rows that were read before a rotation ended; may be nil
}

func newKeys(owner tenant.FirmID, seal, derive *keyset.Handle) (*keys, error) {
	a, err := aead.New(seal)
	if err != nil {
		return nil, fmt.Errorf("keys of %s: %w", ownerName(owner), err)
	}
	set, err := prf.NewPRFSet(derive)
	if err != nil {
		return nil, fmt.Errorf("keys of %s: %w", ownerName(owner), err)
	}
	root, err := set.ComputePrimaryPRF([]byte("ledgersys root of derived keys"), sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("keys of %s: %w", ownerName(owner), err)
	}
	return &keys{aead: a, id: seal.KeysetInfo().GetPrimaryKeyId(), root: NewSecret(root)}, nil
}

// use replaces the keys.
func (s *Sealer) use(k *keys) {
	if old := s.keys.Load(); old != nil {
		k.previous = old.aead
	}
	s.keys.Store(k)
}

// Seal seals a value for its place.
func (s *Sealer) Seal(table, row, column string, plain []byte) ([]byte, error) {
	sealed, err := s.keys.Load().aead.Encrypt(plain, s.bound(table, row, column))
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", table, column, err)
	}
	return sealed, nil
}

// Open returns the value that was sealed for this place.
func (s *Sealer) Open(table, row, column string, sealed []byte) ([]byte, error) {
	k := s.keys.Load()
	plain, err := k.aead.Decrypt(sealed, s.bound(table, row, column))
	if err != nil && k.previous != nil {
		plain, err = k.previous.Decrypt(sealed, s.bound(table, row, column))
	}
	if err != nil {
		return nil, fmt.Errorf("%s.%s of row %s: %w", table, column, row, ErrDecrypt)
	}
	return plain, nil
}

// Reseal seals a value anew with the current key.
func (s *Sealer) Reseal(table, row, column string, sealed []byte) ([]byte, error) {
	plain, err := s.Open(table, row, column, sealed)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return s.Seal(table, row, column, plain)
}

// Prefix returns the first bytes of everything that the current key seals.
func (s *Sealer) Prefix() []byte {
	b := make([]byte, PrefixSize)
	b[0] = 1 // the mark of Tink's format
	binary.BigEndian.PutUint32(b[1:], s.KeyID())
	return b
}

// KeyID returns the number of the current key.
func (s *Sealer) KeyID() uint32 { return s.keys.Load().id }

// LookUp returns what is stored beside a sealed column for equality look-ups:
// a keyed hash that tells nothing without the key. It outlives rotations of
// the sealing key.
func (s *Sealer) LookUp(table, column string, plain []byte) []byte {
	key := s.Derive("look-up", table, column)
	h := hmac.New(sha256.New, key.Reveal())
	h.Write(plain)
	return h.Sum(nil)
}

// Derive returns a key of 32 bytes for a purpose: tokens, pepper, signing.
// The same words give the same key for as long as the owner's keys live.
func (s *Sealer) Derive(purpose ...string) Secret {
	h := hmac.New(sha256.New, s.keys.Load().root.Reveal())
	h.Write(parts(append([]string{"ledgersys derived key"}, purpose...)...))
	return NewSecret(h.Sum(nil))
}

// Signer returns the Ed25519 key for a purpose, as audit checkpoints.
func (s *Sealer) Signer(purpose string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(s.Derive("ed25519", purpose).Reveal())
}

// bound is what a sealed value is bound to.
func (s *Sealer) bound(table, row, column string) []byte {
	return parts("ledgersys field", s.owner.String(), table, row, column)
}

// parts joins texts so that no two lists give the same bytes: each is led by
// its length.
func parts(list ...string) []byte {
	n := 0
	for _, p := range list {
		n += 4 + len(p)
	}
	b := make([]byte, 0, n)
	for _, p := range list {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p))) //nolint:gosec // names and ids are short
		b = append(b, p...)
	}
	return b
}
