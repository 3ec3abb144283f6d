package store

import (
	"context"
	"encoding/json"

	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// outboxRow is work of a firm that the job table does not hold yet.
type outboxRow struct {
	ID        key
	Kind      string
	Key       string
	Args      string
	RunAt     stamp
	CreatedAt stamp
}

// TableName implements gorm's Tabler.
func (outboxRow) TableName() string { return "outbox" }

// Enqueue adds a job on the firm's data. The file of a firm and the job table
// cannot commit together, so the task waits in the firm's outbox until the
// commit, or the sweeper after a crash, hands it over.
func (t *FirmTx) Enqueue(_ context.Context, task job.Task) error {
	task.Firm = t.firm
	stored, err := task.Store()
	if err != nil {
		return err
	}
	row := outboxRow{
		ID: key(tenant.NewID()), Kind: stored.Kind, Key: stored.Key, Args: string(stored.Args), RunAt: stamp{stored.At}, CreatedAt: stamp{t.Now()},
	}
	if row.Args == "" {
		row.Args = "null"
	}
	if row.RunAt.IsZero() {
		row.RunAt = row.CreatedAt
	}
	if err := t.db.Create(&row).Error; err != nil {
		return err
	}
	if !t.sweeps {
		t.sweeps = true
		t.AfterCommit(func() { t.store.sweepSoon(t.firm) })
	}
	return nil
}

// task returns what is to be enqueued.
func (r outboxRow) task(firm tenant.FirmID) job.Stored {
	return job.Stored{Kind: r.Kind, Key: r.Key, Firm: firm.String(), Args: json.RawMessage(r.Args), At: r.RunAt.Time, Once: tenant.ID(r.ID).String()}
}
