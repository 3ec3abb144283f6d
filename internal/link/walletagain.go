package link

import (
	"context"
	"errors"
	"time"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// AgainKind is the stored work of looking a wallet up because its time has come.
const AgainKind = "link.again"

const (
	// settledDepth is how many blocks deep a transaction must be before nobody
	// expects that a reorganisation takes it away.
	settledDepth = 6
	// soonPause is when a wallet is looked up again that holds something which
	// waits for a block or is not that deep.
	soonPause = 30 * time.Minute
)

// againArgs name a wallet and the time for which it was planned.
type againArgs struct {
	Entity tenant.EntityID `json:"entity"`
	Wallet tenant.ID       `json:"wallet"`
	At     time.Time       `json:"at"`
}

// young counts the transactions that stand in blocks and are not deep enough
// to stay for sure.
func young(f *chain.Found) (n int) {
	for i := range f.Transactions {
		if t := &f.Transactions[i]; t.Confirmed() && f.Tip.Height-t.Block.Height+1 < settledDepth {
			n++
		}
	}
	return n
}

// plan says when a wallet is looked up by itself: each day at a minute of its
// own, and sooner while what was found may still change.
func (w *Wallets) plan(ctx context.Context, tx WalletTx, scope tenant.Scope, l *Wallet) error {
	daily, _, err := schedule(Daily, l.ID)
	if err != nil {
		return err
	}
	l.Next = daily.Next(tx.Now())
	if soon := tx.Now().Add(soonPause).Truncate(time.Second); l.State == WalletDone && l.Found.Waiting+l.Found.Young > 0 && soon.Before(l.Next) {
		l.Next = soon
	}
	return tx.Enqueue(ctx, job.Task{
		Kind: AgainKind, Key: l.ID.String() + "/" + l.Next.Format(time.RFC3339), Args: againArgs{scope.Entity(), l.ID, l.Next}, At: l.Next,
	})
}

func (w *Wallets) againJob(ctx context.Context, r job.Run) error {
	var args againArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	return w.again(ctx, r.Scope(args.Entity), args.Wallet, args.At)
}

// again asks for the scan whose time has come, unless it was planned otherwise
// since. The end of that scan plans the next one. While the firm's plan has no
// schedules it is left out.
func (w *Wallets) again(ctx context.Context, scope tenant.Scope, id tenant.ID, at time.Time) error {
	lapsed, err := w.lapsed(ctx, scope)
	if err != nil {
		return err
	}
	err = w.Store.InEntity(ctx, scope, func(tx WalletTx) error {
		l, err := tx.Wallet(id)
		if err != nil || !l.Next.Equal(at) {
			return err
		}
		if err := w.plan(ctx, tx, scope, l); err != nil { // a scan that never ends does not end the schedule
			return err
		}
		if lapsed || l.State != WalletDone && l.State != WalletFailed {
			return tx.SaveWallet(l)
		}
		l.State = WalletQueued
		return errors.Join(tx.SaveWallet(l), tx.Enqueue(ctx, scanTask(scope, l.ID)))
	})
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// lapsed reports that the firm's plan does not have scheduled looks.
func (w *Wallets) lapsed(ctx context.Context, scope tenant.Scope) (bool, error) {
	if w.Allow == nil {
		return false, nil
	}
	err := w.Allow(ctx, scope.Firm())
	if fault.Is(err, fault.PlanRequired) {
		return true, nil
	}
	return false, err
}
