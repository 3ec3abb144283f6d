package strike

import (
	"slices"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// deal is a trade: one row, or the rows of one target order added up. Such an
// order sets the price aside when it is placed, and the bitcoin arrives, or
// the price comes back, in a later row of the same reference.
type deal struct {
	way    way
	rows   int
	btc    leg
	other  leg
	assets int // how many assets there are beside bitcoin

	price  money.Amount
	priced bool
}

// deal adds up the rows of a unit. A fee stands in more than one of them.
func (u *unit) deal() deal {
	lead := u.lead()
	d := deal{way: lead.word.way, rows: len(u.rows), price: lead.price, priced: lead.priced}
	for i := range u.rows {
		if slices.ContainsFunc(u.rows[:i], func(o record) bool { return o.same(&u.rows[i]) }) {
			continue // the same row twice
		}
		for _, l := range u.rows[i].legs {
			side := &d.btc
			if l.asset != bitcoin {
				side = &d.other
				if side.asset != l.asset {
					d.assets++
				}
			}
			side.asset, side.column = l.asset, l.column
			side.amount = side.amount.Add(l.amount)
			side.fee = money.Max(side.fee, l.fee)
		}
		if r := &u.rows[i]; !d.priced && r.priced {
			d.price, d.priced = r.price, true
		}
	}
	return d
}

// cancelled reports whether nothing is left of an order.
func (d *deal) cancelled() bool {
	return d.btc.amount.IsZero() && d.other.amount.IsZero()
}

// entry makes a trade of a deal.
func (d *deal) entry() (statement.Entry, *statement.Fault) {
	if f := d.check(); f != nil {
		return statement.Entry{}, f
	}
	e := statement.Entry{Type: statement.Trade}
	units, paid := d.btc.amount.Abs(), d.other.amount.Abs()
	buy := d.btc.amount.Sign() > 0
	gross := units.Mul(d.price)
	switch {
	case !d.other.fee.IsZero():
		e.Fee = statement.Quantity{Amount: d.other.fee, Asset: d.other.asset}
		inside := paid.Add(d.other.fee) // a sale pays out what is left after the fee
		if buy {
			inside = paid.Sub(d.other.fee)
		}
		var ok bool
		if paid, ok = nearer(gross, paid, inside); !ok {
			return e, &statement.Fault{Column: d.other.column, Reason: whyFee}
		}
	case !d.btc.fee.IsZero():
		e.Fee = statement.Quantity{Amount: d.btc.fee, Asset: bitcoin}
		inside := units.Sub(d.btc.fee)
		if buy {
			inside = units.Add(d.btc.fee) // what was credited is net
		}
		worth, ok := nearer(paid, gross, inside.Mul(d.price))
		if !ok {
			return e, &statement.Fault{Column: d.btc.column, Reason: whyFee}
		}
		if !worth.Equal(gross) {
			units = inside
		}
	}
	coins := statement.Quantity{Amount: units, Asset: bitcoin}
	cash := statement.Quantity{Amount: paid, Asset: d.other.asset}
	if buy {
		e.Received, e.Sent = coins, cash
	} else {
		e.Received, e.Sent = cash, coins
	}
	return e, nil
}

const whyFee = "amount, price and fee do not add up: nobody can tell whether the fee is inside the amount"

// check refuses deals that no trade can be made of.
func (d *deal) check() *statement.Fault {
	sign := d.btc.amount.Sign()
	switch {
	case d.assets > 1:
		return &statement.Fault{Column: d.other.column, Reason: "more than one currency in one trade"}
	case sign == 0 && d.other.amount.IsZero():
		return &statement.Fault{Column: d.btc.column, Reason: "amount is 0"}
	case sign == 0 || d.other.amount.IsZero():
		return &statement.Fault{Column: d.missing(), Reason: "one side of the trade is missing: " +
			"a target order that is open, or whose other row is in another file; put both rows into one file"}
	case d.way == in && sign < 0, d.way == out && sign > 0:
		return &statement.Fault{Column: d.btc.column, Reason: "the sign of the bitcoin contradicts the type"}
	case (d.way == signed || d.rows > 1) && sign == d.other.amount.Sign():
		return &statement.Fault{Column: d.other.column, Reason: "both sides have the same sign: one must leave where the other arrives"}
	case !d.btc.fee.IsZero() && !d.other.fee.IsZero():
		return &statement.Fault{Column: d.btc.column, Reason: "a fee in bitcoin and one in money: say what was paid"}
	case !d.priced && (!d.btc.fee.IsZero() || !d.other.fee.IsZero()):
		return &statement.Fault{Column: d.other.column, Reason: "a fee without a price: nobody can tell whether the fee is inside the amount"}
	}
	return nil
}

// missing returns the column of the side that is there, to look at.
func (d *deal) missing() string {
	if d.btc.amount.IsZero() {
		return d.other.column
	}
	return d.btc.column
}

// nearer returns the one of two readings that is closer to what it has to be,
// and whether it is close enough: one cent or 0.01 %.
func nearer(want, a, b money.Amount) (money.Amount, bool) {
	best := a
	if b.Sub(want).Abs().Cmp(a.Sub(want).Abs()) < 0 {
		best = b
	}
	return best, alike(best, want)
}

func alike(a, b money.Amount) bool {
	limit := money.Max(money.MustParse("0.01"), b.Abs().Mul(money.MustParse("0.0001")))
	return a.Sub(b).Abs().Cmp(limit) <= 0
}
