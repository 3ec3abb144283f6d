package store

import (
	"context"
	"time"

	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// liveRow is a session.
type liveRow struct {
	ID      key
	UserID  key
	Hash    []byte
	MadeAt  stamp
	SeenAt  stamp
	Until   stamp
	EndedAt stamp
	Why     string
	Print   []byte
}

// TableName implements gorm's Tabler.
func (liveRow) TableName() string { return "sessions" }

// AddLive implements session.Tx.
func (t SessionTx) AddLive(_ context.Context, l session.Live) error {
	row := liveRow{ID: key(l.ID), UserID: key(l.User), Hash: l.Hash[:], MadeAt: stamp{l.Made}, SeenAt: stamp{l.Seen}, Until: stamp{l.Until}}
	var err error
	if row.Print, err = t.sealJSON("sessions", l.ID.String(), "print", l.Print); err != nil {
		return err
	}
	return t.db.Create(&row).Error
}

// TouchLive implements session.Tx.
func (t SessionTx) TouchLive(_ context.Context, l session.Live) error {
	sealed, err := t.sealJSON("sessions", l.ID.String(), "print", l.Print)
	if err != nil {
		return err
	}
	return t.db.Model(&liveRow{}).Where("id = ? and hash = ? and ended_at is null", key(l.ID), l.Hash[:]).
		Select("seen_at", "print").Updates(liveRow{SeenAt: stamp{l.Seen}, Print: sealed}).Error
}

// RenewLive implements session.Tx.
func (t SessionTx) RenewLive(_ context.Context, l session.Live) error {
	sealed, err := t.sealJSON("sessions", l.ID.String(), "print", l.Print)
	if err != nil {
		return err
	}
	return t.db.Model(&liveRow{}).Where("id = ? and ended_at is null", key(l.ID)).
		Select("hash", "seen_at", "print").Updates(liveRow{Hash: l.Hash[:], SeenAt: stamp{l.Seen}, Print: sealed}).Error
}

func (t SessionTx) live(row liveRow) (l session.Live, err error) {
	l = session.Live{
		ID: tenant.ID(row.ID), User: tenant.UserID(row.UserID), Made: row.MadeAt.Time, Seen: row.SeenAt.Time, Until: row.Until.Time,
		Ended: row.EndedAt.Time, Why: row.Why,
	}
	copy(l.Hash[:], row.Hash)
	return l, t.openJSON("sessions", l.ID.String(), "print", row.Print, &l.Print)
}

// Live implements session.Tx.
func (t SessionTx) Live(_ context.Context, id tenant.ID) (session.Live, error) {
	var row liveRow
	if err := t.db.Where("id = ?", key(id)).Take(&row).Error; err != nil {
		return session.Live{}, noSuch(err)
	}
	return t.live(row)
}

// LiveByHash implements session.Tx.
func (t SessionTx) LiveByHash(_ context.Context, h session.Hash) (session.Live, error) {
	var row liveRow
	if err := t.db.Where("hash = ?", h[:]).Take(&row).Error; err != nil {
		return session.Live{}, noSuch(err)
	}
	return t.live(row)
}

// Lives implements session.Tx.
func (t SessionTx) Lives(_ context.Context, user tenant.UserID) ([]session.Live, error) {
	var rows []liveRow
	if err := t.db.Where("user_id = ? and ended_at is null and until > ?", key(user), stamp{t.Now()}).Order("seen_at desc").Find(&rows).Error; err != nil {
		return nil, err
	}
	all := make([]session.Live, len(rows))
	for i, row := range rows {
		var err error
		if all[i], err = t.live(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// EndLive implements session.Tx.
func (t SessionTx) EndLive(_ context.Context, user tenant.UserID, id tenant.ID, why string) (int, error) {
	done := t.db.Model(&liveRow{}).Where("id = ? and user_id = ? and ended_at is null", key(id), key(user)).
		Select("ended_at", "why").Updates(liveRow{EndedAt: stamp{t.Now()}, Why: why})
	return int(done.RowsAffected), done.Error
}

// EndLives implements session.Tx.
func (t SessionTx) EndLives(_ context.Context, user tenant.UserID, except tenant.ID, why string) (int, error) {
	which := t.db.Model(&liveRow{}).Where("user_id = ? and ended_at is null", key(user))
	if !except.IsZero() {
		which = which.Where("id <> ?", key(except))
	}
	done := which.Select("ended_at", "why").Updates(liveRow{EndedAt: stamp{t.Now()}, Why: why})
	return int(done.RowsAffected), done.Error
}

// EndSessions ends all sessions of a person, with the transaction: what
// changes what they may do calls it.
func (t *ControlTx) EndSessions(ctx context.Context, user tenant.UserID, why string) error {
	_, err := SessionTx{t}.EndLives(ctx, user, tenant.ID{}, why)
	return err
}

// attemptRow is a sign-in that waits.
type attemptRow struct {
	ID     key
	UserID key
	Hash   []byte
	Until  stamp
	Ended  bool
	Data   []byte
}

// TableName implements gorm's Tabler.
func (attemptRow) TableName() string { return "attempts" }

func (t SessionTx) attemptRow(a session.Attempt) (attemptRow, error) {
	data, err := t.sealJSON("attempts", a.ID.String(), "data", a.Data)
	return attemptRow{key(a.ID), key(a.User), a.Hash[:], stamp{a.Until}, a.Ended, data}, err
}

// AddAttempt implements session.Tx.
func (t SessionTx) AddAttempt(_ context.Context, a session.Attempt) error {
	row, err := t.attemptRow(a)
	if err != nil {
		return err
	}
	return t.db.Create(&row).Error
}

// SaveAttempt implements session.Tx.
func (t SessionTx) SaveAttempt(_ context.Context, a session.Attempt) error {
	row, err := t.attemptRow(a)
	if err != nil {
		return err
	}
	return t.db.Model(&attemptRow{}).Where("id = ?", row.ID).Select("ended", "data").Updates(row).Error
}

// AttemptByHash implements session.Tx.
func (t SessionTx) AttemptByHash(_ context.Context, h session.Hash) (session.Attempt, error) {
	var row attemptRow
	if err := t.db.Where("hash = ?", h[:]).Take(&row).Error; err != nil {
		return session.Attempt{}, noSuch(err)
	}
	a := session.Attempt{ID: tenant.ID(row.ID), User: tenant.UserID(row.UserID), Hash: h, Until: row.Until.Time, Ended: row.Ended}
	return a, t.openJSON("attempts", a.ID.String(), "data", row.Data, &a.Data)
}

// deviceRow is a browser that is known.
type deviceRow struct {
	ID     key
	UserID key
	Hash   []byte
	MadeAt stamp
	Until  stamp
}

// TableName implements gorm's Tabler.
func (deviceRow) TableName() string { return "devices" }

// AddDevice implements session.Tx.
func (t SessionTx) AddDevice(_ context.Context, d session.Device) error {
	return t.db.Create(&deviceRow{key(d.ID), key(d.User), d.Hash[:], stamp{d.Made}, stamp{d.Until}}).Error
}

// SeeDevice implements session.Tx.
func (t SessionTx) SeeDevice(_ context.Context, id tenant.ID, until time.Time) error {
	return t.db.Model(&deviceRow{}).Where("id = ?", key(id)).Update("until", stamp{until}).Error
}

// DeviceByHash implements session.Tx.
func (t SessionTx) DeviceByHash(_ context.Context, h session.Hash) (session.Device, error) {
	var row deviceRow
	if err := t.db.Where("hash = ?", h[:]).Take(&row).Error; err != nil {
		return session.Device{}, noSuch(err)
	}
	return session.Device{ID: tenant.ID(row.ID), User: tenant.UserID(row.UserID), Hash: h, Made: row.MadeAt.Time, Until: row.Until.Time}, nil
}

// HasDevices implements session.Tx.
func (t SessionTx) HasDevices(_ context.Context, user tenant.UserID) (has bool, err error) {
	err = t.db.Raw("select exists (select 1 from devices where user_id = ?)", key(user)).Scan(&has).Error
	return has, err
}

// DropDevices implements session.Tx. The rows stay, over: HasDevices must not
// take the next browser for the very first.
func (t SessionTx) DropDevices(_ context.Context, user tenant.UserID) error {
	now := stamp{t.Now()}
	return t.db.Model(&deviceRow{}).Where("user_id = ? and until > ?", key(user), now).Update("until", now).Error
}
