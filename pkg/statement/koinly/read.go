package koinly

import (
	"fmt"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// read looks at all figures first: a file has one decimal sign, and one cell
// alone may not show it.
func read(in *statement.Input, c *statement.Collector, cols columns) error {
	f := &file{cols: cols, in: in, out: c}
	rows := in.All()
	for _, r := range rows {
		for _, p := range f.pairs() {
			f.style.Look(r.Cell(p.amount))
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
	style statement.Style
}

func (f *file) pairs() []pair {
	c := &f.cols
	return []pair{c.sent, c.received, c.fee, c.worth[0], c.worth[1], c.feeWorth[0], c.feeWorth[1]}
}

// row gives a row its outcome.
func (f *file) row(r statement.Row) {
	label := foldLabel(r.Cell(f.cols.label))
	w, known := labels[label]
	kind := statement.Fold(r.Cell(f.cols.kind))
	s, shaped := shapes[kind]
	switch {
	case statement.Fold(r.Cell(f.cols.deleted)) == "true":
		f.out.Ignore(r.Line, "deleted in Koinly")
		return
	case label == ignored:
		f.out.Ignore(r.Line, "label: ignored")
		return
	case f.cols.kind >= 0 && !shaped:
		f.out.Hold(r.Line, f.name(f.cols.kind), fmt.Sprintf("unknown type %q", r.Cell(f.cols.kind)))
		return
	case !known:
		f.out.Hold(r.Line, f.name(f.cols.label), fmt.Sprintf("unknown label %q", r.Cell(f.cols.label)))
		return
	case r.Cell(f.cols.parent) != "":
		f.out.Hold(r.Line, f.name(f.cols.parent), "part of a transaction that stands in another row too: keep one of them")
		return
	}
	rec, fault := f.record(r)
	if fault == nil {
		rec.word, rec.shape = w, s
		var entries []statement.Entry
		if entries, fault = f.entries(rec); fault == nil {
			if len(entries) == 0 {
				f.out.Ignore(r.Line, "moved within one wallet")
			} else {
				f.out.AddAll(entries, r.Line)
			}
			return
		}
	}
	f.out.Hold(r.Line, fault.Column, fault.Reason)
}

// record is a row as it stands.
type record struct {
	id, hash string
	at       ledger.Instant
	dateOnly bool
	word     word
	shape    shape // 0: the layout has no types

	sent, received, fee, worth, feeWorth statement.Quantity
	from, to                             string
}

func (f *file) record(r statement.Row) (record, *statement.Fault) {
	c := &f.cols
	rec := record{id: r.Cell(c.id), hash: r.Cell(c.hash), from: wallet(r.Cell(c.from)), to: wallet(r.Cell(c.to))}
	var fault *statement.Fault
	if rec.at, rec.dateOnly, fault = f.at(r.Cell(c.date)); fault != nil {
		return rec, fault
	}
	for _, x := range [...]struct {
		into *statement.Quantity
		from pair
	}{{&rec.sent, c.sent}, {&rec.received, c.received}, {&rec.fee, c.fee}} {
		if *x.into, fault = f.quantity(r, x.from); fault != nil {
			return rec, fault
		}
	}
	if c.signed {
		rec.received = statement.Quantity{}
		if rec.sent.Amount.Sign() > 0 {
			rec.sent, rec.received = rec.received, rec.sent
		} else {
			rec.sent.Amount = rec.sent.Amount.Neg()
		}
	}
	for _, x := range [...]struct {
		q    statement.Quantity
		from pair
	}{{rec.sent, c.sent}, {rec.received, c.received}, {rec.fee, c.fee}} {
		if x.q.Amount.Sign() < 0 {
			return rec, f.fault(x.from.amount, "amount is negative; the direction follows from the column")
		}
	}
	if rec.worth, fault = f.value(r, c.worth); fault != nil {
		return rec, fault
	}
	rec.feeWorth, fault = f.value(r, c.feeWorth)
	return rec, fault
}

// value reads what the user said something was worth, or else what the tool
// computed, unless it says that it had no rate. A value of 0 is none.
func (f *file) value(r statement.Row, from [2]pair) (statement.Quantity, *statement.Fault) {
	said, fault := f.quantity(r, from[0])
	unrated := statement.Fold(r.Cell(f.cols.unrated)) == "true"
	if fault != nil || said.Set() || unrated {
		return positive(said), fault
	}
	computed, fault := f.quantity(r, from[1])
	return positive(computed), fault
}

func positive(q statement.Quantity) statement.Quantity {
	q.Amount = q.Amount.Abs()
	return q
}

// quantity reads an amount with its currency; an amount of 0 is none.
func (f *file) quantity(r statement.Row, p pair) (statement.Quantity, *statement.Fault) {
	cell := r.Cell(p.amount)
	asset := p.fixed
	if p.currency >= 0 {
		asset, _, _ = strings.Cut(r.Cell(p.currency), ";") // USDC;3054
		asset = strings.TrimSpace(asset)
	}
	numbers, err := f.style.Numbers(cell, statement.Numbers{Exponent: true})
	if err != nil {
		return statement.Quantity{}, f.fault(p.amount, err.Error())
	}
	a, _, err := f.out.Amount(numbers, cell, asset)
	switch {
	case err != nil:
		return statement.Quantity{}, f.fault(p.amount, err.Error())
	case a.IsZero():
		return statement.Quantity{}, nil
	case a.Abs().Cmp(money.FromInt(1_000_000_000_000_000_000)) > 0:
		return statement.Quantity{}, f.fault(p.amount, "amount out of range") // so that sums stay within 38 digits
	case asset == "":
		return statement.Quantity{}, f.fault(p.named(), "missing: an amount without its currency")
	}
	return statement.Quantity{Amount: a, Asset: asset}, nil
}

// named returns the column to name when the currency is missing.
func (p pair) named() int {
	if p.currency < 0 {
		return p.amount
	}
	return p.currency
}

// wallet is a name without the code that bulk edits append: "Kraken;kraken".
func wallet(cell string) string {
	name, _, _ := strings.Cut(cell, ";")
	return strings.TrimSpace(name)
}

// at reads a time, or a date without one.
func (f *file) at(cell string) (ledger.Instant, bool, *statement.Fault) {
	if d, err := ledger.ParseDate(cell); err == nil && f.in.Tax != nil {
		if y, _, _ := d.Civil(); y < 1990 || y > 2200 {
			return 0, true, f.fault(f.cols.date, statement.ErrYearRange.Error())
		}
		return f.in.Tax.Midnight(d), true, nil
	}
	at, err := statement.ParseTime(cell, f.in.Zone, "2006-01-02 15:04:05 UTC", "2006-01-02 15:04 UTC", time.RFC3339,
		"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05")
	if err != nil {
		return 0, false, f.fault(f.cols.date, err.Error())
	}
	return at, false, nil
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
