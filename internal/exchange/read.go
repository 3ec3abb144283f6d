package exchange

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Sort brings the records of a connection into the order in which Events
// counts them: by time, then by stream and id. A record that was fetched more
// than once stands once. Records of equal name are equal, or the caller keeps
// the one that counts.
func Sort(records []Record) []Record {
	slices.SortStableFunc(records, func(a, b Record) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Stream, b.Stream), compareIDs(a.ID, b.ID))
	})
	return slices.CompactFunc(records, func(a, b Record) bool { return a.Stream == b.Stream && a.ID == b.ID })
}

// IDs are the names of records, in their order.
func IDs(records []Record) []string {
	ids := make([]string, len(records))
	for i := range records {
		ids[i] = records[i].ID
	}
	return ids
}

// compareIDs orders numbers by their size and other names as texts.
func compareIDs(a, b string) int {
	if digits(a) && digits(b) {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}
	return cmp.Compare(a, b)
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// Read makes events of the records of one connection, which Sort has put in
// order, and gives each record its outcome: record i is line i+1.
func Read(x *Exchange, c *statement.Collector, records []Record) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, over := r.(money.Overflow); !over {
				panic(r) // invariant: reading records panics with Overflow alone
			}
			err = fmt.Errorf("records of %s: %w", x.Name, statement.ErrTooLarge)
		}
	}()
	c.Given(len(records))
	if err := x.Events(c, records); err != nil {
		return err
	}
	return c.Check()
}

// Rows hands records to a format of a statement, for exchanges whose files and
// calls say the same: then both make the same events of it.
func Rows(c *statement.Collector, formats []statement.Format, name string, header []string, rows []statement.Row) error {
	i := slices.IndexFunc(formats, func(f statement.Format) bool { return f.Name == name })
	if i < 0 {
		return errors.New("no format " + name)
	}
	in := &statement.Input{
		Header: statement.NewHeader(statement.Row{Cells: header}), Rows: slices.Values(rows), Zone: time.UTC, Tax: c.Tax,
	}
	return formats[i].Read(in, c)
}

// Words makes entries of the records of a stream one by one: what all readers
// of records need.
type Words struct {
	C    *statement.Collector
	Line int
	F    Fields
}

// Amount reads a number of an asset. A missing one is 0.
func (w *Words) Amount(name, asset string) (money.Amount, *statement.Fault) {
	a, _, err := w.C.Amount(numbers, w.F.Text(name), asset)
	if err != nil {
		return money.Amount{}, &statement.Fault{Column: name, Reason: err.Error()}
	}
	return a, nil
}

// Quantity reads a number and its asset; a number of 0 is none.
func (w *Words) Quantity(name, asset string) (statement.Quantity, *statement.Fault) {
	a, fault := w.Amount(name, asset)
	if fault != nil || a.IsZero() {
		return statement.Quantity{}, fault
	}
	if asset == "" {
		return statement.Quantity{}, &statement.Fault{Column: name, Reason: "an amount without an asset"}
	}
	return statement.Quantity{Amount: a, Asset: asset}, nil
}

// Hold holds the record for a reason.
func (w *Words) Hold(f *statement.Fault) { w.C.Hold(w.Line, f.Column, f.Reason) }

// Each opens the records one by one and calls read for those of the streams
// that it knows; others are held.
func Each(c *statement.Collector, records []Record, read map[string]func(*Words, *Record) *statement.Fault) {
	for i := range records {
		r := &records[i]
		f, err := ParseFields(r.Raw)
		w := &Words{C: c, Line: i + 1, F: f}
		fn := read[r.Stream]
		switch {
		case err != nil:
			w.Hold(&statement.Fault{Column: "record", Reason: err.Error()})
		case fn == nil:
			w.Hold(&statement.Fault{Column: "stream", Reason: "unknown stream"})
		default:
			if fault := fn(w, r); fault != nil {
				w.Hold(fault)
			}
		}
	}
}

// Instant is the time of a record as the ledger has it.
func (r *Record) Instant() ledger.Instant { return ledger.InstantOf(r.Time) }

// SetTx notes the transaction on the chain that an event is.
func SetTx(e *ledger.Event, tx string) {
	if e.More == nil {
		e.More = &ledger.More{}
	}
	e.More.TxHash = tx
}
