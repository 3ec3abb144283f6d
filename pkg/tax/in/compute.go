package in

import (
	"encoding/json"
	"fmt"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// compute answers in.
func compute(name, year string, given json.RawMessage) (answers []tax.Answer, err error) {
	defer tax.Catch(&err)
	if name != "in" {
		return nil, tax.UnknownCompute("IN", name, "in")
	}
	g := tax.NewReader(given, "transfers", "rate", "cess", "tds_rate")
	var s sums
	for i, one := range g.List("transfers") {
		g := tax.NewReader(one, "consideration", "cost")
		s.add(g.Need("consideration"), g.Need("cost"))
		if g.Err() != nil {
			return nil, fmt.Errorf("transfers, entry %d: %w", i+1, g.Err())
		}
	}
	r := rates{g.Need("rate"), g.Need("cess"), g.Or("tds_rate", money.Amount{})}
	if g.Err() != nil {
		return nil, g.Err()
	}
	return tax.AnswerOf(year, s.cells(r)...)
}

// rates are the rate of section 115BBH, of the cess on the tax, and of the tax
// that the payer withheld.
type rates struct{ rate, cess, tds money.Amount }

// sums is the income and the consideration of a year's transfers.
type sums struct{ income, consideration money.Amount }

// add counts one transfer. A loss is nil, also against other transfers
// (section 115BBH(2)(b)). Decision 46.
func (s *sums) add(consideration, cost money.Amount) {
	s.income = s.income.Add(tax.Positive(consideration.Sub(cost)))
	s.consideration = s.consideration.Add(consideration)
}

func (s *sums) cells(r rates) []tax.Cell {
	due := s.income.Mul(r.rate)
	cess := due.Mul(r.cess)
	total := due.Add(cess)
	tds := s.consideration.Mul(r.tds)
	return []tax.Cell{
		tax.Figure("vda_income", s.income),
		tax.Figure("tax", due), tax.Figure("cess", cess), tax.Figure("total_tax", total),
		tax.Figure("tds", tds), tax.Figure("net_payable", total.Sub(tds)),
	}
}

// annual answers in for a computed year. Each leg is a transfer, for each has
// its own date and cost; fees do not count. Tax withheld counts only as far as
// the user says it was. Decisions 46 and 47.
func annual(r *tax.Return, y *tax.Year, given json.RawMessage) (cells []tax.Cell, err error) {
	defer tax.Catch(&err)
	t, err := Table()
	if err != nil {
		return nil, err
	}
	g := tax.NewReader(given, "rate", "cess", "tds_rate")
	rate, known := t.Or(g, "rate", y.Label, "rate")
	cess, knownCess := t.Or(g, "cess", y.Label, "cess")
	tds := g.Or("tds_rate", money.Amount{})
	if g.Err() != nil {
		return nil, g.Err()
	}
	if !known || !knownCess {
		return nil, &tax.Incomplete{
			Year: y.Label, Keys: []string{"vda_income", "tax", "cess", "total_tax", "tds", "net_payable"},
			Why: r.Rules.Version + " has no rates of section 115BBH for the year, which began with 2022-23; give rate and cess",
		}
	}
	var s sums
	disposals := r.During(y.First, y.Last)
	for i := range disposals {
		if !disposals[i].Counts() {
			continue
		}
		for j := range disposals[i].Legs {
			l := &disposals[i].Legs[j]
			s.add(l.Proceeds, l.Cost)
		}
	}
	return s.cells(rates{rate, cess, tds}), nil
}
