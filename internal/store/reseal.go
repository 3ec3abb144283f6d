package store

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// sealedColumn is a column of sealed values, with the name of the row that
// they are bound to as an expression that both databases read.
type sealedColumn struct {
	table, column, row string
	batch              int // values in one transaction; 300 if 0
	// keys are the numbers by which a row is found in a table that has no
	// other place for it; row is made of them, with slashes between.
	keys []string
}

// idColumn writes an id as the rest of the program does.
func idColumn(name string) string { return "replace(cast(" + name + " as text), '-', '')" }

// sealedColumns lists what is sealed: on the control plane, or in a firm's
// store. The inventory says the same, and a test compares.
func sealedColumns(tree string) []sealedColumn {
	id := idColumn("id")
	number := func(a, b, c string) string {
		return "cast(" + a + " as text) || '/' || cast(" + b + " as text) || '/' || cast(" + c + " as text)"
	}
	shared := []sealedColumn{
		{table: "audit", column: "private", row: "cast(seq as text)"},
		{table: "events", column: "private", row: id},
		{table: "answers", column: "answer", row: "key"},
	}
	if tree == controlTree {
		return append(shared, []sealedColumn{
			{table: "users", column: "private", row: id},
			{table: "users", column: "password", row: id},
			{table: "users", column: "totp", row: id},
			{table: "sessions", column: "print", row: id},
			{table: "attempts", column: "data", row: id},
			{table: "passkeys", column: "private", row: id},
			{table: "passkeys", column: "data", row: id},
			{table: "api_tokens", column: "data", row: id},
			{table: "firms", column: "name", row: id},
			{table: "invitations", column: "email", row: id},
			{table: "grants", column: "private", row: id},
			{table: "letters", column: "private", row: id},
			{table: "receipts", column: "tax_number", row: id},
			{table: "receipts", column: "buyer", row: id},
			{table: "buyers", column: "private", row: idColumn("firm")},
			{table: "refunds", column: "private", row: id},
			{table: "orders", column: "reason", row: id},
			{table: "orders", column: "tax_number", row: id},
		}...)
	}
	chunk := idColumn("file_id") + " || '/' || cast(n as text) || case when n = (select chunks - 1 from files where files.id = file_id) then '/last' else '' end"
	return append(shared, []sealedColumn{
		{table: "file_chunks", column: "data", row: chunk, batch: 8},
		{table: "holds", column: "reason", row: id},
		{table: "entities", column: "name", row: id},
		{table: "entities", column: "options", row: id},
		{table: "imports", column: "private", row: id},
		{table: "import_sources", column: "private", row: id},
		{table: "accounts", column: "name", row: number("book_no", "no", "0")},
		{table: "ledger_events", column: "more", row: number("book_no", "batch", "seq"), keys: []string{"book_no", "batch", "seq"}},
		{table: "held_rows", column: "data", row: number("book_no", "batch", "n"), keys: []string{"book_no", "batch", "n"}},
		{table: "decisions", column: "body", row: id},
		{table: "pairs", column: "private", row: id},
		{table: "price_settings", column: "file_name", row: idColumn("entity_id")},
		{table: "reports", column: "summary", row: "(select " + idColumn("entity_id") + " from books where no = book_no) || '/' || label"},
		{table: "links", column: "private", row: id},
		{table: "link_keys", column: "sealed", row: idColumn("link_id")},
		{table: "link_records", column: "sealed", row: idColumn("link_id") + " || '/' || stream || '/' || id"},
		{table: "wallets", column: "private", row: id},
		{table: "wallet_chain", column: "sealed", row: idColumn("wallet_id")},
		{table: "wallet_labels", column: "sealed", row: idColumn("wallet_id")},
		{table: "wallet_coins", column: "sealed", row: idColumn("wallet_id") + " || '/' || cast(n as text)"},
		{table: "wallet_called", column: "sealed", row: idColumn("wallet_id") + " || '/' || cast(n as text)"},
	}...)
}

// treeOf returns the tree that an owner of keys has.
func treeOf(owner tenant.FirmID) string {
	if owner == keyring.Service {
		return controlTree
	}
	return firmTree
}

// owned runs fn in a transaction on an owner's data.
func (s *Store) owned(ctx context.Context, owner tenant.FirmID, fn func(*tx) error) error {
	if owner == keyring.Service {
		return s.Control(ctx, func(t *ControlTx) error { return fn(t.tx) })
	}
	return s.InFirm(ctx, tenant.ForJob(owner, tenant.EntityID{}, "keys.rotate"), func(t *FirmTx) error { return fn(t.tx) })
}

// Reseal implements keyring.Resealer. The last look is taken in a transaction
// that may write, so that nobody else is in the middle of one.
func (s *Store) Reseal(ctx context.Context, owner tenant.FirmID, k *keyring.Sealer) (n int, err error) {
	for {
		for _, c := range sealedColumns(treeOf(owner)) {
			more, err := s.resealColumn(ctx, owner, k, c)
			n += more
			if err != nil {
				return n, fmt.Errorf("%s.%s: %w", c.table, c.column, err)
			}
		}
		left := int64(0)
		err := s.owned(ctx, owner, func(t *tx) error {
			for _, c := range sealedColumns(treeOf(owner)) {
				var some int64
				if err := t.db.Table(c.table).Where(c.column+" is not null and substr("+c.column+", 1, 5) <> ?", k.Prefix()).Count(&some).Error; err != nil {
					return err
				}
				left += some
			}
			return nil
		})
		if err != nil || left == 0 {
			return n, err
		}
	}
}

// sealedValue is a value with its place.
type sealedValue struct {
	At    string // of the row in its table
	Name  string
	Value []byte
}

// resealColumn seals the values of one column anew, in short transactions.
func (s *Store) resealColumn(ctx context.Context, owner tenant.FirmID, k *keyring.Sealer, c sealedColumn) (n int, err error) {
	size := c.batch
	if size == 0 {
		size = 300
	}
	at := ""
	for {
		var rows []sealedValue
		err := s.owned(ctx, owner, func(t *tx) error {
			if rows, err = t.notYet(c, k.Prefix(), at, size); err != nil {
				return err
			}
			for _, r := range rows {
				value, err := k.Reseal(c.table, r.Name, c.column, r.Value)
				if err != nil {
					return err
				}
				at, args := t.placeOf(c, r.At)
				done := t.db.Exec("update "+c.table+" set "+c.column+" = ? where "+t.place(c)+" = "+at, append([]any{value}, args...)...)
				if done.Error != nil {
					return done.Error
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n += len(rows)
		if len(rows) < size {
			return n, nil
		}
		at = rows[len(rows)-1].At
	}
}

// place is what each database calls the place of a row in its table.
func (t *tx) place(c sealedColumn) string {
	switch {
	case c.keys != nil:
		return "(" + strings.Join(c.keys, ", ") + ")"
	case t.dialect == postgres:
		return "ctid"
	}
	return "rowid"
}

// placeOf reads a place that was written as text.
func (t *tx) placeOf(c sealedColumn, at string) (expression string, args []any) {
	switch {
	case c.keys != nil:
		for n := range strings.SplitSeq(at, "/") {
			args = append(args, n)
		}
		return "(" + strings.TrimSuffix(strings.Repeat("cast(? as bigint), ", len(args)), ", ") + ")", args
	case t.dialect == postgres:
		return "cast(? as tid)", []any{at}
	}
	return "cast(? as integer)", []any{at}
}

// notYet returns values that another key sealed, from a place on.
func (t *tx) notYet(c sealedColumn, prefix []byte, after string, size int) (rows []sealedValue, err error) {
	at, order := "cast("+t.place(c)+" as text)", t.place(c)
	if c.keys != nil {
		at, order = c.row, strings.Join(c.keys, ", ")
	}
	find := t.db.Table(c.table).Select(at+" as at, "+c.row+" as name, "+c.column+" as value").
		Where(c.column+" is not null and substr("+c.column+", 1, 5) <> ?", prefix).Order(order).Limit(size)
	if after != "" {
		from, args := t.placeOf(c, after)
		find = find.Where(t.place(c)+" > "+from, args...)
	}
	return rows, find.Find(&rows).Error
}

// Sealed is what is known of one sealed column.
type Sealed struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Values int64  `json:"values"`
	Old    int64  `json:"old"`   // sealed by a key that was replaced
	Plain  int64  `json:"plain"` // not sealed at all
}

// Sealing counts the values of each sealed column of an owner.
func (s *Store) Sealing(ctx context.Context, owner tenant.FirmID, prefix []byte) (list []Sealed, err error) {
	count := func(t *tx) error {
		for _, c := range sealedColumns(treeOf(owner)) {
			var groups []struct {
				Prefix []byte
				Short  bool
				N      int64
			}
			err := t.db.Table(c.table).Select("substr(" + c.column + ", 1, 5) as prefix, length(" + c.column + ") < 33 as short, count(*) as n").
				Where(c.column + " is not null").Group("1, 2").Find(&groups).Error
			if err != nil {
				return err
			}
			one := Sealed{Table: c.table, Column: c.column}
			for _, g := range groups {
				one.Values += g.N
				switch {
				case g.Short || len(g.Prefix) == 0 || g.Prefix[0] != 1:
					one.Plain += g.N
				case !bytes.Equal(g.Prefix, prefix):
					one.Old += g.N
				}
			}
			list = append(list, one)
		}
		return nil
	}
	if owner == keyring.Service {
		return list, s.ReadControl(ctx, func(t *ControlTx) error { return count(t.tx) })
	}
	err = s.ReadFirm(ctx, tenant.ForJob(owner, tenant.EntityID{}, "doctor crypto"), func(t *FirmTx) error { return count(t.tx) })
	return list, err
}

// PasswordCosts counts passwords by how hard bcrypt made them.
func (s *Store) PasswordCosts(ctx context.Context, cost func([]byte) (int, error)) (map[int]int, error) {
	costs := make(map[int]int)
	err := s.ReadControl(ctx, func(t *ControlTx) error {
		var rows []userRow
		if err := t.db.Select("id", "password").Where("password is not null").Find(&rows).Error; err != nil {
			return err
		}
		for _, row := range rows {
			kept, err := t.Open("users", tenant.ID(row.ID).String(), "password", row.Password)
			if err != nil {
				return err
			}
			n, err := cost(kept)
			if err != nil {
				return err
			}
			costs[n]++
		}
		return nil
	})
	return costs, err
}
