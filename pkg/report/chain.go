package report

import (
	"io"
	"strconv"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// maxRows is how many rows of one day or lot the text of an explanation shows;
// the JSON has them all.
const maxRows = 20

// maxTerms is how many legs an equation writes out.
const maxTerms = 6

// chain writes the explanation of a disposal as text.
type chain struct {
	*page
	r     *tax.Return
	d     *tax.Disposal
	index int // of d in the return
	raw   Lookup
}

// WriteExplainText writes for people how the i-th disposal of the return came
// to its figures: what was given up, the arithmetic with an equation a line,
// each leg with its rule, its lot and the rows of the sources, and what is in
// doubt. Figures have all their digits.
func WriteExplainText(w io.Writer, v View, i int, raw Lookup, t Terminal) error {
	c := &chain{page: newPage(w, t), r: v.Return, d: &v.Return.Disposals[i], index: i, raw: raw}
	c.what(tax.NewDisposalIDs(v.Return).ID(i))
	c.arithmetic()
	for k := range c.d.Legs {
		c.leg(k)
	}
	c.footing()
	c.doubts(v.Return.Issues)
	c.line()
	c.fill(0, "Figures are rounded to 18 decimals, half to even; of what is shared by units, the last part takes what is left.")
	return c.close()
}

// what writes the disposal itself and the rows that say so.
func (c *chain) what(id ledger.ID) {
	d := c.d
	c.heading(exact(d.Amount) + " " + d.Asset + " given up on " + d.Date.String() + " (" + d.Kind.String() + ")")
	c.line("disposal ", id.String())
	if len(d.Events) > 1 {
		c.line(counted(len(d.Events), "event"), " of this day count as one disposal")
	} else {
		e := &c.r.Book.Events[d.Event]
		at := ""
		if !e.Has(ledger.DateOnly) {
			at = ", " + string(e.At.AppendTo(nil))
		}
		c.line("account ", accountName(accountOf(c.r, d)), at)
	}
	c.rows(2, d.Events, d.Event)
}

// arithmetic writes the equation of the disposal.
func (c *chain) arithmetic() {
	d := c.d
	c.line()
	c.heading("The arithmetic, in " + c.r.Currency)
	if d.Unknown {
		c.fill(2, "Nobody knows what was received, so there are no proceeds and no gain. The units and their cost have left all the same.")
		c.line("  cost ", exact(d.Cost))
		return
	}
	c.line("  gain = proceeds - fees - cost")
	c.line("  ", exact(d.Gain()), " = ", exact(d.Proceeds), " - ", exact(d.Fees), " - ", minus(d.Cost))
	if !d.Taxable {
		c.line("  not taxable: it stands outside the totals")
	}
	if !d.Denied.IsZero() {
		c.line("  of the loss, ", exact(d.Denied), " is denied and joins the cost of the units held")
	}
	if !d.Restricted.IsZero() {
		c.line("  of the loss, ", exact(d.Restricted), " is restricted and stays out of the totals")
	}
	if s := basisWords(d.Basis); s != "" {
		c.fill(2, s)
	}
}

// minus returns a figure that is taken away.
func minus(a money.Amount) string {
	if a.Sign() < 0 {
		return "(" + exact(a) + ")"
	}
	return exact(a)
}

// leg writes one leg.
func (c *chain) leg(k int) {
	d, l := c.d, &c.d.Legs[k]
	c.line()
	c.heading(exact(l.Amount) + " of " + exact(d.Amount) + " " + d.Asset + ": " + ruleWords(l.Rule))
	held := "  "
	if l.Acquired != 0 {
		held = "  acquired " + l.Acquired.String() + ", "
	}
	if term := termWord(c.r.Rules, l.Term); term != "" {
		held += strings.ReplaceAll(term, "_", " ") + ", "
	}
	c.line(held, "rule ", l.Rule.String())
	if !d.Unknown {
		c.line("  proceeds ", exact(l.Proceeds), c.share(d.Proceeds, l.Proceeds, k))
	}
	c.line("  fees ", exact(l.Fees), c.share(d.Fees, l.Fees, k))
	c.line("  cost ", exact(l.Cost))
	if !d.Unknown {
		c.line("  gain ", exact(l.Gain()), " = ", exact(l.Proceeds), " - ", exact(l.Fees), " - ", minus(l.Cost))
	}
	if !l.Restricted().IsZero() {
		c.line("  of the loss, ", exact(l.Restricted()), " is restricted")
	}
	if l.Lot != tax.NoEvent {
		e := &c.r.Book.Events[l.Lot]
		c.line("  lot ", e.ID.String(), ", ", e.Kind.String(), " at ", accountName(e.Account))
	}
	if pooled(l.Rule) && len(l.Events()) == 0 {
		c.line("  what moved the pool until then:")
	}
	c.rows(4, legEvents(c.r, d, l), l.Lot)
}

// share returns the equation of a figure that is shared by units, if it is one.
func (c *chain) share(whole, part money.Amount, k int) string {
	l := &c.d.Legs[k]
	switch {
	case len(c.d.Legs) == 1 || whole.IsZero() || c.d.Amount.IsZero():
		return ""
	case whole.Share(l.Amount, c.d.Amount).Round(tax.Places, money.HalfEven).Equal(part):
		return " = " + exact(whole) + " x " + exact(l.Amount) + " / " + exact(c.d.Amount)
	case k == len(c.d.Legs)-1:
		return " = what the other legs leave of " + exact(whole)
	}
	return ""
}

// footing writes that the legs add up, or that they do not.
func (c *chain) footing() {
	d := c.d
	if len(d.Legs) < 2 {
		return
	}
	c.line()
	c.heading("The legs together")
	c.sum("amount", d.Amount, func(l *tax.Leg) money.Amount { return l.Amount })
	if !d.Unknown {
		c.sum("proceeds", d.Proceeds, func(l *tax.Leg) money.Amount { return l.Proceeds })
	}
	c.sum("fees", d.Fees, func(l *tax.Leg) money.Amount { return l.Fees })
	c.sum("cost", d.Cost, func(l *tax.Leg) money.Amount { return l.Cost })
	if !d.Unknown {
		c.sum("gain", d.Gain(), (*tax.Leg).Gain)
	}
}

// sum writes one figure of all legs and compares it with the disposal's.
func (c *chain) sum(name string, want money.Amount, of func(*tax.Leg) money.Amount) {
	var total money.Amount
	var terms strings.Builder
	for i := range c.d.Legs {
		a := of(&c.d.Legs[i])
		total = total.Add(a)
		if i > 0 {
			terms.WriteString(" + ")
		}
		terms.WriteString(minus(a))
	}
	text := terms.String()
	if len(c.d.Legs) > maxTerms {
		text = "sum of " + counted(len(c.d.Legs), "leg")
	}
	if !total.Equal(want) {
		text += " = " + exact(total) + ", which is not the disposal's"
	}
	c.fill(2, name+" "+text+" = "+exact(want))
}

// rows writes the lines of sources behind events.
func (c *chain) rows(indent int, events []int32, alone int32) {
	list := places(c.r.Book, events, alone)
	for _, at := range list[:min(maxRows, len(list))] {
		c.pad(indent)
		c.paint(faint, c.r.Book.Sources[at.file].Name+":"+strconv.Itoa(int(at.line)))
		c.line()
		if text, ok := c.raw(at.file, at.line); ok {
			for s := range strings.Lines(text) {
				c.pad(indent)
				c.line("| ", strings.TrimRight(s, "\r\n"))
			}
		}
	}
	if more := len(list) - maxRows; more > 0 {
		c.pad(indent)
		c.line("and ", counted(more, "row"), " more; --json lists them all")
	}
}

// doubts writes the issues about the events that the disposal rests on.
func (c *chain) doubts(issues []tax.Issue) {
	mine, pools := make(map[int32]bool), make(map[string]ledger.Date)
	for i := range issues {
		if issues[i].Event != tax.NoEvent {
			mine[issues[i].Event] = false
		}
	}
	mark(c.r, c.r.Disposals[c.index:c.index+1], mine, pools)
	mine[c.d.Event] = true
	for _, e := range c.d.Events {
		mine[e] = true
	}
	first := true
	for i := range issues {
		is := &issues[i]
		if is.Event == tax.NoEvent || !mine[is.Event] && is.Date > pools[acquires(&c.r.Book.Events[is.Event])] {
			continue
		}
		if first {
			c.line()
			c.heading("In doubt")
			first = false
		}
		c.fill(2, is.Code+": "+is.Message)
		if _, next := advice(is.Code); next != "" {
			c.fill(4, "Next: "+next)
		}
	}
}
