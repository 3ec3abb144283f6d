package link_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/link"
)

// TestStrikes: somebody is told after three failures in a row, then weekly, and
// after a run that went well it begins anew.
func TestStrikes(t *testing.T) {
	t.Parallel()
	l, now := link.Link{}, time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var told []int
	for day := range 24 {
		if l.Strike(now.AddDate(0, 0, day)) {
			told = append(told, day)
		}
		if day == 17 {
			l.Strikes = 0 // one went well
		}
	}
	want := []int{2, 9, 16, 20}
	if len(told) != len(want) {
		t.Fatalf("told on days %v, want %v", told, want)
	}
	for i := range want {
		if told[i] != want[i] {
			t.Errorf("told on days %v, want %v", told, want)
		}
	}
}

// TestRests: a link that is not fetched by itself names no time, but why, and
// data that is older than it should be is told in days.
func TestRests(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)
	next := now.Add(time.Hour)
	for name, c := range map[string]struct {
		state    link.State
		schedule string
		lapsed   bool
		age      time.Duration
		rest     link.Rest
		stale    int
	}{
		"fresh":        {link.Active, link.Daily, false, 20 * time.Hour, "", 0},
		"failed":       {link.Failed, link.Daily, false, 6*24*time.Hour + time.Hour, "", 6},
		"weekly":       {link.Active, link.Weekly, false, 7 * 24 * time.Hour, "", 0},
		"weekly_old":   {link.Failed, link.Weekly, false, 9 * 24 * time.Hour, "", 9},
		"never":        {link.Failed, link.Daily, false, 0, "", 0},
		"paused":       {link.Paused, link.Daily, false, 90 * 24 * time.Hour, "paused", 0},
		"suspended":    {link.Suspended, link.Hourly, false, 3 * 24 * time.Hour, "suspended_write_permission", 3},
		"needs_key":    {link.NeedsReauth, link.Daily, true, 3 * 24 * time.Hour, "needs_reauth", 3},
		"lapsed":       {link.Active, link.Daily, true, 30 * 24 * time.Hour, "plan_lapsed", 30},
		"by_hand":      {link.Active, link.Manual, true, 30 * 24 * time.Hour, "manual", 0},
		"rate_limited": {link.RateLimited, link.Daily, false, 0, "", 0},
	} {
		l := link.Link{State: c.state, Schedule: c.schedule, Next: next, Streams: []link.Stream{{State: link.Absent}, {State: link.Done, To: now}}}
		if c.age > 0 {
			l.Streams = append(l.Streams, link.Stream{State: link.Done, To: now.Add(-c.age)})
		} else {
			l.Streams = append(l.Streams, link.Stream{State: link.Idle})
		}
		if got := l.Rests(c.lapsed); got != c.rest || l.NextRun(c.lapsed).IsZero() != (c.rest != "") {
			t.Errorf("%s: rests %q, next %s", name, got, l.NextRun(c.lapsed))
		}
		if got := l.Stale(now, c.lapsed); got != c.stale {
			t.Errorf("%s: %d days", name, got)
		}
	}
}
