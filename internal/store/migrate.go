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

// migrate brings a database to the newest schema; a migration that fails
// leaves the version before it.
func (d *database) migrate(ctx context.Context, tree string) error {
	files, err := fs.Sub(migrations, path.Join("migrations", string(d.dialect), tree))
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
