package ca

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// TestAnnual: half of a gain is taxable, half of a loss is carried; a year
// beyond the tables needs the user's rate.
func TestAnnual(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		year, given   string
		gains, losses int64
		want          string
	}{
		"gain":           {"2024", ``, 900, 100, "taxable_capital_gain=400 net_capital_loss=0 "},
		"loss":           {"2025", ``, 100, 900, "taxable_capital_gain=0 net_capital_loss=400 "},
		"later_year":     {"2031", ``, 900, 100, "left out"},
		"later_as_given": {"2031", `{"inclusion": "0.75"}`, 900, 100, "taxable_capital_gain=600 net_capital_loss=0 "},
	} {
		y := &tax.Year{Label: c.year, Gains: money.FromInt(c.gains), Losses: money.FromInt(c.losses)}
		cells, err := annual(&tax.Return{Rules: Rules()}, y, json.RawMessage(c.given))
		got := ""
		for _, x := range cells {
			got += x.Key + "=" + x.Text + " "
		}
		var part *tax.Incomplete
		if errors.As(err, &part) {
			got += "left out"
		} else if err != nil {
			t.Fatal(name, err)
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
