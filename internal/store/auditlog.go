package store

import (
	"context"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// auditLog implements audit.Store.
type auditLog struct{ *Store }

// AuditLog returns the store of internal/audit.
func (s *Store) AuditLog() audit.Store { return auditLog{s} }

// Links implements audit.Store.
func (s auditLog) Links(ctx context.Context, scope tenant.Scope, q audit.Query) (links []audit.Link, err error) {
	err = s.ReadFirm(ctx, scope, func(t *FirmTx) error {
		find := t.db.Order("seq desc").Limit(q.Limit)
		if q.Before > 0 {
			find = find.Where("seq < ?", q.Before)
		}
		if q.Object != "" {
			find = find.Where("object = ?", q.Object)
		}
		var rows []auditRow
		if err := find.Find(&rows).Error; err != nil {
			return err
		}
		links = make([]audit.Link, len(rows))
		for i, row := range rows {
			if links[i], err = t.link(row); err != nil {
				return err
			}
		}
		return nil
	})
	return links, err
}
