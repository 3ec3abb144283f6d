package statement_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// TestParseTime: layouts with a zone stand for themselves, those without are
// read in the zone given; hours that happened twice or never are refused.
func TestParseTime(t *testing.T) {
	t.Parallel()
	const local, offset, utc = "2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05 UTC"
	london, lordHowe := testkit.Zone(t, "Europe/London"), testkit.Zone(t, "Australia/Lord_Howe")
	for name, c := range map[string]struct {
		cell   string
		zone   *time.Location
		layout string
		want   string
		fault  error
	}{
		"winter":                         {"2024-01-15 12:00:00", london, local, "2024-01-15T12:00:00Z", nil},
		"summer":                         {"2024-07-15 12:00:00", london, local, "2024-07-15T11:00:00Z", nil},
		"blanks_around":                  {" 2024-07-15 12:00:00\u00a0", london, local, "2024-07-15T11:00:00Z", nil},
		"decimals_of_a_second":           {"2024-07-15 12:00:00.1234567", time.UTC, local, "2024-07-15T12:00:00.123456Z", nil},
		"no_zone":                        {"2024-07-15 12:00:00", nil, local, "", statement.ErrNoZone},
		"its_own_offset":                 {"2024-07-15T12:00:00+02:00", nil, offset, "2024-07-15T10:00:00Z", nil},
		"the_word_utc":                   {"2024-07-15 12:00:00 UTC", nil, utc, "2024-07-15T12:00:00Z", nil},
		"four_letters_of_september":      {"Sept. 3, 2022, 01:05 PM", time.UTC, "Jan. 2, 2006, 3:04 PM", "2022-09-03T13:05:00Z", nil},
		"all_letters_of_september":       {"September 3, 2022", time.UTC, "January 2, 2006", "2022-09-03T00:00:00Z", nil},
		"words":                          {"yesterday", london, local, "", statement.ErrTime},
		"no_such_day":                    {"2023-02-29 12:00:00", london, local, "", statement.ErrTime},
		"never":                          {"2024-03-31 01:30:00", london, local, "", statement.ErrNever},
		"the_minute_before_never":        {"2024-03-31 00:59:59", london, local, "2024-03-31T00:59:59Z", nil},
		"the_minute_after_never":         {"2024-03-31 02:00:00", london, local, "2024-03-31T01:00:00Z", nil},
		"twice":                          {"2024-10-27 01:30:00", london, local, "", statement.ErrTwice},
		"twice_at_its_start":             {"2024-10-27 01:00:00", london, local, "", statement.ErrTwice},
		"before_twice":                   {"2024-10-27 00:59:59", london, local, "2024-10-26T23:59:59Z", nil},
		"after_twice":                    {"2024-10-27 02:00:00", london, local, "2024-10-27T02:00:00Z", nil},
		"half_an_hour_of_shift_twice":    {"2024-04-07 01:45:00", lordHowe, local, "", statement.ErrTwice},
		"half_an_hour_of_shift_is_over":  {"2024-04-07 02:15:00", lordHowe, local, "2024-04-06T15:45:00Z", nil},
		"half_an_hour_of_shift_is_never": {"2024-10-06 02:15:00", lordHowe, local, "", statement.ErrNever},
		"a_year_too_early":               {"1989-12-31 23:00:00", time.UTC, local, "", statement.ErrYearRange},
		"a_year_too_late":                {"2201-01-01 00:00:00", time.UTC, local, "", statement.ErrYearRange},
	} {
		at, err := statement.ParseTime(c.cell, c.zone, c.layout)
		if !errors.Is(err, c.fault) || (err == nil) != (c.fault == nil) {
			t.Errorf("%s: error %v, want %v", name, err, c.fault)
			continue
		}
		if err == nil && string(at.AppendTo(nil)) != c.want {
			t.Errorf("%s: %s, want %s", name, at.AppendTo(nil), c.want)
		}
	}
}

// TestTimeFault says what is wrong with a time of our own format.
func TestTimeFault(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]error{
		"2024-07-15T12:00:00":        statement.ErrNoZone,
		"2024-07-15 12:00:00.5":      statement.ErrNoZone,
		"1975-07-15T12:00:00Z":       statement.ErrYearRange,
		"1975-07-15T12:00:00":        statement.ErrYearRange,
		"2300-07-15 12:00:00+01:00":  statement.ErrYearRange,
		"2024-07-15":                 statement.ErrTime,
		"2024-06-31T12:00:00Z":       statement.ErrTime,
		"15.07.2024 12:00":           statement.ErrTime,
		"2024-07-15T12:00:00 London": statement.ErrTime,
		"":                           statement.ErrTime,
	} {
		if err := statement.TimeFault(cell); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", cell, err, want)
		}
	}
}

// rfc3339 compares the quick reading of instants with that of package time: it
// takes no time that the other refuses, and means the same by it.
func rfc3339(t *rapid.T) {
	two := func(name string, most int) string {
		return rapid.StringMatching(`[0-9]{2}`).Filter(func(s string) bool { return s <= string([]byte{byte('0' + most/10), byte('0' + most%10)}) }).Draw(t, name)
	}
	cell := rapid.SampledFrom([]string{"1989", "1990", "1999", "2000", "2023", "2024", "2100", "2200", "2201"}).Draw(t, "year") +
		"-" + two("month", 13) + "-" + two("day", 32) + rapid.SampledFrom([]string{"T", " "}).Draw(t, "between") +
		two("hour", 24) + ":" + two("minute", 60) + ":" + two("second", 60) +
		rapid.SampledFrom([]string{"", ".5", ".123456789", ",25", "."}).Draw(t, "fraction") +
		rapid.SampledFrom([]string{"Z", "z", "+01:00", "-15:30", "+1:00", "", " Z", "+01:61"}).Draw(t, "offset")
	at, ok := statement.ParseRFC3339(cell)
	want, err := time.Parse(time.RFC3339, strings.Replace(cell, " ", "T", 1))
	if strings.HasSuffix(cell, "z") {
		want, err = time.Parse(time.RFC3339, strings.Replace(cell[:len(cell)-1]+"Z", " ", "T", 1))
	}
	if err == nil && (want.Year() < 1990 || cell[:4] > "2200" || cell[:4] < "1990") {
		err = statement.ErrYearRange
	}
	switch {
	case ok && err != nil && cell[:4] >= "1990" && cell[:4] <= "2200" && !errors.Is(err, statement.ErrYearRange):
		t.Fatalf("%s is taken; %v", cell, err)
	case !ok && err == nil:
		t.Fatalf("%s is refused", cell)
	case ok && err == nil && at != ledger.InstantOf(want):
		t.Fatalf("%s is read as %s", cell, at.AppendTo(nil))
	}
}

func TestRFC3339(t *testing.T) { t.Parallel(); rapid.Check(t, rfc3339) }

func FuzzRFC3339(f *testing.F) { f.Fuzz(rapid.MakeFuzz(rfc3339)) }
