package basis

import (
	"cmp"
	"container/heap"
	"iter"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Config says how Holdings keeps its lots.
type Config struct {
	Order Order
	// Accounts keeps an inventory for each account; without it there is one
	// for all.
	Accounts bool
	// United lets disposals take from all accounts until Separate is called,
	// while lots keep the account in which they lie.
	United bool
	// Window gives purchases inside a window before the disposal precedence;
	// see TakeRecent.
	Window bool
	// Averages makes disposals cost the running average of their inventory,
	// while dates go by the order.
	Averages bool
	// Track makes TakeLots possible.
	Track bool
	// Lots is about how many lots there will be; 0 if nobody knows.
	Lots int
}

// Holdings is all lots that are held, of all assets.
type Holdings struct {
	Config
	arena  lots
	assets map[string]*asset
	names  []string // of assets, in order of appearance
	pieces []Lot    // reused by the takes
	places []int32  // reused by Remaining
}

// asset is the inventories of one asset.
type asset struct {
	h        *Holdings
	accounts map[string]*inventory
	all      []*inventory // in order of appearance
	byHead   []*inventory // a heap by the lot that is taken first; while united
	shared   *running
	tracked  map[int32][]place
}

// place says where a lot lies.
type place struct {
	in  *inventory
	lot int32
}

// NewHoldings returns empty holdings.
func NewHoldings(c Config) *Holdings {
	return &Holdings{Config: c, assets: make(map[string]*asset), arena: make(lots, 0, c.Lots)}
}

func (h *Holdings) asset(name string) *asset {
	a, ok := h.assets[name]
	if !ok {
		a = &asset{h: h, accounts: make(map[string]*inventory)}
		if h.Averages && h.united() {
			a.shared = &running{}
		}
		if h.Track {
			a.tracked = make(map[int32][]place)
		}
		h.assets[name] = a
		h.names = append(h.names, name)
	}
	return a
}

// united reports whether a disposal takes from all accounts.
func (h *Holdings) united() bool { return h.Accounts && h.United }

// inventory returns the lots of an account.
func (a *asset) inventory(account string) *inventory {
	if !a.h.Accounts {
		account = ""
	}
	v, ok := a.accounts[account]
	if ok {
		return v
	}
	v = &inventory{account: account, queue: queue{order: a.h.Order}, recent: queue{order: a.h.Order}, windowed: a.h.Window}
	if a.h.Averages {
		if v.running = a.shared; v.running == nil {
			v.running = &running{}
		}
	}
	a.accounts[account] = v
	a.all = append(a.all, v)
	if a.h.united() {
		heap.Push((*heads)(a), v)
	}
	return v
}

// add puts a lot into an inventory.
func (a *asset) add(v *inventory, l Lot) {
	if l.Quantity.Sign() <= 0 {
		return
	}
	i := int32(len(a.h.arena))
	a.h.arena = append(a.h.arena, l)
	if a.tracked != nil {
		a.tracked[l.Event] = append(a.tracked[l.Event], place{v, i})
	}
	v.push(a.h.arena, i)
	a.fix(v)
}

// fix restores the heap of inventories after v changed.
func (a *asset) fix(v *inventory) {
	if a.h.united() && len(a.byHead) > 1 {
		heap.Fix((*heads)(a), v.place)
	}
}

// Acquire adds a lot to an account.
func (h *Holdings) Acquire(name, account string, l Lot) {
	a := h.asset(name)
	l.reprice()
	a.add(a.inventory(account), l)
}

// Separate ends the time in which disposals take from all accounts: from now
// on each account stands for itself.
func (h *Holdings) Separate() {
	if !h.united() {
		return
	}
	for _, name := range h.names {
		a := h.assets[name]
		a.byHead = nil
		if a.shared == nil {
			continue
		}
		for _, p := range a.lift("") {
			if p.from.running == a.shared {
				p.from.running = &running{}
			}
			a.add(p.from, p.lot)
		}
		for _, v := range a.all {
			if v.running == a.shared {
				v.running = &running{}
			}
		}
		a.shared = nil
	}
	h.United = false
}

// Take takes units for a disposal, in order. The pieces are valid until the
// next call; missing is what nothing covers.
func (h *Holdings) Take(name, account string, quantity money.Amount) (pieces []Lot, missing money.Amount) {
	a := h.asset(name)
	h.pieces, missing = a.takeAll(account, quantity, h.pieces[:0], everything)
	return h.pieces, missing
}

// TakeRecent is Take with precedence for purchases from the first day of a
// window on; recent is how many of the pieces came from them.
func (h *Holdings) TakeRecent(name, account string, quantity money.Amount, from ledger.Date) (pieces []Lot, recent int, missing money.Amount) {
	a := h.asset(name)
	for _, v := range a.all {
		v.age(h.arena, from)
	}
	h.pieces, missing = a.takeAll(account, quantity, h.pieces[:0], insideWindow)
	recent = len(h.pieces)
	h.pieces, missing = a.takeAll(account, missing, h.pieces, everything)
	return h.pieces, recent, missing
}

// reach says among which lots to take.
type reach uint8

const (
	everything reach = iota
	insideWindow
)

func (a *asset) takeAll(account string, quantity money.Amount, into []Lot, among reach) ([]Lot, money.Amount) {
	v := a.inventory(account)
	if a.h.united() {
		a.shared.refresh()
		for quantity.Sign() > 0 {
			if v = a.first(among); v == nil {
				break
			}
			into = append(into, v.one(a.h.arena, quantity, among))
			quantity = quantity.Sub(into[len(into)-1].Quantity)
			a.fix(v)
		}
		return into, quantity
	}
	v.running.refresh()
	if among == insideWindow {
		return v.takeRecent(a.h.arena, quantity, into)
	}
	return v.take(a.h.arena, quantity, into)
}

// one takes up to quantity off the first lot; there is one.
func (v *inventory) one(a lots, quantity money.Amount, among reach) Lot {
	if among == insideWindow {
		i, _ := v.recent.peek(a)
		return v.cut(a, &v.recent, i, quantity)
	}
	i, from, _ := v.peek(a)
	return v.cut(a, from, i, quantity)
}

// first returns the inventory whose first lot comes before all others', or
// nil if none has a lot.
func (a *asset) first(among reach) *inventory {
	if among == everything {
		v := a.byHead[0]
		if _, _, ok := v.peek(a.h.arena); !ok {
			return nil
		}
		return v
	}
	var best *inventory
	for _, v := range a.all {
		i, ok := v.recent.peek(a.h.arena)
		if !ok {
			continue
		}
		if best != nil {
			j, _ := best.recent.peek(a.h.arena)
			x, y := a.h.arena.entry(i), a.h.arena.entry(j)
			if !v.recent.before(&x, &y) {
				continue
			}
		}
		best = v
	}
	return best
}

// Ref names units of one acquisition.
type Ref struct {
	Event  int32
	Amount money.Amount
}

// TakeLots takes the named units, in the order named, from the account or,
// while united, from all. What a lot does not have is missing.
func (h *Holdings) TakeLots(name, account string, refs []Ref) (pieces []Lot, missing money.Amount) {
	a := h.asset(name)
	v := a.inventory(account)
	if h.united() {
		a.shared.refresh()
	} else {
		v.running.refresh()
	}
	h.pieces = h.pieces[:0]
	for _, r := range refs {
		need := r.Amount
		for _, p := range a.tracked[r.Event] {
			l := &h.arena[p.lot]
			if need.Sign() <= 0 || l.Quantity.IsZero() || !h.united() && p.in != v {
				continue
			}
			piece := p.in.slice(l, need)
			need = need.Sub(piece.Quantity)
			h.pieces = append(h.pieces, piece)
			a.fix(p.in)
		}
		missing = missing.Add(need)
	}
	return h.pieces, missing
}

// Move moves units between own accounts, in order, with cost and date; from is
// the first day of the window where there is one. It returns what was not
// there to move. Where accounts do not count it does nothing.
func (h *Holdings) Move(name, account, to string, quantity money.Amount, from ledger.Date) (short money.Amount) {
	if !h.Accounts {
		return money.Amount{}
	}
	a := h.asset(name)
	src, dst := a.inventory(account), a.inventory(to)
	if src == dst {
		return money.Amount{}
	}
	h.pieces, short = h.pieces[:0], quantity
	if h.Window {
		src.age(h.arena, from)
		h.pieces, short = src.takeRecent(h.arena, short, h.pieces)
	}
	h.pieces, short = src.take(h.arena, short, h.pieces)
	a.fix(src)
	for _, l := range h.pieces {
		a.add(dst, l)
	}
	return short
}

// Held is what is left of one asset in one account.
type Held struct {
	Asset, Account string
	Lots           iter.Seq[Lot] // oldest first
	AtMost         int           // the number of lots, or more
}

// Remaining gives everything that is left, by asset and account. Pieces of one
// lot with equal cost per unit in one account are one lot. The holdings stay as
// they are, and the lots of each step are valid until the next.
func (h *Holdings) Remaining() iter.Seq[Held] {
	type spot struct {
		asset string
		*inventory
	}
	var spots []spot
	for _, name := range h.names {
		for _, v := range h.assets[name].all {
			spots = append(spots, spot{name, v})
		}
	}
	slices.SortFunc(spots, func(x, y spot) int {
		return cmp.Or(cmp.Compare(x.asset, y.asset), cmp.Compare(x.account, y.account))
	})
	return func(yield func(Held) bool) {
		for _, s := range spots {
			h.sortPlaces(s.inventory)
			if n := len(h.places); n > 0 && !yield(Held{s.asset, s.account, h.lots(s.inventory), n}) {
				return
			}
		}
	}
}

// sortPlaces lists where the lots of an inventory that are left lie, oldest
// first.
func (h *Holdings) sortPlaces(v *inventory) {
	a := h.arena
	h.places = v.recent.all(a, v.queue.all(a, h.places[:0]))
	older := func(x, y int32) int {
		return cmp.Or(cmp.Compare(a[x].age(), a[y].age()), a[x].Unit.Compare(a[y].Unit), cmp.Compare(x, y))
	}
	if !slices.IsSortedFunc(h.places, older) {
		slices.Sort(h.places) // lots mostly come into the arena by age
		if !slices.IsSortedFunc(h.places, older) {
			slices.SortFunc(h.places, older)
		}
	}
}

// lots gives the lots that were listed, joined where they are pieces of one.
func (h *Holdings) lots(v *inventory) iter.Seq[Lot] {
	return func(yield func(Lot) bool) {
		var average running
		if v.running != nil {
			average = *v.running
		}
		var last Lot
		for k, i := range h.places {
			l := h.arena[i]
			if v.running != nil {
				average.give(&l)
			}
			switch {
			case k > 0 && last.Event == l.Event && last.Date == l.Date && last.Unit == l.Unit:
				last.Quantity, last.Cost = last.Quantity.Add(l.Quantity), last.Cost.Add(l.Cost)
				continue
			case k > 0 && !yield(last):
				return
			}
			last = l
		}
		yield(last)
	}
}

// heads is the heap of an asset's inventories, the one with the lot to take
// first on top and empty ones at the bottom.
type heads asset

func (a *heads) Len() int { return len(a.byHead) }

func (a *heads) Less(i, j int) bool {
	x, _, okX := a.byHead[i].peek(a.h.arena)
	y, _, okY := a.byHead[j].peek(a.h.arena)
	if !okX || !okY {
		return okX
	}
	ex, ey := a.h.arena.entry(x), a.h.arena.entry(y)
	return a.byHead[i].queue.before(&ex, &ey)
}

func (a *heads) Swap(i, j int) {
	a.byHead[i], a.byHead[j] = a.byHead[j], a.byHead[i]
	a.byHead[i].place, a.byHead[j].place = i, j
}

func (a *heads) Push(x any) {
	v := x.(*inventory)
	v.place = len(a.byHead)
	a.byHead = append(a.byHead, v)
}

func (a *heads) Pop() any { return a.byHead[len(a.byHead)-1] }
