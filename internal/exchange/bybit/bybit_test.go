package bybit

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{X: Exchange(), Start: exchangesim.Bybit, Fiat: "USD", Moves: 300, Cut: time.Millisecond, Main: "/v5/execution/list", Priced: true, Units: true, Skews: true, Early: epoch.AddDate(0, 0, 9)}
	suite.Run(t)
}

func TestSign(t *testing.T) {
	t.Parallel()
	vectors := append(exchangesim.Vectors(t, name), exchangesim.Vector{
		"secret": "XXXXXXXXXX", "string_to_sign": "1658384313791XXXXXXXXXX5000", "signature": "10a1996c515c77bc83f70472532e22e193b0b92c5a97e219f6672b4a11ca6e0a",
	})
	for _, v := range vectors {
		if got := sign([]byte(v.Text("secret")), v.Text("string_to_sign")); got != v.Text("signature") {
			t.Errorf("%s: %s", v.Text("string_to_sign"), got)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	body := func(readOnly, words string) string {
		return `{"retCode":0,"result":{"readOnly":` + readOnly + `,"permissions":` + words + `,"ips":["203.0.113.7"],"expiredAt":"2027-12-22T07:20:25Z"}}`
	}
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{
		{Name: "reads", Body: body("1", `{"Spot":[]}`), Verdict: exchange.ReadOnly},
		{Name: "reads_orders", Body: body("1", `{"Spot":["SpotTrade"]}`), Verdict: exchange.ReadOnly},
		{Name: "writes", Body: body("0", `{}`), Verdict: exchange.Refuse, TooMuch: "read and write"},
		{Name: "withdraws", Body: body("1", `{"Wallet":["Withdraw"]}`), Verdict: exchange.Refuse, TooMuch: "Wallet: Withdraw"},
		{Name: "flag_of_another_form", Body: body("true", `{}`), Verdict: exchange.Refuse},
		{Name: "flag_missing", Body: `{"retCode":0,"result":{"permissions":{}}}`, Verdict: exchange.CannotTell},
		{Name: "words_of_another_form", Body: body("1", `{"Spot":"SpotTrade"}`), Verdict: exchange.CannotTell},
		{Name: "error_of_200", Body: `{"retCode":10003,"result":{}}`, Verdict: exchange.CannotTell},
	})
	if r := Judge(200, []byte(body("1", `{}`))); !r.IPBound || r.Expires.Year() != 2027 {
		t.Errorf("%+v", r)
	}
}

var key = exchangesim.Key{ID: "id", Secret: "c4n4ry"}

var samples = []exchangesim.Sample{
	{Stream: "withdrawals", File: "jkorf_Account_GetWithdrawals.json", Records: 2},
	{Stream: "funding", File: "jkorf_Account_GetFundingTransactionHistory.json", Records: 1},
	{Stream: convertStream, File: "jkorf_Account_GetConvertHistory.json", Records: 2},
	{Stream: "log", File: "jkorf_Account_GetTransactionHistory.json", Records: 3},
	{Stream: "executions", File: "jkorf_Trading_GetUserTrades.json", Records: 1},
	{Stream: "deposits", Records: 1, Body: `{"retCode":0,"result":{"rows":[{"coin":"USDT","amount":"10","txID":"aa","status":3,"successAt":"1700000000000","txIndex":"0"}],"nextPageCursor":""}}`},
}

func TestSamples(t *testing.T) {
	t.Parallel()
	exchangesim.Samples(t, Exchange(), key, samples)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	rec := func(stream, id, context, raw string) exchange.Record {
		return exchange.Record{Stream: stream, ID: id, Context: context, Raw: []byte(raw), Time: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
	}
	exchangesim.Readings(t, Exchange(), []exchangesim.Reading{
		{Name: "executions", Records: []exchange.Record{
			rec("executions", "1", `{"base":"BTC","quote":"USDT"}`, `{"side":"Buy","execQty":"1","execPrice":"2","execFee":"0.1"}`), rec("executions", "2", ``, `{"side":"Buy","execQty":"1","execPrice":"2"}`),
		}, Want: []string{"swap 2 USDT for 1 BTC fee 0.1 BTC"}, Held: 1},
		{Name: "movements", Records: []exchange.Record{
			rec("deposits", "1", "", `{"status":3,"coin":"USDT","amount":"1","txID":"aa"}`), rec("deposits", "2", "", `{"status":1,"coin":"USDT","amount":"1"}`),
			rec("withdrawals", "3", "", `{"withdrawId":"3","status":"success","coin":"ETH","amount":"1","withdrawFee":"0.1","txID":"bb"}`), rec("withdrawals", "4", "", `{"status":"SecurityCheck","coin":"ETH","amount":"1"}`),
		}, Want: []string{"deposit 1 USDT tx aa", "withdrawal 1 ETH fee 0.1 ETH tx bb"}, Ignored: 2},
		{Name: "rest", Records: []exchange.Record{
			rec(convertStream, "1", "", `{"exchangeTxId":"1","exchangeStatus":"success","fromCoin":"ETH","fromAmount":"0.1","toCoin":"BTC","toAmount":"0.005"}`),
			rec("funding", "2", "", `{"currency":"BTC","ioDirection":"I","txnAmt":"0.1","descriptionEn":"Easy Earn | Flexible Interest Distribution"}`),
			rec("funding", "3", "", `{"currency":"BTC","ioDirection":"I","txnAmt":"0.1","descriptionEn":"of tomorrow"}`), rec("log", "4", "", `{"type":"TRADE","category":"spot"}`),
			rec("log", "5", "", `{"type":"SETTLEMENT"}`), rec("log", "6", "", `{"type":"TRADE","category":"linear"}`),
		}, Want: []string{"swap 0.1 ETH for 0.005 BTC", "income 0.1 BTC"}, Ignored: 1, Held: 3},
	})
}

func FuzzParse(f *testing.F) { exchangesim.Fuzz(f, Exchange(), key, samples[5].Body) }
