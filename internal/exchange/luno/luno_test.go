package luno

import (
	"net/http"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/keyring"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{
		X: Exchange(), Start: exchangesim.Luno, Fiat: "ZAR", Moves: 100, Cut: time.Second, Main: "/api/1/accounts/1003/transactions", Units: true, Once: true,
	}
	suite.Run(t)
}

func TestSign(t *testing.T) {
	t.Parallel()
	vectors := append(exchangesim.Vectors(t, name), exchangesim.Vector{"api_key": "keyid123", "secret": "keysecret456", "header": "Basic a2V5aWQxMjM6a2V5c2VjcmV0NDU2"})
	for _, v := range vectors {
		r := &http.Request{Header: make(http.Header)}
		authorize(r, exchange.Credentials{ID: v.Text("api_key"), Secret: keyring.NewSecret([]byte(v.Text("secret")))})
		if got := r.Header.Get("Authorization"); got != v.Text("header") {
			t.Errorf("%s", got)
		}
	}
}

// Nothing tells the rights of a key, whatever an answer says.
func TestPermissions(t *testing.T) {
	t.Parallel()
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{
		{Name: "any", Body: `{}`, Verdict: exchange.CannotTell}, {Name: "claims", Body: `{"permissions":["read"]}`, Verdict: exchange.CannotTell},
	})
}

var key = exchangesim.Key{ID: "id", Secret: "c4n4ry"}

var samples = []exchangesim.Sample{{Stream: "balances", File: "balance.json", Records: 2}, {Stream: "balances", Body: `{"balance":[{"account_id":"1","asset":"XBT","balance":"1.5"}]}`, Records: 1}}

func TestSamples(t *testing.T) {
	t.Parallel()
	exchangesim.Samples(t, Exchange(), key, samples)
	body := exchangesim.File(t, name, "account_transactions.json")
	if body == "" {
		body = `{"id":"7","transactions":[{"account_id":"7","row_index":1,"timestamp":1771000000000,"balance":5e-05,"balance_delta":5e-05,"currency":"XBT","description":"Received Bitcoin"}]}`
	}
	if records, last, err := parse("7", []byte(body)); err != nil || int64(len(records)) != last || last == 0 {
		t.Errorf("%d records up to row %d, %v", len(records), last, err)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	rec := func(id, raw string) exchange.Record {
		return exchange.Record{Stream: historyStream, ID: id, Raw: []byte(raw), Time: time.Date(2025, 3, 1, 12, 0, 0, 5e6, time.UTC)}
	}
	exchangesim.Readings(t, Exchange(), []exchangesim.Reading{
		{Name: "both_wallets_of_a_trade", Records: []exchange.Record{
			rec("1/1", `{"account_id":"1","row_index":1,"balance_delta":0.0119,"currency":"XBT","description":"Bought BTC 0.0119 for ZAR 15,470.00","reference":"r"}`),
			rec("1/2", `{"account_id":"1","row_index":2,"balance_delta":-1.19e-05,"currency":"XBT","description":"Trading fee","reference":"r"}`),
			rec("2/1", `{"account_id":"2","row_index":1,"balance_delta":-15470,"currency":"ZAR","description":"Bought BTC 0.0119 for ZAR 15,470.00","reference":"r"}`),
		}, Want: []string{"buy 0.0119 BTC for 15470 ZAR fee 0.0000119 BTC"}},
		{Name: "fee_in_the_wallet_of_money", Records: []exchange.Record{
			rec("1/1", `{"account_id":"1","row_index":1,"balance_delta":-0.01,"currency":"XBT","description":"Sold BTC 0.01 for ZAR 13,000.00","reference":"r"}`),
			rec("2/1", `{"account_id":"2","row_index":1,"balance_delta":13000,"currency":"ZAR","description":"Sold BTC 0.01 for ZAR 13,000.00","reference":"r"}`),
			rec("2/2", `{"account_id":"2","row_index":2,"balance_delta":-13,"currency":"ZAR","description":"Trading fee","reference":"r"}`),
		}, Want: []string{"sell 0.01 BTC for 13000 ZAR fee 13 ZAR"}},
		{Name: "chain", Records: []exchange.Record{
			rec("1/1", `{"account_id":"1","row_index":1,"balance_delta":0.5,"currency":"XBT","description":"anything","detail_fields":{"crypto_details":{"address":"a","txid":"bb"}}}`),
		}, Want: []string{"deposit 0.5 BTC tx bb"}},
		{Name: "unknown", Records: []exchange.Record{rec("1/1", `{"account_id":"1","row_index":1,"balance_delta":0.5,"currency":"XBT","description":"Of tomorrow"}`)}, Held: 1},
	})
}

func FuzzParse(f *testing.F) {
	exchangesim.Fuzz(f, Exchange(), key, samples[1].Body,
		`{"balance":[{"account_id":"1","asset":"XBT","balance":"1"}],"id":"1","transactions":[{"account_id":"1","row_index":1,"timestamp":1771000000000,"balance_delta":0.5,"currency":"XBT","description":"Received"}]}`)
}
