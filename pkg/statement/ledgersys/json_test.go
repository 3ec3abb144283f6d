package ledgersys

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// TestDocuments: a document as a whole, with the place of its first fault.
func TestDocuments(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"events": []}`: "",
		"\ufeff {\"events\": [{}], \"title\": {\"a\": [1, \"]\"]}}":                "",
		`{"schema": 1, "options": {"scope": "account"}, "events": [1, "x", null]}`: "",
		`[1]`:                           "line 1, column 1: it does not begin with {",
		`{}`:                            `there is no "events" list`,
		`{"events": {}}`:                `line 1, column 12: "events" is not a list`,
		`{"events": [] "x": 1}`:         "line 1, column 15: a comma or the closing } was expected",
		`{"events": [1 2]}`:             "line 1, column 15: a comma or the closing ] was expected behind an event",
		`{"events": [1,]}`:              "line 1, column 15: a value was expected",
		`{events: []}`:                  "line 1, column 2: a key in quotes was expected",
		`{"events" []}`:                 "line 1, column 11: a colon was expected behind the key",
		"{\"events\": [\n {\"a\": [}":   "line 2, column 2: the bracket that opens here is never closed",
		"{\"events\": [\n\n  \"a\\\"":   "line 3, column 3: the quote that opens here is never closed",
		`{"events": []} x`:              "line 1, column 16: something stands behind the closing }",
		`{"schema": 2, "events": []}`:   "schema 2 is newer than this program; it reads schema 1",
		`{"schema": "x", "events": []}`: `line 1, column 12: the value of "schema" is not what it should be`,
		`{"method": 5, "events": []}`:   `line 1, column 12: the value of "method" is not what it should be`,
		`{"title": nope, "events": []}`: `line 1, column 11: the value of "title" is not JSON`,
		`{"\x": 1, "events": []}`:       "line 1, column 2: the key is not text",
	} {
		_, err := Decode([]byte(text))
		if want == "" && err != nil || want != "" && (!errors.Is(err, ErrJSON) || !strings.HasSuffix(err.Error(), ": "+want)) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
	for text, want := range map[string]bool{"{": true, "\ufeff \n{": true, "[": false, "": false, "time,type": false} {
		if IsJSON([]byte(text)) != want {
			t.Errorf("%q", text)
		}
	}
}

// event reads one event and says what it became, or "field: reason".
func event(t *testing.T, fields string) string {
	t.Helper()
	doc, err := Decode([]byte(`{"currency": "gbp", "events": [{` + fields + `}]}`))
	if err != nil {
		t.Fatalf("%s: %v", fields, err)
	}
	c := statement.NewCollector("default")
	if err := doc.Collect(ledger.NewCalendar(time.UTC), c); err != nil {
		t.Fatal(err)
	}
	switch {
	case len(c.Held) == 1:
		return c.Held[0].Column + ": " + c.Held[0].Reason
	case c.Tally.Ignored == 1:
		return "ignored"
	}
	dump := strings.Split(testkit.Dump(c), "\n")[1]
	return strings.TrimPrefix(strings.Replace(dump, " account=default", "", 1), "1 2024-05-01T00:00:00Z ") + strings.TrimSuffix(rare(&c.Events[0]), " date_only")
}

// TestEvents: the fields of events, and what is wrong with them.
func TestEvents(t *testing.T) {
	t.Parallel()
	const day = `"time": "2024-05-01", "asset": "BTC", `
	for fields, want := range map[string]string{
		day + `"type": "buy", "amount": "1", "value": "10", "fee": 2`:                                    "buy 1 BTC value=10 GBP fee=2 GBP",
		day + `"type": "buy", "amount": "1", "value": "10", "value_currency": "USD"`:                     "buy 1 BTC value=10 USD",
		day + `"type": "buy", "amount": "1", "value": ""`:                                                "buy 1 BTC",
		day + `"type": "buy", "amount": "1", "value": "0"`:                                               "buy 1 BTC value=0 GBP",
		day + `"type": "income", "amount": "1", "fee": "5", "subtype": "mining"`:                         "income 1 BTC subtype=mining", // only trades have a fee of their own
		day + `"type": "swap", "amount": "1", "to_asset": "ETH", "to_amount": "10", "to_value": "9"`:     "swap 1 BTC to=10 ETH to_value=9 GBP",
		day + `"type": "sell", "amount": "1", "fee_asset": "BTC", "fee_amount": "0.1", "fee_value": "3"`: "sell 1 BTC fee_in_kind=0.1 BTC fee_value=3",
		day + `"type": "transfer", "amount": "1", "received": "0.9", "to_account": "B", "account": "A"`:  "transfer 1 BTC account=A to_account=B received=0.9",
		day + `"type": "split", "ratio": "2"`:                                                            "split 0 BTC account= ratio=2",
		day + `"type": "fork", "value": "1", "to_asset": "BCH", "to_amount": "2", "to_value": "3"`:       "fork 0 BTC account= to=2 BCH value=1 GBP to_value=3 GBP",
		day + `"type": "sell", "amount": "1", "lots": [{"lot": "a", "amount": "1"}]`:                     "sell 1 BTC lot=a:1",
		day + `"type": "opening", "amount": "1", "acquired": "2020-01-02"`:                               "opening 1 BTC acquired=2020-01-02",
		day + `"type": "opening", "amount": "1", "acquired": "2020-01-02T23:30:00-01:00"`:                "opening 1 BTC acquired=2020-01-03",
		day + `"type": "buy", "amount": null`:                                                            "amount: missing",
		`"type": "ignore"`:                                                                               "ignored",
		`"type": "buy", "time": "2024-05-01", "amount": "1"`:                                             "asset: missing",
		`"type": "buy", "time": "1950-05-01", "asset": "BTC", "amount": "1"`:                             "time: year out of range: it must lie between 1990 and 2200",
		`"type": "buy", "time": "2024-05-01T10:00:00", "asset": "BTC", "amount": "1"`:                    "time: time without zone",
		`"type": "buy", "time": "May", "asset": "BTC", "amount": "1"`:                                    "time: must be a date YYYY-MM-DD or a time with its offset as in 2024-07-01T12:00:00Z",
		`"type": "buy", "time": 5, "asset": "BTC", "amount": "1"`:                                        "time: must be text in quotes",
		day + `"type": "buy"`:                                                                       "amount: missing",
		day + `"type": "buy", "amount": "-1"`:                                                       "amount: amount is negative; the direction follows from the type",
		day + `"type": "buy", "amount": true`:                                                       "amount: not a plain decimal number: unexpected character at position 1",
		day + `"type": "sell", "amount": "1", "fee_amount": "1"`:                                    "fee_asset: missing: fee_amount needs it",
		day + `"type": "swap", "amount": "1"`:                                                       "to_asset: missing",
		day + `"type": "split"`:                                                                     "ratio: missing or not above 0",
		day + `"type": "transfer", "amount": "1", "received": "2"`:                                  "received: more arrives than was sent",
		day + `"type": "allocate", "order": "best"`:                                                 "order: must be fifo, lifo, hifo or lofo",
		day + `"type": "allocate", "order": "fifo", "accounts": [{"account": "A", "amount": "-1"}]`: "accounts: amount is negative",
		day + `"type": "allocate", "order": "fifo", "accounts": "A"`:                                `accounts: must be a list of {"account": name, "amount": decimal}`,
		day + `"type": "sell", "amount": "1", "lots": "a"`:                                          `lots: must be a list of {"lot": id, "amount": decimal}`,
		day + `"type": "sell", "amount": "1", "lots": [{"lot": "a", "amount": "-1"}]`:               "lots: amount is negative",
		day + `"type": "sell", "amount": "1", "value_currency": "US D"`:                             "value_currency: " + statement.ErrAsset.Error(),
		day + `"type": "opening", "amount": "1", "acquired": "2020"`:                                "acquired: date must be YYYY-MM-DD",
	} {
		if got := event(t, fields); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", fields, got, want)
		}
	}
}

// TestRaw: an event is shown as it stands, cut where it is long; two on one
// line are both shown and told apart.
func TestRaw(t *testing.T) {
	t.Parallel()
	long := `{"note": "` + strings.Repeat("é", 2000) + `"}`
	doc, err := Decode([]byte("{\"events\": [\n{\"a\": 1}, 5,\n" + long + "]}"))
	if err != nil {
		t.Fatal(err)
	}
	if got := doc.Raw(2); got != `{"a": 1}, 5` {
		t.Errorf("%q", got)
	}
	if got := doc.Raw(3); len(got) > maxShown+3 || !strings.HasPrefix(long, strings.TrimSuffix(got, "\ufffd")) {
		t.Errorf("%d bytes", len(got))
	}
	if doc.Raw(9) != "" || doc.Rows() != 3 {
		t.Errorf("%q, %d rows", doc.Raw(9), doc.Rows())
	}
	c := statement.NewCollector("default")
	if err := doc.Collect(ledger.NewCalendar(time.UTC), c); err != nil || len(c.Held) != 3 {
		t.Fatalf("%v, %+v", err, c.Held)
	}
	if !strings.HasPrefix(c.Held[1].Reason, "event 2 of the list: not an object in JSON") || strings.Contains(c.Held[2].Reason, "of the list") {
		t.Errorf("%+v", c.Held)
	}
}
