package oracle

import "math/big"

// rateChange is the day from which gains of the British tax year 2024-25 bear the higher rates.
const rateChange = "2024-10-30"

// yearTotals are the sums of one tax year.
type yearTotals struct {
	disposals int
	sums      map[string]*big.Rat
}

func (t *yearTotals) add(key string, n *big.Rat) {
	if t.sums[key] == nil {
		t.sums[key] = zero()
	}
	t.sums[key] = add(t.sums[key], n)
}

// totalsOf sums taxable disposals and income by tax year. What has no known value is outside.
func totalsOf(l *ledger, disposals []*disposal) map[string]map[string]any {
	years := map[string]*yearTotals{}
	year := func(d day) *yearTotals {
		label := taxYear(l.country, d)
		if years[label] == nil {
			years[label] = &yearTotals{sums: map[string]*big.Rat{}}
		}
		return years[label]
	}
	for _, d := range disposals {
		if d.taxable && d.proceeds != nil {
			year(d.day).count(l.country, d)
		}
	}
	for _, e := range l.incomes() {
		if e.value != nil {
			year(e.day).add("income", e.value)
		}
	}
	out := map[string]map[string]any{}
	for label, t := range years {
		out[label] = t.json()
	}
	return out
}

func (t *yearTotals) json() map[string]any {
	t.add("net", sub(valueOr0(t.sums["gains"]), valueOr0(t.sums["losses"])))
	out := map[string]any{"disposals": t.disposals}
	for _, key := range []string{"proceeds", "fees", "cost", "gains", "losses"} {
		t.add(key, zero())
	}
	for key, n := range t.sums {
		out[key] = text(n)
	}
	return out
}

func (t *yearTotals) count(country string, d *disposal) {
	t.disposals++
	t.add("proceeds", d.proceeds)
	t.add("fees", d.fees)
	t.add("cost", d.cost)
	if country == "GB" || country == "CA" {
		t.countResult(d.gain(), d.denied)
	} else {
		for i := range d.legs {
			t.countResult(d.legs[i].gain(), d.legs[i].restricted)
		}
	}
	switch country {
	case "GB":
		t.countByRate(d)
	case "CA":
		t.addIfAny("denied_loss", d.denied)
	case "IE":
		t.addIfAny("restricted_loss", d.restricted())
	case "US", "DE", "AU":
		t.countByTerm(country, d)
	}
}

func (t *yearTotals) addIfAny(key string, n *big.Rat) {
	if n != nil && n.Sign() != 0 {
		t.add(key, n)
	}
}

// countResult adds a gain to the gains, or what is allowed of a loss to the losses.
func (t *yearTotals) countResult(gain, barred *big.Rat) {
	if gain.Sign() >= 0 {
		t.add("gains", gain)
		return
	}
	t.add("losses", sub(new(big.Rat).Neg(gain), valueOr0(barred)))
}

// countByRate tells the gains of 2024-25 apart by the day of disposal.
func (t *yearTotals) countByRate(d *disposal) {
	if taxYear("GB", d.day) != "2024-25" {
		return
	}
	key := "gains_to_2024_10_29"
	if d.day.String() >= rateChange {
		key = "gains_from_2024_10_30"
	}
	t.addIfAny(key, positive(d.gain()))
}

// termKeys are the totals to which legs of the short and of the long term go; missing legs go to the first.
var termKeys = map[string][2]string{
	"US": {"st", "lt"}, "DE": {"taxable_gain", "tax_free_gain"}, "AU": {"other_gains", "discount_gains"},
}

// countByTerm sums the legs by term: gains only in Australia, net of losses elsewhere.
func (t *yearTotals) countByTerm(country string, d *disposal) {
	for i := range d.legs {
		g := &d.legs[i]
		key := termKeys[country][0]
		if g.term == terms[country][1] {
			key = termKeys[country][1]
		}
		if country == "AU" {
			t.addIfAny(key, positive(g.gain()))
			continue
		}
		t.add(key, g.gain())
	}
}
