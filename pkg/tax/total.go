package tax

import (
	"cmp"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// years finds the tax year of a date; dates mostly come in order.
type years struct {
	rules *Rules
	list  []Year
	last  int

	disposals, income int // how many are counted
}

func (ys *years) of(d ledger.Date) *Year {
	if ys.last < len(ys.list) {
		if y := &ys.list[ys.last]; y.First <= d && d <= y.Last {
			return y
		}
	}
	for i := range ys.list {
		if y := &ys.list[i]; y.First <= d && d <= y.Last {
			ys.last = i
			return y
		}
	}
	label, first, last := ys.rules.YearOf(d)
	ys.last = len(ys.list)
	ys.list = append(ys.list, Year{Label: label, First: first, Last: last})
	return &ys.list[ys.last]
}

// total adds up the tax years of what came since it was called last, from the
// rounded figures, so that a year foots with what is shown.
func (c *calc) total() {
	ys := &c.years
	extra := func(key string, a money.Amount) { ys.list[ys.last].add(key, a) } // of the year found last
	for ; ys.disposals < len(c.out.Disposals); ys.disposals++ {
		if d := &c.out.Disposals[ys.disposals]; d.Taxable && !d.Unknown {
			if ys.of(d.Date).count(d, c.Rules); c.Rules.Count != nil {
				c.Rules.Count(d, extra)
			}
			if !d.Denied.IsZero() {
				extra("denied_loss", d.Denied)
			}
			if !d.Restricted.IsZero() {
				extra("restricted_loss", d.Restricted)
			}
		}
	}
	for ; ys.income < len(c.out.Income); ys.income++ {
		in := &c.out.Income[ys.income]
		if in.Unknown {
			continue
		}
		y := ys.of(in.Date)
		y.HasIncome = true
		y.Income = y.Income.Add(in.Value)
	}
}

// listed returns the years with a taxable disposal or income, in order. They
// are copies.
func (ys *years) listed() []Year {
	list := slices.Clone(ys.list)
	slices.SortFunc(list, func(a, b Year) int { return cmp.Compare(a.First, b.First) })
	for i := range list {
		list[i].Extra = slices.Clone(list[i].Extra)
		slices.SortFunc(list[i].Extra, func(a, b Figures) int { return cmp.Compare(a.Key, b.Key) })
	}
	return list
}

func (y *Year) count(d *Disposal, r *Rules) {
	y.Disposals++
	y.Proceeds, y.Fees, y.Cost = y.Proceeds.Add(d.Proceeds), y.Fees.Add(d.Fees), y.Cost.Add(d.Cost)
	if r.NetPerDisposal {
		y.gain(d.Gain())
	} else {
		for i := range d.Legs {
			y.gain(d.Legs[i].Gain())
		}
	}
	for _, out := range [...]money.Amount{d.Denied, d.Restricted} { // what is denied of a loss stays out
		if !out.IsZero() {
			y.Losses = y.Losses.Sub(out)
		}
	}
}

// gain counts one gain or loss.
func (y *Year) gain(g money.Amount) {
	if g.Sign() >= 0 {
		y.Gains = y.Gains.Add(g)
	} else {
		y.Losses = y.Losses.Sub(g)
	}
}

// add adds to an extra figure.
func (y *Year) add(key string, a money.Amount) {
	for i := range y.Extra {
		if y.Extra[i].Key == key {
			y.Extra[i].Amount = y.Extra[i].Amount.Add(a)
			return
		}
	}
	y.Extra = append(y.Extra, Figures{key, a})
}

// Answer puts the answer keys of a computation on given figures under their
// tax year.
func (r *Return) Answer(a Answer) {
	label, first, last, err := r.Rules.FindYear(a.Year)
	if err != nil {
		label = a.Year
	}
	for i := range r.Years {
		if r.Years[i].Label == label {
			r.Years[i].Answers = a.Cells
			return
		}
	}
	r.Years = append(r.Years, Year{Label: label, First: first, Last: last, Answers: a.Cells})
}
