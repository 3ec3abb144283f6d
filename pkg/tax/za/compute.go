package za

import (
	"encoding/json"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// compute answers za.
func compute(name, year string, given json.RawMessage) (answers []tax.Answer, err error) {
	defer tax.Catch(&err)
	if name != "za" {
		return nil, tax.UnknownCompute("ZA", name, "za")
	}
	g := tax.NewReader(given, "gains", "losses", "annual_exclusion", "assessed_loss_bf", "inclusion")
	sum := g.Need("gains").Sub(g.Or("losses", money.Amount{}))
	cells := assess(sum, terms{g.Need("annual_exclusion"), g.Or("assessed_loss_bf", money.Amount{}), g.Need("inclusion")})
	if g.Err() != nil {
		return nil, g.Err()
	}
	return tax.AnswerOf(year, cells...)
}

// terms are what a year's result is assessed by.
type terms struct{ exclusion, before, inclusion money.Amount }

// assess takes the annual exclusion off a gain or off a loss, then the
// assessed loss, then the inclusion rate (Eighth Schedule paras 5 to 10).
// Decision 44.
func assess(sum money.Amount, t terms) []tax.Cell {
	var aggregate money.Amount
	if sum.Sign() >= 0 {
		aggregate = tax.Positive(sum.Sub(t.exclusion))
	} else {
		aggregate = money.Min(sum.Add(t.exclusion), money.Amount{})
	}
	net := aggregate.Sub(t.before)
	return []tax.Cell{
		tax.Figure("aggregate", aggregate),
		tax.Figure("net_capital_gain", net),
		tax.Figure("taxable_capital_gain", tax.Positive(net).Mul(t.inclusion)),
	}
}

// annual answers za for a computed year. Companies and trusts have no annual
// exclusion and the higher inclusion rate; a special trust gives those of a
// person. Decision 45.
func annual(r *tax.Return, y *tax.Year, given json.RawMessage) (cells []tax.Cell, err error) {
	defer tax.Catch(&err)
	t, err := Table()
	if err != nil {
		return nil, err
	}
	g := tax.NewReader(given, "annual_exclusion", "assessed_loss_bf", "inclusion")
	var exclusion, inclusion money.Amount
	var known, knownRate bool
	if who := r.Person.Taxpayer; who == "company" || who == "trust" {
		exclusion, known = g.Or("annual_exclusion", money.Amount{}), true
		inclusion, knownRate = t.Or(g, "inclusion", y.Label, "inclusion_company")
	} else {
		exclusion, known = t.Or(g, "annual_exclusion", y.Label, "annual_exclusion")
		inclusion, knownRate = t.Or(g, "inclusion", y.Label, "inclusion")
	}
	before := g.Or("assessed_loss_bf", money.Amount{})
	if g.Err() != nil {
		return nil, g.Err()
	}
	if !known || !knownRate {
		return nil, &tax.Incomplete{
			Year: y.Label, Keys: []string{"aggregate", "net_capital_gain", "taxable_capital_gain"},
			Why: r.Rules.Version + " has no exclusion and inclusion rate for the year; give annual_exclusion and inclusion",
		}
	}
	return assess(y.Net(), terms{exclusion, before, inclusion}), nil
}
