package binance

import (
	"slices"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// bundle is the rows of one sort of trade that one account has in one second,
// with those of the seconds beside it that belong to them.
type bundle struct {
	rows   []*row
	second int64
	joined bool   // its rows went into another bundle
	why    string // why all of its rows are held; "" if they are not
}

// Reasons to hold the rows of a bundle.
const (
	whySeveral  = "several trades in one second, and the file does not say which rows belong together; add these trades in a Ledgersys CSV file"
	whyOneSided = "only one side of a trade: the other side is not in this file near to it in time; add the trade in a Ledgersys CSV file"
	whyNear     = "a row near to more than one trade, and the file does not say which it belongs to; add these trades in a Ledgersys CSV file"
	whyBroken   = "another row of the same second, which may belong to this trade, is held: mend that one first"
	whyLoneFee  = "a fee without its trade; add it to the trade in a Ledgersys CSV file"
)

// trades makes trades of the rows that are legs or fees. The rows come sorted:
// by time first.
func (s *sheet) trades(legs []*row) {
	byKind := make(map[kind][]*bundle)
	var kinds []kind
	for _, r := range s.deposits(legs) {
		k := kind{r.user, r.account, r.op.trade}
		list := byKind[k]
		if len(list) == 0 {
			kinds = append(kinds, k)
		}
		if n := len(list); n == 0 || list[n-1].second != r.second {
			list = append(list, &bundle{second: r.second})
		}
		b := list[len(list)-1]
		b.rows = append(b.rows, r)
		byKind[k] = list
	}
	for _, k := range kinds {
		list := byKind[k]
		pairUp(list)
		takeIn(list)
		for i, b := range list {
			if !b.joined {
				s.settle(b, around(list, i))
			}
		}
	}
}

// kind is what rows of one trade have in common besides the time.
type kind struct{ user, account, trade string }

// deposits takes out the money that a purchase by card or bank begins with:
// Buy Crypto writes it first as having come and then as having been spent.
func (s *sheet) deposits(legs []*row) []*row {
	rest := legs[:0]
	for _, r := range legs {
		q := statement.Quantity{Amount: r.change, Asset: r.coin}
		if !r.broken && r.op.paid && q.Fiat() && r.change.Sign() > 0 {
			s.add([]int{r.line}, statement.Entry{At: r.at, Type: statement.Deposit, Received: q})
			continue
		}
		rest = append(rest, r)
	}
	return rest
}

// shape counts what a bundle has.
type shape struct{ in, out, fees int }

func (b *bundle) shape() (n shape) {
	for _, r := range b.rows {
		switch {
		case r.op.Class == statement.ClassFee:
			n.fees++
		case r.change.Sign() > 0:
			n.in++
		default:
			n.out++
		}
	}
	return n
}

func (b *bundle) broken() bool {
	for _, r := range b.rows {
		if r.broken {
			return true
		}
	}
	return false
}

// oneSided reports whether a bundle has legs of one sign only.
func (b *bundle) oneSided() bool {
	n := b.shape()
	return !b.joined && (n.in == 0) != (n.out == 0) && !b.broken()
}

func (b *bundle) feesOnly() bool {
	n := b.shape()
	return !b.joined && n.in == 0 && n.out == 0 && !b.broken()
}

// settled reports whether a bundle is one trade by itself.
func (b *bundle) settled() bool {
	_, ok := whole(b.rows)
	return !b.joined && ok && !b.broken()
}

// together reports whether the rows of both are one trade.
func together(a, b *bundle) bool {
	_, ok := whole(append(append([]*row(nil), a.rows...), b.rows...))
	return ok
}

func join(into, b *bundle) {
	into.rows = append(into.rows, b.rows...)
	b.rows, b.joined = nil, true
}

// within calls f for the bundles after the i-th that are near enough in time
// to hold the other side of its trade.
func within(list []*bundle, i int, f func(*bundle)) {
	a := list[i]
	for _, b := range list[i+1:] {
		if b.second-a.second > a.rows[0].op.apart {
			return
		}
		f(b)
	}
}

// pairUp joins bundles that are one side of a trade each, where each is the
// only one that fits the other.
func pairUp(list []*bundle) {
	fits := make(map[*bundle][]*bundle)
	for i, a := range list {
		if !a.oneSided() {
			continue
		}
		within(list, i, func(b *bundle) {
			if b.oneSided() && together(a, b) {
				fits[a] = append(fits[a], b)
				fits[b] = append(fits[b], a)
			}
		})
	}
	for _, a := range list {
		others := fits[a]
		switch {
		case a.joined || len(others) == 0:
		case len(others) > 1:
			a.why = whyNear
		case len(fits[others[0]]) == 1:
			join(a, others[0])
		default:
			a.why = whyNear
		}
	}
}

// takeIn joins what came a second late to the trade of the second before: a
// leg, if that trade lacks as many rows of this side as came late, for a trade
// has as many rows in as out; and fees, if only one trade is near.
func takeIn(list []*bundle) {
	for i, a := range list {
		if i+1 == len(list) || a.joined || !a.settled() {
			continue
		}
		b := list[i+1]
		if b.second-a.second > a.rows[0].op.apart || !b.oneSided() || b.why != "" || b.rows[0].op.trade != spot {
			continue
		}
		own, late := a.shape(), b.shape()
		if own.in+late.in == own.out+late.out && together(a, b) {
			join(a, b)
		}
	}
	for i, b := range list {
		if !b.feesOnly() {
			continue
		}
		var near []*bundle
		for _, a := range around(list, i) {
			if a.settled() && together(a, b) {
				near = append(near, a)
			}
		}
		if len(near) == 1 {
			join(near[0], b)
		}
	}
}

// around returns the bundles beside the i-th that are within its time.
func around(list []*bundle, i int) []*bundle {
	var near []*bundle
	b := list[i]
	if len(b.rows) == 0 {
		return nil
	}
	apart := b.rows[0].op.apart
	for j := i - 1; j >= 0 && b.second-list[j].second <= apart; j-- {
		if !list[j].joined {
			near = append(near, list[j])
		}
	}
	for j := i + 1; j < len(list) && list[j].second-b.second <= apart; j++ {
		if !list[j].joined {
			near = append(near, list[j])
		}
	}
	return near
}

// settle gives the rows of a bundle their outcome.
func (s *sheet) settle(b *bundle, near []*bundle) {
	switch {
	case b.broken():
		b.why = whyBroken
	case b.why != "":
	case b.feesOnly():
		s.lone(b, near)
		return
	case b.oneSided():
		b.why = whyOneSided
	default:
		found := resolve(b.rows)
		for i := range found {
			s.add(lines(found[i].rows), found[i].entries()...)
		}
		if found != nil {
			return
		}
		b.why = whySeveral
	}
	s.holdAll(b)
}

// lone makes an entry of fees that have no trade near them. Beside trades that
// they may belong to they are held, and so is money, which only lowers the
// result of a trade.
func (s *sheet) lone(b *bundle, near []*bundle) {
	near = slices.DeleteFunc(near, (*bundle).feesOnly)
	entries, ok := feeAlone(b.rows)
	for i := range entries {
		ok = ok && !entries[i].Fee.Fiat()
	}
	switch {
	case !ok:
		b.why = whyLoneFee
	case len(near) > 0:
		b.why = whyNear
	default:
		s.add(lines(b.rows), entries...)
		return
	}
	s.holdAll(b)
}

func (s *sheet) holdAll(b *bundle) {
	for _, r := range b.rows {
		if !r.broken {
			s.hold(r.line, s.columns.name(s.columns.operation), b.why)
		}
	}
}
