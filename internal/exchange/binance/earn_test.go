package binance

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// TestEarnCountsOnce: a reward of Earn takes away the distribution that lies
// nearest to it, at most one, and none of another day.
func TestEarnCountsOnce(t *testing.T) {
	t.Parallel()
	given := []exchange.Record{
		on(0, rec(dividendStream, "a", "", `{"asset":"DOT","amount":"0.5","enInfo":"DOT Staking"}`)),
		on(20, rec(dividendStream, "b", "", `{"asset":"DOT","amount":"0.50","enInfo":"Simple Earn Flexible"}`)),
		on(45, rec(dividendStream, "c", "", `{"asset":"DOT","amount":"0.5","enInfo":"Simple Earn Locked"}`)),
		on(23, rec(dividendStream, "d", "", `{"asset":"DOT","amount":"0.5","enInfo":"Launchpool"}`)),
		on(23, rec(dividendStream, "e", "", `{"asset":"KSM","amount":"0.5","enInfo":"Simple Earn"}`)),
		on(22, rec(dividendStream, "f", "", `{"asset":"DOT","amount":"0.5","enInfo":"Simple Earn","direction":-1}`)),
	}
	for want, earned := range map[string][]exchange.Record{
		"":      {on(70, rec(lockedStream, "1", "", `{"asset":"DOT","amount":"0.5"}`))},
		"b":     {on(23, rec(flexibleStream, "1", "", `{"asset":"DOT","rewards":"0.5"}`))},
		"b c":   {on(23, rec(flexibleStream, "1", "", `{"asset":"DOT","rewards":"0.5"}`)), on(22, rec(lockedStream, "1", "", `{"asset":"DOT","amount":"0.5"}`))},
		"a b c": {on(23, rec(flexibleStream, "1", "", `{"asset":"DOT","rewards":"0.5"}`)), on(22, rec(lockedStream, "1", "", `{"asset":"DOT","amount":"0.5"}`)), on(21, rec(lockedStream, "2", "", `{"asset":"DOT","amount":"0.5"}`))},
	} {
		rapid.Check(t, func(t *rapid.T) {
			r := &reader{done: make(map[string]bool)}
			r.look(rapid.Permutation(slices.Concat(given, earned)).Draw(t, "order"))
			if got := strings.Join(slices.Sorted(maps.Keys(r.twice)), " "); got != want {
				t.Fatalf("%q are told twice, want %q", got, want)
			}
		})
	}
}
