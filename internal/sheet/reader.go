package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	blockSize = 256 << 10 // bytes read at once
	wordSize  = 8         // bytes that split looks at together
)

// errMore says, inside this package, that a row does not end in the window and
// that the file has more.
var errMore = errors.New("row does not end in the window")

// Reader reads strict CSV from text in UTF-8: RFC 4180 with any delimiter, and
// with LF, CRLF or CR as the end of a line, mixed as they come.
//
// It reads a block, keeps it as one immutable string and cuts cells from it, so
// that a row costs no allocation; only a cell with doubled quotes is copied. A row
// that is one quoted cell which holds the delimiter is split once more, because
// some exchanges quote whole lines.
type Reader struct {
	src   io.Reader
	lim   Limits
	comma byte
	word  uint64 // comma in each byte
	block int

	buf    []byte // the window: buf[:n] is read, wordSize bytes of room lie behind
	n      int
	text   string // the same bytes, immutable; cells are cut from it
	pos    int    // where the next row starts
	line   int    // its physical line
	marks  marks
	clean  bool  // the window is valid UTF-8
	eof    bool  // nothing is left behind the window
	srcErr error // what ended the source, other than its end
	err    error // the final error, given again by each call

	cells []string
	raw   string
	rows  int
	total int64
}

// marks holds where the next line feed, carriage return, quote and NUL of the
// window stand. A mark is right for each place up to itself and is n if there is
// none, so that each byte of the window is looked at once for each of them.
type marks struct{ lf, cr, quote, nul int }

func unmarked() marks { return marks{-1, -1, -1, -1} }

// NewReader makes a Reader of text that is UTF-8 already and has no byte order
// mark. Limits that are 0 mean their defaults. It reads ahead of what it returns.
func NewReader(r io.Reader, comma byte, lim Limits) *Reader {
	return &Reader{
		src: r, lim: lim.orDefault(), comma: comma, line: 1, block: blockSize, clean: true,
		word: uint64(comma) * (1<<56 | 1<<48 | 1<<40 | 1<<32 | 1<<24 | 1<<16 | 1<<8 | 1),
	}
}

// Read implements RowReader.
func (r *Reader) Read() (Row, error) {
	if r.cells == nil {
		r.cells = make([]string, r.lim.Columns+1)
	}
	return r.next(r.cells)
}

// Raw implements RowReader.
func (r *Reader) Raw() string { return cut(r.raw) }

func (r *Reader) rawText() string { return r.raw }

// next reads one row into dst.
func (r *Reader) next(dst []string) (Row, error) {
	for r.err == nil {
		if r.pos == r.n && r.eof {
			r.err = io.EOF
			break
		}
		end, after, ok := r.lineEnd(r.pos)
		if ok && end == r.pos {
			r.pos = after
			r.line++
			continue
		}
		var row Row
		err := errMore
		if ok {
			row, err = r.row(end, after, dst)
		}
		if err != nil && errors.Is(err, errMore) {
			if err = r.more(); err == nil {
				continue
			}
		}
		return r.count(row, err)
	}
	return Row{}, r.err
}

// count refuses a row behind the last one that the limit allows.
func (r *Reader) count(row Row, err error) (Row, error) {
	if r.rows++; r.rows > r.lim.Rows {
		r.err = &Error{Line: r.line, Reason: fmt.Sprintf("the file has more than %d rows; split it", r.lim.Rows)}
		return Row{}, r.err
	}
	return row, err
}

// row reads the row at pos, whose first physical line ends at end.
func (r *Reader) row(end, after int, dst []string) (Row, error) {
	from, line := r.pos, r.line
	if end-from > r.lim.Row {
		r.give(from, after, line+1)
		return Row{}, r.longRow(line)
	}
	var k int
	if r.seek(&r.marks.quote, '"', from) >= end {
		k = r.split(from, end, dst)
	} else {
		var ok bool
		if k, ok = r.splitQuoted(from, end, dst); !ok {
			return r.quotedRow(dst)
		}
		if k == 1 {
			k = requote(dst, r.comma, r.lim.Columns)
		}
	}
	r.raw = r.text[from:end]
	r.pos, r.line = after, line+1
	if k > r.lim.Columns {
		return Row{}, r.wideRow(line)
	}
	return r.checked(Row{line, dst[:k:k]}, from, end)
}

// checked gives the row back unless it holds what no cell may hold. Its text
// stands in the window between from and end.
func (r *Reader) checked(row Row, from, end int) (Row, error) {
	nul := r.seek(&r.marks.nul, 0, from) < end
	broken := !r.clean && !utf8.ValidString(r.text[from:end])
	long := end-from > r.lim.Cell
	if !nul && !broken && !long {
		return row, nil
	}
	for i, cell := range row.Cells {
		switch {
		case len(cell) > r.lim.Cell:
			return Row{}, r.longCell(row.Line, i+1)
		case nul && strings.IndexByte(cell, 0) >= 0:
			return Row{}, spoiled(row.Line, i+1, "the cell holds a NUL byte, which no text may hold; export the file again")
		case broken && !utf8.ValidString(cell):
			return Row{}, spoiled(row.Line, i+1, "the cell is not valid UTF-8; save the file as UTF-8 and give it again")
		}
	}
	return row, nil
}

func (r *Reader) longRow(line int) *Error {
	return spoiled(line, 0, fmt.Sprintf("the row is longer than %d bytes", r.lim.Row))
}

func (r *Reader) wideRow(line int) *Error {
	return spoiled(line, r.lim.Columns+1, fmt.Sprintf("the row has more than %d columns", r.lim.Columns))
}

func (r *Reader) longCell(line, column int) *Error {
	return spoiled(line, column, fmt.Sprintf("the cell is longer than %d bytes", r.lim.Cell))
}

// seek gives the first place of c at or behind from, or n, and remembers it.
func (r *Reader) seek(mark *int, c byte, from int) int {
	if *mark >= from {
		return *mark
	}
	at := r.n
	if i := bytes.IndexByte(r.buf[from:r.n], c); i >= 0 {
		at = from + i
	}
	*mark = at
	return at
}

// lineEnd gives where the physical line that holds from ends and where the next
// one starts. It is not ok if the window does not show that.
func (r *Reader) lineEnd(from int) (end, after int, ok bool) {
	lf, cr := r.seek(&r.marks.lf, '\n', from), r.seek(&r.marks.cr, '\r', from)
	switch {
	case cr < lf && cr+1 == r.n && !r.eof:
		return 0, 0, false
	case cr < lf && cr+1 == lf && lf < r.n:
		return cr, lf + 1, true
	case cr < lf:
		return cr, cr + 1, true
	case lf < r.n:
		return lf, lf + 1, true
	}
	return r.n, r.n, r.eof
}

// more reads on, so that the row at pos may become whole. A row that does not
// end within the limit is spoiled and passed over. The text of the window is made
// only once it may be of use, so that a very long line costs little memory.
func (r *Reader) more() error {
	for {
		if r.srcErr != nil {
			r.err = r.broken()
			return r.err
		}
		if r.n-r.pos > r.lim.Row {
			return r.skip()
		}
		if r.load() {
			r.settle()
			return nil
		}
	}
}

// broken is the error of a source that gave one instead of its end.
func (r *Reader) broken() *Error {
	var e *Error
	if errors.As(r.srcErr, &e) {
		return &Error{Line: r.line, Reason: e.Reason, err: e}
	}
	return &Error{Line: r.line, Reason: "the file cannot be read further: " + r.srcErr.Error(), err: r.srcErr}
}

// skip passes over the row at pos, which is too long, without keeping it. If
// it has line ends inside quotes, only its first line is lost.
func (r *Reader) skip() error {
	fault := r.longRow(r.line)
	r.marks = unmarked()
	r.raw = string(r.buf[r.pos:min(r.n, r.pos+rawLimit+1)])
	r.line++
	for {
		if _, after, ok := r.lineEnd(r.pos); ok {
			r.pos = after
			r.settle()
			return fault
		}
		r.pos = r.n
		if r.n > 0 && r.buf[r.n-1] == '\r' {
			r.pos--
		}
		if r.srcErr != nil {
			return fault
		}
		r.load()
		r.marks = unmarked()
	}
}

// load moves what lies behind pos to the front of the window and fills the rest
// of it from the source. It says whether that may have completed the row.
func (r *Reader) load() bool {
	keep, size := r.n-r.pos, r.block
	for size < 2*keep {
		size *= 2
	}
	size = min(size, r.lim.Row+r.block)
	old := r.buf[r.pos:r.n]
	if len(r.buf) != size+wordSize {
		r.buf = make([]byte, size+wordSize)
	}
	copy(r.buf, old)
	r.pos, r.n = 0, keep
	n, err := fill(r.src, r.buf[keep:size])
	r.n += n
	r.total += int64(n)
	switch {
	case r.total > r.lim.Total:
		r.srcErr = refuse(fmt.Sprintf("the file is larger than %d bytes; split it", r.lim.Total), nil)
	case errors.Is(err, io.EOF):
		r.eof = true
	case err != nil:
		r.srcErr = err
	}
	fresh := r.buf[max(keep-1, 0):r.n]
	return n < size-keep || bytes.IndexByte(fresh, '\n') >= 0 || bytes.IndexByte(fresh, '\r') >= 0
}

// settle makes the window readable: its text, its marks and whether it is valid.
func (r *Reader) settle() {
	r.text = string(r.buf[:r.n])
	r.marks = unmarked()
	whole := r.n
	for i := 1; i < utf8.UTFMax && i <= r.n && !r.eof; i++ {
		if utf8.RuneStart(r.buf[r.n-i]) {
			if !utf8.FullRune(r.buf[r.n-i : r.n]) {
				whole = r.n - i
			}
			break
		}
	}
	r.clean = utf8.Valid(r.buf[:whole])
}
