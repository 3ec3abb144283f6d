package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// letterRow is a letter that waits, or what became of it.
type letterRow struct {
	ID        key
	Kind      string
	State     string
	Code      int
	Tries     int
	WrittenAt stamp
	ChangedAt stamp
	Private   []byte // the letter as JSON, sealed; nil once it was sent
}

// TableName implements gorm's Tabler.
func (letterRow) TableName() string { return "letters" }

// QueueLetter keeps a letter and adds the task that sends it. A letter that is
// there already stays as it is. It implements notify.Queue.
func (t *ControlTx) QueueLetter(ctx context.Context, l notify.Letter, s notify.State) error {
	plain, err := json.Marshal(l)
	if err != nil {
		return err
	}
	defer clear(plain)
	row := letterRow{ID: key(l.ID), Kind: string(l.Kind), State: string(s), WrittenAt: stamp{l.Written}, ChangedAt: stamp{t.Now()}}
	if row.Private, err = t.Seal("letters", l.ID.String(), "private", plain); err != nil {
		return err
	}
	made := t.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	if made.Error != nil || made.RowsAffected == 0 || s != notify.Queued {
		return made.Error
	}
	return t.Enqueue(ctx, job.Task{Kind: notify.SendKind, Key: l.ID.String(), Args: notify.SendArgs{Letter: l.ID}})
}

// Mail returns what notify needs of the store.
func (s *Store) Mail() notify.Store { return letters{s} }

// letters implements notify.Store.
type letters struct{ *Store }

// KeepLetter implements notify.Store.
func (s letters) KeepLetter(ctx context.Context, l notify.Letter, state notify.State) error {
	return s.Control(ctx, func(t *ControlTx) error { return t.QueueLetter(ctx, l, state) })
}

// Letter implements notify.Store.
func (s letters) Letter(ctx context.Context, id tenant.ID) (l notify.Letter, found bool, err error) {
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		var row letterRow
		err := t.db.Where("id = ? and state = ?", key(id), string(notify.Queued)).Take(&row).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		plain, err := t.Open("letters", id.String(), "private", row.Private)
		if err != nil {
			return err
		}
		defer clear(plain)
		found = true
		return json.Unmarshal(plain, &l)
	})
	return l, found && err == nil, err
}

// Delivered implements notify.Store.
func (s letters) Delivered(ctx context.Context, id tenant.ID) error {
	return s.Control(ctx, func(t *ControlTx) error {
		return t.db.Model(&letterRow{}).Where("id = ?", key(id)).Updates(map[string]any{
			"state": string(notify.Sent), "private": nil, "tries": gorm.Expr("tries + 1"), "changed_at": stamp{t.Now()},
		}).Error
	})
}

// Refused implements notify.Store.
func (s letters) Refused(ctx context.Context, id tenant.ID, code int, state notify.State) error {
	return s.Control(ctx, func(t *ControlTx) error {
		return t.db.Model(&letterRow{}).Where("id = ?", key(id)).Updates(map[string]any{
			"state": string(state), "code": code, "tries": gorm.Expr("tries + 1"), "changed_at": stamp{t.Now()},
		}).Error
	})
}

// PurgeLetters implements notify.Store.
func (s letters) PurgeLetters(ctx context.Context, before time.Time) error {
	return s.Control(ctx, func(t *ControlTx) error {
		return t.db.Where("written_at < ?", stamp{before}).Delete(&letterRow{}).Error
	})
}
