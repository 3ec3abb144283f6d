package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

const controlChain = audit.Control

// tx is what transactions on the control plane and on a firm share.
type tx struct {
	db      *gorm.DB // every query goes through it
	sql     *sql.Tx
	conn    *sql.Conn
	ctx     context.Context //nolint:containedctx // lives as long as the transaction
	dialect dialect

	store   *Store
	chain   string
	firm    tenant.FirmID // zero on the control plane
	at      time.Time
	sealer  Sealer
	entries []audit.Entry
	after   []func()
	sweeps  bool // the outbox is swept after the commit
}

// ControlTx is a transaction on the control plane.
type ControlTx struct{ *tx }

// FirmTx is a transaction on one firm's data.
type FirmTx struct {
	*tx
	scope tenant.Scope
}

// Scope returns who acts on what.
func (t *FirmTx) Scope() tenant.Scope { return t.scope }

// Now returns the time of the transaction, the same at every call.
func (t *tx) Now() time.Time {
	if t.at.IsZero() {
		t.at = t.store.now()
	}
	return t.at
}

// AfterCommit leaves something to do when the transaction has committed, in
// the order of the calls. If the process dies in between it is not done.
func (t *tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

// Audit adds an entry to the control plane's chain. It is written when the
// transaction ends, so that the chain is held as short as can be.
func (t *ControlTx) Audit(_ context.Context, e audit.Entry) error {
	t.entries = append(t.entries, e)
	return nil
}

// Audit adds an entry to the firm's chain, with the scope's actor.
func (t *FirmTx) Audit(_ context.Context, e audit.Entry) error {
	if e.Actor != (tenant.Actor{}) || !e.Firm.IsZero() {
		return errors.New("store: a firm's chain takes actor and firm from the scope")
	}
	e.Actor = t.scope.Actor()
	t.entries = append(t.entries, e)
	return nil
}

// Enqueue adds a job.
func (t *ControlTx) Enqueue(_ context.Context, task job.Task) error {
	stored, err := task.Store()
	if err != nil {
		return err
	}
	return t.store.jobs.insert(t.tx, stored)
}

// finish writes what was left for the end of the transaction.
func (t *tx) finish(err error) error {
	if err != nil || len(t.entries) == 0 {
		return err
	}
	t.AfterCommit(func() { t.store.heads.add(t.chain) })
	return t.appendAudit()
}

// replace is the clause by which an insert takes the place of the row with the
// same columns.
func (t *tx) replace(columns ...string) clause.OnConflict {
	if t.dialect == postgres && !t.firm.IsZero() {
		columns = append([]string{"firm_id"}, columns...)
	}
	c := clause.OnConflict{UpdateAll: true}
	for _, name := range columns {
		c.Columns = append(c.Columns, clause.Column{Name: name})
	}
	return c
}

// jobs returns the name of the table of jobs.
func (t *tx) jobs() string {
	if t.dialect == postgres {
		return "control.river_job" // a firm's transaction looks into another schema
	}
	return "river_job"
}

// try runs fn so that its failure leaves the transaction usable: PostgreSQL
// gives up a whole transaction after any error.
func (t *tx) try(fn func(db *gorm.DB) error) error { return t.db.Transaction(fn) }
