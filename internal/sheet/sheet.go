// Package sheet turns the bytes of a file that somebody else made into tables
// of text cells with line numbers. It is the only place that reads CSV, XLSX,
// zip and gzip.
//
// Open looks at content, never at a name or its ending: plain text, gzip, zip
// (each member is a File) and XLSX (each filled worksheet is a File). Text in
// UTF-8, UTF-16 and Windows-1252 comes out as UTF-8. Nothing is guessed about
// the meaning of a cell: a number stays the text that was written.
//
// Reading is strict. A row that breaks the rules of quoting comes back as an
// *Error that names its line and column, and reading goes on behind it, so that
// one broken row costs no other. All limits hold while reading, not after it:
// memory stays within a few times Limits.Row, whatever the file claims or holds.
package sheet

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Row is one record. Line is the 1-based physical line on which it starts; in
// a worksheet it is the row's own number. The slice Cells belongs to the reader
// and is used again by its next call; the strings in it stay valid for ever, but
// each keeps the block of the file alive from which it was cut.
type Row struct {
	Line  int
	Cells []string
}

// RowReader gives the rows of one table in their order.
type RowReader interface {
	// Read gives the next row, io.EOF behind the last one, or an *Error. If the
	// error's Row is true, one row is spoiled and the next call goes on behind it.
	// Lines that hold nothing at all are no rows and are passed over.
	Read() (Row, error)

	// Raw gives the text of the row or of the spoiled row that Read returned last,
	// as it stands in the file, cut at 2,000 bytes. A worksheet has no such text:
	// its cells are joined by tabs.
	Raw() string
}

// rowSource is the form in which Batches takes rows: it fills cells into dst,
// which must have room for one cell more than Limits.Columns.
type rowSource interface {
	RowReader
	next(dst []string) (Row, error)
	rawText() string
}

// Limits bounds what a reader accepts. A field that is 0 means the value of
// DefaultLimits.
type Limits struct {
	Cell    int   // bytes in one cell, as written
	Row     int   // bytes in one row
	Columns int   // cells in one row
	Rows    int   // rows in one table
	Total   int64 // bytes of one table after unpacking
	Members int   // files in one archive
}

// DefaultLimits gives the limits that hold unless a caller asks for others:
// 1 MiB a cell, 16 MiB a row, 1,000 columns, 20,000,000 rows, 4 GiB in all, 200
// members in an archive.
func DefaultLimits() Limits {
	return Limits{
		Cell:    1 << 20,
		Row:     16 << 20,
		Columns: 1000,
		Rows:    20_000_000,
		Total:   4 << 30,
		Members: 200,
	}
}

// orDefault puts the default in place of each field that is not set.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	if l.Cell <= 0 {
		l.Cell = d.Cell
	}
	if l.Row <= 0 {
		l.Row = d.Row
	}
	if l.Columns <= 0 {
		l.Columns = d.Columns
	}
	if l.Rows <= 0 {
		l.Rows = d.Rows
	}
	if l.Total <= 0 {
		l.Total = d.Total
	}
	if l.Members <= 0 {
		l.Members = d.Members
	}
	return l
}

// Delimiters gives the bytes that separate cells in the files we know, the
// most likely first. A caller tries each on the first lines of a file.
func Delimiters() []byte { return []byte{',', ';', '\t'} }

// Error says what is wrong and where. Line and Column are 1-based and 0 where
// they have no meaning; Column counts cells. Row is true if one row is spoiled
// and reading can go on; otherwise the table, or the whole file, ends here.
type Error struct {
	Line, Column int
	Reason       string
	Row          bool
	err          error
}

// Error gives the place, as far as it is known, and the reason.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		b.WriteString("line " + strconv.Itoa(e.Line))
		if e.Column > 0 {
			b.WriteString(", column " + strconv.Itoa(e.Column))
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Reason)
	return b.String()
}

// Unwrap gives the error underneath, if there is one.
func (e *Error) Unwrap() error { return e.err }

// refuse makes the error of a file or table that cannot be used further; err
// may be nil.
func refuse(reason string, err error) *Error { return &Error{Reason: reason, err: err} }

// because is refuse with the text of err behind the reason.
func because(reason string, err error) *Error { return refuse(reason+": "+err.Error(), err) }

// spoiled makes the error of one row or cell; reading goes on behind it.
func spoiled(line, column int, reason string) *Error {
	return &Error{Line: line, Column: column, Reason: reason, Row: true}
}

// rawLimit is the number of bytes of a row that are kept for showing it.
const rawLimit = 2000

// cut shortens raw text for showing, at the border of a character, and makes
// it valid UTF-8. The answer is a copy, so that it keeps no block of a file alive.
func cut(raw string) string {
	if len(raw) > rawLimit {
		end := rawLimit
		for end > rawLimit-utf8.UTFMax && !utf8.RuneStart(raw[end]) {
			end--
		}
		raw = raw[:end]
	}
	return strings.Clone(strings.ToValidUTF8(raw, "\uFFFD"))
}
