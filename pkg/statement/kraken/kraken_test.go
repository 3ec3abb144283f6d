package kraken

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, Formats())
}

func TestAsset(t *testing.T) {
	t.Parallel()
	tests := []struct{ code, want string }{
		{"XXBT", "BTC"},
		{"XBT", "BTC"},
		{"XBT.M", "BTC"},
		{"XBT.F", "BTC"},
		{"BTC", "BTC"},
		{"ZEUR", "EUR"},
		{"EUR.HOLD", "EUR"},
		{"EUR.M", "EUR"},
		{"CHF", "CHF"},
		{"XETH", "ETH"},
		{"ETH2", "ETH"},
		{"ETH2.S", "ETH"},
		{"ETHW", "ETHW"},
		{"DOT28.S", "DOT"},
		{"DOT.S", "DOT"},
		{"DOT.P", "DOT"},
		{"DOT.B", "DOT"},
		{"SOL03.S", "SOL"},
		{"ATOM21.S", "ATOM"},
		{"C98", "C98"},
		{"XTZ", "XTZ"},
		{"XRP", "XRP"},
		{"XXRP", "XRP"},
		{"XDG", "DOGE"},
		{"XXDG", "DOGE"},
		{"KFEE", "KFEE"},
		{"FEE", "KFEE"},
		{"TSLAx", "TSLAx"},
		{".S", ".S"},
		{"28.S", "28"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := Asset(tt.code); got != tt.want {
			t.Errorf("Asset(%q) = %q, want %q", tt.code, got, tt.want)
		}
	}
}

func TestSplitPair(t *testing.T) {
	t.Parallel()
	tests := []struct{ pair, want string }{
		{"XXBTZEUR", "BTC EUR"},
		{"XBTEUR", "BTC EUR"},
		{"XBT/EUR", "BTC EUR"},
		{"XTZEUR", "XTZ EUR"},
		{"CHZUSD", "CHZ USD"},
		{"ZRXXBT", "ZRX BTC"},
		{"SNXXBT", "SNX BTC"},
		{"XETHXXBT", "ETH BTC"},
		{"ICXETH", "ICX ETH"},
		{"USDTZUSD", "USDT USD"},
		{"USDTEUR", "USDT EUR"},
		{"XBTUSDT", "BTC USDT"},
		{"ZEURZUSD", "EUR USD"},
		{"EURUSD", "EUR USD"},
		{"XRPRLUSD", "XRP RLUSD"},
		{"PYUSDUSD", "PYUSD USD"},
		{"USD1USD", "USD1 USD"},
		{"AI16ZEUR", "AI16Z EUR"},
		{"REPV2XBT", "REPV2 BTC"},
		{"TSLAx/USD", "TSLAx USD"},
		{"EUR", ""},
		{"", ""},
		{"/EUR", ""},
		{"A/B/C", ""},
		{"XXBTQQQQ", ""},
	}
	for _, tt := range tests {
		base, quote, ok := splitPair(tt.pair)
		got := ""
		if ok {
			got = base + " " + quote
		}
		if got != tt.want {
			t.Errorf("splitPair(%q) = %q, want %q", tt.pair, got, tt.want)
		}
	}
}

// Every word that the catalogue of formats knows has a class here.
func TestWordsOfTheCatalogue(t *testing.T) {
	t.Parallel()
	for _, word := range vocabulary(t) {
		if words[word].Class == statement.ClassUnknown {
			t.Errorf("%q has no class", word)
		}
	}
	for name, w := range words {
		if (w.Class == statement.ClassReview || w.Class == statement.ClassInternal) && w.Why == "" {
			t.Errorf("%q is left out without a reason", name)
		}
	}
}

func vocabulary(t *testing.T) []string {
	path := testkit.Shared(t, "statements", "vocab", "kraken_ledger_types.csv")
	if path == "" {
		return []string{"deposit/", "trade/", "staking/"}
	}
	var all []string
	for _, line := range strings.Split(strings.TrimSpace(string(testkit.Read(t, path))), "\n")[1:] {
		cells := strings.SplitN(line, ",", 3)
		all = append(all, cells[0]+"/"+cells[1])
	}
	return all
}

// Samples of this venue, where there are any, keep their tally.
func TestSamples(t *testing.T) {
	t.Parallel()
	testkit.Tallies(t, Formats(), "kraken", "*.csv", nil)
}

// The order of rows is that of the export's paging, not a fact: any order
// leads to the same events.
func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	text := testkit.Member(t, "testdata/ledgers_trades.txtar", "ledgers.csv")
	head, body, _ := strings.Cut(text, "\n")
	rows := strings.Split(strings.TrimSpace(body), "\n")
	want := testkit.Facts(testkit.Statement(t, Formats(), text))
	rapid.Check(t, func(rt *rapid.T) {
		mixed := rapid.Permutation(rows).Draw(rt, "rows")
		got := testkit.Facts(testkit.Statement(t, Formats(), head+"\n"+strings.Join(mixed, "\n")))
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A refid that does not end is no trade, and no reason to think for long.
func TestEndlessTradeIsHeld(t *testing.T) {
	t.Parallel()
	text := "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance\n" +
		strings.Repeat("L1,T1,2023-02-14 10:11:12,trade,,currency,XXBT,1,0,1\n", crowd+1)
	if got, want := testkit.Statement(t, Formats(), text).Tally, (statement.Tally{Rows: crowd + 1, Held: crowd + 1}); got != want {
		t.Errorf("tally %+v, want %+v", got, want)
	}
}

// parse checks what holds for any text below one of the headers: nothing
// panics, no row is lost, and every event can be named.
func parse(rt *rapid.T) {
	heads := []string{
		"txid,refid,time,type,subtype,aclass,asset,amount,fee,balance,amountusd",
		"txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers",
	}
	cell := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "L1", "T1", "T2", "Unknown", "2023-02-14 10:11:12", "2023-02-14 10:11:13.5", "trade", "spend", "receive", "dustsweeping", "deposit",
			"withdrawal", "earn", "reward", "staking", "transfer", "margin", "rollover", "settled", "currency", "XXBT", "ZEUR", "KFEE", "DOT28.S",
			"XETH", "1", "-1", "0", "0.5", "-0.5", "1e9", "0E-8", "-", "999999999999999999", "0.000000000000000001", "buy", "sell", "XXBTZEUR", "XBT/EUR",
		}),
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
