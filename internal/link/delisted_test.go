package link_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// TestDelisted: what was fetched stays as it is when the exchange forgets a
// pair. Who links afterwards gets everything else, and the trades of that pair
// wait for a person, or, where they cannot be asked for, the balance is not
// proved.
func TestDelisted(t *testing.T) {
	t.Parallel()
	const coin = "SOL"
	for _, v := range venues() {
		asked := map[string]bool{"binance": true, "bybit": true, "gemini": true}[v.x.Name]
		if !asked {
			continue // it names what is traded in the record itself
		}
		t.Run(v.x.Name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, &v)
			x := b.trial(t, 1)
			x.done()
			x.sim.Delist(coin)
			x.clock.Move(time.Hour)
			x.done()
			x.whole()

			y := b.trial(t, 2)
			y.sim.Delist(coin)
			l := y.done()
			traded := 0
			rest := y.past.Without(func(m *exchangesim.Move) bool {
				trade := m.Kind == exchangesim.Buy || m.Kind == exchangesim.Sell || m.Kind == exchangesim.Convert && v.x.Name == "gemini"
				gone := trade && (m.Asset == coin || m.Quote == coin)
				if gone {
					traded++
				}
				return gone
			})
			if got, want := y.ledger(), rest.Oracle(v.cut); !slices.Equal(got, want) || traded == 0 {
				t.Errorf("%d trades are gone; the rest differs:\n%s", traded, exchangesim.Difference(want, got))
			}
			held := y.held("symbol is gone")
			if v.x.Name != "binance" && held != traded || v.x.Name == "binance" && held != 0 {
				t.Errorf("%d records are held, %d trades", held, traded)
			}
			if !slices.ContainsFunc(l.Proof, func(c reconcile.Certificate) bool { return c.Asset == coin && !c.OK }) {
				t.Errorf("%s is proved without its trades", coin)
			}
		})
	}
}

// held is how many records of what counts wait for a person, for this reason.
func (x *trial) held(why string) (n int) {
	x.t.Helper()
	imports, err := x.books.List(x.t.Context(), x.scope, tenant.ID{}, intake.MaxPage)
	if err != nil {
		x.t.Fatal(err)
	}
	for i := range imports {
		for k := range imports[i].Sources {
			if !imports[i].State.Counts() || imports[i].Sources[k].Held == 0 {
				continue
			}
			rows, err := x.books.HeldRows(x.t.Context(), x.scope, imports[i].Sources[k], 0, imports[i].Sources[k].Held)
			if err != nil {
				x.t.Fatal(err)
			}
			for _, r := range rows {
				if strings.Contains(r.Reason, why) {
					n++
				}
			}
		}
	}
	return n
}
