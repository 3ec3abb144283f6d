package report

import (
	"strconv"
	"unicode/utf8"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// The functions below append JSON as package encoding/json writes it, without
// reflection and without allocating.

// appendString appends a JSON string. Like encoding/json it also escapes <, >
// and &, so that a document may stand inside a page, and writes the replacement
// character for bytes that are not UTF-8.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if !plain(c) {
				b = append(b, s[start:i]...)
				b = appendEscape(b, c)
				start = i + 1
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b = append(b, s[start:i]...)
			b = append(b, `\ufffd`...)
			start = i + n
		case r == '\u2028' || r == '\u2029': // line ends in JavaScript
			b = append(b, s[start:i]...)
			b = append(b, `\u202`...)
			b = append(b, '0'+byte(r&15))
			start = i + n
		}
		i += n
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// plain reports whether an ASCII character stands for itself in a string.
func plain(c byte) bool {
	return c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\f':
		return append(b, '\\', 'f')
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// The key of the functions below is written as it is: `,"amount":`.

func appendText(b []byte, key, s string) []byte { return appendString(append(b, key...), s) }

func appendFigure(b []byte, key string, a money.Amount) []byte {
	b = append(append(b, key...), '"')
	return append(a.AppendTo(b), '"')
}

// appendKnown is appendFigure for figures that may be unknown: nil is null.
func appendKnown(b []byte, key string, a *money.Amount) []byte {
	if a == nil {
		return append(append(b, key...), "null"...)
	}
	return appendFigure(b, key, *a)
}

func appendDay(b []byte, key string, d ledger.Date) []byte {
	if d == 0 {
		return append(append(b, key...), "null"...)
	}
	b = append(append(b, key...), '"')
	return append(d.AppendTo(b), '"')
}

func appendHash(b []byte, key string, id ledger.ID) []byte {
	b = append(append(b, key...), '"')
	return append(id.AppendTo(b), '"')
}

func appendCount(b []byte, key string, n int) []byte {
	return strconv.AppendInt(append(b, key...), int64(n), 10)
}

func appendBool(b []byte, key string, v bool) []byte {
	return strconv.AppendBool(append(b, key...), v)
}
