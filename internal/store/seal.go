package store

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Sealer seals columns with the key of one firm, or of the control plane.
// What is sealed opens only in the table, row and field that it was sealed
// for.
type Sealer interface {
	Seal(table, row, field string, plain []byte) ([]byte, error)
	Open(table, row, field string, sealed []byte) ([]byte, error)
	// LookUp returns a keyed hash by which equal values of a sealed column
	// are found.
	LookUp(table, field string, plain []byte) []byte
	// Signer returns the key that signs for one purpose, always the same.
	Signer(purpose string) ed25519.PrivateKey
}

// Keys gives each firm its Sealer.
type Keys interface {
	Control(ctx context.Context) (Sealer, error)
	Firm(ctx context.Context, firm tenant.FirmID) (Sealer, error)
}

// ErrNoKeys is the error of sealing in a store that was opened without keys.
var ErrNoKeys = errors.New("store: opened without keys")

func (t *tx) keys() (Sealer, error) {
	if t.sealer != nil {
		return t.sealer, nil
	}
	if t.store.keys == nil {
		return nil, ErrNoKeys
	}
	var err error
	if t.firm.IsZero() {
		t.sealer, err = t.store.keys.Control(t.ctx)
	} else {
		t.sealer, err = t.store.keys.Firm(t.ctx, t.firm)
	}
	return t.sealer, err
}

// Seal encrypts a value for one place. An empty value stays nil.
func (t *tx) Seal(table, row, field string, plain []byte) ([]byte, error) {
	if len(plain) == 0 {
		return nil, nil
	}
	k, err := t.keys()
	if err != nil {
		return nil, err
	}
	return k.Seal(table, row, field, plain)
}

// Open decrypts what Seal made for the same place.
func (t *tx) Open(table, row, field string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, nil
	}
	k, err := t.keys()
	if err != nil {
		return nil, err
	}
	plain, err := k.Open(table, row, field, sealed)
	if err != nil {
		return nil, fmt.Errorf("open %s.%s of %s: %w", table, field, row, err)
	}
	return plain, nil
}

// LookUp returns the keyed hash under which an equal value is found.
func (t *tx) LookUp(table, field string, plain []byte) ([]byte, error) {
	k, err := t.keys()
	if err != nil {
		return nil, err
	}
	return k.LookUp(table, field, plain), nil
}
