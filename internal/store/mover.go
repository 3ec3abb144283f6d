package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// mover copies tables.
type mover struct {
	from *Store
	to   *sql.Tx
	list []Moved
	sums map[string]*Moved
}

// all copies the control database and each firm's.
func (m *mover) all(ctx context.Context) error {
	var taken bool
	if err := m.to.QueryRowContext(ctx, "select exists (select 1 from control.installation) or exists (select 1 from control.homes)").Scan(&taken); err != nil {
		return err
	}
	if taken {
		return errors.New("the database holds an installation already")
	}
	for _, tree := range []string{controlTree, firmTree} {
		tables, err := m.tables(ctx, tree)
		if err != nil {
			return err
		}
		if tree == controlTree {
			err = m.tree(ctx, m.from.control, tree, tables)
		} else {
			err = m.from.EachFirm(ctx, func(firm tenant.FirmID) error { return m.firm(ctx, firm, tables) })
		}
		if err != nil {
			return err
		}
		for _, t := range tables {
			if sum := m.sums[tree+"."+t.name]; sum != nil {
				m.list = append(m.list, *sum)
			}
		}
	}
	return m.sequences(ctx)
}

// firm copies the data of one firm.
func (m *mover) firm(ctx context.Context, firm tenant.FirmID, tables []moveTable) error {
	db, release, err := m.from.firms.acquire(ctx, firm)
	if err != nil {
		return err
	}
	defer release()
	if _, err := m.to.ExecContext(ctx, "select set_config('app.firm', $1, true)", firm.String()); err != nil {
		return err
	}
	return m.tree(ctx, db, firmTree, tables)
}

// tree copies the tables of one database.
func (m *mover) tree(ctx context.Context, db *database, tree string, tables []moveTable) error {
	for _, t := range tables {
		here, err := m.copy(ctx, db, tree, t)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		there, err := m.digest(ctx, tree, t)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		if here != there {
			return fmt.Errorf("%s: %d rows became %d, or other ones", t.name, here.n, there.n)
		}
		m.sum(tree, t.name, here)
	}
	return nil
}

func (m *mover) sum(tree, table string, d rowsum) {
	key := tree + "." + table
	have := m.sums[key]
	if have == nil {
		have = &Moved{Store: tree, Table: table, Digest: hex.EncodeToString(make([]byte, sha256.Size))}
		m.sums[key] = have
	}
	have.Rows += d.n
	sum, _ := hex.DecodeString(have.Digest) // it was encoded above
	for i := range sum {
		sum[i] ^= d.sum[i]
	}
	have.Digest = hex.EncodeToString(sum)
}

// moveTable is a table with its columns and their types on PostgreSQL.
type moveTable struct {
	name           string
	columns, types []string
}

// tables lists the tables of a schema, each after those that it refers to.
func (m *mover) tables(ctx context.Context, tree string) (all []moveTable, err error) {
	found, err := m.to.QueryContext(ctx, "select c.table_name, string_agg(c.column_name, ',' order by c.ordinal_position), string_agg(c.data_type, ',' order by c.ordinal_position)"+
		" from information_schema.columns c join information_schema.tables t using (table_schema, table_name)"+
		" where table_schema = $1 and t.table_type = 'BASE TABLE' and ($1 = 'control' or c.column_name <> 'firm_id' or table_name = 'header')"+
		" group by 1 order by 1", tree)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var t moveTable
		var columns, types string
		if err := found.Scan(&t.name, &columns, &types); err != nil {
			return nil, err
		}
		if strings.HasPrefix(t.name, "river_") || strings.HasPrefix(t.name, "goose_") {
			continue
		}
		t.columns, t.types = strings.Split(columns, ","), strings.Split(types, ",")
		all = append(all, t)
	}
	if err := found.Err(); err != nil {
		return nil, err
	}
	return m.ordered(ctx, tree, all)
}

// ordered puts tables after those that they refer to.
func (m *mover) ordered(ctx context.Context, tree string, all []moveTable) (sorted []moveTable, err error) {
	rows, err := m.to.QueryContext(ctx, "select c.relname, f.relname from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid"+
		" join pg_namespace n on n.oid = c.relnamespace where k.contype = 'f' and n.nspname = $1 and c.oid <> f.oid", tree)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	needs := make(map[string][]string)
	for rows.Next() {
		var table, other string
		if err := rows.Scan(&table, &other); err != nil {
			return nil, err
		}
		needs[table] = append(needs[table], other)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	byName := make(map[string]moveTable)
	for _, t := range all {
		byName[t.name] = t
	}
	done := make(map[string]bool)
	var put func(name string)
	put = func(name string) {
		t, ok := byName[name]
		if !ok || done[name] {
			return
		}
		done[name] = true
		for _, other := range needs[name] {
			put(other)
		}
		sorted = append(sorted, t)
	}
	for _, t := range all {
		put(t.name)
	}
	return sorted, nil
}

// rowsum is a count and a digest that does not depend on the order of rows.
type rowsum struct {
	n   int64
	sum [sha256.Size]byte
}

func (d *rowsum) add(texts []string) {
	h := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
	for i, b := range h.Sum(nil) {
		d.sum[i] ^= b
	}
	d.n++
}

// insertValues is how many values one statement carries at most; PostgreSQL
// takes 65,535.
const insertValues = 20_000

// copy copies the rows of a table.
func (m *mover) copy(ctx context.Context, db *database, tree string, t moveTable) (d rowsum, err error) {
	quoted := make([]string, len(t.columns))
	for i, c := range t.columns {
		quoted[i] = pgx.Identifier{c}.Sanitize()
	}
	list := strings.Join(quoted, ", ")
	// In the order of their making: a row may refer to an earlier one of its table.
	rows, err := db.read.QueryContext(ctx, "select "+list+" from "+pgx.Identifier{t.name}.Sanitize()) // #nosec G202 -- names of our own schema
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	head := "insert into " + pgx.Identifier{tree, t.name}.Sanitize() + " (" + list + ") values "
	var values []any
	flush := func() error {
		if len(values) == 0 {
			return nil
		}
		_, err := m.to.ExecContext(ctx, head+placeholders(len(values)/len(t.columns), len(t.columns)), values...)
		values = values[:0]
		return err
	}
	for rows.Next() {
		row, err := scanRow(rows, len(t.columns))
		if err != nil {
			return d, err
		}
		texts := make([]string, len(row))
		for i, v := range row {
			if texts[i], err = plain(t.types[i], v); err != nil {
				return d, fmt.Errorf("column %s: %w", t.columns[i], err)
			}
			if n, ok := v.(int64); ok && t.types[i] == "boolean" {
				v = n != 0
			}
			values = append(values, v)
		}
		d.add(texts)
		if len(values)+len(t.columns) > insertValues {
			if err := flush(); err != nil {
				return d, err
			}
		}
	}
	return d, errors.Join(rows.Err(), flush())
}

// digest reads back what is there, as the database has it.
func (m *mover) digest(ctx context.Context, tree string, t moveTable) (d rowsum, err error) {
	quoted := make([]string, len(t.columns))
	for i, c := range t.columns {
		quoted[i] = pgx.Identifier{c}.Sanitize()
	}
	rows, err := m.to.QueryContext(ctx, "select "+strings.Join(quoted, ", ")+" from "+pgx.Identifier{tree, t.name}.Sanitize()) // #nosec G202 -- names of our own schema
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row, err := scanRow(rows, len(t.columns))
		if err != nil {
			return d, err
		}
		texts := make([]string, len(row))
		for i, v := range row {
			if texts[i], err = plain(t.types[i], v); err != nil {
				return d, fmt.Errorf("column %s: %w", t.columns[i], err)
			}
		}
		d.add(texts)
	}
	return d, rows.Err()
}

func scanRow(rows *sql.Rows, n int) ([]any, error) {
	row, at := make([]any, n), make([]any, n)
	for i := range row {
		at[i] = &row[i]
	}
	return row, rows.Scan(at...)
}

// placeholders writes ($1,$2),($3,$4) for rows of columns.
func placeholders(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("),(")
		default:
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String() + ")"
}

// plain writes a value of either database in the same way.
func plain(kind string, v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "null", nil
	case bool:
		return map[bool]string{false: "0", true: "1"}[v], nil
	case int64:
		return fmt.Sprint(v), nil
	case time.Time:
		return v.UTC().Format(stampLayout), nil
	case []byte:
		if kind == "bytea" {
			return hex.EncodeToString(v), nil
		}
		return plain(kind, string(v))
	case string:
		switch kind {
		case "uuid":
			return strings.ReplaceAll(v, "-", ""), nil
		case "numeric":
			a, err := money.Parse(v)
			return a.String(), err
		case "timestamp with time zone":
			var at stamp
			err := at.Scan(v)
			return at.Format(stampLayout), err
		}
		return "=" + v, nil
	}
	return "", fmt.Errorf("a value of type %T", v)
}

// sequences lets every sequence go on after the largest value that was copied.
func (m *mover) sequences(ctx context.Context) (err error) {
	rows, err := m.to.QueryContext(ctx, "select format('select setval(%L, greatest((select coalesce(max(%I), 0) from %I.%I), 1))',"+
		" pg_get_serial_sequence(format('%I.%I', table_schema, table_name), column_name), column_name, table_schema, table_name)"+
		" from information_schema.columns where table_schema in ('control', 'firm') and table_name not like 'river_%' and table_name not like 'goose_%'"+
		" and pg_get_serial_sequence(format('%I.%I', table_schema, table_name), column_name) is not null")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return err
		}
		all = append(all, one)
	}
	for _, set := range all {
		if _, err := m.to.ExecContext(ctx, set); err != nil {
			return err
		}
	}
	return rows.Err()
}
