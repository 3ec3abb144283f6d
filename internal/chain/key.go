package chain

import (
	"bytes"
	"crypto/sha256"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// script is how a public key becomes an output.
type script uint8

const (
	anyScript script = iota // an xpub may stand for any of them
	pkh                     // BIP44
	shWpkh                  // BIP49
	wpkh                    // BIP84
	tr                      // BIP86
	multisig                // of several keys: one key alone cannot say the addresses
)

var scriptNames = [...]string{"any", "pkh", "sh-wpkh", "wpkh", "tr", "multisig"}

// version is what the first four bytes of an extended key say (SLIP-0132).
type version struct {
	script  script
	private bool
	main    bool
}

var versions = map[[4]byte]version{
	{0x04, 0x88, 0xb2, 0x1e}: {anyScript, false, true}, {0x04, 0x88, 0xad, 0xe4}: {anyScript, true, true}, // xpub xprv
	{0x04, 0x9d, 0x7c, 0xb2}: {shWpkh, false, true}, {0x04, 0x9d, 0x78, 0x78}: {shWpkh, true, true}, // ypub yprv
	{0x04, 0xb2, 0x47, 0x46}: {wpkh, false, true}, {0x04, 0xb2, 0x43, 0x0c}: {wpkh, true, true}, // zpub zprv
	{0x02, 0x95, 0xb4, 0x3f}: {multisig, false, true}, {0x02, 0x95, 0xb0, 0x05}: {multisig, true, true}, // Ypub Yprv
	{0x02, 0xaa, 0x7e, 0xd3}: {multisig, false, true}, {0x02, 0xaa, 0x7a, 0x99}: {multisig, true, true}, // Zpub Zprv
	{0x04, 0x35, 0x87, 0xcf}: {anyScript, false, false}, {0x04, 0x35, 0x83, 0x94}: {anyScript, true, false}, // tpub tprv
	{0x04, 0x4a, 0x52, 0x62}: {shWpkh, false, false}, {0x04, 0x4a, 0x4e, 0x28}: {shWpkh, true, false}, // upub uprv
	{0x04, 0x5f, 0x1c, 0xf6}: {wpkh, false, false}, {0x04, 0x5f, 0x18, 0xbc}: {wpkh, true, false}, // vpub vprv
	{0x02, 0x42, 0x89, 0xef}: {multisig, false, false}, {0x02, 0x42, 0x85, 0xb5}: {multisig, true, false}, // Upub Uprv
	{0x02, 0x57, 0x54, 0x83}: {multisig, false, false}, {0x02, 0x57, 0x50, 0x48}: {multisig, true, false}, // Vpub Vprv
	{0x04, 0x20, 0xbd, 0x3a}: {anyScript, false, false}, {0x04, 0x20, 0xb9, 0x00}: {anyScript, true, false}, // spub sprv
}

const extendedKeyLen = 78 // BIP32, without the checksum

// extendedKey reads an extended public key of any of the known versions. The
// library knows two of them only, so that the version bytes are exchanged.
func extendedKey(text string, net Network) (*hdkeychain.ExtendedKey, script, error) {
	raw := base58.Decode(text)
	if len(raw) != extendedKeyLen+4 {
		return nil, 0, fault.New(fault.Invalid, nil, "An extended public key has 111 characters and begins with xpub, ypub or zpub.")
	}
	body := raw[:extendedKeyLen]
	if sum := doubleHash(body); !bytes.Equal(sum[:4], raw[extendedKeyLen:]) {
		return nil, 0, fault.New(fault.Invalid, nil, "The checksum of this key does not fit: a character is wrong or missing.")
	}
	v, known := versions[[4]byte(body)]
	switch {
	case known && v.private, body[45] == 0: // a private key begins with 0 where a public one has its sign
		return nil, 0, errPrivate()
	case !known:
		return nil, 0, fault.New(fault.Invalid, nil, "This kind of extended key is not known; use xpub, ypub, zpub or a descriptor.")
	case v.main != (net == Main || net == "") && !v.main:
		return nil, 0, fault.New(fault.Invalid, nil, "This key is for a test network, but the service follows the main one.")
	}
	copy(body, "\x04\x88\xb2\x1e")
	sum := doubleHash(body)
	key, err := hdkeychain.NewKeyFromString(base58.Encode(append(body, sum[:4]...)))
	if err != nil {
		return nil, 0, fault.New(fault.Invalid, err, "This is not a valid extended public key.")
	}
	return key, v.script, nil
}

func doubleHash(b []byte) [32]byte {
	first := sha256.Sum256(b)
	return sha256.Sum256(first[:])
}
