package de

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// TestAnnual: the limit is a cliff, moves with the year, and stands before
// losses of other years.
func TestAnnual(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ year, gain, income, given, want string }{
		"below_the_limit":               {"2024", "999.99", "0", ``, "taxable=0 taxable_22_3=0 "},
		"at_the_limit_all_is_taxable":   {"2024", "1000", "0", ``, "taxable=1000 taxable_22_3=0 "},
		"limit_until_2023":              {"2023", "600", "0", ``, "taxable=600 taxable_22_3=0 "},
		"just_below_it":                 {"2023", "599.99", "255.99", ``, "taxable=0 taxable_22_3=0 "},
		"loss_is_not_taxable":           {"2024", "-50", "256", ``, "taxable=0 taxable_22_3=256 "},
		"limit_before_carried_losses":   {"2024", "1500", "0", `{"losses_bf": "900"}`, "taxable=600 taxable_22_3=0 "},
		"below_it_no_loss_is_used":      {"2024", "900", "0", `{"losses_bf": "900"}`, "taxable=0 taxable_22_3=0 "},
		"costs_go_against_section_22_3": {"2024", "1000", "300", `{"costs": "60"}`, "taxable=1000 taxable_22_3=0 "},
		"own_limit":                     {"2024", "1500", "0", `{"limit": "2000"}`, "taxable=0 taxable_22_3=0 "},
	} {
		y := &tax.Year{Label: c.year, Income: money.MustParse(c.income), Extra: []tax.Figures{{Key: "taxable_gain", Amount: money.MustParse(c.gain)}}}
		cells, err := annual(&tax.Return{Rules: Rules()}, y, json.RawMessage(c.given))
		if err != nil {
			t.Fatal(name, err)
		}
		got := ""
		for _, x := range cells {
			got += x.Key + "=" + x.Text + " "
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestLeftOut: companies and years beyond the tables are named, not guessed.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		year   string
		person tax.Person
	}{
		"company":     {"2024", tax.Person{Taxpayer: "company"}},
		"beyond_2026": {"2031", tax.Person{}},
	} {
		cells, err := annual(&tax.Return{Rules: Rules(), Person: c.person}, &tax.Year{Label: c.year}, nil)
		var part *tax.Incomplete
		if !errors.As(err, &part) || len(cells) != 0 || len(part.Keys) != 2 {
			t.Errorf("%s: got %v, %v", name, cells, err)
		}
	}
}
