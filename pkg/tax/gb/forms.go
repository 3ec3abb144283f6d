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
			Rows: func(w tax.RowWriter) {
				c := computation{boxes: l, w: w}
				disposals := r.During(y.First, y.Last)
				for i := range disposals {
					if disposals[i].Counts() {
						c.disposal(&disposals[i])
					}
				}
			},
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
	buf   []byte
}

func (c *computation) disposal(d *tax.Disposal) {
	c.head(d)
	c.end("proceeds", ": proceeds", d.Proceeds)
	if !d.Fees.IsZero() {
		c.head(d)
		c.end("costs", ": costs of the disposal", d.Fees)
	}
	for i := range d.Legs {
		l := &d.Legs[i]
		c.head(d)
		c.buf = append(c.buf, ": cost of "...)
		c.buf = l.Amount.AppendTo(c.buf)
		c.buf = append(c.buf, ", "...)
		c.buf = append(c.buf, ruleText(l.Rule)...)
		if l.Acquired != 0 {
			c.buf = append(c.buf, ' ')
			c.buf = l.Acquired.AppendTo(c.buf)
		}
		c.end("costs", "", l.Cost)
	}
	gain := d.Gain()
	c.head(d)
	if gain.Sign() < 0 {
		c.end("losses", ": loss", gain.Neg())
	} else {
		c.end("gains", ": gain", gain)
	}
}

// head begins a description: date, units and asset.
func (c *computation) head(d *tax.Disposal) {
	c.buf = d.Date.AppendTo(c.buf[:0])
	c.buf = append(c.buf, ' ')
	c.buf = d.Amount.AppendTo(c.buf)
	c.buf = append(c.buf, ' ')
	c.buf = append(c.buf, d.Asset...)
}

// end writes the row with what the buffer holds. Pence here are the nearest;
// only the boxes are rounded in anyone's favour.
func (c *computation) end(box, text string, a money.Amount) {
	c.buf = append(c.buf, text...)
	c.w.Text(c.boxes.Boxes[box].Number)
	c.w.Bytes(c.buf)
	c.w.Money(a.Round(2, money.HalfUp), 2)
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
