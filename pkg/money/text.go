package money

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
)

// What Parse refuses. The errors say what is wrong and where, and never quote
// the text: errors reach logs, and what people own does not.
var (
	// ErrSyntax reports text that is not a plain decimal number.
	ErrSyntax = errors.New("not a plain decimal number")
	// ErrRange reports a number with more digits than an Amount keeps.
	ErrRange = errors.New("number has more than 38 digits")
)

// Parse reads a plain decimal number: an optional minus sign, digits, and an
// optional point with digits behind it. It refuses blanks, plus signs, group
// separators, exponents and a point without digits on both sides, because each
// of them means something else somewhere. At most 38 digits count, leading
// zeros apart.
func Parse(s string) (Amount, error) {
	i, neg := 0, false
	if len(s) > 0 && s[0] == '-' {
		i, neg = 1, true
	}
	var (
		lo     uint64
		n      int
		point  = -1
		before = i
	)
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && point < 0 && i > before {
			point = i
			continue
		}
		if c < '0' || c > '9' {
			return Amount{}, fmt.Errorf("%w: %s", ErrSyntax, describe(s, i))
		}
		if n++; n > 19 {
			return parseLong(s)
		}
		lo = lo*10 + uint64(c-'0')
	}
	if n == 0 || point == len(s)-1 {
		return Amount{}, fmt.Errorf("%w: %s", ErrSyntax, describe(s, len(s)))
	}
	a := Amount{lo: lo, neg: neg && lo != 0}
	if point >= 0 {
		a.scale = uint8(len(s) - 1 - point)
	}
	return a, nil
}

// parseLong reads a number of more than 19 digits whose first 20 characters
// Parse has already found well formed.
func parseLong(s string) (Amount, error) {
	neg := s[0] == '-'
	if neg {
		s = s[1:]
	}
	var w wide
	point := -1
	for i := range len(s) {
		c := s[i]
		if c == '.' && point < 0 && i > 0 {
			point = i
			continue
		}
		if c < '0' || c > '9' {
			return Amount{}, fmt.Errorf("%w: %s", ErrSyntax, describe(s, i))
		}
		if w.mul64(10); c != '0' {
			w = addWide(w, wideOf(0, uint64(c-'0')))
		}
		if over(&w) {
			return Amount{}, ErrRange
		}
	}
	if point == len(s)-1 {
		return Amount{}, fmt.Errorf("%w: %s", ErrSyntax, describe(s, len(s)))
	}
	scale := 0
	if point >= 0 {
		scale = len(s) - 1 - point
	}
	if scale > maxDigits {
		return Amount{}, ErrRange
	}
	return Amount{hi: w.w[1], lo: w.w[0], scale: uint8(scale), neg: neg && w.n != 0}, nil
}

// describe says what stands at position i of a number, without the number.
func describe(s string, i int) string {
	switch {
	case len(s) == 0:
		return "it is empty"
	case i >= len(s):
		return "it ends where a digit should stand"
	case s[i] == ',':
		return fmt.Sprintf("comma at position %d (write a point for decimals and no thousands separator)", i+1)
	case s[i] == 'e' || s[i] == 'E':
		return fmt.Sprintf("exponent at position %d (write the number out)", i+1)
	case s[i] == '.':
		return fmt.Sprintf("point at position %d without a digit before it, or a second point", i+1)
	case s[i] == ' ':
		return fmt.Sprintf("blank at position %d", i+1)
	}
	return fmt.Sprintf("unexpected character at position %d", i+1)
}

// MustParse is Parse for constants in code and tests; it panics on a mistake.
func MustParse(s string) Amount {
	a, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return a
}

// Decimals returns the number of decimals that a needs, trailing zeros apart.
func (a Amount) Decimals() int { return int(a.trimmed().scale) }

// String returns a as a plain decimal number without trailing zeros. Parse
// gives the same number back.
func (a Amount) String() string {
	var buf [48]byte
	return string(a.AppendTo(buf[:0]))
}

// GoString is what to paste into a test; %#v prints it.
func (a Amount) GoString() string { return "money.MustParse(\"" + a.String() + "\")" }

// AppendTo appends what String returns.
func (a Amount) AppendTo(b []byte) []byte {
	if a.scale > 0 {
		a = a.trimmed()
	}
	return a.appendDigits(b, int(a.scale))
}

// AppendFixed appends a with exactly places decimals. It panics when a has
// more: round first, at a named place, by a named rule.
func (a Amount) AppendFixed(b []byte, places int) []byte {
	if int(a.scale) > places {
		if a = a.trimmed(); int(a.scale) > places {
			panic("money: AppendFixed of an amount that was not rounded") // invariant: forms round first
		}
	}
	return a.appendDigits(b, places)
}

// appendDigits appends the coefficient with its point and pads with zeros to
// places decimals.
func (a Amount) appendDigits(b []byte, places int) []byte {
	if a.neg {
		b = append(b, '-')
	}
	if a.hi == 0 && int(a.scale) == places && places < 20 {
		return appendShort(b, a.lo, places)
	}
	var buf [40]byte
	d := appendUint128(buf[:0], a.hi, a.lo)
	scale := int(a.scale)
	if whole := len(d) - scale; whole > 0 {
		b = append(b, d[:whole]...)
		d = d[whole:]
	} else {
		b = append(b, '0')
	}
	if places == 0 {
		return b
	}
	b = append(b, '.')
	for i := len(d); i < scale; i++ {
		b = append(b, '0')
	}
	b = append(b, d...)
	for i := scale; i < places; i++ {
		b = append(b, '0')
	}
	return b
}

// appendShort appends a coefficient of one limb with so many decimals, from the
// last digit to the first, two at a time.
func appendShort(b []byte, lo uint64, places int) []byte {
	const pairs = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748" +
		"4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798" + "99"
	var buf [24]byte
	i := len(buf)
	if places > 0 {
		left := places
		for ; left >= 2; left -= 2 {
			p := lo % 100 * 2
			lo /= 100
			i -= 2
			buf[i], buf[i+1] = pairs[p], pairs[p+1]
		}
		if left == 1 {
			i--
			buf[i] = byte('0' + lo%10)
			lo /= 10
		}
		i--
		buf[i] = '.'
	}
	for lo >= 100 {
		p := lo % 100 * 2
		lo /= 100
		i -= 2
		buf[i], buf[i+1] = pairs[p], pairs[p+1] // #nosec G602 -- p is below 200
	}
	if lo >= 10 {
		i -= 2
		buf[i], buf[i+1] = pairs[2*lo], pairs[2*lo+1] // #nosec G602 -- lo is below 100 here
	} else {
		i--
		buf[i] = byte('0' + lo)
	}
	return append(b, buf[i:]...)
}

func appendUint128(b []byte, hi, lo uint64) []byte {
	if hi == 0 {
		return strconv.AppendUint(b, lo, 10)
	}
	q, r := bits.Div64(hi, lo, 1e19) // hi < 10^19, for the coefficient is below 10^38
	b = strconv.AppendUint(b, q, 10)
	var tail [20]byte
	t := strconv.AppendUint(tail[:0], r, 10)
	for range 19 - len(t) {
		b = append(b, '0')
	}
	return append(b, t...)
}

// MarshalText implements encoding.TextMarshaler, so that JSON shows a string.
func (a Amount) MarshalText() ([]byte, error) { return a.AppendTo(nil), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Amount) UnmarshalText(text []byte) error {
	v, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = v
	return nil
}
