package oracle

import (
	"math/big"
	"strings"
)

// places is the number of decimals that a result shows.
const places = 12

// significant is the number of digits in which two costs per unit have to agree to count as equal.
const significant = 18

func zero() *big.Rat            { return new(big.Rat) }
func one() *big.Rat             { return big.NewRat(1, 1) }
func clone(a *big.Rat) *big.Rat { return new(big.Rat).Set(a) }
func add(a, b *big.Rat) *big.Rat {
	return new(big.Rat).Add(a, b)
}

func sub(a, b *big.Rat) *big.Rat {
	return new(big.Rat).Sub(a, b)
}

func mul(a, b *big.Rat) *big.Rat {
	return new(big.Rat).Mul(a, b)
}

func quo(a, b *big.Rat) *big.Rat {
	return new(big.Rat).Quo(a, b)
}

func least(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) <= 0 {
		return clone(a)
	}
	return clone(b)
}

func positive(a *big.Rat) *big.Rat {
	if a.Sign() < 0 {
		return zero()
	}
	return clone(a)
}

// share is the part of total that falls on part out of whole; nothing falls on part of nothing.
func share(total, part, whole *big.Rat) *big.Rat {
	if whole.Sign() == 0 {
		return zero()
	}
	return quo(mul(total, part), whole)
}

// shareIfKnown is share for a total that may be unknown (nil).
func shareIfKnown(total, part, whole *big.Rat) *big.Rat {
	if total == nil {
		return nil
	}
	return share(total, part, whole)
}

// halfEven rounds a to a whole number, half to even.
func halfEven(a *big.Rat) *big.Int {
	magnitude := new(big.Rat).Abs(a)
	whole, rest := new(big.Int).QuoRem(magnitude.Num(), magnitude.Denom(), new(big.Int))
	twice := rest.Lsh(rest, 1)
	switch twice.Cmp(magnitude.Denom()) {
	case 1:
		whole.Add(whole, big.NewInt(1))
	case 0:
		if whole.Bit(0) == 1 {
			whole.Add(whole, big.NewInt(1))
		}
	}
	if a.Sign() < 0 {
		whole.Neg(whole)
	}
	return whole
}

func powerOfTen(n int) *big.Rat {
	p := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil))
	if n < 0 {
		p.Inv(p)
	}
	return p
}

// text writes a with at most twelve decimals, half to even, without trailing zeros and without a negative zero.
func text(a *big.Rat) string {
	units := halfEven(mul(a, powerOfTen(places)))
	digits := new(big.Int).Abs(units).String()
	if len(digits) <= places {
		digits = strings.Repeat("0", places+1-len(digits)) + digits
	}
	out := digits[:len(digits)-places]
	if fraction := strings.TrimRight(digits[len(digits)-places:], "0"); fraction != "" {
		out += "." + fraction
	}
	if units.Sign() < 0 {
		out = "-" + out
	}
	return out
}

// toSignificant rounds a to eighteen significant digits, half to even.
func toSignificant(a *big.Rat) *big.Rat {
	if a.Sign() == 0 {
		return zero()
	}
	magnitude := new(big.Rat).Abs(a)
	exponent := len(magnitude.Num().String()) - len(magnitude.Denom().String())
	if magnitude.Cmp(powerOfTen(exponent)) < 0 {
		exponent--
	}
	scale := powerOfTen(significant - 1 - exponent)
	return quo(new(big.Rat).SetInt(halfEven(mul(a, scale))), scale)
}

// compareUnitCosts orders costA/amountA and costB/amountB; those that agree in eighteen significant digits are equal.
func compareUnitCosts(costA, amountA, costB, amountB *big.Rat) int {
	return toSignificant(quo(costA, amountA)).Cmp(toSignificant(quo(costB, amountB)))
}
