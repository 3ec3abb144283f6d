package quote_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// TestSilentSource: a source that does not answer keeps back only what no other
// source has: the rest is learned, by name, what was not learned is not said to
// have no price, and after some failures it is left alone.
func TestSilentSource(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status, calls int
		kind          fault.Kind
	}{"fails": {500, 3, fault.Upstream}, "asks_to_wait": {429, 1, fault.TooMany}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{fail: map[string]int{"/products/": c.status}, trades: map[string]map[int64]int64{
				"coinbase:BTC-EUR": {noon.Unix(): 50}, "binance:BTCEUR": {noon.Unix(): 51}, "coinbase:AAA-EUR": {noon.Unix(): 5}, "bitstamp:zzzeur": {noon.Unix(): 7},
			}}
			q, b := quoter(t, w, 0), quote.NewBook(nil)
			price := func(asset string) string {
				p, ok := b.Price(asset, "EUR", ledger.InstantOf(noon), ledger.DateOf(noon))
				if !ok {
					return ""
				}
				return p.String()
			}
			all := []string{"AAA", "BTC", "NOPE", "ZZZ"} // asked for in this order
			for _, asset := range all {
				price(asset)
			}
			err := b.Fill(context.Background(), q, nil)
			if !fault.Is(err, c.kind) || !strings.Contains(fault.Of(err).Words, "coinbase") {
				t.Errorf("the fault: %v", err)
			}
			if price("BTC") != "51" || price("ZZZ") != "7" {
				t.Errorf("others were not asked: %v", b.Quotes())
			}
			if used := b.Used(); len(used) != 2 || !strings.HasPrefix(used[0].Source, "binance") {
				t.Errorf("used %v", used)
			}
			for _, g := range b.Gaps() {
				if g.Code != quote.NoAnswer && g.Code != quote.AskedToWait {
					t.Errorf("%s: %s, though a source did not answer", g.Asset, g.Code)
				}
			}
			calls := 0
			for _, call := range w.calls {
				if strings.HasPrefix(call, "/products/") {
					calls++
				}
			}
			if calls != c.calls {
				t.Errorf("it was asked %d times", calls)
			}
			if _, err := q.Quote(context.Background(), ask("BTC", "EUR", noon.AddDate(0, 0, -400))); !fault.Is(err, c.kind) {
				t.Errorf("what nobody else has: %v", err)
			}
		})
	}
}

// TestSilentRates: reference rates that do not answer keep back only what
// needs them.
func TestSilentRates(t *testing.T) {
	t.Parallel()
	w := &world{fail: map[string]int{"/stats/": 503}, trades: map[string]map[int64]int64{"coinbase:BTC-USD": {noon.Unix(): 50}, "binance:BTCEUR": {noon.Unix(): 51}}}
	q := quoter(t, w, 0)
	got, err := q.Quote(context.Background(), ask("BTC", "EUR", noon))
	if err != nil || got.Source != "binance BTC/EUR" {
		t.Errorf("%+v, %v", got, err)
	}
	for range 5 {
		if _, err := q.Quote(context.Background(), ask("USD", "EUR", noon)); !fault.Is(err, fault.Upstream) {
			t.Errorf("a rate: %v", err)
		}
	}
	calls := 0
	for _, call := range w.calls {
		if strings.HasPrefix(call, "/stats/") {
			calls++
		}
	}
	if calls != 3 {
		t.Errorf("the rates were asked for %d times", calls)
	}
	later := quoterAt(t, &world{trades: w.trades}, 0, now.Add(time.Hour))
	if got, err := later.Quote(context.Background(), ask("BTC", "EUR", noon)); err != nil || !strings.HasPrefix(got.Source, "coinbase BTC/USD × ecb") {
		t.Errorf("later: %+v, %v", got, err)
	}
}
