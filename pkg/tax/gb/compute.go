package gb

import (
	"encoding/json"
	"fmt"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// compute answers uk_cgt, uk_loss_years and gb_sa108.
func compute(name, year string, given json.RawMessage) (answers []tax.Answer, err error) {
	defer tax.Catch(&err)
	switch name {
	case "uk_cgt":
		return capitalGains(year, given)
	case "uk_loss_years":
		return lossYears(given)
	case "gb_sa108":
		g := tax.NewReader(given, "disposals", "proceeds", "costs", "gains", "losses")
		n, p, c, gains, losses := g.Need("disposals"), g.Need("proceeds"), g.Need("costs"), g.Need("gains"), g.Need("losses")
		if g.Err() != nil {
			return nil, g.Err()
		}
		return tax.AnswerOf(year,
			tax.Figure("13.1", n), tax.Figure("13.2", p), tax.Figure("13.3", c), tax.Figure("13.4", gains), tax.Figure("13.5", losses),
			tax.Figure("check", p.Sub(c).Sub(gains).Add(losses)))
	}
	return nil, tax.UnknownCompute("GB", name, "uk_cgt", "uk_loss_years", "gb_sa108")
}

func capitalGains(year string, given json.RawMessage) ([]tax.Answer, error) {
	g := tax.NewReader(given, "gains", "losses", "losses_bf", "aea", "taxable_income", "basic_band", "rate_lower", "rate_higher")
	net := g.Need("gains").Sub(g.Or("losses", money.Amount{}))
	taxable, _ := relieve(net, g.Need("aea"), g.Or("losses_bf", money.Amount{}))
	room := tax.Positive(g.Need("basic_band").Sub(g.Need("taxable_income")))
	rates := rates{g.Need("rate_lower"), g.Need("rate_higher")}
	if g.Err() != nil {
		return nil, g.Err()
	}
	lower := money.Min(taxable, room)
	higher := taxable.Sub(lower)
	return tax.AnswerOf(year,
		tax.Figure("taxable", taxable), tax.Figure("at_lower", lower), tax.Figure("at_higher", higher),
		tax.Figure("tax", rates.tax(lower, higher)))
}

// rates are the two rates of capital gains tax.
type rates struct{ lower, higher money.Amount }

func (r rates) tax(lower, higher money.Amount) money.Amount {
	return lower.Mul(r.lower).Add(higher.Mul(r.higher))
}

// relieve takes the exempt amount and then the losses brought forward off a
// year's net gain, these only down to the exempt amount. It returns what is
// taxable and the losses to carry forward (TCGA 1992 s1E). Decision 34.
func relieve(net, exempt, before money.Amount) (taxable, forward money.Amount) {
	if net.Sign() < 0 {
		return money.Amount{}, before.Sub(net)
	}
	above := tax.Positive(net.Sub(exempt))
	used := money.Min(before, above)
	return above.Sub(used), before.Sub(used)
}

func lossYears(given json.RawMessage) ([]tax.Answer, error) {
	g := tax.NewReader(given, "losses_bf", "years")
	before := g.Or("losses_bf", money.Amount{})
	years := g.List("years")
	if g.Err() != nil {
		return nil, g.Err()
	}
	answers := make([]tax.Answer, 0, len(years))
	for i, one := range years {
		g := tax.NewReader(one, "year", "gains", "losses", "aea")
		year := g.Word("year")
		net := g.Need("gains").Sub(g.Need("losses"))
		taxable, forward := relieve(net, g.Need("aea"), before)
		if g.Err() != nil {
			return nil, fmt.Errorf("years, entry %d: %w", i+1, g.Err())
		}
		answers = append(answers, tax.Answer{Year: year, Cells: []tax.Cell{
			tax.Figure("net", net), tax.Figure("taxable", taxable), tax.Figure("loss_cf", forward),
		}})
		before = forward
	}
	return answers, nil
}

// count splits the gains of 2024-25 at the change of rates.
func count(d *tax.Disposal, add func(key string, a money.Amount)) {
	gain := d.Gain()
	if gain.Sign() <= 0 || d.Date < mixedFirst || d.Date > mixedLast {
		return
	}
	if d.Date < newRates {
		add("gains_to_2024_10_29", gain)
	} else {
		add("gains_from_2024_10_30", gain)
	}
}
