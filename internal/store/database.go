package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// database is one database: a pool that writes and a pool that reads, with a
// gorm on top that is only ever used inside a transaction.
type database struct {
	write, read *sql.DB
	orm         *gorm.DB // its pool is replaced by each transaction's
	dialect     dialect
}

// dialect is the language a database speaks.
type dialect string

const (
	sqlite   dialect = "sqlite"
	postgres dialect = "postgres"
)

// patience is how long a transaction waits for a connection before the caller
// hears that the store is busy. It also ends a transaction that was opened
// inside another one, which would wait forever.
const patience = 5 * time.Second

// close closes both pools.
func (d *database) close() error { return errors.Join(d.read.Close(), d.write.Close()) }

// run runs fn in a transaction and then, if it committed, what fn left to do
// after it.
func (d *database) run(ctx context.Context, write bool, fn func(*tx) error) error {
	t := &tx{dialect: d.dialect}
	if err := d.within(ctx, write, t, fn); err != nil {
		return d.explain(err)
	}
	for _, after := range t.after {
		after()
	}
	return nil
}

// within holds one connection for one transaction.
func (d *database) within(ctx context.Context, write bool, t *tx, fn func(*tx) error) (err error) {
	pool := d.read
	if write {
		pool = d.write
	}
	wait, cancel := context.WithTimeout(ctx, patience)
	conn, err := pool.Conn(wait)
	cancel()
	if err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%w: no connection within %s", errBusy, patience)
		}
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	in, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: !write && d.dialect == postgres})
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done { // an error or a panic
			if back := in.Rollback(); !errors.Is(back, sql.ErrTxDone) {
				err = errors.Join(err, back)
			}
		}
	}()
	t.db, t.sql, t.conn, t.ctx = d.orm.Session(&gorm.Session{Context: ctx, NewDB: true}), in, conn, ctx
	t.db.Statement.ConnPool = in
	if err := fn(t); err != nil {
		return err
	}
	if err := in.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	done = true
	return nil
}

var errBusy = errors.New("store: busy")

// explain marks what the caller can do something about.
func (d *database) explain(err error) error {
	if fault.Of(err).Kind != fault.Internal {
		return err
	}
	if errors.Is(err, errBusy) || isBusy(err) {
		f := fault.New(fault.Busy, err, "The service is busy. Please try again in a moment.")
		f.RetryAfter = time.Second
		return f
	}
	return err
}
