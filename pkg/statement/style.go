package statement

import (
	"errors"
	"strings"
)

// mark is the decimal sign that a figure shows.
type mark uint8

const (
	noMark mark = iota // no sign at all
	point              // 1.5, 1,234.5
	comma              // 1,5, 1.234,5
	dot3               // 1.234: decimals, or a group
	comma3             // 1,234: a group, or decimals
)

// ErrSign reports a figure whose decimal sign the file does not settle.
var ErrSign = errors.New("a comma or a point before three digits is a group or the decimals, and the file does not show which: write the decimals out")

// markOf looks at one figure.
func markOf(cell string) mark {
	figure, _, _ := strings.Cut(strings.ToLower(strings.TrimLeft(cell, "-+ ")), "e")
	at := strings.LastIndexAny(figure, ".,")
	if at < 0 {
		return noMark
	}
	sign := figure[at]
	shown, other, unsure := point, comma, dot3
	if sign == ',' {
		shown, other, unsure = comma, point, comma3
	}
	before := figure[:at]
	switch {
	case strings.IndexByte(before, sign) >= 0: // a group sign comes again
		return other
	case len(figure)-at-1 != 3, strings.ContainsAny(before, ".,"), before == "0", before == "", len(before) > 3:
		return shown
	}
	return unsure
}

// Style is how the figures of a file are written, for tools that write them by
// the locale of their user: which signs the file shows beyond doubt.
type Style struct{ point, comma bool }

// Look takes note of one figure.
func (s *Style) Look(cell string) {
	m := markOf(cell)
	s.point, s.comma = s.point || m == point, s.comma || m == comma
}

// Numbers returns the grammar of one figure: by what it shows itself, else by
// what the rest of the file shows. What else the venue does with numbers is in
// base.
func (s Style) Numbers(cell string, base Numbers) (Numbers, error) {
	withPoint, withComma := base, base
	withPoint.Thousands, withComma.DecimalComma = true, true
	switch m := markOf(cell); {
	case m == comma, (m == comma3 || m == dot3) && s.comma && !s.point:
		return withComma, nil
	case m == comma3 && !s.point, (m == comma3 || m == dot3) && s.comma && s.point:
		return withPoint, ErrSign
	}
	return withPoint, nil
}
