package cointracking_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
	"github.com/ledgersys/ledgersys/pkg/statement/cointracking"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, cointracking.Formats())
}

const (
	trades = "Type,Buy,Cur.,Sell,Cur.,Fee,Cur.,Exchange,Group,Comment,Date"
	full   = "Type,Buy,Cur.,Value in BTC,Value in EUR,Sell,Cur.,Value in BTC,Value in EUR,Spread,Exchange,Group,Date"
)

// The zone is the account's: without it, times are held and dates are not.
func TestZone(t *testing.T) {
	t.Parallel()
	table := [][]string{
		{"Deposit", "1", "BTC", "", "", "", "", "A", "", "", "18.07.2025 15:18:55"},
		{"Deposit", "1", "BTC", "", "", "", "", "A", "", "", "2025-07-18T15:18:55+02:00"},
		{"Deposit", "1", "BTC", "", "", "", "", "A", "", "", "18.07.2025"},
	}
	c := testkit.Collect(t, cointracking.Formats(), testkit.Table(trades, table...), nil)
	if len(c.Held) != 1 || c.Held[0].Line != 2 || c.Held[0].Reason != statement.ErrNoZone.Error() {
		t.Errorf("without a zone: %s", testkit.Dump(c))
	}
	c = testkit.Collect(t, cointracking.Formats(), testkit.Table(trades, table...), testkit.Zone(t, "Europe/Berlin"))
	if len(c.Events) != 3 || c.Events[0].At != c.Events[1].At || !c.Events[2].Has(ledger.DateOnly) {
		t.Errorf("in Berlin: %s", testkit.Dump(c))
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	testkit.Tallies(t, cointracking.Formats(), "universal", "*cointracking*.csv", map[string]statement.Tally{
		"etg_cointracking.csv":                {Rows: 6, Events: 6},
		"btcsteuertool_cointracking_full.csv": {Rows: 3, Events: 3},
	})
}

// No other file of the sample folder is taken for one of CoinTracking.
func TestKnowsItsOwn(t *testing.T) {
	t.Parallel()
	for _, header := range []string{
		"Type,BuyAmount,BuyCurrency,SellAmount,SellCurrency,FeeAmount,FeeCurrency,Exchange,Group,Comment,Date",
		"Type,Buy Quantity,Buy Asset,Buy Value,Sell Quantity,Sell Asset,Sell Value,Fee Quantity,Fee Asset,Fee Value,Wallet,Timestamp,Note",
		"Type,Date,InOrBuyAmount,InOrBuyCurrency,OutOrSellAmount,OutOrSellCurrency,FeeAmount,FeeCurrency",
	} {
		row := statement.Row{Line: 1, Cells: strings.Split(header, ",")}
		if f, _ := statement.Detect(cointracking.Formats(), []statement.Row{row}); f != nil {
			t.Errorf("%s takes %s", f.Name, header)
		}
	}
}

// conserve says that the events change each holding by what was bought less
// what was sold: both include the fees. The style of dates and figures does not
// change the events.
func conserve(t *rapid.T) {
	assets := []string{"BTC", "ETH", "USDC", "EUR"}
	want := make(map[string]money.Amount)
	type row struct {
		word                string
		buy, sell, fee      int64
		bought, sold, feeIn string
		day                 int
	}
	var drawn []row
	amount := rapid.Int64Range(1_000, 100_000_000)
	for range rapid.IntRange(1, 10).Draw(t, "rows") {
		order := rapid.Permutation(assets).Draw(t, "assets")
		r := row{day: rapid.IntRange(1, 28).Draw(t, "day"), word: rapid.SampledFrom([]string{"Trade", "Deposit", "Withdrawal", "Staking", "Spend"}).Draw(t, "word")}
		if r.word != "Withdrawal" && r.word != "Spend" {
			r.buy, r.bought = amount.Draw(t, "buy"), order[0]
			want[order[0]] = want[order[0]].Add(coins(r.buy))
		}
		if r.word != "Deposit" && r.word != "Staking" {
			r.sell, r.sold = amount.Draw(t, "sell"), order[1]
			want[order[1]] = want[order[1]].Sub(coins(r.sell))
		}
		if rapid.Bool().Draw(t, "fee") {
			r.fee, r.feeIn = rapid.Int64Range(1, 999).Draw(t, "fee"), rapid.SampledFrom(order).Draw(t, "fee in")
		}
		drawn = append(drawn, r)
	}
	drawn = append(drawn, row{word: "Deposit", buy: 1, bought: "EUR", day: 28}) // settles the order of day and month
	figure := func(sign string) func(int64) string {
		return func(n int64) string {
			if n == 0 {
				return "-"
			}
			return fmt.Sprintf("%d%s%08d", n/100_000_000, sign, n%100_000_000)
		}
	}
	styles := []struct {
		figure func(int64) string
		date   string
	}{
		{figure("."), "2024-05-%02d 10:00:00"},
		{figure(","), "%02d.05.2024 10:00:00"},
		{figure("."), "5/%d/2024 10:00"},
		{figure("."), "%02d/05/2024 10:00:00"},
	}
	var dumps []string
	for _, s := range styles {
		var table [][]string
		for _, r := range drawn {
			table = append(table, []string{r.word, s.figure(r.buy), r.bought, s.figure(r.sell), r.sold, s.figure(r.fee), r.feeIn, "A", "", "", fmt.Sprintf(s.date, r.day)})
		}
		c := testkit.Collect(t, cointracking.Formats(), testkit.Table(trades, table...), time.UTC)
		for _, asset := range assets[:3] {
			if got := held(c.Events, asset); !got.Equal(want[asset]) || c.Tally.Held > 0 {
				t.Fatalf("%s changes by %s, the file says %s:\n%v\n%s", asset, got, want[asset], table, testkit.Dump(c))
			}
		}
		dumps = append(dumps, testkit.Dump(c))
	}
	for i := range dumps {
		if dumps[i] != dumps[0] {
			t.Fatalf("the same trades, written with %s and with %s:\n%s\n%s", styles[0].date, styles[i].date, dumps[0], dumps[i])
		}
	}
}

func coins(n int64) money.Amount { return money.FromInt(n).Mul(money.MustParse("0.00000001")) }

// held is what events do to the holding of a crypto-asset.
func held(events []ledger.Event, asset string) money.Amount {
	var sum money.Amount
	for i := range events {
		e, m := &events[i], events[i].Extra()
		if e.Asset == asset {
			switch e.Kind {
			case ledger.KindBuy, ledger.KindDeposit, ledger.KindIncome:
				sum = sum.Add(e.Amount)
			default:
				sum = sum.Sub(e.Amount)
			}
		}
		if m.ToAsset == asset {
			sum = sum.Add(m.ToAmount)
		}
		if m.FeeAsset == asset {
			sum = sum.Sub(m.FeeAmount)
		}
	}
	return sum
}

func TestConserve(t *testing.T) { t.Parallel(); rapid.Check(t, conserve) }

func FuzzConserve(f *testing.F) { f.Fuzz(rapid.MakeFuzz(conserve)) }

// FuzzParse reads any text behind each header.
func FuzzParse(f *testing.F) {
	f.Add("Trade,0.01,BTC,505.00,EUR,5.00,EUR,Kraken,,,02.01.2025 10:12:27\nSpend,-,,1,BTC,1,BTC,,,,5/9/2017")
	f.Add("Trade,0.003,BTC,0.003,181.00,200,USDT,0.003,180,0.55,Kraken,,31/05/2017 3:04 PM")
	f.Add("Gift/Tip,\"1.000,5\",BTC,,,1e-9,BTC,-,,,2017-05-31\nEinzahlung,1e18,BTC,,,,,,,,5/5/2017 21:14\nOther Fee,,,,,1,X,,,,1.1.2020")
	f.Fuzz(func(t *testing.T, text string) {
		for _, header := range []string{trades, full, trades + ",Tx-ID,Buy Value in EUR,Sell Value in EUR"} {
			c := testkit.Statement(t, cointracking.Formats(), header+"\n"+text)
			testkit.Sound(t, c)
		}
	})
}
