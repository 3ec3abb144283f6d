package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/web"
)

// figureTime is how long a figure may take to be read.
const figureTime = 2 * time.Second

// figures adds those of the store to the metrics: when all audit chains were
// last found well, how many are not, and what waits among the jobs.
func (s *service) figures() {
	ask := func(read func(context.Context) (float64, error)) func() float64 {
		return func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), figureTime)
			defer cancel()
			v, err := read(ctx)
			if err != nil {
				return -1 // it is not known: the store does not answer
			}
			return v
		}
	}
	s.metric.Gauge("audit_verify_last_success_timestamp", "When all audit chains were last found well, in seconds of Unix; 0 is never.", nil,
		ask(func(ctx context.Context) (float64, error) {
			a, err := s.store.AuditState(ctx)
			if err != nil || a.LastSuccess.IsZero() {
				return 0, err
			}
			return float64(a.LastSuccess.Unix()), nil
		}))
	s.metric.Gauge("audit_findings", "Audit chains that do not verify.", nil,
		ask(func(ctx context.Context) (float64, error) {
			a, err := s.store.AuditState(ctx)
			return float64(len(a.Findings)), err
		}))
	s.metric.Gauge("jobs_queue_depth", "Tasks that are due and wait for a worker.", nil,
		ask(func(ctx context.Context) (float64, error) {
			n, _, err := s.store.Waiting(ctx)
			return float64(n), err
		}))
	s.metric.Gauge("jobs_oldest_seconds", "How long the oldest of them has waited.", nil,
		ask(func(ctx context.Context) (float64, error) {
			_, oldest, err := s.store.Waiting(ctx)
			return oldest.Seconds(), err
		}))
}

// Checks implements what /readyz?verbose shows.
func (s *service) Checks(ctx context.Context) []web.Check {
	checks := []web.Check{{Name: "store", Err: s.storeAnswers(ctx)}, {Name: "disk"}, {Name: "audit"}}
	if s.watch.Full() {
		checks[1].Err = errors.New("the disk is full: nothing is written")
	}
	a, err := s.store.AuditState(ctx)
	switch {
	case err != nil:
		checks[2].Err = errors.New("not known")
	case len(a.Findings) > 0:
		checks[2].Err = fmt.Errorf("%d chains do not verify", len(a.Findings))
	case a.Late(s.now()):
		checks[2].Err = errors.New("the chains were not verified for more than 26 hours")
	}
	return checks
}

// storeAnswers reports whether the store can be read, in words for anybody.
func (s *service) storeAnswers(ctx context.Context) error {
	if err := s.store.ReadControl(ctx, func(*store.ControlTx) error { return nil }); err != nil {
		return errors.New("it does not answer")
	}
	return nil
}
