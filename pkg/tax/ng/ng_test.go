package ng

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// TestAnnual: a loss reduces no other income, gains and crypto income join it
// from 2026, companies pay one rate.
func TestAnnual(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		year, taxpayer, given string
		gain                  int64
		want                  string
	}{
		"old_law":                        {"2024", "", ``, 1_000_000, "tax=100000"},
		"old_law_loss":                   {"2024", "", ``, -1_000_000, "tax=0"},
		"old_law_ignores_other_income":   {"2024", "", `{"income": "5000000"}`, 1_000_000, "tax=100000"},
		"gains_and_income_join_income":   {"2026", "", `{"income": "3990000"}`, 1_000_000, "tax=690000"},
		"loss_reduces_no_other_income":   {"2026", "", `{"income": "4990000"}`, -1_000_000, "tax=690000"},
		"company":                        {"2026", "company", `{"income": "0"}`, 1_000_000, "tax=303000"},
		"income_not_given":               {"2026", "", ``, 1_000_000, "left out: gains enter total income"},
		"before_digital_assets_were_law": {"2022", "", ``, 1_000_000, "left out: NG/2026.1 has no bands"},
	} {
		y := &tax.Year{Label: c.year, Gains: money.FromInt(max(c.gain, 0)), Losses: money.FromInt(max(-c.gain, 0)), Income: money.FromInt(10000)}
		cells, err := annual(&tax.Return{Rules: Rules(), Person: tax.Person{Taxpayer: c.taxpayer}}, y, json.RawMessage(c.given))
		got := ""
		for _, x := range cells {
			got += x.Key + "=" + x.Text
		}
		var part *tax.Incomplete
		if errors.As(err, &part) {
			got += "left out: " + part.Why
		} else if err != nil {
			t.Fatal(name, err)
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestBandFaults(t *testing.T) {
	t.Parallel()
	for _, given := range []string{
		`{"income": "1"}`, `{"income": "1", "bands": [["1"]]}`, `{"income": "1", "bands": [["1", null]]}`, `{"income": "1", "bands": [["x", "1"]]}`,
		`{"bands": []}`, `{"income": "1", "bands": 3}`,
	} {
		if _, err := compute("ng", "2026", json.RawMessage(given)); !errors.Is(err, tax.ErrOption) {
			t.Errorf("%s: got %v", given, err)
		}
	}
}
