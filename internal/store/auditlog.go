package store

import (
	"context"
	"io"
	"math"

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

// Export implements audit.Store.
func (s auditLog) Export(ctx context.Context, scope tenant.Scope, w io.Writer) error {
	return s.ExportChain(ctx, scope.Firm().String(), w)
}

// ExportChain writes a whole chain, a firm's or that of the control plane, as
// audit.Exporter says.
func (s *Store) ExportChain(ctx context.Context, chain string, w io.Writer) error {
	if err := s.heads.flush(ctx); err != nil {
		return err
	}
	verifier, err := s.VerifierKey(ctx)
	if err != nil {
		return err
	}
	var row headRow
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		return t.db.Where("chain = ?", chain).Limit(1).Find(&row).Error
	})
	if err != nil {
		return err
	}
	signed := audit.Head{Chain: chain, Size: row.Size}
	if row.Head != "" {
		if signed, err = row.head(); err != nil {
			return err
		}
	}
	return s.inChain(ctx, chain, func(t *tx) error {
		e := audit.NewExporter(w, s.id, chain, verifier)
		if err := t.eachLink(func(_ int64, l audit.Link, err error) error {
			if err != nil {
				return err
			}
			return e.Link(l)
		}); err != nil {
			return err
		}
		return e.End(signed, row.Signature)
	})
}

// eachLink reads a chain from its beginning to its end. fn gets the number of
// a link as well, because a link that cannot be read comes with an error.
func (t *tx) eachLink(fn func(seq int64, l audit.Link, err error) error) error {
	const page = 1000
	for last, more := int64(math.MinInt64), true; more; {
		var rows []auditRow
		if err := t.db.Where("seq > ?", last).Order("seq").Limit(page).Find(&rows).Error; err != nil {
			return err
		}
		more = len(rows) == page
		for _, row := range rows {
			last = row.Seq
			l, err := t.link(row)
			if err := fn(row.Seq, l, err); err != nil {
				return err
			}
		}
	}
	return nil
}
