package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// eventRow is a security event.
type eventRow struct {
	ID      key
	At      stamp
	Kind    string
	Outcome string
	Via     string
	Actor   string
	Session string
	Firm    string
	Object  string
	Request string
	Private []byte // address and detail, sealed
}

// TableName implements gorm's Tabler.
func (eventRow) TableName() string { return "events" }

// Event keeps a security event of the control plane.
func (t *ControlTx) Event(_ context.Context, e audit.Event) error { return t.event(e) }

// Event keeps a security event of the firm, with the scope's actor.
func (t *FirmTx) Event(_ context.Context, e audit.Event) error {
	if e.Actor != (tenant.Actor{}) || !e.Firm.IsZero() {
		return errors.New("store: a firm's event takes actor and firm from the scope")
	}
	e.Actor = t.scope.Actor()
	return t.event(e)
}

// event keeps an event and, once it is committed, logs it in one line.
func (t *tx) event(e audit.Event) error {
	if strings.ContainsFunc(e.Kind+e.Outcome+e.Object+e.Request, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("store: kind, outcome, object and request of an event are printable ASCII without spaces")
	}
	row := eventRow{
		ID: key(tenant.NewID()), At: stamp{t.Now()}, Kind: e.Kind, Outcome: e.Outcome, Via: string(e.Actor.Via), Actor: e.Actor.Name,
		Session: idText(e.Actor.Session), Firm: idText(e.Firm), Object: e.Object, Request: e.Request,
	}
	if !e.Actor.User.IsZero() {
		row.Actor = e.Actor.User.String()
	}
	if e.Actor.Address != "" || e.Detail != "" {
		plain, err := json.Marshal(private{e.Actor.Address, e.Detail})
		if err != nil {
			return err
		}
		if row.Private, err = t.Seal("events", tenant.ID(row.ID).String(), "private", plain); err != nil {
			return err
		}
	}
	if err := t.db.Create(&row).Error; err != nil {
		return err
	}
	firm := cmp.Or(row.Firm, idText(t.firm))
	t.AfterCommit(func() {
		t.store.log.InfoContext(t.ctx, "security event", "event", row.Kind, "outcome", row.Outcome,
			"actor", row.Actor, "firm", firm, "object", row.Object, "request_id", row.Request)
	})
	return nil
}

func idText(id tenant.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// eventOf makes the event of a row.
func (t *tx) eventOf(row eventRow) (e audit.Event, err error) {
	e = audit.Event{
		ID: tenant.ID(row.ID), At: row.At.Time, Kind: row.Kind, Outcome: row.Outcome, Object: row.Object, Request: row.Request,
		Actor: tenant.Actor{Via: tenant.Via(row.Via), Name: row.Actor}, Firm: t.firm,
	}
	if id, err := tenant.ParseID(row.Actor); err == nil {
		e.Actor.User, e.Actor.Name = id, ""
	}
	if id, err := tenant.ParseID(row.Session); err == nil {
		e.Actor.Session = id
	}
	if id, err := tenant.ParseID(row.Firm); err == nil {
		e.Firm = id
	}
	plain, err := t.Open("events", tenant.ID(row.ID).String(), "private", row.Private)
	if err != nil || len(plain) == 0 {
		return e, err
	}
	var p private
	err = json.Unmarshal(plain, &p)
	e.Actor.Address, e.Detail = p.Address, p.Reason
	return e, err
}

// eventPage reads a page of events, the newest first.
func (t *tx) eventPage(q audit.EventQuery, where string, args ...any) (events []audit.Event, err error) {
	find := t.db.Where(where, args...).Order("at desc, id").Limit(q.Limit)
	if !q.Before.IsZero() {
		find = find.Where("at < ?", stamp{q.Before})
	}
	if q.Kind != "" {
		find = find.Where("kind = ?", q.Kind)
	}
	var rows []eventRow
	if err := find.Find(&rows).Error; err != nil {
		return nil, err
	}
	events = make([]audit.Event, len(rows))
	for i, row := range rows {
		if events[i], err = t.eventOf(row); err != nil {
			return nil, fmt.Errorf("event %s: %w", tenant.ID(row.ID), err)
		}
	}
	return events, nil
}

// Events implements audit.Store.
func (s auditLog) Events(ctx context.Context, scope tenant.Scope, q audit.EventQuery) (all []audit.Event, err error) {
	err = s.ReadFirm(ctx, scope, func(t *FirmTx) error {
		all, err = t.eventPage(q, "1 = 1")
		return err
	})
	if err != nil {
		return nil, err
	}
	where, args := "firm = ?", []any{scope.Firm().String()}
	for _, u := range slices.SortedFunc(maps.Keys(q.Users), func(a, b tenant.UserID) int { return bytes.Compare(a[:], b[:]) }) {
		// also what strangers did to an account
		where += " or firm = '' and at >= ? and (actor = ? or object = ?)"
		args = append(args, stamp{q.Users[u]}, u.String(), "user/"+u.String())
	}
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		more, err := t.eventPage(q, where, args...)
		all = append(all, more...)
		return err
	})
	slices.SortStableFunc(all, func(a, b audit.Event) int { return b.At.Compare(a.At) })
	return all[:min(len(all), q.Limit)], err
}

// dropEvents deletes events that are older than they are kept.
func (t *tx) dropEvents() error {
	return t.db.Where("at < ?", stamp{t.Now().Add(-audit.KeepEvents)}).Delete(&eventRow{}).Error
}
