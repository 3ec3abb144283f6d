package audit

import (
	"context"
	"io"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// maxPage is how many links a page holds at most.
const maxPage = 200

// Query asks for a page of a chain, the newest first.
type Query struct {
	Before int64  // only links with a smaller number; 0 begins at the end
	Limit  int    // at most 200, which is what 0 means
	Object string // only of this object, "" for all
	// Service asks for what the control plane's chain says about the firm
	// instead: its people, grants, plan. Others' links stand between those.
	Service bool
}

// Store is what this package needs of the one that keeps rows.
type Store interface {
	// Links reads a page of the chain of the scope's firm, or what the control
	// plane's says about it.
	Links(ctx context.Context, s tenant.Scope, q Query) ([]Link, error)
	// Export gives all links of the chain of the scope's firm to an exporter
	// that it makes.
	Export(ctx context.Context, s tenant.Scope, w io.Writer) error
	// FirmFinding returns what the last verification found wrong with a firm's
	// chain, nil if nothing, and when that was.
	FirmFinding(ctx context.Context, firm tenant.FirmID) (*Finding, time.Time, error)
	// LastCheckpoint returns the newest signed checkpoint.
	LastCheckpoint(ctx context.Context) (string, error)
	// Events reads a page of the firm's security events, those of the control
	// plane among them.
	Events(ctx context.Context, s tenant.Scope, q EventQuery) ([]Event, error)
}

// Reader shows chains to people.
type Reader struct{ store Store }

// NewReader makes a reader.
func NewReader(s Store) *Reader { return &Reader{s} }

// Page returns a page of a firm's chain to somebody who may see it.
func (r *Reader) Page(ctx context.Context, s tenant.Scope, q Query) ([]Link, error) {
	if !s.May(tenant.Need(tenant.Audit, tenant.View)) {
		return nil, fault.New(fault.Denied, nil, "Your role does not include the audit log.")
	}
	if q.Limit <= 0 || q.Limit > maxPage {
		q.Limit = maxPage
	}
	return r.store.Links(ctx, s, q)
}

// Export writes a firm's whole chain, so that an outsider can recompute it.
func (r *Reader) Export(ctx context.Context, s tenant.Scope, w io.Writer) error {
	if !s.May(tenant.Need(tenant.Audit, tenant.View)) {
		return fault.New(fault.Denied, nil, "Your role does not include the audit log.")
	}
	return r.store.Export(ctx, s, w)
}

// Finding returns what the last verification found wrong with the firm's
// chain, nil if nothing, and when that was, zero if never. Everybody who works
// in a firm may know it.
func (r *Reader) Finding(ctx context.Context, s tenant.Scope) (*Finding, time.Time, error) {
	return r.store.FirmFinding(ctx, s.Firm())
}

// Checkpoint returns the newest signed checkpoint of the installation, which
// anybody may have: it names no firm.
func (r *Reader) Checkpoint(ctx context.Context) (string, error) { return r.store.LastCheckpoint(ctx) }
