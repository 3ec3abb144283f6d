package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

const (
	stakingCSV = "id,time,type,received_amount,received_asset,label\n1,2024-05-01T10:00:00Z,income,2,ADA,staking\n2,2024-05-02T10:00:00Z,income,1,NONE,staking\n"
	pricesCSV  = "time,asset,currency,price\n2024-05-02,NONE,GBP,9\n"
)

// learn keeps what a look-up of ADA's price and of that of others gave.
func (b *books) learn(others int) {
	b.t.Helper()
	at := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	list := []quote.Kept{{Asked: quote.Minute, Quote: quote.Quote{
		Ask: quote.Ask{Asset: "ADA", Currency: "GBP", At: ledger.InstantOf(at), Date: ledger.DateOf(at)}, Price: money.MustParse("0.5"),
		Source: "coinbase ADA/GBP", Candle: at, Width: quote.Minute, Fetched: at.AddDate(1, 0, 0),
		Second: &quote.Opinion{Source: "bitstamp ADA/GBP", Price: money.MustParse("0.6"), Spread: money.MustParse("0.2")},
	}}}
	for i := range others {
		k := quote.Kept{Asked: quote.Minute, Code: quote.NoPrice}
		k.Asset, k.Currency, k.At, k.Fetched = fmt.Sprintf("X%d", i), "GBP", ledger.InstantOf(at.AddDate(0, -1, i)), at
		list = append(list, k)
	}
	if err := b.quotes.InEntity(b.t.Context(), b.scope, func(tx quote.Tx) error { return tx.Keep(list) }); err != nil {
		b.t.Fatal(err)
	}
}

// TestPricesOverTheAPI: prices tell where they come from, an own file is taken
// and given back, and looking up is turned off.
func TestPricesOverTheAPI(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.add("", map[string]string{"staking.csv": stakingCSV})
	b.learn(4)
	var items []map[string]any
	for next := "?limit=2"; next != ""; {
		var page struct {
			Items []map[string]any
			Next  *string
		}
		if err := json.Unmarshal(b.call(http.MethodGet, "/prices"+next, http.StatusOK, nil), &page); err != nil {
			t.Fatal(err)
		}
		items, next = append(items, page.Items...), ""
		if page.Next != nil {
			next = "?limit=2&cursor=" + *page.Next
		}
	}
	if len(items) != 5 || items[0]["source"] != "coinbase ADA/GBP" || items[0]["price"] != "0.5" || items[0]["width"] != "minute" || items[0]["second"] == nil ||
		!strings.Contains(fmt.Sprint(items[0]["warning"]), "20 %") || items[1]["price"] != nil || items[1]["code"] != "no_price" || items[1]["reason"] == "" {
		t.Errorf("%+v", items)
	}
	b.call(http.MethodGet, "/prices?cursor=x", http.StatusUnprocessableEntity, nil)
	settings := func(want string) {
		t.Helper()
		if got := string(b.call(http.MethodGet, "/prices/settings", http.StatusOK, nil)); !strings.Contains(got, want) {
			t.Errorf("settings %s, want %s", got, want)
		}
	}
	settings(`"allowed":true,"lookups":"network","file":null`)
	body, kind := form(t, map[string]string{"mine.csv": pricesCSV})
	if got := string(b.call(http.MethodPost, "/prices/file", http.StatusCreated, body, "Content-Type", kind)); !strings.Contains(got, `"name":"mine.csv"`) {
		t.Errorf("file: %s", got)
	}
	if got := string(b.call(http.MethodGet, "/results/2024", http.StatusOK, nil)); !strings.Contains(got, `"value":"1"`) || !strings.Contains(got, `"value":"9"`) {
		t.Errorf("the prices do not count: %s", got)
	}
	body, kind = form(t, map[string]string{"bad.csv": "a,b\n1,2\n"})
	b.call(http.MethodPost, "/prices/file", http.StatusUnprocessableEntity, body, "Content-Type", kind)
	body, kind = form(t, nil)
	b.call(http.MethodPost, "/prices/file", http.StatusUnprocessableEntity, body, "Content-Type", kind)
	b.call(http.MethodDelete, "/prices/file", http.StatusNoContent, nil)
	b.call(http.MethodPut, "/prices/settings", http.StatusUnprocessableEntity, strings.NewReader(`{"lookups":"maybe"}`), "Content-Type", "application/json")
	b.call(http.MethodPut, "/prices/settings", http.StatusOK, strings.NewReader(`{"lookups":"off"}`), "Content-Type", "application/json")
	settings(`"lookups":"off","file":null`)
}

// TestPricesPage: the page and the year say the same, without scripts.
func TestPricesPage(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	const session = "__Host-ls_session=s"
	see := func(path string, want ...string) {
		t.Helper()
		w := b.ask(http.MethodGet, b.page+path, nil, "Cookie", session)
		for _, text := range want {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: %d, no %q", path, w.Code, text)
			}
		}
		checkHeaders(t, w)
	}
	see("/prices", "they learn no amount and no name", "None yet", "Turn off")
	b.add("", map[string]string{"staking.csv": stakingCSV})
	b.learn(50)
	see("/prices", "coinbase ADA/GBP", "far apart", "No source knows a price of that time", "Next page")
	see("/reports/2024", "1 price was looked up; 1 is missing", "NONE in GBP", "It was not looked up yet", "Two sources differ by 20 %")
	token, cookies := b.formToken(t, session)
	press := func(path, kind string, body string, want int) {
		t.Helper()
		w := b.ask(http.MethodPost, b.page+path, strings.NewReader(body), "Cookie", cookies, "Content-Type", kind, "Origin", "http://localhost:8080", "Sec-Fetch-Site", "same-origin")
		if w.Code != want {
			t.Errorf("%s: %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
	file := func(text string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n" + token + "\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"mine.csv\"\r\nContent-Type: text/csv\r\n\r\n" + text + "\r\n--x--\r\n"
	}
	const multi, plain = "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"
	press("/prices/file", multi, file("when\n1\n"), http.StatusUnprocessableEntity)
	press("/prices/file", multi, file(pricesCSV), http.StatusSeeOther)
	see("/prices", "mine.csv", "Remove")
	see("/reports/2024", "1 price was looked up; none is missing")
	press("/prices/file/remove", plain, "_token="+token, http.StatusSeeOther)
	press("/prices/lookups", plain, "_token="+token+"&lookups=off", http.StatusSeeOther)
	see("/prices", "Off for these books", "Turn on", "None yet")
	see("/reports/2024", "Looking prices up is off")
}
