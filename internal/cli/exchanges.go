package cli

import (
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/binance"
	"github.com/ledgersys/ledgersys/internal/exchange/coinbase"
	"github.com/ledgersys/ledgersys/internal/exchange/kraken"
)

// Exchanges are all exchanges that can be linked. A new one is one package and
// one line here.
func Exchanges() []exchange.Exchange {
	return []exchange.Exchange{
		binance.Exchange(),
		kraken.Exchange(),
		coinbase.Exchange(),
	}
}
