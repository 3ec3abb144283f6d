package us

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// reported spreads what a broker's form says about a sale over its legs.
type reported struct {
	sale   *tax.BrokerSale
	report reporting
	units  money.Amount // of all legs
	done   money.Amount // of the legs that had their part

	selling bool // the form shows proceeds before fees: code E
	other   bool // it shows proceeds that are neither before nor after fees: code O
	basis   bool // it shows the right basis
}

// of returns what is reported about a disposal, or nil.
func (m matches) of(p place, d *tax.Disposal) *reported {
	sale := m[p]
	if sale == nil {
		return nil
	}
	return compare(sale, d.Amount, d.Proceeds, d.Fees, d.Cost)
}

// ofLeg returns what is reported about one leg.
func (m matches) ofLeg(p place, l *tax.Leg) *reported {
	return compare(m[p], l.Amount, l.Proceeds, l.Fees, l.Cost)
}

// compare says in what the form and our own figures differ, in cents.
func compare(sale *tax.BrokerSale, units, proceeds, fees, cost money.Amount) *reported {
	r := &reported{sale: sale, report: reportProceeds, units: units}
	shown := cents(sale.Proceeds)
	switch {
	case shown.Equal(cents(proceeds.Sub(fees))):
	case shown.Equal(cents(proceeds)):
		r.selling = true
	default:
		r.other = true
	}
	if sale.Basis != nil && sale.Reported {
		r.report = reportBasis
		r.basis = cents(*sale.Basis).Equal(cents(cost))
	}
	return r
}

// next returns the columns of the next leg: (d) is its share of the proceeds
// that the form shows, so that the rows add up to the form. Decision 53.
func (r *reported) next(l *tax.Leg) columns {
	from := r.done
	r.done = r.done.Add(l.Amount)
	proceeds := r.share(r.sale.Proceeds, from)
	basis := cents(l.Cost)
	known := basis
	if r.report == reportBasis && !r.basis {
		known = r.share(*r.sale.Basis, from)
	}
	c := fill(r.report, proceeds, basis, known)
	fees, letter := money.Amount{}, ""
	switch {
	case r.selling:
		fees, letter = cents(l.Fees).Neg(), "E"
	case r.other:
		fees, letter = cents(l.Proceeds.Sub(l.Fees)).Sub(proceeds), "O"
	}
	if !fees.IsZero() {
		c.code = both(c.code, letter)
		c.adjustment = c.adjustment.Add(fees)
		c.total()
	}
	return c
}

// share returns the part of a figure of the form that belongs to the units
// from one point to r.done, in cents that add up to the whole.
func (r *reported) share(a, from money.Amount) money.Amount {
	return cents(a.Share(r.done, r.units)).Sub(cents(a.Share(from, r.units)))
}

// both joins codes in the order of the alphabet.
func both(first, second string) string {
	switch {
	case first == "":
		return second
	case second == "E":
		return "BE"
	}
	return "BO"
}
