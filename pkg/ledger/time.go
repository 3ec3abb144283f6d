package ledger

import (
	"fmt"
	"time"
)

// Instant is a moment in microseconds since 1970-01-01T00:00:00Z.
type Instant int64

// InstantOf converts a time, cutting below the microsecond.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMicro()) }

// Time returns the instant as a time in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// AppendTo appends the instant in RFC 3339 in UTC, with as many decimals of a
// second as it needs.
func (i Instant) AppendTo(b []byte) []byte { return i.Time().AppendFormat(b, time.RFC3339Nano) }

// Date is a calendar date in the tax zone: days since 1970-01-01. Day 0 is
// not used as a date of tax, so the zero Date means none.
type Date int32

// DateOf returns the date of t in its own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return NewDate(y, m, d)
}

// NewDate returns a date. Days beyond the end of a month roll over as in
// package time.
func NewDate(y int, m time.Month, d int) Date {
	if m < 1 || m > 12 {
		return Date(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	}
	// Years counted from March, so that the leap day is the last: 400 of them
	// are an era of 146,097 days.
	if m <= 2 {
		y--
		m += 12
	}
	era := floorDiv(int64(y), 400)
	year := int64(y) - era*400
	day := int64(153*(int(m)-3)+2)/5 + int64(d) - 1
	return Date(era*146097 + year*365 + year/4 - year/100 + day - 719468)
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (Date, error) {
	if len(s) != len(time.DateOnly) {
		return 0, fmt.Errorf("date must be YYYY-MM-DD")
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("date must be YYYY-MM-DD")
	}
	return DateOf(t), nil
}

// Civil returns year, month and day.
func (d Date) Civil() (int, time.Month, int) {
	days := int64(d) + 719468 // since the first of March of the year 0
	era := floorDiv(days, 146097)
	day := days - era*146097
	year := (day - day/1460 + day/36524 - day/146096) / 365
	day -= 365*year + year/4 - year/100
	m := (5*day + 2) / 153 // months since March
	day -= (153*m+2)/5 - 1
	y := int(year + era*400)
	if m >= 10 {
		return y + 1, time.Month(m - 9), int(day)
	}
	return y, time.Month(m + 3), int(day)
}

// AddDays returns the date n days later.
func (d Date) AddDays(n int) Date { return d + Date(n) }

// Anniversary returns the same day n years later; 29 February becomes 28
// February in common years (rules.md 0.2).
func (d Date) Anniversary(n int) Date {
	y, m, day := d.Civil()
	if m == time.February && day == 29 && !leap(y+n) {
		day = 28
	}
	return NewDate(y+n, m, day)
}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// AppendTo appends YYYY-MM-DD.
func (d Date) AppendTo(b []byte) []byte {
	y, m, day := d.Civil()
	if y < 0 || y > 9999 {
		return time.Date(y, m, day, 0, 0, 0, 0, time.UTC).AppendFormat(b, time.DateOnly)
	}
	return append(b, byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10),
		'-', byte('0'+m/10), byte('0'+m%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// String returns YYYY-MM-DD, or "" for no date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return string(d.AppendTo(nil))
}

// Calendar turns instants into dates of one zone. It remembers the last span
// with one offset, for events come in order. It is not for use by several
// goroutines at once.
type Calendar struct {
	zone     *time.Location
	from, to int64 // seconds in which offset holds
	offset   int64
}

// NewCalendar returns a calendar for a zone.
func NewCalendar(zone *time.Location) *Calendar { return &Calendar{zone: zone, from: 1, to: 0} }

// Zone returns the zone.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Date returns the date of an instant in the zone.
func (c *Calendar) Date(i Instant) Date {
	sec := floorDiv(int64(i), 1_000_000)
	if sec < c.from || sec >= c.to {
		c.find(sec)
	}
	return Date(floorDiv(sec+c.offset, 86400))
}

func (c *Calendar) find(sec int64) {
	t := time.Unix(sec, 0).In(c.zone)
	_, off := t.Zone()
	c.offset = int64(off)
	start, end := t.ZoneBounds()
	c.from, c.to = sec, sec+1
	if !start.IsZero() {
		c.from = start.Unix()
	} else {
		c.from = -1 << 62
	}
	if !end.IsZero() {
		c.to = end.Unix()
	} else {
		c.to = 1 << 62
	}
}

// Midnight returns the instant at which a date begins in the zone.
func (c *Calendar) Midnight(d Date) Instant {
	y, m, day := d.Civil()
	return InstantOf(time.Date(y, m, day, 0, 0, 0, 0, c.zone))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
