package link_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// gated is a chain whose node answers when it is told to.
type gated struct {
	spread
	asked chan struct{}
	open  chan struct{}
}

func (g gated) Tip(ctx context.Context) (chain.Block, error) {
	g.asked <- struct{}{}
	<-g.open
	return g.spread.Tip(ctx)
}

// TestOneScanAtATime: a wallet that is being looked up is not looked up a
// second time beside that, also not by the same process: both would bring an
// import of their own.
func TestOneScanAtATime(t *testing.T) {
	t.Parallel()
	g := gated{spread{miner: 1001}, make(chan struct{}, 100), make(chan struct{})}
	w := watchOn(t, func() chain.Source { return g })
	l, err := w.Create(t.Context(), w.scope, link.Wallet{Kind: chain.Address, Value: miner, Label: "Vault", Source: link.Btcd})
	if err != nil {
		t.Fatal(err)
	}
	<-g.asked // by the work that Create asked for
	if err := w.TryScan(t.Context(), w.scope, l.ID); err == nil {
		t.Error("two at a time")
	}
	close(g.open)
	w.scanned(l.ID, 1)
	if n := len(w.events()); n != 1 {
		t.Errorf("%d events", n)
	}
}

// TestLookedUpAgain: a wallet is looked up by itself, soon while what was found
// may still change, once for each time that was planned, and not while the plan
// has no schedules.
func TestLookedUpAgain(t *testing.T) {
	t.Parallel()
	var deep, lapsed atomic.Bool
	w := watchOn(t, func() chain.Source {
		if deep.Load() {
			return spread{miner: 1001} // nine blocks
		}
		return spread{miner: 1009} // in the last block
	})
	w.Allow = func(context.Context, tenant.FirmID) error {
		if lapsed.Load() {
			return fault.New(fault.PlanRequired, nil, "No schedules.")
		}
		return nil
	}
	l, err := w.Create(t.Context(), w.scope, link.Wallet{Kind: chain.Address, Value: miner, Label: "Vault", Source: link.Btcd})
	if err != nil {
		t.Fatal(err)
	}
	l = w.scanned(l.ID, 1)
	if soon := l.Next.Sub(l.Scanned); l.Found.Young != 1 || soon <= 0 || soon > 30*time.Minute {
		t.Errorf("%d young, again after %s", l.Found.Young, soon)
	}
	again := func(at time.Time) *link.Wallet {
		t.Helper()
		if err := w.Again(t.Context(), w.scope, l.ID, at); err != nil {
			t.Fatal(err)
		}
		found, _, err := w.Find(t.Context(), w.scope, l.ID)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if got := again(l.Next.Add(-time.Minute)); got.State != link.WalletDone || !got.Next.Equal(l.Next) {
		t.Errorf("planned otherwise since: %s, %s", got.State, got.Next)
	}
	deep.Store(true)
	lapsed.Store(true)
	if got := again(l.Next); got.State != link.WalletDone || !got.Next.IsZero() {
		t.Errorf("without schedules: %s, %s", got.State, got.Next)
	}
	lapsed.Store(false)
	planned, _, err := w.Find(t.Context(), w.scope, l.ID)
	if err != nil || !planned.Scanned.Equal(l.Scanned) || !planned.Next.After(l.Scanned) {
		t.Fatalf("planned for %s, looked up at %s, %v", planned.Next, planned.Scanned, err)
	}
	again(planned.Next)
	if l = w.scanned(l.ID, 1); l.Found.Young != 0 || l.Next.Sub(l.Scanned) > 24*time.Hour || l.Next.Before(l.Scanned) {
		t.Errorf("%d young, again at %s after %s", l.Found.Young, l.Next, l.Scanned)
	}
	if again(l.Next.Add(time.Hour)); w.Again(t.Context(), w.scope, tenant.NewID(), l.Next) != nil {
		t.Error("a wallet that is gone is no fault")
	}
}
