package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/ledgersys/ledgersys/internal/job"
)

// reminders are sent so many days before the end of what is paid; the last one
// when the days of grace are over.
var reminders = []struct {
	days int // before the end; negative is after it
	kind string
}{
	{14, "reminder"}, {3, "reminder"}, {0, "ending"}, {-14, "ended"},
}

// remindJob sends the reminders that are due.
func (s *Service) remindJob(ctx context.Context, _ job.Run) error { return s.Remind(ctx) }

// Remind sends each firm whose paid time ends the reminder that is due, the
// latest one only, and none twice. Paying starts anew.
func (s *Service) Remind(ctx context.Context) error {
	const day = 24 * time.Hour
	return s.config.Store.Control(ctx, func(tx Tx) error {
		now := tx.Now()
		subs, err := tx.Ending(ctx, now.Add(-Grace-7*day), now.Add(15*day))
		if err != nil {
			return err
		}
		for _, sub := range subs {
			_, renews := sub.Card()
			due := 0
			for i, r := range reminders {
				if !now.Before(sub.Until.Add(time.Duration(-r.days) * day)) {
					due = i + 1
				}
			}
			if due <= sub.Reminded || renews && due < len(reminders) {
				continue // a card renews it by itself
			}
			r := reminders[due-1]
			n := Notice{Kind: r.kind, Firm: sub.Firm, Days: r.days}
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
