package gb

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// forms returns the boxes of SA108 and the computation that goes with it.
func forms(r *tax.Return, y *tax.Year) ([]tax.Form, error) {
	layouts, err := Layouts()
	if err != nil {
		return nil, err
	}
	t, err := Table()
	if err != nil {
		return nil, err
	}
	l := tax.LayoutOf(layouts["sa108"], y.Label)
	return []tax.Form{
		tax.BoxForm("sa108", func() []tax.BoxRow { return sa108(l, t, y) }),
		{
			Name: "sa108-computation", Ext: "csv", Header: []string{"box", "description", "amount"},
			Rows: func(w tax.RowWriter) { compute108(r, y, l, w) },
		},
	}, nil
}

// pounds is the one place where figures become boxes of SA108: whole pounds
// in the taxpayer's favour, proceeds and gains down, losses up. The costs are
// what makes proceeds − costs = gains − losses hold in whole pounds too.
// Decision 56.
func pounds(y *tax.Year) (proceeds, costs, gains, losses money.Amount) {
	proceeds = y.Proceeds.Round(0, money.Floor)
	gains = y.Gains.Round(0, money.Floor)
	losses = y.Losses.Round(0, money.Ceiling)
	return proceeds, proceeds.Sub(gains).Add(losses), gains, losses
}

func sa108(l tax.Layout, t tax.Table, y *tax.Year) []tax.BoxRow {
	proceeds, costs, gains, losses := pounds(y)
	rows := []tax.BoxRow{
		l.Row("disposals", money.FromInt(int64(y.Disposals)), 0),
		l.Row("proceeds", proceeds, 0),
		l.Row("costs", costs, 0),
		l.Row("gains", gains, 0),
		l.Row("losses", losses, 0),
		l.Words("claim", ""),
		l.Words("reported", ""),
		l.Words("charged", ""),
	}
	other := "Disposals of crypto-assets; see the computation attached."
	if _, has := l.Boxes["adjustment"]; has {
		if adjustment, known := adjust(t, y); known {
			rows = append(rows, l.Row("adjustment", adjustment.Round(0, money.Floor), 0))
			other += " Box 51: gains from 30 October 2024 at the rates of 18 % and 24 %."
		} else {
			rows = append(rows, l.Words("adjustment", ""))
		}
	}
	return append(rows, l.Words("other", other))
}

// adjust returns the adjustment of 2024-25: the tax less what the return
// itself charges, which takes the rates up to 29 October for the whole year.
// It is known if the tax is, that is if the user gave the year's income.
// Decision 37.
func adjust(t tax.Table, y *tax.Year) (money.Amount, bool) {
	early, ok := earlyRates(t, y.Label)
	if !ok || !y.HasAnswer("tax") {
		return money.Amount{}, false
	}
	return y.Answer("tax").Sub(early.tax(y.Answer("at_lower"), y.Answer("at_higher"))), true
}

// computation writes, for each disposal, its proceeds, each part of its costs
// with the rule that gave it, and its gain or loss, in pence and under the
// boxes that they go to.
type computation struct {
	boxes tax.Layout
	w     tax.RowWriter
	pools []tax.PoolState // of the legs to come
	buf   []byte
}

// compute108 writes the computation of a year.
func compute108(r *tax.Return, y *tax.Year, l tax.Layout, w tax.RowWriter) {
	c := computation{boxes: l, w: w, pools: r.Pools}
	for i := range r.Disposals {
		switch d := &r.Disposals[i]; {
		case d.Date > y.Last:
			return
		case d.Date >= y.First && d.Counts():
			c.disposal(d)
		default:
			for k := range d.Legs {
				c.pool(&d.Legs[k])
			}
		}
	}
}

// pool returns what the pool held after a leg that it answered for, nil for
// other legs.
func (c *computation) pool(l *tax.Leg) *tax.PoolState {
	if l.Rule != tax.RulePool || len(c.pools) == 0 {
		return nil
	}
	p := &c.pools[0]
	c.pools = c.pools[1:]
	return p
}

// pence are the nearest; only the boxes are rounded in anyone's favour.
func pence(a money.Amount) money.Amount { return a.Round(2, money.HalfUp) }

// disposal writes one disposal. Proceeds and gain are rounded; what is between
// them is shared over the costs, so that the page adds up to the penny.
func (c *computation) disposal(d *tax.Disposal) {
	gain := d.Gain()
	shown, box, text := pence(gain.Abs()), "gains", ": gain"
	proceeds := pence(d.Proceeds)
	all := proceeds.Sub(shown)
	if gain.Sign() < 0 {
		all, box, text = proceeds.Add(shown), "losses", ": loss"
	}
	last := lastCost(d)
	var exact, done money.Amount
	next := func(i int, a money.Amount) money.Amount {
		exact = exact.Add(a)
		upTo := money.Min(pence(exact), all)
		if i == last {
			upTo = all
		}
		part := upTo.Sub(done)
		done = upTo
		return part
	}
	c.head(d)
	c.end("proceeds", ": proceeds", proceeds)
	if !d.Fees.IsZero() {
		c.head(d)
		c.end("costs", ": costs of the disposal", next(-1, d.Fees))
	}
	for i := range d.Legs {
		c.leg(d, &d.Legs[i], next(i, d.Legs[i].Cost))
	}
	c.head(d)
	c.end(box, text, shown)
}

// lastCost returns the last leg that may have a cost; -1 is the fees.
func lastCost(d *tax.Disposal) int {
	last := len(d.Legs) - 1
	for last >= 0 && d.Legs[last].Rule == tax.RuleMissing {
		last--
	}
	return last
}

// leg writes the cost of a leg with its rule and, where the pool answers, with
// what the pool held before and after.
func (c *computation) leg(d *tax.Disposal, l *tax.Leg, cost money.Amount) {
	c.head(d)
	c.buf = append(c.buf, ": cost of "...)
	c.buf = l.Amount.AppendTo(c.buf)
	c.buf = append(c.buf, ", "...)
	c.buf = append(c.buf, ruleText(l.Rule)...)
	if l.Acquired != 0 {
		c.buf = append(c.buf, ' ')
		c.buf = l.Acquired.AppendTo(c.buf)
	}
	if p := c.pool(l); p != nil {
		c.state(": before ", p.Units.Add(l.Amount), p.Cost.Add(l.Cost))
		c.state("; after ", p.Units, p.Cost)
	}
	c.end("costs", "", cost)
}

func (c *computation) state(when string, units, cost money.Amount) {
	c.buf = append(c.buf, when...)
	c.buf = units.Round(tax.Places, money.HalfEven).AppendTo(c.buf)
	c.buf = append(c.buf, " costing "...)
	c.buf = pence(cost).AppendFixed(c.buf, 2)
}

// head begins a description: date, units and asset.
func (c *computation) head(d *tax.Disposal) {
	c.buf = d.Date.AppendTo(c.buf[:0])
	c.buf = append(c.buf, ' ')
	c.buf = d.Amount.AppendTo(c.buf)
	c.buf = append(c.buf, ' ')
	c.buf = append(c.buf, d.Asset...)
}

// end writes the row with what the buffer holds.
func (c *computation) end(box, text string, a money.Amount) {
	c.buf = append(c.buf, text...)
	c.w.Text(c.boxes.Boxes[box].Number)
	c.w.Bytes(c.buf)
	c.w.Money(a, 2)
	c.w.End()
}

func ruleText(r tax.Rule) string {
	switch r {
	case tax.RuleSameDay:
		return "acquired the same day"
	case tax.RuleThirtyDay:
		return "acquired within 30 days after, on"
	case tax.RuleTenDay:
		return "acquired within ten days, on"
	case tax.RulePool:
		return "from the Section 104 pool"
	case tax.RuleMissing:
		return "no acquisition known"
	default:
		return r.String()
	}
}
