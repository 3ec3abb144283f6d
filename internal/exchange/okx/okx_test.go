package okx

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{X: Exchange(), Start: exchangesim.OKX, Fiat: "USD", Moves: 220, Cut: time.Millisecond, Main: "/api/v5/trade/fills-history", Priced: true, Units: true, Skews: true}
	suite.Run(t)
}

func TestSign(t *testing.T) {
	t.Parallel()
	vectors := append(exchangesim.Vectors(t, name), exchangesim.Vector{
		"secret": "22582BD0CFF14C41EDBF1AB98506286D", "string_to_sign": "2020-12-08T09:08:57.715ZGET/api/v5/account/config", "signature": "Kr/8IrbDYujS4cg2KkmB+tO2HMUXxyayG6ZwNb4H/yA=",
	})
	for _, v := range vectors {
		if got := sign([]byte(v.Text("secret")), v.Text("string_to_sign")); got != v.Text("signature") {
			t.Errorf("%s: %s", v.Text("string_to_sign"), got)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	body := func(perm string) string {
		return `{"code":"0","data":[{"uid":"1","mainUid":"1","ip":"","perm":` + perm + `}],"msg":""}`
	}
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{
		{Name: "reads", Body: body(`"read_only"`), Verdict: exchange.ReadOnly},
		{Name: "trades", Body: body(`"read_only,trade"`), Verdict: exchange.Refuse, TooMuch: "trade"},
		{Name: "right_of_tomorrow", Body: body(`"lend,read_only"`), Verdict: exchange.Refuse, TooMuch: "lend"},
		{Name: "another_spelling", Body: body(`"Read_Only"`), Verdict: exchange.Refuse, TooMuch: "Read_Only"},
		{Name: "list", Body: body(`["read_only"]`), Verdict: exchange.CannotTell},
		{Name: "empty", Body: body(`""`), Verdict: exchange.CannotTell},
		{Name: "two_accounts", Body: `{"code":"0","data":[{"perm":"read_only"},{"perm":"trade"}]}`, Verdict: exchange.CannotTell},
		{Name: "error_of_200", Body: `{"code":"50111","data":[{"perm":"read_only"}]}`, Verdict: exchange.CannotTell},
	})
}

var key = exchangesim.Key{ID: "id", Secret: "c4n4ry", Passphrase: "p"}

var samples = []exchangesim.Sample{
	{Stream: "bills", File: "jkorf_Account_GetBillArchive.json", Records: 1},
	{Stream: "fills", File: "jkorf_Trading_GetUserTradesArchive.json", Records: 1},
	{Stream: "deposits", File: "jkorf_Account_GetDepositHistory.json", Records: 1},
	{Stream: "withdrawals", File: "jkorf_Account_GetWithdrawalHistory.json", Records: 1},
	{Stream: "funding-bills", File: "jkorf_Account_GetFundingBillDetails.json", Records: 1},
	{Stream: "fills", Records: 1, Body: `{"code":"0","data":[{"instId":"BTC-USDT","side":"buy","fillSz":"1","fillPx":"2","fee":"-0.1","feeCcy":"BTC","billId":"7","ts":"1708587373362"}]}`},
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
			rec("fills", "1", `{"instId":"BTC-USDT","side":"buy","fillSz":"1","fillPx":"2","fee":"-0.1","feeCcy":"BTC"}`), rec("fills", "2", `{"instId":"BTC-USDT-SWAP","side":"buy","fillSz":"1","fillPx":"2"}`),
		}, Want: []string{"swap 2 USDT for 1 BTC fee 0.1 BTC"}, Held: 1},
		{Name: "movements", Records: []exchange.Record{
			rec("deposits", "1", `{"depId":"1","state":"2","ccy":"USDT","amt":"1","txId":"aa"}`), rec("deposits", "2", `{"depId":"2","state":"0","ccy":"USDT","amt":"1"}`),
			rec("withdrawals", "3", `{"wdId":"3","state":"2","ccy":"ETH","amt":"1","fee":"0.1","txId":"bb"}`),
		}, Want: []string{"deposit 1 USDT tx aa", "withdrawal 1 ETH fee 0.1 ETH tx bb"}, Ignored: 1},
		{Name: "bills", Records: []exchange.Record{
			rec("bills", "1", `{"type":"2"}`), rec("bills", "2", `{"type":"8"}`), rec("funding-bills", "3", `{"type":"77","ccy":"USDT","balChg":"0.1"}`), rec("funding-bills", "4", `{"type":"999"}`),
		}, Want: []string{"income 0.1 USDT"}, Ignored: 1, Held: 2},
	})
}

func FuzzParse(f *testing.F) { exchangesim.Fuzz(f, Exchange(), key, samples[5].Body) }
