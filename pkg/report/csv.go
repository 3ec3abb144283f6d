package report

import (
	"io"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// WriteForm writes a form as its style says: as CSV by RFC 4180, or with each
// cell on a line of its own. Text that a spreadsheet would take for a formula
// gets an apostrophe in front; numbers and dates stay as they are.
func WriteForm(w io.Writer, f tax.Form) error {
	if f.Style.Plain {
		p := &lines{out: newOut(w), style: f.Style}
		f.Rows(p)
		return p.close()
	}
	t := newTable(w, f.Style)
	for _, name := range f.Header {
		t.Text(name)
	}
	if len(f.Header) > 0 {
		t.End()
	}
	f.Rows(t)
	return t.close()
}

// table writes rows of cells. It implements [tax.RowWriter].
type table struct {
	out
	style tax.Style
	sep   byte
	cells int // of the row so far
	row   int // where the row starts in buf

	quoted [256]bool // the bytes that need quotes around their cell

	// What the cells of each column were last: most columns repeat themselves.
	words [remembered]string // written as it is
	dates [remembered]dated
}

// remembered is how many columns remember their last cell.
const remembered = 24

// dated is a date as it was written.
type dated struct {
	date   ledger.Date
	layout tax.DateLayout
	n      uint8
	text   [15]byte
}

func newTable(w io.Writer, style tax.Style) *table {
	t := &table{out: newOut(w), style: style, sep: ','}
	if style.Semicolon {
		t.sep = ';'
	}
	for _, c := range [...]byte{t.sep, '"', '\n', '\r'} {
		t.quoted[c] = true
	}
	return t
}

// next begins a cell.
func (t *table) next() {
	if t.cells > 0 {
		t.buf = append(t.buf, t.sep)
	}
	t.cells++
}

// Text implements [tax.RowWriter].
func (t *table) Text(s string) {
	column := t.cells
	if column < remembered && s == t.words[column] {
		t.next()
		t.buf = append(t.buf, s...)
		return
	}
	if from := len(t.buf); writeCell(t, s) && column < remembered && len(t.buf) > from {
		t.words[column] = s
	}
}

// Bytes implements [tax.RowWriter].
func (t *table) Bytes(b []byte) { writeCell(t, b) }

// ID implements [tax.RowWriter].
func (t *table) ID(id ledger.ID) {
	t.next()
	t.buf = id.AppendTo(t.buf)
}

// writeCell writes a cell of text, with quotes only where it needs them. It
// reports whether the text stands there as it is.
func writeCell[T string | []byte](t *table, s T) (bare bool) {
	t.next()
	if t.sep == ',' && harmless(s) {
		t.buf = append(t.buf, s...)
		return true
	}
	guard, quote := active(s), false
	for i := range len(s) {
		if t.quoted[s[i]] {
			quote = true
			break
		}
	}
	if quote {
		t.buf = append(t.buf, '"')
	}
	if guard {
		t.buf = append(t.buf, '\'')
	}
	if !quote {
		t.buf = append(t.buf, s...)
		return !guard
	}
	for i := range len(s) {
		if s[i] == '"' {
			t.buf = append(t.buf, '"')
		}
		t.buf = append(t.buf, s[i])
	}
	t.buf = append(t.buf, '"')
	return false
}

// harmless reports whether a text is letters, digits and marks that need
// neither quotes nor a guard, looking at eight of its bytes at a time. Other
// texts may be harmless too.
func harmless[T string | []byte](s T) bool {
	if len(s) == 0 {
		return true
	}
	if c := s[0]; c < '0' || c > 'z' || c == '=' || c == '@' {
		return false
	}
	i := 0
	for ; i+8 <= len(s); i += 8 {
		x := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		// The high bit of a byte is set where the byte is below '-', the first
		// mark behind the comma. Borrows can only set it too often.
		if (x-0x2d2d2d2d2d2d2d2d)&^x&0x8080808080808080 != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if s[i] < '-' {
			return false
		}
	}
	return true
}

// active reports whether a spreadsheet might run a text as a formula. Blanks
// in front do not hide the sign, and the wide forms of East Asia count too.
func active[T string | []byte](s T) bool {
	for i := range len(s) {
		switch s[i] {
		case ' ':
			continue
		case '=', '+', '-', '@', '\t', '\r', '\n', 0:
			return true
		case 0xef: // U+FF1D, U+FF0B, U+FF0D, U+FF20
			if len(s) < i+3 {
				return false
			}
			return s[i+1] == 0xbc && (s[i+2] == 0x9d || s[i+2] == 0x8b || s[i+2] == 0x8d || s[i+2] == 0xa0)
		}
		return false
	}
	return false
}

// Money implements [tax.RowWriter].
func (t *table) Money(a money.Amount, places int) {
	t.next()
	from := len(t.buf)
	t.buf = a.AppendFixed(t.buf, places)
	t.point(from)
}

// Units implements [tax.RowWriter].
func (t *table) Units(a money.Amount) {
	t.next()
	from := len(t.buf)
	t.buf = a.AppendTo(t.buf)
	t.point(from)
}

// point puts the number that starts at from into the style of the form.
func (t *table) point(from int) {
	if t.style.DecimalComma && comma(t.buf[from:]) && t.sep == ',' {
		t.buf = append(t.buf, '"', '"')
		copy(t.buf[from+1:], t.buf[from:len(t.buf)-2])
		t.buf[from] = '"'
	}
}

// comma turns the decimal point of a number into a comma, and reports whether
// there was one.
func comma(number []byte) bool {
	for i, c := range number {
		if c == '.' {
			number[i] = ','
			return true
		}
	}
	return false
}

// Date implements [tax.RowWriter].
func (t *table) Date(d ledger.Date, layout tax.DateLayout) {
	column := t.cells
	t.next()
	if column >= remembered {
		t.buf = appendDate(t.buf, d, layout)
		return
	}
	last := &t.dates[column]
	if last.date != d || last.layout != layout {
		*last = dated{date: d, layout: layout}
		last.n = uint8(len(appendDate(last.text[:0], d, layout)))
	}
	t.buf = append(t.buf, last.text[:last.n]...)
}

// End implements [tax.RowWriter].
func (t *table) End() {
	if t.cells == 1 && len(t.buf) == t.row {
		t.buf = append(t.buf, '"', '"') // a blank line would be no row
	}
	if t.style.CRLF {
		t.buf = append(t.buf, '\r')
	}
	t.buf = append(t.buf, '\n')
	t.spill()
	t.cells, t.row = 0, len(t.buf)
}

// appendDate appends a date by a layout, nothing for no date.
func appendDate(b []byte, d ledger.Date, layout tax.DateLayout) []byte {
	if d == 0 {
		return b
	}
	if layout == tax.ISODate {
		return d.AppendTo(b)
	}
	y, month, day := d.Civil()
	first, second, sep := day, int(month), byte('/')
	if layout == tax.USDate {
		first, second = second, first
	}
	if layout == tax.DEDate {
		sep = '.'
	}
	return append(b, byte('0'+first/10), byte('0'+first%10), sep, byte('0'+second/10), byte('0'+second%10), sep,
		byte('0'+y/1000%10), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10))
}

// lines writes each cell as a line of its own, without quotes. It implements
// [tax.RowWriter].
type lines struct {
	out
	style tax.Style
}

// Text implements [tax.RowWriter].
func (p *lines) Text(s string) { writeLine(p, s) }

// Bytes implements [tax.RowWriter].
func (p *lines) Bytes(b []byte) { writeLine(p, b) }

// ID implements [tax.RowWriter].
func (p *lines) ID(id ledger.ID) {
	p.buf = id.AppendTo(p.buf)
	p.end()
}

// writeLine writes a line; control characters in it become blanks, so that a
// name cannot begin a line of its own.
func writeLine[T string | []byte](p *lines, s T) {
	from := len(p.buf)
	p.buf = append(p.buf, s...)
	for i, c := range p.buf[from:] {
		if c < ' ' || c == 0x7f {
			p.buf[from+i] = ' '
		}
	}
	p.end()
}

// Money implements [tax.RowWriter].
func (p *lines) Money(a money.Amount, places int) {
	from := len(p.buf)
	p.buf = a.AppendFixed(p.buf, places)
	p.point(from)
}

// Units implements [tax.RowWriter].
func (p *lines) Units(a money.Amount) {
	from := len(p.buf)
	p.buf = a.AppendTo(p.buf)
	p.point(from)
}

func (p *lines) point(from int) {
	if p.style.DecimalComma {
		comma(p.buf[from:])
	}
	p.end()
}

// Date implements [tax.RowWriter].
func (p *lines) Date(d ledger.Date, layout tax.DateLayout) {
	p.buf = appendDate(p.buf, d, layout)
	p.end()
}

// End implements [tax.RowWriter]; rows are no more than their lines.
func (p *lines) End() {}

func (p *lines) end() {
	if p.style.CRLF {
		p.buf = append(p.buf, '\r')
	}
	p.buf = append(p.buf, '\n')
	p.spill()
}
