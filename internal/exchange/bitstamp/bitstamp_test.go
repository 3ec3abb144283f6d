package bitstamp

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{X: Exchange(), Start: exchangesim.Bitstamp, Fiat: "EUR", Moves: 75, Cut: time.Microsecond, Main: historyPath}
	suite.Run(t)
}

func TestSign(t *testing.T) {
	t.Parallel()
	vectors := append(exchangesim.Vectors(t, name), exchangesim.Vector{
		"api_key": "exampleKey", "secret": "exampleSecret", "method": "POST", "host": "www.bitstamp.net", "path": "/api/v2/account_balances/",
		"nonce": "f93c979d-b00d-43a9-9b9c-fd4cd9547fa6", "timestamp": "1567755304968", "signature": "3259afbd7b64642238b21509af6f2458aa311c13415f413a0cac7b6ed07d2ef5",
	})
	for _, v := range vectors {
		s := signing{v.Text("api_key"), v.Text("method"), v.Text("host"), v.Text("path"), v.Text("query"), v.Text("content_type"), v.Text("nonce"), v.Text("timestamp"), v.Text("body")}
		if got := s.sign([]byte(v.Text("secret"))); got != v.Text("signature") {
			t.Errorf("%s: %s", s.text(), got)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{{Name: "any", Body: `{}`, Verdict: exchange.CannotTell}})
}

var key = exchangesim.Key{ID: "id", Secret: "c4n4ry"}

var samples = []exchangesim.Sample{
	{Stream: historyStream, File: "gct_post_api_v2_user_transactions.json", Records: 17},
	{Stream: historyStream, File: "xchange_trade_user-transactions.json", Records: 5},
	{Stream: "balances", File: "gct_post_api_v2_balance.json", Records: 8},
	{Stream: "balances", File: "xchange_account_accountinfo-data.json", Records: 4},
	{Stream: historyStream, Records: 1, Body: `[{"id":1,"type":"2","datetime":"2022-06-28 13:56:54.410000","btc":"0.1","eur":"-10","btc_eur":"100","fee":"0.05","usd":0.0}]`},
	{Stream: depositStream, Records: 1, Body: `{"deposits":[{"currency":"BTC","txid":"aa","amount":"1","datetime":1700000000}],"withdrawals":[]}`},
}

func TestSamples(t *testing.T) {
	t.Parallel()
	exchangesim.Samples(t, Exchange(), key, samples)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	rec := func(id, raw string) exchange.Record {
		return exchange.Record{Stream: historyStream, ID: id, Raw: []byte(raw), Time: at}
	}
	exchangesim.Readings(t, Exchange(), []exchangesim.Reading{
		{Name: "purchase", Records: []exchange.Record{rec("1", `{"type":2,"usd":"-11.37","btc":"0.0865","btc_usd":"131.50","fee":"0.06"}`)}, Want: []string{"buy 0.0865 BTC for 11.37 USD fee 0.06 USD"}},
		{Name: "sale", Records: []exchange.Record{rec("1", `{"type":"2","usd":"11.37","btc":"-0.0865","eur":0.0,"btc_usd":131.5,"fee":"0.06"}`)}, Want: []string{"sell 0.0865 BTC for 11.37 USD fee 0.06 USD"}},
		{Name: "signs_that_do_not_fit", Records: []exchange.Record{rec("1", `{"type":"2","usd":"11.37","btc":"0.0865","btc_usd":"131.5","fee":"0.06"}`)}, Held: 1},
		{Name: "withdrawal_with_its_hash", Records: []exchange.Record{
			rec("1", `{"type":"1","btc":"-1","fee":"0.0005"}`),
			{Stream: withdrawalStream, ID: "x", Raw: []byte(`{"currency":"BTC","txid":"aa","amount":"1.00"}`), Time: at.Add(time.Hour)},
		}, Want: []string{"withdrawal 1 BTC fee 0.0005 BTC tx aa"}, Ignored: 1},
		{
			Name: "rewards", Records: []exchange.Record{rec("1", `{"type":"27","usd":0.0,"algo":"0.24178042","fee":"0.00000000"}`), rec("2", `{"type":"32","usd":"5","fee":"0"}`)},
			Want: []string{"income 0.24178042 ALGO", "income 5 USD"},
		},
		{Name: "inside", Records: []exchange.Record{rec("1", `{"type":"14","btc":"-1","fee":"0"}`), rec("2", `{"type":"26","btc":"-1","fee":"0"}`)}, Ignored: 2},
		{Name: "for_a_person", Records: []exchange.Record{rec("1", `{"type":"35","btc":"-1","fee":"0"}`), rec("2", `{"type":"99","btc":"-1","fee":"0"}`)}, Held: 2},
	})
}

func FuzzParse(f *testing.F) { exchangesim.Fuzz(f, Exchange(), key, samples[4].Body, samples[5].Body) }
