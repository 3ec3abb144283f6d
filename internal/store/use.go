package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// useRow is what was used of the limits of an exchange.
type useRow struct {
	Name      string
	Used      string
	ExpiresAt stamp
}

// TableName implements gorm's Tabler.
func (useRow) TableName() string { return "exchange_use" }

// Use implements exchange.Keeper.
func (s linkStore) Use(ctx context.Context, name string, change func(*exchange.Use) (time.Time, error)) error {
	return s.Control(ctx, func(t *ControlTx) error {
		used, err := t.used(name)
		if err != nil {
			return err
		}
		until, err := change(&used)
		if err != nil {
			return err
		}
		if until.IsZero() {
			return t.db.Where("name = ?", name).Delete(&useRow{}).Error
		}
		text, err := json.Marshal(used)
		if err != nil {
			return err
		}
		row := useRow{name, string(text), stamp{until}}
		if err := t.db.Clauses(t.replace("name")).Create(&row).Error; err != nil {
			return err
		}
		return t.db.Where("expires_at < ?", stamp{t.Now()}).Delete(&useRow{}).Error
	})
}

// Used implements exchange.Keeper.
func (s linkStore) Used(ctx context.Context, name string) (used exchange.Use, err error) {
	err = s.ReadControl(ctx, func(t *ControlTx) error { used, err = t.used(name); return err })
	return used, err
}

func (t *ControlTx) used(name string) (used exchange.Use, err error) {
	var row useRow
	err = t.db.Where("name = ?", name).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return used, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(row.Used), &used)
	}
	return used, err
}
