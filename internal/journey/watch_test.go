package journey_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// typedToWatch types into the field for wallets: what it is stands below it at
// once, and a secret is taken out of the field before anything is sent.
func (tb *tab) typedToWatch(words string) {
	tb.t.Helper()
	typed := func(text string) (left, said string) {
		var out []string
		answer := js[string](tb, `(() => { const f = document.querySelector("[name=value]"); f.value = `+strconv.Quote(text)+`;
			f.dispatchEvent(new Event("input", {bubbles: true})); return JSON.stringify([f.value, document.getElementById("watched").innerText]); })()`)
		if err := json.Unmarshal([]byte(answer), &out); err != nil {
			tb.t.Fatal(err)
		}
		return out[0], out[1]
	}
	tb.sees("1. What to watch")
	tb.until("document.readyState === \"complete\"", "not loaded")
	const xOnly = "a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
	for text, want := range map[string]string{
		key84:                                "Extended public key, SegWit",
		"xpub" + key84[4:]:                   "does not say its script type",
		"Zpub" + key84[4:]:                   "A key of several",
		firstAddress + "\n" + firstAddress:   "2 addresses, the first SegWit",
		"1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA": "1 address, the first Legacy",
		"wpkh([73c5da0a/84h/0h/0h]" + key84 + "/<0;1>/*)":              "Output descriptor, SegWit",
		"# Receive and change descriptor (BIP389):\ntr(" + xOnly + ")": "Output descriptor, Taproot",
		"sh(wpkh(" + key84 + "/0/*))":                                  "Output descriptor, Nested SegWit",
		`{"type":"tx","ref":"x"}`:                                      "file of labels",
		"hello":                                                        "Not known yet",
	} {
		if left, said := typed(text); left != text || !strings.Contains(said, want) {
			tb.t.Errorf("%q: %q is left, %q is said", text, left, said)
		}
	}
	for _, secret := range []string{
		words, strings.ReplaceAll(words, " ", "\n"), "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
		"wpkh(xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi/0/*)",
		"KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", xOnly, "wpkh(" + xOnly + ")",
		firstAddress + "\n" + xOnly, "-----BEGIN PRIVATE KEY-----",
	} {
		if left, said := typed(secret); left != "" || !strings.Contains(said, "That is a secret, so the field was cleared") || strings.Contains(said, secret) {
			tb.t.Errorf("%q: %q is left, %q is said", secret, left, said)
		}
	}
	tb.shot("secret-cleared")
}

// switchScript looks at the first addresses in another way, and back.
func (tb *tab) switchScript() {
	tb.t.Helper()
	tb.press("Taproot")
	tb.sees("m/86'/0'/0'/0/*")
	tb.press("As the key says")
	tb.sees("m/84'/0'/0'/0/*")
	tb.sees(firstAddress)
}

// lookFurther sees what the wallet holds, and goes on where the search ended.
func (tb *tab) lookFurther() {
	tb.t.Helper()
	tb.sees("1 unspent output")
	tb.sees("= the balance")
	tb.sees("12,346") // confirmations
	tb.sees("1 in use, the last at index 0; gap 20 reached at index 20")
	tb.write("more", "5000")
	tb.press("Look further")
	tb.sees("a number from 1 to 1000")
	tb.write("more", "40")
	tb.press("Look further")
	tb.sees("1 in use, the last at index 0; gap 20 reached at index 60")
	tb.sees("✓ watched")
}

// hideAmounts hides every amount of a page, also from the pointer, and shows
// them again; counts stay.
func (tb *tab) hideAmounts() {
	tb.t.Helper()
	const shown = `[...document.querySelectorAll(".main .btcv")].filter((e) => getComputedStyle(e).visibility !== "hidden").length`
	if n := js[int](tb, shown); n < 3 {
		tb.t.Errorf("%d amounts before", n)
	}
	tb.press("Hide amounts")
	tb.sees("Show amounts")
	if n := js[int](tb, shown); n > 0 {
		tb.t.Errorf("%d amounts are shown", n)
	}
	if text := tb.text(); strings.Contains(text, "6134821") || !strings.Contains(text, "12,346") {
		tb.t.Errorf("what is read: %s", text)
	}
	js[bool](tb, `document.querySelector(".main .kpi .btcv").dispatchEvent(new MouseEvent("mouseover", {bubbles: true}))`)
	if n := js[int](tb, shown); n > 0 {
		tb.t.Error("the pointer brings them back")
	}
	tb.shot("amounts-hidden")
	tb.press("Show amounts")
	tb.sees("Hide amounts")
}

// TestCoinsByAPI: what a wallet holds comes in pages, adds up to its balance,
// and a search that goes further is answered by what it found.
func TestCoinsByAPI(t *testing.T) {
	t.Parallel()
	node := esplora(t)
	in := start(t, "LEDGERSYS_ESPLORA_URL="+node.URL, "LEDGERSYS_EGRESS_ALLOW="+strings.TrimPrefix(node.URL, "http://"))
	b, firm, entity := in.owner("GB")
	at := "/api/v1/firms/" + firm + "/entities/" + entity + "/wallets"
	var w struct {
		ID, State, Balance, Script string
		Coins                      int
		ScannedTo                  map[string]int `json:"scanned_to"`
	}
	b.call("POST", at, `{"kind":"xpub","value":"`+key84+`","script":"p2sh","source":"esplora"}`, 422, nil)
	b.call("POST", at, `{"kind":"xpub","value":"`+key84+`","script":"wpkh","label":"Cold store","source":"esplora"}`, 201, &w)
	done := func(to int) {
		t.Helper()
		in.eventually("the wallet is looked up", func() bool {
			b.call("GET", at+"/"+w.ID, "", 200, &w)
			return w.State == "active" && w.ScannedTo["wpkh/0"] == to
		})
	}
	done(20)
	var coins struct {
		Items []struct {
			TxID, Address, Amount string
			N, Confirmations      int
			Height                int
		}
		Next *string
	}
	b.call("GET", at+"/"+w.ID+"/utxos?limit=1", "", 200, &coins)
	if len(coins.Items) != 1 || coins.Items[0].Amount != w.Balance || coins.Items[0].Address != firstAddress || coins.Items[0].Confirmations != 12_346 || coins.Next != nil || w.Coins != 1 || w.Script != "wpkh" {
		t.Errorf("%+v of %+v", coins, w)
	}
	b.call("POST", at+"/"+w.ID+"/further", `{"more":0}`, 422, nil)
	b.call("POST", at+"/"+w.ID+"/further", `{"more":30}`, 202, nil)
	done(50)
}

// noAmounts hides the amounts of a page, looks whether any is left, in figures
// or in sentences, and shows them again.
func (tb *tab) noAmounts(name string) {
	tb.t.Helper()
	tb.press("Hide amounts")
	tb.sees("Show amounts")
	read := js[string](tb, `document.querySelector(".main").innerText`)
	if left := amount.FindAllString(read, -1); len(left) > 0 {
		tb.t.Errorf("%s: amounts are left: %q", name, left)
	}
	tb.shot(name + "-hidden")
	tb.press("Show amounts")
	tb.sees("Hide amounts")
}

// amount is money or coins as pages write them.
var amount = regexp.MustCompile(`[£$€][ \d]|\d[.]\d\d\b`)
