package tax

import (
	"fmt"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// worth is what an event was worth in the reporting currency.
type worth struct {
	value money.Amount // of the event; of the given side of a swap
	known bool
	to    money.Amount // of the received side of a swap or fork
	toOK  bool
	fee   money.Amount // deductible, a fee in kind included

	// A fee in kind that is a disposal of its own.
	feeAsset string
	feeUnits money.Amount
	feeValue money.Amount
	feeKnown bool

	// A fee in kind that is taken in the asset sold: part of the disposal.
	inlineUnits money.Amount
	inlineValue money.Amount

	feeLost bool // a fee that could not be valued and is not deducted
}

// half is how a swap's fee is shared.
var half = money.MustParse("0.5")

// needsValue says for which kinds an unknown value is an error.
func needsValue(k ledger.Kind) bool {
	switch k {
	case ledger.KindOpening, ledger.KindBuy, ledger.KindSell, ledger.KindSpend, ledger.KindSwap, ledger.KindIncome,
		ledger.KindAirdrop, ledger.KindGiftIn, ledger.KindGiftOut, ledger.KindDonate, ledger.KindSpouseIn, ledger.KindFee, ledger.KindFork:
		return true
	default:
		return false
	}
}

// value works out what event i was worth and records price.missing if nobody
// can tell. It is called once for each event.
func (c *calc) value(i int32) worth {
	e := &c.events[i]
	var w worth
	if e.Has(ledger.HasValue) {
		w.value, w.known = c.convert(e, e.Value, e.ValueCurrency)
	}
	if e.Has(ledger.HasToValue) && (e.Kind == ledger.KindSwap || e.Kind == ledger.KindFork) {
		w.to, w.toOK = c.convert(e, e.Extra().ToValue, e.ValueCurrency)
	}
	if !w.known && !w.toOK && needsValue(e.Kind) {
		c.market(e, &w)
	}
	if e.Kind == ledger.KindSwap {
		w.equate()
	}
	if !e.Fee.IsZero() && (trades(e.Kind) || e.Kind == ledger.KindOpening) { // elsewhere a fee counts for nothing
		fee, ok := c.convert(e, e.Fee, e.FeeCurrency)
		w.fee, w.feeLost = fee, !ok
	}
	if e.More != nil && (e.More.FeeAsset != "" || e.Kind == ledger.KindTransfer) {
		c.feeInKind(e, &w)
	}
	c.missing(i, e, &w)
	return w
}

// convert brings an amount into the reporting currency, by a price of that
// currency if it is another one.
func (c *calc) convert(e *ledger.Event, a money.Amount, currency string) (money.Amount, bool) {
	if currency == "" || currency == c.Currency {
		return a, true
	}
	if a.IsZero() {
		return a, true
	}
	rate, ok := c.price(currency, e)
	return a.Mul(rate), ok
}

func (c *calc) price(asset string, e *ledger.Event) (money.Amount, bool) {
	if asset == c.Currency {
		return money.FromInt(1), true
	}
	if c.Prices == nil {
		return money.Amount{}, false
	}
	return c.Prices.Price(asset, c.Currency, e.At, c.Calendar.Date(e.At))
}

// market values both sides of an event by price.
func (c *calc) market(e *ledger.Event, w *worth) {
	if p, ok := c.price(e.Asset, e); ok {
		units := e.Amount
		if e.Kind == ledger.KindFork { // a fork's values are ratios: one old unit
			units = money.FromInt(1)
		}
		w.value, w.known = p.Mul(units), true
	}
	if e.Kind != ledger.KindSwap && e.Kind != ledger.KindFork {
		return
	}
	m := e.Extra()
	if p, ok := c.price(m.ToAsset, e); ok {
		w.to, w.toOK = p.Mul(m.ToAmount), true
	}
	if e.Kind == ledger.KindFork && w.known != w.toOK {
		w.known, w.toOK, w.value, w.to = false, false, money.Amount{}, money.Amount{}
	}
}

// equate fills a blank side of a swap with the other.
func (w *worth) equate() {
	switch {
	case w.known && !w.toOK:
		w.to, w.toOK = w.value, true
	case w.toOK && !w.known:
		w.value, w.known = w.to, true
	}
}

// feeInKind values a fee that was taken in units of an asset: by what the
// source says, by the trade's own unit price for an asset of the trade, else
// by price.
func (c *calc) feeInKind(e *ledger.Event, w *worth) {
	m := e.More
	units, asset := m.FeeAmount, m.FeeAsset
	if e.Kind == ledger.KindTransfer && asset == "" {
		if m.Received == nil {
			return
		}
		units, asset = e.Amount.Sub(*m.Received), e.Asset
	}
	inline := asset == e.Asset && (e.Kind == ledger.KindSell || e.Kind == ledger.KindSpend)
	if nothing := units.Sign() <= 0 && (!inline || m.FeeValue == nil); nothing || money.IsFiat(asset) {
		return
	}
	value, known := money.Amount{}, false
	switch {
	case m.FeeValue != nil:
		value, known = c.convert(e, *m.FeeValue, e.ValueCurrency)
	case asset == e.Asset && w.known && trades(e.Kind):
		value, known = w.value.Share(units, e.Amount), true
	case asset == m.ToAsset && w.toOK && e.Kind == ledger.KindSwap && m.ToAmount.Sign() > 0:
		value, known = w.to.Share(units, m.ToAmount), true
	}
	if !known {
		if p, ok := c.price(asset, e); ok {
			value, known = p.Mul(units), true
		}
	}
	if inline {
		w.inlineUnits, w.inlineValue = units, value
		w.feeLost = w.feeLost || !known
		return
	}
	w.feeAsset, w.feeUnits, w.feeValue, w.feeKnown = asset, units, value, known
	if known && trades(e.Kind) {
		w.fee = w.fee.Add(value)
	}
}

// trades says whether a fee of this kind of event belongs to its price.
func trades(k ledger.Kind) bool {
	switch k {
	case ledger.KindBuy, ledger.KindSell, ledger.KindSpend, ledger.KindSwap:
		return true
	default:
		return false
	}
}

// missing records what could not be valued.
func (c *calc) missing(i int32, e *ledger.Event, w *worth) {
	needed := needsValue(e.Kind) && !outside(e)
	switch {
	case e.Amount.IsZero() && e.Kind != ledger.KindFork:
	case needed && !w.known && !w.toOK && !c.costGiven(e):
		c.unpriced(i, e.Asset, "value")
	case e.Kind == ledger.KindFork && (!w.known || !w.toOK):
		c.unpriced(i, e.Extra().ToAsset, "value")
	case w.feeLost:
		c.unpriced(i, e.Asset, "fee")
	case w.feeAsset != "" && !w.feeKnown:
		c.unpriced(i, w.feeAsset, "fee")
	}
}

// costGiven reports whether an event is a gift whose cost is the giver's, so
// that nothing rests on what it was worth.
func (c *calc) costGiven(e *ledger.Event) bool {
	if e.Kind != ledger.KindGiftIn || e.Extra().DonorCost == nil || !c.Rules.DonorCostCarries || c.Rules.DualBasis {
		return false
	}
	_, known := c.convert(e, *e.More.DonorCost, e.ValueCurrency)
	return known
}

func (c *calc) unpriced(i int32, asset, what string) {
	c.issue(i, "price.missing", Error,
		fmt.Sprintf("No %s in %s for %s on %s. Give its price in a price list, or the value in the row.", what, c.Currency, asset, c.date(i)))
}

// outside reports whether an event moves only money of a state, which has no
// effect on crypto-assets. A fee that it costs in kind is a disposal all the
// same.
func outside(e *ledger.Event) bool {
	switch e.Kind {
	case ledger.KindDeposit, ledger.KindWithdrawal, ledger.KindTransfer, ledger.KindFee, ledger.KindLost, ledger.KindAirdrop,
		ledger.KindGiftIn, ledger.KindGiftOut, ledger.KindDonate, ledger.KindSpend, ledger.KindOpening, ledger.KindSpouseIn, ledger.KindSpouseOut:
		return money.IsFiat(e.Asset)
	default:
		return e.Kind == ledger.KindExchange
	}
}
