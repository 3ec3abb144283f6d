package chain

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/schnorr"
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
		if key, origin, ok := xOnly(inside); ok {
			return p.xOnly(key, origin)
		}
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

// xOnlyKey is a public key of 32 bytes as it stands in tr() (BIP386). In hex it
// has the form of a private key, which no descriptor writes that way.
var xOnlyKey = regexp.MustCompile(`^(\[[^\[\]()]*\])?([0-9a-fA-F]{64})$`)

func xOnly(text string) (key, origin string, ok bool) {
	found := xOnlyKey.FindStringSubmatch(text)
	if found == nil {
		return "", "", false
	}
	return found[2], found[1], true
}

// xOnly is the branch of one address of such a key. What is no point of the
// curve can be no public key, and is refused as a private one.
func (p parser) xOnly(text, origin string) ([]Branch, error) {
	raw, err := hex.DecodeString(text)
	if err != nil {
		return nil, errPrivate()
	}
	pub, err := schnorr.ParsePubKey(raw)
	if err != nil {
		return nil, errPrivate()
	}
	b := Branch{Name: scriptNames[tr] + "/0", derive: func(uint32) (string, error) { return p.address(pub, tr) }}
	if _, steps, ok := strings.Cut(strings.Trim(origin, "[]"), "/"); ok {
		b.Path = "m/" + strings.ReplaceAll(steps, "h", "'")
	}
	return []Branch{b}, nil
}

var xOnlyCall = regexp.MustCompile(`\btr\((\[[^\[\]()]*\])?[0-9a-fA-F]{64}\)`)

// Suspect returns the part of a text in which 64 hex digits are a private key:
// all of it but the x-only keys in descriptors, which are public.
func Suspect(kind Kind, text string) string {
	if kind != Descriptor {
		return text
	}
	return xOnlyCall.ReplaceAllString(text, "tr()")
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
				Name: fmt.Sprintf("%s/%d", scriptNames[kind], i), Ranged: key.ranged, Path: key.paths[i],
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
		branches[i] = Branch{Name: fmt.Sprintf("%s/%d", name, i), Ranged: keys[0].ranged, Path: keys[0].paths[i], derive: func(index uint32) (string, error) {
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
	paths  []string // of the ways, from the master key if the expression says it
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
	from := "…"
	if strings.HasPrefix(text, "[") {
		origin, after, ok := strings.Cut(text[1:], "]")
		if !ok {
			return keyExpr{}, badDescriptor("the origin of a key has no end.")
		}
		if _, steps, ok := strings.Cut(origin, "/"); ok {
			from = "m/" + strings.ReplaceAll(steps, "h", "'")
		}
		text = after
	}
	parts := strings.Split(text, "/")
	if pub, err := hex.DecodeString(parts[0]); err == nil && len(parts) == 1 && len(pub) == btcec.PubKeyBytesLenCompressed {
		key, err := btcec.ParsePubKey(pub)
		if err != nil {
			return keyExpr{}, badDescriptor("one of its public keys is not on the curve.")
		}
		return keyExpr{fixed: key, ways: make([]*hdkeychain.ExtendedKey, 1), paths: []string{from}}, nil
	}
	if looksPrivate(parts[0]) {
		return keyExpr{}, errPrivate()
	}
	key, _, err := extendedKey(parts[0], p.net)
	if err != nil {
		return keyExpr{}, err
	}
	k := keyExpr{ways: []*hdkeychain.ExtendedKey{key}, paths: []string{from}}
	if len(parts) > maxPath {
		return keyExpr{}, badDescriptor("a path has more than %d steps.", maxPath)
	}
	for i, step := range parts[1:] {
		if step == "*" && i == len(parts)-2 {
			k.ranged = true
			for w := range k.paths {
				k.paths[w] += "/*"
			}
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
	var paths []string
	for i, way := range k.ways {
		for _, c := range choices {
			n, err := strconv.ParseUint(c, 10, 31)
			if err != nil {
				return badDescriptor("after a public key a path has plain numbers; hardened steps need the private key.")
			}
			child, err := way.Derive(uint32(n))
			if err != nil {
				return badDescriptor("one of its paths leads to no key.")
			}
			ways, paths = append(ways, child), append(paths, k.paths[i]+"/"+c)
		}
	}
	k.ways, k.paths = ways, paths
	return nil
}
