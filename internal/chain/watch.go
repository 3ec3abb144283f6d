package chain

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/txscript/v2"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// Kind is what a person gave to watch.
type Kind string

// The kinds.
const (
	XPub       Kind = "xpub"       // xpub, ypub, zpub and their test siblings
	Descriptor Kind = "descriptor" // BIP380 and following, one a line
	Address    Kind = "address"    // single addresses, one a line
)

// Watch is what to look for: branches of addresses, each without end or of
// one address.
type Watch struct {
	Kind     Kind
	Branches []Branch
	// Reach is how far branches are looked at whatever the gap limit, by name.
	Reach map[string]uint32
}

// Branch is a row of addresses that a wallet uses one after the other.
type Branch struct {
	Name   string // as "wpkh/0": unique in its Watch
	Ranged bool   // false: there is index 0 only
	Path   string // from the wallet's master key as far as known, as "m/84'/0'/0'/0/*"; "" for an address
	derive func(index uint32) (string, error)
}

// Address returns the address at an index.
func (b *Branch) Address(index uint32) (string, error) { return b.derive(index) }

// errSkip marks an index that BIP32 leaves out; there is one in 2^127.
var errSkip = errors.New("chain: this index has no key")

// Parse is ParseAs with the script that the key itself says.
func Parse(kind Kind, value string, net Network) (Watch, error) {
	return ParseAs(kind, value, AnyScript, net)
}

// ParseAs reads what to watch. Of an extended public key as may say with which
// script its addresses are made, whatever its version says. Private material
// of any kind is refused with ErrPrivate and the code private_key_refused.
func ParseAs(kind Kind, value string, as Script, net Network) (Watch, error) {
	params, err := net.params()
	if err != nil {
		return Watch{}, err
	}
	chosen, err := as.script(kind)
	if err != nil {
		return Watch{}, err
	}
	w := Watch{Kind: kind}
	items := strings.Fields(value)
	if kind == Descriptor {
		items = withoutRemarks(value)
	}
	if len(items) == 0 {
		return Watch{}, fault.New(fault.Invalid, nil, "There is nothing to watch: give a key, a descriptor or addresses.")
	}
	p := parser{net: net, params: params, as: chosen}
	for i, item := range items {
		var more []Branch
		switch kind {
		case XPub:
			more, err = p.xpub(item)
		case Descriptor:
			more, err = p.descriptor(item)
		case Address:
			more, err = p.single(item)
		default:
			err = fault.New(fault.Invalid, nil, "A wallet is an xpub, a descriptor or addresses.")
		}
		if err != nil {
			return Watch{}, err
		}
		for _, b := range more {
			if i > 0 && kind != Address {
				b.Name = fmt.Sprintf("%d:%s", i, b.Name)
			}
			if !slices.ContainsFunc(w.Branches, func(o Branch) bool { return o.Name == b.Name }) {
				w.Branches = append(w.Branches, b)
			}
		}
	}
	return w, nil
}

// withoutRemarks returns the words of descriptors without the lines that begin
// with #: wallets write remarks into their exports.
func withoutRemarks(text string) (words []string) {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			words = append(words, strings.Fields(line)...)
		}
	}
	return words
}

// parser reads for one network.
type parser struct {
	net    Network
	params *chaincfg.Params
	as     script // of extended keys; anyScript is what they say
}

// xpub makes the branches of an account key: addresses to receive and those
// for change, of the script that the version says. A plain xpub says none, so
// that all four are looked for (BIP44, 49, 84 and 86).
func (p parser) xpub(text string) ([]Branch, error) {
	key, kind, err := extendedKey(text, p.net)
	if err != nil {
		return nil, err
	}
	kinds := []script{kind}
	switch {
	case kind == multisig:
		return nil, fault.New(fault.Invalid, nil, "This key is one of several that sign together. Give the descriptor of the wallet, which names all of them.")
	case p.as != anyScript:
		kinds = []script{p.as}
	case kind == anyScript:
		kinds = []script{pkh, shWpkh, wpkh, tr}
	}
	var branches []Branch
	for _, k := range kinds {
		if key.Depth() > 3 { // it is a chain of addresses itself
			branches = append(branches, p.ranged(scriptNames[k], p.path(key, k, ""), child{key, k}))
			continue
		}
		for chain := range uint32(2) {
			below, err := key.Derive(chain)
			if err != nil {
				return nil, fault.New(fault.Invalid, err, "No addresses can be derived from this key.")
			}
			branches = append(branches, p.ranged(fmt.Sprintf("%s/%d", scriptNames[k], chain), p.path(key, k, fmt.Sprintf("/%d", chain)), child{below, k}))
		}
	}
	return branches, nil
}

// child is a key whose children have addresses of a script.
type child struct {
	key  *hdkeychain.ExtendedKey
	kind script
}

func (p parser) ranged(name, path string, of child) Branch {
	return Branch{Name: name, Ranged: true, Path: path, derive: func(i uint32) (string, error) {
		pub, err := childKey(of.key, i)
		if err != nil {
			return "", err
		}
		return p.address(pub, of.kind)
	}}
}

func childKey(key *hdkeychain.ExtendedKey, i uint32) (*btcec.PublicKey, error) {
	child, err := key.Derive(i)
	if errors.Is(err, hdkeychain.ErrInvalidChild) {
		return nil, errSkip
	}
	if err != nil {
		return nil, fmt.Errorf("derive index %d: %w", i, err)
	}
	return child.ECPubKey()
}

// address is the output of one public key.
func (p parser) address(pub *btcec.PublicKey, kind script) (string, error) {
	hash := address.Hash160(pub.SerializeCompressed())
	var a address.Address
	var err error
	switch kind {
	case pkh:
		a, err = address.NewAddressPubKeyHash(hash, p.params)
	case wpkh:
		a, err = address.NewAddressWitnessPubKeyHash(hash, p.params)
	case shWpkh:
		var inner *address.AddressWitnessPubKeyHash
		if inner, err = address.NewAddressWitnessPubKeyHash(hash, p.params); err == nil {
			a, err = p.scriptHash(inner)
		}
	case tr:
		out := txscript.ComputeTaprootKeyNoScript(pub)
		a, err = address.NewAddressTaproot(out.SerializeCompressed()[1:], p.params)
	default:
		err = fmt.Errorf("script %d has no address of one key", kind)
	}
	if err != nil {
		return "", err
	}
	return a.EncodeAddress(), nil
}

// scriptHash wraps the script of an address in a script hash.
func (p parser) scriptHash(inner address.Address) (address.Address, error) {
	redeem, err := txscript.PayToAddrScript(inner)
	if err != nil {
		return nil, err
	}
	return address.NewAddressScriptHash(redeem, p.params)
}

// single is a branch of one address.
func (p parser) single(text string) ([]Branch, error) {
	a, err := address.DecodeAddress(text, p.params)
	if err != nil || !a.IsForNet(p.params) {
		if looksPrivate(text) {
			return nil, errPrivate()
		}
		return nil, fault.New(fault.Invalid, err, "One of the lines is not a bitcoin address of this network, or a character of it is wrong.")
	}
	if _, ok := a.(*address.AddressPubKey); ok {
		return nil, fault.New(fault.Invalid, nil, "A bare public key is not an address.")
	}
	encoded := a.EncodeAddress()
	return []Branch{{Name: encoded, derive: func(uint32) (string, error) { return encoded, nil }}}, nil
}

// looksPrivate reports whether a text is shaped like a private key of one
// kind or another, right or with a slip of the pen.
func looksPrivate(text string) bool {
	if len(text) > 4 && strings.Contains(text[:4], "prv") {
		return true
	}
	if _, err := hex.DecodeString(text); err == nil && len(text) == 64 {
		return true
	}
	return (len(text) == 51 || len(text) == 52) && strings.ContainsAny(text[:1], "5KLc9") && !strings.ContainsAny(text, "0OIl")
}
