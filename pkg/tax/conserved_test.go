package tax_test

import (
	"cmp"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// change is what an event does to the units of an asset.
type change struct {
	event int
	first bool // splits come first: on their day in Britain, at their instant in other pools
	asset string
	ratio money.Amount // of a split, else 0
	units money.Amount
}

// coinsConserved: opening + acquired − disposed = remaining, in units; what
// nothing covered was never there.
func coinsConserved(t *rapid.T) {
	in := randomInput(t)
	if slices.ContainsFunc(in.Book.Events, func(e ledger.Event) bool { return e.Kind == ledger.KindSplit && e.Account != "" }) {
		return // of one account only: the sum over accounts cannot follow it
	}
	ret := answer(t, in)
	list := acquired(in)
	for i := range ret.Disposals {
		d := &ret.Disposals[i]
		for k := range d.Legs {
			if l := &d.Legs[k]; l.Rule != tax.RuleMissing {
				list = append(list, change{event: int(d.Event), asset: d.Asset, units: l.Amount.Neg()})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b change) int {
		x, y := &in.Book.Events[a.event], &in.Book.Events[b.event]
		switch {
		case in.Method == tax.S104 || in.Method == tax.CorporatePool:
			if c := cmp.Compare(in.Calendar.Date(x.At), in.Calendar.Date(y.At)); c != 0 {
				return c
			}
		case in.Method.Pool():
			if c := cmp.Compare(x.At, y.At); c != 0 {
				return c
			}
		default:
			return cmp.Compare(a.event, b.event)
		}
		if a.first != b.first {
			return map[bool]int{true: -1, false: 1}[a.first]
		}
		return 0
	})
	held, most := map[string]money.Amount{}, money.FromInt(1)
	for _, c := range list {
		if !c.ratio.IsZero() {
			held[c.asset] = held[c.asset].Mul(c.ratio)
		}
		held[c.asset] = held[c.asset].Add(c.units)
		most = money.Max(most, held[c.asset].Abs())
	}
	for _, h := range ret.Remaining {
		if h.Amount.Sign() <= 0 {
			t.Fatalf("%s %s remain", h.Amount, h.Asset)
		}
		held[h.Asset] = held[h.Asset].Sub(h.Amount)
	}
	for asset, n := range held {
		if n.Abs().Cmp(most.Mul(trifle)) > 0 {
			t.Fatalf("%s %s came, did not go and do not remain\n%s", n, asset, strings.Join(show(ret), "\n"))
		}
	}
}

// trifle is what converting over splits and sharing over forks may leave.
var trifle = money.MustParse("0.000000000000001")

// acquired lists what each event brings, and the splits.
func acquired(in tax.Input) []change {
	var list []change
	for i := range in.Book.Events {
		e := &in.Book.Events[i]
		c := change{event: i, asset: e.Asset, units: e.Amount}
		switch e.Kind {
		case ledger.KindSplit:
			c.first, c.units, c.ratio = true, money.Amount{}, e.More.Ratio
		case ledger.KindOpening, ledger.KindBuy, ledger.KindIncome, ledger.KindAirdrop, ledger.KindGiftIn, ledger.KindSpouseIn:
		case ledger.KindSwap:
			if c.asset, c.units = e.More.ToAsset, e.More.ToAmount; e.Amount.IsZero() {
				continue
			}
		case ledger.KindFork:
			c.asset, c.units = e.More.ToAsset, e.More.ToAmount
		default:
			continue
		}
		list = append(list, c)
	}
	return list
}

// costConserved: what was paid is what left with the disposals and what the
// units that remain carry. A denied loss is paid again. (The second basis of
// gifts in the United States replaces cost, so they stay out.)
func costConserved(t *rapid.T) {
	in := randomInput(t)
	if in.Rules.DualBasis && has(in, ledger.KindGiftIn) {
		return
	}
	ret := answer(t, in)
	var came money.Amount
	for i := range in.Book.Events {
		came = came.Add(paid(in, &in.Book.Events[i]))
	}
	left := came
	for i := range ret.Disposals {
		left = left.Sub(ret.Disposals[i].Cost).Add(ret.Disposals[i].Denied)
	}
	for _, h := range ret.Remaining {
		left = left.Sub(h.Cost)
	}
	if left.Abs().Cmp(money.Max(came, money.FromInt(1)).Mul(trifle)) > 0 {
		t.Fatalf("a cost of %s came, did not go and does not remain\n%s", left, strings.Join(show(ret), "\n"))
	}
}

// paid is what the units that an event brings cost.
func paid(in tax.Input, e *ledger.Event) money.Amount {
	rate := money.FromInt(1)
	if e.ValueCurrency == "CHF" { // fees are then as well
		rate = money.MustParse("0.5")
	}
	fee := e.Fee.Mul(rate)
	if v := e.Extra().FeeValue; v != nil {
		fee = fee.Add(v.Mul(rate))
	}
	value, known := e.Value.Mul(rate), e.Has(ledger.HasValue)
	switch e.Kind {
	case ledger.KindOpening:
		value = value.Add(e.Fee.Mul(rate))
	case ledger.KindBuy:
		value = value.Add(fee)
	case ledger.KindIncome, ledger.KindAirdrop, ledger.KindGiftIn, ledger.KindSpouseIn:
	case ledger.KindSwap:
		value, known = paidInSwap(in, e, value, rate)
		value = value.Add(borne(in, fee))
		known = known && !e.More.ToAmount.IsZero()
	default:
		return money.Amount{}
	}
	if !known || e.Amount.IsZero() {
		return money.Amount{}
	}
	return value
}

// paidInSwap is the value that a swapped-in asset costs.
func paidInSwap(in tax.Input, e *ledger.Event, given, rate money.Amount) (money.Amount, bool) {
	received, hasGiven, hasReceived := e.More.ToValue.Mul(rate), e.Has(ledger.HasValue), e.Has(ledger.HasToValue)
	byGiven := in.Options.SwapCost == "given" || in.Options.SwapCost == "" && in.Rules.Country == "GB"
	if byGiven && hasGiven || !hasReceived {
		return given, hasGiven
	}
	return received, true
}

// borne is the part of a swap's fee that the new asset bears.
func borne(in tax.Input, fee money.Amount) money.Amount {
	switch {
	case in.Options.SwapFee == "half", in.Options.SwapFee == "" && in.Rules.Country == "GB":
		return fee.Mul(money.MustParse("0.5"))
	case in.Options.SwapFee == "acquisition":
		return fee
	}
	return money.Amount{}
}
