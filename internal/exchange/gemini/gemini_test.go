package gemini

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{X: Exchange(), Start: exchangesim.Gemini, Fiat: "USD", Moves: 160, Cut: time.Millisecond, Main: tradesPath, Priced: true}
	suite.Run(t)
}

func TestSign(t *testing.T) {
	t.Parallel()
	vectors := append(exchangesim.Vectors(t, name), exchangesim.Vector{
		"secret": "1234abcd", "payload_base64": "eyJyZXF1ZXN0IjoiL3YxL215dHJhZGVzIiwibm9uY2UiOiIxNjAwMDAwMDAwMDAwIiwic3ltYm9sIjoiYnRjdXNkIiwibGltaXRfdHJhZGVzIjo1MDB9",
		"signature": "522e65d5fc8105f74f1db4bff6778978aedf0a9b2fbf7c4428856dd3b8567f1f400f09b1d7074956520a86b1eb7f93ad",
	})
	for _, v := range vectors {
		if got := sign([]byte(v.Text("secret")), v.Text("payload_base64")); got != v.Text("signature") {
			t.Errorf("%s", got)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{
		{Name: "auditor", Body: `{"isAuditor":true,"isFundManager":false,"isTrader":false}`, Verdict: exchange.ReadOnly},
		{Name: "auditor_and_trader", Body: `{"isAuditor":true,"isFundManager":false,"isTrader":true}`, Verdict: exchange.Refuse, TooMuch: "isTrader"},
		{Name: "administrator", Body: `{"isAuditor":true,"isAccountAdmin":true}`, Verdict: exchange.Refuse, TooMuch: "isAccountAdmin"},
		{Name: "role_of_tomorrow", Body: `{"isAuditor":true,"isWizard":"yes"}`, Verdict: exchange.Refuse, TooMuch: "isWizard"},
		{Name: "flag_of_another_name", Body: `{"isAuditor":true,"mayTrade":true}`, Verdict: exchange.Refuse, TooMuch: "mayTrade"},
		{Name: "no_auditor", Body: `{"isAuditor":false}`, Verdict: exchange.Refuse},
		{Name: "nothing", Body: `{}`, Verdict: exchange.CannotTell},
		{Name: "missing_role", Status: 403, Body: `{"result":"error","reason":"MissingRole"}`, Verdict: exchange.CannotTell},
	})
}

var key = exchangesim.Key{ID: "id", Secret: "c4n4ry"}

var samples = []exchangesim.Sample{
	{Stream: tradeStream, File: "gct_post_v1_mytrades.json", Records: 15},
	{Stream: "balances", File: "gct_post_v1_balances.json", Records: 6},
	{Stream: transferStream, Records: 1, Body: `[{"type":"Deposit","status":"Advanced","timestampms":1507913541275,"eid":320013281,"currency":"USD","amount":"36.00","method":"ACH"}]`},
	{Stream: stakingStream, Records: 1, Body: `[{"providerId":"p","transactions":[{"transactionId":"a","transactionType":"Interest","amountCurrency":"ETH","amount":0.1,"dateTime":1507913541275}]}]`},
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
		{Name: "purchase", Records: []exchange.Record{rec(tradeStream, "1", `{"base":"BTC","quote":"USD"}`, `{"amount":"0.5","price":"100","fee_amount":"0.1","fee_currency":"USD","type":"Buy"}`)}, Want: []string{"buy 0.5 BTC for 50 USD fee 0.1 USD"}},
		{Name: "symbol_that_is_gone", Records: []exchange.Record{rec(tradeStream, "1", ``, `{"amount":"0.5","price":"100","type":"Buy"}`)}, Held: 1},
		{Name: "transfers", Records: []exchange.Record{
			rec(transferStream, "1", "", `{"eid":1,"type":"Deposit","status":"Advanced","currency":"USD","amount":"36.00"}`),
			rec(transferStream, "2", "", `{"eid":2,"type":"Withdrawal","status":"Complete","currency":"BTC","amount":"1","feeAmount":"0.1","txHash":"aa"}`),
			rec(transferStream, "3", "", `{"eid":3,"type":"Withdrawal","status":"Pending","currency":"BTC","amount":"1"}`),
			rec(transferStream, "4", "", `{"eid":4,"type":"Of tomorrow","status":"Complete","currency":"BTC","amount":"1"}`),
		}, Want: []string{"deposit 36 USD", "withdrawal 1 BTC fee 0.1 BTC tx aa"}, Ignored: 1, Held: 1},
		{Name: "staking", Records: []exchange.Record{
			rec(stakingStream, "1", "", `{"transactionType":"Interest","amountCurrency":"ETH","amount":0.1}`), rec(stakingStream, "2", "", `{"transactionType":"Deposit","amountCurrency":"ETH","amount":1}`),
		}, Want: []string{"income 0.1 ETH"}, Ignored: 1},
	})
}

func FuzzParse(f *testing.F) { exchangesim.Fuzz(f, Exchange(), key, samples[2].Body, samples[3].Body) }
