package ledger

import "github.com/ledgersys/ledgersys/pkg/money"

// BrokerSale is one line of a broker's form about a sale (US Form 1099-DA).
type BrokerSale struct {
	Account  string
	Asset    string
	Date     Date
	Units    money.Amount
	Proceeds money.Amount
	Basis    *money.Amount // nil if the form shows none
	Reported bool          // the form says that basis was reported to the authority
}
