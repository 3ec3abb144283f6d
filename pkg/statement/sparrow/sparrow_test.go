package sparrow_test

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
	"github.com/ledgersys/ledgersys/pkg/statement/sparrow"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, sparrow.Formats())
}

// Local times need a zone, times in UTC do not.
func TestZones(t *testing.T) {
	t.Parallel()
	berlin := testkit.Zone(t, "Europe/Berlin")
	tests := []struct {
		name, date string
		zone       *time.Location
		want       string // of the instant, or of the reason
	}{
		{"utc_needs_no_zone", "Date (UTC)", nil, "2024-07-01T09:00:00Z"},
		{"utc_keeps_to_utc", "Date (UTC)", berlin, "2024-07-01T09:00:00Z"},
		{"local_time_in_the_zone_given", "Date", berlin, "2024-07-01T07:00:00Z"},
		{"local_time_without_zone_is_held", "Date", nil, statement.ErrNoZone.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := read(t, tt.zone, [][]string{{tt.date, "Label", "Value", "Balance", "Txid"}, {"2024-07-01 09:00:00", "", "5", "5", "aa"}})
			got := ""
			if len(c.Events) == 1 {
				got = string(c.Events[0].At.AppendTo(nil))
			} else if len(c.Held) == 1 {
				got = c.Held[0].Reason
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// The transaction between two wallets of one owner is two events, and the same
// transaction in two exports of one wallet is one, whatever money it was worth.
func TestIdentity(t *testing.T) {
	t.Parallel()
	head := []string{"Date (UTC)", "Label", "Value", "Balance", "Fee", "Value (EUR)", "Txid"}
	from := read(t, nil, [][]string{head, {"2024-07-01 09:00:00", "", "-0.00100100", "0.00000000", "0.00000100", "-60.00", "aa"}})
	to := read(t, nil, [][]string{head, {"2024-07-01 09:00:00", "", "0.00100000", "0.00100000", "", "59.94", "aa"}})
	again := read(t, nil, [][]string{
		{"Date (UTC)", "Label", "Value (sats)", "Balance (sats)", "Fee (sats)", "Value (USD)", "Txid"},
		{"2024-07-01 09:00:00", "named since", "100000", "100000", "", "64.90", "aa"},
	})
	a, b, c := from.Events[0].ID, to.Events[0].ID, again.Events[0].ID
	if a == b || b != c {
		t.Errorf("ids: sent %s, received %s, received in a later export %s", a, b, c)
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	testkit.Tallies(t, sparrow.Formats(), "sparrow", "*.csv", map[string]statement.Tally{
		"sirop_btc.csv":           {Rows: 4, Events: 3, Ignored: 1},
		"sirop_decimal_comma.csv": {Rows: 2, Events: 2},
		"sirop_fiat_column.csv":   {Rows: 2, Events: 2},
		"sirop_sats.csv":          {Rows: 3, Events: 3},
	})
}

// balance says that the events add up to the last balance, and that the unit
// and the decimal sign of the file change nothing but its text.
func balance(t *rapid.T) {
	type step struct{ value, fee int64 }
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		v := rapid.Int64Range(-50_000_000, 100_000_000).Draw(t, "value")
		if v >= 0 {
			return step{v, 0}
		}
		return step{v, rapid.Int64Range(0, -v).Draw(t, "fee")}
	}), 1, 15).Draw(t, "steps")
	btc := func(n int64) string {
		sign := ""
		if n < 0 {
			sign, n = "-", -n
		}
		return fmt.Sprintf("%s%d.%08d", sign, n/100_000_000, n%100_000_000)
	}
	comma := func(n int64) string { return strings.Replace(btc(n), ".", ",", 1) }
	sats := func(n int64) string { return fmt.Sprint(n) }
	var dumps []string
	for _, write := range []func(int64) string{btc, comma, sats} {
		table := [][]string{{"Date (UTC)", "Label", "Value", "Balance", "Fee", "Txid"}}
		sum := int64(0)
		for i, s := range steps {
			sum += s.value
			fee := ""
			if s.fee > 0 {
				fee = write(s.fee)
			}
			table = append(table, []string{fmt.Sprintf("2024-01-01 00:00:%02d", i), "", write(s.value), write(sum), fee, fmt.Sprintf("%064x", i)})
		}
		c := read(t, nil, table)
		if got, want := held(c.Events), money.FromInt(sum).Mul(money.MustParse("0.00000001")); !got.Equal(want) || c.Tally.Held > 0 {
			t.Fatalf("holding %s, balance %s:\n%v\n%s", got, want, table, testkit.Dump(c))
		}
		dumps = append(dumps, testkit.Dump(c))
	}
	if dumps[0] != dumps[1] || dumps[0] != dumps[2] {
		t.Fatalf("the same wallet in bitcoin, with commas and in satoshi:\n%s\n%s\n%s", dumps[0], dumps[1], dumps[2])
	}
}

// held is what the events leave in the wallet.
func held(events []ledger.Event) money.Amount {
	var sum money.Amount
	for i := range events {
		e := &events[i]
		if e.Kind == ledger.KindDeposit {
			sum = sum.Add(e.Amount)
		} else {
			sum = sum.Sub(e.Amount).Sub(e.Extra().FeeAmount)
		}
	}
	return sum
}

func TestBalance(t *testing.T) { t.Parallel(); rapid.Check(t, balance) }

func FuzzBalance(f *testing.F) { f.Fuzz(rapid.MakeFuzz(balance)) }

// FuzzParse reads any text behind each header.
func FuzzParse(f *testing.F) {
	f.Add("2026-02-02 09:00:00,x,-0.00200400,0.00799600,0.00000400,-160.32,aa\n\n# Historical EUR values")
	f.Add("2026-02-02 09:00:00,x,\"-1.000,00200400\",0,0,\"1.000,2\",aa\nUnconfirmed,,1,1,,,")
	f.Add("2026-02-02 09:00,x,1,2,3\n2026-02-02,x,-99999999999999999999,2,3,4,5")
	f.Fuzz(func(t *testing.T, text string) {
		for _, header := range []string{
			"Date (UTC),Label,Value (BTC),Balance (BTC),Fee (BTC),Value (EUR),Txid\n",
			"Date (UTC),Label,Value,Balance,Fee,Value (EUR),Txid\n", "Date,Label,Value,Balance,Txid\n",
		} {
			c := testkit.Statement(t, sparrow.Formats(), header+text)
			testkit.Sound(t, c)
		}
	})
}

// read reads a table whose first row is the header.
func read(t testkit.Reader, zone *time.Location, table [][]string) *statement.Collector {
	t.Helper()
	return testkit.Collect(t, sparrow.Formats(), testkit.Table(strings.Join(table[0], ","), table[1:]...), zone)
}
