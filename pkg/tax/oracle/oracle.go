package oracle

import (
	"encoding/json"
	"math/big"
	"sort"
)

// The JSON of a result, as in "expect" of the vectors.
type (
	jsonResult struct {
		Disposals []jsonDisposal            `json:"disposals"`
		Income    []jsonIncome              `json:"income"`
		Totals    map[string]map[string]any `json:"totals"`
		Remaining []jsonHolding             `json:"remaining"`
	}
	jsonDisposal struct {
		Asset      string    `json:"asset"`
		Date       string    `json:"date"`
		Kind       string    `json:"kind"`
		Amount     string    `json:"amount"`
		Proceeds   *string   `json:"proceeds"`
		Fees       string    `json:"fees"`
		Cost       string    `json:"cost"`
		Gain       *string   `json:"gain"`
		Taxable    bool      `json:"taxable"`
		Legs       []jsonLeg `json:"legs"`
		Denied     *string   `json:"denied_loss,omitempty"`
		Restricted *string   `json:"restricted_loss,omitempty"`
	}
	jsonLeg struct {
		Rule       string  `json:"rule"`
		Acquired   *string `json:"acquired"`
		Amount     string  `json:"amount"`
		Proceeds   *string `json:"proceeds"`
		Fees       string  `json:"fees"`
		Cost       string  `json:"cost"`
		Gain       *string `json:"gain"`
		Term       string  `json:"term,omitempty"`
		Restricted *string `json:"restricted_loss,omitempty"`
	}
	jsonIncome struct {
		Date   string  `json:"date"`
		Asset  string  `json:"asset"`
		Amount string  `json:"amount"`
		Value  *string `json:"value"`
		Kind   string  `json:"kind"`
	}
	jsonHolding struct {
		Asset   string    `json:"asset"`
		Account *string   `json:"account,omitempty"`
		Amount  string    `json:"amount"`
		Cost    string    `json:"cost"`
		Lots    []jsonLot `json:"lots,omitempty"`
	}
	jsonLot struct {
		Acquired string `json:"acquired"`
		Amount   string `json:"amount"`
		Cost     string `json:"cost"`
	}
)

// Run computes a ledger given as Ledger JSON and answers with its disposals, income, totals and remaining holdings.
// An error means that the ledger cannot be read; shortages and unknown values are none.
func Run(ledgerJSON []byte) ([]byte, error) {
	l, err := readLedger(ledgerJSON)
	if err != nil {
		return nil, err
	}
	var disposals []*disposal
	var left []holding
	switch {
	case isDayPool(l.method):
		disposals, left = runDayPool(l)
	case isPool(l.method):
		disposals, left = runAverage(l)
	default:
		disposals, left = runLots(l)
	}
	sort.SliceStable(disposals, func(i, j int) bool {
		a, b := disposals[i], disposals[j]
		if a.day != b.day {
			return a.day < b.day
		}
		return a.turn < b.turn
	})
	out := jsonResult{
		Disposals: []jsonDisposal{}, Income: []jsonIncome{}, Totals: totalsOf(l, disposals), Remaining: []jsonHolding{},
	}
	for _, d := range disposals {
		out.Disposals = append(out.Disposals, d.json())
	}
	for _, e := range l.incomes() {
		out.Income = append(out.Income, jsonIncome{
			Date: e.day.String(), Asset: e.asset, Amount: text(e.amount), Value: textIfKnown(e.value),
			Kind: orElse(e.subtype, "income"),
		})
	}
	for _, h := range left {
		out.Remaining = append(out.Remaining, h.json(!isPool(l.method) && l.labelled()))
	}
	return json.MarshalIndent(out, "", " ")
}

// incomes lists the events that are income.
func (l *ledger) incomes() []*event {
	var out []*event
	for _, e := range l.events {
		if e.kind == "income" && !e.nothing() {
			out = append(out, e)
		}
	}
	return out
}

func textIfKnown(n *big.Rat) *string {
	if n == nil {
		return nil
	}
	s := text(n)
	return &s
}

// textIfAny leaves out what is absent or zero.
func textIfAny(n *big.Rat) *string {
	if n == nil || n.Sign() == 0 {
		return nil
	}
	return textIfKnown(n)
}

func (d *disposal) json() jsonDisposal {
	out := jsonDisposal{
		Asset: d.asset, Date: d.day.String(), Kind: d.kind, Amount: text(d.amount), Proceeds: textIfKnown(d.proceeds),
		Fees: text(d.fees), Cost: text(d.cost), Gain: textIfKnown(d.gain()), Taxable: d.taxable, Legs: []jsonLeg{},
		Denied: textIfAny(d.denied), Restricted: textIfAny(d.restricted()),
	}
	for i := range d.legs {
		g := &d.legs[i]
		x := jsonLeg{
			Rule: g.rule, Amount: text(g.amount), Proceeds: textIfKnown(g.proceeds), Fees: text(g.fees),
			Cost: text(g.cost), Gain: textIfKnown(g.gain()), Term: g.term, Restricted: textIfAny(g.restricted),
		}
		if g.acquired != 0 {
			date := g.acquired.String()
			x.Acquired = &date
		}
		out.Legs = append(out.Legs, x)
	}
	return out
}

func (h *holding) json(withAccount bool) jsonHolding {
	out := jsonHolding{Asset: h.asset, Amount: text(h.amount), Cost: text(h.cost)}
	if withAccount {
		out.Account = &h.account
	}
	for _, x := range h.lots {
		out.Lots = append(out.Lots, jsonLot{Acquired: x.acquired.String(), Amount: text(x.amount), Cost: text(x.cost)})
	}
	return out
}
