package money

import "math/bits"

// wide is an unsigned integer of up to 512 bits, least significant limb
// first, with n limbs in use. It holds what does not fit between two
// Amounts: products before they are divided. It never allocates.
type wide struct {
	w [8]uint64
	n int
}

// maxDigits is how many significant digits an Amount keeps; 10^38 < 2^127.
const maxDigits = 38

var pow10u64 = [20]uint64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// pow10 returns 10^k for k <= 38 as two limbs.
func pow10(k int) (hi, lo uint64) {
	if k <= 19 {
		return 0, pow10u64[k]
	}
	return bits.Mul64(1e19, pow10u64[k-19])
}

func wideOf(hi, lo uint64) wide {
	var x wide
	x.w[0], x.w[1] = lo, hi
	switch {
	case hi != 0:
		x.n = 2
	case lo != 0:
		x.n = 1
	}
	return x
}

// mul64 multiplies x by m in place. The callers keep products below 2^512.
func (x *wide) mul64(m uint64) {
	var carry uint64
	for i := range x.n {
		hi, lo := bits.Mul64(x.w[i], m)
		var c uint64
		x.w[i], c = bits.Add64(lo, carry, 0)
		carry = hi + c
	}
	if carry != 0 {
		x.w[x.n] = carry
		x.n++
	}
	if m == 0 {
		x.n = 0
	}
}

func (x *wide) mulPow10(k int) {
	for ; k > 19; k -= 19 {
		x.mul64(1e19)
	}
	if k > 0 {
		x.mul64(pow10u64[k])
	}
}

// mul128 returns x * (hi, lo).
func (x wide) mul128(hi, lo uint64) wide {
	if hi == 0 {
		x.mul64(lo)
		return x
	}
	low, high := x, x
	low.mul64(lo)
	high.mul64(hi)
	var carry uint64
	out := wide{n: max(low.n, high.n+1)}
	for i := range out.n {
		var h uint64
		if i > 0 {
			h = high.w[i-1]
		}
		out.w[i], carry = bits.Add64(low.w[i], h, carry)
	}
	if carry != 0 {
		out.w[out.n] = carry
		out.n++
	}
	out.trim()
	return out
}

func (x *wide) trim() {
	for x.n > 0 && x.w[x.n-1] == 0 {
		x.n--
	}
}

// div64 divides x by d in place and returns the remainder.
func (x *wide) div64(d uint64) (rem uint64) {
	for i := x.n - 1; i >= 0; i-- {
		x.w[i], rem = bits.Div64(rem, x.w[i], d)
	}
	x.trim()
	return rem
}

// div128 divides x by (hi, lo) in place and returns the remainder. It is
// Knuth's algorithm D for a divisor of two limbs.
func (x *wide) div128(hi, lo uint64) (rhi, rlo uint64) {
	if hi == 0 {
		return 0, x.div64(lo)
	}
	if x.n < 2 {
		r := x.w[0]
		*x = wide{}
		return 0, r
	}
	s := uint(bits.LeadingZeros64(hi))
	d1 := hi<<s | lo>>1>>(63-s)
	d0 := lo << s
	// u is x shifted left by s, one limb longer than x.
	var u [9]uint64
	for i := x.n - 1; i >= 0; i-- {
		u[i+1] |= x.w[i] >> 1 >> (63 - s)
		u[i] = x.w[i] << s
	}
	n := x.n
	for j := n - 2; j >= 0; j-- {
		x.w[j] = div3by2(&u, j, d1, d0)
	}
	x.w[n-1] = 0
	x.trim()
	rlo = u[0]>>s | u[1]<<1<<(63-s)
	rhi = u[1] >> s
	return rhi, rlo
}

// div3by2 divides u[j+2..j] by the normalised divisor d1:d0, leaves the
// remainder in u[j+1..j] and returns the one-limb quotient.
func div3by2(u *[9]uint64, j int, d1, d0 uint64) uint64 {
	u2, u1, u0 := u[j+2], u[j+1], u[j]
	q := ^uint64(0)
	if u2 < d1 {
		q, _ = bits.Div64(u2, u1, d1)
	}
	// Subtract q * d from u; add d back while the result is negative.
	ph, pl := bits.Mul64(q, d0)
	mh, ml := bits.Mul64(q, d1)
	var c, b uint64
	p0 := pl
	p1, c := bits.Add64(ml, ph, 0)
	p2 := mh + c
	u0, b = bits.Sub64(u0, p0, 0)
	u1, b = bits.Sub64(u1, p1, b)
	u2, b = bits.Sub64(u2, p2, b)
	for b != 0 {
		q--
		u0, c = bits.Add64(u0, d0, 0)
		u1, c = bits.Add64(u1, d1, c)
		u2, c = bits.Add64(u2, 0, c)
		b -= c
	}
	u[j+2], u[j+1], u[j] = u2, u1, u0
	return q
}

// digits returns the number of decimal digits of hi:lo; 0 has none.
func digits(hi, lo uint64) int {
	if hi == 0 && lo == 0 {
		return 0
	}
	length := bits.Len64(lo)
	if hi != 0 {
		length = 64 + bits.Len64(hi)
	}
	guess := length * 1233 >> 12 // floor(length * log10(2)), or one less
	if guess > maxDigits {
		return guess
	}
	if ph, pl := pow10(guess); hi > ph || hi == ph && lo >= pl {
		return guess + 1
	}
	return guess
}

// digits returns a number of decimal digits that is exact for two limbs and
// at most one too high beyond.
func (x *wide) digits() int {
	if x.n <= 2 {
		return digits(x.w[1], x.w[0])
	}
	length := 64*(x.n-1) + bits.Len64(x.w[x.n-1])
	return length*30103/100000 + 1
}
