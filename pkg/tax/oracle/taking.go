package oracle

import (
	"math/big"
	"sort"
)

// fourWeeks is how many days before a disposal an Irish purchase is recent, and how many after a loss it restricts it.
const fourWeeks = 28

// group is a set of lots that a method takes in this order under one rule, after those of the groups before it.
type group struct {
	rule string
	lots []*lot
}

// methodOrder sorts the lots that still have units into the order in which the method takes them on that day.
func (b *lotBook) methodOrder(lots []*lot, d day) []group {
	rule := ruleNames[b.method]
	var recent, others []*lot
	for _, x := range lots {
		switch {
		case x.amount.Sign() == 0:
		case b.method == irishFIFO && x.recent(d):
			recent = append(recent, x)
		default:
			others = append(others, x)
		}
	}
	sortLots(recent, rule)
	sortLots(others, rule)
	return []group{{"4_week", recent}, {rule, others}}
}

// recent says whether the units were bought within the four weeks that end with the day (s.581(1) TCA 1997).
func (x *lot) recent(d day) bool { return !x.forked && x.acquired <= d && x.acquired >= d-fourWeeks }

// sortLots orders lots by one of the four orders.
func sortLots(lots []*lot, order string) {
	sort.SliceStable(lots, func(i, j int) bool {
		x, y := lots[i], lots[j]
		switch order {
		case "lifo":
			return y.olderThan(x)
		case "hifo":
			if c := compareUnitCosts(x.cost, x.amount, y.cost, y.amount); c != 0 {
				return c > 0
			}
		case "lofo":
			if c := compareUnitCosts(x.cost, x.amount, y.cost, y.amount); c != 0 {
				return c < 0
			}
		}
		return x.olderThan(y)
	})
}

// olderThan compares acquisition date, then time, then place in the file.
func (x *lot) olderThan(y *lot) bool {
	switch {
	case x.acquired != y.acquired:
		return x.acquired < y.acquired
	case !x.at.at.Equal(y.at.at):
		return x.at.at.Before(y.at.at)
	}
	return x.at.file < y.at.file
}

// take removes up to want units from the lots in their order and gives the pieces, and what it could not cover.
// Emptied lots stay in the book with no units until tidy.
func (b *lotBook) take(lots []*lot, want *big.Rat) (pieces []lot, left *big.Rat) {
	left = positive(want)
	for _, x := range lots {
		q := least(left, x.amount)
		if q.Sign() == 0 {
			continue
		}
		piece := *x
		piece.amount, piece.cost = q, share(x.cost, q, x.amount)
		if x.fmv != nil {
			piece.fmv = share(x.fmv, q, x.amount)
			x.fmv = sub(x.fmv, piece.fmv)
		}
		x.amount, x.cost = sub(x.amount, q), sub(x.cost, piece.cost)
		left = sub(left, q)
		pieces = append(pieces, piece)
	}
	return pieces, left
}

// tidy drops lots without units.
func (b *lotBook) tidy() {
	var out []*lot
	for _, x := range b.lots {
		if x.amount.Sign() > 0 {
			out = append(out, x)
		}
	}
	b.lots = out
}

// taken is a piece that leaves, with the rule that chose it.
type taken struct {
	lot
	rule string
}

// dispose takes the units of a sale out of the inventory and lists the disposal.
func (b *lotBook) dispose(s sale) {
	d := newDisposal(s)
	stock := b.inventory(s.event)
	average, units := zero(), totalUnits(stock)
	for _, x := range stock {
		average = add(average, share(x.cost, one(), units))
	}
	pieces, missing := b.choose(s, stock)
	if b.method == germanAverage {
		for i := range pieces {
			pieces[i].cost = mul(pieces[i].amount, average)
		}
		for _, x := range stock {
			x.cost = mul(x.amount, average)
		}
	}
	for _, p := range pieces {
		g := d.addLeg(p.rule, p.acquired, p.amount, p.cost)
		if b.country == "US" && s.taxable && !s.noGain {
			g.useGiftBasis(&p.lot)
		}
		g.term = termOf(b.country, g.acquired, d.day)
	}
	d.addLeg("missing", 0, missing, zero())
	d.join(b.method == germanAverage)
	d.close(s.noGain)
	b.disposals = append(b.disposals, d)
	b.tidy()
}

// choose takes the pieces of a sale: the named lots if it names any, else in the order of the method.
func (b *lotBook) choose(s sale, stock []*lot) (pieces []taken, missing *big.Rat) {
	left, missing := clone(s.amount), zero()
	if s.kind == s.event.kind { // the fee of a transfer names no lots
		for _, named := range s.event.lots {
			want := least(named.amount, left)
			got, short := b.take(lotsNamed(stock, named.name), want)
			left, missing = sub(left, want), add(missing, short)
			for _, p := range got {
				pieces = append(pieces, taken{p, "specific"})
			}
		}
	}
	for _, g := range b.methodOrder(stock, s.event.day) {
		var got []lot
		got, left = b.take(g.lots, left)
		for _, p := range got {
			pieces = append(pieces, taken{p, g.rule})
		}
	}
	return pieces, add(missing, left)
}

func lotsNamed(lots []*lot, id string) []*lot {
	var out []*lot
	for _, x := range lots {
		if x.id == id {
			out = append(out, x)
		}
	}
	return out
}

// useGiftBasis applies the two bases of a gift (26 U.S.C. 1015(a)): at or below the value at the gift that value is
// the basis and the holding starts with the gift; between it and the donor's basis there is neither gain nor loss.
func (g *leg) useGiftBasis(x *lot) {
	if x.fmv == nil || g.proceeds == nil || x.fmv.Cmp(g.cost) >= 0 {
		return
	}
	net := sub(g.proceeds, g.fees)
	switch {
	case net.Cmp(x.fmv) <= 0:
		g.cost, g.acquired = clone(x.fmv), x.given
	case net.Cmp(g.cost) < 0:
		g.cost = net
	}
}
