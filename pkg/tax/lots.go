package tax

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/basis"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// unknownAccount is where lots of an unmatched withdrawal wait for the
// deposit that they may turn up in.
const unknownAccount = "unknown"

// fourWeeks is the reach of the Irish rule, s581 TCA 1997; the last day is
// inside (vectors ie-28-*, ie-29-*).
const fourWeeks = 28

// lotWalk goes through the events of a lot method in order of time.
type lotWalk struct {
	*calc
	held   *basis.Holdings
	ids    map[string]int32 // events by the source's id, if lots are named anywhere
	legs   []exact          // reused
	rule   Rule
	listed bool // remaining holdings list their lots
}

var lotRules = map[Method]struct {
	order basis.Order
	rule  Rule
}{
	FIFO: {basis.Oldest, RuleFIFO}, LIFO: {basis.Newest, RuleLIFO}, HIFO: {basis.Dearest, RuleHIFO}, LOFO: {basis.Cheapest, RuleLOFO},
	Specific: {basis.Oldest, RuleFIFO}, FourWeekFIFO: {basis.Oldest, RuleFIFO}, DatedFIFO: {basis.Oldest, RuleFIFO}, DatedAverage: {basis.Oldest, RuleFIFO},
}

// lots computes the methods by lots.
func (c *calc) lots() {
	how := lotRules[c.Method]
	w := &lotWalk{calc: c, rule: how.rule, listed: c.Method != DatedAverage}
	w.ids = c.lotIDs()
	w.held = basis.NewHoldings(basis.Config{
		Order: how.order, Accounts: c.Scope.PerAccount, United: c.Scope.From != 0,
		Window: c.Method == FourWeekFIFO, Averages: c.Method == DatedAverage, Track: w.ids != nil,
		Lots: c.expect(),
	})
	closes := c.closes()
	for i := range c.events {
		c.now = int32(i)
		date := c.date(c.now)
		c.snapshot(date, w.holdings)
		if closes {
			c.closeYears(date)
		}
		if c.Scope.From != 0 && date >= c.Scope.From {
			w.held.Separate()
		}
		w.step(c.now, date)
	}
	c.settled(w.holdings)
	if c.Method == FourWeekFIFO {
		c.restrict()
	}
}

// expect makes room for as many disposals as there will be and returns about
// how many lots.
func (c *calc) expect() (acquired int) {
	disposed := 0
	for i := range c.events {
		switch c.events[i].Kind {
		case ledger.KindSwap:
			acquired++
			disposed++
		case ledger.KindSell, ledger.KindSpend, ledger.KindGiftOut, ledger.KindDonate, ledger.KindFee, ledger.KindLost, ledger.KindSpouseOut:
			disposed++
		default:
			acquired++
		}
	}
	c.out.Disposals = make([]Disposal, 0, disposed)
	return acquired
}

// sortLots orders lots that are in order of acquisition by cost as well.
func sortLots(list []Lot) {
	byCost := func(a, b Lot) int {
		if c := a.Cost.Cmp(b.Cost); c != 0 {
			return c
		}
		return cmp.Or(a.Amount.Cmp(b.Amount), cmp.Compare(a.Event, b.Event))
	}
	for from := 0; from < len(list); {
		to := from + 1
		for to < len(list) && list[to].Acquired == list[from].Acquired {
			to++
		}
		slices.SortFunc(list[from:to], byCost)
		from = to
	}
}

// lotIDs maps the ids by which sources may name lots to events, or is nil if
// nothing names any.
func (c *calc) lotIDs() map[string]int32 {
	named := false
	for i := range c.events {
		if len(c.events[i].Extra().Lots) > 0 {
			named = true
			break
		}
	}
	if !named {
		return nil
	}
	ids := make(map[string]int32, len(c.events))
	for i := range c.events {
		e := &c.events[i]
		ids[e.ID.String()] = int32(i)
		if id := e.Extra().SourceID; id != "" {
			if _, taken := ids[id]; !taken {
				ids[id] = int32(i)
			}
		}
	}
	return ids
}

// step applies one event.
func (w *lotWalk) step(i int32, date ledger.Date) {
	e := &w.events[i]
	switch e.Kind {
	case ledger.KindSplit:
		w.held.Split(e.Asset, e.Account, e.Extra().Ratio)
		return
	case ledger.KindFork:
		v, m := w.value(i), e.Extra()
		w.held.Fork(e.Asset, basis.ForkTerms{To: m.ToAsset, Amount: m.ToAmount, Value: v.value, ToValue: v.to, Account: e.Account, Home: cmp.Or(e.Account, m.ToAccount, ledger.DefaultAccount), Event: i, Date: date})
		return
	case ledger.KindAllocate:
		w.allocate(i, e)
		return
	default:
	}
	if e.Amount.IsZero() {
		return
	}
	v := w.value(i)
	switch {
	case outside(e):
	case e.Kind == ledger.KindTransfer, e.Kind == ledger.KindDeposit, e.Kind == ledger.KindWithdrawal:
		w.move(i, e)
	default:
		o := outgo{event: i, kind: e.Kind, asset: e.Asset, account: e.Account, date: date, units: e.Amount}
		if w.disposal(e, &v, &o) {
			w.dispose(&o)
		}
		if lot, asset, ok := w.acquisition(i, e, &v, date); ok {
			w.held.Acquire(asset, e.Account, lot)
		}
	}
	if v.feeAsset != "" {
		w.dispose(&outgo{
			event: i, kind: ledger.KindFee, asset: v.feeAsset, account: e.Account, date: date,
			units: v.feeUnits, proceeds: v.feeValue, known: v.feeKnown, taxable: true,
		})
	}
}

// disposal fills in what an event disposes of, or reports that it disposes of
// nothing.
func (c *calc) disposal(e *ledger.Event, v *worth, o *outgo) bool {
	o.proceeds, o.known, o.taxable = v.value, v.known, true
	switch e.Kind {
	case ledger.KindSell, ledger.KindSpend:
		o.units = o.units.Add(v.inlineUnits)
		o.proceeds, o.fees = o.proceeds.Add(v.inlineValue), v.fee.Add(v.inlineValue)
	case ledger.KindSwap:
		o.proceeds, o.known = v.to, v.toOK
		if c.Options.SwapValueGiven {
			o.proceeds, o.known = v.value, v.known
		}
		o.fees, _ = c.splitFee(v.fee)
	case ledger.KindGiftOut, ledger.KindDonate:
		o.taxable = c.Rules.GiftIsDisposal
	case ledger.KindFee:
	case ledger.KindSpouseOut:
		o.taxable, o.atCost, o.known = false, true, true
	case ledger.KindLost:
		o.taxable, o.proceeds, o.known = c.Rules.LossIsDisposal, money.Amount{}, true
	default:
		return false
	}
	if refs := e.Extra().Lots; len(refs) > 0 {
		o.named = true
	}
	return true
}

// splitFee shares the fee of a swap over the disposal and the acquisition.
func (c *calc) splitFee(fee money.Amount) (out, in money.Amount) {
	switch c.swapFee {
	case FeeOnAcquisition:
		return money.Amount{}, fee
	case FeeHalf:
		out = fee.Mul(half)
		return out, fee.Sub(out)
	case FeeOnDisposal:
	}
	return fee, money.Amount{}
}

// acquisition returns the lot that an event acquires, and its asset.
func (c *calc) acquisition(i int32, e *ledger.Event, v *worth, date ledger.Date) (basis.Lot, string, bool) {
	lot := basis.Lot{Quantity: e.Amount, Date: date, Event: i}
	asset := e.Asset
	switch e.Kind {
	case ledger.KindOpening, ledger.KindBuy:
		lot.Cost, lot.Assumed = v.value.Add(v.fee), !v.known
	case ledger.KindIncome:
		c.income(i, e, v, date)
		lot.Cost, lot.Assumed = v.value, !v.known
	case ledger.KindAirdrop, ledger.KindSpouseIn:
		lot.Cost, lot.Assumed = v.value, !v.known
	case ledger.KindGiftIn:
		c.gift(e, v, &lot, date)
	case ledger.KindSwap:
		if asset, lot.Quantity = e.Extra().ToAsset, e.Extra().ToAmount; lot.Quantity.IsZero() {
			return lot, "", false // no units, so no cost of units
		}
		cost, known := v.to, v.toOK
		if c.swapCostGiven {
			cost, known = v.value, v.known
		}
		_, fee := c.splitFee(v.fee)
		lot.Cost, lot.Assumed = cost.Add(fee), !known
	default:
		return lot, "", false
	}
	if lot.Assumed {
		lot.Cost = money.Amount{}
	}
	if at := e.Extra().Acquired; at != 0 && (e.Kind == ledger.KindOpening || e.Kind == ledger.KindGiftIn) {
		lot.Date = at
	}
	return lot, asset, !money.IsFiat(asset) || e.Kind != ledger.KindIncome
}

// income records something received as income.
func (c *calc) income(i int32, e *ledger.Event, v *worth, date ledger.Date) {
	kind := e.Extra().Subtype
	if kind == "" {
		kind = "income"
	}
	c.out.Income = append(c.out.Income, Income{
		Event: i, Asset: e.Asset, Date: date, Amount: e.Amount.Round(Places, money.HalfEven), Value: v.value.Round(Places, money.HalfEven), Unknown: !v.known, Kind: kind,
	})
}

// gift sets the cost of a gift received: the giver's where the law carries it
// over and the source knows it, else the value. The dual basis needs the
// market value at the gift as well.
func (c *calc) gift(e *ledger.Event, v *worth, lot *basis.Lot, date ledger.Date) {
	m := e.Extra()
	lot.Cost, lot.Assumed = v.value, !v.known
	fmv := m.FMV
	if fmv != nil {
		worth, ok := c.convert(e, *fmv, e.ValueCurrency)
		if fmv = nil; ok {
			fmv = &worth
		}
	}
	if m.DonorCost != nil && c.Rules.DonorCostCarries {
		if cost, ok := c.convert(e, *m.DonorCost, e.ValueCurrency); ok {
			if v.known && fmv == nil {
				fmv = &v.value
			}
			lot.Cost, lot.Assumed = cost, false
		}
	}
	if c.Rules.DualBasis && fmv != nil {
		lot.Gift = &basis.Gift{Value: *fmv, Date: date}
	}
}

// move moves lots between own accounts, or to and from the unknown.
func (w *lotWalk) move(i int32, e *ledger.Event) {
	from, to, units := e.Account, e.Extra().ToAccount, e.Amount
	switch e.Kind {
	case ledger.KindDeposit:
		from, to = unknownAccount, e.Account
		w.unmatched(i, e, "xfer.unmatched_in")
	case ledger.KindWithdrawal:
		to = unknownAccount
		w.unmatched(i, e, "xfer.unmatched_out")
	default:
		if r := e.Extra().Received; r != nil {
			units = *r
		}
	}
	short := w.held.Move(e.Asset, from, to, units, w.date(i).AddDays(-fourWeeks))
	if short.Sign() > 0 && e.Kind == ledger.KindTransfer {
		w.issue(i, "neg.balance", Error, fmt.Sprintf(
			"%s moves %s %s more than is held there. Only the units with a known purchase moved. Add the statement that brought the rest in.", orDefault(from), short, e.Asset))
	}
}

func orDefault(account string) string {
	if account == "" {
		return "The account"
	}
	return account
}

// unmatched records a deposit or withdrawal whose other end is not known.
func (c *calc) unmatched(i int32, e *ledger.Event, code string) {
	text := "%s %s arrived in %s from outside these statements. It brings no purchase with it: a later sale of it has no known cost. Add the statement it came from."
	if code == "xfer.unmatched_out" {
		text = "%s %s left %s for a place outside these statements. It is not taken as a sale. Add the statement where it arrived, or record what it was spent on."
	}
	c.issue(i, code, Warning, fmt.Sprintf(text, e.Amount, e.Asset, orDefault(e.Account)))
}

func (w *lotWalk) allocate(i int32, e *ledger.Event) {
	m := e.Extra()
	order, _ := basis.ParseOrder(m.Order)
	difference := w.held.Allocate(e.Asset, order, m.Accounts)
	switch difference.Sign() {
	case 1:
		w.issue(i, "balance.diff", Warning, fmt.Sprintf("The allocation lists %s %s more than is held.", difference, e.Asset))
	case -1:
		w.issue(i, "balance.diff", Warning, fmt.Sprintf("The allocation leaves out %s %s that are held; they stay where they are.", difference.Neg(), e.Asset))
	}
}

// dispose takes lots for a disposal and makes its legs: first the lots that it
// names, then those that the method chooses for the rest.
func (w *lotWalk) dispose(o *outgo) {
	d := w.open(o)
	legs, left := w.legs[:0], o.units
	var missing money.Amount
	if o.named {
		var refs []basis.Ref
		refs, left = w.refs(o)
		var pieces []basis.Lot
		pieces, missing = w.held.TakeLots(o.asset, o.account, refs)
		legs = w.answer(o, legs, pieces, RuleSpecific)
	}
	if left.Sign() > 0 {
		var short money.Amount
		legs, short = w.choose(o, legs, left)
		missing = missing.Add(short)
	}
	legs = w.lack(o, legs, missing)
	w.close(d, o, legs)
	w.legs = legs
}

// choose takes units in the order of the method.
func (w *lotWalk) choose(o *outgo, legs []exact, units money.Amount) ([]exact, money.Amount) {
	if w.Method != FourWeekFIFO {
		pieces, missing := w.held.Take(o.asset, o.account, units)
		return w.answer(o, legs, pieces, w.rule), missing
	}
	pieces, recent, missing := w.held.TakeRecent(o.asset, o.account, units, o.date.AddDays(-fourWeeks))
	legs = w.answer(o, legs, pieces[:recent], RuleFourWeek)
	return w.answer(o, legs, pieces[recent:], w.rule), missing
}

// answer makes legs of the pieces of lots that a rule took.
func (w *lotWalk) answer(o *outgo, legs []exact, pieces []basis.Lot, rule Rule) []exact {
	for k := range pieces {
		p := &pieces[k]
		l := exact{Leg: Leg{Rule: rule, Lot: p.Event, Acquired: p.Date, Amount: p.Quantity, Cost: p.Cost}, unit: p.Unit, assumed: p.Assumed}
		if p.Gift != nil && o.taxable && o.known {
			lowerBasis(p.Gift, o, &l)
		}
		l.Term = w.term(l.Acquired, o.date)
		if w.Method == DatedAverage {
			l.unit = money.Unit{} // one cost for all: only date and term tell legs apart
		}
		legs = join(legs, l)
	}
	return legs
}

// lowerBasis applies the dual basis of a gift to a leg: IRC §1015(a), vectors
// us-gift-*. Up to the market value at the gift that is the cost, and the
// holding period starts at the gift; between it and the giver's cost there is
// neither gain nor loss.
func lowerBasis(g *basis.Gift, o *outgo, l *exact) {
	if g.Value.Cmp(l.Cost) >= 0 {
		return
	}
	net := o.proceeds.Sub(o.fees).Share(l.Amount, o.units)
	switch {
	case net.Cmp(g.Value) <= 0:
		l.Cost, l.Acquired = g.Value, g.Date
	case net.Cmp(l.Cost) < 0:
		l.Cost = net
	default:
		return
	}
	l.unit = money.PerUnit(l.Cost, l.Amount)
}

// term returns the holding period: more than a year if the disposal comes
// after the first anniversary of the acquisition (rules.md 0.2).
func (c *calc) term(acquired, disposed ledger.Date) Term {
	switch {
	case c.Rules.ShortTerm == "":
		return NoTerm
	case c.yearFrom != acquired || c.yearTo == 0:
		c.yearFrom, c.yearTo = acquired, acquired.Anniversary(1)
	}
	if disposed > c.yearTo {
		return LongTerm
	}
	return ShortTerm
}

// refs resolves the lots that a disposal names, up to the units it disposes of;
// left is what it names no lot for.
func (w *lotWalk) refs(o *outgo) (refs []basis.Ref, left money.Amount) {
	left = o.units
	for _, r := range w.events[o.event].Extra().Lots {
		event, ok := w.ids[r.Lot]
		if !ok {
			event = NoEvent
		}
		n := money.Min(r.Amount, left)
		refs, left = append(refs, basis.Ref{Event: event, Amount: n}), left.Sub(n)
	}
	return refs, left
}

// holdings lists what is left now.
func (w *lotWalk) holdings() []Holding {
	var list []Holding
	for h := range w.held.Remaining() {
		out := Holding{Asset: h.Asset, Account: h.Account}
		var cost money.Amount
		if w.listed {
			out.Lots = make([]Lot, 0, h.AtMost)
		}
		for l := range h.Lots {
			out.Amount, cost = out.Amount.Add(l.Quantity), cost.Add(l.Cost)
			if w.listed {
				out.Lots = append(out.Lots, Lot{Event: l.Event, Acquired: l.Date, Amount: l.Quantity, Cost: l.Cost})
			}
		}
		out.Amount, out.Cost = out.Amount.Round(Places, money.HalfEven), cost.Round(Places, money.HalfEven)
		sortLots(out.Lots)
		roundLots(&out)
		list = append(list, out)
	}
	return list
}

// roundLots rounds the lots of a holding so that they add up to it.
func roundLots(h *Holding) {
	footed(h.Amount, len(h.Lots), func(i int) *money.Amount { return &h.Lots[i].Amount })
	footed(h.Cost, len(h.Lots), func(i int) *money.Amount { return &h.Lots[i].Cost })
}
