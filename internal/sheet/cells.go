package sheet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
)

const (
	ones = 0x0101010101010101 // 1 in each byte
	low  = 0x7f7f7f7f7f7f7f7f // all bits but the highest of each byte
)

// equal gives a word that has 1 in each byte in which w is 0, and 0 in the others.
func equal(w uint64) uint64 { return ^((w&low + low) | w | low) >> 7 }

// split cuts the line between from and end, which holds no quote, at each
// delimiter and gives the number of cells. It compares eight bytes at once and
// stops when dst is full, which is one cell more than a row may have.
func (r *Reader) split(from, end int, dst []string) int {
	k, start := 0, from
	for i := from; i < end; i += wordSize {
		m := equal(binary.LittleEndian.Uint64(r.buf[i:i+wordSize]) ^ r.word)
		if left := end - i; left < wordSize {
			m &= 1<<(uint(left)*8) - 1
		}
		for ; m != 0; m &= m - 1 {
			if k >= len(dst) {
				return k
			}
			at := i + bits.TrailingZeros64(m)/8
			dst[k] = r.text[start:at]
			k++
			start = at + 1
		}
	}
	if k < len(dst) {
		dst[k] = r.text[start:end]
		k++
	}
	return k
}

// splitQuoted is split for a line whose quoted cells are simple: their quotes
// close in the line and none is doubled. For any other line it gives false.
//
// A delimiter counts if an even number of quotes stands in front of it. The
// product with ones adds up, in each byte, the quotes up to that byte.
func (r *Reader) splitQuoted(from, end int, dst []string) (int, bool) {
	k, start := 0, from
	quotes, used := 0, 0 // in front of the word; in front of the cell
	for i := from; i < end; i += wordSize {
		w := binary.LittleEndian.Uint64(r.buf[i : i+wordSize])
		m, q := equal(w^r.word), equal(w^ones*'"')
		if left := end - i; left < wordSize {
			m &= 1<<(uint(left)*8) - 1
			q &= 1<<(uint(left)*8) - 1
		}
		sums := q * ones
		m &^= sums ^ ones*uint64(quotes&1)
		for ; m != 0; m &= m - 1 {
			shift := bits.TrailingZeros64(m)
			seen := quotes + int(sums>>shift&0xff)
			at := i + shift/8
			if k >= len(dst) || !r.simple(dst, k, start, at, seen-used) {
				return 0, false
			}
			k, start, used = k+1, at+1, seen
		}
		quotes += int(sums >> 56)
	}
	if k >= len(dst) || !r.simple(dst, k, start, end, quotes-used) {
		return 0, false
	}
	return k + 1, true
}

// simple stores the cell between from and end as the k-th if it has no quotes
// or only the two around it.
func (r *Reader) simple(dst []string, k, from, end, quotes int) bool {
	switch {
	case quotes == 0:
		dst[k] = r.text[from:end]
		return true
	case quotes == 2 && r.buf[from] == '"' && r.buf[end-1] == '"':
		dst[k] = r.text[from+1 : end-1]
		return true
	}
	return false
}

// scan is where the reading of a row with quotes stands.
type scan struct {
	at   int // the next byte
	line int // its physical line
	k    int // cells so far
}

// quotedRow reads the row at pos, which has a quote in its first line.
func (r *Reader) quotedRow(dst []string) (Row, error) {
	s := scan{at: r.pos, line: r.line}
	var after int
	for more := true; more; {
		var err error
		if s.at < r.n && r.buf[s.at] == '"' {
			more, after, err = r.quotedCell(&s, dst)
		} else {
			more, after, err = r.bareCell(&s, dst)
		}
		if err != nil {
			return Row{}, err
		}
	}
	from, line, end := r.pos, r.line, s.at
	if end-from > r.lim.Row || s.k > r.lim.Columns {
		_, second, _ := r.restart(from, unmarked())
		r.give(from, second, line+1)
		if s.k > r.lim.Columns {
			return Row{}, r.wideRow(line)
		}
		return Row{}, r.longRow(line)
	}
	r.give(from, after, s.line+1)
	r.raw = r.text[from:end]
	k := s.k
	if k == 1 && r.text[from] == '"' {
		k = requote(dst, r.comma, r.lim.Columns)
	}
	return r.checked(Row{line, dst[:k:k]}, from, end)
}

// give sets the raw text of a row and where the next one starts.
func (r *Reader) give(from, after, line int) {
	r.raw = strings.TrimRight(r.text[from:after], "\r\n")
	r.pos, r.line = after, line
}

// restart is lineEnd for a place in front of what was looked at since the marks
// were as given.
func (r *Reader) restart(from int, m marks) (end, after int, ok bool) {
	r.marks = m
	return r.lineEnd(from)
}

// bareCell reads a cell without quotes. It says whether the row goes on, and
// if not, where the next line starts.
func (r *Reader) bareCell(s *scan, dst []string) (more bool, after int, err error) {
	end, after, ok := r.lineEnd(s.at)
	if !ok {
		return false, 0, errMore
	}
	stop := end
	if i := bytes.IndexByte(r.buf[s.at:end], r.comma); i >= 0 {
		stop = s.at + i
	}
	if r.seek(&r.marks.quote, '"', s.at) < stop {
		r.give(r.pos, after, s.line+1)
		return false, 0, spoiled(s.line, s.k+1, "a quote stands inside a cell that does not start with one; quote the whole cell and double the quotes in it")
	}
	if stop-s.at > r.lim.Cell {
		r.give(r.pos, after, s.line+1)
		return false, 0, r.longCell(s.line, s.k+1)
	}
	s.put(dst, r.text[s.at:stop])
	s.at = stop
	if stop < end {
		s.at++
		return true, 0, nil
	}
	return false, after, nil
}

// put stores a cell; those that do not fit share the last place.
func (s *scan) put(dst []string, cell string) {
	dst[min(s.k, len(dst)-1)] = cell
	s.k++
}

// quotedCell reads a cell that starts with a quote; otherwise it is like
// bareCell. A cell whose quotes do not close as they should is given up with
// the line on which it starts; reading goes on with the line behind that one.
func (r *Reader) quotedCell(s *scan, dst []string) (more bool, after int, err error) {
	open, before := s.at, r.marks
	end, doubled := r.closing(open + 1)
	reason := ""
	switch {
	case end < 0 && !r.eof && r.n-open <= r.lim.Cell+2:
		return false, 0, errMore
	case end < 0 && r.n-open-1 <= r.lim.Cell:
		reason = "the quote that opens this cell is never closed; add the missing quote"
	case end < 0 || end-open-1 > r.lim.Cell:
		reason = fmt.Sprintf("the quoted cell is longer than %d bytes; its closing quote may be missing", r.lim.Cell)
	default:
		next, ok := r.behindQuote(end + 1)
		if !ok {
			return false, 0, errMore
		}
		if next < 0 {
			reason = "text follows the quote that closes this cell; double the quotes inside a quoted cell"
			break
		}
		cell := r.text[open+1 : end]
		if doubled {
			cell = strings.ReplaceAll(cell, `""`, `"`)
		}
		s.put(dst, cell)
		s.line += r.lines(open, end)
		s.at = end + 1
		if s.at < r.n && r.buf[s.at] == r.comma {
			s.at++
			return true, 0, nil
		}
		return false, next, nil
	}
	_, after, ok := r.restart(open, before)
	if !ok {
		return false, 0, errMore
	}
	r.give(r.pos, after, s.line+1)
	return false, 0, spoiled(s.line, s.k+1, reason)
}

// closing gives the place of the quote that closes the cell whose text starts
// at from, or -1 if the window does not show it, and whether quotes are doubled.
func (r *Reader) closing(from int) (end int, doubled bool) {
	for {
		i := bytes.IndexByte(r.buf[from:r.n], '"')
		if i < 0 {
			return -1, doubled
		}
		end = from + i
		switch {
		case end+1 == r.n && !r.eof:
			return -1, doubled
		case end+1 == r.n || r.buf[end+1] != '"':
			return end, doubled
		}
		doubled = true
		from = end + 2
	}
}

// behindQuote looks at what follows a closing quote: it gives the start of the
// next cell or line, or -1 for anything else. It is not ok if the window ends
// too early to say.
func (r *Reader) behindQuote(at int) (next int, ok bool) {
	switch {
	case at == r.n:
		return at, r.eof
	case r.buf[at] == r.comma || r.buf[at] == '\n':
		return at + 1, true
	case r.buf[at] != '\r':
		return -1, true
	case at+1 == r.n:
		return at + 1, r.eof
	case r.buf[at+1] == '\n':
		return at + 2, true
	}
	return at + 1, true
}

// lines counts the line ends between from and end.
func (r *Reader) lines(from, end int) int {
	count := 0
	for {
		_, after, ok := r.lineEnd(from)
		if !ok || after > end {
			return count
		}
		count++
		from = after
	}
}

// requote splits a row's only cell, which was quoted, once more if it holds the
// delimiter and reads as a row of its own. It gives the number of cells.
func requote(dst []string, comma byte, columns int) int {
	whole := dst[0]
	if strings.IndexByte(whole, comma) < 0 {
		return 1
	}
	rest, k := whole, 0
	for more := true; more; k++ {
		var cell string
		var ok bool
		cell, rest, more, ok = cutCell(rest, comma)
		if !ok || k >= columns {
			dst[0] = whole
			return 1
		}
		dst[k] = cell
	}
	return k
}

// cutCell takes the first cell off a line; more says that a delimiter followed.
func cutCell(line string, comma byte) (cell, rest string, more, ok bool) {
	if !strings.HasPrefix(line, `"`) {
		at := strings.IndexByte(line, comma)
		if cell, more = line, at >= 0; more {
			cell, rest = line[:at], line[at+1:]
		}
		return cell, rest, more, !strings.ContainsAny(cell, "\"\r\n")
	}
	for at := 1; ; at += 2 {
		i := strings.IndexByte(line[at:], '"')
		if i < 0 {
			return "", "", false, false
		}
		at += i
		if strings.HasPrefix(line[at+1:], `"`) {
			continue
		}
		cell = strings.ReplaceAll(line[1:at], `""`, `"`)
		rest = line[at+1:]
		if rest == "" {
			return cell, "", false, true
		}
		return cell, rest[1:], true, rest[0] == comma
	}
}
