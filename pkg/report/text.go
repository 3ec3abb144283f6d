package report

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// page writes text for people: lines of at most width columns, words of
// sources cleaned, color only if it was asked for.
type page struct {
	out
	width int
	color bool
}

// defaultWidth is the width of a page that names none.
const defaultWidth = 80

func newPage(w io.Writer, t Terminal) *page {
	p := &page{out: newOut(w), width: t.Width, color: t.Color}
	if p.width <= 0 {
		p.width = defaultWidth
	}
	return p
}

// The looks of text: select graphic rendition of ECMA-48.
const (
	normal = ""
	bold   = "1"
	faint  = "2"
	red    = "31"
	yellow = "33"
	blue   = "34"
)

// put appends a text, cleaned: every word on the page passes here.
func (p *page) put(s string) { p.buf = append(p.buf, clean(s)...) }

// paint appends s in a look.
func (p *page) paint(look, s string) {
	if !p.color || look == normal {
		p.put(s)
		return
	}
	p.buf = append(append(append(p.buf, "\x1b["...), look...), 'm')
	p.put(s)
	p.buf = append(p.buf, "\x1b[0m"...)
}

// line writes the parts of a line.
func (p *page) line(parts ...string) {
	for _, s := range parts {
		p.put(s)
	}
	p.buf = append(p.buf, '\n')
	p.spill()
}

// heading writes a line in bold.
func (p *page) heading(s string) {
	p.paint(bold, s)
	p.line()
}

// fill writes words on lines that begin with an indent and end before the
// width. A word that is longer than a line stands on its own.
func (p *page) fill(indent int, s string) {
	at := 0
	for word := range strings.FieldsSeq(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case at == 0:
			p.pad(indent)
			at = indent
		case at+1+n > p.width:
			p.line()
			p.pad(indent)
			at = indent
		default:
			p.buf = append(p.buf, ' ')
			at++
		}
		p.put(word)
		at += n
	}
	if at > 0 {
		p.line()
	}
}

func (p *page) pad(n int) {
	for range n {
		p.buf = append(p.buf, ' ')
	}
}

// cell is a part of a line that is set in columns.
type cell struct {
	text string
	look string
}

// columns writes rows with their cells under each other, two blanks apart. In
// align an r sets a column to the right.
func (p *page) columns(indent int, align string, rows [][]cell) {
	widths := make([]int, len(align))
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	for _, row := range rows {
		p.pad(indent)
		gap := 0 // blanks not yet written: a line does not end in them
		for i, c := range row {
			n := utf8.RuneCountInString(c.text)
			if align[i] == 'r' {
				gap += widths[i] - n
			}
			if n > 0 {
				p.pad(gap)
				p.paint(c.look, c.text)
				gap = 0
			}
			if align[i] != 'r' {
				gap += widths[i] - n
			}
			gap += 2
		}
		p.line()
	}
}

// clean returns text of a source fit for a terminal: characters that control
// it, or turn the direction of writing, become the replacement character.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return utf8.RuneError
		}
		return r
	}, s)
}

// fiat returns an amount of money with two decimals and groups of three
// digits. Where rounding would hide that it is not 0, it shows all digits.
func fiat(a money.Amount) string {
	rounded := a.Round(2, money.HalfEven)
	if rounded.IsZero() && !a.IsZero() {
		return exact(a)
	}
	var buf [64]byte
	return grouped(rounded.AppendFixed(buf[:0], 2))
}

// signed is fiat with a plus sign on gains.
func signed(a money.Amount) string {
	if a.Sign() > 0 {
		return "+" + fiat(a)
	}
	return fiat(a)
}

// exact returns all digits of an amount in groups of three before the point.
func exact(a money.Amount) string {
	var buf [64]byte
	return grouped(a.AppendTo(buf[:0]))
}

// count returns a number in groups of three digits.
func count(n int) string {
	var buf [24]byte
	return grouped(strconv.AppendInt(buf[:0], int64(n), 10))
}

// counted returns a number with its noun.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return count(n) + " " + noun
}

// grouped sets commas between groups of three digits of a decimal number.
func grouped(number []byte) string {
	var b strings.Builder
	whole := len(number)
	for i, c := range number {
		if c == '.' {
			whole = i
			break
		}
	}
	for i, c := range number {
		if left := whole - i; i > 0 && left > 0 && left%3 == 0 && number[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteByte(c)
	}
	return b.String()
}
