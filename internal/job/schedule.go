package job

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Schedule says when something is to happen.
type Schedule struct {
	cron cron.Schedule
	spec string
}

// ParseSchedule reads five fields of cron, or "@hourly", "@every 15m" and the
// like. Times are UTC. A schedule that never comes is refused, and so is one
// that names a zone of its own: the library panics on some of those.
func ParseSchedule(spec string) (Schedule, error) {
	spec = strings.TrimSpace(spec)
	if strings.Contains(spec, "=") || len(spec) > 100 {
		return Schedule{}, fmt.Errorf("job: schedule %q: only five fields or @hourly, @daily, @weekly, @monthly, @every", spec)
	}
	c, err := cron.ParseStandard(spec)
	if err != nil {
		return Schedule{}, fmt.Errorf("job: schedule %q: %w", spec, err)
	}
	if c.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Schedule{}, fmt.Errorf("job: schedule %q: that time never comes", spec)
	}
	return Schedule{c, spec}, nil
}

// Next returns the first time after t.
func (s Schedule) Next(t time.Time) time.Time { return s.cron.Next(t.UTC()).UTC() }

// String returns the schedule as it was given.
func (s Schedule) String() string { return s.spec }
