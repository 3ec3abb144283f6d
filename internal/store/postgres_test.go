package store_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// TestTLS: beyond this machine nothing but a connection that is verified in
// full is opened; nothing is sent to any of these.
func TestTLS(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"postgres://u@db.example/x?sslmode=disable":             "verify-full",
		"postgres://u@db.example/x?sslmode=prefer":              "verify-full",
		"postgres://u@db.example/x?sslmode=require":             "verify-full",
		"postgres://u@db.example/x?sslmode=verify-ca":           "verify-full",
		"postgres://u@127.0.0.1,192.0.2.1/x?sslmode=disable":    "verify-full",
		"postgres://u@/x?host=192.0.2.1&sslmode=disable":        "verify-full",
		"postgres://u@localhost.example/x?sslmode=allow":        "verify-full",
		"host=db.example sslmode=disable":                       "postgres://",
		"mysql://u@127.0.0.1/x":                                 "postgres://",
		"postgres://u:s3cret%zz@127.0.0.1/x":                    "postgres://",
		"postgres://u:s3cret@127.0.0.1/x?sslmode=whatever":      "cannot be read",
		"postgres://u:s3cret@127.0.0.1/x?connect_timeout=later": "cannot be read",
	} {
		_, err := place{service: address}.try(t, store.Config{})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", address, err)
		}
	}
	// Loopback needs none, and an address that says nothing gets verification,
	// so that the error is of the connection.
	p := testkit.SharedPostgres(t)
	service, owner := p.NewDatabase(t)
	name := service[strings.LastIndex(service, "/")+1 : strings.Index(service, "?")]
	if err := store.Migrate(t.Context(), owner, service); err != nil {
		t.Fatal(err)
	}
	place{service: p.TCP(name, name) + "?sslmode=disable"}.open(t, store.Config{})
}

// TestRole: the service runs on the newest schema only, and never with a role
// that could look around row-level security.
func TestRole(t *testing.T) {
	t.Parallel()
	p := place{}
	p.service, p.owner = testkit.SharedPostgres(t).NewDatabase(t)
	if _, err := p.try(t, store.Config{}); err == nil {
		t.Error("a database without a schema is taken")
	}
	for range 2 {
		if err := store.Migrate(t.Context(), p.owner, p.service); err != nil {
			t.Fatal(err)
		}
	}
	p.open(t, store.Config{})
	name := p.service[strings.LastIndex(p.service, "/")+1 : strings.Index(p.service, "?")]
	for _, strong := range []string{p.owner, testkit.SharedPostgres(t).URL("postgres", name)} {
		if _, err := (place{service: strong}).try(t, store.Config{}); err == nil || !strings.Contains(err.Error(), "role of its own") {
			t.Errorf("%s: %v", strong, err)
		}
	}
	if err := store.Migrate(t.Context(), p.service, p.service); err == nil {
		t.Error("the service may change its schema")
	}
}

// TestRowSecurity: every table of firms is behind row-level security that is
// forced, has the firm first in its keys, and shows nothing to a transaction
// without a firm.
func TestRowSecurity(t *testing.T) {
	t.Parallel()
	p := newPostgres(t)
	s := p.open(t, store.Config{})
	if err := s.InFirm(t.Context(), newFirm(t, s), note(t.Context(), "a")); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", p.service)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for what, query := range map[string]string{
		"without forced security": "select relname from pg_class where relnamespace = 'firm'::regnamespace and relkind in ('r', 'p')" +
			" and relname <> 'goose_db_version' and not (relrowsecurity and relforcerowsecurity)",
		"without the policy": "select relname from pg_class c where relnamespace = 'firm'::regnamespace and relkind in ('r', 'p') and relname <> 'goose_db_version'" +
			" and not exists (select 1 from pg_policies where schemaname = 'firm' and tablename = c.relname and permissive = 'PERMISSIVE' and cmd = 'ALL'" +
			" and qual = '(firm_id = (current_setting(''app.firm''::text))::uuid)' and with_check = qual)",
		"with another policy": "select tablename from pg_policies where schemaname = 'firm' group by 1 having count(*) <> 1",
		"with a key that does not begin with the firm": "select indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid" +
			" join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]" +
			" where c.relnamespace = 'firm'::regnamespace and c.relname <> 'goose_db_version' and i.indisunique and a.attname <> 'firm_id'",
		"with a firm that is not filled in": "select table_name from information_schema.columns where table_schema = 'firm' and column_name = 'firm_id'" +
			" and (is_nullable = 'YES' or column_default <> '(current_setting(''app.firm''::text))::uuid')",
	} {
		for _, table := range column(t, db, query) {
			t.Errorf("%s: %s", what, table)
		}
	}
	tables := column(t, db, "select relname from pg_class where relnamespace = 'firm'::regnamespace and relkind = 'r' and relname <> 'goose_db_version'")
	if len(tables) < 7 {
		t.Fatalf("only %d tables", len(tables))
	}
	for _, table := range tables {
		if _, err := db.Exec("select 1 from firm." + table); err == nil && table == "audit" {
			t.Errorf("%s is read without a firm", table)
		}
	}
	for _, query := range []string{"update firm.audit set action = 'x'", "delete from control.audit", "drop table firm.audit", "alter table firm.audit disable row level security"} {
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("select set_config('app.firm', $1, true)", tenant.NewID().String()); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(query); err == nil {
			t.Errorf("the service may %s", query)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

// column returns the first column of what a query finds.
func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

// TestIsolation: firms that write at the same time over the same connections
// see their own rows only.
func TestIsolation(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{Firms: 3})
		scopes := make([]tenant.Scope, 8)
		for i := range scopes {
			scopes[i] = newFirm(t, s)
		}
		log := s.AuditLog()
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(w)))
				for range 25 {
					scope := scopes[random.IntN(len(scopes))]
					if err := s.InFirm(t.Context(), scope, note(t.Context(), "firm/"+scope.Firm().String())); err != nil {
						t.Error(err)
						return
					}
					scope = scopes[random.IntN(len(scopes))]
					links, err := log.Links(t.Context(), scope, audit.Query{Limit: 200})
					if err != nil {
						t.Error(err)
						return
					}
					for _, l := range links {
						if l.Object != "firm/"+scope.Firm().String() {
							t.Errorf("firm %s sees %s", scope.Firm(), l.Object)
						}
					}
				}
			})
		}
		wg.Wait()
		total := 0
		for _, scope := range scopes {
			links, err := log.Links(t.Context(), scope, audit.Query{Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			total += len(links)
		}
		if total != 8*25 {
			t.Error(fmt.Sprint(total, " of 200 are kept"))
		}
	})
}
