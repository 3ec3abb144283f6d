package tax

import (
	"fmt"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// outgo is a disposal before anything answers for it. Its figures are exact,
// not rounded yet.
type outgo struct {
	event    int32
	kind     ledger.Kind
	asset    string
	account  string
	date     ledger.Date
	units    money.Amount
	proceeds money.Amount
	fees     money.Amount
	known    bool // proceeds are known
	taxable  bool
	atCost   bool // proceeds are the cost that leaves: no gain, no loss
	named    bool // lots were named
}

// open starts a disposal in the result.
func (c *calc) open(o *outgo) *Disposal {
	d := Disposal{
		Event: o.event, Kind: o.kind, Taxable: o.taxable, Unknown: !o.known, Asset: o.asset, Date: o.date,
		Amount: o.units.Round(Places, money.HalfEven),
	}
	if c.Scope.PerAccount || !c.Method.Pool() {
		d.Account = o.account
	}
	if !o.known {
		o.proceeds = money.Amount{} // the value of a fee in kind may stand in it
	}
	d.Fees, d.Proceeds = o.fees.Round(Places, money.HalfEven), o.proceeds.Round(Places, money.HalfEven)
	c.out.Disposals = append(c.out.Disposals, d)
	return &c.out.Disposals[len(c.out.Disposals)-1]
}

// exact is a leg with what is only needed until it is rounded.
type exact struct {
	Leg
	unit    money.Unit
	assumed bool
}

// close gives a disposal its legs, shares proceeds and fees over them by
// units, and rounds: each figure once, the last leg takes the remainder, so
// that legs add up to their disposal. A missing leg never gets a cost.
func (c *calc) close(d *Disposal, o *outgo, legs []exact) {
	if len(c.spare) < len(legs) {
		c.spare = make([]Leg, max(4096, len(legs)))
	}
	d.Legs, c.spare = c.spare[:len(legs):len(legs)], c.spare[len(legs):]
	var cost money.Amount
	last := -1 // the last leg that has a cost
	for i := range legs {
		d.Legs[i] = legs[i].Leg
		cost = cost.Add(legs[i].Cost)
		if legs[i].Rule != RuleMissing {
			last = i
		}
	}
	d.Cost = cost.Round(Places, money.HalfEven)
	if o.atCost {
		d.Proceeds, d.Fees = d.Cost, money.Amount{}
	}
	leftP, leftF, leftC := d.Proceeds, d.Fees, d.Cost
	roundUnits(d)
	for i := range d.Legs {
		l := &d.Legs[i]
		switch {
		case i == last:
			l.Cost = leftC
		case l.Rule == RuleMissing:
			l.Cost = money.Amount{}
		default:
			l.Cost = l.Cost.Round(Places, money.HalfEven)
		}
		leftC = leftC.Sub(l.Cost)
		switch {
		case o.atCost:
			l.Proceeds, l.Fees = l.Cost, money.Amount{}
			continue
		case i == len(d.Legs)-1:
			l.Proceeds, l.Fees = leftP, leftF
		default:
			l.Proceeds = share(o.proceeds, legs[i].Amount, o.units)
			l.Fees = share(o.fees, legs[i].Amount, o.units)
		}
		leftP, leftF = leftP.Sub(l.Proceeds), leftF.Sub(l.Fees)
	}
	d.Basis = grade(legs)
	if c.Method == FourWeekFIFO {
		exactLosses(d, o, legs)
	}
}

// exactLosses keeps what the legs lost before they were rounded: which units
// bought again belong to which loss does not depend on the digits shown.
func exactLosses(d *Disposal, o *outgo, legs []exact) {
	net := o.fees.Sub(o.proceeds)
	for i := range legs {
		loss := legs[i].Cost
		if !net.IsZero() {
			loss = loss.Add(net.Share(legs[i].Amount, o.units))
		}
		if loss.Sign() > 0 {
			d.Legs[i].rare = &rareLeg{events: d.Legs[i].Events(), loss: loss}
		}
	}
}

// roundUnits rounds the units of the legs: splits, forks and days that are
// shared leave more decimals than are shown.
func roundUnits(d *Disposal) {
	footed(d.Amount, len(d.Legs), func(i int) *money.Amount { return &d.Legs[i].Amount })
}

// footed rounds the n parts of a whole that is rounded already. The last part
// takes the remainder, or, should it be less than nothing, those before it as
// well.
func footed(whole money.Amount, n int, part func(int) *money.Amount) {
	left, end := whole, n-1
	for i := range n {
		a := part(i)
		if i < end {
			*a = a.Round(Places, money.HalfEven)
		} else {
			*a = left
		}
		left = left.Sub(*a)
	}
	for i := end; i > 0 && part(i).Sign() < 0; i-- {
		*part(i - 1), *part(i) = part(i-1).Add(*part(i)), money.Amount{}
	}
}

func share(a, part, whole money.Amount) money.Amount {
	if a.IsZero() {
		return money.Amount{}
	}
	return a.Share(part, whole).Round(Places, money.HalfEven)
}

// grade says how well the cost of the legs is known.
func grade(legs []exact) Basis {
	missing, assumed := 0, false
	for i := range legs {
		if legs[i].Rule == RuleMissing {
			missing++
		}
		assumed = assumed || legs[i].assumed
	}
	switch {
	case missing > 0 && missing == len(legs):
		return BasisMissing
	case missing > 0:
		return BasisPartial
	case assumed:
		return BasisAssumed
	}
	return BasisKnown
}

// lack adds the leg for units that nothing covers. Less than the last place is
// what the ratio of a split left by rounding, and no shortage.
func (c *calc) lack(o *outgo, legs []exact, missing money.Amount) []exact {
	if missing.Sign() <= 0 || len(legs) > 0 && missing.Round(Places, money.HalfEven).IsZero() {
		return legs
	}
	severity := Error
	if c.Options.ZeroCostShortage {
		severity = Warning
	}
	i := c.issue(o.event, "basis.missing", severity, fmt.Sprintf(
		"%s %s left on %s for which no purchase is known. Add the missing statement, or an opening entry with the cost. Until then their cost is 0.",
		missing, o.asset, o.date))
	if o.known && o.taxable && !o.units.IsZero() {
		i.Stake, i.High = true, o.proceeds.Sub(o.fees).Share(missing, o.units).Round(Places, money.HalfEven)
	}
	return append(legs, exact{Leg: Leg{Rule: RuleMissing, Lot: NoEvent, Amount: missing}})
}

// join appends a leg, or adds it to the one before if they are alike: same
// rule, date, term and cost per unit.
func join(legs []exact, l exact) []exact {
	if n := len(legs); n > 0 {
		p := &legs[n-1]
		if p.Rule == l.Rule && p.Acquired == l.Acquired && p.Term == l.Term && p.unit == l.unit {
			if events := p.Events(); events == nil && p.Lot != l.Lot {
				p.Leg = p.WithEvents(p.Lot, l.Lot)
			} else if events != nil && events[len(events)-1] != l.Lot {
				p.rare.events = append(events, l.Lot)
			}
			p.Amount, p.Cost, p.assumed = p.Amount.Add(l.Amount), p.Cost.Add(l.Cost), p.assumed || l.assumed
			return legs
		}
	}
	return append(legs, l)
}
