package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	moderncsqlite "modernc.org/sqlite"
)

// keptStatements is how many queries a connection remembers.
const keptStatements = 48

// statements opens connections to a SQLite file that remember their queries:
// to parse one takes longer than to run it, and the same few are asked with
// every request.
type statements struct{ dsn string }

// rememberingPool makes a pool of such connections.
func rememberingPool(dsn string) *sql.DB { return sql.OpenDB(statements{dsn}) }

// Driver implements driver.Connector.
func (statements) Driver() driver.Driver { return &moderncsqlite.Driver{} }

// Connect implements driver.Connector.
func (s statements) Connect(context.Context) (driver.Conn, error) {
	c, err := s.Driver().Open(s.dsn)
	if err != nil {
		return nil, err
	}
	conn, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("store: a connection of type %T", c), c.Close())
	}
	return &rememberingConn{sqliteConn: conn, kept: make(map[string]*keptStatement)}, nil
}

// sqliteConn is what a connection of the driver can do for database/sql.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// rememberingConn is a connection that keeps its queries parsed. Like every
// driver.Conn it is used by one goroutine at a time.
type rememberingConn struct {
	sqliteConn
	kept map[string]*keptStatement
}

// keptStatement is a parsed query; while its rows are read it is taken.
type keptStatement struct {
	driver.Stmt
	taken bool
}

// QueryContext implements driver.QueryerContext.
func (c *rememberingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, ok := c.kept[query]
	if ok && s.taken { // the same query within its own rows
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	if !ok {
		if err := c.forget(keptStatements - 1); err != nil {
			return nil, err
		}
		stmt, err := c.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		s = &keptStatement{Stmt: stmt}
		c.kept[query] = s
	}
	ask, ok := s.Stmt.(driver.StmtQueryContext)
	if !ok {
		return nil, fmt.Errorf("store: a statement of type %T", s.Stmt)
	}
	rows, err := ask.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	typed, ok := rows.(typedRows)
	if !ok {
		return nil, errors.Join(fmt.Errorf("store: rows of type %T", rows), rows.Close())
	}
	s.taken = true
	return &keptRows{typedRows: typed, of: s}, nil
}

// forget closes the queries that are not being read if there are more than so
// many.
func (c *rememberingConn) forget(most int) error {
	if len(c.kept) <= most {
		return nil
	}
	var errs []error
	for query, s := range c.kept {
		if !s.taken {
			errs = append(errs, s.Close())
			delete(c.kept, query)
		}
	}
	return errors.Join(errs...)
}

// Close implements driver.Conn.
func (c *rememberingConn) Close() error {
	return errors.Join(c.forget(0), c.sqliteConn.Close())
}

// typedRows is what rows of the driver tell of their columns.
type typedRows interface {
	driver.Rows
	driver.RowsColumnTypeScanType
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
}

// keptRows gives its statement back when it is closed.
type keptRows struct {
	typedRows
	of *keptStatement
}

// Close implements driver.Rows.
func (r *keptRows) Close() error {
	r.of.taken = false
	return r.typedRows.Close()
}
