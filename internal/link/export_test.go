package link

import (
	"context"
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Try makes one try of a run, as its stored work does.
func (s *Service) Try(ctx context.Context, scope tenant.Scope, link, run tenant.ID, last bool) error {
	return s.try(ctx, scope, link, run, last)
}

// Scan looks a wallet up, as its stored work does.
func (w *Wallets) Scan(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	return w.scan(ctx, scope, id)
}

// TryScan makes one try of a scan, as its stored work does.
func (w *Wallets) TryScan(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	return w.try(ctx, scope, id, false)
}

// Again does what is planned for a wallet at a time.
func (w *Wallets) Again(ctx context.Context, scope tenant.Scope, id tenant.ID, at time.Time) error {
	return w.again(ctx, scope, id, at)
}

// Tries and Backoff are how a run that fails is tried again.
const Tries = tries

// Backoff is the pause after a try.
func Backoff(try int) time.Duration { return backoff(try) }

// Strike counts a failed run and reports whether somebody is told.
func (l *Link) Strike(now time.Time) bool { return l.strike(now) }
