package strike

import (
	"fmt"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// numbers is how Strike writes figures; "-" is empty.
var numbers = statement.Numbers{Thousands: true, Dash: true}

// record is a row as it stands, with signs.
type record struct {
	line int
	id   string
	at   ledger.Instant
	word word
	kind string // the type word, folded
	legs []leg  // those that are not empty
	hash string

	price  money.Amount // of one bitcoin
	priced bool
}

// leg is one side of a row. The amount is signed, the fee is not.
type leg struct {
	asset       string
	amount, fee money.Amount
	column      string // of the amount
}

// record reads a row, or says what is wrong with it.
func (c columns) record(r statement.Row, col *statement.Collector) (record, *statement.Fault) {
	rec := record{line: r.Line, id: r.Cell(c.id), kind: statement.Fold(r.Cell(c.word))}
	var f *statement.Fault
	if rec.at, f = c.at(r); f != nil {
		return rec, f
	}
	for _, lc := range c.legs {
		l, f := c.leg(lc, r, col)
		if f != nil {
			return rec, f
		}
		if !l.amount.IsZero() || !l.fee.IsZero() {
			rec.legs = append(rec.legs, l)
		}
	}
	price, priced, err := col.Money(numbers, r.Cell(c.price))
	if err != nil {
		return rec, &statement.Fault{Column: c.name(c.price), Reason: err.Error()}
	}
	if tooMuch(price) {
		return rec, &statement.Fault{Column: c.name(c.price), Reason: "price out of range"}
	}
	rec.price, rec.priced = price.Abs(), priced && !price.IsZero()
	if !overLightning(r.Cell(c.destination)) {
		rec.hash = r.Cell(c.hash)
	}
	return rec, nil
}

// at reads the time at which the row was completed, or else begun.
func (c columns) at(r statement.Row) (ledger.Instant, *statement.Fault) {
	text, column := c.done.text(r)
	if text == "" {
		text, column = c.begun.text(r)
	}
	at, err := statement.ParseTime(text, time.UTC, "Jan 2 2006 15:04:05", "2006-01-02 15:04:05", time.RFC3339)
	if err != nil {
		return 0, &statement.Fault{Column: c.name(column), Reason: err.Error()}
	}
	return at, nil
}

func (c columns) leg(lc legColumns, r statement.Row, col *statement.Collector) (leg, *statement.Fault) {
	l := leg{asset: lc.asset, column: c.name(lc.amount)}
	if lc.currency >= 0 {
		l.asset = strings.ToUpper(r.Cell(lc.currency))
	}
	var err error
	if l.amount, _, err = col.Amount(numbers, r.Cell(lc.amount), l.asset); err != nil {
		return l, &statement.Fault{Column: l.column, Reason: err.Error()}
	}
	if l.fee, _, err = col.Amount(numbers, r.Cell(lc.fee), l.asset); err != nil {
		return l, &statement.Fault{Column: c.name(lc.fee), Reason: err.Error()}
	}
	l.fee = l.fee.Abs()
	if tooMuch(l.amount) || tooMuch(l.fee) {
		return l, &statement.Fault{Column: l.column, Reason: "amount out of range"}
	}
	if l.asset == "" && (!l.amount.IsZero() || !l.fee.IsZero()) {
		return l, &statement.Fault{Column: c.name(lc.currency), Reason: "missing: an amount without its currency"}
	}
	return l, nil
}

// tooMuch reports a figure that no account can hold, so that sums and products
// stay within 38 digits.
func tooMuch(a money.Amount) bool { return a.Abs().Cmp(money.FromInt(1_000_000_000_000)) > 0 }

// overLightning reports whether a payment went over Lightning: its hash is
// that of a payment, which no chain knows.
func overLightning(destination string) bool {
	d := strings.ToLower(destination)
	return strings.HasPrefix(d, "ln") || strings.Contains(d, "@")
}

// sides returns the bitcoin of a record, the money, and how many currencies of
// money there are.
func (r *record) sides() (btc, cash leg, currencies int) {
	for _, x := range r.legs {
		if x.asset == bitcoin {
			btc = x
			continue
		}
		cash = x
		currencies++
	}
	return btc, cash, currencies
}

func unknown(column, what, cell string) *statement.Fault {
	return &statement.Fault{Column: column, Reason: fmt.Sprintf("unknown %s %q", what, cell)}
}
