package bitstamp

import (
	"slices"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, Formats())
}

func TestEveryWordIsComplete(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Deposit", "Withdrawal", "Market", "Staking reward", "Ripple deposit", "Ripple payment", "Sub Account Transfer",
	} {
		if words[statement.Fold(name)].Class == statement.ClassUnknown {
			t.Errorf("%s: no such word", name)
		}
	}
	for name, w := range words {
		switch {
		case name != statement.Fold(name):
			t.Errorf("%s: not in comparable form", name)
		case (w.Class == statement.ClassInternal || w.Class == statement.ClassReview) && w.Why == "":
			t.Errorf("%s: no reason", name)
		case w.Class == statement.ClassIncome && w.Label == "":
			t.Errorf("%s: income without a label", name)
		}
	}
}

// collect reads rows of the older layout in a zone.
func collect(t *testing.T, zone string) *statement.Collector {
	t.Helper()
	rows := []statement.Row{
		{Line: 1, Cells: strings.Split("Type,Datetime,Account,Amount,Value,Rate,Fee,Sub Type", ",")},
		{Line: 2, Cells: []string{"Deposit", "Mar. 31, 2019, 02:30 AM", "Main Account", "1 BTC", "", "", "", ""}},
		{Line: 3, Cells: []string{"Deposit", "Jul. 01, 2019, 02:30 AM", "Main Account", "1 BTC", "", "", "", ""}},
	}
	f, head := statement.Detect(Formats(), rows)
	if f == nil || f.Zone != "" || f.ZoneInFile {
		t.Fatalf("the older layout states no zone: %+v", f)
	}
	s := statement.Source{Format: f, Header: rows[head], Rows: slices.Values(rows[head+1:])}
	if zone != "" {
		s.Zone = testkit.Zone(t, zone)
	}
	c := statement.NewCollector(f.Venue)
	if err := statement.Collect(s, c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOldTimesNeedAZone(t *testing.T) {
	t.Parallel()
	none := collect(t, "")
	if none.Tally.Held != 2 || none.Held[0].Reason != statement.ErrNoZone.Error() || none.Held[0].Column != "Datetime" {
		t.Errorf("without a zone: %+v %+v", none.Tally, none.Held)
	}
	local := collect(t, "Europe/Ljubljana")
	if local.Tally.Held != 1 || local.Held[0].Reason != statement.ErrNever.Error() {
		t.Errorf("half past two did not happen on that day: %+v %+v", local.Tally, local.Held)
	}
	if got := string(local.Events[0].At.AppendTo(nil)); got != "2019-07-01T00:30:00Z" {
		t.Errorf("time %s", got)
	}
}

// TestSamples pins what becomes of the rows of the sample files that may stand
// beside the repository; so far there is none.
func TestSamples(t *testing.T) {
	t.Parallel()
	testkit.Tallies(t, Formats(), "bitstamp", "*.csv", nil)
}

func FuzzParse(f *testing.F) {
	const (
		older = "Type,Datetime,Account,Amount,Value,Rate,Fee,Sub Type\n"
		newer = "ID,Account,Type,Subtype,Datetime,Amount,Amount currency,Value,Value currency,Rate,Rate currency,Fee,Fee currency,Order ID\n"
	)
	f.Add(true, "Market,\"Feb. 02, 2022, 03:32 PM\",Main Account,0.01 BTC,380.00 EUR,38000.00 EUR,1.90 EUR,Buy\n")
	f.Add(false, "2,Main Account,Market,Sell,2024-01-06T10:00:00Z,0.05,BTC,2000.00,EUR,40000.00,EUR,8.00,EUR,501\n")
	f.Fuzz(func(t *testing.T, old bool, body string) {
		head := newer
		if old {
			head = older
		}
		c := testkit.Statement(t, Formats(), head+body)
		testkit.Sound(t, c)
	})
}
