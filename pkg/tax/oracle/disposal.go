package oracle

import "math/big"

// disposal is one entry of the result. Proceeds are nil when they are unknown.
type disposal struct {
	asset, kind string
	account     string // of the event; of no meaning for a merged day
	day         day
	turn        int // of its event; of its first event for a merged day
	amount      *big.Rat
	proceeds    *big.Rat
	fees        *big.Rat
	cost        *big.Rat
	taxable     bool
	legs        []leg
	denied      *big.Rat // CA, nil when nothing is
}

// leg is a part of a disposal that was matched in one way.
type leg struct {
	rule       string
	acquired   day // zero when the rule names no date
	amount     *big.Rat
	proceeds   *big.Rat // nil when unknown
	fees       *big.Rat
	cost       *big.Rat
	term       string
	restricted *big.Rat // IE, nil when nothing is
}

// gainOf is proceeds - fees - cost, nil when the proceeds are.
func gainOf(proceeds, fees, cost *big.Rat) *big.Rat {
	if proceeds == nil {
		return nil
	}
	return sub(sub(proceeds, fees), cost)
}

func (d *disposal) gain() *big.Rat { return gainOf(d.proceeds, d.fees, d.cost) }

func (g *leg) gain() *big.Rat { return gainOf(g.proceeds, g.fees, g.cost) }

// restricted is the sum over the legs.
func (d *disposal) restricted() *big.Rat {
	sum := zero()
	for i := range d.legs {
		if d.legs[i].restricted != nil {
			sum = add(sum, d.legs[i].restricted)
		}
	}
	return sum
}

// newDisposal starts a disposal without legs.
func newDisposal(s sale) *disposal {
	return &disposal{
		asset: s.event.asset, kind: s.kind, account: s.event.account, day: s.event.day, turn: s.event.turn,
		amount: s.amount, proceeds: s.proceeds, fees: s.fees, cost: zero(), taxable: s.taxable,
	}
}

// addLeg adds a leg, which gets its share of proceeds and fees by units. Legs of no units are left out.
func (d *disposal) addLeg(rule string, acquired day, amount, cost *big.Rat) *leg {
	if amount.Sign() == 0 {
		return nil
	}
	d.legs = append(d.legs, leg{
		rule: rule, acquired: acquired, amount: clone(amount), cost: clone(cost),
		proceeds: shareIfKnown(d.proceeds, amount, d.amount), fees: share(d.fees, amount, d.amount),
	})
	return &d.legs[len(d.legs)-1]
}

// close sums the cost up from the legs. Without gain and loss the proceeds are that cost, leg by leg.
func (d *disposal) close(noGain bool) {
	d.cost = zero()
	for i := range d.legs {
		d.cost = add(d.cost, d.legs[i].cost)
		if noGain {
			d.legs[i].proceeds = clone(d.legs[i].cost)
		}
	}
	if noGain {
		d.proceeds = clone(d.cost)
	}
}

// join makes one leg of neighbours that are equal in rule, date, term and, unless every cost counts as equal, in
// cost per unit.
func (d *disposal) join(anyCost bool) {
	var out []leg
	for _, g := range d.legs {
		if n := len(out); n > 0 && out[n-1].joins(&g, anyCost) {
			last := &out[n-1]
			last.amount, last.cost = add(last.amount, g.amount), add(last.cost, g.cost)
			last.fees = add(last.fees, g.fees)
			if last.proceeds != nil {
				last.proceeds = add(last.proceeds, g.proceeds)
			}
			continue
		}
		out = append(out, g)
	}
	d.legs = out
}

func (g *leg) joins(next *leg, anyCost bool) bool {
	if g.rule != next.rule || g.acquired != next.acquired || g.term != next.term {
		return false
	}
	return anyCost || compareUnitCosts(g.cost, g.amount, next.cost, next.amount) == 0
}

// terms are the names of a leg's term: held for up to a year, and for more.
var terms = map[string][2]string{
	"US": {"short", "long"}, "DE": {"within_1y", "over_1y"}, "AU": {"other", "discount"},
}

// termOf is the term of units acquired on one day and disposed of on another, blank where the country knows none.
func termOf(country string, acquired, disposed day) string {
	names, ok := terms[country]
	switch {
	case !ok:
		return ""
	case overOneYear(acquired, disposed):
		return names[1]
	}
	return names[0]
}
