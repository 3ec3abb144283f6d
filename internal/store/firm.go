package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// firmStore implements firm.Store.
type firmStore struct{ *Store }

// Firms returns the store of internal/firm.
func (s *Store) Firms() firm.Store { return firmStore{s} }

// Control implements firm.Store.
func (s firmStore) Control(ctx context.Context, fn func(firm.Tx) error) error {
	return s.Store.Control(ctx, func(t *ControlTx) error { return fn(peopleTx{t}) })
}

// Read implements firm.Store.
func (s firmStore) Read(ctx context.Context, fn func(firm.Tx) error) error {
	return s.ReadControl(ctx, func(t *ControlTx) error { return fn(peopleTx{t}) })
}

// InFirm implements firm.Store.
func (s firmStore) InFirm(ctx context.Context, scope tenant.Scope, fn func(firm.HomeTx) error) error {
	return s.Store.InFirm(ctx, scope, func(t *FirmTx) error { return fn(entityTx{t}) })
}

// ReadFirm implements firm.Store.
func (s firmStore) ReadFirm(ctx context.Context, scope tenant.Scope, fn func(firm.HomeTx) error) error {
	return s.Store.ReadFirm(ctx, scope, func(t *FirmTx) error { return fn(entityTx{t}) })
}

// peopleTx implements firm.Tx.
type peopleTx struct{ *ControlTx }

// notThere turns the absence of a row into what people are told.
func notThere(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return fault.New(fault.NotFound, err, "There is nothing here, or nothing for you.")
	}
	return err
}

// firmRow is a firm.
type firmRow struct {
	ID         key
	Name       []byte
	Country    string
	Currency   string
	Timezone   string
	ZoneGiven  bool
	Residency  string
	CreatedAt  stamp
	ArchivedAt stamp
	Version    int64
}

// TableName implements gorm's Tabler.
func (firmRow) TableName() string { return "firms" }

func (t peopleTx) firmRow(f firm.Firm) (row firmRow, err error) {
	row = firmRow{
		ID: key(f.ID), Country: f.Country, Currency: f.Currency, Timezone: f.Timezone, ZoneGiven: f.ZoneGiven, Residency: f.Residency,
		CreatedAt: stamp{f.Created}, ArchivedAt: stamp{f.Archived}, Version: f.Version,
	}
	row.Name, err = t.Seal("firms", f.ID.String(), "name", []byte(f.Name))
	return row, err
}

func (t peopleTx) firmOf(row firmRow) (f firm.Firm, err error) {
	f = firm.Firm{
		ID: tenant.FirmID(row.ID), Country: row.Country, Currency: row.Currency, Timezone: row.Timezone, ZoneGiven: row.ZoneGiven, Residency: row.Residency,
		Created: row.CreatedAt.Time, Archived: row.ArchivedAt.Time, Version: row.Version,
	}
	name, err := t.Open("firms", f.ID.String(), "name", row.Name)
	f.Name = string(name)
	return f, err
}

// AddFirm implements firm.Tx.
func (t peopleTx) AddFirm(_ context.Context, f firm.Firm) error {
	row, err := t.firmRow(f)
	if err != nil {
		return err
	}
	return t.db.Create(&row).Error
}

// SaveFirm implements firm.Tx.
func (t peopleTx) SaveFirm(_ context.Context, f firm.Firm) error {
	row, err := t.firmRow(f)
	if err != nil {
		return err
	}
	return newer(t.db.Model(&firmRow{}).Where("id = ? and version = ?", row.ID, f.Version-1).
		Select("name", "country", "currency", "timezone", "zone_given", "archived_at", "version").Updates(row))
}

// newer refuses a change of what somebody else changed first.
func newer(done *gorm.DB) error {
	if done.Error == nil && done.RowsAffected != 1 {
		return fault.New(fault.Precondition, nil, "Somebody changed this since you read it.")
	}
	return done.Error
}

// Firm implements firm.Tx.
func (t peopleTx) Firm(_ context.Context, id tenant.FirmID) (f firm.Firm, err error) {
	var row firmRow
	if err := t.db.Where("id = ?", key(id)).Take(&row).Error; err != nil {
		return f, notThere(err)
	}
	return t.firmOf(row)
}

// Firms implements firm.Tx.
func (t peopleTx) Firms(_ context.Context, after tenant.FirmID, limit int) (all []firm.Firm, err error) {
	find := t.db.Order("id").Limit(limit)
	if !after.IsZero() {
		find = find.Where("id > ?", key(after))
	}
	var rows []firmRow
	if err := find.Find(&rows).Error; err != nil {
		return nil, err
	}
	all = make([]firm.Firm, len(rows))
	for i, row := range rows {
		if all[i], err = t.firmOf(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// memberRow is a person in a firm.
type memberRow struct {
	Firm     key
	Person   key
	Role     string
	Entities *string
	Since    stamp
}

// TableName implements gorm's Tabler.
func (memberRow) TableName() string { return "members" }

func (r memberRow) member() (m firm.Member, err error) {
	m = firm.Member{Firm: tenant.FirmID(r.Firm), User: tenant.UserID(r.Person), Role: tenant.Role(r.Role), Since: r.Since.Time}
	m.Entities, err = idsOf(r.Entities)
	return m, err
}

// idsText writes ids with commas between them; nil, which means all, is null.
func idsText(ids []tenant.EntityID) *string {
	if ids == nil {
		return nil
	}
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = id.String()
	}
	text := strings.Join(parts, ",")
	return &text
}

func idsOf(text *string) ([]tenant.EntityID, error) {
	if text == nil {
		return nil, nil
	}
	ids := []tenant.EntityID{}
	for part := range strings.SplitSeq(*text, ",") {
		if part == "" {
			continue
		}
		id, err := tenant.ParseID(part)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Member implements firm.Tx.
func (t peopleTx) Member(_ context.Context, id tenant.FirmID, user tenant.UserID) (firm.Member, error) {
	var row memberRow
	if err := t.db.Where("firm = ? and person = ?", key(id), key(user)).Take(&row).Error; err != nil {
		return firm.Member{}, notThere(err)
	}
	return row.member()
}

// Members implements firm.Tx.
func (t peopleTx) Members(_ context.Context, id tenant.FirmID) ([]firm.Member, error) {
	return t.members("firm = ?", key(id))
}

// MembershipsOf implements firm.Tx.
func (t peopleTx) MembershipsOf(_ context.Context, user tenant.UserID) ([]firm.Member, error) {
	return t.members("person = ? and firm in (select id from firms where archived_at is null)", key(user))
}

// standingRow is how somebody stands to a firm.
type standingRow struct {
	Operator, Second, Open bool
	Member                 memberRow `gorm:"embedded"`
	Rights                 *string
}

// Standing implements firm.Tx.
func (t peopleTx) Standing(_ context.Context, id tenant.FirmID, user tenant.UserID) (s firm.Standing, err error) {
	var rows []standingRow
	err = t.db.Raw("select u.operator, u.totp_at is not null or exists (select 1 from passkeys k where k.user_id = u.id) as second, f.id is not null as open,"+
		" m.firm, m.person, m.role, m.entities, m.since, r.rights from users u left join firms f on f.id = @f and f.archived_at is null"+
		" left join members m on m.firm = f.id and m.person = u.id left join role_rights r on r.firm = m.firm and r.role = m.role where u.id = @u",
		sql.Named("f", key(id)), sql.Named("u", key(user))).Scan(&rows).Error
	if err != nil || len(rows) == 0 {
		return s, err
	}
	row := rows[0]
	s = firm.Standing{Operator: row.Operator, SecondFactor: row.Second, Open: row.Open}
	if tenant.FirmID(row.Member.Firm).IsZero() {
		return s, nil
	}
	m, err := row.Member.member()
	s.Member = &m
	if row.Rights != nil {
		r := rightsRow{Rights: *row.Rights}.rights()
		s.Edited = &r
	}
	return s, err
}

// mineRow is a firm with somebody's role in it.
type mineRow struct {
	Firm firmRow `gorm:"embedded"`
	Role string
}

// Mine implements firm.Tx.
func (t peopleTx) Mine(_ context.Context, user tenant.UserID, most int) (all []firm.Mine, err error) {
	find := t.db.Table("members m").Joins("join firms f on f.id = m.firm").Where("m.person = ? and f.archived_at is null", key(user)).
		Select("f.id, f.name, f.country, f.currency, f.timezone, f.zone_given, f.residency, f.created_at, f.archived_at, f.version, m.role").
		Order("m.since, m.firm")
	if most > 0 {
		find = find.Limit(most)
	}
	var rows []mineRow
	if err := find.Scan(&rows).Error; err != nil {
		return nil, err
	}
	all = make([]firm.Mine, len(rows))
	for i := range rows {
		all[i].Role = tenant.Role(rows[i].Role)
		if all[i].Firm, err = t.firmOf(rows[i].Firm); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Owns implements firm.Tx.
func (t peopleTx) Owns(_ context.Context, user tenant.UserID) (owns, shared bool, err error) {
	var row struct{ Owns, Shared bool }
	err = t.db.Raw("select exists (select 1 from members a join firms f on f.id = a.firm where a.person = @p and a.role = @r and f.archived_at is null) as owns,"+
		" exists (select 1 from members a join firms f on f.id = a.firm join members b on b.firm = a.firm and b.person <> a.person"+
		" where a.person = @p and a.role = @r and f.archived_at is null) as shared",
		sql.Named("p", key(user)), sql.Named("r", string(tenant.Owner))).Scan(&row).Error
	return row.Owns, row.Shared, err
}

func (t peopleTx) members(where string, args ...any) (all []firm.Member, err error) {
	var rows []memberRow
	if err := t.db.Where(where, args...).Order("since, person, firm").Find(&rows).Error; err != nil {
		return nil, err
	}
	all = make([]firm.Member, len(rows))
	for i, row := range rows {
		if all[i], err = row.member(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// PutMember implements firm.Tx.
func (t peopleTx) PutMember(_ context.Context, m firm.Member) error {
	row := memberRow{key(m.Firm), key(m.User), string(m.Role), idsText(m.Entities), stamp{m.Since}}
	return t.db.Clauses(t.replace("firm", "person")).Create(&row).Error
}

// DropMember implements firm.Tx.
func (t peopleTx) DropMember(_ context.Context, id tenant.FirmID, user tenant.UserID) error {
	return t.db.Where("firm = ? and person = ?", key(id), key(user)).Delete(&memberRow{}).Error
}

// EndSessions implements firm.Tx.
func (t peopleTx) EndSessions(ctx context.Context, user tenant.UserID, why string) error {
	_, err := SessionTx(t).EndLives(ctx, user, tenant.ID{}, why)
	return err
}

// FirmTx returns the transaction of a change of an account as one on firms:
// what is done with both is done together.
func (t SessionTx) FirmTx() firm.Tx { return peopleTx(t) }

// rightsRow is what a role of a firm may do.
type rightsRow struct {
	Firm   key
	Role   string
	Rights string // a digit for each area
}

// TableName implements gorm's Tabler.
func (rightsRow) TableName() string { return "role_rights" }

// Rights implements firm.Tx. An area that came after the rights were edited is
// not in them: nobody was given it.
func (t peopleTx) Rights(_ context.Context, id tenant.FirmID) (map[tenant.Role]tenant.Rights, error) {
	var rows []rightsRow
	if err := t.db.Where("firm = ?", key(id)).Find(&rows).Error; err != nil {
		return nil, err
	}
	all := make(map[tenant.Role]tenant.Rights, len(rows))
	for _, row := range rows {
		all[tenant.Role(row.Role)] = row.rights()
	}
	return all, nil
}

func (row rightsRow) rights() (r tenant.Rights) {
	for i := range min(len(r), len(row.Rights)) {
		r[i] = tenant.Level(row.Rights[i] - '0')
	}
	return r
}

// PutRights implements firm.Tx.
func (t peopleTx) PutRights(_ context.Context, id tenant.FirmID, role tenant.Role, r tenant.Rights) error {
	digits := make([]byte, len(r))
	for i, level := range r {
		digits[i] = '0' + byte(level)
	}
	row := rightsRow{key(id), string(role), string(digits)}
	return t.db.Clauses(t.replace("firm", "role")).Create(&row).Error
}

// invitationRow is an invitation into a firm.
type invitationRow struct {
	ID        key
	Firm      key
	Email     []byte
	Role      string
	Entities  *string
	Inviter   key
	CreatedAt stamp
	ExpiresAt stamp
	UsedAt    stamp
	UsedBy    key
	RevokedAt stamp
}

// TableName implements gorm's Tabler.
func (invitationRow) TableName() string { return "invitations" }

// PutInvitation implements firm.Tx.
func (t peopleTx) PutInvitation(_ context.Context, i firm.Invitation) error {
	sealed, err := t.Seal("invitations", i.ID.String(), "email", []byte(i.Email))
	if err != nil {
		return err
	}
	row := invitationRow{
		key(i.ID), key(i.Firm), sealed, string(i.Role), idsText(i.Entities), key(i.Inviter),
		stamp{i.Created},
		stamp{i.Expires},
		stamp{i.Used},
		key(i.UsedBy),
		stamp{i.Revoked},
	}
	return t.db.Clauses(t.replace("id")).Create(&row).Error
}

func (t peopleTx) invitationOf(row invitationRow) (i firm.Invitation, err error) {
	i = firm.Invitation{
		ID: tenant.ID(row.ID), Firm: tenant.FirmID(row.Firm), Role: tenant.Role(row.Role), Inviter: tenant.UserID(row.Inviter),
		Created: row.CreatedAt.Time, Expires: row.ExpiresAt.Time, Used: row.UsedAt.Time, UsedBy: tenant.UserID(row.UsedBy), Revoked: row.RevokedAt.Time,
	}
	if i.Entities, err = idsOf(row.Entities); err != nil {
		return i, err
	}
	email, err := t.Open("invitations", i.ID.String(), "email", row.Email)
	i.Email = string(email)
	return i, err
}

// Invitation implements firm.Tx.
func (t peopleTx) Invitation(_ context.Context, id tenant.ID) (firm.Invitation, error) {
	var row invitationRow
	if err := t.db.Where("id = ?", key(id)).Take(&row).Error; err != nil {
		return firm.Invitation{}, notThere(err)
	}
	return t.invitationOf(row)
}

// Invitations implements firm.Tx.
func (t peopleTx) Invitations(_ context.Context, id tenant.FirmID) (all []firm.Invitation, err error) {
	var rows []invitationRow
	if err := t.db.Where("firm = ?", key(id)).Order("created_at desc, id").Limit(500).Find(&rows).Error; err != nil {
		return nil, err
	}
	all = make([]firm.Invitation, len(rows))
	for i, row := range rows {
		if all[i], err = t.invitationOf(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// DueGrants implements firm.Tx.
func (t peopleTx) DueGrants(_ context.Context, now time.Time) ([]firm.Grant, error) {
	return t.grants("state = ? and until <= ?", string(firm.Active), stamp{now})
}
