package ca

import (
	"encoding/json"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// compute answers ca.
func compute(name, year string, given json.RawMessage) (answers []tax.Answer, err error) {
	defer tax.Catch(&err)
	if name != "ca" {
		return nil, tax.UnknownCompute("CA", name, "ca")
	}
	g := tax.NewReader(given, "gains", "losses", "inclusion")
	net := g.Need("gains").Sub(g.Or("losses", money.Amount{}))
	cells := include(net, g.Need("inclusion"))
	if g.Err() != nil {
		return nil, g.Err()
	}
	return tax.AnswerOf(year, append([]tax.Cell{tax.Figure("net", net)}, cells...)...)
}

// include takes the inclusion rate of a year's net result (ITA s38): a gain is
// taxable in part, a loss is carried in the same part. Decision 38.
func include(net, inclusion money.Amount) []tax.Cell {
	return []tax.Cell{
		tax.Figure("taxable_capital_gain", tax.Positive(net).Mul(inclusion)),
		tax.Figure("net_capital_loss", tax.Positive(net.Neg()).Mul(inclusion)),
	}
}

// annual answers ca for a computed year.
func annual(r *tax.Return, y *tax.Year, given json.RawMessage) (cells []tax.Cell, err error) {
	defer tax.Catch(&err)
	t, err := Table()
	if err != nil {
		return nil, err
	}
	g := tax.NewReader(given, "inclusion")
	inclusion, known := t.Or(g, "inclusion", y.Label, "inclusion")
	if g.Err() != nil {
		return nil, g.Err()
	}
	if !known {
		return nil, &tax.Incomplete{
			Year: y.Label, Keys: []string{"taxable_capital_gain", "net_capital_loss"},
			Why: r.Rules.Version + " has no inclusion rate for the year; give inclusion",
		}
	}
	return include(y.Net(), inclusion), nil
}
