package intake

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// TestCovered: what a linked account may not tell of is taken from a statement,
// what it does tell of is not counted again.
func TestCovered(t *testing.T) {
	t.Parallel()
	event := func(day int, kind ledger.Kind, asset, to string) ledger.Event {
		at := time.Date(2025, 1, day, 12, 0, 30, 0, time.UTC)
		return ledger.Event{At: ledger.InstantOf(at), Kind: kind, Account: "X", Asset: asset, More: &ledger.More{ToAsset: to}}
	}
	linked := &File{Format: &statement.Format{Linked: true, Untold: []statement.Group{statement.Trades}}, Collector: &statement.Collector{Events: []ledger.Event{
		event(2, ledger.KindDeposit, "EUR", ""), event(5, ledger.KindBuy, "BTC", ""), event(7, ledger.KindSwap, "BTC", "ETH"), event(9, ledger.KindSell, "BTC", ""),
	}}}
	c := covers([]*File{linked})
	for name, given := range map[string]struct {
		ev   ledger.Event
		want bool
	}{
		"told":                       {event(5, ledger.KindBuy, "BTC", ""), true},
		"in between":                 {event(6, ledger.KindSell, "BTC", ""), true},
		"before its trades":          {event(4, ledger.KindBuy, "BTC", ""), false},
		"of a pair it does not tell": {event(6, ledger.KindBuy, "LUNA", ""), false},
		"half of it not told":        {event(8, ledger.KindSwap, "BTC", "LUNA"), false},
		"both told":                  {event(8, ledger.KindSwap, "ETH", "BTC"), true},
		"moves are told wholly":      {event(3, ledger.KindDeposit, "LUNA", ""), true},
		"before all":                 {event(1, ledger.KindDeposit, "EUR", ""), false},
		"after all":                  {event(10, ledger.KindDeposit, "EUR", ""), false},
	} {
		if got := c.holds(&given.ev); got != given.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	day := event(5, ledger.KindBuy, "BTC", "")
	day.At, day.Flags = ledger.InstantOf(time.Date(2025, 1, 5, 0, 0, 0, 0, time.UTC)), ledger.DateOnly
	if !c.holds(&day) {
		t.Error("a bare date of a day that is told")
	}
	other := event(6, ledger.KindBuy, "BTC", "")
	other.Account = "Y"
	if c.holds(&other) {
		t.Error("another account is told of")
	}
}
