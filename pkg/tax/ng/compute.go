package ng

import (
	"encoding/json"
	"fmt"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// firstOfAct is the first year of the Nigeria Tax Act 2025, in which gains
// enter total income.
const firstOfAct = "2026"

// compute answers ng.
func compute(name, year string, given json.RawMessage) (answers []tax.Answer, err error) {
	defer tax.Catch(&err)
	if name != "ng" {
		return nil, tax.UnknownCompute("NG", name, "ng")
	}
	g := tax.NewReader(given, "income", "bands")
	income := g.Signed("income")
	var bands []tax.Band
	for i, one := range g.List("bands") {
		b, err := band(one)
		if err != nil {
			return nil, fmt.Errorf("bands, entry %d: %w", i+1, err)
		}
		bands = append(bands, b)
	}
	if g.Err() != nil {
		return nil, g.Err()
	}
	return tax.AnswerOf(year, tax.Figure("tax", tax.InBands(income, bands)))
}

// band reads [upper bound or null, rate].
func band(data json.RawMessage) (tax.Band, error) {
	var pair []*money.Amount
	if err := json.Unmarshal(data, &pair); err != nil || len(pair) != 2 || pair[1] == nil {
		return tax.Band{}, fmt.Errorf("%w given: a band is [upper bound or null, rate], both as text", tax.ErrOption)
	}
	return tax.Band{UpTo: pair[0], Rate: *pair[1]}, nil
}

// annual answers ng for a computed year. From 2026 the gains enter total
// income, so the answer is the tax on all income; before, gains have a rate of
// their own and other income does not matter. Losses count against gains
// only. Decision 48.
func annual(r *tax.Return, y *tax.Year, given json.RawMessage) (cells []tax.Cell, err error) {
	defer tax.Catch(&err)
	t, err := Table()
	if err != nil {
		return nil, err
	}
	g := tax.NewReader(given, "income")
	other, has := g.Take("income")
	if g.Err() != nil {
		return nil, g.Err()
	}
	name := "bands"
	if r.Person.Taxpayer == "company" {
		name = "bands_company"
	}
	bands, known := t.Bands(y.Label, name)
	total := tax.Positive(y.Net())
	why := ""
	switch {
	case !known:
		why = r.Rules.Version + " has no bands for the year; compute it with bands of your own (compute: ng)"
	case y.Label < firstOfAct:
	case !has:
		why = "gains enter total income; give income, that from all other sources"
	default:
		total = total.Add(y.Income).Add(other)
	}
	if why != "" {
		return nil, &tax.Incomplete{Year: y.Label, Keys: []string{"tax"}, Why: why}
	}
	return []tax.Cell{tax.Figure("tax", tax.InBands(total, bands))}, nil
}
