package us

import (
	"encoding/json"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// compute answers us_loss and us_8949.
func compute(name, year string, given json.RawMessage) (answers []tax.Answer, err error) {
	defer tax.Catch(&err)
	switch name {
	case "us_loss":
		t, err := Table()
		if err != nil {
			return nil, err
		}
		limit, _ := t.Value(year, "loss_limit")
		g := tax.NewReader(given, "st", "lt", "st_bf", "lt_bf", "limit")
		l := losses(net{g.Signed("st"), g.Signed("lt")}, net{g.Or("st_bf", money.Amount{}), g.Or("lt_bf", money.Amount{})}, g.Or("limit", limit))
		if g.Err() != nil {
			return nil, g.Err()
		}
		return tax.AnswerOf(year, append([]tax.Cell{tax.Figure("net", l.net)}, l.cells()...)...)
	case "us_8949":
		return cells8949(year, given)
	}
	return nil, tax.UnknownCompute("US", name, "us_loss", "us_8949")
}

// net is an amount for each of the two terms.
type net struct{ short, long money.Amount }

// carry is what becomes of a year's result: the loss that other income bears
// and what goes on to the next year. Losses are positive.
type carry struct {
	net, deduction money.Amount
	forward        net
}

// losses sets the terms and what was brought forward against each other. The
// deduction takes the short-term loss first (IRC s1211(b), s1212(b)).
// Decision 32.
func losses(year, before net, limit money.Amount) carry {
	short, long := year.short.Sub(before.short), year.long.Sub(before.long)
	c := carry{net: short.Add(long)}
	if c.net.Sign() >= 0 {
		return c
	}
	c.deduction = money.Min(c.net.Neg(), limit)
	switch { // a gain of one term first reduces the loss of the other
	case short.Sign() > 0:
		short, long = money.Amount{}, c.net
	case long.Sign() > 0:
		short, long = c.net, money.Amount{}
	}
	fromShort := money.Min(c.deduction, short.Neg())
	c.forward.short = short.Neg().Sub(fromShort)
	c.forward.long = long.Neg().Sub(c.deduction.Sub(fromShort))
	return c
}

func (c carry) cells() []tax.Cell {
	return []tax.Cell{
		tax.Figure("deduction", c.deduction),
		tax.Figure("st_cf", c.forward.short),
		tax.Figure("lt_cf", c.forward.long),
	}
}

// annual answers us_loss for a computed year. Decisions 32 and 33.
func annual(r *tax.Return, y *tax.Year, given json.RawMessage) (cells []tax.Cell, err error) {
	defer tax.Catch(&err)
	g := tax.NewReader(given, "st_bf", "lt_bf", "limit")
	before := net{g.Or("st_bf", money.Amount{}), g.Or("lt_bf", money.Amount{})}
	limit, err := lossLimit(r, y.Label)
	if err != nil {
		return nil, err
	}
	limit = g.Or("limit", limit)
	if g.Err() != nil {
		return nil, g.Err()
	}
	c := losses(net{y.Get("st"), y.Get("lt")}, before, limit)
	if r.Person.Taxpayer == "company" { // IRC s1212(a)(1): carried as a short-term loss
		c.forward = net{short: c.forward.short.Add(c.forward.long)}
	}
	cells = c.cells()
	// Schedule D shows what was brought forward, so it goes with the answer.
	if !before.short.IsZero() {
		cells = append(cells, tax.Figure("st_bf", before.short))
	}
	if !before.long.IsZero() {
		cells = append(cells, tax.Figure("lt_bf", before.long))
	}
	return cells, nil
}

// lossLimit returns how much loss a taxpayer may set against other income.
func lossLimit(r *tax.Return, year string) (money.Amount, error) {
	t, err := Table()
	if err != nil {
		return money.Amount{}, err
	}
	name := "loss_limit"
	switch {
	case r.Person.Taxpayer == "company":
		name = "loss_limit_company"
	case r.Person.FilingStatus == "mfs":
		name = "loss_limit_mfs"
	}
	limit, _ := t.Value(year, name)
	return limit, nil
}

// count adds each leg to its term; units without a known purchase are short.
func count(d *tax.Disposal, add func(key string, a money.Amount)) {
	for i := range d.Legs {
		l := &d.Legs[i]
		if l.Term == tax.LongTerm {
			add("lt", l.Gain())
		} else {
			add("st", l.Gain())
		}
	}
}
