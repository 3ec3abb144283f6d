package ledgersys

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// rare are what a dump leaves out.
func rare(e *ledger.Event) string {
	m := e.Extra()
	s := ""
	if m.Acquired != 0 {
		s += " acquired=" + m.Acquired.String()
	}
	if m.DonorCost != nil {
		s += " donor_cost=" + m.DonorCost.String()
	}
	if !m.Ratio.IsZero() {
		s += " ratio=" + m.Ratio.String()
	}
	for _, l := range m.Lots {
		s += " lot=" + l.Lot + ":" + l.Amount.String()
	}
	if m.Note != "" {
		s += " note=" + m.Note
	}
	if e.Has(ledger.DateOnly) {
		s += " date_only"
	}
	return s
}

// row reads one row under all columns; the cells are given by name. What it
// became, or "column: reason".
func row(t *testing.T, zone *time.Location, given string) string {
	t.Helper()
	cells := make([]string, len(columns))
	for part := range strings.SplitSeq(given, " ") {
		name, value, _ := strings.Cut(part, "=")
		at := -1
		for i, c := range columns {
			if c == name {
				at = i
			}
		}
		if at < 0 {
			t.Fatalf("no column %q", name)
		}
		cells[at] = strings.ReplaceAll(value, "~", " ")
	}
	c := testkit.Collect(t, Formats(), testkit.Table(strings.Join(columns, ","), cells), zone)
	switch {
	case len(c.Held) == 1:
		return c.Held[0].Column + ": " + c.Held[0].Reason
	case c.Tally.Ignored == 1:
		return "ignored"
	}
	dump := strings.Split(testkit.Dump(c), "\n")[1]
	return strings.TrimPrefix(strings.Replace(dump, " account=default", "", 1), "2 ") + rare(&c.Events[0])
}

// TestRows: what each column means, and what is wrong with it.
func TestRows(t *testing.T) {
	t.Parallel()
	berlin := testkit.Zone(t, "Europe/Berlin")
	const day = "time=2024-05-01 "
	for given, want := range map[string]string{
		day + "type=trade received_amount=1 received_asset=BTC sent_amount=100 sent_asset=GBP fee_amount=2 fee_asset=GBP account=A":                "2024-05-01T00:00:00Z buy 1 BTC account=A value=100 GBP fee=2 GBP date_only",
		"time=2024-05-01T10:00:00+02:00 type=sell sent_amount=1 sent_asset=BTC value_amount=9 value_currency=EUR":                                  "2024-05-01T08:00:00Z sell 1 BTC value=9 EUR",
		"time=2024-05-01T10:00:00 type=deposit received_amount=1 received_asset=BTC":                                                               "2024-05-01T08:00:00Z deposit 1 BTC",
		"time=2024-05-01~10:00:00 type=deposit received_amount=1 received_asset=BTC":                                                               "2024-05-01T08:00:00Z deposit 1 BTC",
		day + "type=opening received_amount=1 received_asset=BTC acquired=2020-02-29 value_amount=5 value_currency=GBP":                            "2024-05-01T00:00:00Z opening 1 BTC value=5 GBP acquired=2020-02-29 date_only",
		day + "type=gift_in received_amount=1 received_asset=BTC donor_cost=3 value_amount=5 value_currency=GBP":                                   "2024-05-01T00:00:00Z gift_in 1 BTC value=5 GBP donor_cost=3 date_only",
		day + "type=spouse_in received_amount=1 received_asset=BTC":                                                                                "2024-05-01T00:00:00Z spouse_in 1 BTC label=spouse date_only",
		day + "type=spouse_out sent_amount=1 sent_asset=BTC":                                                                                       "2024-05-01T00:00:00Z spouse_out 1 BTC label=spouse date_only",
		day + "type=split received_asset=BTC ratio=2.5":                                                                                            "2024-05-01T00:00:00Z split 0 BTC account= ratio=2.5 date_only",
		day + "type=split received_asset=BTC ratio=2 account=A":                                                                                    "2024-05-01T00:00:00Z split 0 BTC account=A ratio=2 date_only",
		day + "type=spend sent_amount=2 sent_asset=BTC lots=a:1;b:c:1":                                                                             "2024-05-01T00:00:00Z spend 2 BTC lot=a:1 lot=b:c:1 date_only",
		day + "type=swap received_amount=10 received_asset=ETH sent_amount=1 sent_asset=BTC received_value=90 value_currency=USD":                  "2024-05-01T00:00:00Z swap 1 BTC to=10 ETH to_value=90 USD date_only",
		day + "type=transfer sent_amount=1 sent_asset=BTC received_amount=0.9 received_asset=BTC counter_account=B fee_value=3 value_currency=USD": "2024-05-01T00:00:00Z transfer 1 BTC to_account=B fee_value=3 received=0.9 date_only",
		day + "type=income received_amount=1 received_asset=ETH label=staking note=thanks":                                                         "2024-05-01T00:00:00Z income 1 ETH subtype=staking note=thanks date_only",
		day + "type=ignore": "ignored",
		// The currency of the other values is value_currency before any other.
		day + "type=trade received_amount=10 received_asset=ETH sent_amount=1 sent_asset=BTC fee_amount=5 fee_asset=EUR received_value=90 value_currency=USD": "2024-05-01T00:00:00Z swap 1 BTC to=10 ETH to_value=90 USD fee=5 EUR date_only",
		day + "type=trade received_amount=1 received_asset=BTC sent_amount=100 sent_asset=GBP fee_amount=1 fee_asset=BNB fee_value=3":                         "2024-05-01T00:00:00Z buy 1 BTC value=100 GBP fee_in_kind=1 BNB fee_value=3 date_only",
		day + "type=trade received_amount=1 received_asset=BTC sent_amount=100 sent_asset=GBP fee_amount=1 fee_asset=BNB fee_value=3 value_currency=USD":      "value_currency: the row's own money is of another currency; leave it empty, or fill value_amount",
		day + "type=swap received_amount=10 received_asset=ETH sent_amount=1 sent_asset=BTC received_value=90":                                                "received_value: which currency? Fill value_currency",
		day + "type=spend sent_amount=1 sent_asset=BTC value_amount=5":                                                                                        "value_currency: missing: value_amount needs a currency",

		"time=1975-01-01 type=spend sent_amount=1 sent_asset=BTC":                     "time: year out of range: it must lie between 1990 and 2200",
		"time=1975-01-01T00:00:00Z type=spend sent_amount=1 sent_asset=BTC":           "time: year out of range: it must lie between 1990 and 2200",
		"time=2024-03-31T02:30:00 type=spend sent_amount=1 sent_asset=BTC":            "time: this local time never happened: the clocks went forward over it",
		"time=noon type=spend sent_amount=1 sent_asset=BTC":                           "time: time not understood: write 2024-07-01T12:00:00Z, or a date 2024-07-01",
		day + "type=hodl sent_amount=1 sent_asset=BTC":                                `type: unknown type "hodl"`,
		day + "type=spend sent_amount=1e5 sent_asset=BTC":                             "sent_amount: not a plain decimal number: exponent at position 2 (write the number out)",
		day + "type=split received_asset=BTC ratio=0":                                 "ratio: must be above 0: new units for one old unit",
		day + "type=opening received_amount=1 received_asset=BTC acquired=2020-02-30": "acquired: date must be YYYY-MM-DD",
		day + "type=spend sent_amount=1 sent_asset=BTC lots=a":                        "lots: write id:amount;id:amount",
		day + "type=spend sent_amount=1 sent_asset=BTC lots=a:1;":                     "lots: write id:amount;id:amount",
		day + "type=spend sent_amount=1 sent_asset=BTC lots=a:0":                      "lots: each lot needs an amount above 0",
		day + "type=spend sent_amount=1 sent_asset=BTC lots=a:x":                      "lots: not a plain decimal number: unexpected character at position 1",
	} {
		if got := row(t, berlin, given); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", given, got, want)
		}
	}
	if got := row(t, nil, "time=2024-05-01T10:00:00 type=spend sent_amount=1 sent_asset=BTC"); got != "time: time without zone" {
		t.Error(got)
	}
}

// TestHeaders: columns in any order and number; what is wrong with a header is
// said with its place.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"asset,time,type":                       "no format",
		"time,type,received_amount":             "no format",
		"TYPE, Sent_Asset ,sent_amount,time,":   "1 event",
		"time,type,sent_amount,sent_asset,fees": `line 1, column 5: unknown column "fees"; the columns are id, time, type`,
		"time,type,sent_amount,sent_asset,type": `line 1, column 5: column "type" stands twice; name each column once`,
	} {
		rows := testkit.Table(header, []string{"spend", "BTC", "1", "2024-05-01"})
		f, head := statement.Detect(Formats(), rows)
		got := "no format"
		if f != nil {
			c := statement.NewCollector("default")
			err := statement.Collect(statement.Source{Format: f, Header: rows[head], Rows: func(yield func(statement.Row) bool) { yield(rows[1]) }, Tax: ledger.NewCalendar(time.UTC)}, c)
			if got = fmt.Sprintf("%d event", len(c.Events)); err != nil {
				got = err.Error()
			}
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", header, got, want)
		}
	}
	c := testkit.Statement(t, Formats(), "time,type,sent_amount,sent_asset\n2024-05-01,spend,1,BTC,x\ntime,type,sent_amount,sent_asset\n2024-05-01,spend\n")
	want := []string{
		"more cells than the header has columns (1 too many); quote cells that hold a comma",
		"the header stands here again; take the line out, or give the files one by one", "missing",
	}
	for i, h := range c.Held {
		if h.Reason != want[i] {
			t.Errorf("held %d: %s", i, h.Reason)
		}
	}
	if len(c.Held) != len(want) {
		t.Errorf("held: %+v", c.Held)
	}
}

// TestCSVRefuses: what a CSV cannot say is refused, never left out.
func TestCSVRefuses(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]string{
		`"type": "allocate", "order": "fifo", "accounts": [{"account": "A", "amount": "1"}]`:                   "event on line 2: allocate: not possible in Ledgersys CSV",
		`"type": "sell", "amount": "1", "value": "9", "fee": "1", "fee_asset": "BNB", "fee_amount": "1"`:       "event on line 2: a fee in money beside one in kind: not possible",
		`"type": "sell", "amount": "1", "value": "9", "fee_asset": "BTC", "fee_amount": "0", "fee_value": "1"`: "event on line 2: a fee of no units that is worth something: not possible",
		`"type": "sell", "amount": "1", "value": "9"`:                                                          `add "currency" to the file; not possible`,
	} {
		doc, err := Decode([]byte("{\"events\": [\n{\"id\": \"a\", \"time\": \"2024-05-01\", \"asset\": \"BTC\", " + event + "}]}"))
		if err != nil {
			t.Fatal(err)
		}
		c, cal := statement.NewCollector("default"), ledger.NewCalendar(time.UTC)
		if err := doc.Collect(cal, c); err != nil || len(c.Events) != 1 {
			t.Fatalf("%s: %v, held %+v", event, err, c.Held)
		}
		currency := ""
		if !strings.Contains(want, "currency") {
			currency = "GBP"
		}
		var b bytes.Buffer
		err = Writer{Calendar: cal, Currency: currency}.WriteCSV(&b, ledger.NewBook(c.Events, make([]ledger.Source, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", event, err, want)
		}
	}
}

// TestWrittenRows: the native CSV of an event is the row that a person would
// write.
func TestWrittenRows(t *testing.T) {
	t.Parallel()
	const text = "id,time,type,received_amount,received_asset,sent_amount,sent_asset,account,note\n" +
		"x,2024-05-01T10:00:00+02:00,trade,1,BTC,100,GBP,Kraken,\"a, \"\"b\"\"\"\n" +
		"y,2024-05-02,spend,,,1,BTC,Kraken,\n"
	c := testkit.Statement(t, Formats(), text)
	var b bytes.Buffer
	if err := (Writer{Calendar: ledger.NewCalendar(time.UTC)}).WriteCSV(&b, ledger.NewBook(c.Events, make([]ledger.Source, 1))); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%v, %v", rows, err)
	}
	for i, want := range []string{"2024-05-01T08:00:00Z trade 1 BTC 100 GBP Kraken a, \"b\"", "2024-05-02 spend   1 BTC Kraken "} {
		r := rows[i+1]
		if got := strings.Join([]string{r[1], r[2], r[3], r[4], r[5], r[6], r[11], r[15]}, " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if tx, ok := statement.ParseTx(r[0]); !ok || tx != c.Events[i].ID {
			t.Errorf("id %q is not that of event %s", r[0], c.Events[i].ID)
		}
	}
}
