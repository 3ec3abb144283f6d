package session

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/ledgersys/ledgersys/internal/keyring"
)

// mint makes the tokens of cookies: 256 random bits and a tag, so that what
// was made up or changed is refused without asking the database. The database
// knows only a hash of it.
type mint struct{ key keyring.Secret }

const (
	tokenRandom = 32
	tokenTag    = 16
)

func newMint(k *keyring.Sealer, purpose string) *mint { return &mint{k.Derive("token", purpose)} }

// make makes a token.
func (m *mint) make() (keyring.Secret, Hash) {
	b := make([]byte, tokenRandom, tokenRandom+tokenTag)
	_, _ = rand.Read(b) // it never fails: crypto/rand ends the program instead
	b = append(b, m.tag(b)...)
	text := base64.RawURLEncoding.AppendEncode(nil, b)
	return keyring.NewSecret(text), sha256.Sum256(b)
}

// hash returns what a token is found by, if this mint made it.
func (m *mint) hash(token keyring.Secret) (Hash, bool) {
	text := token.Reveal()
	if len(text) != base64.RawURLEncoding.EncodedLen(tokenRandom+tokenTag) {
		return Hash{}, false
	}
	b := make([]byte, tokenRandom+tokenTag)
	if _, err := base64.RawURLEncoding.Strict().Decode(b, text); err != nil {
		return Hash{}, false
	}
	if !hmac.Equal(b[tokenRandom:], m.tag(b[:tokenRandom])) {
		return Hash{}, false
	}
	return sha256.Sum256(b), true
}

func (m *mint) tag(b []byte) []byte {
	h := hmac.New(sha256.New, m.key.Reveal())
	h.Write(b)
	return h.Sum(nil)[:tokenTag]
}

// keyed hashes something short that a person types, which a plain hash would
// not hide.
func keyed(k *keyring.Sealer, purpose string, parts ...[]byte) Hash {
	h := hmac.New(sha256.New, k.Derive("code", purpose).Reveal())
	for _, p := range parts {
		h.Write([]byte{byte(len(p))}) // all are short
		h.Write(p)
	}
	return Hash(h.Sum(nil))
}
