package keyring_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/btcsuite/btcd/address/v2/base58"
	"github.com/tyler-smith/go-bip39/wordlists"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// published are keys from the documents that define them: BIP-32, BIP-38,
// BIP-39 and the wiki's page on the wallet import format.
var published = map[string]string{
	"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ":                                                                                                          keyring.KindWIF,
	"KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617":                                                                                                         keyring.KindWIF,
	"cMzLdeGd5vEqxB8B6VFQoRopQ3sLAAvEzDAoQgvX54xwofSWj1fx":                                                                                                         keyring.KindWIF,
	"6PRVWUbkzzsbcVac2qwfssoUJAN1Xhrg6bNk8J7Nzm5H7kxEbn2Nh2ZoGg":                                                                                                   keyring.KindBIP38,
	"6PYNKZ1EAgYgmQfmNVamxyXVWHzK5s6DGhwP4J5o44cvXdoY7sRzhtpUeo":                                                                                                   keyring.KindBIP38,
	"xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi":                                              keyring.KindExtended,
	"wpkh([d34db33f/84h/0h/0h]xprv9uHRZZhk6KAJC1avXpDAp4MDc3sQKNxDiPvvkX8Br5ngLNv1TxvUxt4cV1rGL5hj6KCesnDYUhd7oWgT11eZG7XnxHrnYeSvkzY7d2bhkJ7/0/*)#x":              keyring.KindExtended,
	"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about":                                                                keyring.KindSeedWords,
	"legal winner thank year wave sausage worth useful legal winner thank yellow":                                                                                  keyring.KindSeedWords,
	"letter advice cage absurd amount doctor acoustic avoid letter advice cage above":                                                                              keyring.KindSeedWords,
	"zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo when":                                                                                     keyring.KindSeedWords,
	"hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length": keyring.KindSeedWords,
	"あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あいこくしん　あおぞら": keyring.KindSeedWords,
	"ábaco ábaco ábaco ábaco ábaco ábaco ábaco ábaco ábaco ábaco ábaco abierto":                      keyring.KindSeedWords,
	"abaco abaco abaco abaco abaco abaco abaco abaco abaco abaco abaco abierto":                      keyring.KindSeedWords,
	"的 的 的 的 的 的 的 的 的 的 的 在":                                                                        keyring.KindSeedWords,
	"abacate abacate abacate abacate abacate abacate abacate abacate abacate abacate abacate abater": keyring.KindSeedWords,
	"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----":               keyring.KindPEM,
	"-----BEGIN RSA PRIVATE KEY-----":                                                                keyring.KindPEM,
	"-----BEGIN EC PRIVATE KEY-----\\nMHcCAQEE":                                                      keyring.KindPEM,
	"-----BEGIN ENCRYPTED PRIVATE KEY-----":                                                          keyring.KindPEM,
	"-----BEGIN OPENSSH PRIVATE KEY-----":                                                            keyring.KindPEM,
	"-----BEGIN PGP PRIVATE KEY BLOCK-----":                                                          keyring.KindPEM,
	"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----":                                                     keyring.KindPEM,
}

// around are the places in which keys are tried.
var around = []string{
	"%s", " %s\n", "key=%s;", "\"%s\"", "2024-01-02,deposit,0.1,BTC,\"%s\",1\r\n", `{"note":"my key is %s!"}`,
	"see https://example.org/?k=%s&x=1", "Sicherung：%s。", "p2wpkh:%s", "%s.csv", "\ufeff%s", "a b c d e %s and so on",
}

// mnemonics makes n seed words of each language and length.
func mnemonics(r *rand.Rand, n int) (list []string) {
	languages := [][]string{
		wordlists.English, wordlists.Japanese, wordlists.Korean, wordlists.Spanish, wordlists.ChineseSimplified,
		wordlists.ChineseTraditional, wordlists.French, wordlists.Italian, wordlists.Czech,
	}
	for _, words := range languages {
		for _, size := range []int{16, 20, 24, 28, 32} {
			for range n {
				entropy := make([]byte, size)
				for i := range entropy {
					entropy[i] = byte(r.Uint32())
				}
				list = append(list, strings.Join(encode(entropy, words), " "))
			}
		}
	}
	return list
}

// encode writes seed words as BIP-39 says, by way of a text of bits.
func encode(entropy []byte, words []string) (list []string) {
	sum := sha256.Sum256(entropy)
	bits := ""
	for _, b := range entropy {
		bits += fmt.Sprintf("%08b", b)
	}
	bits += fmt.Sprintf("%08b", sum[0])[:len(entropy)/4]
	for ; bits != ""; bits = bits[11:] {
		n := 0
		for _, b := range bits[:11] {
			n = 2*n + int(b-'0')
		}
		list = append(list, words[n])
	}
	return list
}

// single and extended make keys in base58, private or public.
func single(r *rand.Rand, version byte, compressed bool) string {
	key := random(r, 32)
	if compressed {
		key = append(key, 1)
	}
	return base58.CheckEncode(key, version)
}

func extended(r *rand.Rand, version string, first byte) string {
	v, err := hex.DecodeString(version)
	if err != nil {
		panic(err)
	}
	body := slices.Concat(v[1:], random(r, 41), []byte{first}, random(r, 32))
	return base58.CheckEncode(body, v[0])
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestPrivateKeysAreRefused: every kind, in every place that people put them.
func TestPrivateKeysAreRefused(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	keys := make(map[string]string)
	for k, kind := range published {
		keys[k] = kind
	}
	for _, m := range mnemonics(r, 4) {
		keys[m], keys[norm.NFC.String(m)] = keyring.KindSeedWords, keyring.KindSeedWords
	}
	for range 30 {
		for _, version := range []byte{0x80, 0xef, 0xb0, 0x9e, 0xcc} {
			keys[single(r, version, false)], keys[single(r, version, true)] = keyring.KindWIF, keyring.KindWIF
		}
		for _, version := range []string{
			"0488ade4", "049d7878", "04b2430c", "0295b005", "02aa7a99", "04358394", "044a4e28", "045f18bc", "019d9cfe", "02fac398",
		} {
			keys[extended(r, version, 0)] = keyring.KindExtended
		}
		keys[base58.CheckEncode(append([]byte{0x42, 0xc0}, random(r, 36)...), 1)] = keyring.KindBIP38
	}
	tried := 0
	for k, want := range keys {
		for _, form := range around {
			text := fmt.Sprintf(form, k)
			if kind, found := keyring.FindPrivateKey(text); !found || kind != want {
				t.Errorf("%q: %q, %v; want %q", text, kind, found, want)
			}
			if shown := keyring.Withhold(text); !strings.Contains(shown, "[withheld]") || strings.Contains(shown, k) {
				t.Errorf("shown: %q", shown)
			}
			tried++
		}
	}
	t.Logf("%d keys, %d texts", len(keys), tried)
}

// TestSeedWordsInCells: words in cells or lines of their own, numbered or not.
func TestSeedWordsInCells(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, m := range mnemonics(r, 2) {
		words := strings.Fields(m)
		var numbered, capitals []string
		for i, w := range words {
			numbered = append(numbered, fmt.Sprintf("%d. %s", i+1, w))
			capitals = append(capitals, strings.ToUpper(w))
		}
		for _, text := range []string{
			strings.Join(words, ","), strings.Join(words, "\r\n"), strings.Join(words, "\t"), `["` + strings.Join(words, `", "`) + `"]`,
			strings.Join(numbered, "\n"), strings.Join(numbered, " "), strings.Join(capitals, " "), strings.Join(words, " - "),
			"my words: " + strings.Join(words, ", ") + ".",
		} {
			if kind, found := keyring.FindPrivateKey(text); !found || kind != keyring.KindSeedWords {
				t.Errorf("%q: %q, %v", text, kind, found)
			}
		}
	}
}

// harmless makes a text as statements hold it.
func harmless(r *rand.Rand, i int) string {
	hash := hex.EncodeToString(random(r, 32))
	words := wordlists.English
	pick := func(n int) []string {
		var list []string
		for range n {
			list = append(list, words[r.IntN(len(words))])
		}
		return list
	}
	switch i % 16 {
	case 0:
		return hash
	case 1:
		return "0x" + hash + "," + hash
	case 2:
		return base58.CheckEncode(random(r, 20), 0) // an address
	case 3:
		return base58.CheckEncode(random(r, 20), 5)
	case 4:
		return extended(r, "0488b21e", 2) // xpub
	case 5:
		return extended(r, "04b24746", 3) // zpub
	case 6:
		return base58.Encode(random(r, 38)) // as long as a key, with no checksum
	case 7:
		return base58.Encode(random(r, 32)) + " " + base58.Encode(random(r, 64)) // Solana: address and signature
	case 8:
		return base64.StdEncoding.EncodeToString(random(r, 48))
	case 9:
		return strings.ToUpper(hex.EncodeToString(random(r, 16)))[:26]
	case 10:
		return fmt.Sprintf("%08X-%04X-%04X", r.Uint32(), r.IntN(1<<16), r.IntN(1<<16))
	case 11:
		return strings.Join(pick(11), " ") // one too few
	case 12:
		return "Paid " + strings.Join(pick(4), " ") + " for the " + strings.Join(pick(8), " ")
	case 13:
		return "sell,spot,coin,fee,trade\n" + strings.Repeat("1,sell,spot,coin,0.5,fee\n", 40)
	case 14:
		return "bc1q" + strings.ToLower(base58.Encode(random(r, 28))) + " T" + base58.Encode(random(r, 24))
	default:
		return "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n-----BEGIN PGP PUBLIC KEY BLOCK-----"
	}
}

// TestHarmlessTextIsAccepted: ids, hashes, addresses, public keys and notes.
func TestHarmlessTextIsAccepted(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 16_000 {
		text := harmless(r, i)
		if kind, found := keyring.FindPrivateKey(text); found {
			t.Errorf("%q is taken for %s", text, kind)
		}
		if shown := keyring.Withhold(text); shown != text {
			t.Errorf("%q is shown as %q", text, shown)
		}
	}
	for _, text := range []string{
		"", "5", "xprv", "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHj", // a wrong checksum
		"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon", // likewise
		"的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动",                                                        // a sentence, not a list
		"wallet.dat is missing", "BEGIN PRIVATE KEY", "this is my PRIVATE KEY",
	} {
		if kind, found := keyring.FindPrivateKey(text); found {
			t.Errorf("%q is taken for %s", text, kind)
		}
	}
}

// TestSamplesAreAccepted: the statements that this program is tested with.
func TestSamplesAreAccepted(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, dir := range []string{"pkg", "internal/cli", "internal/intake"} {
		root := filepath.Join(testkit.Root(t), dir)
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.Contains(path, "testdata") || filepath.Base(path) == "withheld.txtar" {
				return err
			}
			seen++
			if kind, found := keyring.FindPrivateKey(string(testkit.Read(t, path))); found {
				t.Errorf("%s is taken for %s", path, kind)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 100 {
		t.Errorf("only %d files", seen)
	}
}

// TestWalletFields: 64 hex digits are a key in a wallet's field only.
func TestWalletFields(t *testing.T) {
	t.Parallel()
	hash := strings.Repeat("0f", 32)
	for _, text := range []string{hash, "0x" + hash, strings.ToUpper(hash)} {
		if _, found := keyring.FindPrivateKey(text); found {
			t.Errorf("%s is refused", text)
		}
		if kind, found := keyring.FindInWallet(text); !found || kind != keyring.KindHex {
			t.Errorf("%s is accepted as a wallet", text)
		}
	}
	if _, found := keyring.FindInWallet("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"); found {
		t.Error("an address is refused")
	}
}

// TestWalletFiles: the content of wallets, and the name of one.
func TestWalletFiles(t *testing.T) {
	t.Parallel()
	berkeley := append(make([]byte, 12), "\x62\x31\x05\x00\x09\x00\x00\x00"...)
	lite := append([]byte("SQLite format 3\x00"), make([]byte, 200)...)
	core := bytes.Clone(lite)
	copy(core[68:], "\xf9\xbe\xb4\xd9")
	keyed := append(bytes.Clone(lite), "\x13walletdescriptorkey\x01"...)
	for name, c := range map[string]struct {
		file []byte
		want bool
	}{"berkeley": {berkeley, true}, "core": {core, true}, "descriptor_keys": {keyed, true}, "other_database": {lite, false}, "empty": {nil, false}} {
		for _, size := range []int{1, 7, 1000} {
			var s keyring.Scanner
			for chunk := range slices.Chunk(c.file, size) {
				if n, err := s.Write(chunk); n != len(chunk) || err != nil {
					t.Fatal(n, err)
				}
			}
			if kind, found := s.Found(); found != c.want || found && kind != keyring.KindWallet {
				t.Errorf("%s in pieces of %d: %q, %v", name, size, kind, found)
			}
		}
	}
	for name, want := range map[string]bool{
		"wallet.dat": true, "C:\\Bitcoin\\Wallet.dat": true, "my-wallet.data.csv": false, "trades.csv": false,
		"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ.csv": true,
	} {
		if _, found := keyring.FindInName(name); found != want {
			t.Errorf("%s is refused: %v", name, found)
		}
	}
}

// inPieces: however a text is cut, also as UTF-16, the same is found.
func inPieces(t *rapid.T) {
	keys := slices.Sorted(func(yield func(string) bool) {
		for k := range published {
			if !yield(k) {
				return
			}
		}
	})
	text := rapid.String().Draw(t, "before") + "\n" + rapid.SampledFrom(append(keys, "")).Draw(t, "key") + "\n" + rapid.String().Draw(t, "after")
	want, wanted := keyring.FindPrivateKey(text)
	raw := []byte(text)
	if rapid.Bool().Draw(t, "wide") {
		raw = []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(text)) {
			raw = append(raw, byte(u), byte(u>>8))
		}
	}
	var s keyring.Scanner
	for len(raw) > 0 {
		n := rapid.IntRange(1, len(raw)).Draw(t, "piece")
		_, _ = s.Write(raw[:n])
		raw = raw[n:]
	}
	if kind, found := s.Found(); kind != want || found != wanted {
		t.Fatalf("in pieces %q, whole %q", kind, want)
	}
}

func TestScannerInPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, inPieces)
}

func FuzzScanner(f *testing.F) { f.Fuzz(rapid.MakeFuzz(inPieces)) }

// TestRefusal: what is said about a key does not say the key.
func TestRefusal(t *testing.T) {
	t.Parallel()
	if err := keyring.RefusePrivateKey(); err.Kind != fault.Invalid || err.Code != "private_key_refused" || err.Words == "" {
		t.Errorf("%+v", err)
	}
}

// BenchmarkScanner reads a statement of 100 MB.
func BenchmarkScanner(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	var row bytes.Buffer
	for i := range 10_000 {
		fmt.Fprintf(&row, "2024-01-%02d 12:00:%02d,trade,sell,BTC/USD,0.%08d,42000.17,coin,fee,%x,note about a market order\n", i%28+1, i%60, r.Uint32(), random(r, 32))
	}
	b.SetBytes(100 << 20)
	for b.Loop() {
		var s keyring.Scanner
		for n := 0; n < 100<<20; n += row.Len() {
			_, _ = s.Write(row.Bytes())
		}
		if _, found := s.Found(); found {
			b.Fatal("found")
		}
	}
}
