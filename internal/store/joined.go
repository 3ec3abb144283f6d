package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// errNotOurs is the error of ending a transaction that somebody else began.
var errNotOurs = errors.New("store: the transaction is not this one's to end")

// joined is a pgx.Tx that takes part in a transaction begun by database/sql on
// the same connection, so that jobs commit with the rows that need them. Only
// its savepoints can be ended.
type joined struct {
	on    *pgx.Conn
	depth int
}

// joined returns the pgx side of a transaction.
func (t *tx) joined() (pgx.Tx, error) {
	j := &joined{}
	err := t.conn.Raw(func(c any) error {
		std, ok := c.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("store: a connection of type %T", c)
		}
		j.on = std.Conn()
		return nil
	})
	return j, err
}

// Begin implements pgx.Tx by a savepoint.
func (j *joined) Begin(ctx context.Context) (pgx.Tx, error) {
	_, err := j.on.Exec(ctx, fmt.Sprintf("savepoint joined_%d", j.depth+1))
	return &joined{j.on, j.depth + 1}, err
}

// Commit implements pgx.Tx.
func (j *joined) Commit(ctx context.Context) error { return j.end(ctx, "release") }

// Rollback implements pgx.Tx.
func (j *joined) Rollback(ctx context.Context) error { return j.end(ctx, "rollback to") }

func (j *joined) end(ctx context.Context, how string) error {
	if j.depth == 0 {
		return errNotOurs
	}
	_, err := j.on.Exec(ctx, fmt.Sprintf("%s savepoint joined_%d", how, j.depth))
	return err
}

// CopyFrom implements pgx.Tx.
func (j *joined) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	return j.on.CopyFrom(ctx, table, columns, src)
}

// SendBatch implements pgx.Tx.
func (j *joined) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return j.on.SendBatch(ctx, b)
}

// LargeObjects implements pgx.Tx; nothing here uses them.
func (j *joined) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Prepare implements pgx.Tx.
func (j *joined) Prepare(ctx context.Context, name, query string) (*pgconn.StatementDescription, error) {
	return j.on.Prepare(ctx, name, query)
}

// Exec implements pgx.Tx.
func (j *joined) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	return j.on.Exec(ctx, query, args...)
}

// Query implements pgx.Tx.
func (j *joined) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return j.on.Query(ctx, query, args...)
}

// QueryRow implements pgx.Tx.
func (j *joined) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	return j.on.QueryRow(ctx, query, args...)
}

// Conn implements pgx.Tx.
func (j *joined) Conn() *pgx.Conn { return j.on }
