package chain

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/txscript/v2"

	"github.com/ledgersys/ledgersys/internal/fault"
)

func badDescriptor(words string, args ...any) error {
	return fault.Coded(fault.Invalid, "bad_descriptor", nil, "The descriptor cannot be read: "+words, args...)
}

// descriptor reads an output descriptor (BIP380 to 383, 386, 389): pkh, wpkh,
// sh(wpkh), tr with a key alone, combo, multi and sortedmulti in sh, wsh or
// both, and addr.
func (p parser) descriptor(text string) ([]Branch, error) {
	body, sum, signed := strings.Cut(text, "#")
	if signed {
		if want, ok := descriptorSum(body); !ok || want != sum {
			return nil, badDescriptor("its checksum does not fit. Copy it again, whole.")
		}
	}
	name, inside, err := call(body)
	if err != nil {
		return nil, err
	}
	switch name {
	case "addr":
		return p.single(inside)
	case "pkh":
		return p.keys(inside, pkh)
	case "wpkh":
		return p.keys(inside, wpkh)
	case "tr":
		return p.keys(inside, tr)
	case "combo":
		return p.keys(inside, pkh, wpkh, shWpkh)
	case "sh":
		return p.wrapped(inside)
	case "wsh":
		return p.multi(inside, segwit)
	}
	return nil, badDescriptor("%q is not supported; pkh, wpkh, sh, wsh, tr, combo and addr are.", name)
}

// wrapped reads what stands in sh().
func (p parser) wrapped(text string) ([]Branch, error) {
	name, inside, err := call(text)
	if err != nil {
		return nil, err
	}
	switch name {
	case "wpkh":
		return p.keys(inside, shWpkh)
	case "wsh":
		return p.multi(inside, nested)
	}
	return p.multi(text, legacy)
}

// call splits "name(inside)".
func call(text string) (name, inside string, err error) {
	name, rest, ok := strings.Cut(text, "(")
	if !ok || !strings.HasSuffix(rest, ")") {
		if looksPrivate(text) {
			return "", "", errPrivate()
		}
		return "", "", badDescriptor("a part has the form name(…).")
	}
	return name, rest[:len(rest)-1], nil
}

// keys makes the branches of one key, one for each script and each of its
// paths.
func (p parser) keys(text string, kinds ...script) ([]Branch, error) {
	if strings.Contains(text, ",") {
		return nil, badDescriptor("a script tree is not supported, only a key.")
	}
	key, err := p.keyExpr(text)
	if err != nil {
		return nil, err
	}
	var branches []Branch
	for _, kind := range kinds {
		for i := range key.ways {
			branches = append(branches, Branch{
				Name: fmt.Sprintf("%s/%d", scriptNames[kind], i), Ranged: key.ranged,
				derive: func(index uint32) (string, error) {
					pub, err := key.at(i, index)
					if err != nil {
						return "", err
					}
					return p.address(pub, kind)
				},
			})
		}
	}
	return branches, nil
}

// wrap is how a script of several keys becomes an output.
type wrap uint8

const (
	legacy wrap = iota // sh(multi)
	segwit             // wsh(multi)
	nested             // sh(wsh(multi))
)

const maxKeys = 15 // of a script that a script hash can hold

// multi reads multi(k,KEY,…) and sortedmulti(k,KEY,…).
func (p parser) multi(text string, w wrap) ([]Branch, error) {
	name, inside, err := call(text)
	if err != nil {
		return nil, err
	}
	if name != "multi" && name != "sortedmulti" {
		return nil, badDescriptor("%q is not supported here; multi and sortedmulti are.", name)
	}
	parts := strings.Split(inside, ",")
	need, err := strconv.Atoi(parts[0])
	if err != nil || need < 1 || need > len(parts)-1 || len(parts)-1 > maxKeys {
		return nil, badDescriptor("it must ask for at least one and at most all of its keys, of which there may be %d.", maxKeys)
	}
	keys := make([]keyExpr, len(parts)-1)
	for i, part := range parts[1:] {
		if keys[i], err = p.keyExpr(part); err != nil {
			return nil, err
		}
		if len(keys[i].ways) != len(keys[0].ways) || keys[i].ranged != keys[0].ranged {
			return nil, badDescriptor("its keys have paths of different shapes.")
		}
	}
	branches := make([]Branch, len(keys[0].ways))
	for i := range branches {
		branches[i] = Branch{Name: fmt.Sprintf("%s/%d", name, i), Ranged: keys[0].ranged, derive: func(index uint32) (string, error) {
			return p.multiAddress(keys, multiAt{i, index, need, name == "sortedmulti", w})
		}}
	}
	return branches, nil
}

// multiAt says which address of a script of several keys.
type multiAt struct {
	way    int
	index  uint32
	need   int
	sorted bool
	wrap   wrap
}

func (p parser) multiAddress(keys []keyExpr, at multiAt) (string, error) {
	pubs := make([][]byte, len(keys))
	for i := range keys {
		pub, err := keys[i].at(at.way, at.index)
		if err != nil {
			return "", err
		}
		pubs[i] = pub.SerializeCompressed()
	}
	if at.sorted {
		slices.SortFunc(pubs, bytes.Compare)
	}
	list := make([]*address.AddressPubKey, len(pubs))
	for i, pub := range pubs {
		a, err := address.NewAddressPubKey(pub, p.params)
		if err != nil {
			return "", err
		}
		list[i] = a
	}
	redeem, err := txscript.MultiSigScript(list, at.need)
	if err != nil {
		return "", err
	}
	var a address.Address
	switch at.wrap {
	case legacy:
		a, err = address.NewAddressScriptHash(redeem, p.params)
	case segwit:
		a, err = address.NewAddressWitnessScriptHash(hash256(redeem), p.params)
	case nested:
		var inner *address.AddressWitnessScriptHash
		if inner, err = address.NewAddressWitnessScriptHash(hash256(redeem), p.params); err == nil {
			a, err = p.scriptHash(inner)
		}
	}
	if err != nil {
		return "", err
	}
	return a.EncodeAddress(), nil
}

// keyExpr is a key of a descriptor with its paths; of a path <0;1>/* there
// are two ways.
type keyExpr struct {
	fixed  *btcec.PublicKey
	ways   []*hdkeychain.ExtendedKey
	ranged bool
}

// at returns the key of a way, at an index if the expression has a range.
func (k *keyExpr) at(way int, index uint32) (*btcec.PublicKey, error) {
	switch {
	case k.fixed != nil:
		return k.fixed, nil
	case k.ranged:
		return childKey(k.ways[way], index)
	}
	return k.ways[way].ECPubKey()
}

const maxPath = 16 // steps after the key; wallets use two

// keyExpr reads [origin]key/path.
func (p parser) keyExpr(text string) (keyExpr, error) {
	if strings.HasPrefix(text, "[") {
		_, after, ok := strings.Cut(text, "]")
		if !ok {
			return keyExpr{}, badDescriptor("the origin of a key has no end.")
		}
		text = after
	}
	parts := strings.Split(text, "/")
	if pub, err := hex.DecodeString(parts[0]); err == nil && len(parts) == 1 && len(pub) == btcec.PubKeyBytesLenCompressed {
		key, err := btcec.ParsePubKey(pub)
		if err != nil {
			return keyExpr{}, badDescriptor("one of its public keys is not on the curve.")
		}
		return keyExpr{fixed: key, ways: make([]*hdkeychain.ExtendedKey, 1)}, nil
	}
	if looksPrivate(parts[0]) {
		return keyExpr{}, errPrivate()
	}
	key, _, err := extendedKey(parts[0], p.net)
	if err != nil {
		return keyExpr{}, err
	}
	k := keyExpr{ways: []*hdkeychain.ExtendedKey{key}}
	if len(parts) > maxPath {
		return keyExpr{}, badDescriptor("a path has more than %d steps.", maxPath)
	}
	for i, step := range parts[1:] {
		if step == "*" && i == len(parts)-2 {
			k.ranged = true
			break
		}
		if err := k.step(step); err != nil {
			return keyExpr{}, err
		}
	}
	return k, nil
}

// step goes one step down each way; <a;b> makes ways of one.
func (k *keyExpr) step(text string) error {
	choices := []string{text}
	if strings.HasPrefix(text, "<") && strings.HasSuffix(text, ">") {
		choices = strings.Split(text[1:len(text)-1], ";")
		if len(k.ways) > 1 || len(choices) < 2 || len(choices) > 8 {
			return badDescriptor("a path may choose once, among two to eight.")
		}
	}
	var ways []*hdkeychain.ExtendedKey
	for _, way := range k.ways {
		for _, c := range choices {
			n, err := strconv.ParseUint(c, 10, 31)
			if err != nil {
				return badDescriptor("after a public key a path has plain numbers; hardened steps need the private key.")
			}
			child, err := way.Derive(uint32(n))
			if err != nil {
				return badDescriptor("one of its paths leads to no key.")
			}
			ways = append(ways, child)
		}
	}
	k.ways = ways
	return nil
}
