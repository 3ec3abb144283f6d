package cointracking

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// errOrder says that 5/9/2017 stays two dates.
var errOrder = errors.New("day and month cannot be told apart, and no date of the file settles it: " +
	"set CoinTracking to dates like 2017-09-05 or 05.09.2017 and export again")

// dates is what the dates of a file show about the order of day and month,
// apart for slashes and for dashes.
type dates struct{ slash, dash order }

type order struct{ dayFirst, monthFirst bool }

// parts are the numbers of a date that does not begin with the year.
type parts struct {
	sign    byte
	a, b, y int
	rest    string // the time of day
}

// split takes a date like 5/9/2017 21:14 apart. It is not ok for other dates.
func split(cell string) (parts, bool) {
	date, rest, _ := strings.Cut(cell, " ")
	at := strings.IndexAny(date, "./-")
	if at < 1 || at > 2 {
		return parts{}, false
	}
	p := parts{sign: date[at], rest: strings.TrimSpace(rest)}
	n := strings.Split(date, string(p.sign))
	if len(n) != 3 || len(n[1]) < 1 || len(n[1]) > 2 || len(n[2]) != 4 {
		return parts{}, false
	}
	for i, into := range [...]*int{&p.a, &p.b, &p.y} {
		v, err := strconv.Atoi(n[i])
		if err != nil || v < 1 {
			return parts{}, false
		}
		*into = v
	}
	return p, true
}

// look learns from a date.
func (d *dates) look(cell string) {
	p, ok := split(cell)
	if !ok || p.sign == '.' {
		return
	}
	o := d.of(p.sign)
	o.dayFirst, o.monthFirst = o.dayFirst || p.a > 12, o.monthFirst || p.b > 12
}

func (d *dates) of(sign byte) *order {
	if sign == '-' {
		return &d.dash
	}
	return &d.slash
}

// iso rewrites a date with the year first. A date with dots has its day first.
func (d *dates) iso(cell string) (string, error) {
	p, ok := split(cell)
	if !ok {
		return strings.Replace(cell, "/", "-", 2), nil // 2017/09/05, or the year is first already
	}
	day, month := p.a, p.b
	switch o := *d.of(p.sign); {
	case p.sign == '.', p.a == p.b, p.a > 12, o.dayFirst && !o.monthFirst:
	case p.b > 12, o.monthFirst && !o.dayFirst:
		day, month = p.b, p.a
	default:
		return "", errOrder
	}
	return strings.TrimSpace(fmt.Sprintf("%04d-%02d-%02d %s", p.y, month, day, p.rest)), nil
}

// at reads a time in the zone of the account, or a date without a time.
func (f *file) at(cell string) (at ledger.Instant, dateOnly bool, err error) {
	text, err := f.dates.iso(cell)
	if err != nil {
		return 0, false, err
	}
	if d, err := ledger.ParseDate(text); err == nil && f.in.Tax != nil {
		if y, _, _ := d.Civil(); y < 1990 || y > 2200 {
			return 0, true, statement.ErrYearRange
		}
		return f.in.Tax.Midnight(d), true, nil
	}
	at, err = statement.ParseTime(text, f.in.Zone, time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 UTC",
		"2006-01-02 3:04:05 PM", "2006-01-02 3:04 PM", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05")
	return at, false, err
}
