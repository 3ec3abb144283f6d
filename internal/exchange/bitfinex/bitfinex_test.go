package bitfinex

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{X: Exchange(), Start: exchangesim.Bitfinex, Fiat: "USD", Moves: 160, Cut: time.Millisecond, Main: "/" + tradesPath, Priced: true}
	suite.Run(t)
}

func TestSign(t *testing.T) {
	t.Parallel()
	vectors := append(exchangesim.Vectors(t, name), exchangesim.Vector{
		"secret": "mheO6dR8ovSsxZQCOYEFCtelpuxcWGTfHw7te326y6jOwq5WpvFQ9JNljoTwBXZGv5It07m9RXSPpDQEK2w", "string_to_sign": "/api/v2/auth/r/permissions1696751141337{}",
		"signature": "d61ce01dbfe3be9050a4f386aad9a35ad8c9e8d375d2c225d58d5382520bc7c41d0fbb07337eaf99fadd8d218a9fdc32",
	})
	for _, v := range vectors {
		if got := sign([]byte(v.Text("secret")), v.Text("string_to_sign")); got != v.Text("signature") {
			t.Errorf("%s: %s", v.Text("string_to_sign"), got)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{
		{Name: "reads", Body: `[["account",1,0],["history",1,0],["wallets",1,0],["withdraw",0,0]]`, Verdict: exchange.ReadOnly},
		{Name: "orders", Body: `[["history",1,0],["wallets",1,0],["orders",1,1]]`, Verdict: exchange.Refuse, TooMuch: "orders write"},
		{Name: "scope_of_tomorrow", Body: `[["history",1,0],["wallets",1,0],["moon",0,1]]`, Verdict: exchange.Refuse, TooMuch: "moon write"},
		{Name: "write_as_truth", Body: `[["history",1,0],["wallets",1,true]]`, Verdict: exchange.Refuse, TooMuch: "wallets write"},
		{Name: "write_missing", Body: `[["history",1],["wallets",1,0]]`, Verdict: exchange.CannotTell},
		{Name: "fourth_right", Body: `[["history",1,0,1],["wallets",1,0]]`, Verdict: exchange.Refuse, TooMuch: "history unknown"},
		{Name: "no_history", Body: `[["history",0,0],["wallets",1,0]]`, Verdict: exchange.Refuse},
		{Name: "none", Body: `[]`, Verdict: exchange.CannotTell},
		{Name: "error", Status: 500, Body: `["error",10100,"apikey: digest invalid"]`, Verdict: exchange.CannotTell},
		{Name: "error_of_200", Body: `["error",10100,"apikey: digest invalid"]`, Verdict: exchange.CannotTell},
	})
}

var key = exchangesim.Key{ID: "id", Secret: "c4n4ry"}

var samples = []exchangesim.Sample{
	{Stream: ledgerStream, File: "jkorf_Account_GetLedgerEntries.json", Records: 1},
	{Stream: tradeStream, File: "jkorf_Trading_GetUserTrades.json", Records: 1},
	{Stream: movementStream, File: "jkorf_Account_GetMovements.json", Records: 2},
	{Stream: movementStream, File: "xchange_v2_account_example_movements_data.json", Records: 2},
	{Stream: "balances", File: "jkorf_Account_GetBalances.json", Records: 1},
	{Stream: tradeStream, Records: 1, Body: `[[402088407,"tETHUST",1574963975602,34938060782,-0.2,153.57,"EXCHANGE MARKET",0,0,-0.061668,"USD",1234]]`},
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
		{Name: "sale", Records: []exchange.Record{rec(tradeStream, "1", `[1,"tETHUST",1,2,-0.2,150,"EXCHANGE MARKET",0,0,-0.06,"UST"]`)}, Want: []string{"swap 0.2 ETH for 30 USDT fee 0.06 USDT"}},
		{Name: "long_names", Records: []exchange.Record{rec(tradeStream, "1", `[1,"tDUSK:USD",1,2,5,2,"EXCHANGE LIMIT",0,0,-0.1,"DUSK"]`)}, Want: []string{"buy 5 DUSK for 10 USD fee 0.1 DUSK"}},
		{Name: "margin", Records: []exchange.Record{rec(tradeStream, "1", `[1,"tETHUSD",1,2,5,2,"MARKET",0,0,-0.1,"USD"]`)}, Held: 1},
		{Name: "movements", Records: []exchange.Record{
			rec(movementStream, "1", `[1,"ETH","ETHEREUM",null,null,1,1,null,null,"COMPLETED",null,null,0.26300954,-0.00135,null,null,"a",null,null,null,"tx1",null]`),
			rec(movementStream, "2", `[2,"ETH","ETHEREUM",null,null,1,1,null,null,"COMPLETED",null,null,-0.24,-0.00135,null,null,"a",null,null,null,"tx2",null]`),
			rec(movementStream, "3", `[3,"ETH","ETHEREUM",null,null,1,1,null,null,"CANCELED",null,null,-0.24,-0.00135]`),
		}, Want: []string{"deposit 0.26300954 ETH fee 0.00135 ETH tx tx1", "withdrawal 0.24 ETH fee 0.00135 ETH tx tx2"}, Ignored: 1},
		{Name: "ledger", Records: []exchange.Record{
			rec(ledgerStream, "1", `[1,"USD","funding",1,null,0.5,1,null,"Margin Funding Payment on wallet funding"]`),
			rec(ledgerStream, "2", `[2,"ETH","exchange",1,null,0.5,1,null,"Staking Payment on wallet exchange"]`),
			rec(ledgerStream, "3", `[3,"ETH","exchange",1,null,-0.5,1,null,"Exchange 0.5 ETH for USD @ 1 on wallet exchange"]`),
			rec(ledgerStream, "4", `[4,"ETH","exchange",1,null,-0.5,1,null,"Something of tomorrow"]`),
			rec(ledgerStream, "5", `[5,"ETH","exchange",1,null,-0.5,1,null,"Transfer of 0.5 ETH from wallet Exchange to Deposit on wallet exchange"]`),
		}, Want: []string{"deposit 0.5 USD", "income 0.5 ETH"}, Ignored: 2, Held: 1},
	})
}

func FuzzParse(f *testing.F) { exchangesim.Fuzz(f, Exchange(), key, samples[5].Body) }
