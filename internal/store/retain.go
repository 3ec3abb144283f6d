package store

import (
	"errors"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// dropImports deletes reverted imports, with the originals that no other
// import needs, once neither law nor hold keeps them. What was derived from
// them belongs to no source then and is swept with the other loose batches.
func (t *FirmTx) dropImports() error {
	var old []struct {
		ID        key
		CreatedAt stamp
		EntityID  key
		Country   string
	}
	err := t.db.Table("imports").Select("imports.id", "imports.created_at", "books.entity_id", "coalesce(entities.country, '') as country").
		Joins("join books on books.no = imports.book_no").Joins("left join entities on entities.id = books.entity_id").
		Where("imports.state = 'reverted'").Order("imports.created_at").Limit(batch).Find(&old).Error
	if err != nil {
		return err
	}
	for _, o := range old {
		err := t.Deletable(t.ctx, tenant.EntityID(o.EntityID), o.Country, o.CreatedAt.Time)
		if fault.Is(err, fault.Conflict) {
			continue
		}
		if err != nil {
			return err
		}
		if err := t.dropImport(o.ID); err != nil {
			return err
		}
	}
	return nil
}

// dropImport deletes one import.
func (t *FirmTx) dropImport(id key) error {
	var files []key
	if err := t.db.Table("import_sources").Where("import_id = ?", id).Distinct("file_id").Pluck("file_id", &files).Error; err != nil {
		return err
	}
	err := errors.Join(
		t.db.Exec("delete from import_sources where import_id = ?", id).Error,
		t.db.Exec("delete from imports where id = ?", id).Error,
	)
	if err != nil {
		return err
	}
	if len(files) > 0 {
		err = t.db.Where("id in ? and not exists (select 1 from import_sources s where s.file_id = files.id)", files).Delete(&fileRow{}).Error
		if err != nil {
			return err
		}
	}
	return t.Audit(t.ctx, audit.Entry{Action: "import.purge", Object: "import/" + tenant.ID(id).String(), Reason: "its time has passed"})
}
