package kucoin

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{X: Exchange(), Start: exchangesim.KuCoin, Fiat: "USD", Moves: 300, Cut: time.Millisecond, Main: fillsPath, Skews: true, Early: epoch.AddDate(0, 0, 9)}
	suite.Run(t)
}

func TestSign(t *testing.T) {
	t.Parallel()
	vectors := append(exchangesim.Vectors(t, name), exchangesim.Vector{
		"secret": "f03a5284-5c39-4aaa-9b20-dea10bdcf8e3", "string_to_sign": "1547015186532GET/api/v1/user/api-key", "signature": "pmU7prytKlTtZ5ufMjF8cnJrVBcrxBY2soFXmQbfIW4=",
	})
	for _, v := range vectors {
		if got := sign([]byte(v.Text("secret")), v.Text("string_to_sign")); got != v.Text("signature") {
			t.Errorf("%s: %s", v.Text("string_to_sign"), got)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	body := func(permission string) string {
		return `{"code":"200000","data":{"permission":` + permission + `,"ipWhitelist":"203.0.113.7"}}`
	}
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{
		{Name: "reads", Body: body(`"General"`), Verdict: exchange.ReadOnly},
		{Name: "trades", Body: body(`"General,Spot,Margin"`), Verdict: exchange.Refuse, TooMuch: "Margin,Spot"},
		{Name: "right_of_tomorrow", Body: body(`"Moon,General"`), Verdict: exchange.Refuse, TooMuch: "Moon"},
		{Name: "another_spelling", Body: body(`"general"`), Verdict: exchange.Refuse, TooMuch: "general"},
		{Name: "none", Body: body(`""`), Verdict: exchange.Refuse},
		{Name: "list", Body: body(`["General"]`), Verdict: exchange.CannotTell},
		{Name: "missing", Body: `{"code":"200000","data":{}}`, Verdict: exchange.CannotTell},
		{Name: "error", Status: 401, Body: `{"code":"400003","msg":"x"}`, Verdict: exchange.CannotTell},
	})
}

var key = exchangesim.Key{ID: "id", Secret: "c4n4ry", Passphrase: "p"}

var samples = []exchangesim.Sample{
	{Stream: fillStream, File: "jkorf_Spot_Trading_GetUserTrades.json", Records: 1},
	{Stream: depositStream, File: "jkorf_Spot_Account_GetDeposits.json", Records: 1},
	{Stream: withdrawalStream, File: "jkorf_Spot_Account_GetWithdrawals.json", Records: 1},
	{Stream: "balances", File: "jkorf_Spot_Account_GetAccounts.json", Records: 2},
	{Stream: fillStream, Records: 1, Body: `{"code":"200000","data":{"currentPage":1,"totalNum":1,"items":[{"symbol":"BTC-USDT","tradeId":"a","orderId":"b","side":"buy","size":"1","funds":"2","fee":"0","feeCurrency":"USDT","createdAt":1547026472000}]}}`},
}

func TestSamples(t *testing.T) {
	t.Parallel()
	exchangesim.Samples(t, Exchange(), key, samples)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	rec := func(stream, id, raw string) exchange.Record {
		return exchange.Record{Stream: stream, ID: id, Raw: []byte(raw), Time: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
	}
	exchangesim.Readings(t, Exchange(), []exchangesim.Reading{
		{Name: "fills", Records: []exchange.Record{
			rec(fillStream, "1", `{"symbol":"BTC-USDT","side":"buy","size":"1","funds":"2","fee":"0.1","feeCurrency":"KCS","tradeType":"TRADE"}`),
			rec(fillStream, "2", `{"symbol":"BTC-USDT","side":"sell","size":"1","funds":"2","fee":"0","feeCurrency":"USDT","tradeType":"MARGIN_TRADE"}`),
		}, Want: []string{"swap 2 USDT for 1 BTC fee 0.1 KCS"}, Held: 1},
		{Name: "movements", Records: []exchange.Record{
			rec(depositStream, "1", `{"currency":"XRP","status":"SUCCESS","amount":"20.5","fee":"0","walletTxId":"2C24@1919537769"}`),
			rec(depositStream, "4", `{"currency":"USDT","status":"SUCCESS","amount":"7","fee":"0","walletTxId":"5bbb57@inner","isInner":true}`),
			rec(withdrawalStream, "2", `{"id":"2","currency":"XRP","status":"SUCCESS","amount":"20.5","fee":"0.5","walletTxId":"aa"}`),
			rec(withdrawalStream, "3", `{"id":"3","currency":"XRP","status":"PROCESSING","amount":"20.5"}`),
		}, Want: []string{"deposit 20.5 XRP tx 2C24", "deposit 7 USDT", "withdrawal 20.5 XRP fee 0.5 XRP tx aa"}, Ignored: 1},
	})
}

func FuzzParse(f *testing.F) { exchangesim.Fuzz(f, Exchange(), key, samples[4].Body) }
