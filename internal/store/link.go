package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// linkStore implements link.Store.
type linkStore struct{ *Store }

// Links returns the store of internal/link.
func (s *Store) Links() link.Store { return linkStore{s} }

// InEntity implements link.Store.
func (s linkStore) InEntity(ctx context.Context, scope tenant.Scope, fn func(link.Tx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.InFirm(ctx, scope, func(t *FirmTx) error { return fn(linkTx{t}) })
}

// ReadEntity implements link.Store.
func (s linkStore) ReadEntity(ctx context.Context, scope tenant.Scope, fn func(link.Tx) error) error {
	if !scope.ValidEntity() {
		return tenant.ErrScope
	}
	return s.ReadFirm(ctx, scope, func(t *FirmTx) error { return fn(linkTx{t}) })
}

// linkTx implements link.Tx on one entity.
type linkTx struct{ *FirmTx }

// linkRow is a linked account.
type linkRow struct {
	ID        key
	EntityID  key
	Exchange  string
	Last4     string
	State     string
	Code      string
	Schedule  string
	Turn      int
	NextAt    stamp
	CreatedAt stamp
	StatedAt  stamp
	ImportID  key
	Strikes   int
	Private   []byte
}

// TableName implements gorm's Tabler.
func (linkRow) TableName() string { return "links" }

// linkPrivate is what is sealed of a link.
type linkPrivate struct {
	Label    string                  `json:"label"`
	Passport link.Passport           `json:"passport"`
	Proof    []reconcile.Certificate `json:"proof,omitempty"`
	Proved   time.Time               `json:"proved,omitzero"`
	Coming   tenant.ID               `json:"coming,omitzero"`
	Told     time.Time               `json:"told,omitzero"`
	Keys     int                     `json:"keys,omitzero"`
}

func (t linkTx) row(l *link.Link) (linkRow, error) {
	private, err := t.sealJSON("links", l.ID.String(), "private", linkPrivate{l.Label, l.Passport, l.Proof, l.Proved, l.Coming, l.Told, l.Keys})
	return linkRow{
		ID: key(l.ID), EntityID: key(t.scope.Entity()), Exchange: l.Exchange, Last4: l.Last4, State: string(l.State), Code: l.Code, Schedule: l.Schedule,
		Turn: l.Turn, NextAt: stamp{l.Next}, CreatedAt: stamp{l.Created}, StatedAt: stamp{l.Stated}, ImportID: key(l.Import), Strikes: l.Strikes, Private: private,
	}, err
}

func (t linkTx) link(r *linkRow) (link.Link, error) {
	var p linkPrivate
	if err := t.openJSON("links", tenant.ID(r.ID).String(), "private", r.Private, &p); err != nil {
		return link.Link{}, err
	}
	l := link.Link{
		ID: tenant.ID(r.ID), Exchange: r.Exchange, Label: p.Label, Last4: r.Last4, Passport: p.Passport, Stated: r.StatedAt.Time, Schedule: r.Schedule,
		Next: r.NextAt.Time, Turn: r.Turn, State: link.State(r.State), Code: r.Code, Created: r.CreatedAt.Time, Proof: p.Proof, Proved: p.Proved,
		Import: tenant.ID(r.ImportID), Coming: p.Coming, Strikes: r.Strikes, Told: p.Told, Keys: p.Keys,
	}
	var rows []linkStreamRow
	if err := t.db.Where("link_id = ?", r.ID).Order("place").Find(&rows).Error; err != nil {
		return l, err
	}
	for i := range rows {
		l.Streams = append(l.Streams, rows[i].stream())
	}
	return l, nil
}

// AddLink implements link.Tx.
func (t linkTx) AddLink(l *link.Link, c exchange.Credentials) error {
	row, err := t.row(l)
	if err != nil {
		return err
	}
	if err := t.db.Create(&row).Error; err != nil {
		return err
	}
	for i := range l.Streams {
		s := streamRow(l.ID, &l.Streams[i])
		s.Place = i
		if err := t.db.Create(&s).Error; err != nil {
			return err
		}
	}
	return t.SaveKey(l.ID, c)
}

// Link implements link.Tx.
func (t linkTx) Link(id tenant.ID) (*link.Link, error) {
	var row linkRow
	err := t.db.Where("id = ? and entity_id = ?", key(id), key(t.scope.Entity())).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, link.ErrGone
	}
	if err != nil {
		return nil, err
	}
	l, err := t.link(&row)
	return &l, err
}

// Links implements link.Tx.
func (t linkTx) Links() ([]link.Link, error) {
	var rows []linkRow
	if err := t.db.Where("entity_id = ?", key(t.scope.Entity())).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	list := make([]link.Link, len(rows))
	for i := range rows {
		var err error
		if list[i], err = t.link(&rows[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// SaveLink implements link.Tx.
func (t linkTx) SaveLink(l *link.Link) error {
	row, err := t.row(l)
	if err != nil {
		return err
	}
	return t.db.Model(&linkRow{}).Where("id = ?", row.ID).
		Select("Last4", "State", "Code", "Schedule", "Turn", "NextAt", "StatedAt", "ImportID", "Strikes", "Private").Updates(&row).Error
}

// linkKeyRow is the key of a link.
type linkKeyRow struct {
	LinkID key
	Sealed []byte
}

// TableName implements gorm's Tabler.
func (linkKeyRow) TableName() string { return "link_keys" }

// linkKey is a key as it is sealed.
type linkKey struct {
	ID         string `json:"id"`
	Secret     []byte `json:"secret,omitempty"`
	Passphrase []byte `json:"passphrase,omitempty"`
	Token      []byte `json:"token,omitempty"`
	Refresh    []byte `json:"refresh,omitempty"`

	Expires time.Time `json:"expires,omitzero"`
}

// SaveKey implements link.Tx.
func (t linkTx) SaveKey(id tenant.ID, c exchange.Credentials) error {
	// #nosec G117 -- it is sealed in the next lines
	plain, err := json.Marshal(linkKey{c.ID, c.Secret.Reveal(), c.Passphrase.Reveal(), c.Token.Reveal(), c.Refresh.Reveal(), c.Expires})
	if err != nil {
		return err
	}
	defer clear(plain)
	row := linkKeyRow{LinkID: key(id)}
	if row.Sealed, err = t.Seal("link_keys", id.String(), "sealed", plain); err != nil {
		return err
	}
	return t.db.Clauses(t.replace("link_id")).Create(&row).Error
}

// Key implements link.Tx.
func (t linkTx) Key(id tenant.ID) (exchange.Credentials, error) {
	var row linkKeyRow
	err := t.db.Where("link_id = ?", key(id)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return exchange.Credentials{}, link.ErrGone
	}
	if err != nil {
		return exchange.Credentials{}, err
	}
	plain, err := t.Open("link_keys", id.String(), "sealed", row.Sealed)
	if err != nil {
		return exchange.Credentials{}, err
	}
	defer clear(plain)
	var k linkKey
	if err := json.Unmarshal(plain, &k); err != nil {
		return exchange.Credentials{}, errors.New("store: a key that cannot be read")
	}
	return exchange.Credentials{
		ID: k.ID, Secret: keyring.NewSecret(k.Secret), Passphrase: keyring.NewSecret(k.Passphrase), Token: keyring.NewSecret(k.Token),
		Refresh: keyring.NewSecret(k.Refresh), Expires: k.Expires,
	}, nil
}

// DropLink implements link.Tx. The records go too: what counts of them is in
// the book.
func (t linkTx) DropLink(id tenant.ID) error {
	if _, err := t.Link(id); err != nil {
		return err
	}
	for _, row := range []any{&linkKeyRow{}, &linkStreamRow{}, &linkRecordRow{}, &linkRunRow{}} {
		if err := t.db.Where("link_id = ?", key(id)).Delete(row).Error; err != nil {
			return err
		}
	}
	return t.db.Where("id = ?", key(id)).Delete(&linkRow{}).Error
}

// linkStreamRow is how far a stream was fetched.
type linkStreamRow struct {
	LinkID  key
	Name    string
	Place   int
	State   string
	Cursor  string
	FromAt  stamp
	ToAt    stamp
	Rows    int
	Total   int
	Changed int
}

// TableName implements gorm's Tabler.
func (linkStreamRow) TableName() string { return "link_streams" }

func streamRow(id tenant.ID, s *link.Stream) linkStreamRow {
	return linkStreamRow{
		LinkID: key(id), Name: s.Name, State: string(s.State), Cursor: s.Cursor, FromAt: stamp{s.From}, ToAt: stamp{s.To}, Rows: s.Rows, Total: s.Total, Changed: s.Changed,
	}
}

func (r *linkStreamRow) stream() link.Stream {
	return link.Stream{
		Name: r.Name, State: link.StreamState(r.State), Cursor: r.Cursor, From: r.FromAt.Time, To: r.ToAt.Time, Rows: r.Rows, Total: r.Total, Changed: r.Changed,
	}
}

// SaveStream implements link.Tx.
func (t linkTx) SaveStream(id tenant.ID, s *link.Stream) error {
	row := streamRow(id, s)
	return t.db.Model(&linkStreamRow{}).Where("link_id = ? and name = ?", row.LinkID, row.Name).
		Select("State", "Cursor", "FromAt", "ToAt", "Rows", "Total", "Changed").Updates(&row).Error
}
