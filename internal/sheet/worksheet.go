package sheet

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// lastRow is the highest number a row of a worksheet may have.
const lastRow = 1 << 20

// sheetReader gives the rows of a worksheet. A row is filled up to the width of
// the widest row before it, as a program does that saves it as CSV; empty cells
// behind that are left out, and so are rows without content.
type sheetReader struct {
	sheet *worksheet
	lim   Limits
	part  *part
	line  int // the last row
	width int
	rows  int
	cells []string
	last  []string // cells of the last row, for Raw
	err   error
}

// rows gives a reader of the worksheet from its start.
func (w *worksheet) rows(lim Limits) *sheetReader { return &sheetReader{sheet: w, lim: lim} }

// filled says whether the worksheet has a row, be it a spoiled one.
func (w *worksheet) filled(lim Limits) (bool, error) {
	_, err := w.rows(lim).Read()
	var e *Error
	switch {
	case errors.Is(err, io.EOF):
		return false, nil
	case errors.As(err, &e) && e.Row:
		return true, nil
	}
	return err == nil, err
}

// Read implements RowReader.
func (r *sheetReader) Read() (Row, error) {
	if r.cells == nil {
		r.cells = make([]string, r.lim.Columns+1)
	}
	return r.next(r.cells)
}

// Raw implements RowReader.
func (r *sheetReader) Raw() string { return cut(strings.Join(r.last, "\t")) }

func (r *sheetReader) rawText() string { return "" }

// next reads one row into dst.
func (r *sheetReader) next(dst []string) (Row, error) {
	dst = dst[:r.lim.Columns]
	for r.err == nil {
		var e xml.StartElement
		if e, r.err = r.open("row", "sheetData"); r.err != nil {
			break
		}
		clear(dst)
		k, err := r.row(e, dst)
		switch {
		case err == nil && k == 0:
			continue
		case err == nil:
			k = max(k, r.width)
			r.width = k
		}
		r.last = dst[:k]
		if r.rows++; r.rows > r.lim.Rows {
			err = &Error{Line: r.line, Reason: fmt.Sprintf("the worksheet has more than %d rows; split it", r.lim.Rows)}
		}
		var fault *Error
		if err != nil && (!errors.As(err, &fault) || !fault.Row) {
			r.err = err
			break
		}
		return Row{r.line, dst[:k:k]}, err
	}
	return Row{}, r.located(r.err)
}

// located puts the row that was read last into an error of the whole sheet.
func (r *sheetReader) located(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Line == 0 && r.line > 0 {
		return &Error{Line: r.line, Reason: e.Reason, err: e}
	}
	return err
}

// open gives the next tag of that name, or io.EOF when the tag around them ends.
func (r *sheetReader) open(name, around string) (xml.StartElement, error) {
	if r.part == nil {
		p, err := r.sheet.book.part(r.sheet.part)
		if err != nil {
			return xml.StartElement{}, err
		}
		r.part = p
	}
	for {
		t, err := r.part.next()
		if errors.Is(err, io.EOF) {
			err = refuse(fmt.Sprintf("%q ends too early; save the file again", printable(r.part.name)), nil)
		}
		if err != nil {
			return xml.StartElement{}, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if t.Name.Local == name {
				return t, nil
			}
		case xml.EndElement:
			if t.Name.Local == around {
				return xml.StartElement{}, io.EOF
			}
		}
	}
}

// row reads the cells of a row up to its end and gives the number of cells up to
// the last that is not empty. A fault does not stop it before the end of the row.
func (r *sheetReader) row(e xml.StartElement, dst []string) (int, error) {
	fault := r.number(e)
	width, column, size := 0, 0, 0
	for {
		c, err := r.open("c", "row")
		if errors.Is(err, io.EOF) {
			return width, fault
		}
		if err != nil {
			return 0, err
		}
		column++
		if ref := attr(c, "r"); ref != "" {
			if at := columnOf(ref); at >= column {
				column = at
			} else {
				fault = first(fault, spoiled(r.line, column, "the cells of the row are out of order; save the file again"))
			}
		}
		value, err := r.cell(c)
		var bad *Error
		switch {
		case err != nil && errors.As(err, &bad) && bad.Row:
			fault = first(fault, spoiled(r.line, column, bad.Reason))
		case err != nil:
			return 0, err
		}
		size += len(value)
		switch {
		case value == "":
		case column > r.lim.Columns:
			fault = first(fault, spoiled(r.line, column, fmt.Sprintf("the row has more than %d columns", r.lim.Columns)))
		case len(value) > r.lim.Cell:
			fault = first(fault, spoiled(r.line, column, fmt.Sprintf("the cell is longer than %d bytes", r.lim.Cell)))
		case size > r.lim.Row:
			fault = first(fault, spoiled(r.line, 0, fmt.Sprintf("the row is longer than %d bytes", r.lim.Row)))
		default:
			dst[column-1] = value
			width = max(width, column)
		}
	}
}

// first gives the fault that came first; a nil *Error must not become an error.
func first(was error, now *Error) error {
	if was != nil {
		return was
	}
	return now
}

// number moves to the row's number.
func (r *sheetReader) number(e xml.StartElement) error {
	line := r.line + 1
	if ref := attr(e, "r"); ref != "" {
		n, err := strconv.Atoi(ref)
		if err != nil || n < line || n > lastRow {
			r.line = line
			return spoiled(line, 0, "the number of the row is wrong; save the file again")
		}
		line = n
	}
	if r.line = line; line > lastRow {
		return spoiled(line, 0, fmt.Sprintf("the worksheet has more than %d rows", lastRow))
	}
	return nil
}

// cell gives the text of the cell that has just opened.
func (r *sheetReader) cell(c xml.StartElement) (string, error) {
	kind := attr(c, "t")
	if kind == "inlineStr" {
		return r.part.inner("c")
	}
	value, formula, stored, err := r.value()
	if err != nil {
		return "", err
	}
	switch kind {
	case "s":
		if !stored {
			return "", nil
		}
		return r.sheet.book.text(strings.TrimSpace(value))
	case "str":
		value = unescape(value)
	case "b":
		value = truth(value)
	case "", "n":
		value = r.sheet.book.number(value, attr(c, "s"))
	}
	if formula && !stored {
		return "", spoiled(0, 0, "the cell has a formula without its result; open the file in a spreadsheet program and save it")
	}
	return value, nil
}

// truth gives the word for a stored truth value, as a CSV file would have it.
func truth(value string) string {
	switch value {
	case "1":
		return "TRUE"
	case "0":
		return "FALSE"
	}
	return value
}

// value reads up to the end of a cell and gives what is in v, and whether there
// are a formula and a value.
func (r *sheetReader) value() (value string, formula, stored bool, err error) {
	var b strings.Builder
	within := ""
	for {
		t, err := r.part.next()
		if errors.Is(err, io.EOF) {
			err = refuse(fmt.Sprintf("%q ends too early; save the file again", printable(r.part.name)), nil)
		}
		if err != nil {
			return "", false, false, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			within = t.Name.Local
			formula = formula || within == "f"
			stored = stored || within == "v"
		case xml.EndElement:
			if within = ""; t.Name.Local == "c" {
				return b.String(), formula, stored, nil
			}
		case xml.CharData:
			if within == "v" {
				b.Write(t)
			}
			if b.Len() > tokenLimit {
				return "", false, false, refuse("a cell of the worksheet is too long; save it as CSV", nil)
			}
		}
	}
}

// number gives the text of a number as it is stored, or as a date or time if
// its style shows one.
func (b *workbook) number(value, style string) string {
	if style == "" || value == "" {
		return value
	}
	i, err := strconv.Atoi(style)
	if err != nil || i < 0 || i >= len(b.dates) || b.dates[i] == notDate {
		return value
	}
	if s, ok := dayText(value, b.dates[i], b.since04); ok {
		return s
	}
	return value
}

// columnOf gives the column of a reference such as AB12, or 0.
func columnOf(ref string) int {
	column := 0
	for i, c := range ref {
		switch {
		case c >= 'A' && c <= 'Z' && column <= 1<<20:
			column = column*26 + int(c-'A') + 1
		case i > 0 && c >= '0' && c <= '9':
			return column
		default:
			return 0
		}
	}
	return 0
}

// sheetText gives a worksheet as CSV with commas. Rows that are spoiled are left
// out.
type sheetText struct {
	rows *sheetReader
	left string
	err  error
}

// Read implements io.Reader.
func (s *sheetText) Read(p []byte) (int, error) {
	for s.left == "" && s.err == nil {
		row, err := s.rows.Read()
		var e *Error
		switch {
		case err == nil:
			s.left = csvLine(row.Cells)
		case !errors.As(err, &e) || !e.Row:
			s.err = err
		}
	}
	if s.left == "" {
		return 0, s.err
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}

// csvLine gives cells as one line of CSV with commas.
func csvLine(cells []string) string {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		if len(cells) == 1 || strings.ContainsAny(cell, "\",\r\n") {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		b.WriteString(cell)
	}
	b.WriteByte('\n')
	return b.String()
}
