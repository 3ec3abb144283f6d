package link

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// records returns everything that the link has fetched, in order.
func (f *fetch) records(ctx context.Context) (list []exchange.Record, err error) {
	err = f.Store.ReadEntity(ctx, f.scope, func(tx Tx) error {
		for r, err := range tx.Records(f.link.ID) {
			if err != nil {
				return err
			}
			list = append(list, r)
		}
		return nil
	})
	return exchange.Sort(list), err
}

// name is the link's name as a source of the book.
func (l *Link) name() string { return l.Exchange + ":" + l.Label }

// publish gives the book a source of all records, in place of the one before.
// The records are used up by it: each is let go as soon as it is written, so
// that they and what the book reads of them are not in memory together.
func (f *fetch) publish(ctx context.Context, records []exchange.Record) error {
	if len(records) == 0 {
		return nil
	}
	hash := sha256.New()
	if err := write(hash, f.x, records, keepAll); err != nil {
		return err
	}
	p := publisher{books: f.Books, scope: f.scope, name: f.link.name(), now: f.link.Import, next: f.link.Coming, keep: f.keepImports}
	return p.publish(ctx, hex.EncodeToString(hash.Sum(nil)), func() io.ReadCloser { return stream(f.x, records) })
}

// keepImports writes down which import counts and which one is being made.
func (f *fetch) keepImports(ctx context.Context, now, next tenant.ID) error {
	return f.Store.InEntity(ctx, f.scope, func(tx Tx) error {
		l, err := tx.Link(f.link.ID)
		if err != nil {
			return err
		}
		l.Import, l.Coming = now, next
		f.link.Import, f.link.Coming = now, next
		return tx.SaveLink(l)
	})
}

// end writes how the try went, and says whether there is to be another. What a
// person did meanwhile stays: a link that they paused is paused, and what was
// found about a key is not said of the one that they gave in its place.
func (f *fetch) end(ctx context.Context, cause error) error {
	if errors.Is(cause, ErrGone) {
		return nil
	}
	var next error
	err := f.Store.InEntity(ctx, f.scope, func(tx Tx) error {
		next = nil
		l, err := tx.Link(f.link.ID)
		if err != nil {
			return err
		}
		r, err := tx.Run(f.run)
		if err != nil {
			return err
		}
		r.Rows = f.rows
		if l.Keys == f.link.Keys {
			l.Passport = f.link.Passport
		}
		if cause == nil {
			l.Proof, l.Proved = f.link.Proof, f.link.Proved
			r.State, r.Ended, r.Code = RunDone, tx.Now(), ""
			if l.State.Usable() {
				l.State, l.Code, l.Strikes = Active, "", 0
			}
		} else if next, err = f.failed(ctx, tx, l, r, cause); err != nil {
			return err
		}
		return errors.Join(tx.SaveRun(r), tx.SaveLink(l))
	})
	if errors.Is(err, ErrGone) {
		return nil
	}
	return errors.Join(err, next)
}

// failed says what a failure means for the link and its run, and how the job
// is to go on.
func (f *fetch) failed(ctx context.Context, tx Tx, l *Link, r *Run, cause error) (next, err error) {
	over := func(s State, code string) {
		l.State, l.Code = s, code
		r.State, r.Ended, r.Code = RunFailed, tx.Now(), code
	}
	trouble := exchange.TroubleOf(cause)
	own, _ := errors.AsType[*exchange.Fault](cause)
	switch {
	case l.Keys != f.link.Keys || !l.State.Usable() && !errors.Is(cause, errPower) || errors.Is(cause, errStop) || errors.Is(cause, context.Canceled):
		return stopped(tx, l, r), nil
	case errors.Is(cause, errPower):
		over(Suspended, "key_not_read_only")
		l.Next, l.Turn = time.Time{}, l.Turn+1
		return nil, errors.Join(f.tell(ctx, tx, l, "power"), tx.Event(ctx, audit.Event{Kind: "key.gained_power", Outcome: "refused", Object: l.object()}))
	case trouble == exchange.Denied && !f.Door.Closed():
		before := l.audited()
		over(Paused, Stopped)
		l.Next, l.Turn = time.Time{}, l.Turn+1
		return nil, errors.Join(f.tell(ctx, tx, l, DeniedNotice),
			tx.Audit(ctx, audit.Entry{Action: "link.stop", Object: l.object(), Before: before, After: l.audited()}),
			tx.Event(ctx, audit.Event{Kind: "egress.denied", Outcome: "refused", Object: l.object()}))
	case trouble == exchange.KeyRejected || trouble == exchange.NoPermission:
		over(NeedsReauth, string(trouble))
		return nil, f.tell(ctx, tx, l, "reauth")
	case errors.Is(cause, errTurn):
		r.State, r.Code = RunWaiting, ""
		return job.Later(turnPause), nil
	case trouble == exchange.RateLimited || trouble == exchange.Banned || trouble == exchange.Maintenance:
		l.State, l.Code = RateLimited, string(trouble)
		wait := exchangePause
		if own != nil && own.RetryAfter > 0 {
			wait = own.RetryAfter
		}
		r.State, r.Code, r.Until = RunWaiting, string(trouble), tx.Now().Add(wait)
		return job.Later(wait), nil
	case trouble == exchange.Forbidden:
		over(Failed, string(trouble)) // a wall: the schedule tries again, no sooner
		return nil, f.strike(ctx, tx, l)
	case f.last || trouble == exchange.BadRequest || trouble == exchange.Denied:
		over(Failed, string(trouble))
		return nil, f.strike(ctx, tx, l)
	}
	r.State, r.Code = RunWaiting, string(trouble)
	return fmt.Errorf("run %s: %w", r.ID, cause), nil
}

// stopped says how a run goes on whose link a person changed meanwhile, or
// whose process stops: it is over if the link is not to be used.
func stopped(tx Tx, l *Link, r *Run) (next error) {
	if !l.State.Usable() {
		r.State, r.Ended, r.Code = RunFailed, tx.Now(), string(l.State)
		return nil
	}
	r.State, r.Code = RunWaiting, ""
	return job.Later(time.Second)
}

// strike counts a failed run and tells of it when it is time.
func (f *fetch) strike(ctx context.Context, tx Tx, l *Link) error {
	if !l.strike(tx.Now()) {
		return nil
	}
	return f.tell(ctx, tx, l, "failing")
}

// Notice is a mail about a link: to the people of the firm who keep its
// connections, or, of a DeniedNotice, to the operator.
type Notice struct {
	Kind   string // power, reauth, failing, DeniedNotice
	Entity tenant.EntityID
	Link   tenant.ID
}

// DeniedNotice tells that the guard stopped a call of a link.
const DeniedNotice = "denied"

// MailKind is the kind of stored work that writes a Notice.
const MailKind = "link.mail"

func (f *fetch) tell(ctx context.Context, tx Tx, l *Link, kind string) error {
	return tx.Enqueue(ctx, job.Task{
		Kind: MailKind, Key: fmt.Sprintf("%s/%s/%s", kind, l.ID, f.run), Args: Notice{Kind: kind, Entity: f.scope.Entity(), Link: l.ID},
	})
}

// exchangePause is how long to wait for an exchange that asks for it and does
// not say how long.
const exchangePause = time.Minute

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
