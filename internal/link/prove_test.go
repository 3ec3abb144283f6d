package link_test

import (
	"slices"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// TestFirstDivergingRow: where records state the balance behind them, the
// certificate names the first one behind a row that is missing; with all rows
// there is none, and what was there before the first row is no difference.
func TestFirstDivergingRow(t *testing.T) {
	t.Parallel()
	for _, v := range venues() {
		if !v.x.Partial {
			continue
		}
		t.Run(v.x.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, &v)
			account := map[string]string{"bybit": "Bybit/unified", "okx": "OKX/trading"}[v.x.Name]
			for seed := uint64(1); seed <= 3; seed++ {
				past := v.history(seed)
				x := b.trialOf(t, past)
				x.sim.Hold(true)
				l := x.done()
				for _, coin := range []string{"BTC", "ETH", "SOL", past.Fiat} {
					want := past.Behind(coin, func(n int) bool { return n%3 == 0 })
					i := slices.IndexFunc(l.Proof, func(c reconcile.Certificate) bool { return c.Account == account && c.Asset == coin })
					if i < 0 || want == nil {
						t.Fatalf("seed %d: %s is not tried: %d, %v", seed, coin, i, want)
					}
					if c := l.Proof[i]; c.OK || c.First == nil || !c.First.At.Time().Equal(want.At.Truncate(v.cut)) {
						t.Errorf("seed %d: %s begins to differ at %+v, want %s", seed, coin, c, want.At)
					}
				}
				x.sim.Hold(false)
				l = x.done()
				x.proved(l)
				if !slices.ContainsFunc(l.Proof, func(c reconcile.Certificate) bool { return c.Account == account }) {
					t.Errorf("%s has no certificate", account)
				}
			}
		})
	}
}
