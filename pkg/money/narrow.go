package money

import "math/bits"

// What nearly all divisions of the engine need: numerator and divisor of one
// limb, and a quotient of two. Everything else goes through wide.

// quotient64 is quotient, without the sign, for a numerator and a divisor of
// one limb. It is not ok if the quotient does not fit.
func (a Amount) quotient64(num, den uint64, scale, places int) (out Amount, ok bool) {
	top, mid := bits.Mul64(a.hi, num)
	carry, low := bits.Mul64(a.lo, num)
	mid, over := bits.Add64(mid, carry, 0)
	top += over
	if top >= den { // the quotient has three limbs
		return Amount{}, false
	}
	hi, r := bits.Div64(top, mid, den)
	lo, r := bits.Div64(r, low, den)
	have := digits(hi, lo)
	if have > maxDigits {
		return Amount{}, false
	}
	if r == 0 {
		return Amount{hi: hi, lo: lo, scale: uint8(scale)}, true
	}
	// Carry the division on for the digits still wanted, 19 at a time.
	more := min(places-scale, maxDigits-have)
	for left := more; left > 0; left -= 19 {
		unit := pow10u64[min(left, 19)]
		var next uint64
		next, r = div128by64(r, unit, den)
		hi, lo = mulAdd(hi, lo, unit, next)
	}
	out = Amount{hi: hi, lo: lo, scale: uint8(scale + more)}
	if r == 0 {
		out = out.trimmed()
	}
	return out, true
}

// div128by64 divides r * unit, where r is below den and the quotient therefore
// below unit.
func div128by64(r, unit, den uint64) (quo, rem uint64) {
	hi, lo := bits.Mul64(r, unit)
	return bits.Div64(hi, lo, den)
}

// mulAdd returns hi:lo * m + add, which the caller keeps within two limbs.
func mulAdd(hi, lo, m, add uint64) (h, l uint64) {
	h, l = bits.Mul64(lo, m)
	l, carry := bits.Add64(l, add, 0)
	return hi*m + h + carry, l
}

// perUnit64 is PerUnit for a cost and a quantity of one limb each. It is not ok
// if the cost has too many digits more than the quantity, or too few.
func perUnit64(cost, quantity uint64, exp int) (u Unit, ok bool) {
	// The quotient has 18 or 19 digits then, and fits one limb.
	up := unitDigits + digits(0, quantity) - digits(0, cost)
	if up < 0 {
		return Unit{}, false
	}
	ph, pl := pow10(up)
	over, mid := bits.Mul64(cost, ph)
	hi, lo := bits.Mul64(cost, pl)
	hi, carry := bits.Add64(hi, mid, 0)
	if over|carry != 0 || hi >= quantity {
		return Unit{}, false
	}
	mant, r := bits.Div64(hi, lo, quantity)
	exp -= up
	if mant < pow10u64[unitDigits] {
		if r > quantity-r || r == quantity-r && mant&1 == 1 {
			mant++
		}
	} else {
		last := mant % 10
		mant, exp = mant/10, exp+1
		if last > 5 || last == 5 && (r != 0 || mant&1 == 1) {
			mant++
		}
	}
	if mant == pow10u64[unitDigits] {
		mant, exp = mant/10, exp+1
	}
	return Unit{exp: int16(exp), mant: mant}, true
}
