package au

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// dollars is the one place where figures become cells of the tax return:
// whole dollars, cents dropped.
func dollars(a money.Amount) money.Amount { return a.Round(0, money.Down) }

// forms returns items 18 and 24 of the return. Losses of earlier years count
// as far as the user gave them. Decision 60.
func forms(r *tax.Return, y *tax.Year) ([]tax.Form, error) {
	layouts, err := Layouts()
	if err != nil {
		return nil, err
	}
	t, err := Table()
	if err != nil {
		return nil, err
	}
	l := tax.LayoutOf(layouts["cgt"], y.Label)
	p := positionOf(y)
	net, forward, known := y.Answer("net_capital_gain"), y.Answer("losses_cf"), y.HasAnswer("net_capital_gain")
	if !known {
		var discount money.Amount
		if discount, known = t.Value(y.Label, discountName(r)); known || p.discounted.IsZero() {
			net, forward = p.net(discount)
			known = true
		}
	}
	return []tax.Form{tax.BoxForm("cgt", func() []tax.BoxRow {
		event := "N"
		if y.Disposals > 0 {
			event = "Y"
		}
		rows := []tax.BoxRow{l.Words("event", event), l.Row("total", dollars(p.total()), 0)}
		if known {
			rows = append(rows, l.Row("net", dollars(net), 0), l.Row("carried", dollars(forward), 0))
		} else {
			rows = append(rows, l.Words("net", ""), l.Words("carried", ""))
		}
		return append(rows, l.Row("income", dollars(y.Income), 0))
	})}, nil
}
