package coinbase

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, Formats())
}

// The header of one generation with currencies that differ is none.
func TestMatchRefusesMixedCurrencies(t *testing.T) {
	t.Parallel()
	header := "Timestamp,Transaction Type,Asset,Quantity Transacted,USD Spot Price at Transaction,CZK Subtotal,CZK Total (inclusive of fees),CZK Fees,Notes"
	f, _ := statement.Detect(Formats(), []statement.Row{{Line: 1, Cells: strings.Split(header, ",")}})
	if f != nil {
		t.Errorf("%s knows a header with two currencies", f.Name)
	}
}

func TestParseTrade(t *testing.T) {
	t.Parallel()
	tests := []struct{ notes, want string }{
		{"Bought 0.03 BTC for € 280.11 EUR", "Bought 0.03 BTC 280.11 EUR 0"},
		{"Bought 0.03 BTC for Kč5,149.00 CZK", "Bought 0.03 BTC 5149 CZK 0"},
		{"Bought 0.03 BTC for $20.00 USD.", "Bought 0.03 BTC 20 USD 0"},
		{"Sold 1,000.5 XLM for kr 9.5 SEK", "Sold 1000.5 XLM 9.5 SEK 0"},
		{"Bought 1 SHIB for 0.00002336544 EUR on SHIB-EUR at 0.0000232 EUR/SHIB", "Bought 1 SHIB 0.00002336544 EUR 0.0000232"},
		{"Bought .5 SOL for 95 EUR on SOL-EUR", "Bought 0.5 SOL 95 EUR 0"},
		{"Bought 0.5 SOL for 95 EUR using EUR Wallet", "Bought 0.5 SOL 95 EUR 0"},
		{"Bought 0,5 SOL for 95 EUR", ""},
		{"Bought 0.5 SOL for -95 EUR", ""},
		{"Bought 0.5 SOL for (95) EUR", ""},
		{"Bought 0.5 SOL for 95 EUR using", ""},
		{"Bought 0.5 SOL for 95 EUR on SOL-USD", ""},
		{"Bought 0.5 SOL for 95 EUR on SOL-EUR at 190", ""},
		{"Bought 0.5 SOL for 95 EUR on SOL-EUR at 190 SOL/EUR", ""},
		{"Bought 0.5 SOL for 95 EUR on SOL-EUR at 0 EUR/SOL", ""},
		{"Bought 0.5 SOL for 95 EUR yesterday", ""},
		{"Bought 0.5 SOL for about 95 EUR", ""},
		{"Bought 0.5 SOL for 95 eur", ""},
		{"Bought 0.5 SOL", ""},
		{"bought 0.5 SOL for 95 EUR", ""},
		{"", ""},
	}
	for _, tt := range tests {
		n, ok := parseTrade(tt.notes)
		got := ""
		if ok {
			got = strings.Join([]string{n.verb, n.amount.String(), n.code, n.cost.String(), n.quote, n.price.String()}, " ")
		}
		if got != tt.want {
			t.Errorf("parseTrade(%q) = %q, want %q", tt.notes, got, tt.want)
		}
	}
}

func TestParseConvert(t *testing.T) {
	t.Parallel()
	tests := []struct{ notes, want string }{
		{"Converted 0.05 BTC to 1,451.2 USDC", "0.05 BTC 1451.2 USDC"},
		{"Converted 1 ETH2 to 1 ETH ", "1 ETH 1 ETH"},
		{"Converted 0,05 BTC to 1 USDC", ""},
		{"Converted 1 BTC to 1,45 USDC", ""},
		{"Converted 1 BTC to 1 USDC and more", ""},
		{"Converted BTC to USDC", ""},
		{"Converted 1 BTC for 1 USDC", ""},
		{"Converted 1 BTC to one USDC", ""},
	}
	for _, tt := range tests {
		n, ok := parseConvert(tt.notes)
		got := ""
		if ok {
			got = strings.Join([]string{n.from.String(), n.fromCode, n.to.String(), n.toCode}, " ")
		}
		if got != tt.want {
			t.Errorf("parseConvert(%q) = %q, want %q", tt.notes, got, tt.want)
		}
	}
}

// Account and fills of Pro name the same trades the same way, and the two old
// reports theirs, so that no trade counts twice.
func TestExportsOfOneTradeShareItsID(t *testing.T) {
	t.Parallel()
	ids := func(path, file string, kinds ...ledger.Kind) []string {
		var all []string
		c := testkit.Statement(t, Formats(), testkit.Member(t, path, file))
		for i := range c.Events {
			if slices.Contains(kinds, c.Events[i].Kind) {
				all = append(all, c.Events[i].ID.String())
			}
		}
		slices.Sort(all)
		return all
	}
	trades := []ledger.Kind{ledger.KindBuy, ledger.KindSell, ledger.KindSwap}
	pro := "testdata/pro.txtar"
	for _, fill := range ids(pro, "d_fills.csv", trades...) {
		if !slices.Contains(ids(pro, "a_account.csv", trades...), fill) {
			t.Errorf("fill %s is not in the account", fill)
		}
	}
	if diff := cmp.Diff(ids(pro, "b_account_old.csv", trades...), ids(pro, "e_fills_old.csv", trades...)); diff != "" {
		t.Errorf("old account and fills (-account +fills):\n%s", diff)
	}
	wallet := testkit.Statement(t, Formats(), testkit.Member(t, "testdata/wallet.txtar", "btc.csv"))
	want := wallet.SourceID(venue, "transfer:5701728b0000000000000001")
	if wallet.Events[0].ID != want {
		t.Errorf("purchase of a wallet has id %s, want that of its transfer, %s", wallet.Events[0].ID, want)
	}
}

// Every word that the catalogue of formats knows has a class here.
func TestWordsOfTheCatalogue(t *testing.T) {
	t.Parallel()
	catalogue := []string{"Buy", "Sell", "Convert"}
	if path := testkit.Shared(t, "statements", "vocab", "coinbase_types.csv"); path != "" {
		for _, line := range strings.Split(strings.TrimSpace(string(testkit.Read(t, path))), "\n")[1:] {
			word, _, _ := strings.Cut(line, ",")
			catalogue = append(catalogue, word)
		}
	}
	for _, word := range catalogue {
		if words[statement.Fold(word)].Class == statement.ClassUnknown {
			t.Errorf("%q has no class", word)
		}
	}
	for name, w := range words {
		if (w.Class == statement.ClassReview || w.Class == statement.ClassInternal) && w.Why == "" {
			t.Errorf("%q is left out without a reason", name)
		}
	}
}

// Samples of this venue, where there are any, keep their tally.
func TestSamples(t *testing.T) {
	t.Parallel()
	testkit.Tallies(t, Formats(), "coinbase", "*.csv", map[string]statement.Tally{
		"synthetic_v4_id.csv": {Rows: 2, Events: 2},
	})
}

// Newest first or oldest first: the events are the same.
func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	for path, file := range map[string]string{
		"testdata/history_convert.txtar": "history.csv", "testdata/history_trades.txtar": "history.csv", "testdata/pro.txtar": "a_account.csv",
	} {
		text := testkit.Member(t, path, file)
		head, body, _ := strings.Cut(text, "\n")
		rows := strings.Split(strings.TrimSpace(body), "\n")
		want := testkit.Facts(testkit.Statement(t, Formats(), text))
		rapid.Check(t, func(rt *rapid.T) {
			mixed := rapid.Permutation(rows).Draw(rt, "rows")
			got := testkit.Facts(testkit.Statement(t, Formats(), head+"\n"+strings.Join(mixed, "\n")))
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Errorf("%s (-want +got):\n%s", path, diff)
			}
		})
	}
}

// Conversions without Notes cannot be paired when there are too many.
func TestCrowdIsHeld(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"Convert", "Retail MGX DEX Buy"} {
		text := "Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,Notes\n" +
			strings.Repeat("2024-01-01 10:00:00 UTC,"+kind+",BTC,-1,USD,1,1,\n", crowd) + "2024-01-01 10:00:00 UTC," + kind + ",ETH,1,USD,1,1,\n"
		if got, want := testkit.Statement(t, Formats(), text).Tally, (statement.Tally{Rows: crowd + 1, Held: crowd + 1}); got != want {
			t.Errorf("%s: tally %+v, want %+v", kind, got, want)
		}
	}
}

// Money against its stablecoin is its own value, also on a chain.
func TestPairWithMoney(t *testing.T) {
	t.Parallel()
	text := "Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,Notes\n" +
		"2024-01-01 10:00:00 UTC,Convert,USD,-10,USD,1,10,\n2024-01-01 10:00:00 UTC,Convert,USDC,10,EUR,1,9,\n" +
		"2024-01-02 10:00:00 UTC,Convert,BTC,-1,USD,1,10,\n2024-01-02 10:00:00 UTC,Convert,ETH,10,EUR,1,9,\n"
	want := "rows 4 = events 2 + merged 2 + duplicate 0 + ignored 0 + held 0\n" +
		"2 2024-01-01T10:00:00Z buy 10 USDC account=Coinbase value=10 USD rows=2\n" +
		"4 2024-01-02T10:00:00Z swap 1 BTC account=Coinbase to=10 ETH value=10 USD rows=2\n"
	if diff := cmp.Diff(want, testkit.Dump(testkit.Statement(t, Formats(), text))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// parse checks what holds for any text below one of the headers: nothing
// panics, no row is lost, and every event can be named.
func parse(rt *rapid.T) {
	heads := []string{
		"ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes,Sender Address,Recipient Address",
		"Timestamp,Transaction Type,Asset,Quantity Transacted,EUR Spot Price at Transaction,EUR Subtotal,EUR Total (inclusive of fees),EUR Fees,Notes",
		"Timestamp,Type,BTC,Subtotal,Fees,Total,Currency,Price Per Coin,Payment Method,ID,Share",
		"Timestamp,Balance,Amount,Currency,To,Notes,Instantly Exchanged,Transfer Total,Transfer Total Currency,Transfer Fee,Transfer Fee Currency,Transfer ID,Order Price,Coinbase ID,Bitcoin Hash",
		"portfolio,type,time,amount,balance,amount/balance unit,transfer id,trade id,order id",
		"portfolio,trade id,product,side,created at,size,size unit,price,fee,total,price/fee/total unit",
	}
	cell := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "a", "b", "2024-01-01 10:00:00 UTC", "2024-01-01T10:00:01Z", "2024-01-01 10:00:00", "BTC", "ETH", "ETH2", "EUR", "USD", "USDC", "1", "-1", "0",
			"0.5", "-0.5", "€1,000.00", "-$0.01", "1e9", "999999999999999999", "0.000000000000000001", "match", "fee", "conversion", "deposit", "BUY", "SELL", "BTC-EUR",
			"Converted 1 BTC to 0.5 ETH", "Converted 0.5 ETH to 1 BTC", "Bought 1 BTC for 1000 EUR", "Bought 1 BTC for 0.5 ETH on BTC-ETH at 0.5 ETH/BTC",
			"Sold 0.5 ETH for 1 USDC", "Bought 999999999999999999 BTC for 1 ETH on BTC-ETH at 999999999999999999 ETH/BTC", "Sent 0.5 BTC", "transactions", "true",
		}),
		rapid.SampledFrom(slices.Sorted(maps.Keys(words))),
		rapid.String(),
	)
	head := rapid.SampledFrom(heads).Draw(rt, "header")
	names := strings.Split(head, ",")
	rows := rapid.SliceOfN(rapid.SliceOfN(cell, 0, len(names)+1), 0, 12).Draw(rt, "rows")
	all := []statement.Row{{Line: 1, Cells: names}}
	for i, r := range rows {
		all = append(all, statement.Row{Line: i + 2, Cells: r})
	}
	check(rt, all)
}

func check(t *rapid.T, rows []statement.Row) {
	testkit.Sound(t, testkit.Collect(t, Formats(), rows, time.UTC))
}

func TestParse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, parse)
}

func FuzzParse(f *testing.F) { f.Fuzz(rapid.MakeFuzz(parse)) }
