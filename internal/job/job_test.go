package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/job"
)

// TestSchedule: what never comes, and what the library cannot take, is
// refused; the rest comes at its time in UTC.
func TestSchedule(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 1, 12, 30, 0, 0, time.FixedZone("", 2*3600))
	for spec, want := range map[string]string{
		"@hourly": "2026-03-01T11:00:00Z", "@daily": "2026-03-02T00:00:00Z", " 7 3 * * * ": "2026-03-02T03:07:00Z", "@every 90m": "2026-03-01T12:00:00Z",
		"0 0 29 2 *": "2028-02-29T00:00:00Z",
	} {
		s, err := job.ParseSchedule(spec)
		if err != nil {
			t.Errorf("%q: %v", spec, err)
			continue
		}
		if got := s.Next(from).Format(time.RFC3339); got != want {
			t.Errorf("%q comes at %s, want %s", spec, got, want)
		}
	}
	for _, spec := range []string{"", "TZ=0", "CRON_TZ=Europe/Berlin", "CRON_TZ=Europe/Berlin 0 0 * * *", "0 0 31 2 *", "* * * * * *", "@never", "@every x", "61 * * * *"} {
		if s, err := job.ParseSchedule(spec); err == nil {
			t.Errorf("%q is taken: next %s", spec, s.Next(from))
		}
	}
}

// noPanic: no text of a person makes the library panic or gives a schedule
// that does not come.
func noPanic(t *rapid.T) {
	spec := rapid.OneOf(rapid.String(), rapid.StringMatching(`(@every |TZ=|CRON_TZ=)?[-0-9*/,? @a-zA-Z=]{0,30}`)).Draw(t, "spec")
	s, err := job.ParseSchedule(spec)
	if err == nil && !s.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).After(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("%q does not come", spec)
	}
}

func TestScheduleNeverPanics(t *testing.T) { t.Parallel(); rapid.Check(t, noPanic) }

func FuzzSchedule(f *testing.F) { f.Fuzz(rapid.MakeFuzz(noPanic)) }

// TestRegistry: a registry refuses what would never run, or run by two.
func TestRegistry(t *testing.T) {
	t.Parallel()
	nothing := func(context.Context, job.Run) error { return nil }
	r := job.NewRegistry(1)
	if err := r.Handle(job.Kind{Name: "a.b", Work: nothing}); err != nil {
		t.Fatal(err)
	}
	if err := r.Every("one", "@daily", job.Task{Kind: "a.b"}); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"twice":        r.Handle(job.Kind{Name: "a.b", Work: nothing}),
		"no_lane":      r.Handle(job.Kind{Name: "ab", Work: nothing}),
		"no_work":      r.Handle(job.Kind{Name: "a.c"}),
		"same_name":    r.Every("one", "@daily", job.Task{Kind: "a.b"}),
		"unknown_kind": r.Every("two", "@daily", job.Task{Kind: "a.c"}),
		"no_schedule":  r.Every("two", "", job.Task{Kind: "a.b"}),
	} {
		if err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// TestStored: what is kept of a task is checked when it is made.
func TestStored(t *testing.T) {
	t.Parallel()
	for _, bad := range []job.Task{{}, {Kind: "intake"}, {Kind: "Intake.Read"}, {Kind: "intake.read", Args: func() {}}} {
		if _, err := bad.Store(); err == nil {
			t.Errorf("taken: %+v", bad)
		}
	}
	s, err := job.Task{Kind: "intake.read", Args: []int{1}}.Store()
	if err != nil || string(s.Args) != "[1]" {
		t.Errorf("%+v %v", s, err)
	}
	below := errors.New("below")
	if err := job.Never(below); !errors.Is(err, below) {
		t.Error("the error is lost")
	}
}
