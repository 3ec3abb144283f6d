package basis

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// reference is holdings kept the slow and obvious way: one list of lots in
// the order in which they came to where they are, in exact fractions, looked
// through from end to end for each unit that leaves.
type reference struct {
	Config
	lots []*plain
}

// plain is a lot of the reference.
type plain struct {
	asset, account string
	units, cost    *big.Rat
	unit           *big.Rat // cost per unit to 18 digits, as far as it orders
	date           ledger.Date
	event          int32
	fork           bool
}

func ratOf(a money.Amount) *big.Rat {
	r, ok := new(big.Rat).SetString(a.String())
	if !ok {
		panic(a.String())
	}
	return r
}

func (r *reference) acquire(asset, account string, l Lot) {
	if !r.Accounts {
		account = ""
	}
	p := &plain{asset: asset, account: account, units: ratOf(l.Quantity), cost: ratOf(l.Cost), date: l.Date, event: l.Event, fork: l.Fork}
	p.reprice()
	r.lots = append(r.lots, p)
}

// reprice rounds the cost per unit to 18 significant digits, ties to even.
func (p *plain) reprice() {
	p.unit = new(big.Rat)
	if p.units.Sign() == 0 || p.cost.Sign() == 0 {
		return
	}
	ten, scale, x := big.NewRat(10, 1), big.NewRat(1, 1), new(big.Rat).Quo(p.cost, p.units)
	for low := big.NewRat(100_000_000_000_000_000, 1); x.Cmp(low) < 0; {
		x.Mul(x, ten)
		scale.Quo(scale, ten)
	}
	for high := big.NewRat(1_000_000_000_000_000_000, 1); x.Cmp(high) >= 0; {
		x.Quo(x, ten)
		scale.Mul(scale, ten)
	}
	whole, rest := new(big.Int).QuoRem(x.Num(), x.Denom(), new(big.Int))
	if c := rest.Lsh(rest, 1).Cmp(x.Denom()); c > 0 || c == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	p.unit.Mul(new(big.Rat).SetInt(whole), scale)
}

// stock is the lots of an inventory: all of an asset, or those of an account.
func (r *reference) stock(asset, account string) []*plain {
	var out []*plain
	for _, p := range r.lots {
		if p.asset == asset && p.units.Sign() > 0 && (!r.Accounts || r.United || p.account == account) {
			out = append(out, p)
		}
	}
	return out
}

// average gives each lot of an inventory the same cost per unit.
func (r *reference) average(stock []*plain) {
	if !r.Averages {
		return
	}
	units, cost := new(big.Rat), new(big.Rat)
	for _, p := range stock {
		units.Add(units, p.units)
		cost.Add(cost, p.cost)
	}
	for _, p := range stock {
		p.cost = new(big.Rat).Quo(new(big.Rat).Mul(cost, p.units), units)
		p.reprice()
	}
}

// sorted puts lots into the order in which they are taken. Of equals the one
// that came first is first.
func sorted(list []*plain, order Order) []*plain {
	older := func(x, y *plain) int { return cmp.Or(cmp.Compare(x.date, y.date), cmp.Compare(x.event, y.event)) }
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y *plain) int {
		switch order {
		case Newest:
			return older(y, x)
		case Dearest:
			return cmp.Or(y.unit.Cmp(x.unit), older(x, y))
		case Cheapest:
			return cmp.Or(x.unit.Cmp(y.unit), older(x, y))
		default:
			return older(x, y)
		}
	})
	return list
}

// draw takes units off lots, one after the other.
func draw(list []*plain, need *big.Rat) (pieces []plain, left *big.Rat) {
	left = new(big.Rat).Set(need)
	for _, p := range list {
		if left.Sign() <= 0 || p.units.Sign() == 0 {
			continue
		}
		n := p.units
		if left.Cmp(n) < 0 {
			n = left
		}
		n = new(big.Rat).Set(n)
		piece := *p
		piece.units, piece.cost = n, new(big.Rat).Quo(new(big.Rat).Mul(p.cost, n), p.units)
		p.units, p.cost = new(big.Rat).Sub(p.units, n), new(big.Rat).Sub(p.cost, piece.cost)
		left = new(big.Rat).Sub(left, n)
		pieces = append(pieces, piece)
	}
	return pieces, left
}

// inOrder is an inventory in the order in which its lots go, those of the
// window first.
func (r *reference) inOrder(stock []*plain, from ledger.Date) []*plain {
	var recent, rest []*plain
	for _, p := range stock {
		if r.Window && !p.fork && p.date >= from {
			recent = append(recent, p)
		} else {
			rest = append(rest, p)
		}
	}
	return append(sorted(recent, r.Order), sorted(rest, r.Order)...)
}

func (r *reference) take(asset, account string, units money.Amount, from ledger.Date) ([]plain, *big.Rat) {
	stock := r.stock(asset, account)
	r.average(stock)
	return draw(r.inOrder(stock, from), ratOf(units))
}

func (r *reference) takeLots(asset, account string, refs []Ref) (pieces []plain, missing *big.Rat) {
	missing = new(big.Rat)
	stock := r.stock(asset, account)
	r.average(stock)
	for _, ref := range refs {
		named := slices.DeleteFunc(slices.Clone(stock), func(p *plain) bool { return p.event != ref.Event || p.units.Sign() == 0 })
		got, left := draw(named, ratOf(ref.Amount))
		pieces, missing = append(pieces, got...), missing.Add(missing, left)
	}
	return pieces, missing
}

// put adds pieces as lots of an account.
func (r *reference) put(pieces []plain, account string) {
	for i := range pieces {
		p := pieces[i]
		p.account = account
		r.lots = append(r.lots, &p)
	}
}

func (r *reference) move(asset, account, to string, units money.Amount, from ledger.Date) *big.Rat {
	if !r.Accounts || account == to {
		return new(big.Rat)
	}
	var stock []*plain
	for _, p := range r.lots {
		if p.asset == asset && p.account == account && p.units.Sign() > 0 {
			stock = append(stock, p)
		}
	}
	pieces, left := draw(r.inOrder(stock, from), ratOf(units))
	r.put(pieces, to)
	return left
}

// reached is the lots that a split or fork reaches. They count as arriving
// anew, the oldest first.
func (r *reference) reached(asset, account string) []*plain {
	all := *r
	all.Accounts = r.Accounts && !r.United && account != ""
	list := sorted(all.stock(asset, account), Oldest)
	r.lots = slices.DeleteFunc(r.lots, func(p *plain) bool { return slices.Contains(list, p) })
	r.lots = append(r.lots, list...)
	return list
}

func (r *reference) split(asset, account string, ratio money.Amount) {
	for _, p := range r.reached(asset, account) {
		p.units = new(big.Rat).Mul(p.units, ratOf(ratio))
		p.reprice()
	}
}

func (r *reference) doFork(asset string, f ForkTerms) {
	old, units := r.reached(asset, f.Account), new(big.Rat)
	for _, p := range old {
		units.Add(units, p.units)
	}
	if units.Sign() == 0 {
		r.acquire(f.To, f.Account, Lot{Quantity: f.Amount, Date: f.Date, Event: f.Event, Fork: true})
		return
	}
	part := new(big.Rat).Quo(ratOf(f.ToValue), ratOf(f.Value.Add(f.ToValue)))
	for _, p := range old {
		fresh := *p
		fresh.asset, fresh.fork = f.To, true
		fresh.units = new(big.Rat).Quo(new(big.Rat).Mul(ratOf(f.Amount), p.units), units)
		fresh.cost = new(big.Rat).Mul(p.cost, part)
		p.cost = new(big.Rat).Sub(p.cost, fresh.cost)
		p.reprice()
		fresh.reprice()
		r.lots = append(r.lots, &fresh)
	}
}

func (r *reference) allocate(asset string, order Order, shares []ledger.Share) *big.Rat {
	difference := new(big.Rat)
	if !r.Accounts {
		return difference
	}
	held := sorted(r.reached(asset, ""), order)
	for _, s := range shares {
		pieces, left := draw(held, ratOf(s.Amount))
		r.put(pieces, s.Account)
		difference.Add(difference, left)
	}
	for _, p := range held { // what is not listed stays, behind what was poured
		difference.Sub(difference, p.units)
		rest := *p
		p.units = new(big.Rat)
		r.put([]plain{rest}, rest.account)
	}
	return difference
}
