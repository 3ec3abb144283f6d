package ie

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// cents is the one place where figures become cells of the form. The
// exemption is taken off exact figures.
func cents(a money.Amount) money.Amount { return a.Round(2, money.HalfUp) }

// period is the disposals of a part of the year.
type period struct{ consideration, cost, reliefs money.Amount }

// net is what counts of the period: losses that are kept out do not.
func (p period) net() money.Amount { return p.consideration.Sub(p.cost).Add(p.reliefs) }

// forms returns the figures of Form 11, for the year and for its two payment
// periods: gains up to November are paid by 15 December, those of December by
// 31 January. Decision 61.
func forms(r *tax.Return, y *tax.Year) ([]tax.Form, error) {
	layouts, err := Layouts()
	if err != nil {
		return nil, err
	}
	t, err := Table()
	if err != nil {
		return nil, err
	}
	l := tax.LayoutOf(layouts["form-11"], y.Label)
	return []tax.Form{tax.BoxForm("form-11", func() []tax.BoxRow {
		year, _, _ := y.Last.Civil()
		december := ledger.NewDate(year, time.December, 1)
		first := sum(r.During(y.First, december-1))
		second := sum(r.During(december, y.Last))
		whole := period{
			first.consideration.Add(second.consideration), first.cost.Add(second.cost), first.reliefs.Add(second.reliefs),
		}
		rows := write(nil, l, "1", first)
		rows = write(rows, l, "2", second)
		rows = write(rows, l, "3", whole)
		exemption, known := exemptionOf(r, t, tax.NewReader(nil), y.Label)
		if !known {
			return append(rows, l.Words("exemption", ""), l.Words("taxable", ""))
		}
		taxable := tax.Positive(y.Net().Sub(exemption))
		if y.HasAnswer("taxable") {
			taxable = y.Answer("taxable")
		}
		return append(rows, l.Row("exemption", cents(exemption), 2), l.Row("taxable", cents(taxable), 2))
	})}, nil
}

// sum adds up disposals, to cents.
func sum(disposals []tax.Disposal) period {
	var p period
	for i := range disposals {
		d := &disposals[i]
		if !d.Counts() {
			continue
		}
		p.consideration = p.consideration.Add(d.Proceeds)
		p.cost = p.cost.Add(d.Cost).Add(d.Fees)
		p.reliefs = p.reliefs.Add(d.Restricted)
	}
	return period{cents(p.consideration), cents(p.cost), cents(p.reliefs)}
}

// write appends the rows of a period.
func write(rows []tax.BoxRow, l tax.Layout, number string, p period) []tax.BoxRow {
	return append(rows,
		l.Row(number+"_consideration", p.consideration, 2), l.Row(number+"_cost", p.cost, 2),
		l.Row(number+"_reliefs", p.reliefs, 2), l.Row(number+"_net", p.net(), 2))
}
