package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// passkeyRow is a passkey.
type passkeyRow struct {
	ID            key
	UserID        key
	CredentialKey []byte
	Private       []byte
	Data          []byte
	MadeAt        stamp
	UsedAt        stamp
}

// TableName implements gorm's Tabler.
func (passkeyRow) TableName() string { return "passkeys" }

// passkeyPrivate is what a person calls a passkey, and its id.
type passkeyPrivate struct {
	Name       string `json:"name"`
	Credential []byte `json:"credential"`
}

func (t SessionTx) passkeyRow(k session.Key) (row passkeyRow, err error) {
	row = passkeyRow{ID: key(k.ID), UserID: key(k.User), MadeAt: stamp{k.Made}, UsedAt: stamp{k.Used}}
	if row.CredentialKey, err = t.LookUp("passkeys", "credential", k.Credential); err != nil {
		return row, err
	}
	if row.Private, err = t.sealJSON("passkeys", k.ID.String(), "private", passkeyPrivate{k.Name, k.Credential}); err != nil {
		return row, err
	}
	row.Data, err = t.Seal("passkeys", k.ID.String(), "data", k.Data)
	return row, err
}

func (t SessionTx) passkey(row passkeyRow) (k session.Key, err error) {
	k = session.Key{ID: tenant.ID(row.ID), User: tenant.UserID(row.UserID), Made: row.MadeAt.Time, Used: row.UsedAt.Time}
	var p passkeyPrivate
	if err := t.openJSON("passkeys", k.ID.String(), "private", row.Private, &p); err != nil {
		return k, err
	}
	k.Name, k.Credential = p.Name, p.Credential
	k.Data, err = t.Open("passkeys", k.ID.String(), "data", row.Data)
	return k, err
}

// AddKey implements session.Tx.
func (t SessionTx) AddKey(_ context.Context, k session.Key) error {
	row, err := t.passkeyRow(k)
	if err != nil {
		return err
	}
	return t.db.Create(&row).Error
}

// SaveKey implements session.Tx.
func (t SessionTx) SaveKey(_ context.Context, k session.Key) error {
	row, err := t.passkeyRow(k)
	if err != nil {
		return err
	}
	return t.db.Model(&passkeyRow{}).Where("id = ?", row.ID).Select("private", "data", "used_at").Updates(row).Error
}

// DropKey implements session.Tx.
func (t SessionTx) DropKey(_ context.Context, user tenant.UserID, id tenant.ID) error {
	done := t.db.Where("id = ? and user_id = ?", key(id), key(user)).Delete(&passkeyRow{})
	if done.Error == nil && done.RowsAffected == 0 {
		return session.ErrNone
	}
	return done.Error
}

// Keys implements session.Tx.
func (t SessionTx) Keys(_ context.Context, user tenant.UserID) ([]session.Key, error) {
	var rows []passkeyRow
	if err := t.db.Where("user_id = ?", key(user)).Order("made_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	all := make([]session.Key, len(rows))
	for i, row := range rows {
		var err error
		if all[i], err = t.passkey(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// KeyByCredential implements session.Tx.
func (t SessionTx) KeyByCredential(_ context.Context, credential []byte) (session.Key, error) {
	k, err := t.LookUp("passkeys", "credential", credential)
	if err != nil {
		return session.Key{}, err
	}
	var row passkeyRow
	if err := t.db.Where("credential_key = ?", k).Take(&row).Error; err != nil {
		return session.Key{}, noSuch(err)
	}
	return t.passkey(row)
}

// codeRow is a recovery code.
type codeRow struct {
	UserID key
	Hash   []byte
	UsedAt stamp
}

// TableName implements gorm's Tabler.
func (codeRow) TableName() string { return "recovery_codes" }

// SetCodes implements session.Tx.
func (t SessionTx) SetCodes(_ context.Context, user tenant.UserID, hashes []session.Hash) error {
	if err := t.db.Where("user_id = ?", key(user)).Delete(&codeRow{}).Error; err != nil || len(hashes) == 0 {
		return err
	}
	rows := make([]codeRow, len(hashes))
	for i := range hashes {
		rows[i] = codeRow{UserID: key(user), Hash: hashes[i][:]}
	}
	return t.db.Create(&rows).Error
}

// UseCode implements session.Tx.
func (t SessionTx) UseCode(_ context.Context, user tenant.UserID, h session.Hash) (bool, error) {
	done := t.db.Model(&codeRow{}).Where("user_id = ? and hash = ? and used_at is null", key(user), h[:]).Update("used_at", stamp{t.Now()})
	return done.RowsAffected == 1, done.Error
}

// CodesLeft implements session.Tx.
func (t SessionTx) CodesLeft(_ context.Context, user tenant.UserID) (int, error) {
	var n int64
	err := t.db.Model(&codeRow{}).Where("user_id = ? and used_at is null", key(user)).Count(&n).Error
	return int(n), err
}

// lockRow is a limit.
type lockRow struct {
	Name      string
	Fails     int
	Since     stamp
	Until     stamp
	Level     int
	ChangedAt stamp
}

// TableName implements gorm's Tabler.
func (lockRow) TableName() string { return "locks" }

// Lock implements session.Tx.
func (t SessionTx) Lock(_ context.Context, name string) (session.Lock, error) {
	var row lockRow
	err := t.db.Where("name = ?", name).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return session.Lock{}, nil
	}
	return session.Lock{Fails: row.Fails, Since: row.Since.Time, Until: row.Until.Time, Level: row.Level}, err
}

// SaveLock implements session.Tx.
func (t SessionTx) SaveLock(_ context.Context, name string, l session.Lock) error {
	row := lockRow{name, l.Fails, stamp{l.Since}, stamp{l.Until}, l.Level, stamp{t.Now()}}
	return t.db.Clauses(t.replace("name")).Create(&row).Error
}

// spentRow is something that works once and was used.
type spentRow struct {
	Hash  []byte
	Until stamp
}

// TableName implements gorm's Tabler.
func (spentRow) TableName() string { return "spent" }

// Spend implements session.Tx.
func (t SessionTx) Spend(_ context.Context, h session.Hash, until time.Time) (bool, error) {
	done := t.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&spentRow{h[:], stamp{until}})
	return done.RowsAffected == 1, done.Error
}

// Keeping what has ended a while shows who tried to use it again.
const (
	keepEnded = 90 * 24 * time.Hour
	keepLocks = 3 * 24 * time.Hour
)

// dropSessions deletes sessions, tokens, limits and the like whose time has
// passed.
func (t *ControlTx) dropSessions() error {
	now := t.Now()
	long, locks := stamp{now.Add(-keepEnded)}, stamp{now.Add(-keepLocks)}
	return errors.Join(
		t.db.Where("until < ? or ended_at < ?", long, long).Delete(&liveRow{}).Error,
		t.db.Where("expires_at < ? or ended_at < ?", long, long).Delete(&gripRow{}).Error,
		t.db.Where("until < ?", stamp{now}).Delete(&attemptRow{}).Error,
		t.db.Where("until < ?", stamp{now}).Delete(&deviceRow{}).Error,
		t.db.Where("until < ?", stamp{now}).Delete(&spentRow{}).Error,
		t.db.Where("changed_at < ?", locks).Delete(&lockRow{}).Error,
	)
}

// gripRow is an API token.
type gripRow struct {
	ID        key
	UserID    key
	Hash      []byte
	Scopes    string
	MadeAt    stamp
	ExpiresAt stamp
	UsedAt    stamp
	EndedAt   stamp
	Data      []byte
}

// TableName implements gorm's Tabler.
func (gripRow) TableName() string { return "api_tokens" }

// AddToken implements session.Tx.
func (t SessionTx) AddToken(_ context.Context, g session.Grip) error {
	row := gripRow{
		ID: key(g.ID), UserID: key(g.User), Hash: g.Hash[:], Scopes: strings.Join(g.Scopes, " "), MadeAt: stamp{g.Made}, ExpiresAt: stamp{g.Expires},
	}
	var err error
	if row.Data, err = t.sealJSON("api_tokens", g.ID.String(), "data", g.Data); err != nil {
		return err
	}
	return t.db.Create(&row).Error
}

// SaveToken implements session.Tx.
func (t SessionTx) SaveToken(_ context.Context, g session.Grip) error {
	data, err := t.sealJSON("api_tokens", g.ID.String(), "data", g.Data)
	if err != nil {
		return err
	}
	return t.db.Model(&gripRow{}).Where("id = ? and ended_at is null", key(g.ID)).
		Select("used_at", "data").Updates(gripRow{UsedAt: stamp{g.Used}, Data: data}).Error
}

// EndToken implements session.Tx.
func (t SessionTx) EndToken(_ context.Context, user tenant.UserID, id tenant.ID) (int, error) {
	done := t.db.Model(&gripRow{}).Where("id = ? and user_id = ? and ended_at is null", key(id), key(user)).Update("ended_at", stamp{t.Now()})
	return int(done.RowsAffected), done.Error
}

// EndTokens implements session.Tx.
func (t SessionTx) EndTokens(_ context.Context, user tenant.UserID) error {
	return t.db.Model(&gripRow{}).Where("user_id = ? and ended_at is null", key(user)).Update("ended_at", stamp{t.Now()}).Error
}

func (t SessionTx) grip(row gripRow) (g session.Grip, err error) {
	g = session.Grip{
		ID: tenant.ID(row.ID), User: tenant.UserID(row.UserID), Scopes: strings.Fields(row.Scopes), Made: row.MadeAt.Time,
		Expires: row.ExpiresAt.Time, Used: row.UsedAt.Time, Ended: row.EndedAt.Time,
	}
	copy(g.Hash[:], row.Hash)
	return g, t.openJSON("api_tokens", g.ID.String(), "data", row.Data, &g.Data)
}

// TokenByHash implements session.Tx.
func (t SessionTx) TokenByHash(_ context.Context, h session.Hash) (session.Grip, error) {
	var row gripRow
	if err := t.db.Where("hash = ?", h[:]).Take(&row).Error; err != nil {
		return session.Grip{}, noSuch(err)
	}
	return t.grip(row)
}

// Tokens implements session.Tx.
func (t SessionTx) Tokens(_ context.Context, user tenant.UserID) ([]session.Grip, error) {
	var rows []gripRow
	err := t.db.Where("user_id = ? and ended_at is null and expires_at > ?", key(user), stamp{t.Now()}).Order("made_at desc, id").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	all := make([]session.Grip, len(rows))
	for i, row := range rows {
		if all[i], err = t.grip(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}
