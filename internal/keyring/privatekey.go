package keyring

import (
	"bytes"
	"encoding/hex"
	"strings"

	"github.com/btcsuite/btcd/address/v2/base58"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// The kinds of private keys that are refused everywhere.
const (
	KindWIF       = "wif"          // a single key in wallet import format
	KindExtended  = "extended_key" // xprv, yprv, zprv, tprv and the like
	KindBIP38     = "bip38"        // a key encrypted with a passphrase
	KindSeedWords = "seed_words"   // BIP-39
	KindPEM       = "pem"          // PEM, OpenSSH and PGP
	KindWallet    = "wallet_file"  // wallet.dat
	KindHex       = "hex_key"      // 32 bytes in hex; only in fields for wallets
)

// FindPrivateKey looks for a private key anywhere in a text: a field of a
// form or of the API, a cell, a note. Extended public keys, addresses and ids
// of transactions are none.
func FindPrivateKey(text string) (kind string, found bool) {
	var s Scanner
	return s.all(text)
}

// FindInWallet is FindPrivateKey for a field that takes wallets: there 64 hex
// digits are a private key and not the id of a transaction.
func FindInWallet(text string) (kind string, found bool) {
	s := Scanner{hex: true}
	return s.all(text)
}

// FindInName is FindPrivateKey for the name of a file.
func FindInName(name string) (kind string, found bool) {
	base := name[strings.LastIndexAny(name, `/\`)+1:]
	if strings.EqualFold(strings.TrimSpace(base), "wallet.dat") {
		return KindWallet, true
	}
	return FindPrivateKey(name)
}

// RefusePrivateKey is the answer to whoever sent a private key.
func RefusePrivateKey() *fault.Fault {
	return fault.Coded(fault.Invalid, "private_key_refused", nil,
		"This holds a private key, seed words or a wallet file. Nothing of it was stored. Treat it as known to others: move what it guards to a new key. Ledgersys only ever needs public keys, addresses and statements.")
}

// Withhold returns an excerpt with "[withheld]" in the place of each cell that
// holds a private key.
func Withhold(text string) string {
	out, rest := "", text
	for {
		s := Scanner{}
		if _, found := s.all(rest); !found {
			return out + rest
		}
		from, to := cellAround(rest, s.from, min(s.to, len(rest)))
		if s.kind == KindPEM {
			to = len(rest) // its lines may be cells of their own
		}
		out, rest = out+rest[:from]+redacted, rest[to:]
	}
}

// cellAround widens a piece of a text to the cell or cells that it stands in.
func cellAround(text string, from, to int) (begin, end int) {
	const ends = ",;\t\n\r\"|"
	from = strings.LastIndexAny(text[:from], ends) + 1
	if i := strings.IndexAny(text[to:], ends); i >= 0 {
		return from, to + i
	}
	return from, len(text)
}

// base58Key reports whether a word is a private key in base58 with its
// checksum.
func base58Key(word []byte) (kind string, found bool) {
	n := len(word)
	switch {
	case n == 51 || n == 52:
		key, version, err := base58.CheckDecode(string(word))
		single := len(key) == 32 || len(key) == 33 && key[32] == 1
		return KindWIF, err == nil && single && bytes.IndexByte(wifVersions, version) >= 0
	case n == 58 && bytes.HasPrefix(word, []byte("6P")):
		key, version, err := base58.CheckDecode(string(word))
		return KindBIP38, err == nil && version == 1 && len(key) == 38 && (key[0] == 0x42 || key[0] == 0x43)
	case n >= extendedMin && n <= extendedMax:
		// Whatever its letters in front: 4 of version, depth, fingerprint,
		// number, chain code, then 33 of the key, of which a private one
		// begins with zero. CheckDecode took the first byte off.
		key, _, err := base58.CheckDecode(string(word))
		return KindExtended, err == nil && len(key) == 77 && key[44] == 0
	}
	return "", false
}

// How long an extended key can be in base58.
const extendedMin, extendedMax = 107, 113

// wifVersions are the version bytes of single keys: bitcoin, its test
// networks, litecoin, dogecoin, dash.
var wifVersions = []byte{0x80, 0xef, 0xb0, 0x9e, 0xcc} //nolint:gochecknoglobals // a constant

// hexKey reports whether a word is 32 bytes in hex.
func hexKey(word []byte) bool {
	word = bytes.TrimPrefix(bytes.ToLower(word), []byte("0x"))
	var key [32]byte
	if len(word) != 2*len(key) {
		return false
	}
	_, err := hex.Decode(key[:], word)
	return err == nil
}

// walletHead reports whether a file begins as a wallet.dat does: a B-tree of
// Berkeley DB, or SQLite with the mark of a bitcoin network as application.
func walletHead(head []byte) bool {
	if len(head) >= 16 && (string(head[12:16]) == "\x62\x31\x05\x00" || string(head[12:16]) == "\x00\x05\x31\x62") {
		return true
	}
	if len(head) < 72 || !sqliteHead(head) {
		return false
	}
	switch string(head[68:72]) {
	case "\xf9\xbe\xb4\xd9", "\x0b\x11\x09\x07", "\x1c\x16\x3f\x28", "\x0a\x03\xcf\x40", "\xfa\xbf\xb5\xda":
		return true // main, test, test 4, signet, regtest
	}
	return false
}

func sqliteHead(head []byte) bool { return bytes.HasPrefix(head, []byte("SQLite format 3\x00")) }
