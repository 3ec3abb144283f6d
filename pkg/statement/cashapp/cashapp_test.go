package cashapp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
	"github.com/ledgersys/ledgersys/pkg/statement/cashapp"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, cashapp.Formats())
}

const header = "Date,Transaction ID,Transaction Type,Currency,Amount,Fee,Net Amount,Asset Type,Asset Price,Asset Amount,Status,Notes\n"

// The rules of summer time in this package are those of the time zone data, in
// each hour of thirty years.
func TestSummerTime(t *testing.T) {
	t.Parallel()
	letters := map[string]string{"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
	for short, name := range letters {
		zone := testkit.Zone(t, name)
		for year := 2008; year < 2038; year++ {
			for _, month := range []time.Month{3, 7, 11} {
				var text strings.Builder
				var want []ledger.Instant
				var faults int
				for h := range 24 * 14 {
					wall := time.Date(year, month, 1, h, 30, 0, 0, time.UTC)
					fmt.Fprintf(&text, "%s %s,,Cash in,USD,$1.00,,,,,,COMPLETE,\n", wall.Format("2006-01-02 15:04:05"), short)
					at, err := statement.Local(wall, zone)
					if errors.Is(err, statement.ErrNever) || errors.Is(err, statement.ErrTwice) {
						faults++
						continue
					}
					want = append(want, at)
				}
				c := testkit.Statement(t, cashapp.Formats(), header+text.String())
				if len(c.Events) != len(want) || len(c.Held) != faults {
					t.Fatalf("%s %d-%02d: %d times and %d held, want %d and %d", name, year, month, len(c.Events), len(c.Held), len(want), faults)
				}
				for i := range want {
					if c.Events[i].At != want[i] {
						t.Fatalf("%s %d-%02d: %v, want %v", name, year, month, c.Events[i].At.Time(), want[i].Time())
					}
				}
			}
		}
	}
}

// Without letters only the user can know the zone.
func TestTimeWithoutZone(t *testing.T) {
	t.Parallel()
	f := cashapp.Formats()[0]
	rows := []statement.Row{{Line: 2, Cells: strings.Split("2025-07-09 16:29:46,,Cash in,USD,$1.00,,,,,,COMPLETE,", ",")}}
	for _, zone := range []*time.Location{nil, testkit.Zone(t, "America/Denver")} {
		c := statement.NewCollector(f.Venue)
		err := statement.Collect(statement.Source{
			Format: &f, Header: statement.Row{Line: 1, Cells: strings.Split(strings.TrimSpace(header), ",")}, Zone: zone,
			Rows: func(yield func(statement.Row) bool) { _ = yield(rows[0]) },
		}, c)
		if err != nil {
			t.Fatal(err)
		}
		if zone == nil && (len(c.Held) != 1 || c.Held[0].Reason != statement.ErrNoZone.Error()) {
			t.Errorf("no zone: %s", testkit.Dump(c))
		}
		if zone != nil && (len(c.Events) != 1 || c.Events[0].At.Time().Hour() != 22) {
			t.Errorf("Denver: %s", testkit.Dump(c))
		}
	}
}

// The same row in both orders of the columns is the same event.
func TestBothHeaderOrders(t *testing.T) {
	t.Parallel()
	a := testkit.Statement(t, cashapp.Formats(), header+"2025-07-09 16:29:46 EDT,xyz,Bitcoin Buy,USD,-$1.00,$0,-$1.00,BTC,$100000.00,0.00001,COMPLETE,\n")
	b := testkit.Statement(t, cashapp.Formats(), "Transaction ID,Date,Transaction Type,Currency,Amount,Fee,Net Amount,Asset Type,Asset Price,Asset Amount,Status,Notes,Name of sender/receiver,Account\n"+
		"xyz,2025-07-09 16:29:46 EDT,Bitcoin Buy,USD,-$1.00,$0,-$1.00,BTC,$100000.00,0.00001,COMPLETED,,,Your Cash\n")
	if a.Events[0].ID != b.Events[0].ID {
		t.Errorf("ids %s and %s of one purchase", a.Events[0].ID, b.Events[0].ID)
	}
}

// A payment and its refund have one id and are two events; a row that stands
// twice keeps its identity.
func TestRepeatedID(t *testing.T) {
	t.Parallel()
	paid := "2025-07-09 16:29:46 EDT,xyz,P2P,USD,-$1.00,$0,-$1.00,,,,PAYMENT SENT,\n"
	back := "2025-07-10 16:29:46 EDT,xyz,P2P,USD,$1.00,$0,$1.00,,,,PAYMENT REFUNDED,\n"
	c := testkit.Statement(t, cashapp.Formats(), header+paid+back)
	if len(c.Events) != 2 || c.Events[0].ID == c.Events[1].ID {
		t.Errorf("a payment and its refund: %s", testkit.Dump(c))
	}
	c = testkit.Statement(t, cashapp.Formats(), header+paid+paid)
	if len(c.Events) != 2 || c.Events[0].ID != c.Events[1].ID {
		t.Errorf("a row twice: %s", testkit.Dump(c))
	}
}

func TestSamples(t *testing.T) {
	t.Parallel()
	testkit.Tallies(t, cashapp.Formats(), "cashapp", "*.csv", map[string]statement.Tally{
		"mobius_2025_one_row.csv": {Rows: 1, Events: 1},
		"synthetic.csv":           {Rows: 3, Events: 3},
	})
}

// fee says that a trade costs the same, fee and price together, whether the
// file writes the fee inside the amount or apart from it, and with or without
// groups and brackets.
func fee(t *rapid.T) {
	cents := rapid.Int64Range(1_000, 1_000_000_000).Draw(t, "cents")
	fee := rapid.Int64Range(2, 900).Draw(t, "fee")
	sat := rapid.Int64Range(1, 2_100_000_000).Draw(t, "sat")
	dollars := func(n int64) string { return fmt.Sprintf("$%d.%02d", n/100, n%100) }
	units := money.FromInt(sat).Mul(money.MustParse("0.00000001"))
	line := func(word, sign string, amount, net int64) string {
		return fmt.Sprintf("2025-07-09 16:29:46 EDT,,%s,USD,%s%s,-%s,%s%s,BTC,,%s,COMPLETE,\n", word, sign, dollars(amount), dollars(fee), sign, dollars(net), units)
	}
	for _, text := range []string{
		line("Bitcoin Buy", "-", cents, cents+fee) + line("Bitcoin Buy", "-", cents+fee, cents+fee),
		line("Bitcoin Sale", "", cents, cents-fee) + line("Bitcoin Sale", "", cents-fee, cents-fee),
	} {
		c := testkit.Statement(t, cashapp.Formats(), header+text)
		if len(c.Events) != 2 {
			t.Fatalf("not both rows are understood:\n%s%s", text, testkit.Dump(c))
		}
		a, b := c.Events[0], c.Events[1]
		if !a.Value.Equal(b.Value) || !a.Fee.Equal(b.Fee) || !a.Amount.Equal(units) || !a.Value.Equal(money.FromInt(cents).Mul(money.MustParse("0.01"))) {
			t.Fatalf("two ways to write one trade differ:\n%s%s", text, testkit.Dump(c))
		}
	}
}

func TestFee(t *testing.T) { t.Parallel(); rapid.Check(t, fee) }

func FuzzFee(f *testing.F) { f.Fuzz(rapid.MakeFuzz(fee)) }

// FuzzParse reads any text behind the header.
func FuzzParse(f *testing.F) {
	f.Add("2025-07-09 16:29:46 EDT,,Bitcoin Buy,USD,-$48.90,-$1.10,-$50.00,BTC,$100000.00,0.000489,COMPLETE,x")
	f.Add("2025-11-02 01:30:00 EST,a,P2P,USD,($1),,,BTC,,999999999999 BTC,PAYMENT REFUNDED\n2025-03-09 02:00:00 PDT,a,Cash in,,$-1")
	f.Add("2025-07-09T16:29:46Z,,Bitcoin Sale,usd,$,-,(),btc,,−1,,")
	f.Fuzz(func(t *testing.T, text string) {
		c := testkit.Statement(t, cashapp.Formats(), header+text)
		testkit.Sound(t, c)
	})
}
