package store

import (
	"context"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// holdRow is a reason why records may not be deleted although their time has
// passed: a dispute, an audit by an authority.
type holdRow struct {
	ID       key
	EntityID key // null is the whole firm
	Reason   []byte
	PlacedAt stamp
	LiftedAt stamp
}

// TableName implements gorm's Tabler.
func (holdRow) TableName() string { return "holds" }

// Hold keeps the records of an entity, or of the whole firm if entity is zero,
// until it is lifted.
func (t *FirmTx) Hold(ctx context.Context, entity tenant.EntityID, reason string) (id tenant.ID, err error) {
	row := holdRow{ID: key(tenant.NewID()), EntityID: key(entity), PlacedAt: stamp{t.Now()}}
	id = tenant.ID(row.ID)
	if row.Reason, err = t.Seal("holds", id.String(), "reason", []byte(reason)); err != nil {
		return id, err
	}
	if err := t.db.Create(&row).Error; err != nil {
		return id, err
	}
	return id, t.Audit(ctx, audit.Entry{Action: "hold.place", Object: "hold/" + id.String(), After: entity, Reason: reason})
}

// Lift ends a hold.
func (t *FirmTx) Lift(ctx context.Context, id tenant.ID) error {
	r := t.db.Model(&holdRow{}).Where("id = ? and lifted_at is null", key(id)).Update("lifted_at", stamp{t.Now()})
	if r.Error != nil {
		return r.Error
	}
	if r.RowsAffected != 1 {
		return fault.New(fault.NotFound, nil, "There is no such hold.")
	}
	return t.Audit(ctx, audit.Entry{Action: "hold.lift", Object: "hold/" + id.String()})
}

// Held reports whether a hold keeps the records of an entity, or of any entity
// if it is zero.
func (t *FirmTx) Held(_ context.Context, entity tenant.EntityID) (bool, error) {
	find := t.db.Model(&holdRow{}).Where("lifted_at is null")
	if !entity.IsZero() {
		find = find.Where("entity_id is null or entity_id = ?", key(entity))
	}
	var n int64
	err := find.Count(&n).Error
	return n > 0, err
}

// Deletable refuses the deletion of a financial record of an entity that the
// law of its country, or a hold, still keeps.
func (t *FirmTx) Deletable(ctx context.Context, entity tenant.EntityID, country string, made time.Time) error {
	held, err := t.Held(ctx, entity)
	if err != nil {
		return err
	}
	if until := tenant.KeptUntil(country, made); held || t.Now().Before(until) {
		return fault.Coded(fault.Conflict, "retention_hold", nil, "The law keeps this record until %s.", until.Format(time.DateOnly))
	}
	return nil
}
