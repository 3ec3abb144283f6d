package za

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// rand is the one place where figures become cells of the ITR12: whole rand,
// cents dropped.
func rand(a money.Amount) money.Amount { return a.Round(0, money.Down) }

// group is the legs of a year that made a gain, or those that made a loss.
type group struct{ proceeds, cost money.Amount }

func (g *group) add(l *tax.Leg) {
	g.proceeds = g.proceeds.Add(l.Proceeds)
	g.cost = g.cost.Add(l.Cost).Add(l.Fees)
}

// forms returns the codes of the ITR12, gains and losses apart. Whether an
// asset is held in South Africa nobody says, so the local codes stand in the
// box and the foreign ones beside them. Decision 59.
func forms(r *tax.Return, y *tax.Year) ([]tax.Form, error) {
	layouts, err := Layouts()
	if err != nil {
		return nil, err
	}
	l := tax.LayoutOf(layouts["itr12"], y.Label)
	return []tax.Form{tax.BoxForm("itr12", func() []tax.BoxRow {
		var gains, losses group
		disposals := r.During(y.First, y.Last)
		for i := range disposals {
			if !disposals[i].Counts() {
				continue
			}
			for j := range disposals[i].Legs {
				if leg := &disposals[i].Legs[j]; leg.Gain().Sign() < 0 {
					losses.add(leg)
				} else {
					gains.add(leg)
				}
			}
		}
		gain, gainCost := rand(gains.proceeds), rand(gains.cost)
		loss, lossCost := rand(losses.proceeds), rand(losses.cost)
		return []tax.BoxRow{
			l.Row("gain_proceeds", gain, 0), l.Row("gain_cost", gainCost, 0), l.Row("gain", gain.Sub(gainCost), 0),
			l.Row("loss_proceeds", loss, 0), l.Row("loss_cost", lossCost, 0), l.Row("loss", lossCost.Sub(loss), 0),
		}
	})}, nil
}
