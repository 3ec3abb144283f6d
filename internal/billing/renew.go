package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/ledgersys/ledgersys/internal/job"
)

// reminders are sent so many days before the end of what is paid, by the
// calendar; the last one when the days of grace are over.
var reminders = []struct {
	days int // before the end; negative is after it
	kind string
}{
	{14, "reminder"}, {3, "reminder"}, {0, "ending"}, {-14, "ended"},
}

// ranOut is the reminder of the last day where it is sent after that day.
const ranOut = "ran_out"

// remindJob sends the reminders that are due.
func (s *Service) remindJob(ctx context.Context, _ job.Run) error { return s.Remind(ctx) }

const day = 24 * time.Hour

// DaysLeft is how many days of the calendar, in UTC, lie between a time and the
// end of what is paid: 0 on the last day, negative after it.
func DaysLeft(until, now time.Time) int { return int(until.Truncate(day).Sub(now.Truncate(day)) / day) }

// Remind sends each firm whose paid time ends the reminder that is due, the
// latest one only, and none twice. Paying starts anew.
func (s *Service) Remind(ctx context.Context) error {
	return s.config.Store.Control(ctx, func(tx Tx) error {
		now := tx.Now()
		subs, err := tx.Ending(ctx, now.Add(-Grace-7*day), now.Add(15*day))
		if err != nil {
			return err
		}
		for _, sub := range subs {
			_, renews := sub.Card()
			due := dueReminder(sub.Until, now)
			if due <= sub.Reminded || renews && due < len(reminders) {
				continue // a card renews it by itself
			}
			r := reminders[due-1]
			n := Notice{Kind: r.kind, Firm: sub.Firm, Days: DaysLeft(sub.Until, now)}
			if n.Kind == "ending" && n.Days < 0 {
				n.Kind = ranOut
			}
			if err := tell(ctx, tx, n, fmt.Sprintf("%s/%s/%d", sub.Firm, sub.Until.Format(time.DateOnly), r.days)); err != nil {
				return err
			}
			sub.Reminded = due
			if err := tx.SaveSubscription(ctx, sub); err != nil {
				return err
			}
		}
		return nil
	})
}

// dueReminder is which of the reminders is due, counted from 1; 0 is none. The
// one that says that it has ended waits for the very hour at which it has.
func dueReminder(until, now time.Time) (due int) {
	for i, r := range reminders {
		if r.days >= 0 && DaysLeft(until, now) <= r.days || r.days < 0 && !now.Before(until.Add(Grace)) {
			due = i + 1
		}
	}
	return due
}
