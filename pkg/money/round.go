package money

import "math/bits"

// Rounding is a named rule for dropping decimals. The zero value is refused,
// so that no caller rounds by accident.
type Rounding uint8

// The rules of rounding.
const (
	_        Rounding = iota
	HalfEven          // to the nearest, ties to the even digit
	HalfUp            // to the nearest, ties away from zero
	Down              // toward zero
	Up                // away from zero
	Floor             // toward minus infinity
	Ceiling           // toward plus infinity
)

// Round returns a with at most places decimals, by the given rule.
func (a Amount) Round(places int, rule Rounding) Amount {
	drop := int(a.scale) - places
	if drop <= 0 {
		return a
	}
	if drop <= 19 && a.hi < pow10u64[drop] {
		if out, ok := a.round64(drop, rule); ok {
			return out
		}
	}
	w := wideOf(a.hi, a.lo)
	tail, last := splitPow10(&w, drop)
	up := false
	switch rule {
	case HalfEven:
		up = last > 5 || last == 5 && (tail || w.w[0]&1 == 1)
	case HalfUp:
		up = last >= 5
	case Up:
		up = tail || last > 0
	case Floor:
		up = a.neg && (tail || last > 0)
	case Ceiling:
		up = !a.neg && (tail || last > 0)
	case Down:
	default:
		panic("money: rounding without a rule") // invariant: rules are constants in code
	}
	if up {
		w = addWide(w, wideOf(0, 1))
	}
	return Amount{hi: w.w[1], lo: w.w[0], scale: uint8(places), neg: a.neg && w.n != 0}
}

// round64 is Round where one division is enough, nearly always, for the rules
// that it knows.
func (a Amount) round64(drop int, rule Rounding) (out Amount, ok bool) {
	unit := pow10u64[drop]
	q, r := bits.Div64(a.hi, a.lo, unit)
	up := false
	switch half := unit / 2; rule {
	case HalfEven:
		up = r > half || r == half && q&1 == 1
	case HalfUp:
		up = r >= half
	case Down:
	default:
		return a, false
	}
	if up {
		q++
	}
	return Amount{lo: q, scale: a.scale - uint8(drop), neg: a.neg && q != 0}, !up || q != 0
}

// splitPow10 divides w by 10^drop. It returns the first digit dropped and
// whether anything but zeros stood behind it.
func splitPow10(w *wide, drop int) (tail bool, last uint64) {
	tail = !cutPow10(w, drop-1)
	return tail, w.div64(10)
}

// Unit is a cost per unit to 18 significant digits: two costs that agree so
// far are the same cost, for ties between lots and for joining legs. Units
// compare with == and [Unit.Compare]. The zero Unit is a cost of 0.
type Unit struct {
	exp  int16 // value = mant * 10^exp, mant has 18 digits or is 0
	mant uint64
}

// unitDigits is how many digits of a cost per unit count.
const unitDigits = 18

// PerUnit returns cost / quantity as a Unit. A quantity of 0 gives the zero
// Unit. Both are taken without their sign: costs are never negative.
func PerUnit(cost, quantity Amount) Unit {
	if cost.IsZero() || quantity.IsZero() {
		return Unit{}
	}
	exp := int(quantity.scale) - int(cost.scale)
	if cost.hi|quantity.hi == 0 {
		if u, ok := perUnit64(cost.lo, quantity.lo, exp); ok {
			return u
		}
	}
	return widePerUnit(cost, quantity, exp)
}

// widePerUnit is PerUnit for any number of digits.
func widePerUnit(cost, quantity Amount, exp int) Unit {
	n := wideOf(cost.hi, cost.lo)
	// Scale the numerator so that the quotient has 19 or 20 digits or more.
	want := unitDigits + 1 + digits(quantity.hi, quantity.lo) - digits(cost.hi, cost.lo)
	if want > 0 {
		n.mulPow10(want)
		exp -= want
	}
	rhi, rlo := n.div128(quantity.hi, quantity.lo)
	sticky := rhi|rlo != 0
	drop := n.digits() - unitDigits
	tail, last := splitPow10(&n, drop)
	exp += drop
	if last > 5 || last == 5 && (tail || sticky || n.w[0]&1 == 1) {
		n = addWide(n, wideOf(0, 1))
	}
	mant := n.w[0]
	if mant == pow10u64[unitDigits] {
		mant /= 10
		exp++
	}
	return Unit{exp: int16(exp), mant: mant}
}

// Compare returns -1, 0 or 1 as u is less than, equal to or more than v.
func (u Unit) Compare(v Unit) int {
	switch {
	case u == v:
		return 0
	case u.mant == 0:
		return -1
	case v.mant == 0:
		return 1
	case u.exp != v.exp:
		if u.exp < v.exp {
			return -1
		}
		return 1
	case u.mant < v.mant:
		return -1
	}
	return 1
}
