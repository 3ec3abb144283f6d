package binance

import (
	"encoding/json"
	"testing"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// TestTradesOfAnotherPair: a page that was asked for and is of another pair
// moves no place, so that nothing is passed over.
func TestTradesOfAnotherPair(t *testing.T) {
	t.Parallel()
	for symbol, want := range map[string]int64{"SOLEUR": 8, "BTCEUR": 3} {
		p := tradePlace{Next: 3}
		err := p.step(symbol, []exchange.Record{{Raw: json.RawMessage(`{"symbol":"SOLEUR","id":7}`)}})
		if (err == nil) != (want == 8) || p.Next != want {
			t.Errorf("asked for %s: next %d, %v", symbol, p.Next, err)
		}
	}
}
