package store

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// count asks how many rows a query has.
func count(t *testing.T, q interface {
	QueryRow(query string, args ...any) *sql.Row
}, query string, args ...any,
) (n int) {
	t.Helper()
	if err := q.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestStatements: a connection that remembers its queries answers as one that
// does not: with other values, within the rows of the same query, after the
// schema changed, after an error, and with more queries than it keeps.
func TestStatements(t *testing.T) {
	t.Parallel()
	if err := lockOnce(); err != nil {
		t.Fatal(err)
	}
	db := rememberingPool(dsn(filepath.Join(t.TempDir(), "a.db"), "rwc", "_txlock", "immediate"))
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("create table a (n integer not null) strict; insert into a values (1), (2), (3)")
	for most := range 4 {
		if got := count(t, db, "select count(*) from a where n <= ?", most); got != most {
			t.Errorf("%d rows up to %d", got, most)
		}
	}
	within(t, db)
	if err := db.QueryRow("insert into a values (?) returning n", nil).Scan(new(int)); err == nil {
		t.Error("null was taken")
	}
	if got := 0; db.QueryRow("insert into a values (?) returning n", 4).Scan(&got) != nil || got != 4 {
		t.Errorf("after an error: %d", got)
	}
	if n := 0; db.QueryRow("select * from a where n = ?", 4).Scan(&n) != nil || n != 4 {
		t.Errorf("before the schema changes: %d", n)
	}
	exec("alter table a add column m integer not null default 7")
	if n, m := 0, 0; db.QueryRow("select * from a where n = ?", 4).Scan(&n, &m) != nil || m != 7 {
		t.Errorf("after the schema changed: %d %d", n, m)
	}
	for i := range 3 * keptStatements {
		if got := count(t, db, fmt.Sprintf("select count(*) from a where n > %d", i%100)); got != max(4-i%100, 0) {
			t.Errorf("query %d: %d rows", i, got)
		}
	}
}

// within asks a query while its own rows are read.
func within(t *testing.T, db *sql.DB) {
	t.Helper()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}()
	rows, err := tx.Query("select n from a where n >= ? order by n", 2)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var outer []int
	for rows.Next() {
		var n, inner int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		if err := tx.QueryRow("select n from a where n >= ? order by n", 1).Scan(&inner); err != nil || inner != 1 {
			t.Errorf("within its own rows: %d %v", inner, err)
		}
		outer = append(outer, n)
	}
	if err := rows.Err(); err != nil || fmt.Sprint(outer) != "[2 3]" {
		t.Errorf("rows %v: %v", outer, err)
	}
}
