package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Imports returns the store of the intake.
func (s *Store) Imports() intake.Store { return intakeStore{s} }

// intakeStore implements intake.Store.
type intakeStore struct{ *Store }

// InEntity implements intake.Store.
func (s intakeStore) InEntity(ctx context.Context, scope tenant.Scope, fn func(intake.Tx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.InFirm(ctx, scope, func(t *FirmTx) error { return fn(&intakeTx{FirmTx: t, write: true}) })
}

// ReadEntity implements intake.Store.
func (s intakeStore) ReadEntity(ctx context.Context, scope tenant.Scope, fn func(intake.Tx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.ReadFirm(ctx, scope, func(t *FirmTx) error { return fn(&intakeTx{FirmTx: t}) })
}

// intakeTx implements intake.Tx on one entity. Every query of it names the
// entity's book.
type intakeTx struct {
	*FirmTx
	write    bool
	no       int64            // of the book; 0 until it was asked for
	accounts map[string]int64 // by name, as far as they were asked for
	names    map[int64]string
}

// bookRow is the book of an entity.
type bookRow struct {
	No       int64
	EntityID key
	Version  int64
	Batches  int64
}

// TableName implements gorm's Tabler.
func (bookRow) TableName() string { return "books" }

// book returns the number of the entity's book. Reading, it is -1 if there is
// none yet; writing, one is made.
func (t *intakeTx) book() (int64, error) {
	if t.no != 0 {
		return t.no, nil
	}
	row, err := t.bookRow()
	switch {
	case err == nil:
		t.no = row.No
		return t.no, nil
	case !errors.Is(err, gorm.ErrRecordNotFound):
		return 0, err
	case !t.write:
		return -1, nil
	}
	row = bookRow{EntityID: key(t.scope.Entity())}
	if err := t.db.Raw("select coalesce(max(no), 0) + 1 from books").Scan(&row.No).Error; err != nil {
		return 0, err
	}
	t.no = row.No
	return t.no, t.db.Create(&row).Error
}

func (t *intakeTx) bookRow() (row bookRow, err error) {
	err = t.db.Where("entity_id = ?", key(t.scope.Entity())).Take(&row).Error
	return row, err
}

// TaxZone implements intake.Tx.
func (t *intakeTx) TaxZone() (zone string, err error) {
	err = t.db.Raw("select timezone from entities where id = ?", key(t.scope.Entity())).Scan(&zone).Error
	return zone, err
}

// Version implements intake.Tx.
func (t *intakeTx) Version() (int64, error) {
	row, err := t.bookRow()
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return 0, nil
	}
	return row.Version, err
}

// Advance implements intake.Tx.
func (t *intakeTx) Advance(from int64) error {
	no, err := t.book()
	if err != nil {
		return err
	}
	r := t.db.Model(&bookRow{}).Where("no = ? and version = ?", no, from).Update("version", from+1)
	if r.Error == nil && r.RowsAffected == 0 {
		return intake.ErrMoved
	}
	return r.Error
}

// importRow is an import.
type importRow struct {
	ID        key
	BookNo    int64
	State     string
	Stored    int
	CreatedAt stamp
	CreatedBy key
	EndedAt   stamp
	Private   []byte
}

// TableName implements gorm's Tabler.
func (importRow) TableName() string { return "imports" }

// importPrivate is what of an import is sealed.
type importPrivate struct {
	Choice   intake.Choice `json:"choice"`
	Failure  string        `json:"failure,omitempty"`
	Replaces tenant.ID     `json:"replaces,omitzero"`
}

func (t *intakeTx) importRow(m *intake.Import, no int64) (importRow, error) {
	private, err := t.sealJSON("imports", m.ID.String(), "private", importPrivate{m.Choice, m.Failure, m.Replaces})
	return importRow{
		ID: key(m.ID), BookNo: no, State: string(m.State), Stored: m.Stored,
		CreatedAt: stamp{m.Created}, CreatedBy: key(m.By), EndedAt: stamp{m.Ended}, Private: private,
	}, err
}

func (t *tx) sealJSON(table, row, field string, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return t.Seal(table, row, field, text)
}

func (t *tx) openJSON(table, row, field string, sealed []byte, into any) error {
	text, err := t.Open(table, row, field, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s.%s of %s: %w", table, field, row, err)
	}
	return nil
}

// AddImport implements intake.Tx.
func (t *intakeTx) AddImport(m *intake.Import) error {
	no, err := t.book()
	if err != nil {
		return err
	}
	row, err := t.importRow(m, no)
	if err != nil {
		return err
	}
	if err := t.db.Create(&row).Error; err != nil {
		return err
	}
	for i := range m.Sources {
		row, err := t.sourceRow(&m.Sources[i], no)
		if err != nil {
			return err
		}
		if err := t.db.Create(&row).Error; err != nil {
			return err
		}
	}
	return nil
}

// Import implements intake.Tx.
func (t *intakeTx) Import(id tenant.ID) (*intake.Import, error) {
	no, err := t.book()
	if err != nil {
		return nil, err
	}
	var row importRow
	err = t.db.Where("id = ? and book_no = ?", key(id), no).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, fault.New(fault.NotFound, err, "There is no such import.")
	}
	if err != nil {
		return nil, err
	}
	list, err := t.domain([]importRow{row})
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// Imports implements intake.Tx.
func (t *intakeTx) Imports(after tenant.ID, limit int) ([]intake.Import, error) {
	no, err := t.book()
	if err != nil {
		return nil, err
	}
	q := t.db.Where("book_no = ?", no)
	if !after.IsZero() {
		var last importRow
		if err := t.db.Where("id = ? and book_no = ?", key(after), no).Take(&last).Error; err != nil {
			return nil, fault.New(fault.Malformed, errors.Join(err, intake.ErrCursor), "This is no cursor of this list.")
		}
		q = q.Where("created_at < ? or created_at = ? and id < ?", last.CreatedAt, last.CreatedAt, last.ID)
	}
	var rows []importRow
	if err := q.Order("created_at desc, id desc").Limit(limit).Find(&rows).Error; err != nil {
		return nil, err
	}
	return t.domain(rows)
}

// domain opens imports and gives them their sources.
func (t *intakeTx) domain(rows []importRow) ([]intake.Import, error) {
	list, ids, at := make([]intake.Import, len(rows)), make([]key, len(rows)), make(map[tenant.ID]int, len(rows))
	for i, r := range rows {
		id := tenant.ID(r.ID)
		var private importPrivate
		if err := t.openJSON("imports", id.String(), "private", r.Private, &private); err != nil {
			return nil, err
		}
		ids[i], at[id] = r.ID, i
		list[i] = intake.Import{
			ID: id, State: intake.State(r.State), Choice: private.Choice, Created: r.CreatedAt.Time, By: tenant.ID(r.CreatedBy),
			Ended: r.EndedAt.Time, Stored: r.Stored, Failure: private.Failure, Replaces: private.Replaces,
		}
	}
	var sources []sourceRow
	if err := t.db.Where("import_id in ?", ids).Order("import_id, place").Find(&sources).Error; err != nil {
		return nil, err
	}
	for i := range sources {
		src, err := t.source(&sources[i])
		if err != nil {
			return nil, err
		}
		m := &list[at[src.Import]]
		m.Sources = append(m.Sources, src)
	}
	return list, nil
}

// SaveImport implements intake.Tx.
func (t *intakeTx) SaveImport(m *intake.Import) error {
	no, err := t.book()
	if err != nil {
		return err
	}
	row, err := t.importRow(m, no)
	if err != nil {
		return err
	}
	return t.one(t.db.Model(&importRow{}).Where("id = ? and book_no = ?", row.ID, no).Select("state", "stored", "ended_at", "private").Updates(row))
}

// one is the error of an update that should have found its row.
func (*intakeTx) one(r *gorm.DB) error {
	if r.Error == nil && r.RowsAffected != 1 {
		return fault.New(fault.NotFound, gorm.ErrRecordNotFound, "There is no such import.")
	}
	return r.Error
}

// Progress implements intake.Tx.
func (t *intakeTx) Progress(id tenant.ID, stored int) error {
	r := t.db.Model(&importRow{}).Where("id = ? and state = ?", key(id), string(intake.Running)).Update("stored", stored)
	if r.Error == nil && r.RowsAffected == 0 {
		return intake.ErrMoved
	}
	return r.Error
}

// sourceRow is one table of an import.
type sourceRow struct {
	ID        key
	ImportID  key
	BookNo    int64
	Place     int
	FileID    key
	Twin      bool
	Rank      int
	Batch     int64
	HeldBatch int64
	LostBatch int64
	Private   []byte
}

// TableName implements gorm's Tabler.
func (sourceRow) TableName() string { return "import_sources" }

// sourcePrivate is what of a source is sealed.
type sourcePrivate struct {
	intake.Inspected
	Upload  string         `json:"upload"`
	Table   int            `json:"table"`
	Title   string         `json:"title"`
	Sheet   string         `json:"sheet,omitempty"`
	Ignored map[string]int `json:"ignored_by,omitempty"`
	Months  map[string]int `json:"months,omitempty"`
	Choice  intake.Choice  `json:"choice"`
	HeldSum string         `json:"held_sum,omitempty"`
	LostSum string         `json:"lost_sum,omitempty"`
	TaxZone string         `json:"tax_zone,omitempty"`
}

func (t *intakeTx) sourceRow(s *intake.Source, no int64) (sourceRow, error) {
	private, err := t.sealJSON("import_sources", s.ID.String(), "private", sourcePrivate{
		s.Inspected, s.Upload, s.Table, s.Title, s.Sheet, s.IgnoredBy, s.Months, s.Choice, s.HeldSum, s.LostSum, s.TaxZone,
	})
	return sourceRow{key(s.ID), key(s.Import), no, s.Place, key(s.Original), s.Twin, s.Rank, s.Batch, s.HeldIn, s.LostIn, private}, err
}

func (t *intakeTx) source(r *sourceRow) (intake.Source, error) {
	var p sourcePrivate
	if err := t.openJSON("import_sources", tenant.ID(r.ID).String(), "private", r.Private, &p); err != nil {
		return intake.Source{}, err
	}
	return intake.Source{
		ID: tenant.ID(r.ID), Import: tenant.ID(r.ImportID), Place: r.Place, Original: tenant.ID(r.FileID), Upload: p.Upload, Table: p.Table,
		Inspected: p.Inspected, Title: p.Title, Sheet: p.Sheet, IgnoredBy: p.Ignored, Months: p.Months, Twin: r.Twin,
		Choice: p.Choice, Batch: r.Batch, HeldIn: r.HeldBatch, HeldSum: p.HeldSum, LostIn: r.LostBatch, LostSum: p.LostSum, TaxZone: p.TaxZone, Rank: r.Rank,
	}, nil
}

// SaveSource implements intake.Tx.
func (t *intakeTx) SaveSource(s *intake.Source) error {
	no, err := t.book()
	if err != nil {
		return err
	}
	row, err := t.sourceRow(s, no)
	if err != nil {
		return err
	}
	return t.one(t.db.Model(&sourceRow{}).Where("id = ? and book_no = ?", row.ID, no).
		Select("twin", "rank", "batch", "held_batch", "lost_batch", "private").Updates(row))
}

// Counting implements intake.Tx.
func (t *intakeTx) Counting() ([]intake.Source, error) {
	no, err := t.book()
	if err != nil {
		return nil, err
	}
	var rows []sourceRow
	if err := t.db.Where("book_no = ? and (rank > 0 or twin)", no).Order("rank, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	list := make([]intake.Source, len(rows))
	for i := range rows {
		if list[i], err = t.source(&rows[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// batchRow is a batch of derived rows.
type batchRow struct {
	BookNo    int64
	No        int64
	CreatedAt stamp
}

// TableName implements gorm's Tabler.
func (batchRow) TableName() string { return "batches" }

// NewBatch implements intake.Tx. A number is never used twice: a sweep may
// still be on its way to the rows of an old one.
func (t *intakeTx) NewBatch() (int64, error) {
	no, err := t.book()
	if err != nil {
		return 0, err
	}
	if err := t.db.Model(&bookRow{}).Where("no = ?", no).Update("batches", gorm.Expr("batches + 1")).Error; err != nil {
		return 0, err
	}
	row, err := t.bookRow()
	if err != nil {
		return 0, err
	}
	return row.Batches, t.db.Create(&batchRow{no, row.Batches, stamp{t.Now()}}).Error
}

// Loose implements intake.Tx.
func (t *intakeTx) Loose(before time.Time) (list []int64, err error) {
	no, err := t.book()
	if err != nil {
		return nil, err
	}
	err = t.db.Raw("select b.no from batches b where b.book_no = ? and b.created_at < ? and not exists"+
		" (select 1 from import_sources s where s.book_no = b.book_no and b.no in (s.batch, s.held_batch, s.lost_batch)) order by b.no", no, stamp{before}).Scan(&list).Error
	return list, err
}

// Drop implements intake.Tx. A batch that a source names stays.
func (t *intakeTx) Drop(batch int64, limit int) (done bool, err error) {
	no, err := t.book()
	if err != nil {
		return false, err
	}
	var named int64
	err = t.db.Model(&sourceRow{}).Where("book_no = ? and ? in (batch, held_batch, lost_batch)", no, batch).Count(&named).Error
	if err != nil || named > 0 {
		return true, err
	}
	for _, table := range [...][2]string{{"ledger_events", "seq"}, {"held_rows", "n"}, {"doubles", "first"}} {
		of := " from " + table[0] + " where book_no = ? and batch = ?"
		r := t.db.Exec("delete"+of+" and "+table[1]+" < (select min("+table[1]+")"+of+") + ?", no, batch, no, batch, limit)
		if r.Error != nil || r.RowsAffected > 0 {
			return false, r.Error
		}
	}
	return true, t.db.Where("book_no = ? and no = ?", no, batch).Delete(&batchRow{}).Error
}

// heldRow is a row of a source that led to nothing.
type heldRow struct {
	BookNo int64
	Batch  int64
	N      int
	Data   []byte
}

// TableName implements gorm's Tabler.
func (heldRow) TableName() string { return "held_rows" }

// heldName is the row that a held row is sealed for.
func heldName(no, batch int64, n int) string {
	return strconv.FormatInt(no, 10) + "/" + strconv.FormatInt(batch, 10) + "/" + strconv.Itoa(n)
}

// AddHeld implements intake.Tx.
func (t *intakeTx) AddHeld(batch int64, first int, list []intake.HeldRow) error {
	no, err := t.book()
	if err != nil {
		return err
	}
	rows := make([]heldRow, len(list))
	for i, h := range list {
		data, err := t.sealJSON("held_rows", heldName(no, batch, first+i), "data", h)
		if err != nil {
			return err
		}
		rows[i] = heldRow{no, batch, first + i, data}
	}
	return t.db.CreateInBatches(&rows, 500).Error
}

// Held implements intake.Tx.
func (t *intakeTx) Held(batch int64, from, limit int) ([]intake.HeldRow, error) {
	no, err := t.book()
	if err != nil {
		return nil, err
	}
	var rows []heldRow
	if err := t.db.Where("book_no = ? and batch = ? and n >= ?", no, batch, from).Order("n").Limit(limit).Find(&rows).Error; err != nil {
		return nil, err
	}
	list := make([]intake.HeldRow, len(rows))
	for i, r := range rows {
		if err := t.openJSON("held_rows", heldName(no, batch, r.N), "data", r.Data, &list[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}
