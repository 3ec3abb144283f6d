package link

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Change is what a person wants otherwise about a link; nil stays.
type Change struct {
	Label    *string
	Schedule *string
	Paused   *bool
	Key      *exchange.Credentials // a new key for the same account
	Stated   bool
}

// Change changes a link. A new key is looked at as the first one was; cursors
// and history stay.
func (s *Service) Change(ctx context.Context, scope tenant.Scope, id tenant.ID, c Change) (*Link, error) {
	l, _, err := s.Find(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	x, err := s.Exchange(l.Exchange)
	if err != nil {
		return nil, err
	}
	var passport Passport
	q := Request{Label: l.Label, Stated: c.Stated || !l.Stated.IsZero() && c.Key == nil}
	if c.Label != nil {
		q.Label = *c.Label
	}
	if c.Key != nil {
		q.Key = *c.Key
		if err := s.examine(x, &q); err != nil {
			return nil, err
		}
		if passport, err = s.probe(ctx, x, id, q.Key); err != nil {
			return nil, err
		}
	} else if s.Private(q.Label) || len([]rune(q.Label)) > maxLabel || strings.ContainsAny(q.Label, "\r\n\t/\\") || strings.TrimSpace(q.Label) == "" {
		return nil, fault.Coded(fault.Invalid, "bad_label", nil, "A label has at most %d characters, without strokes and line ends.", maxLabel)
	}
	if err := s.allowed(ctx, scope, l, c.Schedule); err != nil {
		return nil, err
	}
	err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
		if l, err = tx.Link(id); err != nil {
			return err
		}
		before := l.audited()
		l.Label = strings.TrimSpace(q.Label)
		if err := s.checkLabel(tx, l); err != nil {
			return err
		}
		if c.Key != nil {
			if err := s.newKey(ctx, tx, l, q.Key, passport); err != nil {
				return err
			}
		}
		if err := s.reschedule(ctx, tx, scope, l, c); err != nil {
			return err
		}
		if err := tx.Audit(ctx, audit.Entry{Action: "link.change", Object: l.object(), Before: before, After: l.audited()}); err != nil {
			return err
		}
		return tx.SaveLink(l)
	})
	return l, gone(err)
}

// allowed asks the plan about another schedule than the link has.
func (s *Service) allowed(ctx context.Context, scope tenant.Scope, l *Link, text *string) error {
	if text == nil || strings.TrimSpace(*text) == l.Schedule {
		return nil
	}
	if _, comes, err := schedule(*text, l.ID); err != nil || !comes {
		return err
	}
	return s.Allow(ctx, scope.Firm())
}

// newKey takes a key in the place of the old one.
func (s *Service) newKey(ctx context.Context, tx Tx, l *Link, key exchange.Credentials, p Passport) error {
	l.Last4, l.Passport, l.Code, l.Strikes = last4(key.ID), p, "", 0
	l.Keys++
	if !l.Stated.IsZero() {
		l.Stated = tx.Now()
	}
	if l.State != Paused {
		l.State = Active
	}
	for i := range l.Streams {
		if st := &l.Streams[i]; st.State == NotForKey || st.State == Absent {
			st.State = Idle
			if err := tx.SaveStream(l.ID, st); err != nil {
				return err
			}
		}
	}
	return errors.Join(
		tx.SaveKey(l.ID, key),
		tx.Event(ctx, audit.Event{Kind: "key.replaced", Outcome: "ok", Object: l.object()}),
	)
}

// reschedule pauses, resumes and plans a link anew.
func (s *Service) reschedule(ctx context.Context, tx Tx, scope tenant.Scope, l *Link, c Change) error {
	if c.Paused != nil && *c.Paused && l.State.Usable() {
		l.State, l.Code = Paused, ""
	}
	if c.Paused != nil && !*c.Paused && l.State == Paused {
		l.State, l.Code = Active, ""
	}
	if c.Schedule != nil {
		l.Schedule = strings.TrimSpace(*c.Schedule)
	}
	if c.Schedule == nil && c.Paused == nil && c.Key == nil {
		return nil
	}
	l.Turn++
	return s.plan(ctx, tx, scope, l)
}

// plan sets when a link comes next.
func (s *Service) plan(ctx context.Context, tx Tx, scope tenant.Scope, l *Link) error {
	when, comes, err := schedule(l.Schedule, l.ID)
	if err != nil {
		return err
	}
	l.Next = time.Time{}
	if comes && l.State.Usable() {
		l.Next = when.Next(tx.Now())
	}
	return s.planNext(ctx, tx, scope, l)
}

// Delete destroys the key of a link at once and ends a run that uses it. What
// it brought stays in the book.
func (s *Service) Delete(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	err := s.Store.InEntity(ctx, scope, func(tx Tx) error {
		l, err := tx.Link(id)
		if err != nil {
			return err
		}
		if err := tx.DropLink(id); err != nil {
			return err
		}
		return errors.Join(
			tx.Audit(ctx, audit.Entry{Action: "link.delete", Object: l.object(), Before: l.audited()}),
			tx.Event(ctx, audit.Event{Kind: "key.destroyed", Outcome: "ok", Object: l.object()}),
		)
	})
	s.mu.Lock()
	if stop := s.running[id]; stop != nil {
		stop()
	}
	delete(s.pacers, id)
	delete(s.ahead, id)
	s.mu.Unlock()
	return gone(err)
}
