package store

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// key is an id in a row: 32 hex digits, or a uuid of PostgreSQL. The zero id
// is NULL.
type key tenant.ID

// Value implements driver.Valuer.
func (k key) Value() (driver.Value, error) {
	if k == (key{}) {
		return nil, nil
	}
	return tenant.ID(k).String(), nil
}

// Scan implements sql.Scanner.
func (k *key) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*k = key{}
		return nil
	case string:
		id, err := tenant.ParseID(strings.ReplaceAll(v, "-", ""))
		*k = key(id)
		return err
	case []byte:
		return k.Scan(string(v))
	}
	return fmt.Errorf("store: an id cannot be a %T", v)
}

// stamp is an instant in a row: UTC, microseconds. The zero time is NULL.
type stamp struct{ time.Time }

const stampLayout = "2006-01-02T15:04:05.000000Z"

// Value implements driver.Valuer. The text sorts as the times do, and
// PostgreSQL reads it as well.
func (s stamp) Value() (driver.Value, error) {
	if s.IsZero() {
		return nil, nil
	}
	return s.UTC().Format(stampLayout), nil
}

// Scan implements sql.Scanner.
func (s *stamp) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		s.Time = time.Time{}
	case time.Time:
		s.Time = v.UTC()
	case string:
		layout := time.RFC3339Nano
		if len(v) == len(riverLayout) && v[10] == ' ' {
			layout = riverLayout
		}
		s.Time, err = time.Parse(layout, v)
		s.Time = s.UTC()
	default:
		err = fmt.Errorf("store: an instant cannot be a %T", v)
	}
	return err
}

// amount is an exact number in a row: text in SQLite, whose numbers lose
// digits, and numeric in PostgreSQL. What may be missing is an *amount.
type amount struct{ money.Amount }

// Value implements driver.Valuer.
func (a amount) Value() (driver.Value, error) { return a.String(), nil }

// Scan implements sql.Scanner.
func (a *amount) Scan(v any) (err error) {
	switch v := v.(type) {
	case string:
		a.Amount, err = money.Parse(v)
	case []byte:
		a.Amount, err = money.Parse(string(v))
	default:
		err = fmt.Errorf("store: an amount cannot be a %T", v)
	}
	return err
}
