package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// The store's own kinds of tasks.
const (
	purgeKind  = "store.purge"
	verifyKind = "audit.verify"
	alertKind  = "audit.alert"
)

// Chores registers the store's own tasks: what is past its time is deleted
// every day and outboxes that were left over are handed over; all chains are
// verified every day. deliver tells the operator, by mail if there is any; a
// task that fails there is tried again until it is told. Without it the log,
// the pages and the metrics say it.
func (s *Store) Chores(reg *job.Registry, deliver func(context.Context, audit.Alert) error) error {
	return errors.Join(
		reg.Handle(job.Kind{Name: purgeKind, Limit: limitOfAll, Work: func(ctx context.Context, _ job.Run) error { return s.Purge(ctx) }}),
		reg.Every(purgeKind, "17 2 * * *", job.Task{Kind: purgeKind, Key: "all"}),
		reg.Handle(job.Kind{Name: verifyKind, Limit: limitOfAll, Work: s.verifyDaily}),
		reg.Every(verifyKind, "7 3 * * *", job.Task{Kind: verifyKind, Key: "all"}),
		reg.Handle(job.Kind{Name: alertKind, Tries: 200, Backoff: soon, Work: func(ctx context.Context, r job.Run) error {
			var a audit.Alert
			if err := r.Args(&a); err != nil || deliver == nil {
				return err
			}
			return deliver(ctx, a)
		}}),
	)
}

// soon is the pause between tries to tell an alert.
func soon(try int) time.Duration { return min(time.Duration(try)*10*time.Second, 10*time.Minute) }

// verifyDaily verifies all chains and sends the operator the day's checkpoint.
func (s *Store) verifyDaily(ctx context.Context, _ job.Run) error {
	r, err := s.Verify(ctx, "")
	if err != nil {
		return err
	}
	note, err := s.Checkpoint(ctx)
	if err != nil || !r.OK() {
		return err
	}
	return s.Control(ctx, func(t *ControlTx) error {
		return t.tell(audit.Alert{Kind: audit.Daily, At: t.Now(), Note: note})
	})
}

// tell leaves an alert for the operator, and logs it.
func (t *ControlTx) tell(a audit.Alert) error {
	for _, f := range a.Findings {
		e := audit.Event{Kind: "audit_verification", Outcome: "failed", Object: "chain/" + f.Chain, Actor: tenant.Actor{Via: tenant.ViaJob, Name: verifyKind}}
		if firm, err := tenant.ParseID(f.Chain); err == nil {
			e.Firm = firm
		}
		if err := t.Event(t.ctx, e); err != nil {
			return err
		}
		t.AfterCommit(func() { t.store.log.Error("audit chain is broken", "firm", f.Chain, "seq", f.Seq, "reason", f.What) })
	}
	if a.Kind == audit.Late {
		t.AfterCommit(func() { t.store.log.Error("audit chains were not verified for more than a day") })
	}
	return t.Enqueue(t.ctx, job.Task{Kind: alertKind, Args: a})
}

// markRow is when something last happened.
type markRow struct {
	Name string
	At   stamp
}

// TableName implements gorm's Tabler.
func (markRow) TableName() string { return "marks" }

// The marks.
const (
	beganMark    = "audit.began"    // verification is expected since
	ranMark      = "audit.ran"      // all chains were verified
	verifiedMark = "audit.verified" // all chains were found well
	lateMark     = "audit.late"     // its absence was told
)

// mark notes that something happened now.
func (t *ControlTx) mark(name string) error {
	return t.db.Clauses(t.replace("name")).Create(&markRow{name, stamp{t.Now()}}).Error
}

// expectVerification notes from when on the absence of a verification is late.
func (t *ControlTx) expectVerification() error {
	began, err := t.marked(beganMark)
	if err != nil || !began.IsZero() {
		return err
	}
	return t.mark(beganMark)
}

// marked returns when something last happened, zero if never.
func (t *ControlTx) marked(name string) (time.Time, error) {
	var m markRow
	err := t.db.Where("name = ?", name).Take(&m).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return time.Time{}, nil
	}
	return m.At.Time, err
}

// keepReport notes how a verification of all chains ended.
func (s *Store) keepReport(ctx context.Context, r audit.Report) error {
	outcome := "ok"
	if !r.OK() {
		outcome = "failed"
	}
	return s.Control(ctx, func(t *ControlTx) error {
		for _, f := range r.Findings { // of firms that are not there any more
			if err := t.keepCheck(audit.Head{Chain: f.Chain}, &f); err != nil {
				return err
			}
		}
		err := t.Event(ctx, audit.Event{Kind: "audit_verification", Outcome: outcome, Object: "chain/all", Actor: tenant.Actor{Via: tenant.ViaJob, Name: verifyKind}})
		if err = errors.Join(err, t.mark(ranMark)); err != nil || !r.OK() {
			return err
		}
		return t.mark(verifiedMark)
	})
}

// AuditState returns how the daily verification stands.
func (s *Store) AuditState(ctx context.Context) (a audit.State, err error) {
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		a, err = t.auditState()
		return err
	})
	return a, err
}

func (t *ControlTx) auditState() (a audit.State, err error) {
	if a.Began, err = t.marked(beganMark); err != nil {
		return a, err
	}
	if a.LastRun, err = t.marked(ranMark); err != nil {
		return a, err
	}
	if a.LastSuccess, err = t.marked(verifiedMark); err != nil {
		return a, err
	}
	var rows []checkRow
	err = t.db.Where("finding is not null").Order("chain").Find(&rows).Error
	for _, r := range rows {
		a.Findings = append(a.Findings, audit.Finding{Chain: r.Chain, Seq: r.Seq, What: *r.Finding})
	}
	return a, err
}

// watchEvery is how often it is looked at whether the verification is late.
const watchEvery = 20 * time.Second

// watch tells the operator, once a day, that the verification does not happen.
func (s *Store) watch(ctx context.Context) error {
	now := s.now()
	if now.Sub(s.watched).Abs() < watchEvery {
		return nil
	}
	s.watched = now
	late := func(t *ControlTx) (bool, error) {
		a, err := t.auditState()
		if err != nil || !a.Late(t.Now()) {
			return false, err
		}
		told, err := t.marked(lateMark)
		return t.Now().Sub(told) >= 24*time.Hour, err
	}
	found := false
	err := s.ReadControl(ctx, func(t *ControlTx) (err error) { found, err = late(t); return err })
	if err != nil || !found {
		return err
	}
	return s.Control(ctx, func(t *ControlTx) error {
		if still, err := late(t); err != nil || !still { // another replica told it
			return err
		}
		return errors.Join(t.mark(lateMark), t.tell(audit.Alert{Kind: audit.Late, At: t.Now()}))
	})
}
