package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// keyRow is the wrapped keys of an owner.
type keyRow struct {
	Owner       string
	Version     int64
	Master      string
	Seal        []byte
	Derive      []byte
	CreatedAt   stamp
	RotatedAt   stamp
	ChangedAt   stamp
	DestroyedAt stamp
}

// TableName implements gorm's Tabler.
func (keyRow) TableName() string { return "key_sets" }

func newKeyRow(r keyring.Record) keyRow {
	return keyRow{
		r.Owner.String(), r.Version, r.Master, r.Seal, r.Derive,
		stamp{r.Created},
		stamp{r.Rotated},
		stamp{r.Changed},
		stamp{r.Destroyed},
	}
}

func (r keyRow) record() (keyring.Record, error) {
	owner, err := tenant.ParseID(r.Owner)
	return keyring.Record{
		Owner: owner, Version: r.Version, Master: r.Master, Seal: r.Seal, Derive: r.Derive,
		Created: r.CreatedAt.Time, Rotated: r.RotatedAt.Time, Changed: r.ChangedAt.Time, Destroyed: r.DestroyedAt.Time,
	}, err
}

// KeyRecord implements keyring.Registry within the transaction.
func (t *ControlTx) KeyRecord(_ context.Context, owner tenant.FirmID) (keyring.Record, error) {
	var row keyRow
	err := t.db.Where("owner = ?", owner.String()).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return keyring.Record{}, keyring.ErrNoKey
	}
	if err != nil {
		return keyring.Record{}, err
	}
	return row.record()
}

// KeyRecords implements keyring.Registry within the transaction.
func (t *ControlTx) KeyRecords(context.Context) ([]keyring.Record, error) {
	var rows []keyRow
	if err := t.db.Order("owner").Find(&rows).Error; err != nil {
		return nil, err
	}
	all := make([]keyring.Record, len(rows))
	for i, row := range rows {
		var err error
		if all[i], err = row.record(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// InsertKeys implements keyring.Registry within the transaction.
func (t *ControlTx) InsertKeys(_ context.Context, r keyring.Record) error {
	row := newKeyRow(r)
	return t.db.Create(&row).Error
}

// ReplaceKeys implements keyring.Registry within the transaction.
func (t *ControlTx) ReplaceKeys(_ context.Context, r keyring.Record) error {
	done := t.db.Model(&keyRow{}).Where("owner = ? and version = ?", r.Owner.String(), r.Version-1).
		Select("version", "master", "seal", "derive", "rotated_at", "changed_at", "destroyed_at").Updates(newKeyRow(r))
	if done.Error == nil && done.RowsAffected != 1 {
		return keyring.ErrStale
	}
	return done.Error
}

// keyRegistry is the registry with a transaction for each call.
type keyRegistry struct{ *Store }

// KeyRecord implements keyring.Registry.
func (r keyRegistry) KeyRecord(ctx context.Context, owner tenant.FirmID) (one keyring.Record, err error) {
	err = r.ReadControl(ctx, func(t *ControlTx) error {
		one, err = t.KeyRecord(ctx, owner)
		return err
	})
	return one, err
}

// KeyRecords implements keyring.Registry.
func (r keyRegistry) KeyRecords(ctx context.Context) (all []keyring.Record, err error) {
	err = r.ReadControl(ctx, func(t *ControlTx) error {
		all, err = t.KeyRecords(ctx)
		return err
	})
	return all, err
}

// InsertKeys implements keyring.Registry.
func (r keyRegistry) InsertKeys(ctx context.Context, one keyring.Record) error {
	return r.Control(ctx, func(t *ControlTx) error { return t.InsertKeys(ctx, one) })
}

// ReplaceKeys implements keyring.Registry.
func (r keyRegistry) ReplaceKeys(ctx context.Context, one keyring.Record) error {
	return r.Control(ctx, func(t *ControlTx) error { return t.ReplaceKeys(ctx, one) })
}

// ringKeys are the keys of a keyring.
type ringKeys struct{ ring *keyring.Keyring }

// Control implements Keys.
func (k ringKeys) Control(ctx context.Context) (Sealer, error) { return k.ring.Control(ctx) }

// Firm implements Keys.
func (k ringKeys) Firm(ctx context.Context, firm tenant.FirmID) (Sealer, error) {
	return k.ring.Firm(ctx, firm)
}

// OpenKeys opens the keyring whose records are kept here, and makes the
// service's own keys in a new installation. From then on the store seals with
// it, and a firm gets its keys with its place. Call it right after Open. grace
// is how long a rotation waits for other replicas, 0 if there are none.
func (s *Store) OpenKeys(ctx context.Context, m keyring.Masters, grace time.Duration) (*keyring.Keyring, error) {
	ring, err := keyring.Open(ctx, keyring.Config{Masters: m, Registry: keyRegistry{s}, Now: s.now, Grace: grace})
	if err != nil {
		return nil, err
	}
	s.keys = ringKeys{ring}
	return ring, nil
}

// newKeys makes the keys of a firm in the transaction that makes the firm.
func (t *ControlTx) newKeys(firm tenant.FirmID) error {
	if k, ok := t.store.keys.(ringKeys); ok {
		return k.ring.Create(t.ctx, t, firm)
	}
	return nil
}

// DestroyKeys deletes the keys of a firm for good, with the transaction: what
// they sealed, backups included, cannot be read by anybody any more.
func (t *ControlTx) DestroyKeys(_ context.Context, firm tenant.FirmID) error {
	k, ok := t.store.keys.(ringKeys)
	if !ok {
		return ErrNoKeys
	}
	t.AfterCommit(func() { k.ring.Forget(firm) })
	return k.ring.Destroy(t.ctx, t, firm)
}

// HasData reports whether an installation on SQLite lies in a directory: then
// its master key must be there too, and must not be made.
func HasData(dataDir string) bool {
	_, err := os.Stat(filepath.Join(dataDir, "control.db"))
	return err == nil
}

// CheckKeys tells whether the master keys are those of an installation on
// SQLite before it is opened, so that nothing is written with the wrong one.
func CheckKeys(ctx context.Context, dataDir string, m keyring.Masters) (err error) {
	if !HasData(dataDir) {
		return nil
	}
	if err := lockOnce(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(filepath.Join(dataDir, "control.db"), "ro", "_pragma", "query_only(1)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var there bool
	row := db.QueryRowContext(ctx, "select exists (select 1 from sqlite_master where type = 'table' and name = 'key_sets')")
	if err := row.Scan(&there); err != nil || !there {
		return err
	}
	var r keyRow
	row = db.QueryRowContext(ctx, "select owner, master, seal, derive from key_sets where owner = ?", keyring.Service.String())
	if err := row.Scan(&r.Owner, &r.Master, &r.Seal, &r.Derive); errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	record, err := r.record()
	if err != nil {
		return err
	}
	return keyring.CheckMasters(ctx, m, []keyring.Record{record})
}
