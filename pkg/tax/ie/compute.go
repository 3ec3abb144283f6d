package ie

import (
	"encoding/json"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// compute answers ie.
func compute(name, year string, given json.RawMessage) (answers []tax.Answer, err error) {
	defer tax.Catch(&err)
	if name != "ie" {
		return nil, tax.UnknownCompute("IE", name, "ie")
	}
	g := tax.NewReader(given, "gains", "losses", "losses_bf", "exemption", "rate")
	net := g.Need("gains").Sub(g.Or("losses", money.Amount{})).Sub(g.Or("losses_bf", money.Amount{}))
	taxable := tax.Positive(net.Sub(g.Need("exemption")))
	rate := g.Need("rate")
	if g.Err() != nil {
		return nil, g.Err()
	}
	return tax.AnswerOf(year, tax.Figure("taxable", taxable), tax.Figure("tax", taxable.Mul(rate)))
}

// annual answers ie for a computed year. The exemption is for individuals
// (TCA 1997 s601). Decision 43.
func annual(r *tax.Return, y *tax.Year, given json.RawMessage) (cells []tax.Cell, err error) {
	defer tax.Catch(&err)
	t, err := Table()
	if err != nil {
		return nil, err
	}
	g := tax.NewReader(given, "losses_bf", "exemption", "rate")
	exemption, known := exemptionOf(r, t, g, y.Label)
	rate, knownRate := t.Or(g, "rate", y.Label, "rate")
	taxable := tax.Positive(y.Net().Sub(g.Or("losses_bf", money.Amount{})).Sub(exemption))
	switch {
	case g.Err() != nil:
		return nil, g.Err()
	case !known:
		return nil, &tax.Incomplete{
			Year: y.Label, Keys: []string{"taxable", "tax"},
			Why: r.Rules.Version + " has no exemption for the year; give exemption and rate",
		}
	}
	cells = []tax.Cell{tax.Figure("taxable", taxable)}
	if !knownRate {
		return cells, &tax.Incomplete{
			Year: y.Label, Keys: []string{"tax"},
			Why: r.Rules.Version + " has no rate for the year; give rate",
		}
	}
	return append(cells, tax.Figure("tax", taxable.Mul(rate))), nil
}

// exemptionOf returns the exemption of a year: none for companies and trusts.
func exemptionOf(r *tax.Return, t tax.Table, g *tax.Reader, year string) (money.Amount, bool) {
	if who := r.Person.Taxpayer; who == "company" || who == "trust" {
		return g.Or("exemption", money.Amount{}), true
	}
	return t.Or(g, "exemption", year, "exemption")
}
