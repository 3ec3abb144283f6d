package ledger_test

import (
	"testing"
	"time"
	_ "time/tzdata" // tests must not need the time zones of the machine

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
)

func TestParseDate(t *testing.T) {
	const blank = " "
	t.Parallel()
	for text, ok := range map[string]bool{
		"2024-02-29": true, "2000-02-29": true, "1969-12-31": true, "0001-01-01": true, "9999-12-31": true,
		"2023-02-29": false, "1900-02-29": false, "2024-13-01": false, "2024-00-10": false, "2024-04-31": false,
		"": false, "2024-1-1": false, "2024-01-01" + blank: false, "20240101": false, "01/02/2024": false, "2024-01-01T00:00:00Z": false,
		"2024-01-0١": false,
	} {
		d, err := ledger.ParseDate(text)
		switch {
		case (err == nil) != ok:
			t.Errorf("%q: %v", text, err)
		case ok && d.String() != text:
			t.Errorf("%q was read as %s", text, d)
		case !ok && d != 0:
			t.Errorf("%q: an error with the date %s", text, d)
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	if got := ledger.Date(0).String(); got != "" {
		t.Errorf("no date prints as %q", got)
	}
	if got := ledger.NewDate(2024, time.February, 30).String(); got != "2024-03-01" {
		t.Errorf("30 February is %s", got)
	}
	if got := string(ledger.NewDate(12024, time.March, 4).AppendTo([]byte("on "))); got != "on 12024-03-04" {
		t.Errorf("a far date prints as %q", got)
	}
	zone := time.FixedZone("", 9*3600)
	if got := ledger.DateOf(time.Date(2024, 12, 31, 23, 59, 59, 0, zone)).String(); got != "2024-12-31" {
		t.Errorf("the date of a time is %s, want that of its own zone", got)
	}
	if y, m, d := ledger.NewDate(1970, time.January, 2).Civil(); y != 1970 || m != time.January || d != 2 {
		t.Errorf("got %d %s %d", y, m, d)
	}
}

// TestAnniversary: one year later is the same day; 29 February becomes 28
// February in common years (rules.md 0.2).
func TestAnniversary(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from  string
		years int
		want  string
	}{
		{"2023-05-01", 1, "2024-05-01"},
		{"2024-02-28", 1, "2025-02-28"},
		{"2024-02-29", 1, "2025-02-28"},
		{"2024-02-29", 4, "2028-02-29"},
		{"2023-02-28", 1, "2024-02-28"},
		{"2024-03-01", 1, "2025-03-01"},
		{"2024-12-31", 1, "2025-12-31"},
		{"1896-02-29", 4, "1900-02-28"},
		{"1996-02-29", 4, "2000-02-29"},
		{"2024-02-29", -1, "2023-02-28"},
		{"2024-02-29", 0, "2024-02-29"},
	} {
		d, err := ledger.ParseDate(c.from)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Anniversary(c.years).String(); got != c.want {
			t.Errorf("%s plus %d years is %s, want %s", c.from, c.years, got, c.want)
		}
	}
}

// dates: text, civil parts and days agree with package time, and an
// anniversary lies 365 or 366 days later.
func dates(t *rapid.T) {
	d := ledger.Date(rapid.Int32Range(-700_000, 2_900_000).Draw(t, "date"))
	if d == 0 {
		return
	}
	y, m, day := d.Civil()
	if back := ledger.NewDate(y, m, day); back != d {
		t.Fatalf("%s comes back as %s", d, back)
	}
	if back, err := ledger.ParseDate(d.String()); err != nil || back != d {
		t.Fatalf("%s is read back as %s (%v)", d, back, err)
	}
	n := rapid.IntRange(-2000, 2000).Draw(t, "days")
	if want := ledger.DateOf(time.Date(y, m, day+n, 0, 0, 0, 0, time.UTC)); d.AddDays(n) != want {
		t.Fatalf("%s plus %d days is %s, want %s", d, n, d.AddDays(n), want)
	}
	next := d.Anniversary(1)
	if gap := next - d; gap != 365 && gap != 366 {
		t.Fatalf("the anniversary of %s is %s, %d days later", d, next, gap)
	}
	if ny, nm, nd := next.Civil(); ny != y+1 || nm != m || nd != day && (m != time.February || day != 29 || nd != 28) {
		t.Fatalf("the anniversary of %s is %s", d, next)
	}
}

func TestDatesAgreeWithTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, dates)
}

// zones have had their clocks changed at midnight, by half hours and whole
// days, often and never.
var zones = []string{
	"UTC", "Europe/London", "Europe/Dublin", "Europe/Berlin", "Africa/Johannesburg", "Australia/Sydney", "Asia/Kolkata", "Asia/Colombo",
	"Africa/Lagos", "America/New_York", "America/Toronto", "America/Sao_Paulo", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia",
	"Pacific/Kiritimati", "Asia/Kathmandu", "Africa/Casablanca", "Europe/Lisbon", "America/Argentina/San_Luis", "Antarctica/Troll", "Asia/Tehran",
}

// calendar: whatever the order of the questions, a calendar gives the date
// that package time gives.
func calendar(t *rapid.T) {
	zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	cal := ledger.NewCalendar(zone)
	if cal.Zone() != zone {
		t.Fatal("another zone")
	}
	at := time.Date(rapid.IntRange(1900, 2100).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC)
	for range rapid.IntRange(1, 20).Draw(t, "questions") {
		if rapid.Bool().Draw(t, "at a change of the clock") {
			if _, end := at.In(zone).ZoneBounds(); !end.IsZero() {
				at = end.Add(time.Duration(rapid.Int64Range(-2, 2).Draw(t, "around")) * time.Microsecond)
			}
		} else {
			at = at.Add(time.Duration(rapid.Int64Range(-400*24*3600e6, 400*24*3600e6).Draw(t, "later")) * time.Microsecond)
		}
		local := at.In(zone)
		if got, want := cal.Date(ledger.InstantOf(at)), ledger.DateOf(local); got != want {
			t.Fatalf("%s is on %s in %s, want %s", at.Format(time.RFC3339Nano), got, zone, want)
		}
		if back := ledger.InstantOf(at).Time(); !back.Equal(at) {
			t.Fatalf("%s comes back as %s", at, back)
		}
	}
}

func TestCalendarAgreesWithTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, calendar)
}

func FuzzCalendar(f *testing.F) { f.Fuzz(rapid.MakeFuzz(calendar)) }

// TestMidnight: a date begins at its first instant, also where the clock jumps
// over midnight.
func TestMidnight(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, date, want string }{
		{"UTC", "2024-05-01", "2024-05-01T00:00:00Z"},
		{"Europe/London", "2024-07-01", "2024-06-30T23:00:00Z"},
		{"Asia/Kolkata", "2024-04-01", "2024-03-31T18:30:00Z"},
		{"America/New_York", "2024-03-10", "2024-03-10T05:00:00Z"}, // the clock changes at 2
		{"America/New_York", "2024-03-11", "2024-03-11T04:00:00Z"},
		{"Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z"}, // 00:00 is skipped
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		d, err := ledger.ParseDate(c.date)
		if err != nil {
			t.Fatal(err)
		}
		cal := ledger.NewCalendar(zone)
		at := cal.Midnight(d)
		if got := string(at.AppendTo(nil)); got != c.want {
			t.Errorf("%s begins in %s at %s, want %s", c.date, c.zone, got, c.want)
		}
		if got := cal.Date(at); got != d {
			t.Errorf("the midnight of %s in %s is on %s", c.date, c.zone, got)
		}
	}
}

func TestInstant(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2024-07-01T12:00:00Z":             "2024-07-01T12:00:00Z",
		"2024-07-01T12:00:00.5+02:00":      "2024-07-01T10:00:00.5Z",
		"2024-07-01T12:00:00.000001Z":      "2024-07-01T12:00:00.000001Z",
		"2024-07-01T12:00:00.0000019Z":     "2024-07-01T12:00:00.000001Z", // below the microsecond is cut
		"1969-12-31T23:59:59.999999Z":      "1969-12-31T23:59:59.999999Z",
		"1969-12-31T23:59:59.9999999Z":     "1969-12-31T23:59:59.999999Z",
		"2024-07-01T12:00:00.123456-05:30": "2024-07-01T17:30:00.123456Z",
	} {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(ledger.InstantOf(at).AppendTo(nil)); got != want {
			t.Errorf("%s prints as %s, want %s", text, got, want)
		}
	}
}
