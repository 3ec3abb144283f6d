package store

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// life is a connection of its own that a replica keeps while it works, with a
// lock that the database gives up the moment the process is gone: so the
// others notice without waiting for a silence.
type life struct {
	config *pgx.ConnConfig

	mu   sync.Mutex
	conn *pgx.Conn
	over bool
}

// signs are the signs of life of all replicas but one, each with whether its
// lock is held. A lock of a whole number is kept in two halves.
const signs = `select l.name, l.holder, exists (
  select 1 from pg_locks k where k.locktype = 'advisory' and k.objsubid = 1 and k.granted
    and k.database = (select oid from pg_database where datname = current_database())
    and (k.classid::bigint << 32 | k.objid::bigint) = hashtextextended(l.name, 0)
) as connected
from leases l where l.name like 'replica/%' and l.name <> ?`

// begin takes the lock.
func (l *life) begin(ctx context.Context, name string) error {
	l.mu.Lock()
	l.over = false
	l.mu.Unlock()
	_, err := l.hold(ctx, name)
	return err
}

// hold keeps the lock, and reports whether it had to be taken.
func (l *life) hold(ctx context.Context, name string) (fresh bool, err error) {
	const limit = 5 * time.Second
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return false, nil
	}
	if l.conn != nil {
		if l.conn.Ping(ctx) == nil {
			return false, nil
		}
		_ = l.conn.Close(ctx) // it is broken
		l.conn = nil
	}
	conn, err := pgx.ConnectConfig(ctx, l.config.Copy())
	if err != nil {
		return false, err
	}
	// Shared, so that a connection that broke off unseen is not waited for.
	if _, err := conn.Exec(ctx, "select pg_advisory_lock_shared(hashtextextended($1, 0))", name); err != nil {
		_ = conn.Close(ctx) // the first error says more
		return false, err
	}
	l.conn = conn
	return true, nil
}

// end gives the lock back.
func (l *life) end(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	if l.conn == nil {
		return nil
	}
	conn := l.conn
	l.conn = nil
	return conn.Close(ctx)
}
