package koinly_test

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
	"github.com/ledgersys/ledgersys/pkg/statement/koinly"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, koinly.Formats())
}

const universal = "Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,Net Worth Amount,Net Worth Currency,Label,Description,TxHash"

// A comma before three digits is a group in a file that shows points, decimals
// in a file that shows commas, and held in one that shows neither.
func TestDecimalSign(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, other, cell, want string
	}{
		{"group_beside_points", "0.5", "1,234", "1234"},
		{"decimals_beside_commas", "0,5", "1,234", "1.234"},
		{"nothing_beside_it", "1", "1,234", ""},
		{"both_beside_it", "0,5x0.5", "1,234", ""},
		{"a_point_is_the_usual_sign", "1", "1.234", "1.234"},
		{"a_point_beside_commas_is_a_group", "0,5", "1.234", "1234"},
		{"zero_before_the_comma", "1", "0,234", "0.234"},
		{"four_digits_before_the_comma", "1", "1234,567", "1234.567"},
		{"two_groups", "1", "1,234,567", "1234567"},
		{"groups_and_decimals", "1", "1.234.567,25", "1234567.25"},
		{"exponent", "1", "5e-05", "0.00005"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rows := [][]string{{"2024-01-01 10:00:00", "", "", tt.cell, "BTC"}}
			for _, other := range strings.Split(tt.other, "x") {
				rows = append(rows, []string{"2024-01-01 10:00:00", "", "", other, "ETH"})
			}
			got := ""
			for _, e := range testkit.Collect(t, koinly.Formats(), testkit.Table(universal, rows...), time.UTC).Events {
				if e.Asset == "BTC" {
					got = e.Amount.String()
				}
			}
			if got != tt.want {
				t.Errorf("%s is read as %q, want %q", tt.cell, got, tt.want)
			}
		})
	}
}

// There is no sample of Koinly's own files; the columns of the sample folder
// that look like it must not be taken for one.
func TestKnowsItsOwn(t *testing.T) {
	t.Parallel()
	for _, header := range []string{
		"Date,Type,Sent Amount", "Koinly Date,Pair,Side,Amount,Total,Fee Amount,Fee Currency,Order ID,Trade ID",
		"Date,Received Quantity,Received Currency,Sent Quantity,Sent Currency,Fee Amount,Fee Currency,Tag",
	} {
		row := statement.Row{Line: 1, Cells: strings.Split(header, ",")}
		if f, _ := statement.Detect(koinly.Formats(), []statement.Row{row}); f != nil {
			t.Errorf("%s takes %s", f.Name, header)
		}
	}
}

// conserve says that the events change each holding by what was received less
// what was sent and the fees, and that the decimal sign does not change them.
func conserve(t *rapid.T) {
	assets := []string{"BTC", "ETH", "EUR", "USDC"}
	amount := rapid.Custom(func(t *rapid.T) int64 { return rapid.Int64Range(1, 100_000_000).Draw(t, "sat") })
	want := make(map[string]money.Amount)
	add := func(asset string, n int64) { want[asset] = want[asset].Add(coins(n)) }
	type cell struct {
		n     int64
		asset string
	}
	var drawn [][3]cell
	for range rapid.IntRange(1, 12).Draw(t, "rows") {
		var c [3]cell
		shape := rapid.IntRange(1, 3).Draw(t, "shape")
		order := rapid.Permutation(assets).Draw(t, "assets")
		if shape&1 != 0 {
			c[0] = cell{amount.Draw(t, "sent"), order[0]}
			add(order[0], -c[0].n)
		}
		if shape&2 != 0 {
			c[1] = cell{amount.Draw(t, "received"), order[1]}
			add(order[1], c[1].n)
		}
		if rapid.Bool().Draw(t, "fee") {
			c[2] = cell{amount.Draw(t, "fee"), rapid.SampledFrom(order).Draw(t, "fee asset")}
			add(c[2].asset, -c[2].n)
		}
		drawn = append(drawn, c)
	}
	var dumps []string
	for _, sign := range []string{".", ","} {
		var rows [][]string
		for _, c := range drawn {
			row := []string{"2024-01-01 10:00:00"}
			for _, x := range c {
				text := ""
				if x.n > 0 {
					text = fmt.Sprintf("%d%s%08d", x.n/100_000_000, sign, x.n%100_000_000)
				}
				row = append(row, text, x.asset)
			}
			rows = append(rows, row)
		}
		c := testkit.Collect(t, koinly.Formats(), testkit.Table(universal, rows...), time.UTC)
		for _, asset := range []string{"BTC", "ETH", "USDC"} {
			if got := held(c.Events, asset); !got.Equal(want[asset]) || c.Tally.Held > 0 {
				t.Fatalf("%s changes by %s, the file says %s:\n%v\n%s", asset, got, want[asset], rows, testkit.Dump(c))
			}
		}
		dumps = append(dumps, testkit.Dump(c))
	}
	if dumps[0] != dumps[1] {
		t.Fatalf("with points and with commas:\n%s\n%s", dumps[0], dumps[1])
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
			case ledger.KindBuy, ledger.KindDeposit:
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
	headers := []string{
		universal, "Koinly Date,Amount,Currency,Label,TxHash,Net Worth Amount,Net Worth Currency",
		"Date,Type,Tag,Sending Wallet,Sent Amount,Sent Currency,Receiving Wallet,Received Amount,Received Currency,Fee Amount,Fee Currency,Net Value (EUR),Fee Value (EUR)",
		"ID (read-only),Date (UTC),Type,Tag,From Wallet (read-only),From Amount,From Currency,To Wallet (read-only),To Amount,To Currency,Fee Amount,Fee Currency,Net Value (read-only),Value Currency (read-only)",
	}
	f.Add("2024-03-01 10:00:00 UTC,1000.00,EUR,0.02,BTC,2.50,EUR,1,USD,,first coins,hash")
	f.Add("2024-03-01,-1,BTC,gift,h,\"1.234,5\",EUR")
	f.Add("2024-03-01 10:00,transfer,,A,1,BTC,B,0.9,BTC,0.1,BTC,5,1\n2024-03-01 10:00,buy,,A,1,EUR,B,0.9,BTC,0.1,BTC,5,1")
	f.Add("id,2024-03-01 10:00:00,trade,dust,A;a,1e18,BTC;1,B;b,1e18,ETH;2,1e18,BTC;1,5,USD;10")
	f.Fuzz(func(t *testing.T, text string) {
		for _, header := range headers {
			c := testkit.Statement(t, koinly.Formats(), header+"\n"+text)
			testkit.Sound(t, c)
		}
	})
}
