package money

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// rat is the reference: an exact fraction.
func rat(a Amount) *big.Rat {
	r, ok := new(big.Rat).SetString(a.String())
	if !ok {
		panic("not a number: " + a.String())
	}
	return r
}

// numeral draws the text of a number with the given digits and decimals at most.
func numeral(whole, decimals int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := rapid.StringMatching(`[1-9][0-9]{0,`+itoa(whole-1)+`}|0`).Draw(t, "whole")
		if n := rapid.IntRange(0, decimals).Draw(t, "decimals"); n > 0 {
			s += "." + rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), n, n, -1).Draw(t, "fraction")
		}
		if rapid.Bool().Draw(t, "negative") {
			s = "-" + s
		}
		return s
	})
}

func itoa(n int) string { return FromInt(int64(n)).String() }

func amount(whole, decimals int) *rapid.Generator[Amount] {
	return rapid.Map(numeral(whole, decimals), MustParse)
}

func printParse(t *rapid.T) {
	s := numeral(20, 18).Draw(t, "s")
	a := MustParse(s)
	want, _ := new(big.Rat).SetString(s)
	if rat(a).Cmp(want) != 0 {
		t.Fatalf("%s was read as %s", s, a)
	}
	back, err := Parse(a.String())
	if err != nil || back.Cmp(a) != 0 || back.String() != a.String() {
		t.Fatalf("%s printed as %s and read back as %s (%v)", s, a, back, err)
	}
	if fixed := string(a.AppendFixed(nil, 18)); rat(MustParse(fixed)).Cmp(want) != 0 {
		t.Fatalf("%s printed with 18 places as %s", s, fixed)
	}
}

func arithmetic(t *rapid.T) {
	a, b, c := amount(15, 18).Draw(t, "a"), amount(15, 18).Draw(t, "b"), amount(15, 18).Draw(t, "c")
	if got, want := rat(a.Add(b)), new(big.Rat).Add(rat(a), rat(b)); got.Cmp(want) != 0 {
		t.Fatalf("%s + %s = %s", a, b, a.Add(b))
	}
	if got, want := rat(a.Sub(b)), new(big.Rat).Sub(rat(a), rat(b)); got.Cmp(want) != 0 {
		t.Fatalf("%s - %s = %s", a, b, a.Sub(b))
	}
	if x, y := a.Add(b).Add(c), a.Add(b.Add(c)); x.Cmp(y) != 0 {
		t.Fatalf("addition is not associative: %s, %s", x, y)
	}
	if got := a.Cmp(b); got != rat(a).Cmp(rat(b)) || got != -b.Cmp(a) {
		t.Fatalf("cmp(%s, %s) = %d", a, b, got)
	}
	if m := a.Sub(a); m.Sign() != 0 || m.neg {
		t.Fatalf("%s - itself = %#v", a, m)
	}
}

func multiplication(t *rapid.T) {
	a, b := amount(10, 9).Draw(t, "a"), amount(10, 9).Draw(t, "b")
	if got, want := rat(a.Mul(b)), new(big.Rat).Mul(rat(a), rat(b)); got.Cmp(want) != 0 {
		t.Fatalf("%s * %s = %s", a, b, a.Mul(b))
	}
}

// within reports whether got is want cut toward zero with an error below
// 10^-places, or below one in 10^36 of the value.
func within(got, want *big.Rat, places int) bool {
	d := new(big.Rat).Sub(want, got)
	if d.Sign() != 0 && d.Sign() != want.Sign() {
		return false // not cut toward zero
	}
	d.Abs(d)
	ulp := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
	rel := new(big.Rat).Mul(new(big.Rat).Abs(want), new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(36), nil)))
	return d.Cmp(ulp) < 0 || d.Cmp(rel) <= 0
}

func sharing(t *rapid.T) {
	cost := amount(16, 18).Draw(t, "cost")
	den := amount(20, 18).Filter(func(a Amount) bool { return a.Sign() != 0 }).Draw(t, "den")
	num := amount(18, 18).Draw(t, "num")
	want := new(big.Rat).Quo(new(big.Rat).Mul(rat(cost), rat(num)), rat(den))
	if whole := new(big.Int).Quo(want.Num(), want.Denom()); len(whole.String()) > 37 {
		return
	}
	if got := rat(cost.Share(num, den)); !within(got, want, SharePlaces) {
		t.Fatalf("%s * %s / %s = %s, want %s", cost, num, den, cost.Share(num, den), want.FloatString(40))
	}
	if got := rat(cost.Rescale(num, den)); !within(got, want, SharePlaces) {
		t.Fatalf("%s * %s / %s = %s, want %s", cost, num, den, cost.Rescale(num, den), want.FloatString(45))
	}
}

// conservation: parts given and subtracted add up to the whole, to the last digit.
func conservation(t *rapid.T) {
	cost, total := amount(9, 8).Draw(t, "cost").Abs(), amount(12, 18).Draw(t, "units").Abs()
	rest, left := cost, total
	var given Amount
	for i := 0; left.Sign() > 0 && i < 20; i++ {
		take := Min(amount(8, 18).Draw(t, "take").Abs(), left)
		part := rest.Share(take, left)
		if take.Equal(left) {
			part = rest
		}
		given, rest, left = given.Add(part), rest.Sub(part), left.Sub(take)
	}
	if !given.Add(rest).Equal(cost) || rest.Sign() < 0 {
		t.Fatalf("given %s, left %s of %s", given, rest, cost)
	}
	if left.IsZero() && total.Sign() > 0 && !rest.IsZero() {
		t.Fatalf("no units left, but a cost of %s", rest)
	}
}

func rounding(t *rapid.T) {
	a, places := amount(12, 20).Draw(t, "a"), rapid.IntRange(0, 20).Draw(t, "places")
	unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
	half := new(big.Rat).Mul(unit, big.NewRat(1, 2))
	for _, rule := range []Rounding{HalfEven, HalfUp, Down, Up, Floor, Ceiling} {
		got := a.Round(places, rule)
		diff := new(big.Rat).Sub(rat(got), rat(a))
		size := new(big.Rat).Abs(diff)
		fault := got.Decimals() > places || size.Cmp(unit) >= 0
		switch rule {
		case HalfEven, HalfUp:
			fault = fault || size.Cmp(half) > 0
		case Down:
			fault = fault || diff.Sign()*a.Sign() > 0
		case Up:
			fault = fault || diff.Sign()*a.Sign() < 0
		case Floor:
			fault = fault || diff.Sign() > 0
		case Ceiling:
			fault = fault || diff.Sign() < 0
		}
		if fault {
			t.Fatalf("%s to %d places by rule %d is %s", a, places, rule, got)
		}
	}
}

// perUnit: Unit agrees with the exact quotient rounded to 18 significant digits.
func perUnit(t *rapid.T) {
	positive := func(a Amount) bool { return a.Sign() > 0 }
	gen := rapid.OneOf(amount(3, 18), amount(14, 8), amount(20, 18)).Filter(positive)
	c1, q1, c2, q2 := gen.Draw(t, "c1"), gen.Draw(t, "q1"), gen.Draw(t, "c2"), gen.Draw(t, "q2")
	u, v := PerUnit(c1, q1), PerUnit(c2, q2)
	want := round18(new(big.Rat).Quo(rat(c1), rat(q1))).Cmp(round18(new(big.Rat).Quo(rat(c2), rat(q2))))
	if u.Compare(v) != want || (u == v) != (want == 0) {
		t.Fatalf("%s/%s against %s/%s: %d, want %d", c1, q1, c2, q2, u.Compare(v), want)
	}
}

// round18 rounds a positive number to 18 significant digits, ties to even.
func round18(r *big.Rat) *big.Rat {
	ten, scale := big.NewRat(10, 1), big.NewRat(1, 1)
	lo := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(17), nil))
	hi := new(big.Rat).Mul(lo, ten)
	x := new(big.Rat).Set(r)
	for x.Cmp(lo) < 0 {
		x.Mul(x, ten)
		scale.Quo(scale, ten)
	}
	for x.Cmp(hi) >= 0 {
		x.Quo(x, ten)
		scale.Mul(scale, ten)
	}
	q, rem := new(big.Int).QuoRem(x.Num(), x.Denom(), new(big.Int))
	switch c := new(big.Int).Lsh(rem, 1).Cmp(x.Denom()); {
	case c > 0, c == 0 && q.Bit(0) == 1:
		q.Add(q, big.NewInt(1))
	}
	return new(big.Rat).Mul(new(big.Rat).SetInt(q), scale)
}

func TestProperties(t *testing.T) {
	t.Parallel()
	for name, law := range laws {
		t.Run(name, rapid.MakeCheck(law))
	}
}

var laws = map[string]func(*rapid.T){
	"print_then_parse": printParse, "arithmetic": arithmetic, "multiplication": multiplication,
	"sharing": sharing, "conservation": conservation, "rounding": rounding, "per_unit": perUnit,
}

func FuzzPrintParse(f *testing.F)   { f.Fuzz(rapid.MakeFuzz(printParse)) }
func FuzzSharing(f *testing.F)      { f.Fuzz(rapid.MakeFuzz(sharing)) }
func FuzzConservation(f *testing.F) { f.Fuzz(rapid.MakeFuzz(conservation)) }

// FuzzParse: no text panics, and what is accepted prints as the same number.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "-", ".", "1.", ".5", "1e5", "0.000000000000000001", "99999999999999999999999999999999999999", "-0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok || rat(a).Cmp(want) != 0 {
			t.Fatalf("%q was read as %s", s, a)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, word := range map[string]string{
		"":                       "empty",
		"-":                      "ends",
		"1,5":                    "comma",
		"1 000":                  "blank",
		"1e5":                    "exponent",
		"1.2.3":                  "point",
		".5":                     "point",
		"5.":                     "ends",
		"+1":                     "unexpected",
		"0x10":                   "unexpected",
		"١":                      "unexpected",
		"12345678901234567890,5": "comma",
	} {
		if _, err := Parse(text); !errors.Is(err, ErrSyntax) || !strings.Contains(err.Error(), word) {
			t.Errorf("Parse(%q): %v, want a word about %q", text, err, word)
		}
	}
	if _, err := Parse("1" + strings.Repeat("0", 38)); !errors.Is(err, ErrRange) {
		t.Errorf("39 digits: %v", err)
	}
	if a, err := Parse(strings.Repeat("0", 50) + "7"); err != nil || a.String() != "7" {
		t.Errorf("leading zeros: %v %v", a, err)
	}
}

func TestRoundTies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in     string
		places int
		rule   Rounding
		want   string
	}{
		{"0.125", 2, HalfEven, "0.12"},
		{"0.135", 2, HalfEven, "0.14"},
		{"-0.125", 2, HalfEven, "-0.12"},
		{"0.125", 2, HalfUp, "0.13"},
		{"0.0149999996", 2, HalfEven, "0.01"},
		{"-0.004", 2, HalfEven, "0"},
		{"-1.5", 0, Floor, "-2"},
		{"-1.5", 0, Ceiling, "-1"},
		{"1.01", 1, Up, "1.1"},
		{"9.99", 1, HalfUp, "10"},
	} {
		if got := MustParse(tt.in).Round(tt.places, tt.rule).String(); got != tt.want {
			t.Errorf("%s to %d by rule %d: %s, want %s", tt.in, tt.places, tt.rule, got, tt.want)
		}
	}
}

func TestOverflowPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if _, ok := recover().(Overflow); !ok {
			t.Fatal("a product of 60 digits passed")
		}
	}()
	big := MustParse("1" + strings.Repeat("0", 30))
	_ = big.Mul(big)
}
