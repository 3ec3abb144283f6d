package money

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// full draws numbers of every size that an Amount keeps: up to 38 digits, the
// point anywhere among them.
func full() *rapid.Generator[Amount] {
	return rapid.Custom(func(t *rapid.T) Amount {
		n := rapid.IntRange(1, 38).Draw(t, "digits")
		s := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789909")), n, n, -1).Draw(t, "coefficient")
		point := rapid.IntRange(0, n).Draw(t, "point")
		s = "0" + s[:point] + "." + s[point:]
		if rapid.Bool().Draw(t, "negative") {
			s = "-" + s
		}
		a, err := Parse(strings.TrimSuffix(s, "."))
		if err != nil {
			t.Fatal(err)
		}
		return a
	})
}

// wholeRange: what is shown of 15 digits holds at all sizes: comparing,
// rounding, printing and reading back.
func wholeRange(t *rapid.T) {
	a, b := full().Draw(t, "a"), full().Draw(t, "b")
	x, y := rat(a), rat(b)
	if got, want := a.Cmp(b), x.Cmp(y); got != want || b.Cmp(a) != -want || a.Equal(b) != (want == 0) {
		t.Fatalf("cmp(%s, %s) = %d, want %d", a, b, got, want)
	}
	if small, large := Min(a, b), Max(a, b); rat(small).Cmp(x) > 0 || rat(small).Cmp(y) > 0 || rat(large).Cmp(x) < 0 || rat(large).Cmp(y) < 0 {
		t.Fatalf("of %s and %s the smaller is %s, the larger %s", a, b, small, large)
	}
	if back := MustParse(a.String()); !back.Equal(a) || back.Decimals() != a.Decimals() || int(a.trimmed().scale) != a.Decimals() {
		t.Fatalf("%s comes back as %s with %d decimals", a, back, back.Decimals())
	}
	if rat(a.Neg()).Cmp(new(big.Rat).Neg(x)) != 0 || rat(a.Abs()).Cmp(new(big.Rat).Abs(x)) != 0 {
		t.Fatalf("%s, its negative %s, without sign %s", a, a.Neg(), a.Abs())
	}
	places := rapid.IntRange(0, 38).Draw(t, "places")
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
	scaled := new(big.Rat).Mul(new(big.Rat).Abs(x), scale)
	down, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	want := new(big.Int).Set(down)
	if c := rest.Lsh(rest, 1).Cmp(scaled.Denom()); c > 0 || c == 0 && down.Bit(0) == 1 {
		want.Add(want, big.NewInt(1))
	}
	for rule, n := range map[Rounding]*big.Int{HalfEven: want, Down: down} {
		r := new(big.Rat).Quo(new(big.Rat).SetInt(n), scale)
		if x.Sign() < 0 {
			r.Neg(r)
		}
		if got := a.Round(places, rule); rat(got).Cmp(r) != 0 {
			t.Fatalf("%s to %d places by rule %d is %s, want %s", a, places, rule, got, r.FloatString(38))
		}
	}
}

func TestWholeRange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, wholeRange)
}

// TestSums: where 38 digits are too few, the smallest decimals go, never the
// whole units.
func TestSums(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want string }{
		{"12345678901234567890", "0.000000000000000001", "12345678901234567890.000000000000000001"},
		{"123456789012345678901234567890", "0.123456789", "123456789012345678901234567890.12345678"},
		{"0.123456789", "123456789012345678901234567890", "123456789012345678901234567890.12345678"},
		{"99999999999999999999999999999999999999", "0.9", "99999999999999999999999999999999999999"},
		{"9999999999999999999", "1", "10000000000000000000"},
		{"18446744073709551615", "1", "18446744073709551616"},
		{"1", "-1.5", "-0.5"},
		{"-1.5", "1.5", "0"},
		{"0", "-0.10", "-0.1"},
		{"10000000000000000000000", "-0.00000000000000000000000001", "10000000000000000000000"},
	} {
		got := MustParse(c.a).Add(MustParse(c.b))
		if got.String() != c.want {
			t.Errorf("%s + %s = %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

// TestTinyProducts: a product has at most 38 decimals; what is less is nothing.
func TestTinyProducts(t *testing.T) {
	t.Parallel()
	tiny := MustParse("0." + strings.Repeat("0", 37) + "1")
	for _, c := range []struct {
		a, b Amount
		want string
	}{
		{tiny, MustParse("0.1"), "0"},
		{tiny, MustParse("10"), "0." + strings.Repeat("0", 36) + "1"},
		{tiny.Neg(), MustParse("0.01"), "0"},
		{MustParse("-0.000000000000000001"), MustParse("0.00000000000000000000000001"), "0"},
		{MustParse("123456789012345678901234567890"), MustParse("0.5"), "61728394506172839450617283945"},
		{MustParse("12345678901234567890123"), MustParse("1.0000000000000000000001"), "12345678901234567890124.234567890123456"},
	} {
		got := c.a.Mul(c.b)
		if got.String() != c.want || got.Sign() == 0 && got.neg {
			t.Errorf("%s * %s = %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

func TestFromInt(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 7: "7", -7: "-7", 1<<63 - 1: "9223372036854775807", -1 << 63: "-9223372036854775808",
	} {
		if got := FromInt(n).String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	unit := func(cost, quantity string) Unit { return PerUnit(MustParse(cost), MustParse(quantity)) }
	if unit("0", "5") != (Unit{}) || unit("5", "0") != (Unit{}) {
		t.Error("no cost, or no units, is a cost per unit")
	}
	for _, c := range []struct {
		a, b Unit
		want int
	}{
		{unit("10", "1"), unit("30", "3"), 0},
		{unit("1", "3"), unit("0.333333333333333333", "1"), 0},
		{unit("1", "3"), unit("0.333333333333333334", "1"), -1},
		{unit("0", "1"), unit("0.000000000000000001", "99999999"), -1},
		{unit("1000", "1"), unit("999.999999999999999", "1"), 1},
		{unit("9999999999999999999", "1"), unit("10000000000000000000", "1"), 0}, // nineteen nines are ten to the nineteenth
		{unit("5", "1"), unit("50", "1"), -1},
	} {
		if c.a.Compare(c.b) != c.want || c.b.Compare(c.a) != -c.want {
			t.Errorf("%+v against %+v is %d, want %d", c.a, c.b, c.a.Compare(c.b), c.want)
		}
	}
}

func TestFixed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in     string
		places int
		want   string
	}{
		{"1", 2, "1.00"},
		{"1.5", 2, "1.50"},
		{"1.500", 1, "1.5"},
		{"-0.05", 2, "-0.05"},
		{"0", 0, "0"},
		{"12.000", 0, "12"},
		{"0.000000000000000001", 18, "0.000000000000000001"},
		{"12345678901234567890.5", 3, "12345678901234567890.500"},
	} {
		if got := string(MustParse(c.in).AppendFixed([]byte("="), c.places)); got != "="+c.want {
			t.Errorf("%s to %d places: %s", c.in, c.places, got)
		}
	}
	if !panics(func() { MustParse("0.125").AppendFixed(nil, 2) }) {
		t.Error("a figure that nobody rounded was cut")
	}
	if !panics(func() { MustParse("0.125").Round(2, 0) }) {
		t.Error("a figure was rounded without a rule")
	}
	if !panics(func() { MustParse("1,5") }) {
		t.Error("a constant with a comma passed")
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

// TestJSON: an amount is a string in JSON, and nothing else is an amount.
func TestJSON(t *testing.T) {
	t.Parallel()
	var v struct{ A, B Amount }
	if err := json.Unmarshal([]byte(`{"A": "1.50", "B": "-0"}`), &v); err != nil {
		t.Fatal(err)
	}
	if out, err := json.Marshal(v); err != nil || string(out) != `{"A":"1.5","B":"0"}` {
		t.Errorf("%s, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"A": "1e3"}`), &v); !errors.Is(err, ErrSyntax) || v.A.String() != "1.5" {
		t.Errorf("%v, A is %s", err, v.A)
	}
	if err := json.Unmarshal([]byte(`{"A": 1.5}`), &v); err == nil {
		t.Error("a JSON number was read")
	}
	if got := fmt.Sprintf("%#v", v.A); got != `money.MustParse("1.5")` {
		t.Errorf("to paste: %s", got)
	}
	if got := (Overflow{}).Error(); !strings.Contains(got, "38") {
		t.Errorf("overflow says %q", got)
	}
}

// TestIsFiat: money of states in capitals of ISO 4217, and nothing else.
func TestIsFiat(t *testing.T) {
	t.Parallel()
	for _, code := range strings.Fields("USD EUR GBP CAD ZAR AUD INR NGN LKR CHF JPY CNY BRL HRK VEF MRO XOF ZWL") {
		if !IsFiat(code) {
			t.Errorf("%s is no money of a state", code)
		}
	}
	for _, code := range []string{"", "usd", "GBp", "BTC", "ETH", "USDT", "USDC", "DAI", "XAU", "XBT", "XRP", "US", "EURO", "USD ", "DOG"} {
		if IsFiat(code) {
			t.Errorf("%q is money of a state", code)
		}
	}
}
