package cli

import (
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/binance"
	"github.com/ledgersys/ledgersys/internal/exchange/bitfinex"
	"github.com/ledgersys/ledgersys/internal/exchange/bitstamp"
	"github.com/ledgersys/ledgersys/internal/exchange/bybit"
	"github.com/ledgersys/ledgersys/internal/exchange/coinbase"
	"github.com/ledgersys/ledgersys/internal/exchange/gemini"
	"github.com/ledgersys/ledgersys/internal/exchange/kraken"
	"github.com/ledgersys/ledgersys/internal/exchange/kucoin"
	"github.com/ledgersys/ledgersys/internal/exchange/luno"
	"github.com/ledgersys/ledgersys/internal/exchange/okx"
	"github.com/ledgersys/ledgersys/internal/exchange/valr"
)

// Exchanges are all exchanges that can be linked. A new one is one package and
// one line here.
func Exchanges() []exchange.Exchange {
	return []exchange.Exchange{
		binance.Exchange(),
		kraken.Exchange(),
		coinbase.Exchange(),
		bitstamp.Exchange(),
		luno.Exchange(),
		valr.Exchange(),
		gemini.Exchange(),
		bitfinex.Exchange(),
		okx.Exchange(),
		bybit.Exchange(),
		kucoin.Exchange(),
	}
}
