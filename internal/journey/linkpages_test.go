package journey_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

// setUpOwner sets an installation up over HTTP and opens a tab for its owner.
func (in *instance) setUpOwner() (tb *tab, base string) {
	in.t.Helper()
	ada := in.setUp()
	firm, entity := ada.book()
	tb = in.open()
	tb.as(ada)
	return tb, "/f/" + firm + "/e/" + entity
}

// TestLinkPages: an owner links an exchange in the browser, sees a key refused
// that could trade, then the first sync, its proof, the transactions, the year
// and its form; what happens to a key that changes; and the end of the link.
func TestLinkPages(t *testing.T) {
	t.Parallel()
	script := axe(t)
	history := exchangesim.NewTrades(20250301, fewTrades, "GBP")
	sim := exchangesim.CoinbaseES256(t, history, time.Now)
	in := start(t, "LEDGERSYS_EXCHANGE_COINBASE_URL="+sim.URL(), "LEDGERSYS_EGRESS_ALLOW="+sim.Place(), "LEDGERSYS_OUTBOUND_FROM=203.0.113.7")
	tb, base := in.setUpOwner()

	tb.visit(base)
	tb.press("Link an exchange")
	tb.sees("It takes a key that only reads")
	tb.checkLooks(base+"/connections", script)
	tb.do(chromedp.Click(chromedp.CSS("a[href$='/connections/add/coinbase']")))
	tb.sees("Never switch on trading or withdrawing")
	tb.sees("203.0.113.7")
	tb.name = "link-add"
	tb.checkLooks(base+"/connections/add/coinbase", script)

	sim.Upgrade()
	tb.giveKey(sim.Key)
	tb.press("Check and link")
	tb.sees("can_trade: on, and more than reading")
	tb.shot("refused")
	if secret := js[string](tb, "document.querySelector('[name=secret]').value"); secret != "" {
		t.Error("the secret came back in the page")
	}
	tb.visit(base + "/connections")
	if strings.Contains(tb.text(), "k1") || strings.Contains(tb.text(), "✓ linked") {
		t.Error("a refused key was kept")
	}

	sim.Restore()
	tb.visit(base + "/connections/add/coinbase")
	tb.giveKey(sim.Key)
	tb.press("Check and link")
	tb.sees("first sync has begun")
	tb.shot("first-sync")
	tb.sees("of 4 balances explained")
	link := tb.path()
	tb.name = "link"
	tb.checkLooks(link, script)
	for _, want := range []string{"4 of 4 balances explained", "can_view", "Trade or withdraw", "Coverage", "Other portfolios", "compared on", "Not in this strip, because Coinbase does not give it", "Used of Coinbase's limits"} {
		tb.sees(want)
	}
	if html := js[string](tb, "document.documentElement.outerHTML"); strings.Contains(html, "PRIVATE KEY") || strings.Contains(html, sim.Key.ID) {
		t.Error("the page shows more of the key than its last characters")
	}

	tb.toForm(base)
	tb.keyChanges(link, sim, script)
}

// paste puts a text into a field, of one line or of several.
func (tb *tab) paste(name, text string) {
	tb.t.Helper()
	sel := chromedp.CSS(fmt.Sprintf("[name=%q]", name))
	tb.do(chromedp.WaitVisible(sel), chromedp.SetValue(sel, text))
}

// giveKey fills in the form of a key.
func (tb *tab) giveKey(key exchangesim.Key) {
	tb.t.Helper()
	tb.paste("key", key.ID)
	tb.paste("secret", key.Secret)
}

// toForm goes from the transactions that a link brought to a form.
func (tb *tab) toForm(base string) {
	tb.t.Helper()
	tb.visit(base + "/transactions")
	tb.sees("Coinbase")
	tb.shot("transactions")
	tb.noAmounts("transactions")
	tb.visit(base)
	tb.sees("✓ complete")
	tb.shot("overview")
	tb.noAmounts("overview")
	tb.press("Open report")
	tb.sees("2024-25 report")
	tb.shot("year")
	tb.noAmounts("year")
	form := value(tb, chromedp.Evaluate[string](`fetch(document.querySelector("a[href$='/sa108-computation.csv'], a[href$='/gains.csv']").href).then((r) => r.ok ? r.text() : "status " + r.status)`, chromedp.EvalAwaitPromise))
	if !strings.Contains(form, "coinbase:Coinbase:") {
		tb.t.Errorf("the form: %s", last(form, 300))
	}
}

// keyChanges: pause and schedule, a key that the exchange rejects, one that
// gains a right, another one in its place, and the end.
func (tb *tab) keyChanges(link string, sim *exchangesim.Sim, script string) {
	tb.t.Helper()
	tb.visit(link)
	tb.press("Pause")
	tb.sees("Nothing is fetched and the key is not used")
	tb.press("Resume")
	tb.until(`document.querySelector("svg.squares[aria-label^='The last 2 runs']")`, "no second run")
	tb.until(`!document.querySelector("[data-live]")`, "it does not end")
	tb.do(chromedp.SetValue(chromedp.CSS("[name=schedule]"), "weekly"))
	tb.press("Save")
	tb.sees("Fetched every week")

	sim.Revoke()
	tb.press("Fetch now")
	tb.sees("Coinbase rejects this key")
	tb.sees("It rests now: until there is a new key.")
	tb.name = "link-rejected"
	tb.checkLooks(link, script)
	sim.Restore()
	tb.press("Give a new key")
	tb.sees("New key for Coinbase")
	tb.giveKey(sim.Key)
	tb.press("Check and replace")
	tb.sees("✓ linked")
	tb.sees("the same as Coinbase's, to the second")

	sim.Upgrade()
	tb.press("Fetch now")
	tb.sees("can do more than read, so it is not used any more")
	tb.shot("suspended")
	tb.name = "link-runs"
	tb.checkLooks(link+"/runs", script)
	for _, want := range []string{"The exchange rejects the key", "The key can do more than read", "new records"} {
		tb.sees(want)
	}
	tb.visit("/account/security")
	tb.sees("! key not used")
	tb.shot("security")

	tb.visit(link)
	tb.press("End this link")
	tb.write("confirm", "delete")
	tb.do(chromedp.Click(chromedp.CSS("form[data-confirm=delete] .btn.danger")))
	tb.sees("its key is destroyed")
	if strings.Contains(tb.text(), "key not used") {
		tb.t.Error("the link is still listed")
	}
}

// TestUnprovedLink: an exchange that does not tell what a key may do is linked
// on the owner's word, and a history with a hole is shown as one.
func TestUnprovedLink(t *testing.T) {
	t.Parallel()
	script := axe(t)
	sim := exchangesim.Luno(t, exchangesim.NewHistory(4, 60, "ZAR").FeesInUnits(), time.Now)
	holey := exchangesim.Bitfinex(t, exchangesim.NewHistory(5, 60, "USD").Price(), time.Now)
	holey.Hold(true)
	in := start(t, "LEDGERSYS_EXCHANGE_LUNO_URL="+sim.URL(), "LEDGERSYS_EXCHANGE_BITFINEX_URL="+holey.URL(), "LEDGERSYS_EGRESS_ALLOW="+sim.Place()+","+holey.Place())
	tb, base := in.setUpOwner()
	tb.visit(base + "/connections/add/luno")
	tb.giveKey(sim.Key)
	tb.press("Check and link")
	tb.sees("State that the key can only read")
	tb.giveKey(sim.Key)
	tb.do(chromedp.Click(chromedp.CSS("[name=stated]")))
	tb.press("Check and link")
	tb.sees("Linked on your word")
	tb.sees("You stated on")
	tb.sees("4 of 4 balances explained")

	tb.visit(base + "/connections/add/bitfinex")
	tb.giveKey(holey.Key)
	tb.press("Check and link")
	tb.sees("differs by")
	tb.sees("record ")
	tb.name = "link-differs"
	tb.checkLooks(tb.path(), script)
	tb.name = "links"
	tb.checkLooks(base+"/connections", script)
	tb.sees("✓ complete")
	tb.sees("differ")
}

// firstAddress and key84 are those of BIP84.
const (
	key84        = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs"
	firstAddress = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
)

// esplora serves a chain in which something arrived at the first address.
func esplora(t *testing.T) *httptest.Server {
	t.Helper()
	tx := []any{map[string]any{
		"txid": strings.Repeat("ab", 32), "status": map[string]any{"confirmed": true, "block_height": 800_000, "block_hash": "h", "block_time": 1_690_168_629},
		"vin":  []any{map[string]any{"is_coinbase": false, "prevout": map[string]any{"scriptpubkey_address": "bc1qother", "value": 61_348_500}}},
		"vout": []any{map[string]any{"scriptpubkey_address": firstAddress, "value": 61_348_210}},
	}}
	body, err := json.Marshal(tx)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/blocks/tip/height":
			fmt.Fprint(w, "812345")
		case strings.HasPrefix(r.URL.Path, "/block-height/"):
			fmt.Fprint(w, strings.Repeat("0", 64))
		case r.URL.Path == "/address/"+firstAddress+"/txs/chain":
			_, _ = w.Write(body)
		default:
			fmt.Fprint(w, "[]")
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

// TestWalletPages: an owner watches a wallet: a seed phrase is refused and
// forgotten, the first addresses are compared, the place to look is chosen.
func TestWalletPages(t *testing.T) {
	t.Parallel()
	script := axe(t)
	node := esplora(t)
	in := start(t, "LEDGERSYS_ESPLORA_URL="+node.URL, "LEDGERSYS_EGRESS_ALLOW="+strings.TrimPrefix(node.URL, "http://"))
	tb, base := in.setUpOwner()
	tb.visit(base + "/wallets")
	tb.sees("No wallet is watched")
	tb.name = "wallets-empty"
	tb.checkLooks(base+"/wallets", script)
	tb.press("Watch a wallet")
	const words = "legal winner thank year wave sausage worth useful legal winner thank yellow"
	tb.typedToWatch(words)
	js[string](tb, "document.querySelector('[name=value]').value = "+strconv.Quote(words)) // as if without scripts
	tb.press("Show the first addresses")
	tb.sees("Nothing of it was stored. Treat it as known to others")
	if strings.Contains(js[string](tb, "document.documentElement.outerHTML"), "sausage") {
		t.Error("the seed phrase came back in the page")
	}
	tb.shot("secret-refused")
	tb.visit(base + "/wallets/add")
	tb.paste("value", key84)
	tb.paste("label", "Cold store")
	tb.press("Show the first addresses")
	tb.sees(firstAddress)
	tb.sees("Esplora")
	tb.switchScript()
	tb.shot("confirm")
	tb.checkWidth("confirm", 1440)
	tb.size(360, 900)
	tb.shot("confirm-slim")
	tb.checkWidth("confirm", 360)
	tb.prepare(script)
	tb.checkAccess("confirm")
	tb.size(1440, 900)
	tb.press("Watch this wallet")
	tb.sees("no such node") // none was chosen
	tb.do(chromedp.Click(chromedp.CSS("[name=source]")))
	tb.watchWithLabels()
	tb.sees("✓ watched")
	tb.sees("1 address")
	wallet := tb.path()
	tb.moreLabels(wallet)
	tb.lookFurther()
	tb.hideAmounts()
	tb.name = "wallet"
	tb.checkLooks(wallet, script)
	tb.name = "wallets"
	tb.checkLooks(base+"/wallets", script)
	tb.visit(base + "/transactions")
	tb.sees("0.6134821 BTC")
	tb.sees("Sold the bicycle · From Ann")
	tb.visit(wallet)
	tb.press("Forget this wallet")
	tb.write("confirm", "delete")
	tb.do(chromedp.Click(chromedp.CSS("form[data-confirm=delete] .btn.danger")))
	tb.sees("No wallet is watched")
}

var stateField = regexp.MustCompile(`name="(code|state)" value="([^"]+)"`)

// TestConsent: an account is linked without a key. What comes back from
// Coinbase counts for whoever asked, in their session, once; a consent to more
// than reading is refused.
func TestConsent(t *testing.T) {
	t.Parallel()
	sim := exchangesim.CoinbaseConsent(t, exchangesim.NewTrades(5, 40, "GBP"), time.Now)
	secret := filepath.Join(t.TempDir(), "client-secret")
	if err := os.WriteFile(secret, []byte(sim.ClientSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	clock, setting := clockFile(t)
	in := start(t, setting, "LEDGERSYS_EXCHANGE_COINBASE_URL="+sim.URL(), "LEDGERSYS_EGRESS_ALLOW="+sim.Place(),
		"LEDGERSYS_COINBASE_CLIENT_ID="+sim.ClientID, "LEDGERSYS_COINBASE_CLIENT_SECRET_FILE="+secret)
	ada := in.setUp()
	firm, entity := ada.book()
	base := "/f/" + firm + "/e/" + entity + "/connections"
	if a := ada.get(base + "/add/coinbase"); !strings.Contains(a.body, "Allow reading at Coinbase") {
		t.Fatal("the page does not lead to Coinbase")
	}
	ada.saysWhatIsMissing(base)
	back := func(c *client, scopes ...string) (path string, a answer) {
		a = ada.get(base + "/oauth/coinbase")
		if a.StatusCode != http.StatusSeeOther {
			t.Fatalf("to Coinbase: %d %s", a.StatusCode, a.body)
		}
		code, state := sim.Allow(t, a.Header.Get("Location"), scopes...)
		path = "/connect/coinbase?" + formOf("code", code, "state", state)
		return path, c.get(path)
	}
	if _, a := back(in.signIn(adaMail, adaPass)); a.StatusCode != http.StatusUnprocessableEntity || strings.Contains(a.body, "Link it") {
		t.Errorf("another session of the same person: %d", a.StatusCode)
	}
	if _, a := back(in.client()); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody: %d", a.StatusCode)
	}
	path, a := back(ada)
	fields := stateField.FindAllStringSubmatch(a.body, -1)
	if a.StatusCode != http.StatusOK || len(fields) != 2 {
		t.Fatalf("back from Coinbase: %d %s", a.StatusCode, a.body)
	}
	send := []string{fields[0][1], fields[0][2], fields[1][1], fields[1][2], "label", "By consent", "schedule", "manual"}
	if a := ada.post(base+"/oauth/coinbase", append([]string{"state", fields[1][2] + "x"}, send[:2]...)...); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a state that was changed: %d", a.StatusCode)
	}
	a = ada.post(base+"/oauth/coinbase", send...)
	if a.StatusCode != http.StatusSeeOther {
		t.Fatalf("link: %d %s", a.StatusCode, a.body)
	}
	linked := a.Header.Get("Location")
	in.sawRun(ada, linked, "1 run")
	if a := ada.post(base+"/oauth/coinbase", send...); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Begin again") {
		t.Errorf("the same code again: %d", a.StatusCode)
	}
	clock.move(t, 2*time.Hour) // the token has ended, the refresh token has not
	if a := ada.get(path); a.StatusCode != http.StatusUnprocessableEntity && a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a state that is too old: %d", a.StatusCode)
	}
	ada = in.signIn(adaMail, adaPass)
	if a := ada.post(linked + "/sync"); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("fetch: %d", a.StatusCode)
	}
	in.sawRun(ada, linked, "2 runs")
	_, a = back(ada, "wallet:transactions:send")
	fields = stateField.FindAllStringSubmatch(a.body, -1)
	if len(fields) != 2 {
		t.Fatalf("back from Coinbase: %d %s", a.StatusCode, a.body)
	}
	if a := ada.post(base+"/oauth/coinbase", fields[0][1], fields[0][2], fields[1][1], fields[1][2], "label", "Too much", "schedule", "manual"); !strings.Contains(a.body, "wallet:transactions:send") || a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("more than reading: %d", a.StatusCode)
	}
	for _, canary := range []string{"token-y", "refresh-z", sim.ClientSecret} {
		if strings.Contains(in.logged(), canary) {
			t.Errorf("the log holds %s", canary)
		}
	}
}

// sawRun waits, without a script, until the page of a link tells that its last
// run is over and went well.
func (in *instance) sawRun(c *client, link, runs string) {
	in.t.Helper()
	until := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		a := c.get(link)
		if strings.Contains(a.body, "The last "+runs) && strings.Contains(a.body, "4 of 4 balances explained") && !strings.Contains(a.body, "data-live") {
			return
		}
		if time.Now().After(until) {
			in.t.Fatalf("%s: %d %s\n%s", link, a.StatusCode, a.body, last(in.logged(), 2000))
		}
		<-tick.C
	}
}
