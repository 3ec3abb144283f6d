package session

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Lock counts wrong tries at one thing: at an address, whether it has an
// account or not, from one known browser, or at a second factor.
type Lock struct {
	Fails int       // since
	Since time.Time // when the first of them was
	Until time.Time // locked, also for the right answer
	Level int       // how often it was locked in a row
}

// The policy: five wrong tries in a quarter of an hour lock for as long, then
// for twice that, up to a day. A day without a lock forgets it all.
const (
	maxFails  = 5
	failsTime = 15 * time.Minute
	firstLock = 15 * time.Minute
	mostLock  = 24 * time.Hour
)

// locked reports how long it is locked; 0 is not.
func (l Lock) locked(now time.Time) time.Duration { return max(0, l.Until.Sub(now)) }

// fail counts a wrong try and says whether it locks.
func (l Lock) fail(now time.Time) (Lock, bool) {
	if !l.Until.IsZero() && now.Sub(l.Until) > mostLock {
		l = Lock{}
	}
	if l.Fails == 0 || now.Sub(l.Since) > failsTime {
		l.Fails, l.Since = 0, now
	}
	l.Fails++
	if l.Fails < maxFails {
		return l, false
	}
	l.Until = now.Add(min(firstLock<<min(l.Level, 10), mostLock))
	l.Level++
	l.Fails = 0
	return l, true
}

// lockKey names what is locked without saying whose it is.
func (s *Service) lockKey(kind string, what []byte) string {
	h := keyed(s.Keys, "lock", []byte(kind), what)
	return kind + "/" + hex.EncodeToString(h[:16])
}

// byAddress is the lock of an address for browsers that are not known.
func (s *Service) byAddress(email string) string { return s.lockKey("address", []byte(email)) }

// bySecond is the lock of a person's second factor.
func (s *Service) bySecond(user tenant.UserID) string { return s.lockKey("second", user[:]) }

// byDevice is the lock of a known browser: strangers cannot set it.
func (s *Service) byDevice(device tenant.ID) string { return s.lockKey("device", device[:]) }

func errLocked(wait time.Duration) error {
	f := fault.Coded(fault.TooMany, "locked", nil, "Too many wrong attempts. Please wait, or set a new password by mail.")
	f.RetryAfter = wait
	return f
}

// refuseLocked answers whether something is locked.
func refuseLocked(ctx context.Context, tx Tx, key string) error {
	l, err := tx.Lock(ctx, key)
	if err != nil {
		return err
	}
	if wait := l.locked(tx.Now()); wait > 0 {
		return errLocked(wait)
	}
	return nil
}

// failed counts a wrong try, and tells the person once when it locks. user is
// zero where there is none.
func (s *Service) failed(ctx context.Context, tx Tx, key string, u User, from Peer) error {
	l, err := tx.Lock(ctx, key)
	if err != nil {
		return err
	}
	l, locks := l.fail(tx.Now())
	if err := tx.SaveLock(ctx, key, l); err != nil {
		return err
	}
	if !locks {
		return nil
	}
	if err := tx.Event(ctx, audit.Event{Kind: "lock", Outcome: "ok", Object: objectOf(u), Actor: stranger(from)}); err != nil {
		return err
	}
	if u.ID.IsZero() || l.Level > 1 { // told once, not at each doubling
		return nil
	}
	return s.mail(ctx, tx, u, notify.Mail{Kind: notify.AccountLocked, Words: map[string]string{"time": clockTime(l.Until)}, Path: "/recover"})
}

// unlock forgets wrong tries.
func unlock(ctx context.Context, tx Tx, key string) error {
	l, err := tx.Lock(ctx, key)
	if err != nil || l == (Lock{}) {
		return err
	}
	return tx.SaveLock(ctx, key, Lock{})
}

// objectOf names a person in events, "" for nobody.
func objectOf(u User) string {
	if u.ID.IsZero() {
		return ""
	}
	return subject(u.ID)
}

// mostMails is how many mails of one kind anybody can cause in an hour.
const mostMails = 3

// mayMail counts a mail that anybody can cause, so that nobody is flooded.
func mayMail(ctx context.Context, tx Tx, key string, within time.Duration) (bool, error) {
	l, err := tx.Lock(ctx, key)
	if err != nil {
		return false, err
	}
	now := tx.Now()
	if l.Fails == 0 || now.Sub(l.Since) >= within {
		l = Lock{Since: now}
	}
	if l.Fails >= mostMails {
		return false, nil
	}
	l.Fails++
	return true, tx.SaveLock(ctx, key, l)
}

// clockTime writes a moment for a mail.
func clockTime(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// mail writes to a person.
func (s *Service) mail(ctx context.Context, tx Tx, u User, m notify.Mail) error {
	m.To, m.Locale = u.Email, u.Locale
	return s.Post.Send(ctx, tx, m)
}
