package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// installation is the one row that names this installation.
type installation struct {
	ID        key
	Residency string
	CreatedAt stamp
}

// TableName implements gorm's Tabler.
func (installation) TableName() string { return "installation" }

// found makes the installation's row if there is none.
func (t *ControlTx) found() error {
	var have installation
	err := t.db.Take(&have).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		have = installation{key(tenant.NewID()), t.store.residency, stamp{t.Now()}}
		err = t.db.Create(&have).Error
	}
	t.store.id = tenant.ID(have.ID).String()
	if err == nil && have.Residency != t.store.residency {
		return fmt.Errorf("the data are of region %q and this node is of %q", have.Residency, t.store.residency)
	}
	return err
}

// home says where a firm's data lives.
type home struct {
	FirmID    key
	Residency string
	CreatedAt stamp
	MadeAt    stamp
}

// TableName implements gorm's Tabler.
func (home) TableName() string { return "homes" }

func (h home) made() bool { return !h.MadeAt.IsZero() }

// header is the one row of a firm's data that names the firm.
type header struct {
	FirmID    key
	Residency string
	CreatedAt stamp
}

// TableName implements gorm's Tabler.
func (header) TableName() string { return "header" }

// NewFirm gives a firm its place, in the transaction in which the firm itself
// is made. Its store is there from the commit on. A firm whose data must stay
// in another region than this node's is refused.
func (t *ControlTx) NewFirm(_ context.Context, firm tenant.FirmID, residency string) error {
	if firm.IsZero() {
		return tenant.ErrScope
	}
	if residency != t.store.residency {
		return fault.Coded(fault.Conflict, "residency_mismatch", nil, "This service keeps its data in region %s.", t.store.residency)
	}
	if err := t.db.Create(&home{FirmID: key(firm), Residency: residency, CreatedAt: stamp{t.Now()}}).Error; err != nil {
		return err
	}
	return t.newKeys(firm)
}

// homeOf reads where a firm's data lives.
func (s *Store) homeOf(ctx context.Context, firm tenant.FirmID) (h home, err error) {
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		return t.db.Where("firm_id = ?", key(firm)).Take(&h).Error
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return h, fault.New(fault.NotFound, err, "There is no such firm.")
	}
	return h, err
}

// errNotTheirs is the error of data that belong to another firm than their
// place says.
var errNotTheirs = errors.New("the header names another firm")

// checkHeader makes the header of new data and refuses data of another firm
// or region.
func (s *Store) checkHeader(ctx context.Context, db *database, h home) error {
	return db.run(ctx, mode{firm: tenant.FirmID(h.FirmID), write: !h.made()}, func(t *tx) error {
		var have []header
		if err := t.db.Limit(2).Find(&have).Error; err != nil {
			return err
		}
		want := header{h.FirmID, h.Residency, h.CreatedAt}
		switch {
		case len(have) == 0 && !h.made():
			return t.db.Create(&want).Error
		case len(have) != 1 || have[0].FirmID != want.FirmID:
			return errNotTheirs
		case have[0].Residency != want.Residency || want.Residency != s.residency:
			return fmt.Errorf("the data are of region %q and this node is of %q", have[0].Residency, s.residency)
		}
		return nil
	})
}

// markMade notes that a firm's data are there, so that their absence is an
// error from now on.
func (s *Store) markMade(ctx context.Context, h home) error {
	if h.made() {
		return nil
	}
	return s.Control(ctx, func(t *ControlTx) error {
		return t.db.Model(&home{}).Where("firm_id = ?", h.FirmID).Update("made_at", stamp{t.Now()}).Error
	})
}
