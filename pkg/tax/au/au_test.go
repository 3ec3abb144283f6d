package au

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// conserves: losses are either used against gains or carried forward, and the
// discount is half of what is left of discount gains.
func conserves(t *rapid.T) {
	draw := func(name string) money.Amount { return money.FromInt(int64(rapid.IntRange(0, 999).Draw(t, name))) }
	p := position{draw("other"), draw("discounted"), draw("losses")}
	full, forward := p.net(money.Amount{})
	if !p.total().Sub(p.losses).Equal(full.Sub(forward)) {
		t.Fatalf("gains %s less losses %s give %s and %s", p.total(), p.losses, full, forward)
	}
	half, again := p.net(money.MustParse("0.5"))
	reduced := money.Min(full, p.discounted) // losses take the other gains first
	if !again.Equal(forward) || !full.Sub(half).Equal(reduced.Mul(money.MustParse("0.5"))) {
		t.Fatalf("%+v: %s without, %s with the discount", p, full, half)
	}
}

func TestLossesAreConserved(t *testing.T) { t.Parallel(); rapid.Check(t, conserves) }

// TestCount: gains by holding period, losses not; what nothing covers has no
// discount.
func TestCount(t *testing.T) {
	t.Parallel()
	leg := func(term tax.Term, gain int64) tax.Leg {
		return tax.Leg{Term: term, Proceeds: money.FromInt(100), Cost: money.FromInt(100 - gain)}
	}
	got := map[string]string{}
	count(&tax.Disposal{Legs: []tax.Leg{leg(tax.LongTerm, 5), leg(tax.ShortTerm, 7), leg(tax.LongTerm, -9), leg(tax.NoTerm, 11)}},
		func(key string, a money.Amount) { got[key] += "+" + a.String() })
	if got["discount_gains"] != "+5" || got["other_gains"] != "+7+11" {
		t.Errorf("got %v", got)
	}
}
