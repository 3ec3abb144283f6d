package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

// leaseRow is what only one holder at a time may do.
type leaseRow struct {
	Name      string
	Holder    string
	ExpiresAt stamp
}

// TableName implements gorm's Tabler.
func (leaseRow) TableName() string { return "leases" }

// Acquire takes a lease for a while, or prolongs it for the same holder, and
// reports whether it did: one holder at a time among all replicas has it. A
// holder that wants to go on prolongs it before it ends. It ends with the
// process as well: in SQLite when the next one begins to work, in PostgreSQL
// when another replica notices.
func (s *Store) Acquire(ctx context.Context, name, holder string, ttl time.Duration) (bool, error) {
	got, holder := false, s.holder(holder)
	err := s.Control(ctx, func(t *ControlTx) error {
		row := leaseRow{name, holder, stamp{t.Now().Add(ttl)}}
		r := t.db.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "name"}},
			DoUpdates: clause.AssignmentColumns([]string{"holder", "expires_at"}),
			Where: clause.Where{Exprs: []clause.Expression{
				clause.Expr{SQL: "leases.holder = ? or leases.expires_at <= ?", Vars: []any{holder, stamp{t.Now()}}},
			}},
		}).Create(&row)
		got = r.RowsAffected > 0
		return r.Error
	})
	return got && err == nil, err
}

// Release ends a lease that the holder has.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	return s.Control(ctx, func(t *ControlTx) error {
		return t.db.Where("name = ? and holder = ?", name, s.holder(holder)).Delete(&leaseRow{}).Error
	})
}

// holder names a holder of this process.
func (s *Store) holder(name string) string { return s.replica + "/" + name }
