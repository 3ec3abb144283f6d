package oracle

import (
	"math/big"

	"pgregory.net/rapid"
)

// short says whether a number is a decimal of at most eighteen places, as units in a file are.
func short(n *big.Rat) bool { return mul(n, powerOfTen(18)).IsInt() }

// decimal writes a short number exactly.
func decimal(n *big.Rat) string {
	places, exact := n.FloatPrec()
	if !exact {
		return n.RatString()
	}
	return n.FloatString(places)
}

// scaled is a whole number between the bounds divided by a power of ten.
func (d *drawing) scaled(label string, low, high int64, places int) *big.Rat {
	n := rapid.Int64Range(low, high).Draw(d.T, label)
	return mul(big.NewRat(n, 1), powerOfTen(-places))
}

// amount draws a number of units: mostly small and round, so that amounts meet; sometimes tiny, huge or zero.
func (d *drawing) amount(label string) *big.Rat {
	switch d.upTo(label+" size", 19) {
	case 10, 11, 12:
		return d.scaled(label, 1, 9999, 3)
	case 13, 14:
		return d.scaled(label, 1, 999_999_999, 8)
	case 15:
		return d.scaled(label, 1, 99, 8)
	case 16:
		return d.scaled(label, 1, 999_999, 12)
	case 17:
		return d.scaled(label, 1_000_000, 999_999_999, 0)
	case 18:
		return d.scaled(label, 1, 999_999_999_999_999, 4)
	case 19:
		if d.chance(label+" zero", 50) {
			return zero()
		}
	}
	return d.scaled(label, 1, 20, 0)
}

// amountOut draws what leaves: often all or a plain part of what is held, sometimes more than that.
func (d *drawing) amountOut(e rawMap) *big.Rat {
	held := d.held(d.place(e))
	if held.Sign() > 0 && !d.chance("any amount", 6) {
		part := oneOf(d.T, "part", [][2]int64{{1, 2}, {1, 1}, {1, 4}, {3, 4}, {1, 10}, {1, 3}})
		if amount := mul(held, big.NewRat(part[0], part[1])); short(amount) {
			return amount
		}
		amount := d.amount("amount")
		if amount.Cmp(held) < 0 {
			return amount
		}
	}
	return d.amount("amount")
}

// value draws the value of an amount: often at one of a few prices, so that unit costs meet and prices cross them.
func (d *drawing) value(label string, amount *big.Rat) string {
	if d.chance(label+" free", 25) {
		return d.money(label, 0)
	}
	price := oneOf(d.T, label+" price", []string{"10", "10", "12.5", "8", "9.99", "20", "3", "0.1"})
	p, _ := new(big.Rat).SetString(price)
	if total := mul(amount, p); short(total) {
		return decimal(total)
	}
	return d.money(label, 0)
}

// money draws a sum of at least low.
func (d *drawing) money(label string, low int64) string {
	switch d.upTo(label+" size", 5) {
	case 3:
		return decimal(d.scaled(label, max(low, 1), 99_999_999_999, 8))
	case 4:
		return decimal(d.scaled(label, low, 999_999_999, 0))
	case 5:
		return decimal(big.NewRat(low, 1))
	}
	return decimal(d.scaled(label, low, 99_999, 2))
}

func (d *drawing) fee(label string) string {
	if d.chance(label+" high", 10) {
		return d.money(label, 0)
	}
	return decimal(d.scaled(label, 0, 500, 2))
}
