package link

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/gemini"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// TestChangesCountOnce: a transfer that was told twice on its way changes a
// balance once, as it stands in the book once.
func TestChangesCountOnce(t *testing.T) {
	t.Parallel()
	x := gemini.Exchange()
	record := func(id, status string) exchange.Record {
		return exchange.Record{
			Stream: "transfers", Endpoint: "POST /v1/transfers", ID: id + "/" + status, Time: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC),
			Raw: json.RawMessage(`{"eid":` + id + `,"type":"Deposit","status":"` + status + `","currency":"USD","amount":"36.00"}`),
		}
	}
	f := fetch{x: &x}
	var p proof
	err := f.changes(&p, exchange.Sort([]exchange.Record{record("1", "Advanced"), record("1", "Complete"), record("2", "Complete")}))
	if err != nil {
		t.Fatal(err)
	}
	want := money.FromInt(72)
	if list := p.all.Certify(nil); len(list) != 1 || list[0].Asset != "USD" || !list[0].Calculated.Equal(want) {
		t.Errorf("%+v, want %s", list, want)
	}
}
