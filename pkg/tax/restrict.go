package tax

import (
	"cmp"
	"slices"
	"sort"

	"github.com/ledgersys/ledgersys/pkg/basis"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// purchase is units acquired on a date, as far as no loss has used them up.
type purchase struct {
	event int32
	date  ledger.Date
	left  money.Amount // in units of the first event of the asset
}

// unitsOf follows the splits of an asset, so that units of different times
// can be compared.
type unitsOf struct {
	events  []int32 // of splits
	factors []money.Amount
}

// at returns how many units after event i stand for one at the start; 0 is 1.
func (u *unitsOf) at(i int32) money.Amount {
	if u == nil {
		return money.Amount{}
	}
	k := sort.Search(len(u.events), func(k int) bool { return u.events[k] > i })
	if k == 0 {
		return money.Amount{}
	}
	return u.factors[k-1]
}

func (u *unitsOf) normal(units money.Amount, i int32) money.Amount {
	if f := u.at(i); !f.IsZero() {
		return units.Rescale(money.FromInt(1), f)
	}
	return units
}

func (u *unitsOf) add(i int32, ratio money.Amount) {
	f := money.FromInt(1)
	if n := len(u.factors); n > 0 {
		f = u.factors[n-1]
	}
	u.events, u.factors = append(u.events, i), append(u.factors, basis.Grow(f, ratio))
}

// restrict finds the losses of Irish law that stay out for good: losses on
// units bought again within four weeks after, TCA 1997 s581(3), and, in
// Revenue's reading (TDM 19-04-03), losses on units bought within four weeks
// before. Units bought again restrict one loss only, the earliest.
func (c *calc) restrict() {
	again, units := c.purchases()
	next := make(map[string]map[int]int) // for each asset, the next purchase that is not used up
	for i := range c.out.Disposals {
		d := &c.out.Disposals[i]
		c.now = d.Event
		if !d.Taxable || d.Unknown {
			continue
		}
		for k := range d.Legs {
			l := &d.Legs[k]
			if l.rare == nil || l.rare.loss.Sign() <= 0 {
				continue
			}
			exact, loss := l.rare.loss, money.Max(l.Gain().Neg(), money.Amount{})
			if l.Rule == RuleFourWeek && !c.Options.FreeRecentLoss {
				*l = l.WithRestricted(loss)
			} else {
				if next[d.Asset] == nil {
					next[d.Asset] = make(map[int]int)
				}
				sold := units[d.Asset].normal(l.Amount, d.Event)
				back := buyBack(again[d.Asset], next[d.Asset], d.Date, sold)
				if back.IsZero() {
					continue
				}
				*l = l.WithRestricted(money.Min(loss, exact.Share(back, sold).Round(Places, money.HalfEven)))
			}
			d.Restricted = d.Restricted.Add(l.Restricted())
		}
	}
}

// buyBack uses up to sold units of purchases on days 1 to 28 after a date.
func buyBack(list []purchase, next map[int]int, date ledger.Date, sold money.Amount) (back money.Amount) {
	i := sort.Search(len(list), func(i int) bool { return list[i].date > date })
	for i = skip(next, i); i < len(list) && list[i].date <= date.AddDays(fourWeeks) && back.Cmp(sold) < 0; i = skip(next, i) {
		n := money.Min(list[i].left, sold.Sub(back))
		back, list[i].left = back.Add(n), list[i].left.Sub(n)
		if list[i].left.IsZero() {
			next[i] = i + 1
		}
	}
	return back
}

// skip follows the links over used-up purchases and shortens them.
func skip(next map[int]int, i int) int {
	end := i
	for {
		n, ok := next[end]
		if !ok {
			break
		}
		end = n
	}
	for i != end {
		i, next[i] = next[i], end
	}
	return end
}

// purchases lists what was acquired of each asset by date, forks apart, and
// follows the splits.
func (c *calc) purchases() (map[string][]purchase, map[string]*unitsOf) {
	list, units := make(map[string][]purchase), make(map[string]*unitsOf)
	for i := range c.events {
		e := &c.events[i]
		c.now = int32(i)
		at := c.date(c.now)
		asset, n := e.Asset, e.Amount
		switch e.Kind {
		case ledger.KindSplit:
			if units[asset] == nil {
				units[asset] = &unitsOf{}
			}
			units[asset].add(int32(i), e.Extra().Ratio)
			continue
		case ledger.KindOpening, ledger.KindGiftIn:
			if a := e.Extra().Acquired; a != 0 {
				at = a
			}
		case ledger.KindBuy, ledger.KindIncome, ledger.KindAirdrop, ledger.KindSpouseIn:
		case ledger.KindSwap:
			asset, n = e.Extra().ToAsset, e.Extra().ToAmount
		default:
			continue
		}
		if !e.Amount.IsZero() && !n.IsZero() {
			list[asset] = append(list[asset], purchase{int32(i), at, units[asset].normal(n, int32(i))})
		}
	}
	for _, l := range list {
		slices.SortStableFunc(l, func(a, b purchase) int { return cmp.Compare(a.date, b.date) })
	}
	return list, units
}
