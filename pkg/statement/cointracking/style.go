package cointracking

import (
	"errors"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// mark is the decimal sign that a figure shows.
type mark uint8

const (
	none   mark = iota // no sign at all
	point              // 1.5, 1,234.5
	comma              // 1,5, 1.234,5
	dot3               // 1.234: decimals, or a group
	comma3             // 1,234: a group, or decimals
)

var errSign = errors.New("a comma or a point before three digits is a group or the decimals, and the file does not show which: write the decimals out")

// markOf looks at one figure.
func markOf(cell string) mark {
	figure, _, _ := strings.Cut(strings.ToLower(strings.TrimLeft(cell, "-+ ")), "e")
	at := strings.LastIndexAny(figure, ".,")
	if at < 0 {
		return none
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

// style is how the figures of a file are written: which signs it shows beyond
// doubt.
type style struct{ point, comma bool }

func (s *style) look(cell string) {
	m := markOf(cell)
	s.point, s.comma = s.point || m == point, s.comma || m == comma
}

// numbers returns the grammar of one figure: by what it shows itself, else by
// what the rest of the file shows.
func (s style) numbers(cell string) (statement.Numbers, error) {
	withPoint := statement.Numbers{Thousands: true, Exponent: true, Dash: true}
	withComma := statement.Numbers{DecimalComma: true, Exponent: true, Dash: true}
	switch m := markOf(cell); {
	case m == comma, (m == comma3 || m == dot3) && s.comma && !s.point:
		return withComma, nil
	case m == comma3 && !s.point, (m == comma3 || m == dot3) && s.comma && s.point:
		return withPoint, errSign
	}
	return withPoint, nil
}
