package statement_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

func some(amount, asset string) statement.Quantity {
	return statement.Quantity{Amount: money.MustParse(amount), Asset: asset}
}

// at is an instant of 2024.
func at(day int) ledger.Instant {
	return ledger.InstantOf(time.Date(2024, time.May, day, 10, 0, 0, 0, time.UTC))
}

func deposit(day int, id string) statement.Entry {
	return statement.Entry{ID: id, At: at(day), Type: statement.Deposit, Received: some("1", "BTC")}
}

// TestOutcomes: every row has one outcome, rows that belong together share
// theirs, and a fault of one entry holds them all.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	good, bad := deposit(1, "a"), statement.Entry{ID: "b", At: at(1), Type: statement.Deposit, Received: some("-1", "BTC")}
	for name, c := range map[string]struct {
		rows int
		do   func(c *statement.Collector)
		want string
	}{
		"one_row": {1, func(c *statement.Collector) { c.Add(&good, 2) }, `rows 1 = events 1 + merged 0 + duplicate 0 + ignored 0 + held 0
			2 2024-05-01T10:00:00Z deposit 1 BTC account=Venue`},
		"rows_of_one_event": {3, func(c *statement.Collector) { c.Add(&good, 2, 3, 4) }, `rows 3 = events 1 + merged 2 + duplicate 0 + ignored 0 + held 0
			2 2024-05-01T10:00:00Z deposit 1 BTC account=Venue rows=3`},
		"a_faulty_entry_holds_its_rows": {2, func(c *statement.Collector) { c.Add(&bad, 2, 3) }, `rows 2 = events 0 + merged 0 + duplicate 0 + ignored 0 + held 2
			held line 2, received_amount: amount is negative; the direction follows from the column
			held line 3, received_amount: belongs to line 2: amount is negative; the direction follows from the column`},
		"several_events_of_the_same_rows": {2, func(c *statement.Collector) {
			c.AddAll([]statement.Entry{good, deposit(1, "a")}, 2, 3)
		}, `rows 2 = events 1 + merged 1 + duplicate 0 + ignored 0 + held 0
			2 2024-05-01T10:00:00Z deposit 1 BTC account=Venue rows=2
			2 2024-05-01T10:00:00Z deposit 1 BTC account=Venue rows=0`},
		"one_of_several_is_faulty": {1, func(c *statement.Collector) { c.AddAll([]statement.Entry{good, bad}, 2) }, `rows 1 = events 0 + merged 0 + duplicate 0 + ignored 0 + held 1
			held line 2, received_amount: amount is negative; the direction follows from the column`},
		"left_out_merged_and_held": {5, func(c *statement.Collector) {
			c.Ignore(2, "cancelled")
			c.Ignore(3, "cancelled")
			c.Merge(4)
			c.HoldErr(5, "Type", errors.New("why"))
			c.Skip()
		}, `rows 4 = events 0 + merged 1 + duplicate 0 + ignored 2 + held 1
			ignored 2: cancelled
			held line 5, Type: why`},
	} {
		c1 := statement.NewCollector("Venue")
		c1.Given(c.rows)
		c.do(c1)
		if err := c1.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := strings.TrimSpace(testkit.Dump(c1))
		if want := strings.ReplaceAll(c.want, "\t", ""); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
		if len(c1.Events) == 2 && c1.Events[0].ID == c1.Events[1].ID {
			t.Errorf("%s: two events with one id", name)
		}
	}
}

// TestLostRows: a format that forgets a row, or tells of one twice, is found
// out.
func TestLostRows(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(c *statement.Collector){
		"forgotten": func(*statement.Collector) {},
		"twice":     func(c *statement.Collector) { c.Ignore(1, "x"); c.Skip() },
	} {
		c := statement.NewCollector("")
		c.Given(1)
		do(c)
		if err := c.Check(); !errors.Is(err, statement.ErrRowLost) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// entry draws one with few values.
func entry(t *rapid.T) statement.Entry {
	pick := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
	e := statement.Entry{
		At: at(rapid.IntRange(1, 2).Draw(t, "day")), Type: statement.Trade, Account: pick("account", "", "A", "B"),
		Received: some(pick("units", "1", "2"), pick("asset", "BTC", "ETH")), Sent: some(pick("price", "1", "2"), "GBP"),
		Label: pick("label", "", "x"), TxHash: pick("hash", "", "ab"),
	}
	if rapid.Bool().Draw(t, "fee") {
		e.Fee = some("1", pick("fee", "GBP", "BNB"))
	}
	if rapid.Bool().Draw(t, "value") {
		e.Value = some(pick("worth", "3", "4"), "EUR")
	}
	e.DateOnly = rapid.Bool().Draw(t, "date only")
	return e
}

// identities: an entry has the same id in every file, whatever stands around
// it; entries that differ in anything have different ids, and of n equal ones
// each has its own.
func identities(t *rapid.T) {
	entries := make([]statement.Entry, rapid.IntRange(1, 8).Draw(t, "entries"))
	for i := range entries {
		entries[i] = entry(t)
	}
	collect := func(list []statement.Entry) []ledger.Event {
		c := statement.NewCollector("Venue")
		c.Tax = ledger.NewCalendar(time.UTC)
		for i := range list {
			e := list[i]
			c.Add(&e, i+1)
		}
		if len(c.Held) > 0 {
			t.Fatalf("held: %+v", c.Held)
		}
		return c.Events
	}
	ids := func(events []ledger.Event) []string {
		out := make([]string, len(events))
		for i := range events {
			out[i] = events[i].ID.String()
		}
		slices.Sort(out)
		return out
	}
	all := collect(entries)
	got := ids(all)
	if len(slices.Compact(slices.Clone(got))) != len(entries) {
		t.Fatalf("%d ids for %d entries", len(slices.Compact(got)), len(entries))
	}
	if other := ids(collect(rapid.Permutation(entries).Draw(t, "order"))); !slices.Equal(got, other) {
		t.Fatalf("another order gives other ids:\n%v\n%v", got, other)
	}
	k := rapid.IntRange(0, len(entries)-1).Draw(t, "alone")
	alone := collect(entries[k : k+1])[0]
	same := slices.IndexFunc(all, func(e ledger.Event) bool { return e.ID == alone.ID })
	if same < 0 || !ledger.SameContent(&all[same], &alone) {
		t.Fatalf("entry %d has another id alone", k)
	}
}

func TestIdentities(t *testing.T) { t.Parallel(); rapid.Check(t, identities) }
func FuzzIdentities(f *testing.F) { f.Fuzz(rapid.MakeFuzz(identities)) }

// TestIDs: the source's own id names an event in its account; an id that our
// exports wrote is the identity itself; a bare date is the same in every zone.
func TestIDs(t *testing.T) {
	t.Parallel()
	id := func(e statement.Entry, zone string) ledger.ID {
		c := statement.NewCollector("Venue")
		c.Tax = ledger.NewCalendar(testkit.Zone(t, zone))
		if e.DateOnly {
			e.At = c.Tax.Midnight(ledger.NewDate(2024, time.May, 1))
		}
		c.Add(&e, 1)
		return c.Events[0].ID
	}
	one, moved := deposit(1, "a"), deposit(2, "a")
	other := deposit(1, "a")
	other.Account = "Vault"
	if id(one, "UTC") != id(moved, "UTC") || id(one, "UTC") == id(other, "UTC") || id(one, "UTC") == id(deposit(1, ""), "UTC") {
		t.Error("an id names an event in its account, whatever it says")
	}
	bare := statement.Entry{DateOnly: true, Type: statement.Deposit, Received: some("1", "BTC")}
	if id(bare, "Asia/Tokyo") != id(bare, "America/New_York") {
		t.Error("a bare date has another id in another zone")
	}
	written := statement.FormatTx(id(one, "UTC"))
	tx, ok := statement.ParseTx(written)
	if !ok || tx != id(one, "UTC") {
		t.Errorf("%s is read as %s", written, tx)
	}
	again := deposit(5, written)
	if again.Tx, _ = statement.ParseTx(again.ID); id(again, "UTC") != tx {
		t.Error("our own export gives another id")
	}
	for _, s := range []string{"", "tx:", "tx:12", written + "0", "TX" + written[2:], written[:len(written)-1] + "g"} {
		if _, ok := statement.ParseTx(s); ok {
			t.Errorf("%q is taken for an identity", s)
		}
	}
}

// TestAmounts: money with more than 18 decimals is rounded and counted; units
// are not.
func TestAmounts(t *testing.T) {
	t.Parallel()
	c := statement.NewCollector("Venue")
	fiat, _, err := c.Amount(statement.Numbers{}, "3343.1149999999999999999", "GBP")
	if err != nil || fiat.String() != "3343.115" || c.Rounded != 1 {
		t.Errorf("%s, %v, rounded %d", fiat, err, c.Rounded)
	}
	if _, _, err := c.Amount(statement.Numbers{}, "0.0000000000000000001", "BTC"); !errors.Is(err, statement.ErrDecimals) {
		t.Errorf("units beyond 18 decimals: %v", err)
	}
	if c.Rounded != 1 {
		t.Errorf("rounded %d", c.Rounded)
	}
}
