package sparrow

import (
	"errors"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// read looks at all rows first: the unit and the decimal sign are settings of
// the user that one row alone may not show.
func read(in *statement.Input, c *statement.Collector) error {
	rows := in.All()
	f := &file{cols: find(in.Header), out: c, zone: in.Zone}
	f.settle(rows)
	for _, r := range rows {
		f.row(r)
	}
	return nil
}

// file is one file on its way to events.
type file struct {
	cols    columns
	out     *statement.Collector
	zone    *time.Location
	numbers statement.Numbers
}

// settle finds out the unit and the decimal sign. An amount in bitcoin always
// has eight decimals and one in money two, an amount in satoshi has none.
func (f *file) settle(rows []statement.Row) {
	point, comma, decimals := false, false, false
	for _, r := range rows {
		for _, i := range [...]int{f.cols.value, f.cols.balance, f.cols.fee, f.cols.fiat} {
			cell := r.Cell(i)
			at := strings.LastIndexAny(cell, ".,")
			if at < 0 || len(cell)-at-1 == 3 {
				continue // three digits may be a group
			}
			point, comma = point || cell[at] == '.', comma || cell[at] == ','
			decimals = decimals || i != f.cols.fiat
		}
	}
	if f.cols.unit == unsaid {
		if f.cols.unit = satoshi; decimals {
			f.cols.unit = coins
		}
	}
	f.numbers = statement.Numbers{Thousands: true}
	if comma && !point {
		f.numbers = statement.Numbers{DecimalComma: true}
	}
}

// row gives a row its outcome.
func (f *file) row(r statement.Row) {
	date := r.Cell(f.cols.date)
	switch {
	case strings.HasPrefix(r.Cell(0), "#"):
		f.out.Skip() // "# Historical EUR values are taken from daily rates …"
		return
	case statement.Fold(date) == "unconfirmed":
		f.out.Ignore(r.Line, "unconfirmed")
		return
	}
	e, fault := f.entry(r)
	if fault != nil {
		f.out.Hold(r.Line, fault.Column, fault.Reason)
		return
	}
	if !e.Sent.Set() && !e.Received.Set() {
		f.out.Ignore(r.Line, "the balance did not change")
		return
	}
	f.out.Add(&e, r.Line)
}

var (
	errSatoshi = errors.New("a fraction of a satoshi")
	errSupply  = errors.New("more bitcoin than there will ever be: is the unit right?")
)

// amount reads an amount in the unit of the file as bitcoin.
func (f *file) amount(r statement.Row, column int) (money.Amount, bool, *statement.Fault) {
	a, set, err := f.numbers.Units(r.Cell(column))
	switch {
	case err != nil:
	case f.cols.unit == satoshi && a.Decimals() > 0, a.Decimals() > 8:
		err = errSatoshi
	case a.Abs().Cmp(money.FromInt(2_100_000_000_000_000)) > 0:
		err = errSupply
	default:
		if f.cols.unit == satoshi {
			a = a.Mul(money.MustParse("0.00000001"))
		}
		if a.Abs().Cmp(money.FromInt(21_000_000)) > 0 {
			err = errSupply
		}
	}
	if err != nil {
		return a, set, f.fault(column, err.Error())
	}
	return a, set, nil
}

// entry makes an entry of a row; neither side is set if nothing changed.
func (f *file) entry(r statement.Row) (statement.Entry, *statement.Fault) {
	e := statement.Entry{TxHash: r.Cell(f.cols.hash)}
	var fault *statement.Fault
	if e.At, fault = f.at(r.Cell(f.cols.date)); fault != nil {
		return e, fault
	}
	value, set, fault := f.amount(r, f.cols.value)
	if fault == nil && !set {
		fault = f.fault(f.cols.value, "missing")
	}
	if fault != nil {
		return e, fault
	}
	fee, _, fault := f.amount(r, f.cols.fee)
	if fault != nil {
		return e, fault
	}
	fiat, _, err := f.out.Money(f.numbers, r.Cell(f.cols.fiat))
	if err != nil {
		return e, f.fault(f.cols.fiat, err.Error())
	}
	if fault := f.sides(&e, value, fee); fault != nil {
		return e, fault
	}
	if e.TxHash != "" {
		e.ID = e.TxHash + "/" + value.String()
	}
	f.worth(&e, value.Abs(), fiat)
	return e, nil
}

// sides sets what moved: the value includes the fee.
func (f *file) sides(e *statement.Entry, value, fee money.Amount) *statement.Fault {
	moved := value.Abs().Sub(fee)
	switch {
	case fee.Sign() < 0:
		return f.fault(f.cols.fee, "the fee is negative")
	case value.Sign() >= 0 && !fee.IsZero():
		return f.fault(f.cols.fee, "a fee on what arrived: the wallet pays fees only for what it sends")
	case value.Sign() > 0:
		e.Type, e.Received = statement.Deposit, quantity(value)
	case value.IsZero():
	case moved.Sign() < 0:
		return f.fault(f.cols.fee, "the fee is more than what left: somebody else paid a part of it; say what was sent")
	case moved.IsZero(): // to itself
		e.Type, e.Sent = statement.Fee, quantity(fee)
	default:
		e.Type, e.Sent = statement.Withdrawal, quantity(moved)
		if !fee.IsZero() {
			e.Fee = quantity(fee)
		}
	}
	return nil
}

func quantity(a money.Amount) statement.Quantity {
	return statement.Quantity{Amount: a, Asset: bitcoin}
}

// worth shares the value in money between what was sent and the fee. A value
// below half a cent shows as 0 and is none.
func (f *file) worth(e *statement.Entry, total, fiat money.Amount) {
	if fiat = fiat.Abs(); fiat.IsZero() || total.IsZero() {
		return
	}
	e.Value = statement.Quantity{Amount: fiat, Asset: f.cols.currency}
	if e.Fee.Set() {
		e.Value.Amount = fiat.Share(e.Sent.Amount, total).Round(statement.MaxDecimals, money.HalfEven)
		e.FeeValue = statement.Quantity{Amount: fiat.Sub(e.Value.Amount), Asset: f.cols.currency}
	}
}

// at reads a time: since 1.8.6 in UTC, before in the zone of the machine that
// wrote it; before 1.7.2 without seconds.
func (f *file) at(cell string) (ledger.Instant, *statement.Fault) {
	zone := f.zone
	if f.cols.utc {
		zone = time.UTC
	}
	at, err := statement.ParseTime(cell, zone, "2006-01-02 15:04:05", "2006-01-02 15:04")
	if err != nil {
		return 0, f.fault(f.cols.date, err.Error())
	}
	return at, nil
}

func (f *file) fault(column int, reason string) *statement.Fault {
	name := ""
	if column >= 0 && column < len(f.cols.names) {
		name = f.cols.names[column]
	}
	return &statement.Fault{Column: name, Reason: reason}
}
