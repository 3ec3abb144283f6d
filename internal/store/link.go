package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

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
}

func (t linkTx) row(l *link.Link) (linkRow, error) {
	private, err := t.sealJSON("links", l.ID.String(), "private", linkPrivate{l.Label, l.Passport, l.Proof, l.Proved, l.Coming})
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
		Import: tenant.ID(r.ImportID), Coming: p.Coming, Strikes: r.Strikes,
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

// linkRecordRow is a record of an exchange.
type linkRecordRow struct {
	LinkID   key
	Stream   string
	ID       string
	At       stamp
	Endpoint string
	Digest   string
	Sealed   []byte
}

// TableName implements gorm's Tabler.
func (linkRecordRow) TableName() string { return "link_records" }

// linkRecord is a record as it is sealed.
type linkRecord struct {
	Raw     json.RawMessage `json:"raw"`
	Context string          `json:"context,omitempty"`
	At      time.Time       `json:"at"` // with all its digits
}

func recordName(id key, stream, record string) string {
	return tenant.ID(id).String() + "/" + stream + "/" + record
}

// AddRecords implements link.Tx.
func (t linkTx) AddRecords(id tenant.ID, list []exchange.Record) (added, changed int, err error) {
	rows := make([]linkRecordRow, len(list))
	for i := range list {
		r := &list[i]
		plain, err := json.Marshal(linkRecord{r.Raw, r.Context, r.Time})
		if err != nil {
			return 0, 0, err
		}
		digest := sha256.Sum256(plain)
		rows[i] = linkRecordRow{LinkID: key(id), Stream: r.Stream, ID: r.ID, At: stamp{r.Time}, Endpoint: r.Endpoint, Digest: hex.EncodeToString(digest[:])}
		if rows[i].Sealed, err = t.Seal("link_records", recordName(key(id), r.Stream, r.ID), "sealed", plain); err != nil {
			return 0, 0, err
		}
	}
	const atOnce = 200
	for from := 0; from < len(rows); from += atOnce {
		part := rows[from:min(from+atOnce, len(rows))]
		n, other, err := t.addRecords(part)
		if err != nil {
			return 0, 0, err
		}
		added, changed = added+n, changed+other
	}
	return added, changed, nil
}

// addRecords keeps what is new of a part of a page.
func (t linkTx) addRecords(part []linkRecordRow) (added, changed int, err error) {
	r := t.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&part)
	if r.Error != nil || int(r.RowsAffected) == len(part) {
		return int(r.RowsAffected), 0, r.Error
	}
	ids := make([]string, len(part))
	sums := make(map[string]string, len(part))
	for i := range part {
		ids[i], sums[part[i].Stream+"/"+part[i].ID] = part[i].ID, part[i].Digest
	}
	var kept []linkRecordRow
	err = t.db.Select("Stream", "ID", "Digest").Where("link_id = ? and stream = ? and id in ?", part[0].LinkID, part[0].Stream, ids).Find(&kept).Error
	for _, k := range kept {
		if sums[k.Stream+"/"+k.ID] != k.Digest {
			changed++
		}
	}
	return int(r.RowsAffected), changed, err
}

// Records implements link.Tx.
func (t linkTx) Records(id tenant.ID) iter.Seq2[exchange.Record, error] {
	return func(yield func(exchange.Record, error) bool) {
		const atOnce = 2000
		for after := (linkRecordRow{}); ; {
			var rows []linkRecordRow
			err := t.db.Where("link_id = ? and (stream > ? or stream = ? and id > ?)", key(id), after.Stream, after.Stream, after.ID).
				Order("stream, id").Limit(atOnce).Find(&rows).Error
			if err != nil {
				yield(exchange.Record{}, err)
				return
			}
			for i := range rows {
				if r, err := t.record(&rows[i]); !yield(r, err) || err != nil {
					return
				}
			}
			if len(rows) < atOnce {
				return
			}
			after = rows[len(rows)-1]
		}
	}
}

func (t linkTx) record(r *linkRecordRow) (exchange.Record, error) {
	var p linkRecord
	if err := t.openJSON("link_records", recordName(r.LinkID, r.Stream, r.ID), "sealed", r.Sealed, &p); err != nil {
		return exchange.Record{}, err
	}
	return exchange.Record{Stream: r.Stream, Endpoint: r.Endpoint, ID: r.ID, Time: p.At, Raw: p.Raw, Context: p.Context}, nil
}
