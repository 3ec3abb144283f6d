package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/recon"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// Findings returns the store of findings and decisions.
func (s *Store) Findings() recon.Store { return reconStore{s} }

// reconStore implements recon.Store.
type reconStore struct{ *Store }

// InEntity implements recon.Store.
func (s reconStore) InEntity(ctx context.Context, scope tenant.Scope, fn func(recon.Tx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.InFirm(ctx, scope, func(t *FirmTx) error { return fn(&reconTx{intakeTx{FirmTx: t, write: true}}) })
}

// ReadEntity implements recon.Store.
func (s reconStore) ReadEntity(ctx context.Context, scope tenant.Scope, fn func(recon.Tx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.ReadFirm(ctx, scope, func(t *FirmTx) error { return fn(&reconTx{intakeTx{FirmTx: t}}) })
}

// reconTx implements recon.Tx on the book that the intake keeps.
type reconTx struct{ intakeTx }

// Moves implements recon.Tx.
func (t *reconTx) Moves() ([]recon.Move, error) {
	no, err := t.book()
	if err != nil {
		return nil, err
	}
	var rows []listedRow
	err = t.db.Raw("select "+listed+" from ledger_events e cross join import_sources s"+
		" where s.book_no = e.book_no and s.batch = e.batch and s.rank > 0 and e.book_no = ? and e.kind in ?"+counts+
		" order by e.at, s.rank, e.seq", no, []string{ledger.KindWithdrawal.String(), ledger.KindDeposit.String()}).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	events, err := t.listed(rows)
	if err != nil {
		return nil, err
	}
	list := make([]recon.Move, len(events))
	for i := range events {
		list[i] = recon.Move{Event: events[i].Event, Place: recon.Place(events[i].Place())}
	}
	return list, nil
}

// pairRow is a pair.
type pairRow struct {
	ID      key
	BookNo  int64
	OutTx   []byte
	InTx    []byte
	State   string
	Reason  string
	Asset   string
	At      int64
	FoundAt stamp
	Private []byte
}

// TableName implements gorm's Tabler.
func (pairRow) TableName() string { return "pairs" }

// pairPrivate is what is sealed of a pair.
type pairPrivate struct {
	Hash string    `json:"hash"`
	Out  recon.End `json:"out"`
	In   recon.End `json:"in"`
}

func (t *reconTx) pair(r *pairRow) (recon.Pair, error) {
	p := recon.Pair{ID: tenant.ID(r.ID), State: recon.State(r.State), Reason: r.Reason, Asset: r.Asset, Found: r.FoundAt.Time}
	var private pairPrivate
	err := t.openJSON("pairs", p.ID.String(), "private", r.Private, &private)
	p.Hash, p.Out, p.In = private.Hash, private.Out, private.In
	p.Out.Event, p.In.Event = ledger.ID(r.OutTx), ledger.ID(r.InTx)
	return p, err
}

func (t *reconTx) pairs(find func(db *gorm.DB) *gorm.DB) ([]recon.Pair, error) {
	no, err := t.book()
	if err != nil {
		return nil, err
	}
	var rows []pairRow
	if err := find(t.db.Where("book_no = ?", no)).Find(&rows).Error; err != nil {
		return nil, err
	}
	list := make([]recon.Pair, len(rows))
	for i := range rows {
		if list[i], err = t.pair(&rows[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Pairs implements recon.Tx.
func (t *reconTx) Pairs() ([]recon.Pair, error) {
	return t.pairs(func(db *gorm.DB) *gorm.DB { return db.Order("at, id") })
}

// Page implements recon.Tx.
func (t *reconTx) Page(after recon.Cursor, limit int) ([]recon.Pair, error) {
	return t.pairs(func(db *gorm.DB) *gorm.DB {
		db = db.Where("state <> ?", string(recon.Dissolved))
		if after.Set {
			db = db.Where("at < ? or at = ? and id < ?", int64(after.At), int64(after.At), key(after.ID))
		}
		return db.Order("at desc, id desc").Limit(limit)
	})
}

// PairedOf implements recon.Tx.
func (t *reconTx) PairedOf(account string) (arrived, left int, err error) {
	book, err := t.book()
	if err != nil {
		return 0, 0, err
	}
	no, err := t.account(account)
	if err != nil || no == nil {
		return 0, 0, err
	}
	count := func(end string, kind ledger.Kind) (n int, err error) {
		err = t.db.Raw("select count(*) from pairs p where p.book_no = ? and p.state = ? and p."+end+
			" in (select e.tx from ledger_events e where e.book_no = ? and e.account_no = ? and e.kind = ?)", book, string(recon.Paired), book, *no, kind.String()).Scan(&n).Error
		return n, err
	}
	if arrived, err = count("in_tx", ledger.KindDeposit); err != nil {
		return 0, 0, err
	}
	left, err = count("out_tx", ledger.KindWithdrawal)
	return arrived, left, err
}

// Pair implements recon.Tx.
func (t *reconTx) Pair(id tenant.ID) (*recon.Pair, error) {
	list, err := t.pairs(func(db *gorm.DB) *gorm.DB { return db.Where("id = ?", key(id)) })
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fault.New(fault.NotFound, nil, "There is no such pair.")
	}
	return &list[0], nil
}

// SavePair implements recon.Tx.
func (t *reconTx) SavePair(p *recon.Pair) error {
	no, err := t.book()
	if err != nil {
		return err
	}
	row := pairRow{
		ID: key(p.ID), BookNo: no, OutTx: p.Out.Event[:], InTx: p.In.Event[:], State: string(p.State), Reason: p.Reason, Asset: p.Asset,
		At: int64(p.Out.At), FoundAt: stamp{p.Found},
	}
	if row.Private, err = t.sealJSON("pairs", p.ID.String(), "private", pairPrivate{p.Hash, p.Out, p.In}); err != nil {
		return err
	}
	r := t.db.Model(&pairRow{}).Where("id = ? and book_no = ?", row.ID, no).Select("State", "Reason", "Asset", "At", "Private").Updates(&row)
	if r.Error != nil || r.RowsAffected > 0 {
		return r.Error
	}
	return t.db.Create(&row).Error
}

// decisionRow is what was decided.
type decisionRow struct {
	ID        key
	BookNo    int64
	Seq       int64
	At        stamp
	DecidedBy key
	Kind      string
	Subject   string
	Undoes    key
	Body      []byte
}

// TableName implements gorm's Tabler.
func (decisionRow) TableName() string { return "decisions" }

// decisionBody is what is sealed of a decision.
type decisionBody struct {
	Reason string `json:"reason"`
}

// Decide implements recon.Tx. A decision about a pair undoes the one before.
func (t *reconTx) Decide(d *recon.Decision) error {
	no, err := t.book()
	if err != nil {
		return err
	}
	row := decisionRow{
		ID: key(d.ID), BookNo: no, At: stamp{d.At}, DecidedBy: key(d.By), Kind: string(d.Kind), Subject: d.Ends.Out.String() + "/" + d.Ends.In.String(),
	}
	if row.Body, err = t.sealJSON("decisions", d.ID.String(), "body", decisionBody{d.Reason}); err != nil {
		return err
	}
	if err := t.db.Raw("select coalesce(max(seq), 0) + 1 from decisions where book_no = ?", no).Scan(&row.Seq).Error; err != nil {
		return err
	}
	var before decisionRow
	err = t.db.Where("book_no = ? and subject = ?", no, row.Subject).Order("seq desc").Take(&before).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return err
	}
	row.Undoes = before.ID
	return t.db.Create(&row).Error
}

// Apart implements recon.Tx.
func (t *reconTx) Apart() ([]reconcile.Ends, error) { return t.apart() }

// apart returns the pairs whose last decision by a person took them apart, in
// the order of their ends.
func (t *intakeTx) apart() ([]reconcile.Ends, error) {
	no, err := t.book()
	if err != nil {
		return nil, err
	}
	var subjects []string
	err = t.db.Raw("select d.subject from decisions d where d.book_no = ? and d.kind = ? and not exists (select 1 from decisions l where l.book_no = d.book_no"+
		" and l.subject = d.subject and l.kind = ? and l.seq > d.seq) group by d.subject", no, string(recon.Undone), string(recon.Redone)).Scan(&subjects).Error
	if err != nil {
		return nil, err
	}
	slices.Sort(subjects)
	var list []reconcile.Ends
	for _, s := range subjects {
		out, in, _ := strings.Cut(s, "/")
		var e reconcile.Ends
		var err1, err2 error
		e.Out, err1 = ledger.ParseID(out)
		e.In, err2 = ledger.ParseID(in)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}
