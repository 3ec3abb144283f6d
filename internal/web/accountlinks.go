package web

import (
	"context"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// ownBooks is how many books the page of an account looks into. Whoever keeps
// more has the list of clients.
const ownBooks = 20

// fillOwn puts the linked exchanges of a person's own books, and with whom
// these are shared, into the page of their account.
func (s *Site) fillOwn(ctx context.Context, v *securityView) error {
	if s.cfg.Firms == nil {
		return nil
	}
	id := identityOf(ctx)
	mine, err := s.cfg.Firms.Mine(ctx, id)
	if err != nil {
		return err
	}
	left := ownBooks
	for _, f := range mine {
		m, err := s.cfg.Firms.Membership(ctx, id, f.ID)
		if fault.Of(err).Code == codeFactor {
			v.Hidden = true // this very page is where the second factor is added
			continue
		}
		if err != nil {
			return err
		}
		scope, err := id.Enter(m)
		if err != nil {
			return err
		}
		books, err := s.cfg.Firms.Entities(ctx, scope)
		if err != nil {
			return err
		}
		for i := range books {
			if left--; left < 0 {
				v.Hidden = true
				return nil
			}
			if err := s.fillBook(ctx, scope, books[i], v); err != nil {
				return err
			}
		}
	}
	return nil
}

// fillBook adds what one entity has.
func (s *Site) fillBook(ctx context.Context, in tenant.Scope, e firm.Entity, v *securityView) error {
	scope, err := in.Open(e.ID)
	if err != nil {
		return nil //nolint:nilerr // a client of the firm that this person does not see
	}
	base := bookPath(scope.Firm(), e.ID)
	if s.cfg.Links != nil && scope.May(tenant.Need(tenant.Connections, tenant.View)) {
		all, err := s.cfg.Links.List(ctx, scope)
		if err != nil {
			return err
		}
		for i := range all {
			v.Links = append(v.Links, s.newLinkRow(base, e.Name, &all[i]))
		}
	}
	if !scope.May(tenant.Need(tenant.Members, tenant.View)) {
		return nil
	}
	grants, err := s.cfg.Firms.Grants(ctx, scope)
	if err != nil {
		return err
	}
	now := s.cfg.Clock()
	for _, g := range grants {
		if g.State == firm.Ended || g.State == firm.Active && !g.ActiveAt(now) {
			continue
		}
		row := newGrantRow(g, now)
		who := g.ToName
		if who == "" {
			who = g.Email
		}
		v.Shared = append(v.Shared, sharedRow{Who: who, What: e.Name, Rights: row.Role + ", " + row.State, Until: "until " + g.Until.Format("2 Jan 2006"), Href: base + "/sharing"})
	}
	return nil
}

func (s *Site) newLinkRow(base, book string, l *link.Link) linkRow {
	row := linkRow{Name: s.exchangeTitle(l.Exchange), Last4: l.Last4, State: linkPill(l.State), Href: base + "/connections/" + l.ID.String(), Book: book}
	if l.Label != row.Name {
		row.Name += ", " + l.Label
	}
	if row.Rights = strings.Join(l.Passport.Rights, ", "); row.Rights == "" {
		row.Rights = "reading, as you stated"
	}
	row.Checked = "checked " + l.Passport.Checked.Format(time.DateOnly)
	return row
}
