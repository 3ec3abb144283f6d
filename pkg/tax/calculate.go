package tax

import (
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Input is everything that a return depends on.
type Input struct {
	Book     *ledger.Book
	Rules    *Rules
	Method   Method
	Currency string
	Calendar *ledger.Calendar // of the tax zone
	Options  Options
	Prices   Prices // nil if there are none
	Brokers  []BrokerSale
}

// Prices says what one unit of an asset was worth.
type Prices interface {
	// Price returns the price of one unit of asset in currency at an event's
	// time; ok is false if none is known.
	Price(asset, currency string, at ledger.Instant, date ledger.Date) (price money.Amount, ok bool)
}

// BrokerSale is one line of a broker's form about a sale (US Form 1099-DA).
type BrokerSale struct {
	Account  string
	Asset    string
	Date     ledger.Date
	Units    money.Amount
	Proceeds money.Amount
	Basis    *money.Amount // nil if the form shows none
	Reported bool          // the form says that basis was reported to the authority
}
