package store

import (
	"errors"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// linkRunRow is a run of a link.
type linkRunRow struct {
	ID        key
	LinkID    key
	State     string
	AskedAt   stamp
	StartedAt stamp
	EndedAt   stamp
	Rows      int
	Code      string
	UntilAt   stamp
}

// TableName implements gorm's Tabler.
func (linkRunRow) TableName() string { return "link_runs" }

func runRow(r *link.Run) linkRunRow {
	return linkRunRow{
		ID: key(r.ID), LinkID: key(r.Link), State: string(r.State), StartedAt: stamp{r.Started}, EndedAt: stamp{r.Ended}, Rows: r.Rows, Code: r.Code, UntilAt: stamp{r.Until},
	}
}

func (r *linkRunRow) run() link.Run {
	return link.Run{
		ID: tenant.ID(r.ID), Link: tenant.ID(r.LinkID), State: link.RunState(r.State), Started: r.StartedAt.Time, Ended: r.EndedAt.Time, Rows: r.Rows, Code: r.Code, Until: r.UntilAt.Time,
	}
}

// AddRun implements link.Tx.
func (t linkTx) AddRun(r *link.Run) error {
	row := runRow(r)
	row.AskedAt = stamp{t.Now()}
	return t.db.Create(&row).Error
}

// SaveRun implements link.Tx.
func (t linkTx) SaveRun(r *link.Run) error {
	row := runRow(r)
	return t.db.Model(&linkRunRow{}).Where("id = ?", row.ID).Select("State", "StartedAt", "EndedAt", "Rows", "Code", "UntilAt").Updates(&row).Error
}

// Run implements link.Tx.
func (t linkTx) Run(id tenant.ID) (*link.Run, error) {
	return t.oneRun(t.db.Where("id = ?", key(id)))
}

// Underway implements link.Tx.
func (t linkTx) Underway(id tenant.ID) (*link.Run, error) {
	return t.oneRun(t.db.Where("link_id = ? and state not in ?", key(id), []string{string(link.RunDone), string(link.RunFailed)}))
}

func (t linkTx) oneRun(where *gorm.DB) (*link.Run, error) {
	var row linkRunRow
	err := where.Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, link.ErrGone
	}
	if err != nil {
		return nil, err
	}
	r := row.run()
	return &r, nil
}

// Runs implements link.Tx.
func (t linkTx) Runs(id tenant.ID, limit int) ([]link.Run, error) {
	var rows []linkRunRow
	if err := t.db.Where("link_id = ?", key(id)).Order("asked_at desc, id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, err
	}
	list := make([]link.Run, len(rows))
	for i := range rows {
		list[i] = rows[i].run()
	}
	return list, nil
}
