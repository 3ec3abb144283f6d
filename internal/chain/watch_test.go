package chain

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/chaincfg/v2"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// The account keys of the mnemonic "abandon … about", with the first
// addresses that BIP44, 49, 84 and 86 print.
const (
	key44 = "xpub6BosfCnifzxcFwrSzQiqu2DBVTshkCXacvNsWGYJVVhhawA7d4R5WSWGFNbi8Aw6ZRc1brxMyWMzG3DSSSSoekkudhUd9yLb6qx39T9nMdj"
	key49 = "ypub6Ww3ibxVfGzLrAH1PNcjyAWenMTbbAosGNB6VvmSEgytSER9azLDWCxoJwW7Ke7icmizBMXrzBx9979FfaHxHcrArf3zbeJJJUZPf663zsP"
	key84 = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs"
	key86 = "xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY49yfdDEHGCtMMj92pReUsQ"
)

func TestFirstAddresses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind   Kind
		value  string
		branch string
		index  uint32
		want   string
	}{
		"bip44":             {XPub, key44, "pkh/0", 0, "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA"},
		"bip44_second":      {XPub, key44, "pkh/0", 1, "1Ak8PffB2meyfYnbXZR9EGfLfFZVpzJvQP"},
		"bip44_change":      {XPub, key44, "pkh/1", 0, "1J3J6EvPrv8q6AC3VCjWV45Uf3nssNMRtH"},
		"bip49":             {XPub, key49, "sh-wpkh/0", 0, "37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf"},
		"bip84":             {XPub, key84, "wpkh/0", 0, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"},
		"bip84_second":      {XPub, key84, "wpkh/0", 1, "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"},
		"bip84_change":      {XPub, key84, "wpkh/1", 0, "bc1q8c6fshw2dlwun7ekn9qwf37cu2rn755upcp6el"},
		"bip86":             {XPub, key86, "tr/0", 0, "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"},
		"bip86_change":      {XPub, key86, "tr/1", 0, "bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7"},
		"descriptor":        {Descriptor, "wpkh([73c5da0a/84h/0h/0h]" + key84 + "/0/*)", "wpkh/0", 1, "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g"},
		"multipath":         {Descriptor, "tr([73c5da0a/86'/0'/0']" + key86 + "/<0;1>/*)", "tr/1", 0, "bc1p3qkhfews2uk44qtvauqyr2ttdsw7svhkl9nkm9s9c3x4ax5h60wqwruhk7"},
		"with_remarks":      {Descriptor, "# Receive and change descriptor (BIP389):\nwpkh([73c5da0a/84h/0h/0h]" + key84 + "/<0;1>/*)\n\n# Old:\npkh(" + key44 + "/0/*)", "1:pkh/0", 1, "1Ak8PffB2meyfYnbXZR9EGfLfFZVpzJvQP"},
		"nested":            {Descriptor, "sh(wpkh(" + key49 + "/0/*))", "sh-wpkh/0", 0, "37VucYSaXLCAsxYyAPfbSi9eh4iEcbShgf"},
		"fixed_index":       {Descriptor, "pkh(" + key44 + "/0/1)", "pkh/0", 7, "1Ak8PffB2meyfYnbXZR9EGfLfFZVpzJvQP"},
		"combo":             {Descriptor, "combo(" + key84 + "/0/0)", "wpkh/0", 0, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"},
		"bip380_public_key": {Descriptor, "wpkh(02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9)", "wpkh/0", 0, "bc1q0ht9tyks4vh7p5p904t340cr9nvahy7u3re7zg"},
		"bip386_x_only":     {Descriptor, "tr(a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)", "tr/0", 0, "bc1pw74tdcrxlzn5r8z6ku2vztr86fgq0m245s72mjktf4afwzsf8ugs0gs8zu"},
		"x_only_origin":     {Descriptor, "tr([73c5da0a/86h/0h/0h]a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)", "tr/0", 0, "bc1pw74tdcrxlzn5r8z6ku2vztr86fgq0m245s72mjktf4afwzsf8ugs0gs8zu"},
		"address":           {Address, "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA", "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA", 0, "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA"},
		"upper_case":        {Address, "BC1QCR8TE4KR609GCAWUTMRZA0J4XV80JY8Z306FYU", "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", 0, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := Parse(c.kind, c.value, Main)
			if err != nil {
				t.Fatalf("%v: %s", err, fault.Of(err).Words)
			}
			for _, b := range w.Branches {
				if b.Name != c.branch {
					continue
				}
				if got, err := b.Address(c.index); err != nil || got != c.want {
					t.Errorf("got %s, %v", got, err)
				}
				return
			}
			t.Errorf("there is no branch %s among %d", c.branch, len(w.Branches))
		})
	}
}

// TestSorted: the keys of a sortedmulti stand in any order, those of a multi
// do not.
func TestSorted(t *testing.T) {
	t.Parallel()
	first := func(d string) string {
		w, err := Parse(Descriptor, d, Main)
		if err != nil {
			t.Fatalf("%v: %s", err, fault.Of(err).Words)
		}
		a, err := w.Branches[0].Address(0)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, wrapped := range []string{"wsh(%)", "sh(%)", "sh(wsh(%))"} {
		pair := func(name, a, b string) string {
			return first(strings.ReplaceAll(wrapped, "%", name+"(2,"+a+"/0/*,"+b+"/0/*)"))
		}
		if pair("sortedmulti", key44, key86) != pair("sortedmulti", key86, key44) {
			t.Errorf("%s: the order of sorted keys counts", wrapped)
		}
		if pair("multi", key44, key86) == pair("multi", key86, key44) {
			t.Errorf("%s: the order of keys does not count", wrapped)
		}
	}
}

// TestNetworks: on a test network keys of the main one are taken and addresses
// have the network's own form; on the main one keys of others are not taken.
func TestNetworks(t *testing.T) {
	t.Parallel()
	for net, prefix := range map[Network]string{Main: "bc1q", Test: "tb1q", Signet: "tb1q", Regtest: "bcrt1q", Simnet: "sb1q"} {
		w, err := Parse(XPub, key84, net)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := w.Branches[0].Address(0); err != nil || !strings.HasPrefix(a, prefix) {
			t.Errorf("%s: %s %v", net, a, err)
		}
	}
	const tpub = "tpubDC5FSnBiZDMmhiuCmWAYsLwgLYrrT9rAqvTySfuCCrgsWz8wxMXUS9Tb9iVMvcRbvFcAHGkMD5Kx8koh4GquNGNTfohfk7pgjhaPCdXpoba"
	if _, err := Parse(XPub, tpub, Test); err != nil {
		t.Errorf("a test key on the test network: %v", err)
	}
	if _, err := Parse(XPub, tpub, Main); !fault.Is(err, fault.Invalid) {
		t.Errorf("a test key on the main network: %v", err)
	}
	if _, err := Parse(Address, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", Simnet); !fault.Is(err, fault.Invalid) {
		t.Errorf("a main address on simnet: %v", err)
	}
	if _, err := Parse(XPub, key84, "mainnet"); err == nil {
		t.Error("an unknown network is taken")
	}
}

// TestPrivateIsRefused: whatever could move coins is refused by its own code,
// wherever it stands, and its text stands in no error.
func TestPrivateIsRefused(t *testing.T) {
	t.Parallel()
	const (
		xprv  = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
		zprv  = "zprvAWgYBBk7JR8Gjrh4UJQ2uJdG1r3WNRRfURiABBE3RvMXYSrRJL62XuezvGdPvG6GFBZduosCc1YP5wixPox7zhZLfiUm8aunE96BBa4Kei5"
		wif   = "KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn"
		wif5  = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
		xOnly = "a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd" // a public key where tr() holds it, else in the form of a private one
	)
	for name, c := range map[string]struct {
		kind  Kind
		value string
	}{
		"xprv":               {XPub, xprv},
		"zprv":               {XPub, zprv},
		"wif_as_address":     {Address, wif},
		"old_wif":            {Address, wif5},
		"hex_as_address":     {Address, strings.Repeat("0f", 32)},
		"in_descriptor":      {Descriptor, "wpkh(" + xprv + "/0/*)"},
		"wif_in_descriptor":  {Descriptor, "wpkh(" + wif + ")"},
		"among_several_keys": {Descriptor, "wsh(multi(1," + key44 + "/0/*," + xprv + "/0/*))"},
		"bare_in_descriptor": {Descriptor, xprv},
		"x_only_bare":        {Descriptor, xOnly},
		"x_only_elsewhere":   {Descriptor, "wpkh(" + xOnly + ")"},
		"x_only_as_address":  {Address, xOnly},
		"x_only_no_point":    {Descriptor, "tr(" + strings.Repeat("ff", 32) + ")"},
		"mistyped":           {Address, xprv[:50]},
	} {
		_, err := Parse(c.kind, c.value, Main)
		if !errors.Is(err, ErrPrivate) || fault.Of(err).Code != "private_key_refused" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(err.Error()+fault.Of(err).Words, c.value[len(c.value)/2:]) {
			t.Errorf("%s: the error quotes it", name)
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  Kind
		value string
	}{
		"empty":           {XPub, "  \n"},
		"unknown_kind":    {"seed", key44},
		"short":           {XPub, key44[:100]},
		"a_slip":          {XPub, strings.Replace(key44, "Bosf", "Bofs", 1)},
		"multisig_key":    {XPub, "Zpub74Jru6aftwwHxCUCWEvP6DgrfFsdA4U6ZRtQ5i8qJpMcC39yZGv3egBhQfV3MS9pZtH5z8iV5qWkJsK6ESs6mSzt4qvGhzJxPeeVS2e1zUG"},
		"bad_sum":         {Descriptor, "wpkh(" + key84 + "/0/*)#qqqqqqqq"},
		"no_end":          {Descriptor, "wpkh(" + key84},
		"unknown":         {Descriptor, "rawtr(" + key84 + ")"},
		"script_tree":     {Descriptor, "tr(" + key86 + ",pk(" + key44 + "))"},
		"hardened":        {Descriptor, "wpkh(" + key84 + "/0h/*)"},
		"hardened_range":  {Descriptor, "wpkh(" + key84 + "/0/*h)"},
		"two_choices":     {Descriptor, "wpkh(" + key84 + "/<0;1>/<0;1>/*)"},
		"too_many_needed": {Descriptor, "wsh(multi(3," + key44 + "," + key86 + "))"},
		"shapes_differ":   {Descriptor, "wsh(multi(1," + key44 + "/0/*," + key86 + "/0/1))"},
		"no_address":      {Address, "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabB"},
	} {
		if _, err := Parse(c.kind, c.value, Main); !fault.Is(err, fault.Invalid) || fault.Of(err).Words == "" || errors.Is(err, ErrPrivate) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDescriptorSum: the example of BIP380, and that one character more or
// less is noticed.
func TestDescriptorSum(t *testing.T) {
	t.Parallel()
	if got, ok := descriptorSum("raw(deadbeef)"); !ok || got != "89f8spxm" {
		t.Errorf("got %s", got)
	}
	if got, _ := descriptorSum("raw(deedbeef)"); got == "89f8spxm" {
		t.Error("a changed character is not noticed")
	}
	if _, ok := descriptorSum("raw(Ü)"); ok {
		t.Error("a foreign character has a sum")
	}
}

// FuzzParse: whatever is given, the answer is a Watch or a marked refusal.
func FuzzParse(f *testing.F) {
	f.Add("xpub", key44)
	f.Add("descriptor", "wsh(sortedmulti(1,"+key44+"/<0;1>/*,"+key86+"/<0;1>/*))")
	f.Add("address", "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA")
	f.Fuzz(func(t *testing.T, kind, value string) {
		w, err := Parse(Kind(kind), value, Main)
		if err != nil {
			if fault.Of(err).Words == "" {
				t.Errorf("no words: %v", err)
			}
			return
		}
		for _, b := range w.Branches {
			if _, err := b.Address(0); err != nil && !errors.Is(err, errSkip) {
				t.Errorf("%s: %v", b.Name, err)
			}
		}
	})
}

// TestXOnly: the script of BIP386's own example of a key without sign, and
// that only what stands in tr() of a descriptor is taken out of suspicion.
func TestXOnly(t *testing.T) {
	t.Parallel()
	const key = "a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
	w, err := Parse(Descriptor, "tr("+key+")", Main)
	if err != nil {
		t.Fatal(err)
	}
	text, err := w.Branches[0].Address(0)
	if err != nil {
		t.Fatal(err)
	}
	a, err := address.DecodeAddress(text, &chaincfg.MainNetParams)
	if err != nil || hex.EncodeToString(a.ScriptAddress()) != "77aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11" {
		t.Errorf("%s is of another script, %v", text, err)
	}
	for text, suspect := range map[string]bool{
		"tr(" + key + ")": false, "tr([73c5da0a/86h/0h/0h]" + key + ")\n": false,
		key: true, "wpkh(" + key + ")": true, "tr(" + key + ",pk(" + key + "))": true, "tr(" + key + ") " + key: true, "str(" + key + ")": true,
	} {
		if got := strings.Contains(Suspect(Descriptor, text), key); got != suspect {
			t.Errorf("%s: in suspicion %t", strings.ReplaceAll(text, key, "KEY"), got)
		}
	}
	if Suspect(Address, "tr("+key+")") != "tr("+key+")" {
		t.Error("only descriptors have such keys")
	}
}
