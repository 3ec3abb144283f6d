package tax

import (
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Form is one form of one tax year as a table, or as plain lines. The
// country's package says what stands in it; package report writes it.
type Form struct {
	Name   string   // "8949", "sa108", …
	Ext    string   // "csv" or "txf"
	Header []string // nil for plain lines
	Style  Style
	// Rows writes all rows, top to bottom. It is called once or more.
	Rows func(w RowWriter)
}

// Style is the way in which a form's file writes its cells.
type Style struct {
	Semicolon    bool // fields are separated by ; instead of ,
	DecimalComma bool
	CRLF         bool
	Plain        bool // each cell is a line of its own, without quotes (TXF)
}

// RowWriter takes the cells of a form, row by row.
type RowWriter interface {
	// Text writes a cell of text, guarded against spreadsheet formulas.
	Text(s string)
	// Bytes is Text for text in a buffer that is used again.
	Bytes(b []byte)
	// ID writes the id of an event or disposal.
	ID(id ledger.ID)
	// Money writes an amount with exactly places decimals; round before.
	Money(a money.Amount, places int)
	// Units writes an amount with as many decimals as it needs.
	Units(a money.Amount)
	// Date writes a date by a layout; an empty cell for no date.
	Date(d ledger.Date, layout DateLayout)
	// End ends the row.
	End()
}

// DateLayout is the way a form writes dates.
type DateLayout uint8

// The layouts.
const (
	ISODate DateLayout = iota // 2006-01-02
	USDate                    // 01/02/2006
	DEDate                    // 02.01.2006
	UKDate                    // 02/01/2006
)
