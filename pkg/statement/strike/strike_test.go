package strike_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
	"github.com/ledgersys/ledgersys/pkg/statement/strike"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, strike.Formats())
}

const annual = "Reference,Date & Time (UTC),Transaction Type,Amount USD,Fee USD,Amount BTC,Fee BTC,BTC Price,Cost Basis (USD),Destination,Description,Transaction Hash,Note\n"

// The same payment in two layouts is the same event: their ids meet.
func TestOneEventInTwoLayouts(t *testing.T) {
	t.Parallel()
	a := testkit.Statement(t, strike.Formats(), annual+
		"r-1,Jun 03 2026 13:00:35,Purchase,-500.00,5.00,0.00707143,,70000.00,500.00,,,,\n")
	b := testkit.Statement(t, strike.Formats(), "Transaction ID,Time (UTC),Status,Transaction Type,Amount USD,Fee USD,Amount BTC,Fee BTC,Description,Exchange Rate,Transaction Hash\n"+
		"r-1,Jun 03 2026 13:00:35,Completed,Purchase,-500.00,5.00,0.00707143,,,70000.00,\n")
	if a.Events[0].ID != b.Events[0].ID {
		t.Errorf("ids %s and %s of one purchase", a.Events[0].ID, b.Events[0].ID)
	}
}

// A reference that names two payments is no identity, and both count; a row
// that stands twice keeps its identity, so that it counts once.
func TestRepeatedReference(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, rows string
		events     int
		same       bool
	}{
		{"two_receipts", "r-1,Jun 03 2026 13:00:35,Receive,,,0.001,,,,,,,\nr-1,Jun 04 2026 13:00:35,Receive,,,0.002,,,,,,,\n", 2, false},
		{"one_receipt_twice", "r-1,Jun 03 2026 13:00:35,Receive,,,0.001,,,,,,,\nr-1,Jun 03 2026 13:00:35,Receive,,,0.001,,,,,,,\n", 2, true},
		{"one_purchase_twice", "r-1,Jun 03 2026 13:00:35,Buy,-5,,0.001,,,,,,,\nr-1,Jun 03 2026 13:00:35,Buy,-5,,0.001,,,,,,,\n", 2, true},
		{"sale_and_payment", "r-1,Jun 03 2026 13:00:35,Sale,50,,-0.001,,50000,,,,,\nr-1,Jun 03 2026 13:00:35,Withdrawal,-50,,,,,,,,,\n", 2, false},
		{
			"order_with_a_row_twice", "r-1,Jun 03 2026 13:00:35,Buy,-50,,,,50000,,,,,\nr-1,Jun 03 2026 13:00:35,Buy,-50,,,,50000,,,,,\n" +
				"r-1,Jun 04 2026 13:00:35,Buy,,,0.001,,50000,,,,,\n", 1, false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := testkit.Statement(t, strike.Formats(), annual+tt.rows)
			if len(c.Events) != tt.events || tt.events == 2 && (c.Events[0].ID == c.Events[1].ID) != tt.same {
				t.Error(testkit.Dump(c))
			}
		})
	}
}

func TestDetectsHeaderOnly(t *testing.T) {
	t.Parallel()
	if c := testkit.Statement(t, strike.Formats(), "\ufeff"+annual); c.Tally.Rows != 0 {
		t.Errorf("a file without rows has %d", c.Tally.Rows)
	}
}

// TestSamples pins what becomes of the sample files that may stand next to the
// repository.
func TestSamples(t *testing.T) {
	t.Parallel()
	testkit.Tallies(t, strike.Formats(), "strike", "*.csv", map[string]statement.Tally{
		"btcsteuertool_strike_2024_eur.csv": {Rows: 2, Events: 2},
		"synthetic_annual.csv":              {Rows: 4, Events: 4},
	})
}

// row is a drawn row and what it does to the bitcoin in the account.
type row struct {
	text string
	btc  int64 // satoshi, signed
}

func rows(t *rapid.T) []row {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) row {
		sat := rapid.Int64Range(10_000, 100_000_000).Draw(t, "sat")
		fee := rapid.Int64Range(0, 5_000).Draw(t, "fee")
		day := rapid.IntRange(1, 28).Draw(t, "day")
		id := rapid.StringMatching("[a-z]{8}").Draw(t, "id")
		btc := func(n int64) string { return coins(n).String() }
		usd := coins(sat).Mul(money.FromInt(50_000)).Round(2, money.HalfEven)
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			return row{fmt.Sprintf("%s,Mar %02d 2025 10:00:00,Purchase,-%s,,%s,,50000,,,,,\n", id, day, usd, btc(sat)), sat}
		case 1:
			return row{fmt.Sprintf("%s,Mar %02d 2025 10:00:00,Sale,%s,,-%s,,50000,,,,,\n", id, day, usd, btc(sat)), -sat}
		case 2:
			return row{fmt.Sprintf("%s,Mar %02d 2025 10:00:00,Send,,,-%s,%s,,,,,,\n", id, day, btc(sat), btc(fee)), -sat}
		}
		return row{fmt.Sprintf("%s,Mar %02d 2025 10:00:00,Receive,,,%s,,,,,,,\n", id, day, btc(sat)), sat}
	}), 0, 20).Draw(t, "rows")
}

func coins(sat int64) money.Amount { return money.FromInt(sat).Mul(money.MustParse("0.00000001")) }

// conserve says that the events change the holding by exactly the signed
// amounts of the file, and that the order of its rows does not change them.
func conserve(t *rapid.T) {
	drawn := rows(t)
	text, sum := annual, int64(0)
	for _, r := range drawn {
		text, sum = text+r.text, sum+r.btc
	}
	c := testkit.Statement(t, strike.Formats(), text)
	if c.Tally.Events != len(drawn) || !change(c.Events).Equal(coins(sum)) {
		t.Fatalf("%d events change the holding by %s, the file says %s:\n%s\n%s", c.Tally.Events, change(c.Events), coins(sum), text, testkit.Dump(c))
	}
	slices.Reverse(drawn)
	turned := annual
	for _, r := range drawn {
		turned += r.text
	}
	if a, b := ids(c.Events), ids(testkit.Statement(t, strike.Formats(), turned).Events); !maps.Equal(a, b) {
		t.Fatalf("another order of rows gives other events: %v, %v", a, b)
	}
}

func TestConserve(t *testing.T) { t.Parallel(); rapid.Check(t, conserve) }

func FuzzConserve(f *testing.F) { f.Fuzz(rapid.MakeFuzz(conserve)) }

// change is what events do to the bitcoin that is held.
func change(events []ledger.Event) money.Amount {
	var sum money.Amount
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case ledger.KindBuy, ledger.KindDeposit:
			sum = sum.Add(e.Amount)
		default:
			sum = sum.Sub(e.Amount)
		}
		sum = sum.Sub(e.Extra().FeeAmount)
	}
	return sum
}

func ids(events []ledger.Event) map[ledger.ID]int {
	m := make(map[ledger.ID]int)
	for i := range events {
		m[events[i].ID]++
	}
	return m
}

// FuzzParse reads any text behind each header.
func FuzzParse(f *testing.F) {
	headers := []string{
		annual,
		"Transaction ID,Time (UTC),Status,Transaction Type,Amount USD,Fee USD,Amount BTC,Fee BTC,Description,Exchange Rate,Transaction Hash\n",
		"Transaction ID,Initiated Time (UTC),Completed Time (UTC),Transaction Type,State,Amount 1,Currency 1,Amount 2,Currency 2,BTC Price,Balance 1,Currency 1,Balance - BTC,Destination,Description\n",
		"Transaction ID,Initiated Date (UTC),Initiated Time (UTC),Completed Time (UTC),Completed Time (UTC),Transaction Type,State,Amount 1,Currency 1,Fee 1,Amount 2,Currency 2,Fee 2,BTC Price\n",
	}
	f.Add("r,Mar 03 2025 08:00:00,Purchase,-100.00,1.00,0.00125,,80000,,,,,\nr,Mar 04 2025 08:00:00,Purchase,100,,,,,,,,,")
	f.Add("r,Mar 03 2025 08:00:00,Completed,Send,25,0.1,-99999999999,0.5,,1e9,h")
	f.Add("r,Jan 04 2022 00:41:58,,Trade,Completed,-10.00,USD,0.000215,BTC,46511")
	f.Add("r,Jan 04 2022,00:41:58,,,Lightning,Completed,-10.00,USD,,0.000215,BTC,1,46511")
	f.Fuzz(func(t *testing.T, text string) {
		for _, header := range headers {
			c := testkit.Statement(t, strike.Formats(), header+text)
			testkit.Sound(t, c)
		}
	})
}
