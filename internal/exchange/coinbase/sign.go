package coinbase

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"time"
)

// signer signs the text of a token with one kind of key.
type signer interface {
	algorithm() string
	sign(text []byte) ([]byte, error)
}

var errKey = errors.New("not a key of a known form")

// newSigner reads a private key: the PEM of an EC key on P-256 (SEC 1 or PKCS
// 8), in which line ends may be written as \n, or the base64 of an Ed25519 key:
// seed and public part, or the seed alone.
func newSigner(secret []byte) (signer, error) {
	secret = bytes.ReplaceAll(bytes.TrimSpace(secret), []byte(`\n`), []byte("\n"))
	if block, _ := pem.Decode(secret); block != nil {
		return pemSigner(block.Bytes)
	}
	raw, err := base64.StdEncoding.DecodeString(string(secret))
	if err != nil {
		return nil, errKey
	}
	switch len(raw) {
	case ed25519.SeedSize:
		return edSigner(ed25519.NewKeyFromSeed(raw)), nil
	case ed25519.PrivateKeySize:
		key := ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize])
		if !bytes.Equal(key, raw) {
			return nil, errKey // the public part is another key's
		}
		return edSigner(key), nil
	}
	return nil, errKey
}

func pemSigner(der []byte) (signer, error) {
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return ecSigner(key)
	}
	any8, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errKey
	}
	switch key := any8.(type) {
	case *ecdsa.PrivateKey:
		return ecSigner(key)
	case ed25519.PrivateKey:
		return edSigner(key), nil
	}
	return nil, errKey
}

func ecSigner(key *ecdsa.PrivateKey) (signer, error) {
	if key.Curve != elliptic.P256() {
		return nil, errKey
	}
	return &es256{key}, nil
}

// es256 is ECDSA on P-256 with SHA-256.
type es256 struct{ key *ecdsa.PrivateKey }

func (*es256) algorithm() string { return "ES256" }

func (s *es256) sign(text []byte) ([]byte, error) {
	sum := sha256.Sum256(text)
	r, v, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		return nil, err
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	v.FillBytes(out[32:])
	return out, nil
}

// edSigner is Ed25519.
type edSigner ed25519.PrivateKey

func (edSigner) algorithm() string { return "EdDSA" }

func (s edSigner) sign(text []byte) ([]byte, error) {
	return ed25519.Sign(ed25519.PrivateKey(s), text), nil
}

// life is how long a token is good.
const life = 2 * time.Minute

// header and claims are the parts of a token, in the order of the documents.
type header struct {
	Alg   string `json:"alg"`
	Typ   string `json:"typ"`
	Kid   string `json:"kid"`
	Nonce string `json:"nonce"`
}

type claims struct {
	Iss string `json:"iss"`
	Sub string `json:"sub"`
	Nbf int64  `json:"nbf"`
	Exp int64  `json:"exp"`
	URI string `json:"uri"`
}

// newToken makes the token of one call. uri is method, host and path; it has
// no query.
func newToken(s signer, key, uri string, now time.Time) (string, error) {
	nonce := make([]byte, 16)
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	return token(s, header{s.algorithm(), "JWT", key, hex.EncodeToString(nonce)}, claims{"cdp", key, now.Unix(), now.Add(life).Unix(), uri})
}

// token signs header and claims.
func token(s signer, h header, c claims) (string, error) {
	var text []byte
	for i, part := range []any{h, c} {
		b, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		if i > 0 {
			text = append(text, '.')
		}
		text = base64.RawURLEncoding.AppendEncode(text, b)
	}
	signature, err := s.sign(text)
	if err != nil {
		return "", err
	}
	return string(text) + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
