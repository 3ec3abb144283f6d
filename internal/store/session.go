package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// sessionStore implements session.Store.
type sessionStore struct{ *Store }

// Sessions returns the store of internal/session.
func (s *Store) Sessions() session.Store { return sessionStore{s} }

// Control implements session.Store.
func (s sessionStore) Control(ctx context.Context, fn func(session.Tx) error) error {
	return s.Store.Control(ctx, func(t *ControlTx) error { return fn(SessionTx{t}) })
}

// Read implements session.Store.
func (s sessionStore) Read(ctx context.Context, fn func(session.Tx) error) error {
	return s.ReadControl(ctx, func(t *ControlTx) error { return fn(SessionTx{t}) })
}

// SessionTx implements session.Tx. It is exported for what is done together
// with a change of an account: the transaction inside is the same.
type SessionTx struct{ *ControlTx }

// userRow is an account.
type userRow struct {
	ID          key
	EmailKey    []byte
	Private     []byte
	Password    []byte
	PasswordAt  stamp
	TOTP        []byte `gorm:"column:totp"`
	TOTPAt      stamp  `gorm:"column:totp_at"`
	TOTPStep    int64  `gorm:"column:totp_step"`
	MailCodes   bool
	Operator    bool
	CreatedAt   stamp
	ConfirmedAt stamp
	DisabledAt  stamp
}

// TableName implements gorm's Tabler.
func (userRow) TableName() string { return "users" }

// userPrivate is what names a person.
type userPrivate struct {
	Email  string `json:"email"`
	Name   string `json:"name,omitempty"`
	Locale string `json:"locale,omitempty"`
}

// userTOTP is what an authenticator app knows.
type userTOTP struct {
	Seed []byte `json:"seed,omitempty"`
	Next []byte `json:"next,omitempty"`
}

// noSuch turns the absence of a row into the answer of internal/session.
func noSuch(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return session.ErrNone
	}
	return err
}

func (t SessionTx) userRow(u session.User) (row userRow, err error) {
	row = userRow{
		ID: key(u.ID), PasswordAt: stamp{u.PasswordSet}, TOTPAt: stamp{u.TOTP.Since}, TOTPStep: u.TOTP.Step, MailCodes: u.MailCodes,
		Operator: u.Operator, CreatedAt: stamp{u.Created}, ConfirmedAt: stamp{u.Confirmed}, DisabledAt: stamp{u.Disabled},
	}
	if row.EmailKey, err = t.LookUp("users", "email", []byte(u.Email)); err != nil {
		return row, err
	}
	if row.Private, err = t.sealJSON("users", u.ID.String(), "private", userPrivate{u.Email, u.Name, u.Locale}); err != nil {
		return row, err
	}
	if row.Password, err = t.Seal("users", u.ID.String(), "password", u.Password); err != nil {
		return row, err
	}
	if u.TOTP.Seed != nil || u.TOTP.Next != nil {
		row.TOTP, err = t.sealJSON("users", u.ID.String(), "totp", userTOTP{u.TOTP.Seed, u.TOTP.Next})
	}
	return row, err
}

func (t SessionTx) user(row userRow) (u session.User, err error) {
	u = session.User{
		ID: tenant.UserID(row.ID), PasswordSet: row.PasswordAt.Time, MailCodes: row.MailCodes, Operator: row.Operator,
		Created: row.CreatedAt.Time, Confirmed: row.ConfirmedAt.Time, Disabled: row.DisabledAt.Time,
	}
	var p userPrivate
	if err := t.openJSON("users", u.ID.String(), "private", row.Private, &p); err != nil {
		return u, err
	}
	u.Email, u.Name, u.Locale = p.Email, p.Name, p.Locale
	if u.Password, err = t.Open("users", u.ID.String(), "password", row.Password); err != nil {
		return u, err
	}
	var app userTOTP
	if row.TOTP != nil {
		err = t.openJSON("users", u.ID.String(), "totp", row.TOTP, &app)
	}
	u.TOTP = session.TOTP{Seed: app.Seed, Next: app.Next, Since: row.TOTPAt.Time, Step: row.TOTPStep}
	return u, err
}

// HasUsers implements session.Tx.
func (t SessionTx) HasUsers(context.Context) (has bool, err error) {
	err = t.db.Raw("select exists (select 1 from users where not operator)").Scan(&has).Error
	return has, err
}

// AddUser implements session.Tx.
func (t SessionTx) AddUser(_ context.Context, u session.User) error {
	row, err := t.userRow(u)
	if err != nil {
		return err
	}
	err = t.try(func(db *gorm.DB) error { return db.Create(&row).Error })
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return session.ErrTaken
	}
	return err
}

// SaveUser implements session.Tx.
func (t SessionTx) SaveUser(_ context.Context, u session.User) error {
	row, err := t.userRow(u)
	if err != nil {
		return err
	}
	return t.db.Model(&userRow{}).Where("id = ?", row.ID).Omit("id").Select("*").Updates(row).Error
}

// User implements session.Tx.
func (t SessionTx) User(_ context.Context, id tenant.UserID) (session.User, error) {
	var row userRow
	if err := t.db.Where("id = ?", key(id)).Take(&row).Error; err != nil {
		return session.User{}, noSuch(err)
	}
	return t.user(row)
}

// UserByEmail implements session.Tx.
func (t SessionTx) UserByEmail(_ context.Context, email string) (session.User, error) {
	k, err := t.LookUp("users", "email", []byte(email))
	if err != nil {
		return session.User{}, err
	}
	var row userRow
	if err := t.db.Where("email_key = ?", k).Take(&row).Error; err != nil {
		return session.User{}, noSuch(err)
	}
	return t.user(row)
}

// UserEvents implements session.Tx.
func (t SessionTx) UserEvents(_ context.Context, id tenant.UserID, limit int) ([]audit.Event, error) {
	return t.eventPage(audit.EventQuery{Limit: limit}, "actor = ? or object = ?", id.String(), "user/"+id.String())
}

// setupRow is the code for the first owner.
type setupRow struct {
	ID    int
	Hash  []byte
	Until stamp
	Tries int
}

// TableName implements gorm's Tabler.
func (setupRow) TableName() string { return "setup_code" }

// Setup implements session.Tx.
func (t SessionTx) Setup(context.Context) (session.Setup, error) {
	var row setupRow
	if err := t.db.Where("id = 1").Take(&row).Error; err != nil {
		return session.Setup{}, noSuch(err)
	}
	s := session.Setup{Until: row.Until.Time, Tries: row.Tries}
	copy(s.Hash[:], row.Hash)
	return s, nil
}

// SaveSetup implements session.Tx.
func (t SessionTx) SaveSetup(_ context.Context, s session.Setup) error {
	return t.db.Clauses(t.replace("id")).Create(&setupRow{1, s.Hash[:], stamp{s.Until}, s.Tries}).Error
}
