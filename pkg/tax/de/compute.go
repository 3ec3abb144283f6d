package de

import (
	"encoding/json"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// compute answers de.
func compute(name, year string, given json.RawMessage) (answers []tax.Answer, err error) {
	defer tax.Catch(&err)
	if name != "de" {
		return nil, tax.UnknownCompute("DE", name, "de")
	}
	g := tax.NewReader(given, "amounts", "costs", "limit")
	net := g.Or("costs", money.Amount{}).Neg()
	for _, a := range g.Figures("amounts") {
		net = net.Add(a)
	}
	limit := g.Need("limit")
	if g.Err() != nil {
		return nil, g.Err()
	}
	return tax.AnswerOf(year, tax.Figure("net", net), tax.Figure("taxable", beyond(net, limit)))
}

// beyond returns what is taxable of a result under a limit at which all of it
// becomes taxable, not only what lies above (Freigrenze). Decision 39.
func beyond(net, limit money.Amount) money.Amount {
	if net.Cmp(limit) < 0 {
		return money.Amount{}
	}
	return net
}

// annual answers de for a computed year: taxable for private sales,
// taxable_22_3 for staking and other income under section 22 no. 3 EStG.
// Decisions 39 and 40.
func annual(r *tax.Return, y *tax.Year, given json.RawMessage) (cells []tax.Cell, err error) {
	defer tax.Catch(&err)
	t, err := Table()
	if err != nil {
		return nil, err
	}
	g := tax.NewReader(given, "losses_bf", "costs", "limit")
	before, costs := g.Or("losses_bf", money.Amount{}), g.Or("costs", money.Amount{})
	limit, known := t.Or(g, "limit", y.Label, "limit")
	other, knownOther := t.Value(y.Label, "limit_22_3")
	if g.Err() != nil {
		return nil, g.Err()
	}
	if r.Person.Taxpayer == "company" {
		return nil, &tax.Incomplete{
			Year: y.Label, Keys: []string{"taxable", "taxable_22_3"},
			Why: "sections 22 and 23 EStG are for private assets; a company's gains are business income, which is not computed",
		}
	}
	var missing []string
	if known {
		// The limit is tested before losses of other years (BFH IX R 27/04).
		taxable := beyond(y.Get("taxable_gain"), limit)
		cells = append(cells, tax.Figure("taxable", tax.Positive(taxable.Sub(before))))
	} else {
		missing = append(missing, "taxable")
	}
	if knownOther {
		cells = append(cells, tax.Figure("taxable_22_3", beyond(y.Income.Sub(costs), other)))
	} else {
		missing = append(missing, "taxable_22_3")
	}
	if len(missing) > 0 {
		err = &tax.Incomplete{Year: y.Label, Keys: missing, Why: r.Rules.Version + " has no limits for the year; give limit"}
	}
	return cells, err
}

// count tells taxable results from those after more than one year; units
// without a known purchase are taxable.
func count(d *tax.Disposal, add func(key string, a money.Amount)) {
	for i := range d.Legs {
		l := &d.Legs[i]
		if l.Term == tax.LongTerm {
			add("tax_free_gain", l.Gain())
		} else {
			add("taxable_gain", l.Gain())
		}
	}
}
