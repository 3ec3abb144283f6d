package binance

import (
	"fmt"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

// TestOnlyAWholePassCovers: a pass over the trades that leaves pairs out covers
// no time, for one of them may have been bought and sold in between.
func TestOnlyAWholePassCovers(t *testing.T) {
	t.Parallel()
	h := exchangesim.NewHistory(1, 10, "EUR")
	clock := exchangesim.NewClock(h.Moves[len(h.Moves)-1].At.Add(time.Hour))
	d := exchangesim.NewDrive(t, Exchange(), exchangesim.Binance(t, h, clock.Now), clock)
	b, ok := d.Client.(*client)
	if !ok {
		t.Fatalf("%T", d.Client)
	}
	b.pairs = map[string]pair{"BTCEUR": {"BTC", "EUR"}}
	for i := range fewPairs {
		b.pairs[fmt.Sprintf("C%dEUR", i)] = pair{fmt.Sprint("C", i), "EUR"}
	}
	cursor := ""
	pass := func() (page exchange.Page, calls int) {
		before := len(d.Sim.Log())
		for more := true; more; more = page.More {
			var err error
			if page, err = b.Page(t.Context(), tradeStream, cursor); err != nil {
				t.Fatal(err)
			}
			cursor = page.Next
		}
		return page, len(d.Sim.Log()) - before
	}
	first := d.Clock.Now()
	for _, c := range []struct {
		after time.Duration
		whole bool
	}{{0, true}, {24 * time.Hour, false}, {5 * day, false}, {day, true}, {day, false}} {
		d.Clock.Move(c.after)
		if c.whole {
			first = d.Clock.Now()
		}
		page, calls := pass()
		if !page.To.Equal(first) || !page.From.Equal(began) || (calls > fewPairs) != c.whole {
			t.Errorf("at %s %d calls cover %s to %s, want up to %s", d.Clock.Now(), calls, page.From, page.To, first)
		}
	}
}
