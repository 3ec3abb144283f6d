package notify

import (
	"context"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Note is a mail to a person whose address the writer does not know: what
// happens in a firm's store is told by it. It is stored in clear, so that its
// words must not name people or amounts.
type Note struct {
	Kind  Kind              `json:"kind"`
	User  tenant.UserID     `json:"user"`
	Words map[string]string `json:"words,omitempty"`
	N     int               `json:"n,omitempty"`
	Path  string            `json:"path,omitempty"`

	ID tenant.ID `json:"id"` // of the letter; given by Task
}

// Task returns the task that mails a note. It goes into the transaction of
// what it tells.
func (n Note) Task() job.Task {
	n.ID = tenant.NewID()
	return job.Task{Kind: noteKind, Key: n.ID.String(), Args: n}
}

// People knows the addresses of people.
type People interface {
	// Address returns a person's mail address and locale; NotFound if there is
	// no such person any more.
	Address(ctx context.Context, user tenant.UserID) (address, locale string, err error)
}

// note turns a note into a letter. A second run finds the letter there.
func (p *Post) note(ctx context.Context, r job.Run, people People) error {
	var n Note
	if err := r.Args(&n); err != nil {
		return err
	}
	address, locale, err := people.Address(ctx, n.User)
	if fault.Is(err, fault.NotFound) {
		return nil // who is gone hears nothing
	}
	if err != nil {
		return err
	}
	l, state, err := p.Write(Mail{Kind: n.Kind, To: address, Locale: locale, Words: n.Words, N: n.N, Path: n.Path})
	if err != nil {
		return job.Never(err)
	}
	l.ID = n.ID
	return p.Store.KeepLetter(ctx, l, state)
}
