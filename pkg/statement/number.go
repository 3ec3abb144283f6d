package statement

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// MaxDecimals is how many decimals an amount may have. Money with more is
// rounded half-even and counted; an asset amount with more holds its row.
const MaxDecimals = 18

// What the number grammar refuses, beyond what money.Parse does.
var (
	ErrDecimals = errors.New("more than 18 decimals")
	ErrExponent = errors.New("exponent out of range")
	ErrGroups   = errors.New("thousands separators in the wrong places")
)

// Numbers is the way a venue writes numbers. The zero value is a plain
// number: a minus sign, digits, a point.
type Numbers struct {
	DecimalComma bool // 1.234,56: the comma stands before the decimals
	Thousands    bool // 1,234.56: groups of three are separated
	Exponent     bool // 5e-05, 0E-8
	Dressed      bool // $5.00, 5.00 €, ($5.00), -$2,455.00, 0.1 BTC: signs and tickers around the number
	Dash         bool // a lone "-" means empty
}

// Units reads an amount of an asset. An empty cell is 0 and not set.
func (n Numbers) Units(cell string) (a money.Amount, set bool, err error) {
	plain, err := n.plain(cell)
	if plain == "" || err != nil {
		return money.Amount{}, false, err
	}
	plain = dropZeros(plain)
	if decimals(plain) > MaxDecimals {
		return money.Amount{}, false, ErrDecimals
	}
	a, err = money.Parse(plain)
	return a, err == nil, err
}

// Money reads an amount of a fiat currency. Beyond 18 decimals it is rounded
// half-even, and rounded says so.
func (n Numbers) Money(cell string) (a money.Amount, set, rounded bool, err error) {
	plain, err := n.plain(cell)
	if plain == "" || err != nil {
		return money.Amount{}, false, false, err
	}
	plain = dropZeros(plain)
	if d := decimals(plain); d > MaxDecimals {
		rounded = true
		if cut := d - MaxDecimals - 2; cut > 0 { // keep two digits, the last of them non-zero: enough to round by
			plain = plain[:len(plain)-cut-1] + "1"
		}
	}
	a, err = money.Parse(plain)
	if err != nil {
		return money.Amount{}, false, false, err
	}
	return a.Round(MaxDecimals, money.HalfEven), true, rounded, nil
}

// plain rewrites a cell as a plain number, or "" if it is empty.
func (n Numbers) plain(s string) (string, error) {
	s = trim(s)
	if s == "" || n.Dash && (s == "-" || s == "–") {
		return "", nil
	}
	if n == (Numbers{}) || n == (Numbers{Dash: true}) {
		return s, nil
	}
	if n.Dressed {
		s = undress(s)
	}
	if n.DecimalComma {
		s = strings.Map(swapComma, s)
	}
	if n.Thousands || n.DecimalComma {
		var err error
		if s, err = dropGroups(s); err != nil {
			return "", err
		}
	}
	if strings.HasSuffix(s, ".") && len(s) > 1 {
		s = s[:len(s)-1]
	}
	if n.Exponent {
		return expand(s)
	}
	return s, nil
}

// undress takes currency signs, tickers, brackets and blanks off a number.
// Brackets mean a minus sign.
func undress(s string) string {
	neg := false
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		neg, s = true, s[1:len(s)-1]
	}
	first := strings.IndexAny(s, "0123456789.,")
	if first < 0 {
		return s
	}
	last := strings.LastIndexAny(s, "0123456789.,")
	head, tail := s[:first], s[last+1:]
	if strings.ContainsAny(head, "-−") {
		neg = true
	}
	if strings.ContainsAny(head+tail, "/%()") {
		return s
	}
	s = s[first : last+1]
	if neg {
		s = "-" + s
	}
	return s
}

func swapComma(r rune) rune {
	switch r {
	case ',':
		return '.'
	case '.', ' ', '\u00a0', '\u202f', '\'':
		return ','
	}
	return r
}

// dropGroups removes commas that separate groups of three digits before the
// point, and refuses any other comma.
func dropGroups(s string) (string, error) {
	if strings.IndexByte(s, ',') < 0 {
		return s, nil
	}
	whole, rest := s, ""
	if i := strings.IndexByte(s, '.'); i >= 0 {
		whole, rest = s[:i], s[i:]
	}
	groups := strings.Split(strings.TrimPrefix(whole, "-"), ",")
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && (g == "" || len(g) > 3) {
			return "", ErrGroups
		}
	}
	if strings.IndexByte(rest, ',') >= 0 {
		return "", ErrGroups
	}
	return strings.ReplaceAll(whole, ",", "") + rest, nil
}

// expand writes a number with an exponent out.
func expand(s string) (string, error) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, nil
	}
	exp, err := strconv.Atoi(s[i+1:])
	if err != nil || exp > 40 || exp < -60 {
		return "", ErrExponent
	}
	mant, sign := s[:i], ""
	if strings.HasPrefix(mant, "-") {
		mant, sign = mant[1:], "-"
	}
	whole, frac, _ := strings.Cut(mant, ".")
	for _, c := range whole + frac {
		if c < '0' || c > '9' {
			return "", fmt.Errorf("%w: exponent behind something that is not a number", money.ErrSyntax)
		}
	}
	if whole == "" {
		return "", fmt.Errorf("%w: exponent without digits before it", money.ErrSyntax)
	}
	digits := whole + frac
	point := len(whole) + exp
	switch {
	case point <= 0:
		digits = "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		digits += strings.Repeat("0", point-len(digits))
	default:
		digits = digits[:point] + "." + digits[point:]
	}
	return sign + digits, nil
}

// dropZeros removes zeros at the end of the decimals.
func dropZeros(s string) string {
	i := strings.IndexByte(s, '.')
	if i < 0 || s[len(s)-1] != '0' {
		return s
	}
	s = strings.TrimRight(s, "0")
	return strings.TrimSuffix(s, ".")
}

func decimals(s string) int {
	if i := strings.IndexByte(s, '.'); i >= 0 {
		return len(s) - 1 - i
	}
	return 0
}
