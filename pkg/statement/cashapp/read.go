package cashapp

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// read looks at all rows before it makes events: whether the zone letters
// follow the season, and which ids name one row only, the whole file says.
func read(in *statement.Input, c *statement.Collector) error {
	f := &file{cols: find(in.Header), zone: in.Zone, out: c, named: make(map[string]string), several: make(map[string]bool), seasonal: true}
	rows := in.All()
	summerLetters := false
	for _, r := range rows {
		f.name(r)
		if m, err := parse(r.Cell(f.cols.date)); err == nil {
			f.seasonal = f.seasonal && m.agrees()
			summerLetters = summerLetters || m.clock.letter == 'D'
		}
	}
	f.seasonal = f.seasonal && summerLetters
	for _, r := range rows {
		f.row(r)
	}
	return nil
}

// file is one file on its way to events.
type file struct {
	cols     columns
	zone     *time.Location
	out      *statement.Collector
	named    map[string]string // the first row of each id
	several  map[string]bool   // ids whose rows differ: they are no identity
	seasonal bool              // the zone letters follow the season
}

// name notes what an id names: a refund has the id of the payment that it
// takes back.
func (f *file) name(r statement.Row) {
	id, text := r.Cell(f.cols.id), strings.Join(r.Cells, "\x00")
	if first, ok := f.named[id]; ok && first != text {
		f.several[id] = true
	} else if !ok {
		f.named[id] = text
	}
}

// row gives a row its outcome.
func (f *file) row(r statement.Row) {
	w, known := words[statement.Fold(r.Cell(f.cols.word))]
	status, statusKnown := statuses[statement.Fold(r.Cell(f.cols.status))]
	switch {
	case !known:
		f.out.Hold(r.Line, f.header(f.cols.word), fmt.Sprintf("unknown type %q", r.Cell(f.cols.word)))
		return
	case w.Class == statement.ClassIgnore, w.Class == statement.ClassInternal:
		f.out.Ignore(r.Line, w.Why)
		return
	case !statusKnown:
		f.out.Hold(r.Line, f.header(f.cols.status), fmt.Sprintf("unknown status %q", r.Cell(f.cols.status)))
		return
	case status == undone:
		f.out.Ignore(r.Line, "status: "+statement.Fold(r.Cell(f.cols.status)))
		return
	}
	rec, fault := f.record(r)
	if fault == nil {
		var e statement.Entry
		if e, fault = f.entry(rec, w, status); fault == nil {
			if id := r.Cell(f.cols.id); id != "" && !f.several[id] {
				e.ID = id
			}
			f.out.Add(&e, r.Line)
			return
		}
	}
	f.out.Hold(r.Line, fault.Column, fault.Reason)
}

// record is a row as it stands, with signs.
type record struct {
	at               ledger.Instant
	amount, fee, net money.Amount
	hasNet           bool
	currency         string
	units            statement.Quantity // of a crypto-asset; not set for rows about money
}

func (f *file) record(r statement.Row) (record, *statement.Fault) {
	rec := record{currency: strings.ToUpper(r.Cell(f.cols.currency))}
	var err error
	if rec.at, err = f.at(r.Cell(f.cols.date)); err != nil {
		return rec, f.fault(f.cols.date, err.Error())
	}
	for _, x := range [...]struct {
		column int
		into   *money.Amount
		set    *bool
	}{{f.cols.amount, &rec.amount, nil}, {f.cols.fee, &rec.fee, nil}, {f.cols.net, &rec.net, &rec.hasNet}} {
		a, set, err := f.figure(r.Cell(x.column), rec.currency)
		if err != nil {
			return rec, f.fault(x.column, err.Error())
		}
		if *x.into = a; x.set != nil {
			*x.set = set
		}
	}
	if rec.currency == "" && (!rec.amount.IsZero() || !rec.fee.IsZero()) {
		return rec, f.fault(f.cols.currency, "missing: an amount without its currency")
	}
	asset := strings.ToUpper(r.Cell(f.cols.asset))
	if asset == "" || money.IsFiat(asset) {
		return rec, nil
	}
	a, _, err := f.figure(r.Cell(f.cols.units), asset)
	if err != nil {
		return rec, f.fault(f.cols.units, err.Error())
	}
	rec.units = statement.Quantity{Amount: a.Abs(), Asset: asset}
	return rec, nil
}

// at reads a time with its zone letters, or else as UTC or the user's zone.
func (f *file) at(cell string) (ledger.Instant, error) {
	m, err := parse(cell)
	if err == nil {
		return f.instant(m)
	}
	if errors.Is(err, statement.ErrTime) || errors.Is(err, statement.ErrNoZone) {
		return statement.ParseTime(cell, f.zone, time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04")
	}
	return 0, err
}

var (
	errFigure = errors.New("not a figure: digits, a sign, a dollar sign and brackets only")
	errRange  = errors.New("amount out of range")
)

// figure reads -$2,455.00, ($5.00), 0.00000464 or 0.00000464 BTC.
func (f *file) figure(cell, asset string) (money.Amount, bool, error) {
	plain := strings.TrimSpace(strings.TrimSuffix(cell, asset))
	if strings.Trim(plain, "0123456789.,-−$()") != "" || strings.Trim(plain, "−-$()") == "" && plain != "" && plain != "-" {
		return money.Amount{}, false, errFigure
	}
	numbers := statement.Numbers{Thousands: true, Dressed: true, Dash: true}
	a, set, err := f.out.Amount(numbers, plain, asset)
	if err == nil && a.Abs().Cmp(money.FromInt(1_000_000_000_000)) > 0 {
		return a, set, errRange // so that sums stay within 38 digits
	}
	return a, set, err
}

func (f *file) header(column int) string {
	if column < 0 || column >= len(f.cols.names) {
		return ""
	}
	return f.cols.names[column]
}

func (f *file) fault(column int, reason string) *statement.Fault {
	return &statement.Fault{Column: f.header(column), Reason: reason}
}
