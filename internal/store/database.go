package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
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

// mode is what a transaction is for.
type mode struct {
	firm  tenant.FirmID // whose rows; zero is the control plane's
	write bool
}

const (
	// patience is how long a transaction waits for a connection before the
	// caller hears that the store is busy. It also ends a transaction that was
	// opened inside another one, which would wait forever.
	patience = 5 * time.Second
	// attempts is how often a transaction is begun anew when the connection
	// turns out to be dead, before anything was done in it.
	attempts = 3
)

// close closes both pools.
func (d *database) close() error {
	if d.read == d.write {
		return d.write.Close()
	}
	return errors.Join(d.read.Close(), d.write.Close())
}

// run runs fn in a transaction and then, if it committed, what fn left to do
// after it.
func (d *database) run(ctx context.Context, m mode, fn func(*tx) error) error {
	t := &tx{dialect: d.dialect, firm: m.firm, ctx: ctx}
	if err := d.within(ctx, m, t, fn); err != nil {
		return d.explain(err)
	}
	for _, after := range t.after {
		after()
	}
	return nil
}

// within holds one connection for one transaction.
func (d *database) within(ctx context.Context, m mode, t *tx, fn func(*tx) error) (err error) {
	if err := d.begin(ctx, m, t); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.conn.Close()) }()
	done := false
	defer func() {
		if !done { // an error or a panic
			if back := t.sql.Rollback(); !errors.Is(back, sql.ErrTxDone) && !errors.Is(back, driver.ErrBadConn) {
				err = errors.Join(err, back)
			}
		}
	}()
	t.db = d.orm.Session(&gorm.Session{Context: ctx, NewDB: true})
	t.db.Statement.ConnPool = t.sql
	if err := fn(t); err != nil {
		return err
	}
	if err := t.sql.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	done = true
	return nil
}

// begin gives t a connection and a transaction on it.
func (d *database) begin(ctx context.Context, m mode, t *tx) (err error) {
	pool, opts := d.read, &sql.TxOptions{}
	if m.write {
		pool = d.write
	}
	if d.dialect == postgres && !m.write {
		opts.ReadOnly, opts.Isolation = true, sql.LevelRepeatableRead // one moment, as in SQLite
	}
	for range attempts {
		wait, cancel := context.WithTimeout(ctx, patience)
		t.conn, err = pool.Conn(wait)
		cancel()
		if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%w: no connection within %s", errBusy, patience)
		}
		if err != nil {
			continue
		}
		if t.sql, err = t.conn.BeginTx(ctx, opts); err == nil {
			if d.dialect == sqlite {
				return nil
			}
			if err = enter(ctx, t.sql, m); err == nil {
				return nil
			}
			_ = t.sql.Rollback() // the error of entering says more
		}
		_ = t.conn.Close() // likewise
		if d.dialect == sqlite || !isConnection(err) {
			return err
		}
	}
	return err
}

var errBusy = errors.New("store: busy")

// explain marks what the caller can do something about.
func (d *database) explain(err error) error {
	if fault.Of(err).Kind != fault.Internal {
		return err
	}
	if errors.Is(err, errBusy) || isBusy(err) || d.dialect == postgres && isConnection(err) {
		f := fault.New(fault.Busy, err, "The service is busy. Please try again in a moment.")
		f.RetryAfter = time.Second
		return f
	}
	return err
}
