package ledgersys

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// FuzzParse: whatever stands in a file, every row has one outcome and every
// event an asset or a reason to have none.
func FuzzParse(f *testing.F) {
	f.Add("id,time,type,received_amount,received_asset,sent_amount,sent_asset\n1,2024-05-01T10:00:00Z,trade,1,BTC,100,GBP\n2,2024-05-02,income,1e5,ETH,,\n")
	f.Add("time,type,sent_amount,sent_asset,lots,ratio\n2024-05-01,split,,,a:1,2\n2024-05-01,spend,1,BTC,x:1;y:2,\n")
	f.Add(`{"events":[{"id":"e1","time":"2024-05-01","type":"buy","asset":"BTC","amount":"1","value":"2"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		cal := ledger.NewCalendar(time.UTC)
		c := statement.NewCollector("default")
		if IsJSON([]byte(text)) {
			doc, err := Decode([]byte(text))
			if err != nil {
				return
			}
			if err := doc.Collect(cal, c); err != nil {
				t.Fatal(err)
			}
		} else if !fuzzCSV(t, text, cal, c) {
			return
		}
		for i := range c.Events {
			if e := &c.Events[i]; e.ID.IsZero() || e.Kind == ledger.KindUnknown || e.Asset == "" {
				t.Fatalf("a hollow event: %+v", e)
			}
		}
	})
}

func fuzzCSV(t *testing.T, text string, cal *ledger.Calendar, c *statement.Collector) bool {
	t.Helper()
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	records, err := r.ReadAll()
	if err != nil || len(records) == 0 {
		return false
	}
	var rows []statement.Row
	for i, cells := range records {
		rows = append(rows, statement.Row{Line: i + 1, Cells: cells})
	}
	format, head := statement.Detect(Formats(), rows)
	if format == nil {
		return false
	}
	err = statement.Collect(statement.Source{Format: format, Header: rows[head], Tax: cal, Rows: func(yield func(statement.Row) bool) {
		for _, r := range rows[head+1:] {
			if !yield(r) {
				return
			}
		}
	}}, c)
	if err != nil && strings.Contains(err.Error(), statement.ErrRowLost.Error()) {
		t.Fatal(err)
	}
	return err == nil
}
