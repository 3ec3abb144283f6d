// Package quote gets prices and exchange rates through the guard: candles of
// exchanges and the European Central Bank's reference rates, each with its
// source, its candle, when it was fetched, and a second opinion. It never
// guesses: what nobody traded has no price, and a source that asks us to wait
// is not a missing price.
package quote

import (
	"errors"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// ErrNoPrice is the error of what nobody traded at that time, as far as the
// sources know. It is final; a fault of kind TooMany or Upstream is not.
var ErrNoPrice = errors.New("quote: nobody traded it then")

// ErrNotYet is the error of what cannot be known before a day is over: the
// day's last price, a reference rate that is still to come, and that nobody
// traded.
var ErrNotYet = errors.New("quote: the day is not over")

// Width is how long the candle is that a price comes from.
type Width int64

// The widths, in seconds.
const (
	Minute Width = 60
	Hour   Width = 3600
	Day    Width = 86400
)

// String returns "minute", "hour" or "day".
func (w Width) String() string {
	switch w {
	case Minute:
		return "minute"
	case Hour:
		return "hour"
	default:
		return "day"
	}
}

// WidthFor returns how exact in time a country wants a value. The default is
// the minute of the event; Germany takes the day's price (BMF letter of 6 March
// 2025, paragraph 91).
func WidthFor(country string) Width {
	if country == "DE" {
		return Day
	}
	return Minute
}

// Ask is a price that is wanted: of one unit of an asset in a currency.
type Ask struct {
	Asset, Currency string
	At              ledger.Instant
	Date            ledger.Date // in the tax zone, for rates that hold for a day
}

// Quote is a price with everything that explains it.
type Quote struct {
	Ask
	Price   money.Amount
	Source  string    // as "kraken BTC/USD", "coinbase BTC/EUR × ecb EUR/GBP"
	Candle  time.Time // when the candle begins
	Width   Width
	Fetched time.Time

	Second *Opinion // nil if no other source knows it
}

// Opinion is what another source says.
type Opinion struct {
	Source string
	Price  money.Amount
	Spread money.Amount // how far it lies from the first, as a part of it
}

// Apart is the spread from which on two sources are said to disagree.
const apart = "0.02"

// Warning returns a sentence if the sources lie far apart, "" otherwise.
func (q *Quote) Warning() string {
	if q.Second == nil || q.Second.Spread.Cmp(money.MustParse(apart)) < 0 {
		return ""
	}
	return "Two sources differ by " + q.Second.Spread.Mul(money.FromInt(100)).Round(1, money.HalfEven).String() + " %: " + q.Source + " and " + q.Second.Source + "."
}

// candle is one candle of a market: what a unit cost when it began and when it
// ended.
type candle struct {
	start       int64 // seconds since 1970
	open, close money.Amount
}

// pick returns the price at a moment out of candles of a width, sorted by
// start: of the day's candle its close, of finer ones the price at which the
// candle of the moment opens, for that is the last one not after it.
func pick(list []candle, width Width, sec int64) (candle, money.Amount, bool) {
	for i := range list {
		c := &list[i]
		if c.start <= sec && sec < c.start+int64(width) {
			if width == Day {
				return *c, c.close, true
			}
			return *c, c.open, true
		}
	}
	return candle{}, money.Amount{}, false
}
