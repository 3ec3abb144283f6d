package statement

import (
	"errors"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// What a time can be wrong about.
var (
	ErrNoZone    = errors.New("time without zone")
	ErrTime      = errors.New("time not understood")
	ErrTwice     = errors.New("this local time happened twice when summer time ended; the file does not say which")
	ErrNever     = errors.New("this local time never happened: the clocks went forward over it")
	ErrYearRange = errors.New("year out of range: it must lie between 1990 and 2200")
)

// ParseTime reads a time in one of the layouts of package time. Layouts
// without a zone are read in the given zone; if that is nil the error is
// ErrNoZone. Local times that happened twice or never are refused rather than
// guessed. Sept is September too: so British English and the Associated Press
// write it.
func ParseTime(cell string, zone *time.Location, layouts ...string) (ledger.Instant, error) {
	cell = trim(cell)
	if at := strings.Index(cell, "Sept"); at >= 0 && !strings.HasPrefix(cell[at:], "September") {
		cell = cell[:at+len("Sep")] + cell[at+len("Sept"):]
	}
	for _, layout := range layouts {
		if layoutHasZone(layout) {
			if t, err := time.Parse(layout, cell); err == nil {
				return checked(t)
			}
			continue
		}
		t, err := time.Parse(layout, cell)
		if err != nil {
			continue
		}
		if zone == nil {
			return 0, ErrNoZone
		}
		return Local(t, zone)
	}
	return 0, ErrTime
}

// layoutHasZone reports whether a layout reads an offset or the word UTC. The
// letters of other zones are not unique, so no layout may use MST.
func layoutHasZone(layout string) bool {
	n := len(layout)
	for i := range n {
		rest := layout[i:]
		if rest[0] == 'Z' || len(rest) >= 3 && (rest[:3] == "-07" || rest[:3] == "UTC" || rest[:3] == "+00") {
			return true
		}
	}
	return false
}

// Local reads the wall clock of t in a zone.
func Local(t time.Time, zone *time.Location) (ledger.Instant, error) {
	y, mo, d := t.Date()
	local := time.Date(y, mo, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
	if local.Hour() != t.Hour() || local.Minute() != t.Minute() {
		return 0, ErrNever
	}
	// The same wall clock under the offset before and after a change.
	_, off := local.Zone()
	for _, shift := range [...]time.Duration{-3 * time.Hour, 3 * time.Hour} {
		_, other := local.Add(shift).Zone()
		if other == off {
			continue
		}
		twin := local.Add(time.Duration(off-other) * time.Second)
		if _, o := twin.Zone(); o == other {
			return 0, ErrTwice
		}
	}
	return checked(local)
}

func checked(t time.Time) (ledger.Instant, error) {
	if !knownYear(t.Year()) {
		return 0, ErrYearRange
	}
	return ledger.InstantOf(t), nil
}

// KnownYear reports whether a date lies in the years that a statement can be
// about; others are slips.
func KnownYear(d ledger.Date) bool {
	y, _, _ := d.Civil()
	return knownYear(y)
}

func knownYear(y int) bool { return y >= 1990 && y <= 2200 }

// TimeFault says what is wrong with a time that ParseRFC3339 refuses: its year,
// that it has no offset, or that it is no time at all.
func TimeFault(cell string) error {
	for i, s := range [...]string{cell, cell + "Z"} {
		if t, err := time.Parse(time.RFC3339, strings.Replace(s, " ", "T", 1)); err == nil {
			switch {
			case !knownYear(t.Year()):
				return ErrYearRange
			case i == 1:
				return ErrNoZone
			}
		}
	}
	return ErrTime
}

// ParseRFC3339 reads an instant with its offset, quickly.
func ParseRFC3339(s string) (ledger.Instant, bool) {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' && s[10] != ' ' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	year, mo, day := num(s, 0, 4), num(s, 5, 7), num(s, 8, 10)
	hour, minute, sec := num(s, 11, 13), num(s, 14, 16), num(s, 17, 19)
	if year < 1990 || year > 2200 || mo < 1 || mo > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
		minute < 0 || minute > 59 || sec < 0 || sec > 59 || day > 28 && day > monthDays(year, mo) {
		return 0, false
	}
	micro, rest := fraction(s[19:])
	offset, ok := zoneOffset(rest)
	if micro < 0 || !ok {
		return 0, false
	}
	days := int64(ledger.NewDate(year, time.Month(mo), day))
	unix := days*86400 + int64(hour)*3600 + int64(minute)*60 + int64(sec) - offset
	return ledger.Instant(unix*1_000_000 + micro), true
}

func num(s string, from, to int) int {
	n := 0
	for i := from; i < to; i++ {
		c := s[i]
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// fraction reads .123456 at the start of s as microseconds; -1 is a fault.
func fraction(s string) (micro int64, rest string) {
	if s == "" || s[0] != '.' && s[0] != ',' {
		return 0, s
	}
	i, unit := 1, int64(100_000)
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		micro += int64(s[i]-'0') * unit
		unit /= 10
	}
	if i == 1 {
		return -1, s
	}
	return micro, s[i:]
}

func zoneOffset(s string) (seconds int64, ok bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	h, m := num(s, 1, 3), num(s, 4, 6)
	if h < 0 || h > 15 || m < 0 || m > 59 {
		return 0, false
	}
	seconds = int64(h)*3600 + int64(m)*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

func monthDays(y, m int) int {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
