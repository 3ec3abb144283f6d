package cointracking

import (
	"fmt"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// read looks at all dates and figures first: how they are written is a setting
// of the user that one cell alone may not show.
func read(in *statement.Input, c *statement.Collector) error {
	f := &file{cols: find(in.Header), in: in, out: c}
	rows := in.All()
	for _, r := range rows {
		f.dates.look(r.Cell(f.cols.date))
		for _, s := range [...]side{f.cols.buy, f.cols.sell, f.cols.fee} {
			f.style.Look(r.Cell(s.amount))
			f.style.Look(r.Cell(s.value))
		}
	}
	for _, r := range rows {
		f.row(r)
	}
	return nil
}

// file is one file on its way to events.
type file struct {
	cols  columns
	in    *statement.Input
	out   *statement.Collector
	dates dates
	style statement.Style
}

// row gives a row its outcome.
func (f *file) row(r statement.Row) {
	w, known := meaning(r.Cell(f.cols.kind))
	if !known {
		f.out.Hold(r.Line, f.name(f.cols.kind), fmt.Sprintf("unknown type %q", r.Cell(f.cols.kind)))
		return
	}
	rec, fault := f.record(r)
	if fault == nil {
		var e statement.Entry
		if e, fault = f.entry(rec, w); fault == nil {
			f.out.Add(&e, r.Line)
			return
		}
	}
	f.out.Hold(r.Line, fault.Column, fault.Reason)
}

// record is a row as it stands: what left and what arrived, fees included.
type record struct {
	at                  ledger.Instant
	dateOnly            bool
	account, hash       string
	buy, sell, fee      statement.Quantity
	buyValue, sellValue statement.Quantity
}

func (f *file) record(r statement.Row) (record, *statement.Fault) {
	rec := record{account: r.Cell(f.cols.exchange)}
	if rec.account == "-" {
		rec.account = ""
	}
	if hash := r.Cell(f.cols.hash); len(hash) >= 40 && !strings.Contains(hash, " ") {
		rec.hash = hash // shorter ones are numbers of an exchange
	}
	var err error
	if rec.at, rec.dateOnly, err = f.at(r.Cell(f.cols.date)); err != nil {
		return rec, f.fault(f.cols.date, err.Error())
	}
	for _, x := range [...]struct {
		from        side
		into, value *statement.Quantity
	}{{f.cols.buy, &rec.buy, &rec.buyValue}, {f.cols.sell, &rec.sell, &rec.sellValue}, {f.cols.fee, &rec.fee, nil}} {
		var fault *statement.Fault
		if *x.into, fault = f.quantity(r, x.from.amount, x.from.currency, ""); fault != nil {
			return rec, fault
		}
		if x.value == nil || !x.into.Set() {
			continue
		}
		if *x.value, fault = f.quantity(r, x.from.value, -1, x.from.fiat); fault != nil {
			return rec, fault
		}
	}
	return rec, nil
}

// quantity reads an amount; an amount of 0 is none.
func (f *file) quantity(r statement.Row, amount, currency int, asset string) (statement.Quantity, *statement.Fault) {
	cell := r.Cell(amount)
	if currency >= 0 {
		if asset = r.Cell(currency); asset == "-" {
			asset = ""
		}
	}
	numbers, err := f.style.Numbers(cell, statement.Numbers{Exponent: true, Dash: true})
	if err != nil {
		return statement.Quantity{}, f.fault(amount, err.Error())
	}
	a, _, err := f.out.Amount(numbers, cell, asset)
	switch {
	case err != nil:
		return statement.Quantity{}, f.fault(amount, err.Error())
	case a.IsZero():
		return statement.Quantity{}, nil
	case a.Sign() < 0:
		return statement.Quantity{}, f.fault(amount, "amount is negative; the direction follows from the column")
	case a.Cmp(money.FromInt(1_000_000_000_000_000_000)) > 0:
		return statement.Quantity{}, f.fault(amount, "amount out of range") // so that sums stay within 38 digits
	case asset == "":
		return statement.Quantity{}, f.fault(currency, "missing: an amount without its currency")
	}
	return statement.Quantity{Amount: a, Asset: asset}, nil
}

func (f *file) name(column int) string {
	if column < 0 || column >= len(f.cols.names) {
		return ""
	}
	return f.cols.names[column]
}

func (f *file) fault(column int, reason string) *statement.Fault {
	return &statement.Fault{Column: f.name(column), Reason: reason}
}
