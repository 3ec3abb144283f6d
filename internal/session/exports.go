package session

import (
	"context"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// How much one person may take out of all books within an hour: as much as a
// busy day at the end of a tax season, and less than whoever copies a firm.
const (
	mostExports   = 150     // files
	mostExportKiB = 2 << 20 // of all of them together: 2 GiB
)

// Exported counts a file that is about to leave the books and its size. What
// is more than a person takes ends every session of theirs, and the API token
// that asked, tells them and the operator, and is refused.
func (s *Service) Exported(ctx context.Context, actor tenant.Actor, size int64) error {
	if actor.User.IsZero() {
		return nil // a command of the operator, who has the disk
	}
	var refused error
	err := s.Store.Control(ctx, func(tx Tx) error {
		files, err := s.count(ctx, tx, "exports", actor.User, 1)
		if err != nil {
			return err
		}
		kib, err := s.count(ctx, tx, "export kib", actor.User, int(size>>10))
		if err != nil || files <= mostExports && kib <= mostExportKiB {
			return err
		}
		refused = fault.Coded(fault.TooMany, "mass_export", nil, "Too much was downloaded within an hour. All sessions of this account have ended; sign in again.")
		return s.stopExports(ctx, tx, actor)
	})
	if err != nil {
		return err
	}
	return refused
}

// count adds to what a person did within the last hour and returns the sum.
func (s *Service) count(ctx context.Context, tx Tx, what string, user tenant.UserID, n int) (int, error) {
	key := s.lockKey(what, user[:])
	l, err := tx.Lock(ctx, key)
	if err != nil {
		return 0, err
	}
	if l.Since.IsZero() || tx.Now().Sub(l.Since) >= exportTime {
		l = Lock{Since: tx.Now()}
	}
	l.Fails += n
	return l.Fails, tx.SaveLock(ctx, key, l)
}

// stopExports ends what takes too much, and begins to count anew.
func (s *Service) stopExports(ctx context.Context, tx Tx, actor tenant.Actor) error {
	for _, what := range []string{"exports", "export kib"} {
		if err := tx.SaveLock(ctx, s.lockKey(what, actor.User[:]), Lock{}); err != nil {
			return err
		}
	}
	u, err := tx.User(ctx, actor.User)
	if err != nil {
		return err
	}
	if actor.Via == tenant.ViaToken {
		if _, err := tx.EndToken(ctx, u.ID, actor.Session); err != nil {
			return err
		}
		if err := s.tokenEvent(ctx, tx, "token.revoke", actor.Session, actor); err != nil {
			return err
		}
	}
	return s.suspect(ctx, tx, u, "more was downloaded within an hour than anybody needs", Peer{Address: actor.Address})
}
