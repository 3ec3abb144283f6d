package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// databases opens the databases of an installation with one firm as somebody
// does who may see everything.
func (p place) databases(t *testing.T) map[string]*sql.DB {
	t.Helper()
	s := p.open(t, store.Config{})
	scope := newFirm(t, s)
	if err := s.InFirm(t.Context(), scope, note(t.Context(), "a")); err != nil {
		t.Fatal(err)
	}
	if p.service == "" {
		return map[string]*sql.DB{"control": raw(t, filepath.Join(p.dir, "control.db")), "firm": raw(t, p.file(scope))}
	}
	db, err := sql.Open("pgx", p.owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return map[string]*sql.DB{"control": db, "firm": db}
}

// columnsOf returns the columns of every table, as "table.column".
func (p place) columnsOf(t *testing.T, db *sql.DB, tree string) []string {
	t.Helper()
	if p.service == "" {
		return column(t, db, "select m.name || '.' || c.name from sqlite_schema m join pragma_table_info(m.name) c where m.type = 'table' and m.name not like 'sqlite_%'")
	}
	return column(t, db, "select table_name || '.' || column_name from information_schema.columns where table_schema = '"+tree+"'")
}

// TestInventory: every column of both databases has purpose, class and
// retention, and nothing is listed that is not there.
func TestInventory(t *testing.T) {
	t.Parallel()
	list, err := store.Inventory()
	if err != nil {
		t.Fatal(err)
	}
	both(t, func(t *testing.T, p place) {
		for tree, db := range p.databases(t) {
			listed, there := make(map[string]bool), make(map[string]bool)
			for _, c := range list {
				if c.Store == tree {
					listed[c.Table+"."+c.Column] = true
				}
			}
			for _, name := range p.columnsOf(t, db, tree) {
				table, column, _ := strings.Cut(name, ".")
				if listed[table+".*"] {
					name = table + ".*"
				}
				there[name] = true
				if !listed[name] && (column != "firm_id" || p.service == "") {
					t.Errorf("%s: %s.%s is not in internal/store/inventory", tree, table, column)
				}
			}
			for name := range listed {
				// River's tables differ by database.
				if !there[name] && !strings.HasPrefix(name, "river_") {
					t.Errorf("%s: %s is listed and not there", tree, name)
				}
			}
		}
	})
}

// schemaOf describes a schema in a form that does not depend on who made it.
func (p place) schemaOf(t *testing.T, db *sql.DB, tree string) string {
	t.Helper()
	if p.service == "" {
		return strings.Join(column(t, db, "select sql || ';' from sqlite_schema where sql is not null and name not like 'sqlite_%'"+
			" and name not like 'river_%' and tbl_name not like 'river_%' and name <> 'goose_db_version' order by tbl_name, type desc, name"), "\n") + "\n"
	}
	where := " where n.nspname = '" + tree + "' and c.relname not like 'river_%' and c.relname not like 'goose_%'"
	var b strings.Builder
	for _, query := range []string{
		"select format('table %s: %s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' else '' end," +
			" coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')) from pg_class c join pg_namespace n on n.oid = c.relnamespace" +
			" join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum" +
			where + " and c.relkind = 'r' order by c.relname, a.attnum",
		"select format('constraint on %s: %s', c.relname, pg_get_constraintdef(k.oid)) from pg_constraint k join pg_class c on c.oid = k.conrelid" +
			" join pg_namespace n on n.oid = c.relnamespace" + where + " order by 1",
		"select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace" + where + " order by 1",
		"select format('policy on %s: %s %s using %s check %s', tablename, policyname, cmd, qual, with_check) from pg_policies where schemaname = '" + tree + "' order by 1",
		"select format('trigger on %s: %s', c.relname, pg_get_triggerdef(g.oid)) from pg_trigger g join pg_class c on c.oid = g.tgrelid" +
			" join pg_namespace n on n.oid = c.relnamespace" + where + " and not g.tgisinternal order by 1",
	} {
		for _, line := range column(t, db, query) {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// TestSchema: the migrations make the schema that is committed beside them, so
// that a change of it is read by whoever reviews it. -update writes it.
func TestSchema(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		dialect := "sqlite"
		if p.service != "" {
			dialect = "postgres"
		}
		for tree, db := range p.databases(t) {
			testkit.GoldenFile(t, filepath.Join("testdata", "schema", dialect+"-"+tree+".sql"), p.schemaOf(t, db, tree))
		}
	})
}

// TestUpgrade: an installation that was made when only the first migrations
// existed, and one from the dump of a release, come to the same schema as a new
// one and keep their chains. Dumps are testdata/releases/<version>/<tree>.sql,
// written by "sqlite3 FILE .dump".
func TestUpgrade(t *testing.T) {
	t.Parallel()
	fresh := place{dir: t.TempDir()}
	want := make(map[string]string)
	for tree, db := range fresh.databases(t) {
		want[tree] = fresh.schemaOf(t, db, tree)
	}
	starts := make(map[string]func(t *testing.T, p place, tree, path string))
	for _, tree := range []string{"control", "firm"} {
		names, err := filepath.Glob(filepath.Join("migrations", "sqlite", tree, "*.sql"))
		if err != nil || len(names) == 0 {
			t.Fatal(err)
		}
		for _, name := range names {
			version, err := goose.NumericComponent(name)
			if err != nil {
				t.Fatal(err)
			}
			starts[fmt.Sprint("before_", version+1)] = func(t *testing.T, _ place, tree, path string) { upTo(t, tree, path, version) }
		}
	}
	dumps, err := filepath.Glob(filepath.Join("testdata", "releases", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dump := range dumps {
		starts[filepath.Base(dump)] = func(t *testing.T, _ place, tree, path string) {
			if _, err := raw(t, path).Exec(string(testkit.Read(t, filepath.Join(dump, tree+".sql")))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, firm := place{dir: t.TempDir()}, strings.Repeat("0a", 16)
			if err := os.Mkdir(filepath.Join(p.dir, "firms"), 0o700); err != nil {
				t.Fatal(err)
			}
			paths := map[string]string{"control": filepath.Join(p.dir, "control.db"), "firm": filepath.Join(p.dir, "firms", firm+".db")}
			for tree, path := range paths {
				start(t, p, tree, path)
			}
			id, err := tenant.ParseID(firm)
			if err != nil {
				t.Fatal(err)
			}
			s := p.open(t, store.Config{})
			if err := s.InFirm(t.Context(), tenant.ForJob(id, tenant.EntityID{}, "test"), note(t.Context(), "a")); err != nil {
				t.Fatal(err)
			}
			if r, err := s.Verify(t.Context(), ""); err != nil || !r.OK() || r.Links != 1 {
				t.Errorf("%+v %v", r, err)
			}
			for tree, path := range paths {
				if got := p.schemaOf(t, raw(t, path), tree); got != want[tree] {
					t.Errorf("%s: another schema:\n%s", path, got)
				}
			}
		})
	}
}

// upTo makes a database as a program did that knew the first migrations only.
func upTo(t *testing.T, tree, path string, version int64) {
	t.Helper()
	db := raw(t, path)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS(filepath.Join("migrations", "sqlite", tree)),
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	const firm, at = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", "2026-01-01T00:00:00.000000Z"
	if tree == "control" {
		change(t, db, "insert into homes (firm_id, residency, created_at, made_at) values (?, 'eu', ?, ?)", firm, at, at)
	} else {
		change(t, db, "insert into header (firm_id, residency, created_at) values (?, 'eu', ?)", firm, at)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
