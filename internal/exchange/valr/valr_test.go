package valr

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{
		X: Exchange(), Start: exchangesim.VALR, Fiat: "ZAR", Moves: 75, Cut: time.Millisecond, Main: historyPath, Skews: true, Units: true, Settles: true,
	}
	suite.Run(t)
}

// The first vector is the example of VALR's own documents.
func TestSign(t *testing.T) {
	t.Parallel()
	vectors := append(exchangesim.Vectors(t, name), exchangesim.Vector{
		"secret": "4961b74efac86b25cce8fbe4c9811c4c7a787b7a5996660afcc2e287ad864363", "timestamp": "1558014486185", "method": "GET", "path": "/v1/account/balances",
		"signature": "9d52c181ed69460b49307b7891f04658e938b21181173844b5018b2fe783a6d4c62b8e67a03de4d099e7437ebfabe12c56233b73c6a0cc0f7ae87e05f6289928",
	})
	for _, v := range vectors {
		if got := sign([]byte(v.Text("secret")), v.Text("timestamp")+v.Text("method")+v.Text("path")+v.Text("body")+v.Text("subaccount")); got != v.Text("signature") {
			t.Errorf("%s: %s", v.Text("path"), got)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{
		{Name: "views", Body: `{"permissions":["View access"],"isSubAccount":false}`, Verdict: exchange.ReadOnly},
		{Name: "trades", Body: `{"permissions":["View access","Trade"]}`, Verdict: exchange.Refuse, TooMuch: "Trade"},
		{Name: "moves", Body: `{"permissions":["Internal Transfer","View access"]}`, Verdict: exchange.Refuse, TooMuch: "Internal Transfer"},
		{Name: "another_spelling", Body: `{"permissions":["view access"]}`, Verdict: exchange.Refuse, TooMuch: "view access"},
		{Name: "none", Body: `{"permissions":[]}`, Verdict: exchange.Refuse},
		{Name: "missing", Body: `{}`, Verdict: exchange.CannotTell},
		{Name: "text", Body: `{"permissions":"View access"}`, Verdict: exchange.CannotTell},
		{Name: "unknown_key", Status: 401, Body: `{"code":-11}`, Verdict: exchange.CannotTell},
	})
	if r := Judge(200, []byte(`{"permissions":["View access"],"isSubAccount":true,"allowedIpAddressCidr":"203.0.113.7/32"}`)); !r.IPBound || len(r.Warnings) != 1 {
		t.Errorf("%+v", r)
	}
}

var key = exchangesim.Key{ID: "id", Secret: "c4n4ry"}

var samples = []exchangesim.Sample{
	{Stream: historyStream, File: "account_transactionhistory.json", Records: 1},
	{Stream: historyStream, File: "account_transactionhistory_mixed.json", Records: 15},
	{Stream: "balances", File: "account_balances.json", Records: 2},
	{Stream: historyStream, Records: 1, Body: `[{"id":"a","transactionType":{"type":"LIMIT_BUY"},"debitCurrency":"ZAR","debitValue":"10","creditCurrency":"BTC","creditValue":"0.1","eventAt":"2024-06-13T09:21:48.393Z"}]`},
}

func TestSamples(t *testing.T) {
	t.Parallel()
	exchangesim.Samples(t, Exchange(), key, samples)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	rec := func(id, raw string) exchange.Record {
		return exchange.Record{Stream: historyStream, ID: id, Raw: []byte(raw), Time: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
	}
	exchangesim.Readings(t, Exchange(), []exchangesim.Reading{
		{
			Name: "purchase", Records: []exchange.Record{rec("a", `{"transactionType":{"type":"SIMPLE_BUY"},"debitCurrency":"ZAR","debitValue":"1000","creditCurrency":"BTC","creditValue":"0.0007","feeCurrency":"BTC","feeValue":"0.0001"}`)},
			Want: []string{"buy 0.0008 BTC for 1000 ZAR fee 0.0001 BTC"},
		},
		{Name: "equal_rows_are_two_events", Records: []exchange.Record{
			rec("a", `{"transactionType":{"type":"FIAT_DEPOSIT"},"creditCurrency":"ZAR","creditValue":"1"}`), rec("b", `{"transactionType":{"type":"FIAT_DEPOSIT"},"creditCurrency":"ZAR","creditValue":"1"}`),
		}, Want: []string{"deposit 1 ZAR", "deposit 1 ZAR"}},
		{Name: "withdrawal_seen_on_its_way", Records: []exchange.Record{
			rec("a", `{"id":"a","transactionType":{"type":"BLOCKCHAIN_SEND"},"debitCurrency":"BTC","debitValue":"1","feeCurrency":"BTC","feeValue":"0.1"}`),
			rec("a/aa", `{"id":"a","transactionType":{"type":"BLOCKCHAIN_SEND"},"debitCurrency":"BTC","debitValue":"1","feeCurrency":"BTC","feeValue":"0.1","additionalInfo":{"transactionHash":"aa","confirmations":3}}`),
		}, Want: []string{"withdrawal 1 BTC fee 0.1 BTC tx aa"}, Ignored: 1},
		{Name: "unknown_type", Records: []exchange.Record{rec("a", `{"transactionType":{"type":"OF_TOMORROW"},"creditCurrency":"ZAR","creditValue":"1"}`)}, Held: 1},
		{Name: "moved_inside", Records: []exchange.Record{rec("a", `{"transactionType":{"type":"INTERNAL_TRANSFER"},"debitCurrency":"ZAR","debitValue":"1"}`)}, Ignored: 1},
	})
}

// TestMovementsSettle: a movement that is told again with its transaction on
// the chain is another record; more confirmations tell nothing new.
func TestMovementsSettle(t *testing.T) {
	t.Parallel()
	told := func(info string) exchange.Record {
		r, err := shape.Record([]byte(`{"id":"a","eventAt":"2024-06-13T09:21:48.393Z","additionalInfo":` + info + `}`))
		if err != nil {
			t.Fatal(err)
		}
		named(&r, exchange.Object(r.Raw))
		return r
	}
	first, sent, sure := told(`{"address":"x"}`), told(`{"transactionHash":"aa","confirmations":3}`), told(`{"transactionHash":"aa","confirmations":4}`)
	if first.ID != "a" || sent.ID == first.ID || sure.ID != sent.ID {
		t.Errorf("%q, %q, %q", first.ID, sent.ID, sure.ID)
	}
	if string(sent.Said()) != string(sure.Said()) || string(sent.Said()) == string(first.Said()) {
		t.Errorf("%s, %s", sent.Said(), sure.Said())
	}
}

func FuzzParse(f *testing.F) {
	exchangesim.Fuzz(f, Exchange(), key, samples[3].Body)
}
