package money

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// narrow: what goes the short way has the result of the long one, down to its
// representation.
func narrow(t *rapid.T) {
	limb := rapid.OneOf(rapid.Uint64Range(1, 99), rapid.Uint64Range(1, 1e12), rapid.Uint64(), rapid.Just(uint64(math.MaxUint64)),
		rapid.Map(rapid.IntRange(0, 19), func(k int) uint64 { return pow10u64[k] }))
	scale := rapid.Uint8Range(0, 30)
	draw := func(name string) Amount {
		return Amount{lo: max(limb.Draw(t, name), 1), scale: scale.Draw(t, name+" scale"), neg: rapid.Bool().Draw(t, name+" neg")}
	}
	a, num, den := draw("a"), draw("num"), draw("den")
	if rapid.Bool().Draw(t, "long") {
		a.hi = rapid.Uint64Range(0, 1e18).Draw(t, "hi")
	}
	places := rapid.SampledFrom([]int{0, 2, 18, SharePlaces, maxDigits - 2}).Draw(t, "places")
	got, gotOver := shares(func() Amount { return quotient(a, num, den, places) })
	want, wantOver := shares(func() Amount { return wideQuotient(a, num, den, places) })
	if got != want || gotOver != wantOver {
		t.Fatalf("%#v * %#v / %#v at %d: %#v %v, want %#v %v", a, num, den, places, got, gotOver, want, wantOver)
	}
	a.hi = 0
	if got, want := PerUnit(a, num), widePerUnit(a, num, int(num.scale)-int(a.scale)); got != want {
		t.Fatalf("%#v per %#v: %#v, want %#v", a, num, got, want)
	}
}

func shares(f func() Amount) (a Amount, over bool) {
	defer func() { over = recover() != nil }()
	return f(), false
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, narrow)
}

func FuzzNarrow(f *testing.F) { f.Fuzz(rapid.MakeFuzz(narrow)) }
