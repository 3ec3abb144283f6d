package store

import (
	"encoding/json"
	"errors"
	"strconv"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// auditRow is a link of a chain.
type auditRow struct {
	Seq     int64
	At      stamp
	Via     string
	Actor   string
	Session string
	Firm    string
	Action  string
	Object  string
	Before  string
	After   string
	Private []byte // address and reason, sealed
	Prev    string
	Hash    string
}

// TableName implements gorm's Tabler.
func (auditRow) TableName() string { return "audit" }

// private is what a link says about people.
type private struct {
	Address string `json:"address,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// appendAudit adds the entries of the transaction to its chain.
func (t *tx) appendAudit() error {
	last, err := t.lastLink()
	if err != nil {
		return err
	}
	for _, e := range t.entries {
		if last, err = audit.NewLink(t.chain, last, e, t.Now()); err != nil {
			return err
		}
		row, err := t.auditRow(last)
		if err != nil {
			return err
		}
		if err := t.db.Create(&row).Error; err != nil {
			return err
		}
	}
	return nil
}

// lastLink returns number and hash of the chain's end, zero if it is empty.
func (t *tx) lastLink() (last audit.Link, err error) {
	var row auditRow
	err = t.db.Select("seq", "hash").Order("seq desc").Limit(1).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return last, nil
	}
	if err != nil {
		return last, err
	}
	last.Seq = row.Seq
	last.Hash, err = audit.ParseHash(row.Hash)
	return last, err
}

// auditRow makes the row of a link.
func (t *tx) auditRow(l audit.Link) (auditRow, error) {
	row := auditRow{
		Seq: l.Seq, At: stamp{l.At}, Via: string(l.Via), Actor: l.Actor, Session: l.Session, Firm: l.Firm,
		Action: l.Action, Object: l.Object, Before: l.Before, After: l.After, Prev: l.Prev.String(), Hash: l.Hash.String(),
	}
	if l.Address == "" && l.Reason == "" {
		return row, nil
	}
	plain, err := json.Marshal(private{l.Address, l.Reason})
	if err != nil {
		return row, err
	}
	row.Private, err = t.Seal("audit", strconv.FormatInt(l.Seq, 10), "private", plain)
	return row, err
}

// link makes the link of a row.
func (t *tx) link(row auditRow) (l audit.Link, err error) {
	l = audit.Link{
		Seq: row.Seq, At: row.At.Time, Via: tenant.Via(row.Via), Actor: row.Actor, Session: row.Session, Firm: row.Firm,
		Action: row.Action, Object: row.Object, Before: row.Before, After: row.After,
	}
	if l.Prev, err = audit.ParseHash(row.Prev); err != nil {
		return l, err
	}
	if l.Hash, err = audit.ParseHash(row.Hash); err != nil {
		return l, err
	}
	if len(row.Private) == 0 {
		return l, nil
	}
	plain, err := t.Open("audit", strconv.FormatInt(row.Seq, 10), "private", row.Private)
	if err != nil {
		return l, err
	}
	var p private
	err = json.Unmarshal(plain, &p)
	l.Address, l.Reason = p.Address, p.Reason
	return l, err
}
