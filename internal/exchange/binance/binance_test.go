package binance

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/keyring"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{
		X: Exchange(), Start: exchangesim.Binance, Fiat: "EUR", Moves: 300, Cut: time.Millisecond, Main: tradesEndpoint.path, Skews: true,
		Early: began.AddDate(0, 0, 9),
	}
	suite.Run(t)
}

// The first vector is the example of Binance's own documents.
func TestSign(t *testing.T) {
	t.Parallel()
	secret := "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
	vectors := append(exchangesim.Vectors(t, name), exchangesim.Vector{
		"secret": secret, "signature": "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
		"string_to_sign": "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
	})
	for _, v := range vectors {
		if got := sign([]byte(v.Text("secret")), v.Text("string_to_sign")); got != v.Text("signature") {
			t.Errorf("%s: %s", v.Text("string_to_sign"), got)
		}
	}
	tap := &tap{now: time.UnixMilli(1499827319559), wire: &exchange.Wire{Config: exchange.Config{Key: exchange.Credentials{Secret: keyring.NewSecret([]byte(secret))}}}}
	got := tap.signed(url.Values{"timestamp": {"1"}, "signature": {"of the library"}})
	if want := "recvWindow=10000&timestamp=1499827319559&signature=" + sign([]byte(secret), "recvWindow=10000&timestamp=1499827319559"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	good := `{"ipRestrict":true,"createTime":1698645219000,"enableReading":true,"enableWithdrawals":false,"enableInternalTransfer":false,"enableMargin":false,` +
		`"enableFutures":false,"permitsUniversalTransfer":false,"enableVanillaOptions":false,"enableSpotAndMarginTrading":false}`
	with := func(member string) string { return strings.TrimSuffix(good, "}") + "," + member + "}" }
	set := func(flag, value string) string {
		return strings.Replace(good, `"`+flag+`":false`, `"`+flag+`":`+value, 1)
	}
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{
		{Name: "reads", Body: good, Verdict: exchange.ReadOnly},
		{Name: "fix_read", Body: with(`"enableFixReadOnly":true`), Verdict: exchange.ReadOnly},
		{Name: "fix_trade", Body: with(`"enableFixApiTrade":true`), Verdict: exchange.Refuse, TooMuch: "enableFixApiTrade"},
		{Name: "portfolio_margin", Body: with(`"enablePortfolioMarginTrading":true`), Verdict: exchange.Refuse, TooMuch: "enablePortfolioMarginTrading"},
		{Name: "right_of_tomorrow", Body: with(`"enableFoo":true`), Verdict: exchange.Refuse, TooMuch: "enableFoo"},
		{Name: "right_of_tomorrow_off", Body: with(`"enableFoo":false`), Verdict: exchange.ReadOnly},
		{Name: "right_of_another_name", Body: with(`"mayLend":true`), Verdict: exchange.Refuse, TooMuch: "mayLend"},
		{Name: "right_as_text", Body: with(`"enableFoo":"true"`), Verdict: exchange.Refuse, TooMuch: "enableFoo"},
		{Name: "right_as_number", Body: with(`"enableFoo":1`), Verdict: exchange.Refuse, TooMuch: "enableFoo"},
		{Name: "rights_inside", Body: with(`"more":{"enableWithdrawals":true}`), Verdict: exchange.Refuse, TooMuch: "more"},
		{Name: "withdrawals_as_text", Body: set("enableWithdrawals", `"false"`), Verdict: exchange.CannotTell},
		{Name: "margin_as_text", Body: set("enableMargin", `"yes"`), Verdict: exchange.Refuse, TooMuch: "enableMargin"},
		{Name: "withdrawals_null", Body: set("enableWithdrawals", `null`), Verdict: exchange.CannotTell},
		{Name: "twice", Body: with(`"enableWithdrawals":true`), Verdict: exchange.CannotTell},
		{Name: "reading_off", Body: strings.Replace(good, `"enableReading":true`, `"enableReading":false`, 1), Verdict: exchange.Refuse},
		{Name: "reading_missing", Body: strings.Replace(good, `"enableReading":true,`, ``, 1), Verdict: exchange.CannotTell},
		{Name: "list", Body: `[]`, Verdict: exchange.CannotTell},
		{Name: "error", Status: 400, Body: `{"code":-2015,"msg":"Invalid"}`, Verdict: exchange.CannotTell},
		{Name: "good_body_of_an_error", Status: 500, Body: good, Verdict: exchange.CannotTell},
	})
	if r := Judge(200, []byte(good)); !r.IPTold || !r.IPBound {
		t.Errorf("%+v", r)
	}
}

var key = exchangesim.Key{ID: "id", Secret: "c4n4ry"}

const tradeBody = `[{"symbol":"BTCEUR","id":9007199254740993123,"orderId":9007199254740993124,"price":"4.00000100","qty":"0.000000000000000001","quoteQty":"48.000012",` +
	`"commission":"10.1","commissionAsset":"BNB","time":1499865549590,"isBuyer":true,"new":{"x":[1]}}]`

var samples = []exchangesim.Sample{
	{Stream: depositStream, File: "jkorf_Spot_Account_GetDepositHistory.json", Records: 2},
	{Stream: withdrawalStream, File: "jkorf_Spot_Account_GetWithdrawalHistory.json", Records: 2},
	{Stream: dividendStream, File: "jkorf_Spot_Account_GetAssetDividendRecords.json", Records: 2},
	{Stream: dividendStream, File: "xchange_asset-dividend-list.json", Records: 1},
	{Stream: convertStream, File: "jkorf_Spot_Trading_GetConvertTradeHistory.json", Records: 1},
	{Stream: dustStream, File: "jkorf_Spot_Account_GetDustLog.json", Records: 2},
	{Stream: switchStream, File: "jkorf_Spot_Account_GetBusdConvertHistory.json", Records: 3},
	{Stream: flexibleStream, File: "jkorf_General_SimpleEarn_GetFlexibleRewardRecords.json", Records: 2},
	{Stream: lockedStream, File: "jkorf_General_SimpleEarn_GetLockedRewardRecords.json", Records: 2},
	{Stream: orderStream, File: "jkorf_Spot_Account_GetFiatDepositWithdrawHistory.json", Records: 1},
	{Stream: paymentStream, File: "jkorf_Spot_Account_GetFiatPaymentHistory.json", Records: 1},
	{Stream: peerStream, File: "jkorf_Spot_Trading_GetC2CTradeHistory.json", Records: 1},
	{Stream: payStream, File: "jkorf_Spot_Trading_GetPayTradeHistory.json", Records: 1},
	{Stream: payStream, File: "jkorf_Spot_Trading_GetPayTradeHistory2.json", Records: 2},
	{Stream: rebateStream, File: "jkorf_Spot_Account_GetRebateHistory.json", Records: 2},
	{Stream: planStream, File: "jkorf_General_AutoInvest_GetSubscriptionTransactionHistory.json", Records: 1},
	{Stream: depositStream, Records: 1, Body: `[{"id":"1","amount":"0.1","coin":"BTC","status":1,"txId":"aa","insertTime":1599620082000,"unknown":null}]`},
	{Stream: paymentStream, Records: 0, Body: `{"code":"000000","message":"success","total":0,"success":true}`},
	{Stream: orderStream, Records: 0, Body: `{"code":"000000","message":"success","data":null,"total":0,"success":true}`},
}

func TestSamples(t *testing.T) {
	t.Parallel()
	exchangesim.Samples(t, Exchange(), key, samples)
}

// Trades need the list of pairs first, so their samples go through the reader.
func TestTradeSamples(t *testing.T) {
	t.Parallel()
	s := streams()[3]
	if s.Name != tradeStream {
		t.Fatalf("the fourth stream is %s", s.Name)
	}
	bodies := []string{tradeBody}
	if file := exchangesim.File(t, name, "jkorf_Spot_Trading_GetUserTrades.json"); file != "" {
		bodies = append(bodies, file)
	}
	for _, body := range bodies {
		records, _, err := s.parse([]byte(body))
		if err != nil || len(records) != 1 || !strings.Contains(body, string(records[0].Raw)) {
			t.Errorf("%v, %v", records, err)
		}
	}
	if file := exchangesim.File(t, name, "jkorf_Spot_Account_GetAPIKeyPermissions.json"); file != "" {
		if r := Judge(200, []byte(file)); r.Verdict != exchange.Refuse || strings.Join(r.TooMuch, ",") != "enablePortfolioMarginTrading" {
			t.Errorf("%+v", r)
		}
	}
}

func TestBalanceSamples(t *testing.T) {
	t.Parallel()
	c := exchangesim.NewCanned(t, Exchange(), key)
	b, ok := c.Client.(*client)
	if !ok {
		t.Fatal("another client")
	}
	tests := []struct {
		file string
		call func() ([]exchange.Balance, error)
		n    int
	}{
		{"jkorf_Spot_Account_GetAccountInfo.json", func() ([]exchange.Balance, error) { return b.spot(t.Context()) }, 2},
		{"gct_get_api_v3_account.json", func() ([]exchange.Balance, error) { return b.spot(t.Context()) }, 170},
		{"jkorf_Spot_Account_GetFundingWallet.json", func() ([]exchange.Balance, error) { return b.funding(t.Context()) }, 1},
		{"jkorf_General_SimpleEarn_GetFlexibleProductPositions.json", func() ([]exchange.Balance, error) { return b.earn(t.Context(), flexiblePosition, "totalAmount") }, 1},
		{"jkorf_General_SimpleEarn_GetLockedProductPositions.json", func() ([]exchange.Balance, error) { return b.earn(t.Context(), lockedPosition, "amount") }, 1},
	}
	for _, tt := range tests {
		body := exchangesim.File(t, name, tt.file)
		if body == "" {
			continue
		}
		c.Say(exchangesim.Reply{Body: body})
		if got, err := tt.call(); err != nil || len(got) != tt.n {
			t.Errorf("%s: %d balances, want %d, %v", tt.file, len(got), tt.n, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	seeds := []string{tradeBody, `{"symbols":[{"symbol":"BTCEUR","baseAsset":"BTC","quoteAsset":"EUR"}],"balances":[{"asset":"BTC","free":"1","locked":"0"}]}`}
	for _, s := range samples {
		if s.Body != "" {
			seeds = append(seeds, s.Body)
		}
	}
	exchangesim.Fuzz(f, Exchange(), key, seeds...)
}

// on is a record some hours later.
func on(hours int, r exchange.Record) exchange.Record {
	r.Time = r.Time.Add(time.Duration(hours) * time.Hour)
	return r
}

// rec is a record of a stream with the time of all of them.
func rec(stream, id, context, raw string) exchange.Record {
	return exchange.Record{Stream: stream, ID: id, Context: context, Raw: []byte(raw), Time: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	exchangesim.Readings(t, Exchange(), []exchangesim.Reading{
		{Name: "purchase", Records: []exchange.Record{rec(tradeStream, "BTCEUR/1", `{"base":"BTC","quote":"EUR"}`,
			`{"id":1,"qty":"0.5","quoteQty":"100","commission":"0.001","commissionAsset":"BNB","isBuyer":true}`)}, Want: []string{"buy 0.5 BTC for 100 EUR fee 0.001 BNB"}},
		{Name: "sale_for_coins", Records: []exchange.Record{rec(tradeStream, "ETHBTC/1", `{"base":"ETH","quote":"BTC"}`,
			`{"id":1,"qty":"0.5","quoteQty":"0.01","commission":"0","commissionAsset":"BTC","isBuyer":false}`)}, Want: []string{"swap 0.5 ETH for 0.01 BTC"}},
		{Name: "pair_that_nobody_explains", Records: []exchange.Record{rec(tradeStream, "X/1", `{}`, `{"id":1,"qty":"1","quoteQty":"1","isBuyer":true}`)}, Held: 1},
		{Name: "price_rounds_to_0", Records: []exchange.Record{rec(tradeStream, "SHIBEUR/1", `{"base":"SHIB","quote":"EUR"}`,
			`{"id":1,"qty":"1","quoteQty":"0","commission":"0","commissionAsset":"SHIB","isBuyer":true}`)}, Want: []string{"airdrop 1 SHIB"}},
		{Name: "deposit_in_two_steps", Records: []exchange.Record{
			rec(depositStream, "7/t/1", "", `{"id":"7","amount":"1","coin":"BTC","status":1,"txId":"t"}`),
			rec(depositStream, "7/t/6", "", `{"id":"7","amount":"1","coin":"BTC","status":6,"txId":"t"}`),
			rec(depositStream, "7/t/0", "", `{"id":"7","amount":"1","coin":"BTC","status":0,"txId":"t"}`),
		}, Want: []string{"deposit 1 BTC tx t"}, Ignored: 2},
		{Name: "deposit_credited", Records: []exchange.Record{rec(depositStream, "7/t/6", "", `{"id":"7","amount":"1","coin":"BTC","status":6,"txId":"t"}`)}, Want: []string{"deposit 1 BTC tx t"}},
		{Name: "withdrawal", Records: []exchange.Record{
			rec(withdrawalStream, "a/6", "", `{"id":"a","amount":"8.91","transactionFee":"0.004","coin":"USDT","status":6,"txId":"0xb5"}`),
			rec(withdrawalStream, "b/5", "", `{"id":"b","amount":"1","transactionFee":"0","coin":"USDT","status":5}`),
		}, Want: []string{"withdrawal 8.91 USDT fee 0.004 USDT tx 0xb5"}, Ignored: 1},
		{Name: "conversion", Records: []exchange.Record{
			rec(convertStream, "1/SUCCESS", "", `{"orderId":1,"orderStatus":"SUCCESS","fromAsset":"USDT","fromAmount":"20","toAsset":"BNB","toAmount":"0.06"}`),
			rec(convertStream, "2/FAIL", "", `{"orderId":2,"orderStatus":"FAIL","fromAsset":"USDT","fromAmount":"20","toAsset":"BNB","toAmount":"0.06"}`),
		}, Want: []string{"swap 20 USDT for 0.06 BNB"}, Ignored: 1},
		{Name: "automatic_conversion", Records: []exchange.Record{rec(switchStream, "1", "",
			`{"tranId":1,"status":"S","deductedAsset":"BUSD","deductedAmount":"1","targetAsset":"USDC","targetAmount":"1"}`)}, Want: []string{"swap 1 BUSD for 1 USDC"}},
		{
			Name: "dust", Records: []exchange.Record{rec(dustStream, "4", "", `{"transId":4,"userAssetDribbletDetails":[`+
				`{"fromAsset":"USDT","amount":"0.0009","serviceChargeAmount":"0.00001","transferedAmount":"0.00049"},`+
				`{"fromAsset":"ETH","amount":"0.001","serviceChargeAmount":"0.00001","transferedAmount":"0.00049"}]}`)},
			Want: []string{"swap 0.0009 USDT for 0.0005 BNB fee 0.00001 BNB", "swap 0.001 ETH for 0.0005 BNB fee 0.00001 BNB"},
		},
		{Name: "rewards_count_once", Records: []exchange.Record{
			rec(flexibleStream, "1", "BONUS", `{"asset":"BUSD","rewards":"0.10"}`),
			rec(lockedStream, "2", "", `{"asset":"BNB","amount":"2"}`),
			rec(dividendStream, "3", "", `{"id":3,"asset":"BUSD","amount":"0.1","enInfo":"Flexible Savings"}`),
			rec(dividendStream, "4", "", `{"id":4,"asset":"BUSD","amount":"0.1","enInfo":"Flexible Savings"}`),
			rec(dividendStream, "5", "", `{"id":5,"asset":"BHFT","amount":"10","enInfo":"BHFT distribution"}`),
			rec(dividendStream, "6", "", `{"id":6,"asset":"X","amount":"10","enInfo":"of a new kind"}`),
			rec(dividendStream, "7", "", `{"id":7,"asset":"X","amount":"1","direction":-1}`),
		}, Want: []string{"income 0.1 BUSD", "income 0.1 BUSD", "income 2 BNB", "income 10 BHFT", "income 10 X"}, Ignored: 1, Held: 1},
		{Name: "reward_of_another_day_is_another_reward", Records: []exchange.Record{
			on(2, rec(dividendStream, "1", "", `{"id":1,"asset":"DOT","amount":"0.5","enInfo":"DOT Staking"}`)),
			on(2+24+1, rec(lockedStream, "2", "", `{"asset":"DOT","amount":"0.50"}`)),
		}, Want: []string{"income 0.5 DOT", "income 0.5 DOT"}},
		{Name: "rebates", Records: []exchange.Record{
			rec(rebateStream, "1", "", `{"asset":"USDT","type":1,"amount":"0.01"}`), rec(rebateStream, "2", "", `{"asset":"USDT","type":2,"amount":"0.02"}`),
		}, Want: []string{"income 0.01 USDT", "income 0.02 USDT"}},
		{Name: "money", Records: []exchange.Record{
			rec(orderStream, "a", "0", `{"orderNo":"a","fiatCurrency":"EUR","indicatedAmount":"10","amount":"9","totalFee":"1","status":"Successful"}`),
			rec(orderStream, "b", "1", `{"orderNo":"b","fiatCurrency":"EUR","indicatedAmount":"10","amount":"9","totalFee":"1","status":"Completed"}`),
			rec(orderStream, "c", "0", `{"orderNo":"c","fiatCurrency":"EUR","amount":"9","totalFee":"1","status":"Expired"}`),
		}, Want: []string{"deposit 9 EUR", "withdrawal 9 EUR fee 1 EUR"}, Ignored: 1},
		{Name: "card", Records: []exchange.Record{
			rec(paymentStream, "a", "0", `{"orderNo":"a","sourceAmount":"20","fiatCurrency":"EUR","obtainAmount":"4.4","cryptoCurrency":"LUNA","totalFee":"0.2","status":"Completed","paymentMethod":"Credit Card"}`),
		}, Want: []string{"buy 4.4 LUNA for 19.8 EUR fee 0.2 EUR", "deposit 20 EUR"}},
		{Name: "cash_balance", Records: []exchange.Record{
			rec(paymentStream, "a", "1", `{"orderNo":"a","sourceAmount":"4.4","fiatCurrency":"EUR","obtainAmount":"19","cryptoCurrency":"LUNA","totalFee":"1","status":"Completed","paymentMethod":"Cash Balance"}`),
		}, Want: []string{"sell 4.4 LUNA for 20 EUR fee 1 EUR"}},
		{Name: "peers", Records: []exchange.Record{
			rec(peerStream, "a", "SELL", `{"orderNumber":"a","tradeType":"SELL","asset":"USDT","fiat":"EUR","amount":"5000","totalPrice":"4500","orderStatus":"COMPLETED","commission":"0"}`),
			rec(peerStream, "b", "BUY", `{"orderNumber":"b","tradeType":"BUY","asset":"USDT","fiat":"EUR","amount":"10","totalPrice":"9","orderStatus":"COMPLETED","commission":"0"}`),
			rec(peerStream, "c", "BUY", `{"orderNumber":"c","tradeType":"BUY","asset":"USDT","fiat":"EUR","amount":"10","totalPrice":"9","orderStatus":"CANCELLED","commission":"0"}`),
		}, Want: []string{"sell 5000 USDT for 4500 EUR", "withdrawal 4500 EUR", "buy 10 USDT for 9 EUR", "deposit 9 EUR"}, Ignored: 1},
		{Name: "payments", Records: []exchange.Record{
			rec(payStream, "a", "", `{"transactionId":"a","orderType":"C2C","amount":"5","currency":"USDT"}`),
			rec(payStream, "b", "", `{"transactionId":"b","orderType":"C2C","amount":"-5","currency":"USDT"}`),
			rec(payStream, "c", "", `{"transactionId":"c","orderType":"PAY","amount":"-5","currency":"USDT"}`),
			rec(payStream, "d", "", `{"transactionId":"d","orderType":"CRYPTO_BOX","amount":"5","currency":"USDT"}`),
		}, Want: []string{"deposit 5 USDT", "withdrawal 5 USDT", "spend 5 USDT"}, Held: 1},
		{Name: "recurring_purchase", Records: []exchange.Record{rec(planStream, "1", "", `{"id":1,"targetAsset":"BTC","sourceAsset":"BUSD","sourceAssetAmount":"100",`+
			`"targetAssetAmount":"0.005","transactionFee":"0.2","transactionFeeUnit":"BUSD","transactionStatus":"SUCCESS"}`)}, Want: []string{"swap 99.8 BUSD for 0.005 BTC fee 0.2 BUSD"}},
		{
			Name: "eighteen_decimals", Records: []exchange.Record{rec(depositStream, "7", "", `{"id":"7","amount":"1000000000000000000.000000000000000001","coin":"NEWCOIN-1","status":1}`)},
			Want: []string{"deposit 1000000000000000000.000000000000000001 NEWCOIN-1"},
		},
		{Name: "nineteen_decimals", Records: []exchange.Record{rec(depositStream, "7", "", `{"id":"7","amount":"0.0000000000000000001","coin":"X","status":1}`)}, Held: 1},
		{Name: "unknown_stream", Records: []exchange.Record{rec("new", "1", "", `{}`)}, Held: 1},
		{Name: "no_object", Records: []exchange.Record{rec(tradeStream, "1", "", `7`)}, Held: 1},
	})
}
