package link

import (
	"context"
	"errors"
	"io"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// publisher gives the book a table in place of the one that it gave before.
// The id of an import is written down before the import is made, and the
// intake lets the new one count and the old one not in one transaction: so
// whoever is cut off in between finds the import again, and at no moment do
// both count, or none.
type publisher struct {
	books Books
	scope tenant.Scope
	name  string    // of the source
	now   tenant.ID // the import that counts; zero for none
	next  tenant.ID // the import that was begun; zero for none
	// keep writes both down.
	keep func(ctx context.Context, now, next tenant.ID) error
}

var errNotTaken = errors.New("link: the book did not take what was fetched; its import says why")

// publish lets a table count, and nothing else of this source. open begins to
// read the table, once at most; hash is its SHA-256 in hex.
func (p *publisher) publish(ctx context.Context, hash string, open func() io.ReadCloser) error {
	if err := p.adopt(ctx); err != nil {
		return err
	}
	if same, err := p.holds(ctx, hash); err != nil || same {
		return err
	}
	id := tenant.NewID()
	if err := p.set(ctx, p.now, id); err != nil {
		return err
	}
	table := open()
	defer table.Close() //nolint:errcheck // a pipe always closes
	given := false
	_, err := p.books.Upload(ctx, p.scope, intake.Order{ID: id, Replaces: p.now, Reading: true}, func() (intake.Incoming, error) {
		if given {
			return intake.Incoming{}, io.EOF
		}
		given = true
		return intake.Incoming{Name: p.name, Body: table}, nil
	})
	if err != nil {
		return err
	}
	if err := p.adopt(ctx); err != nil {
		return err
	}
	if p.now != id {
		return errNotTaken
	}
	return nil
}

// withdraw lets nothing of this source count any more.
func (p *publisher) withdraw(ctx context.Context) error {
	if err := p.adopt(ctx); err != nil || p.now.IsZero() {
		return err
	}
	if _, err := p.books.Revert(ctx, p.scope, p.now); err != nil {
		return err
	}
	return p.set(ctx, tenant.ID{}, tenant.ID{})
}

// adopt brings the import that was begun to its end, as far as it came.
func (p *publisher) adopt(ctx context.Context) error {
	if p.next.IsZero() {
		return nil
	}
	m, err := p.books.Find(ctx, p.scope, p.next)
	if err == nil && m.State == intake.Running {
		if err := p.books.Read(ctx, p.scope, p.next); err != nil {
			return err
		}
		m, err = p.books.Find(ctx, p.scope, p.next)
	}
	switch {
	case fault.Is(err, fault.NotFound): // it was not uploaded any more
		return p.set(ctx, p.now, tenant.ID{})
	case err != nil:
		return err
	case m.State.Counts():
		return p.set(ctx, p.next, tenant.ID{})
	}
	return p.set(ctx, p.now, tenant.ID{})
}

// set writes down which imports there are.
func (p *publisher) set(ctx context.Context, now, next tenant.ID) error {
	if err := p.keep(ctx, now, next); err != nil {
		return err
	}
	p.now, p.next = now, next
	return nil
}

// holds reports whether the import that counts holds just this table.
func (p *publisher) holds(ctx context.Context, hash string) (bool, error) {
	if p.now.IsZero() {
		return false, nil
	}
	m, err := p.books.Find(ctx, p.scope, p.now)
	if err != nil {
		return false, err
	}
	return m.State.Counts() && len(m.Sources) == 1 && m.Sources[0].SHA256 == hash && m.Sources[0].Upload == p.name, nil
}
