// Package money holds exact decimal amounts, currencies and rounding. It is
// the sole owner of the decimal type: no float64 enters or leaves it.
//
// An Amount is a coefficient of up to 38 digits and a scale, in 24 bytes
// without a pointer, so that arithmetic does not allocate and millions of
// amounts cost the garbage collector nothing. Sums, differences and products
// are exact while their digits fit; a division is cut toward zero at
// [SharePlaces] decimals. When a cost is split, give the part and subtract it
// from the whole: then nothing is lost, whatever the cut.
package money

import (
	"cmp"
	"math/bits"
)

// SharePlaces is the number of decimals at which [Amount.Share] cuts. With 38
// digits, sums of shares stay exact up to ten billion.
const SharePlaces = 28

// Amount is an exact signed decimal number. The zero value is 0. It is
// immutable: every method returns a new one. Two equal numbers may differ in
// trailing zeros, so compare with [Amount.Cmp], never with ==.
type Amount struct {
	hi, lo uint64 // the coefficient, below 10^38
	scale  uint8  // decimal places
	neg    bool   // never set when the coefficient is 0
}

// Overflow is the value of the panic that an operation raises when its result
// has more than 38 digits before the decimal point. The engine turns it into
// an error that names the event; see ErrRange.
type Overflow struct{}

// Error implements error.
func (Overflow) Error() string { return "amount beyond 38 digits" }

// FromInt returns n as an Amount.
func FromInt(n int64) Amount {
	if n < 0 {
		return Amount{lo: uint64(-(n + 1)) + 1, neg: true}
	}
	return Amount{lo: uint64(n)}
}

// Sign returns -1, 0 or 1.
func (a Amount) Sign() int {
	switch {
	case a.hi|a.lo == 0:
		return 0
	case a.neg:
		return -1
	}
	return 1
}

// IsZero reports whether a is 0.
func (a Amount) IsZero() bool { return a.hi|a.lo == 0 }

// Neg returns -a.
func (a Amount) Neg() Amount {
	a.neg = !a.neg && a.hi|a.lo != 0
	return a
}

// Abs returns a without its sign.
func (a Amount) Abs() Amount {
	a.neg = false
	return a
}

// Add returns a + b.
func (a Amount) Add(b Amount) Amount {
	if a.scale == b.scale && a.hi|b.hi == 0 && a.neg == b.neg {
		if lo, c := bits.Add64(a.lo, b.lo, 0); c == 0 {
			return Amount{lo: lo, scale: a.scale, neg: a.neg}
		}
	}
	return a.add(b)
}

// Sub returns a - b.
func (a Amount) Sub(b Amount) Amount { return a.Add(b.Neg()) }

func (a Amount) add(b Amount) Amount {
	if b.hi|b.lo == 0 {
		return a
	}
	if a.hi|a.lo == 0 {
		return b
	}
	a, b = align(a, b)
	if a.neg == b.neg {
		lo, c := bits.Add64(a.lo, b.lo, 0)
		hi, _ := bits.Add64(a.hi, b.hi, c) // both below 10^38, so the sum is below 2^128
		return fit(wideOf(hi, lo), int(a.scale), a.neg)
	}
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, borrow := bits.Sub64(a.hi, b.hi, borrow)
	neg := a.neg
	if borrow != 0 { // |a| < |b|
		var c uint64
		lo, c = bits.Add64(^lo, 1, 0)
		hi = ^hi + c
		neg = b.neg
	}
	return Amount{hi: hi, lo: lo, scale: a.scale, neg: neg && hi|lo != 0}
}

// align brings a and b to one scale, the larger if the digits allow it; what
// does not fit is cut from the smaller number's tail.
func align(a, b Amount) (x, y Amount) {
	switch {
	case a.scale == b.scale:
		return a, b
	case a.scale > b.scale:
		b, a = align(b, a)
		return a, b
	}
	if up := b.scale - a.scale; a.hi == 0 && up < 20 { // most amounts stay within one limb
		if hi, lo := bits.Mul64(a.lo, pow10u64[up]); hi == 0 {
			return Amount{lo: lo, scale: b.scale, neg: a.neg}, b
		}
	}
	room := maxDigits - digits(a.hi, a.lo)
	up := min(int(b.scale-a.scale), room)
	w := wideOf(a.hi, a.lo)
	w.mulPow10(up)
	a = Amount{hi: w.w[1], lo: w.w[0], scale: a.scale + uint8(up), neg: a.neg}
	if a.scale < b.scale {
		neg := b.neg
		w = wideOf(b.hi, b.lo)
		cutPow10(&w, int(b.scale-a.scale))
		b = Amount{hi: w.w[1], lo: w.w[0], scale: a.scale, neg: neg && w.n != 0}
	}
	return a, b
}

// cutPow10 divides by 10^k, dropping the rest, and reports whether the rest was 0.
func cutPow10(x *wide, k int) (exact bool) {
	exact = true
	for k > 0 && x.n > 0 {
		step := min(k, 19)
		if x.div64(pow10u64[step]) != 0 {
			exact = false
		}
		k -= step
	}
	return exact
}

// fit makes an Amount of w / 10^scale, cutting decimals until 38 digits hold it.
func fit(w wide, scale int, neg bool) Amount {
	for over(&w) {
		drop := max(w.digits()-1-maxDigits, 1)
		if drop > scale {
			panic(Overflow{}) // invariant: callers that compute with foreign figures recover it
		}
		cutPow10(&w, drop)
		scale -= drop
	}
	return Amount{hi: w.w[1], lo: w.w[0], scale: uint8(scale), neg: neg && w.n != 0}
}

// over reports whether w has more than 38 digits.
func over(w *wide) bool {
	if w.n <= 1 {
		return false
	}
	if w.n > 2 {
		return true
	}
	hi, lo := pow10(maxDigits)
	return w.w[1] > hi || w.w[1] == hi && w.w[0] >= lo
}

// Mul returns a * b, exact while the product has at most 38 digits.
func (a Amount) Mul(b Amount) Amount {
	neg := a.neg != b.neg
	scale := int(a.scale) + int(b.scale)
	if a.hi|b.hi == 0 {
		hi, lo := bits.Mul64(a.lo, b.lo)
		if hi == 0 {
			return Amount{lo: lo, scale: uint8(scale), neg: neg && lo != 0}.capScale()
		}
		return fit(wideOf(hi, lo), scale, neg).capScale()
	}
	return fit(wideOf(a.hi, a.lo).mul128(b.hi, b.lo), scale, neg).capScale()
}

// capScale keeps the scale at 38 or less, so that scales never run away in
// long chains of products.
func (a Amount) capScale() Amount {
	if a.scale <= maxDigits {
		return a
	}
	w := wideOf(a.hi, a.lo)
	cutPow10(&w, int(a.scale)-maxDigits)
	return Amount{hi: w.w[1], lo: w.w[0], scale: maxDigits, neg: a.neg && w.n != 0}
}

// Share returns a * num / den, cut toward zero at [SharePlaces] decimals: the
// part of a cost that num out of den units carry. It panics when den is 0, a
// broken invariant of the caller.
func (a Amount) Share(num, den Amount) Amount { return quotient(a, num, den, SharePlaces) }

// Rescale returns a * num / den, cut toward zero at 28 decimals, or at 28
// digits of a if a is below 1: a part of units, or units converted over a
// split. All parts of one a have the same last place, so that they add up.
func (a Amount) Rescale(num, den Amount) Amount {
	whole := digits(a.hi, a.lo) - int(a.scale) // digits before the point; negative: zeros behind it
	return quotient(a, num, den, min(max(SharePlaces, SharePlaces-whole), maxDigits-2))
}

// quotient returns a * num / den, cut toward zero at places decimals, or
// earlier when 38 digits are full.
func quotient(a, num, den Amount, places int) Amount {
	if a.IsZero() || num.IsZero() {
		return Amount{}
	}
	neg := (a.neg != num.neg) != den.neg
	scale := int(a.scale) + int(num.scale) - int(den.scale)
	if num.hi|den.hi == 0 && scale >= 0 && scale <= places {
		if out, ok := a.quotient64(num.lo, den.lo, scale, places); ok {
			out.neg = neg && out.hi|out.lo != 0
			return out
		}
	}
	return wideQuotient(a, num, den, places)
}

// wideQuotient is quotient for any number of digits.
func wideQuotient(a, num, den Amount, places int) Amount {
	neg := (a.neg != num.neg) != den.neg
	scale := int(a.scale) + int(num.scale) - int(den.scale)
	n := wideOf(a.hi, a.lo).mul128(num.hi, num.lo)
	if scale < 0 {
		n.mulPow10(-scale)
		scale = 0
	}
	q := n
	rhi, rlo := q.div128(den.hi, den.lo)
	if rhi|rlo == 0 {
		return fit(q, scale, neg).capScale()
	}
	if scale >= places {
		cutPow10(&q, scale-places)
		return fit(q, places, neg)
	}
	// Carry the division on into the remainder for the digits still wanted.
	more := min(places-scale, max(maxDigits-q.digits(), 0))
	r := wideOf(rhi, rlo)
	r.mulPow10(more)
	rhi, rlo = r.div128(den.hi, den.lo)
	q.mulPow10(more)
	sum := addWide(q, r)
	out := fit(sum, scale+more, neg)
	if rhi|rlo == 0 {
		out = out.trimmed()
	}
	return out
}

func addWide(a, b wide) wide {
	var c uint64
	out := wide{n: max(a.n, b.n)}
	for i := range out.n {
		out.w[i], c = bits.Add64(a.w[i], b.w[i], c)
	}
	if c != 0 {
		out.w[out.n] = c
		out.n++
	}
	return out
}

// trimmed returns a without trailing zeros after the point.
func (a Amount) trimmed() Amount {
	if a.hi|a.lo == 0 {
		return Amount{}
	}
	if a.hi == 0 {
		return a.trimmed64()
	}
	if (a.hi%10*6+a.lo%10)%10 != 0 { // 2^64 leaves 6 when divided by 10: the last digit is not 0
		return a
	}
	for _, k := range [...]int{16, 8, 4, 2, 1} {
		for int(a.scale) >= k {
			w := wideOf(a.hi, a.lo)
			if w.div64(pow10u64[k]) != 0 {
				break
			}
			a = Amount{hi: w.w[1], lo: w.w[0], scale: a.scale - uint8(k), neg: a.neg}
		}
	}
	return a
}

// trimmed64 is trimmed for a coefficient of one limb.
func (a Amount) trimmed64() Amount {
	if a.lo&1 == 1 { // an odd number does not end in 0
		return a
	}
	for a.scale >= 8 && a.lo&0xff == 0 && a.lo%1e8 == 0 { // 10^8 holds 2^8
		a.lo, a.scale = a.lo/1e8, a.scale-8
	}
	for a.scale > 0 && a.lo%10 == 0 {
		a.lo, a.scale = a.lo/10, a.scale-1
	}
	return a
}

// Cmp returns -1, 0 or 1 as a is less than, equal to or more than b.
func (a Amount) Cmp(b Amount) int {
	sa, sb := a.Sign(), b.Sign()
	switch {
	case sa < sb:
		return -1
	case sa > sb:
		return 1
	case sa == 0:
		return 0
	}
	return sa * cmpAbs(a, b)
}

// Equal reports whether a and b are the same number.
func (a Amount) Equal(b Amount) bool { return a.Cmp(b) == 0 }

func cmpAbs(a, b Amount) int {
	if a.scale == b.scale {
		if a.hi != b.hi {
			return cmp.Compare(a.hi, b.hi)
		}
		return cmp.Compare(a.lo, b.lo)
	}
	// Digits before the point tell most numbers apart.
	if p, q := digits(a.hi, a.lo)-int(a.scale), digits(b.hi, b.lo)-int(b.scale); p != q {
		return cmp.Compare(p, q)
	}
	x, y := wideOf(a.hi, a.lo), wideOf(b.hi, b.lo)
	switch {
	case a.scale < b.scale:
		x.mulPow10(int(b.scale - a.scale))
	case a.scale > b.scale:
		y.mulPow10(int(a.scale - b.scale))
	}
	for i := max(x.n, y.n) - 1; i >= 0; i-- {
		if x.w[i] != y.w[i] {
			if x.w[i] < y.w[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// Min returns the smaller of a and b.
func Min(a, b Amount) Amount {
	if b.Cmp(a) < 0 {
		return b
	}
	return a
}

// Max returns the larger of a and b.
func Max(a, b Amount) Amount {
	if b.Cmp(a) > 0 {
		return b
	}
	return a
}
