package oracle

import (
	"fmt"
	"strconv"
	"time"
)

// day is a calendar date: the number of days since 1970-01-01. The zero day stands for "no date" in optional places,
// which never meet 1970.
type day int

const dateForm = "2006-01-02"

func dayOf(t time.Time) day {
	return day(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

func (d day) date() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

func (d day) String() string { return d.date().Format(dateForm) }

// anniversary is the same date one year later; 28 February after a 29 February.
func (d day) anniversary() day {
	t := d.date()
	if t.Month() == time.February && t.Day() == 29 {
		return dayOf(time.Date(t.Year()+1, time.February, 28, 0, 0, 0, 0, time.UTC))
	}
	return dayOf(t.AddDate(1, 0, 0))
}

// overOneYear says whether units acquired on a and disposed of on d were held for more than a year.
func overOneYear(a, d day) bool { return d > a.anniversary() }

// taxYear is the country's label of the tax year in which d falls.
func taxYear(country string, d day) string {
	t := d.date()
	switch country {
	case "GB":
		return splitYear(t, time.April, 6)
	case "AU":
		return splitYear(t, time.July, 1)
	case "IN", "LK":
		return splitYear(t, time.April, 1)
	case "ZA":
		if t.Month() >= time.March {
			return strconv.Itoa(t.Year() + 1)
		}
	}
	return strconv.Itoa(t.Year())
}

// splitYear labels the year that starts on the given day of the calendar: 2024-25.
func splitYear(t time.Time, month time.Month, first int) string {
	start := t.Year()
	if t.Month() < month || t.Month() == month && t.Day() < first {
		start--
	}
	return fmt.Sprintf("%d-%02d", start, (start+1)%100)
}

// readTime turns a time of the file into an instant and a calendar date in the zone: a bare date is that date at
// midnight there.
func readTime(s string, zone *time.Location) (time.Time, day, error) {
	if t, err := time.ParseInLocation(dateForm, s, zone); err == nil {
		plain, err := time.Parse(dateForm, s)
		if err != nil {
			return time.Time{}, 0, err
		}
		return t, dayOf(plain), nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, 0, fmt.Errorf("time %q is neither RFC 3339 nor a date", s)
	}
	return t, dayOf(t.In(zone)), nil
}
