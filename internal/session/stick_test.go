package session_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"github.com/ledgersys/ledgersys/internal/session"
)

// What an authenticator says of its user.
const (
	present  byte = 0x01
	verified byte = 0x04
	attested byte = 0x40 // a key comes along
)

// stick is an authenticator: one key, and all that it and its browser say,
// which a test may falsify.
type stick struct {
	t   *testing.T
	key *ecdsa.PrivateKey
	id  []byte

	flags      byte
	count      uint32
	rp, origin string
	challenge  string // instead of the one that was asked
	user       []byte // whose key it is
	broken     bool   // signs something else
}

func newStick(t *testing.T) *stick {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := &stick{t: t, key: key, id: make([]byte, 32), flags: present | verified, count: 7, rp: "localhost", origin: "http://localhost:8080"}
	_, _ = rand.Read(k.id)
	return k
}

// asked reads what has to be signed.
func (k *stick) asked(ch session.Challenge) string {
	k.t.Helper()
	var o struct {
		PublicKey struct {
			Challenge string
			User      struct{ ID string }
		}
	}
	if err := json.Unmarshal(ch.Options, &o); err != nil || o.PublicKey.Challenge == "" {
		k.t.Fatalf("options %s: %v", ch.Options, err)
	}
	if o.PublicKey.User.ID != "" {
		user, err := base64.RawURLEncoding.DecodeString(o.PublicKey.User.ID)
		if err != nil {
			k.t.Fatal(err)
		}
		k.user = user
	}
	if k.challenge != "" {
		return k.challenge
	}
	return o.PublicKey.Challenge
}

// says is what the browser adds.
func (k *stick) says(kind string, ch session.Challenge) []byte {
	k.t.Helper()
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": k.asked(ch), "origin": k.origin, "crossOrigin": false})
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}

// data is what the authenticator says of itself.
func (k *stick) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(k.rp))
	return binary.BigEndian.AppendUint32(append(rp[:], flags), k.count)
}

// make makes a passkey.
func (k *stick) make(ch session.Challenge) []byte {
	k.t.Helper()
	client := k.says("webauthn.create", ch)
	point, err := k.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		k.t.Fatal(err)
	}
	public, err := webauthncbor.Marshal(webauthncose.EC2PublicKeyData{
		PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.EllipticKey), Algorithm: int64(webauthncose.AlgES256)},
		Curve:         int64(webauthncose.P256), XCoord: point[1:33], YCoord: point[33:],
	})
	if err != nil {
		k.t.Fatal(err)
	}
	data := append(k.data(k.flags|attested), make([]byte, 16)...) // of no maker
	data = binary.BigEndian.AppendUint16(data, uint16(len(k.id)))
	data = append(append(data, k.id...), public...)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		k.t.Fatal(err)
	}
	return k.credential(map[string]any{"clientDataJSON": coded(client), "attestationObject": coded(object)})
}

// sign answers with a signature.
func (k *stick) sign(ch session.Challenge) []byte {
	k.t.Helper()
	client := k.says("webauthn.get", ch)
	sum := sha256.Sum256(client)
	data := k.data(k.flags)
	signed := sha256.Sum256(append(append([]byte(nil), data...), sum[:]...))
	if k.broken {
		signed[0] ^= 1
	}
	signature, err := ecdsa.SignASN1(rand.Reader, k.key, signed[:])
	if err != nil {
		k.t.Fatal(err)
	}
	return k.credential(map[string]any{
		"clientDataJSON": coded(client), "authenticatorData": coded(data), "signature": coded(signature), "userHandle": coded(k.user),
	})
}

func (k *stick) credential(response map[string]any) []byte {
	k.t.Helper()
	b, err := json.Marshal(map[string]any{"id": coded(k.id), "rawId": coded(k.id), "type": "public-key", "response": response})
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}

func coded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
