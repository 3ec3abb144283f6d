package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// The two trees of migrations that each dialect has.
const (
	controlTree = "control"
	firmTree    = "firm"
)

// treeOf returns the migrations of a tree.
func (d *database) treeOf(tree string) (fs.FS, error) {
	return fs.Sub(migrations, path.Join("migrations", string(d.dialect), tree))
}

// version returns the version of a database's schema and the one that this
// program knows.
func (d *database) version(ctx context.Context, tree string) (have, want int64, err error) {
	files, err := d.treeOf(tree)
	if err != nil {
		return 0, 0, err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil || len(names) == 0 {
		return 0, 0, fmt.Errorf("no migrations of %s: %w", tree, err)
	}
	if want, err = goose.NumericComponent(names[len(names)-1]); err != nil {
		return 0, 0, err
	}
	err = d.read.QueryRowContext(ctx, "select coalesce(max(version_id), 0) from goose_db_version where is_applied").Scan(&have)
	return have, want, err
}

// migrate brings a database to the newest schema; a migration that fails
// leaves the version before it.
func (d *database) migrate(ctx context.Context, tree string) error {
	files, err := d.treeOf(tree)
	if err != nil {
		return err
	}
	lang := goose.DialectSQLite3
	if d.dialect == postgres {
		lang = goose.DialectPostgres
	}
	p, err := goose.NewProvider(lang, d.write, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return err
	case have > want:
		return fmt.Errorf("the %s database has schema %d and this program knows only %d: it was used by a newer version", tree, have, want)
	case have == want:
		return nil
	}
	_, err = p.Up(ctx)
	return err
}
