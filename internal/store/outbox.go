package store

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"sync"

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

// task returns what is to be enqueued.
func (r outboxRow) task(firm tenant.FirmID) job.Stored {
	return job.Stored{Kind: r.Kind, Key: r.Key, Firm: firm.String(), Args: json.RawMessage(r.Args), At: r.RunAt.Time, Once: tenant.ID(r.ID).String()}
}

// Enqueue adds a job on the firm's data. On PostgreSQL it is added with the
// transaction. The file of a firm and the job table cannot commit together, so
// there the task waits in the firm's outbox until it is handed over, right
// after the commit or, after a crash, at the next start.
func (t *FirmTx) Enqueue(_ context.Context, task job.Task) error {
	task.Firm = t.firm
	stored, err := task.Store()
	if err != nil {
		return err
	}
	if t.dialect == postgres {
		return t.store.jobs.insert(t.tx, stored)
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
		t.AfterCommit(func() { t.store.outbox.add(t.firm) })
	}
	return nil
}

// outbox knows the firms whose outboxes are to be handed over.
type outbox struct {
	store *Store
	wake  chan struct{} // holds at most one
	mu    sync.Mutex
	firms map[tenant.FirmID]bool
}

func newOutbox(s *Store) *outbox {
	return &outbox{store: s, wake: make(chan struct{}, 1), firms: make(map[tenant.FirmID]bool)}
}

// add notes a firm.
func (o *outbox) add(firm tenant.FirmID) {
	o.mu.Lock()
	o.firms[firm] = true
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default: // somebody will look anyway
	}
}

// flush hands over what waits in the outboxes of the firms that were noted.
// A firm that cannot be served stays noted.
func (o *outbox) flush(ctx context.Context) error {
	o.mu.Lock()
	firms := maps.Clone(o.firms)
	clear(o.firms)
	o.mu.Unlock()
	var errs []error
	for firm := range firms {
		if err := o.store.sweep(ctx, firm); err != nil {
			errs = append(errs, err)
			o.mu.Lock()
			o.firms[firm] = true
			o.mu.Unlock()
		}
	}
	return errors.Join(errs...)
}

// batch is how many tasks are handed over in one transaction.
const batch = 500

// sweep enqueues what waits in a firm's outbox and then forgets it. If it
// stops in between, the next one finds the same rows and enqueues nothing
// twice.
func (s *Store) sweep(ctx context.Context, firm tenant.FirmID) error {
	scope := tenant.ForJob(firm, tenant.EntityID{}, "store.sweep")
	for {
		var rows []outboxRow
		err := s.ReadFirm(ctx, scope, func(t *FirmTx) error { return t.db.Order("created_at, id").Limit(batch).Find(&rows).Error })
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]key, len(rows))
		err = s.Control(ctx, func(t *ControlTx) error {
			for i, r := range rows {
				ids[i] = r.ID
				if err := s.jobs.insert(t.tx, r.task(firm)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := s.InFirm(ctx, scope, func(t *FirmTx) error { return t.db.Where("id in ?", ids).Delete(&outboxRow{}).Error }); err != nil {
			return err
		}
	}
}
