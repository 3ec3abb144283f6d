package audit

import (
	"context"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// KeepEvents is how long security events stay: nothing younger is deleted,
// and what is older is.
const KeepEvents = 90 * 24 * time.Hour

// Event is something that matters for security, whether or not it changed
// anything: a sign-in, a refusal, an export, an act of the operator. Kind,
// Outcome and Object are for machines, as in Entry; Detail is stored sealed.
type Event struct {
	Kind    string // "sign_in", "second_factor", "permission", "export", "admin", "key", "config", …
	Outcome string // "ok", "failed", "refused"
	Object  string // what it was about, "user/<id>"
	Request string // the id of the request, if there was one
	Detail  string

	Actor tenant.Actor  // as in Entry: a firm's transaction takes it from the scope
	Firm  tenant.FirmID // likewise

	ID tenant.ID // given by the store
	At time.Time // likewise
}

// Events takes events in the transaction of what they are about.
type Events interface {
	Event(ctx context.Context, e Event) error
}

// EventQuery asks for a page of events, the newest first.
type EventQuery struct {
	Before time.Time // only older ones; zero begins with the newest
	Limit  int       // at most 200, which is what 0 means
	Kind   string    // only of this kind
	// Users are people whose events on the control plane belong to the page as
	// well as the firm's, each from a time on.
	Users map[tenant.UserID]time.Time
}

// EventPage returns the security events of a firm and of the given people of
// it, from the firm's own store and from the control plane.
func (r *Reader) EventPage(ctx context.Context, s tenant.Scope, q EventQuery) ([]Event, error) {
	if !s.May(tenant.Need(tenant.Audit, tenant.View)) {
		return nil, fault.New(fault.Denied, nil, "Your role does not include security events.")
	}
	if q.Limit <= 0 || q.Limit > maxPage {
		q.Limit = maxPage
	}
	return r.store.Events(ctx, s, q)
}
