package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// auditLog implements audit.Store.
type auditLog struct{ *Store }

// AuditLog returns the store of internal/audit.
func (s *Store) AuditLog() audit.Store { return auditLog{s} }

// Links implements audit.Store.
func (s auditLog) Links(ctx context.Context, scope tenant.Scope, q audit.Query) (links []audit.Link, err error) {
	read := func(t *tx, where string, args ...any) error {
		links, err = t.linkPage(q, where, args...)
		return err
	}
	if q.Service {
		err = s.ReadControl(ctx, func(t *ControlTx) error { return read(t.tx, "firm = ?", scope.Firm().String()) })
		return links, err
	}
	err = s.ReadFirm(ctx, scope, func(t *FirmTx) error { return read(t.tx, "1 = 1") })
	return links, err
}

// linkPage reads a page of a chain, the newest first.
func (t *tx) linkPage(q audit.Query, where string, args ...any) ([]audit.Link, error) {
	find := t.db.Where(where, args...).Order("seq desc").Limit(q.Limit)
	if q.Before > 0 {
		find = find.Where("seq < ?", q.Before)
	}
	if q.Object != "" {
		find = find.Where("object = ?", q.Object)
	}
	var rows []auditRow
	if err := find.Find(&rows).Error; err != nil {
		return nil, err
	}
	links := make([]audit.Link, len(rows))
	for i, row := range rows {
		var err error
		if links[i], err = t.link(row); err != nil {
			return nil, fmt.Errorf("link %d: %w", row.Seq, err)
		}
	}
	return links, nil
}

// FirmFinding implements audit.Store.
func (s auditLog) FirmFinding(ctx context.Context, firm tenant.FirmID) (found *audit.Finding, at time.Time, err error) {
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		var rows []checkRow
		if err := t.db.Where("chain = ?", firm.String()).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		at = rows[0].At.Time
		if rows[0].Finding != nil {
			found = &audit.Finding{Chain: rows[0].Chain, Seq: rows[0].Seq, What: *rows[0].Finding}
		}
		return nil
	})
	return found, at, err
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
func (t *tx) eachLink(fn func(seq int64, l audit.Link, err error) error) (err error) {
	rows, err := t.db.Model(&auditRow{}).
		Select("seq", "at", "via", "actor", "session", "firm", "action", "object", "before", "after", "private", "prev", "hash").
		Order("seq").Rows()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r auditRow
		// By hand: gorm takes twice the time, and chains grow long.
		err := rows.Scan(&r.Seq, &r.At, &r.Via, &r.Actor, &r.Session, &r.Firm, &r.Action, &r.Object, &r.Before, &r.After, &r.Private, &r.Prev, &r.Hash)
		var l audit.Link
		if err == nil {
			l, err = t.link(r)
		}
		if err := fn(r.Seq, l, err); err != nil {
			return err
		}
	}
	return rows.Err()
}
