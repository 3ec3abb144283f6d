package oracle

import "math/big"

// rebuy is an Irish purchase that may restrict losses made in the four weeks before it.
type rebuy struct {
	purchase
	free *big.Rat // units that have not restricted a loss yet
}

// restrictLosses marks the part of each loss whose units are bought again on days 1 to 28 after it (s.581(3) TCA 1997),
// and, unless the option says otherwise, the whole of a loss on units bought in the four weeks before.
func restrictLosses(l *ledger, disposals []*disposal) {
	var rebuys []*rebuy
	for _, e := range l.events {
		if p, ok := l.purchaseOf(e); ok {
			rebuys = append(rebuys, &rebuy{p, clone(p.amount)})
		}
	}
	for _, d := range disposals {
		for i := range d.legs {
			g := &d.legs[i]
			gain := g.gain()
			if !d.taxable || gain == nil || gain.Sign() >= 0 {
				continue
			}
			loss := new(big.Rat).Neg(gain)
			if g.rule == "4_week" && !l.recentFree {
				g.restricted = loss
				continue
			}
			again := l.boughtAgain(d, g.amount, rebuys)
			if again.Sign() > 0 {
				g.restricted = share(loss, again, g.amount)
			}
		}
	}
}

// boughtAgain uses up rebuys of the four weeks after the disposal, the earliest first, for that many of its units, and
// gives how many it found, in units of the disposal.
func (l *ledger) boughtAgain(d *disposal, units *big.Rat, rebuys []*rebuy) *big.Rat {
	found := zero()
	for offset := day(1); offset <= fourWeeks; offset++ {
		for _, r := range rebuys {
			if r.asset != d.asset || r.acquired != d.day+offset {
				continue
			}
			factor := l.unitsBetween(d, &r.purchase)
			use := least(sub(units, found), quo(r.free, factor))
			r.free = sub(r.free, mul(use, factor))
			found = add(found, use)
		}
	}
	return found
}

// unitsBetween is how many units at the purchase one unit at the disposal has become by splits.
func (l *ledger) unitsBetween(d *disposal, p *purchase) *big.Rat {
	factor := one()
	for _, e := range l.events {
		between := e.turn > d.turn && e.turn <= p.event.turn
		reaches := e.account == "" || e.account == p.event.account || !l.perAccount(e.day)
		if e.kind == "split" && e.asset == d.asset && between && reaches {
			factor = mul(factor, e.ratio)
		}
	}
	return factor
}
