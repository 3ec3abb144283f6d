package cashapp

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// clock is the zone that a time names: wall clock of a part of the United
// States. The letters follow the season in some files and not in others (PST
// in August), so that they name the place only.
type clock struct {
	west   int  // hours behind UTC in winter
	letter byte // 'S', 'D', or 0 where the letters say neither
	fixed  bool // no summer time
}

// clocks holds the letters that Cash App writes, and their neighbours.
var clocks = map[string]clock{
	"EST": {5, 'S', false}, "EDT": {5, 'D', false}, "ET": {5, 0, false},
	"CST": {6, 'S', false}, "CDT": {6, 'D', false}, "CT": {6, 0, false},
	"MST": {7, 'S', false}, "MDT": {7, 'D', false}, "MT": {7, 0, false},
	"PST": {8, 'S', false}, "PDT": {8, 'D', false}, "PT": {8, 0, false},
	"UTC": {0, 0, true}, "GMT": {0, 0, true},
}

var errArizona = errors.New("MST in summer is the clock of Denver or that of Arizona; write MDT, or UTC")

// moment is a time as the file writes it.
type moment struct {
	wall  time.Time // in UTC, for its fields only
	clock clock
}

// parse splits a cell like "2023-08-08 09:57:00 PST".
func parse(cell string) (moment, error) {
	text, letters := cell, ""
	if i := strings.LastIndexByte(cell, ' '); i >= 0 && i+1 < len(cell) && (cell[i+1] < '0' || cell[i+1] > '9') {
		text, letters = strings.TrimSpace(cell[:i]), strings.ToUpper(cell[i+1:])
	}
	for _, layout := range [...]string{"2006-01-02 15:04:05", "2006-01-02 15:04"} {
		wall, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if letters == "" {
			return moment{}, statement.ErrNoZone
		}
		c, known := clocks[letters]
		if !known {
			return moment{}, fmt.Errorf("unknown zone letters %q", letters)
		}
		return moment{wall, c}, nil
	}
	return moment{}, statement.ErrTime
}

// season is what the calendar says about a wall clock.
type season uint8

const (
	winter season = iota
	summer
	never // skipped when the clocks go forward
	twice // repeated when they go back
)

// season follows the Energy Policy Act of 2005, in force since 2007: from the
// second Sunday of March to the first Sunday of November, at two o'clock.
func (m moment) season() season {
	if m.clock.fixed {
		return winter
	}
	begin := sunday(m.wall.Year(), time.March, 2)
	end := sunday(m.wall.Year(), time.November, 1)
	switch w := m.wall; {
	case w.Before(begin), !w.Before(end):
		return winter
	case w.Before(begin.Add(time.Hour)):
		return never
	case !w.Before(end.Add(-time.Hour)):
		return twice
	}
	return summer
}

// sunday returns two o'clock of the n-th Sunday of a month.
func sunday(year int, month time.Month, n int) time.Time {
	first := time.Date(year, month, 1, 2, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, (7-int(first.Weekday()))%7+7*(n-1))
}

// agrees reports whether the letters fit the season, where they say one.
func (m moment) agrees() bool {
	s := m.season()
	return m.clock.letter == 0 || s == twice || s == never || (m.clock.letter == 'D') == (s == summer)
}

// instant returns the instant of a wall clock. Where the letters of the file
// follow the season, they settle an hour that happened twice.
func (f *file) instant(m moment) (ledger.Instant, error) {
	if y := m.wall.Year(); y < 2007 || y > 2200 {
		return 0, statement.ErrYearRange
	}
	west := m.clock.west
	switch m.season() {
	case winter:
	case never:
		return 0, statement.ErrNever
	case twice:
		if !f.seasonal || m.clock.letter == 0 {
			return 0, statement.ErrTwice
		}
		if m.clock.letter == 'D' {
			west--
		}
	case summer:
		if west == 7 && m.clock.letter == 'S' {
			return 0, errArizona
		}
		west--
	}
	return ledger.InstantOf(m.wall.Add(time.Duration(west) * time.Hour)), nil
}
