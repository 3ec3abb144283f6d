package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/ledgersys/ledgersys/internal/job"
)

// Migrate brings the schema on PostgreSQL to the newest version, as its owner,
// and lets the role of the service use it. It may run any number of times, and
// beside replicas that are running.
func Migrate(ctx context.Context, ownerURL, serviceURL string) (err error) {
	dsn, err := secured(serviceURL)
	if err != nil {
		return err
	}
	service, err := pgx.ParseConfig(dsn)
	if err != nil {
		return errors.New("the database's address cannot be read")
	}
	for _, tree := range []string{controlTree, firmTree} {
		pool, err := openPool(ctx, ownerURL, tree, "0")
		if err != nil {
			return err
		}
		err = migrateTree(ctx, pool, tree, service.User)
		pool.Close()
		if err != nil {
			return fmt.Errorf("migrate %s: %w", tree, err)
		}
	}
	return nil
}

// migrateTree makes one schema.
func migrateTree(ctx context.Context, pool *pgxpool.Pool, tree, role string) (err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// One migration at a time, whoever runs it.
	if _, err := conn.Exec(ctx, "select pg_advisory_lock(hashtextextended('migrate', 0))"); err != nil {
		return err
	}
	defer func() {
		_, unlock := conn.Exec(ctx, "select pg_advisory_unlock(hashtextextended('migrate', 0))")
		err = errors.Join(err, unlock)
	}()
	schema, user := pgx.Identifier{tree}.Sanitize(), pgx.Identifier{role}.Sanitize()
	if _, err := conn.Exec(ctx, "create schema if not exists "+schema); err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	d := &database{write: db, read: db, dialect: postgres}
	if err := d.migrate(ctx, tree); err != nil {
		return err
	}
	if tree == controlTree {
		m, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: job.Quiet(), Schema: controlTree})
		if err != nil {
			return err
		}
		if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return err
		}
	}
	// The chain can be added to and read, and nothing else.
	for _, grant := range []string{
		"grant usage on schema " + schema + " to " + user,
		"grant select, insert, update, delete on all tables in schema " + schema + " to " + user,
		"grant usage, select, update on all sequences in schema " + schema + " to " + user,
		"revoke update, delete on " + schema + ".audit from " + user,
		// A rotation of keys seals its private part anew; the hash is of what it says.
		"grant update (private) on " + schema + ".audit to " + user,
		"revoke insert, update, delete on " + schema + ".goose_db_version from " + user,
	} {
		if _, err := conn.Exec(ctx, grant); err != nil {
			return err
		}
	}
	return nil
}
