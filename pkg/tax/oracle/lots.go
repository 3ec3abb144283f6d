package oracle

import (
	"math/big"
	"sort"
)

// lot is what is left of one purchase in one account, or of what a fork made of it.
type lot struct {
	id       string // of the purchase
	asset    string
	account  string
	acquired day
	given    day      // the day on which the units came in, for gifts
	at       *event   // the purchase: its time and its place in the file
	forked   bool     // units from a fork are no purchase
	amount   *big.Rat // never zero
	cost     *big.Rat
	fmv      *big.Rat // nil unless a gift has one
}

// lotBook works through the events one by one with a plain list of lots, in order of arrival.
type lotBook struct {
	*ledger
	lots      []*lot
	disposals []*disposal
}

func runLots(l *ledger) ([]*disposal, []holding) {
	b := &lotBook{ledger: l}
	for _, e := range l.events {
		switch e.kind {
		case "split":
			b.split(e)
			continue
		case "fork":
			b.fork(e)
			continue
		case "allocate":
			b.allocate(e)
			continue
		case "transfer":
			b.transfer(e)
		}
		if s, ok := l.saleOf(e); ok {
			b.dispose(s)
		}
		if p, ok := l.purchaseOf(e); ok {
			b.acquire(p)
		}
	}
	if l.method == irishFIFO {
		restrictLosses(l, b.disposals)
	}
	return b.disposals, b.holdings()
}

func (b *lotBook) acquire(p purchase) {
	b.lots = append(b.lots, &lot{
		id: p.event.id, asset: p.asset, account: p.event.account, acquired: p.acquired, given: p.event.day,
		at: p.event, amount: clone(p.amount), cost: clone(p.cost), fmv: p.fmv,
	})
}

// touched lists the lots that a split or fork of the asset reaches: all, or those of its account.
func (b *lotBook) touched(e *event) []*lot {
	if e.account != "" && b.perAccount(e.day) {
		return b.held(e.asset, e.account)
	}
	return b.everywhere(e.asset)
}

func (b *lotBook) everywhere(asset string) []*lot {
	var out []*lot
	for _, x := range b.lots {
		if x.asset == asset {
			out = append(out, x)
		}
	}
	return out
}

func (b *lotBook) held(asset, account string) []*lot {
	var out []*lot
	for _, x := range b.everywhere(asset) {
		if x.account == account {
			out = append(out, x)
		}
	}
	return out
}

// inventory lists the lots from which a disposal in the account draws on that day.
func (b *lotBook) inventory(e *event) []*lot {
	if b.perAccount(e.day) {
		return b.held(e.asset, e.account)
	}
	return b.everywhere(e.asset)
}

func (b *lotBook) split(e *event) {
	for _, x := range b.touched(e) {
		x.amount = mul(x.amount, e.ratio)
	}
}

// fork splits the cost of every lot it reaches and gives each its part of the new units. Without any lot the new
// units cost nothing.
func (b *lotBook) fork(e *event) {
	if e.nothing() {
		return
	}
	old := b.touched(e)
	units := totalUnits(old)
	if units.Sign() == 0 {
		b.lots = append(b.lots, &lot{
			id: e.id, asset: e.toAsset, account: e.account, acquired: e.day, given: e.day, at: e, forked: true,
			amount: clone(e.toAmount), cost: zero(),
		})
		return
	}
	for _, x := range old {
		piece := *x
		piece.asset, piece.forked = e.toAsset, true
		piece.amount = share(e.toAmount, x.amount, units)
		piece.cost = mul(x.cost, e.forkShare())
		x.cost = sub(x.cost, piece.cost)
		if x.fmv != nil {
			piece.fmv = mul(x.fmv, e.forkShare())
			x.fmv = sub(x.fmv, piece.fmv)
		}
		b.lots = append(b.lots, &piece)
	}
}

// allocate pours all lots of the asset into the listed accounts.
func (b *lotBook) allocate(e *event) {
	if !b.labelled() {
		return
	}
	all := b.everywhere(e.asset)
	sortLots(all, e.order)
	for _, a := range e.accounts {
		poured, _ := b.take(all, a.amount)
		b.place(poured, a.name)
	}
	b.tidy()
}

// transfer moves the lots that arrive, as far as there are any. The fee in kind is a disposal by itself.
func (b *lotBook) transfer(e *event) {
	if !b.labelled() || e.account == e.toAccount {
		return
	}
	left := e.arriving()
	for _, g := range b.methodOrder(b.held(e.asset, e.account), e.day) {
		var moved []lot
		moved, left = b.take(g.lots, left)
		b.place(moved, e.toAccount)
	}
	b.tidy()
}

// place adds pieces to the book as lots of the account.
func (b *lotBook) place(pieces []lot, account string) {
	for i := range pieces {
		pieces[i].account = account
		b.lots = append(b.lots, &pieces[i])
	}
}

func totalUnits(lots []*lot) *big.Rat {
	sum := zero()
	for _, x := range lots {
		sum = add(sum, x.amount)
	}
	return sum
}

// holding is one entry of what remains.
type holding struct {
	asset, account string
	amount, cost   *big.Rat
	lots           []*lot
}

// holdings lists what is left by asset and account.
func (b *lotBook) holdings() []holding {
	var out []holding
	for _, x := range b.lots {
		account := ""
		if b.labelled() {
			account = x.account
		}
		h := holdingOf(&out, x.asset, account)
		h.amount, h.cost = add(h.amount, x.amount), add(h.cost, x.cost)
		if b.method != germanAverage {
			h.addLot(x)
		}
	}
	for _, h := range out {
		sort.SliceStable(h.lots, func(i, j int) bool {
			a, c := h.lots[i], h.lots[j]
			if a.acquired != c.acquired {
				return a.acquired < c.acquired
			}
			if d := a.cost.Cmp(c.cost); d != 0 {
				return d < 0
			}
			return a.amount.Cmp(c.amount) < 0 // the README leaves this tie open
		})
	}
	return out
}

func holdingOf(list *[]holding, asset, account string) *holding {
	for i := range *list {
		if h := &(*list)[i]; h.asset == asset && h.account == account {
			return h
		}
	}
	*list = append(*list, holding{asset: asset, account: account, amount: zero(), cost: zero()})
	return &(*list)[len(*list)-1]
}

// addLot lists a lot by itself, except that pieces of one lot with equal cost per unit are listed as one.
func (h *holding) addLot(x *lot) {
	for _, y := range h.lots {
		if y.samePurchase(x) && compareUnitCosts(y.cost, y.amount, x.cost, x.amount) == 0 {
			y.amount, y.cost = add(y.amount, x.amount), add(y.cost, x.cost)
			return
		}
	}
	piece := *x
	h.lots = append(h.lots, &piece)
}

func (x *lot) samePurchase(y *lot) bool {
	return x.id == y.id && x.asset == y.asset && x.acquired == y.acquired && x.at == y.at
}
