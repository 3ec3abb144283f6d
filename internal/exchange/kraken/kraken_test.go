package kraken

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{
		X: Exchange(), Start: exchangesim.Kraken, Fiat: "EUR", Moves: 110, Cut: 100 * time.Microsecond, Main: "/0/private/Ledgers", Settles: true,
	}
	suite.Run(t)
}

// The first vector is the example of Kraken's own documents.
func TestSign(t *testing.T) {
	t.Parallel()
	vectors := append(exchangesim.Vectors(t, name), exchangesim.Vector{
		"secret": "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==",
		"path":   "/0/private/AddOrder", "nonce": "1616492376594",
		"body":      "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25",
		"signature": "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==",
	})
	for _, v := range vectors {
		secret, err := base64.StdEncoding.DecodeString(v.Text("secret"))
		if err != nil {
			t.Fatal(err)
		}
		if got := sign(secret, v.Text("path"), v.Text("nonce"), v.Text("body")); got != v.Text("signature") {
			t.Errorf("%s: %s", v.Text("path"), got)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	info := func(rest string) string { return `{"error":[],"result":{"permissions":` + rest + `}}` }
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{
		{Name: "reads", Body: info(`["query-funds","query-ledger","query-closed-trades"]`), Verdict: exchange.ReadOnly},
		{Name: "trades", Body: info(`["query-funds","query-ledger","modify-trades","close-trades"]`), Verdict: exchange.Refuse, TooMuch: "close-trades,modify-trades"},
		{Name: "withdraws", Body: info(`["query-funds","query-ledger","withdraw-funds"]`), Verdict: exchange.Refuse, TooMuch: "withdraw-funds"},
		{Name: "right_of_tomorrow", Body: info(`["query-funds","query-ledger","earn-funds-2"]`), Verdict: exchange.Refuse, TooMuch: "earn-funds-2"},
		{Name: "capitals_are_another_word", Body: info(`["query-funds","Query-Ledger"]`), Verdict: exchange.Refuse, TooMuch: "Query-Ledger"},
		{Name: "no_ledger", Body: info(`["query-funds"]`), Verdict: exchange.Refuse},
		{Name: "none", Body: info(`[]`), Verdict: exchange.Refuse},
		{Name: "no_list", Body: info(`"query-funds"`), Verdict: exchange.CannotTell},
		{Name: "list_of_numbers", Body: info(`[1]`), Verdict: exchange.CannotTell},
		{Name: "null", Body: info(`null`), Verdict: exchange.CannotTell},
		{Name: "twice", Body: `{"error":[],"result":{"permissions":["withdraw-funds"],"permissions":["query-funds","query-ledger"]}}`, Verdict: exchange.CannotTell},
		{Name: "missing", Body: `{"error":[],"result":{}}`, Verdict: exchange.CannotTell},
		{Name: "error_beside_a_result", Body: `{"error":["EAPI:Invalid key"],"result":{"permissions":["query-funds","query-ledger"]}}`, Verdict: exchange.CannotTell},
		{Name: "warning_beside_a_result", Body: `{"error":["WGeneral:Note"],"result":{"permissions":["query-funds","query-ledger"]}}`, Verdict: exchange.ReadOnly},
		{Name: "not_200", Status: 500, Body: info(`["query-funds","query-ledger"]`), Verdict: exchange.CannotTell},
		{Name: "not_json", Body: `<html>`, Verdict: exchange.CannotTell},
	})
}

func TestPassport(t *testing.T) {
	t.Parallel()
	r := Judge(200, []byte(`{"error":[],"result":{"permissions":["query-funds","query-ledger"],"validUntil":"1798761600","queryFrom":"1704067200","ipAllowlist":["203.0.113.7"]}}`))
	if !r.IPTold || !r.IPBound || len(r.IPs) != 1 || r.Expires.Year() != 2027 || len(r.Warnings) != 1 {
		t.Errorf("%+v", r)
	}
}

var key = exchangesim.Key{ID: "id", Secret: base64.StdEncoding.EncodeToString([]byte("c4n4ry"))}

// The answers of all calls that are used, in both spellings of the documents.
var samples = []exchangesim.Sample{
	{Stream: ledgerStream, File: "jkorf_Account_GetLedgerInfo.json", Records: 2},
	{Stream: ledgerStream, File: "xchange_account_ledgerinfo-data.json", Records: 8},
	{Stream: tradeStream, File: "jkorf_Trading_GetUserTrades.json", Records: 2},
	{Stream: tradeStream, File: "xchange_trading_tradehistory-data.json", Records: 3},
	{Stream: tradeStream, File: "xchange_trading_tradehistory-icn.json", Records: 1},
	{Stream: depositStream, File: "jkorf_Account_GetDepositStatus.json", Records: 2},
	{Stream: withdrawalStream, File: "jkorf_Account_GetWithdrawalStatus.json", Records: 2},
	{Stream: "balances", File: "jkorf_Account_GetAvailableBalances.json", Records: 2},
	{Stream: "balances", File: "jkorf_Account_GetBalances.json", Records: 10},
	{Stream: ledgerStream, Records: 1, Body: `{"error":[],"result":{"count":1,"ledger":{"LA-1":{"aclass":"currency","amount":"-1.5","asset":"XXBT",` +
		`"balance":"2","fee":"0.0001","refid":"R1","time":1700000000.5,"type":"withdrawal","subtype":"","new":{"field":[1,null]}}}}}`},
	{Stream: depositStream, Records: 1, Body: `{"error":[],"result":{"deposits":[{"asset":"XXBT","refid":"R1","txid":"aa","amount":"1","fee":"0",` +
		`"time":1700000000,"status":"Success"}],"next_cursor":"abc"}}`},
}

func TestSamples(t *testing.T) {
	t.Parallel()
	exchangesim.Samples(t, Exchange(), key, samples)
}

func FuzzParse(f *testing.F) {
	var seeds []string
	for _, s := range samples {
		if s.Body != "" {
			seeds = append(seeds, s.Body)
		}
	}
	exchangesim.Fuzz(f, Exchange(), key, seeds...)
}
