package au

import (
	"encoding/json"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// compute answers au.
func compute(name, year string, given json.RawMessage) (answers []tax.Answer, err error) {
	defer tax.Catch(&err)
	if name != "au" {
		return nil, tax.UnknownCompute("AU", name, "au")
	}
	t, err := Table()
	if err != nil {
		return nil, err
	}
	half, _ := t.Value(tax.EveryYear, "discount_usual")
	g := tax.NewReader(given, "other_gains", "discount_gains", "losses", "losses_bf", "discount")
	p := position{other: g.Or("other_gains", money.Amount{}), discounted: g.Or("discount_gains", money.Amount{})}
	p.losses = g.Or("losses", money.Amount{}).Add(g.Or("losses_bf", money.Amount{}))
	discount := g.Or("discount", half)
	if g.Err() != nil {
		return nil, g.Err()
	}
	net, forward := p.net(discount)
	return tax.AnswerOf(year,
		tax.Figure("net_capital_gain", net), tax.Figure("losses_cf", forward), tax.Figure("total_current_year_gains", p.total()))
}

// position is the gains of a year before losses and discount, and the losses
// of this and earlier years.
type position struct{ other, discounted, losses money.Amount }

// total returns the gains before losses and discount.
func (p position) total() money.Amount { return p.other.Add(p.discounted) }

// net sets the losses against gains without discount, then against gains with
// it before they are cut (ITAA 1997 s102-5). It returns the net capital gain
// and the losses that are left. Decision 41.
func (p position) net(discount money.Amount) (gain, forward money.Amount) {
	fromOther := money.Min(p.losses, p.other)
	left := p.losses.Sub(fromOther)
	fromDiscounted := money.Min(left, p.discounted)
	reduced := p.discounted.Sub(fromDiscounted)
	gain = p.other.Sub(fromOther).Add(reduced.Sub(reduced.Mul(discount)))
	return gain, left.Sub(fromDiscounted)
}

// annual answers au for a computed year. Decisions 41 and 42.
func annual(r *tax.Return, y *tax.Year, given json.RawMessage) (cells []tax.Cell, err error) {
	defer tax.Catch(&err)
	t, err := Table()
	if err != nil {
		return nil, err
	}
	g := tax.NewReader(given, "losses_bf", "discount")
	p := positionOf(y)
	p.losses = p.losses.Add(g.Or("losses_bf", money.Amount{}))
	discount, known := t.Or(g, "discount", y.Label, discountName(r))
	if g.Err() != nil {
		return nil, g.Err()
	}
	cells = []tax.Cell{tax.Figure("total_current_year_gains", p.total())}
	if !known && p.discounted.Sign() > 0 {
		return cells, &tax.Incomplete{
			Year: y.Label, Keys: []string{"net_capital_gain", "losses_cf"},
			Why: r.Rules.Version + " has no discount for the year; give discount",
		}
	}
	net, forward := p.net(discount)
	return append(cells, tax.Figure("net_capital_gain", net), tax.Figure("losses_cf", forward)), nil
}

// positionOf returns the gains and losses of a computed year.
func positionOf(y *tax.Year) position {
	return position{other: y.Get("other_gains"), discounted: y.Get("discount_gains"), losses: y.Losses}
}

// discountName says which discount a taxpayer has: companies have none. The
// holding period of a leg is shown for companies all the same.
func discountName(r *tax.Return) string {
	if r.Person.Taxpayer == "company" {
		return "discount_company"
	}
	return "discount"
}

// count adds the gains, without losses, by holding period; units without a
// known purchase have no discount.
func count(d *tax.Disposal, add func(key string, a money.Amount)) {
	for i := range d.Legs {
		l := &d.Legs[i]
		gain := l.Gain()
		switch {
		case gain.Sign() <= 0:
		case l.Term == tax.LongTerm:
			add("discount_gains", gain)
		default:
			add("other_gains", gain)
		}
	}
}
