package binance

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, Formats())
}

// classes translates the classes of the vocabulary; the second part is the
// label.
var classes = map[string]string{
	"trade_leg": "trade", "fee": "fee", "deposit": "deposit", "withdrawal": "withdrawal", "internal": "internal",
	"income_staking": "income staking", "income_interest": "income interest", "income_airdrop": "income airdrop",
	"income_referral": "income referral", "income_reward": "income other", "rebate": "rebate cashback", "spend": "spend",
	"derivative": "review", "dust": "trade dust", "redenomination": "review", "review": "review",
}

var classNames = map[statement.Class]string{
	statement.ClassTrade: "trade", statement.ClassFee: "fee", statement.ClassDeposit: "deposit",
	statement.ClassWithdrawal: "withdrawal", statement.ClassInternal: "internal", statement.ClassIncome: "income",
	statement.ClassRebate: "rebate", statement.ClassSpend: "spend", statement.ClassReview: "review",
}

// exceptions are words whose class here says more than the vocabulary's.
var exceptions = map[string]string{
	"ETH 2.0 Staking":                               "trade " + labelETH2,
	"Stablecoins Auto-Conversion":                   "trade auto-conversion",
	"Transfer Between Main Account and Sub-Account": "internal", // both sides in one file cancel out, else held
}

// TestEveryWordOfTheVocabularyHasItsClass reads the list of words that may
// stand beside the repository.
func TestEveryWordOfTheVocabularyHasItsClass(t *testing.T) {
	t.Parallel()
	path := testkit.Shared(t, "statements", "vocab", "binance_operations.csv")
	if path == "" {
		return
	}
	lazy := csv.NewReader(bytes.NewReader(testkit.Read(t, path)))
	lazy.LazyQuotes = true
	rows, err := lazy.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		op, ok := operations[statement.Fold(r[0])]
		if !ok {
			t.Errorf("%s: no such word", r[0])
			continue
		}
		want, other := exceptions[r[0]]
		if !other {
			want = classes[r[2]]
		}
		if got := strings.TrimSpace(classNames[op.Class] + " " + op.Label); got != want {
			t.Errorf("%s: %q, want %q (%s)", r[0], got, want, r[2])
		}
	}
}

func TestEveryWordIsComplete(t *testing.T) {
	t.Parallel()
	for word, op := range operations {
		_, alone := rules[op.Class]
		switch {
		case word != statement.Fold(word):
			t.Errorf("%s: not in comparable form", word)
		case (op.Class == statement.ClassTrade || op.Class == statement.ClassFee) != (op.trade != ""):
			t.Errorf("%s: a leg needs the sort of its trade", word)
		case op.trade != "" && op.apart == 0:
			t.Errorf("%s: a leg needs a time", word)
		case !alone && op.trade == "" && op.Why == "":
			t.Errorf("%s: no reason", word)
		case op.Class == statement.ClassIncome && op.Label == "":
			t.Errorf("%s: income without a label", word)
		}
	}
}

// tallies pins what becomes of the rows of the sample files that may stand
// beside the repository.
var tallies = map[string]statement.Tally{
	"cryptotax_binance.csv":             {Rows: 39, Events: 15, Merged: 23, Held: 1}, // held: Distribution
	"cryptotax_binance_withdrawals.csv": {Rows: 3, Events: 3},
	"dali_autoinvest.csv":               {Rows: 2, Held: 2}, // 5/1/2022: which is the month?
	"dali_beth_eth.csv":                 {Rows: 1, Events: 1},
}

func TestSamples(t *testing.T) {
	t.Parallel()
	testkit.Tallies(t, Formats(), "binance", "*", tallies)
}

// history writes rows as a file of the second layout.
func history(rows []string) string {
	return "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n" + strings.Join(rows, "\n") + "\n"
}

// facts are what must not depend on the order of rows: all events in their
// order, without lines, and how many rows ended how.
func facts(c *statement.Collector) string {
	var b strings.Builder
	for i := range c.Events {
		e := c.Events[i]
		e.Origin = ledger.Origin{}
		m := *e.Extra()
		m.Lines = nil
		e.More = nil
		fmt.Fprintf(&b, "%v %v\n", e, m)
	}
	fmt.Fprintf(&b, "%+v", c.Tally)
	return b.String()
}

var (
	someWords = []string{
		"Buy", "Sell", "Fee", "Transaction Buy", "Transaction Spend", "Transaction Sold", "Transaction Revenue", "Transaction Related",
		"Deposit", "Withdraw", "Referral Kickback", "Binance Convert", "C2C Transfer", "Savings distribution", "Buy Crypto", "Foo",
	}
	someCoins = []string{"BTC", "USDT", "BNB", "EUR", "LDBTC"}
)

// aRow draws a row in one of few seconds, so that rows meet.
func aRow(t *rapid.T) string {
	return fmt.Sprintf("%d,2021-05-29 17:07:%02d,%s,%s,%s,%s%d,%s",
		rapid.IntRange(1, 2).Draw(t, "user"), rapid.IntRange(20, 23).Draw(t, "second"),
		rapid.SampledFrom([]string{"Spot", "SPOT", "Funding"}).Draw(t, "account"),
		rapid.SampledFrom(someWords).Draw(t, "word"), rapid.SampledFrom(someCoins).Draw(t, "coin"),
		rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign"), rapid.IntRange(0, 3).Draw(t, "amount"),
		rapid.SampledFrom([]string{"", "", "order 1", "order 2"}).Draw(t, "remark"))
}

// orderOfRows says that the order of rows does not matter.
func orderOfRows(t *rapid.T) {
	rows := rapid.SliceOfN(rapid.Custom(aRow), 1, 12).Draw(t, "rows")
	other := rapid.Permutation(rows).Draw(t, "other")
	a := testkit.Statement(t, Formats(), history(rows))
	b := testkit.Statement(t, Formats(), history(other))
	if x, y := facts(a), facts(b); x != y {
		t.Fatalf("the order of rows matters:\n%s\n\n%s", x, y)
	}
	testkit.Sound(t, a)
	testkit.Unlike(t, a)
}

func TestOrderOfRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, orderOfRows)
}

func FuzzOrderOfRows(f *testing.F) { f.Fuzz(rapid.MakeFuzz(orderOfRows)) }

func FuzzParse(f *testing.F) {
	for _, head := range headers {
		f.Add(head, "1,2021-05-29 17:07:20,Spot,Buy,BTC,0.1,\n1,2021-05-29 17:07:20,Spot,Buy,USDT,-1,\n")
		f.Add(head, "21-05-29 17:07:20,ETH,x,1,0.1,Completed,,,,Completed\n5/1/2022 14:00,ETH,1 USDT,--,1 ETH,,Success\n")
	}
	f.Fuzz(func(t *testing.T, head, body string) {
		if !slices.Contains(headers, head) {
			head = headers[len(head)%len(headers)]
		}
		c := testkit.Statement(t, Formats(), head+"\n"+body)
		testkit.Sound(t, c)
		testkit.Unlike(t, c)
	})
}

// headers are the layouts.
var headers = []string{
	"UTC_Time,Account,Operation,Coin,Change,Remark",
	"User_ID,UTC_Time,Account,Operation,Coin,Change,Remark",
	"User ID,Time,Account,Operation,Coin,Change,Remark",
	"Date(UTC),Coin,Network,Amount,TransactionFee,Address,TXID,SourceAddress,PaymentID,Status",
	"Date(UTC+0),Coin,Network,Amount,Fee,Address,TXID,Status",
	"Date(UTC+0),Coin,Network,Amount,Address,TXID,Status",
	"Date(UTC),Coin,Token,Amount,Status",
	"Auto-Invest Date(UTC),Holding Coin,Amount per period,Trading Fee,Units,From,Status",
}
