package store

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// grantRow is a grant of one entity.
type grantRow struct {
	ID          key
	Home        key
	Entity      key
	Email       []byte // a keyed hash
	ToFirm      key
	ToUser      key
	Role        string
	State       string
	Until       stamp
	Private     []byte // grantNames, sealed
	MadeAt      stamp
	MadeBy      key
	AgreedAt    stamp
	AgreedBy    key
	ConfirmedAt stamp
	ConfirmedBy key
	ClosedAt    stamp
	ClosedBy    key
	Why         string
}

// TableName implements gorm's Tabler.
func (grantRow) TableName() string { return "grants" }

// grantNames is what is sealed of a grant.
type grantNames struct{ Email, Home, Entity, To string }

// PutGrant implements firm.Tx.
func (t peopleTx) PutGrant(_ context.Context, g firm.Grant) error {
	plain, err := json.Marshal(grantNames{g.Email, g.HomeName, g.EntityName, g.ToName})
	if err != nil {
		return err
	}
	row := grantRow{
		ID: key(g.ID), Home: key(g.Home), Entity: key(g.Entity), ToFirm: key(g.ToFirm), ToUser: key(g.ToUser),
		Role: string(g.Role), State: string(g.State), Until: stamp{g.Until}, Why: g.Why,
		MadeAt: stamp{g.Made}, MadeBy: key(g.MadeBy), AgreedAt: stamp{g.Agreed}, AgreedBy: key(g.AgreedBy),
		ConfirmedAt: stamp{g.Confirmed}, ConfirmedBy: key(g.ConfirmedBy), ClosedAt: stamp{g.Closed}, ClosedBy: key(g.ClosedBy),
	}
	if row.Private, err = t.Seal("grants", g.ID.String(), "private", plain); err != nil {
		return err
	}
	if row.Email, err = t.LookUp("grants", "email", []byte(g.Email)); err != nil {
		return err
	}
	return t.db.Clauses(t.replace("id")).Create(&row).Error
}

func (t peopleTx) grantOf(row grantRow) (g firm.Grant, err error) {
	g = firm.Grant{
		ID: tenant.ID(row.ID), Home: tenant.FirmID(row.Home), Entity: tenant.EntityID(row.Entity), ToFirm: tenant.FirmID(row.ToFirm), ToUser: tenant.UserID(row.ToUser),
		Role: tenant.Role(row.Role), State: firm.GrantState(row.State), Until: row.Until.Time, Why: row.Why,
		Made: row.MadeAt.Time, MadeBy: tenant.UserID(row.MadeBy), Agreed: row.AgreedAt.Time, AgreedBy: tenant.UserID(row.AgreedBy),
		Confirmed: row.ConfirmedAt.Time, ConfirmedBy: tenant.UserID(row.ConfirmedBy), Closed: row.ClosedAt.Time, ClosedBy: tenant.UserID(row.ClosedBy),
	}
	plain, err := t.Open("grants", g.ID.String(), "private", row.Private)
	if err != nil {
		return g, err
	}
	var names grantNames
	err = json.Unmarshal(plain, &names)
	g.Email, g.HomeName, g.EntityName, g.ToName = names.Email, names.Home, names.Entity, names.To
	return g, err
}

// Grant implements firm.Tx.
func (t peopleTx) Grant(_ context.Context, id tenant.ID) (firm.Grant, error) {
	var row grantRow
	if err := t.db.Where("id = ?", key(id)).Take(&row).Error; err != nil {
		return firm.Grant{}, notThere(err)
	}
	return t.grantOf(row)
}

func (t peopleTx) grants(where string, args ...any) (all []firm.Grant, err error) {
	var rows []grantRow
	if err := t.db.Where(where, args...).Order("made_at desc, id").Limit(5000).Find(&rows).Error; err != nil {
		return nil, err
	}
	all = make([]firm.Grant, len(rows))
	for i, row := range rows {
		if all[i], err = t.grantOf(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// GrantsFrom implements firm.Tx.
func (t peopleTx) GrantsFrom(_ context.Context, home tenant.FirmID, entity tenant.EntityID) ([]firm.Grant, error) {
	return t.grants("home = ? and entity = ?", key(home), key(entity))
}

// GrantsTo implements firm.Tx.
func (t peopleTx) GrantsTo(_ context.Context, user tenant.UserID, firms []tenant.FirmID, email string) ([]firm.Grant, error) {
	var either []string
	var args []any
	if !user.IsZero() {
		either, args = append(either, "to_user = ?"), append(args, key(user))
	}
	if len(firms) > 0 {
		either, args = append(either, "to_firm in ?"), append(args, keysOf(firms))
	}
	if email != "" {
		sum, err := t.LookUp("grants", "email", []byte(strings.ToLower(email)))
		if err != nil {
			return nil, err
		}
		either = append(either, "email = ? and state in ?")
		args = append(args, sum, []string{string(firm.Requested), string(firm.Offered), string(firm.Accepted)})
	}
	if len(either) == 0 {
		return nil, nil
	}
	return t.grants("state <> '"+string(firm.Ended)+"' and ("+strings.Join(either, " or ")+")", args...) // #nosec G202 -- of the words above only
}

// GrantsInto implements firm.Tx.
func (t peopleTx) GrantsInto(_ context.Context, home tenant.FirmID, user tenant.UserID, firms []tenant.FirmID) ([]firm.Grant, error) {
	if len(firms) == 0 {
		return t.grants("home = ? and state = ? and to_user = ?", key(home), string(firm.Active), key(user))
	}
	return t.grants("home = ? and state = ? and (to_user = ? or to_firm in ?)", key(home), string(firm.Active), key(user), keysOf(firms))
}

func keysOf(ids []tenant.ID) []key {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = key(id)
	}
	return keys
}

// entityTx implements firm.HomeTx.
type entityTx struct{ *FirmTx }

// entityRow is an entity of a firm.
type entityRow struct {
	ID         key
	Name       []byte
	Country    string
	Currency   string
	Timezone   string
	ZoneGiven  bool
	Method     string
	Options    []byte
	Status     string
	DueAt      stamp
	Preparer   key
	Reviewer   key
	CreatedAt  stamp
	ArchivedAt stamp
	Version    int64
}

// TableName implements gorm's Tabler.
func (entityRow) TableName() string { return "entities" }

func (t entityTx) entityRow(e firm.Entity) (row entityRow, err error) {
	row = entityRow{
		ID: key(e.ID), Country: e.Country, Currency: e.Currency, Timezone: e.Timezone, ZoneGiven: e.ZoneGiven, Method: e.Method, Status: string(e.Status),
		DueAt: stamp{e.Due}, Preparer: key(e.Preparer), Reviewer: key(e.Reviewer), CreatedAt: stamp{e.Created}, ArchivedAt: stamp{e.Archived}, Version: e.Version,
	}
	if row.Name, err = t.Seal("entities", e.ID.String(), "name", []byte(e.Name)); err != nil {
		return row, err
	}
	row.Options, err = t.Seal("entities", e.ID.String(), "options", e.Options)
	return row, err
}

func (t entityTx) entityOf(row entityRow) (e firm.Entity, err error) {
	e = firm.Entity{
		ID: tenant.EntityID(row.ID), Country: row.Country, Currency: row.Currency, Timezone: row.Timezone, ZoneGiven: row.ZoneGiven, Method: row.Method, Status: firm.Status(row.Status),
		Due: row.DueAt.Time, Preparer: tenant.UserID(row.Preparer), Reviewer: tenant.UserID(row.Reviewer),
		Created: row.CreatedAt.Time, Archived: row.ArchivedAt.Time, Version: row.Version,
	}
	name, err := t.Open("entities", e.ID.String(), "name", row.Name)
	if err != nil {
		return e, err
	}
	e.Name = string(name)
	e.Options, err = t.Open("entities", e.ID.String(), "options", row.Options)
	return e, err
}

// AddEntity implements firm.HomeTx.
func (t entityTx) AddEntity(_ context.Context, e firm.Entity) error {
	row, err := t.entityRow(e)
	if err != nil {
		return err
	}
	return t.db.Create(&row).Error
}

// SaveEntity implements firm.HomeTx.
func (t entityTx) SaveEntity(_ context.Context, e firm.Entity) error {
	row, err := t.entityRow(e)
	if err != nil {
		return err
	}
	return newer(t.db.Model(&entityRow{}).Where("id = ? and version = ?", row.ID, e.Version-1).Select(
		"name", "country", "currency", "timezone", "zone_given", "method", "options", "status", "due_at", "preparer", "reviewer", "archived_at", "version",
	).Updates(row))
}

// Entity implements firm.HomeTx.
func (t entityTx) Entity(_ context.Context, id tenant.EntityID) (firm.Entity, error) {
	var row entityRow
	if err := t.db.Where("id = ?", key(id)).Take(&row).Error; err != nil {
		return firm.Entity{}, notThere(err)
	}
	return t.entityOf(row)
}

// Entities implements firm.HomeTx.
func (t entityTx) Entities(context.Context) (all []firm.Entity, err error) {
	var rows []entityRow
	if err := t.db.Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	all = make([]firm.Entity, len(rows))
	for i, row := range rows {
		if all[i], err = t.entityOf(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}
