package ie

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// TestAnnual: the exemption is for people, losses come before it.
func TestAnnual(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		year, taxpayer, given string
		want                  string
	}{
		"person":         {"2025", "", ``, "taxable=3730 tax=1230.9 "},
		"losses_first":   {"2025", "person", `{"losses_bf": "4000"}`, "taxable=0 tax=0 "},
		"company":        {"2025", "company", ``, "taxable=5000 tax=1650 "},
		"trust":          {"2025", "trust", ``, "taxable=5000 tax=1650 "},
		"later_year":     {"2040", "", ``, "left out"},
		"later_company":  {"2040", "company", ``, "taxable=5000 left out"},
		"later_as_given": {"2040", "", `{"exemption": "1000", "rate": "0.5"}`, "taxable=4000 tax=2000 "},
	} {
		y := &tax.Year{Label: c.year, Gains: money.FromInt(6000), Losses: money.FromInt(1000)}
		cells, err := annual(&tax.Return{Rules: Rules(), Person: tax.Person{Taxpayer: c.taxpayer}}, y, json.RawMessage(c.given))
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
