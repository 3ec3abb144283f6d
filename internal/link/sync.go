package link

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// The kinds of stored work.
const (
	SyncKind = "link.sync" // fetch
	DueKind  = "link.due"  // a schedule has come
)

// Register makes the service's work known.
func (s *Service) Register(reg *job.Registry) error {
	return errors.Join(
		reg.Handle(job.Kind{Name: SyncKind, Limit: time.Hour, Tries: tries, Backoff: backoff, Work: s.syncJob}),
		reg.Handle(job.Kind{Name: DueKind, Work: s.dueJob}),
	)
}

// tries is how often a run that fails at the exchange is tried.
const tries = 8

// backoff is the pause after a try: 10 s, doubled each time, up to an hour, and
// up to a quarter more by chance, so that links which failed together do not
// come back together.
func backoff(try int) time.Duration {
	pause := min(10*time.Second<<min(try-1, 9), time.Hour)
	return pause + rand.N(pause/4) // #nosec G404 -- a pause, no secret
}

// dueJob begins the run whose time has come, unless it was planned otherwise
// since.
func (s *Service) dueJob(ctx context.Context, r job.Run) error {
	var args syncArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	scope := r.Scope(args.Entity)
	err := s.Store.InEntity(ctx, scope, func(tx Tx) error {
		l, err := tx.Link(args.Link)
		if err != nil || l.Turn != args.Turn || l.Next.IsZero() || l.Next.After(tx.Now()) {
			return err
		}
		if l.State.Usable() {
			if _, err := s.begin(ctx, tx, scope, l); err != nil {
				return err
			}
		}
		if err := s.plan(ctx, tx, scope, l); err != nil {
			return err
		}
		return tx.SaveLink(l)
	})
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

const (
	leaseTime  = 45 * time.Second
	renewPause = 5 * time.Second // so often a lease is prolonged, not with every page
	turnPause  = 5 * time.Second
)

// syncJob is one try of a run.
func (s *Service) syncJob(ctx context.Context, r job.Run) error {
	var args syncArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	return s.try(ctx, r.Scope(args.Entity), args.Link, args.Run, r.Last)
}

// try goes on with a run for as long as it can.
func (s *Service) try(ctx context.Context, scope tenant.Scope, id, run tenant.ID, last bool) error {
	f := &fetch{Service: s, scope: scope, run: run, last: last}
	err := f.begin(ctx, id)
	if errors.Is(err, ErrGone) || errors.Is(err, errOver) {
		return nil
	}
	if err != nil {
		return err
	}
	wait, err := f.acquire(ctx, id)
	if err == nil && wait > 0 {
		err = job.Later(wait)
	}
	if err != nil {
		return errors.Join(err, f.release(context.WithoutCancel(ctx)))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.hold(id, stop)
	defer s.hold(id, nil)
	var watch sync.WaitGroup
	watch.Go(func() { f.watch(ctx, stop) })
	err = f.all(ctx)
	stop()
	watch.Wait()
	ctx = context.WithoutCancel(ctx)
	return errors.Join(f.release(ctx), f.end(ctx, err))
}

// acquire takes the leases of a run, or says how long to wait for them: one
// replica at a time has the budget of an exchange, and one run at a time a
// link. While the exchange has asked for a pause nobody has any of them.
func (f *fetch) acquire(ctx context.Context, id tenant.ID) (wait time.Duration, err error) {
	if ok, err := f.welcome(ctx, f.x.Name); err != nil || !ok {
		return exchangePause, err
	}
	for _, l := range []lease{{"exchange:" + f.x.Name, f.holder}, {"link:" + id.String(), f.run.String()}} {
		ok, err := f.Store.Acquire(ctx, l.name, l.holder, leaseTime)
		if err != nil || !ok {
			return turnPause, err
		}
		f.leases = append(f.leases, l)
	}
	f.renewed = f.Clock()
	return 0, nil
}

// The pause that an exchange asks for is a lease that the exchange itself has,
// so that every replica and every later process keeps it.
func pauseOf(exchange string) lease { return lease{"pause:" + exchange, "exchange"} }

// welcome reports whether no pause of an exchange is under way.
func (s *Service) welcome(ctx context.Context, exchange string) (bool, error) {
	return s.Store.Acquire(ctx, pauseOf(exchange).name, s.holder, 0)
}

// rest keeps a pause that an exchange asked for.
func (s *Service) rest(ctx context.Context, name string, cause error) error {
	f, ok := errors.AsType[*exchange.Fault](cause)
	if !ok || f.Status == 0 || f.RetryAfter <= 0 {
		return nil // no pause, or one of our own making
	}
	p := pauseOf(name)
	_, err := s.Store.Acquire(ctx, p.name, p.holder, f.RetryAfter)
	return err
}

// watchPause is how often a run looks whether its link is still to be used.
const watchPause = 2 * time.Second

// watch stops a run whose link was deleted, paused or given another key, also
// by another replica.
func (f *fetch) watch(ctx context.Context, stop func()) {
	id, last4 := f.link.ID, f.link.Last4
	f.Clock.Every(ctx, watchPause, func(ctx context.Context) {
		err := f.Store.ReadEntity(ctx, f.scope, func(tx Tx) error {
			l, err := tx.Link(id)
			if err == nil && (!l.State.Usable() || l.Last4 != last4) {
				err = errStop
			}
			return err
		})
		if errors.Is(err, ErrGone) || errors.Is(err, errStop) {
			stop()
		} // any other error: the next look, or the next page, tells
	})
}

// hold remembers how to stop the run of a link.
func (s *Service) hold(id tenant.ID, stop context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stop == nil {
		delete(s.running, id)
		delete(s.reached, id)
		return
	}
	s.running[id] = stop
}

// errOver ends the work on a run that has ended, or whose link is not to be
// used.
var errOver = errors.New("link: the run is over")

// lease is what one holder at a time has.
type lease struct{ name, holder string }

// fetch is one try of a run.
type fetch struct {
	*Service
	scope   tenant.Scope
	run     tenant.ID
	last    bool // there will be no other try
	leases  []lease
	renewed time.Time

	link   *Link
	x      *exchange.Exchange
	key    exchange.Credentials
	client exchange.Client
	rows   int
}

// begin takes the run up.
func (f *fetch) begin(ctx context.Context, id tenant.ID) error {
	over := false
	err := f.Store.InEntity(ctx, f.scope, func(tx Tx) (err error) {
		if f.link, err = tx.Link(id); err != nil {
			return err
		}
		r, err := tx.Run(f.run)
		if err != nil {
			return err
		}
		if r.State.Over() {
			return errOver
		}
		if f.x = f.exchanges[f.link.Exchange]; f.x == nil || !f.link.State.Usable() {
			r.State, r.Ended, r.Code, over = RunFailed, tx.Now(), string(f.link.State), true
			return tx.SaveRun(r)
		}
		if f.key, err = tx.Key(id); err != nil {
			return err
		}
		f.rows = r.Rows
		r.State, r.Code, r.Until = RunRunning, "", time.Time{}
		if !r.Started.IsZero() {
			return tx.SaveRun(r)
		}
		r.Started = tx.Now()
		return errors.Join(tx.SaveRun(r), f.anew(tx))
	})
	if err == nil && over {
		err = errOver
	}
	return err
}

// anew lets every stream wait for a new run. Those that are done in this run
// are not asked again when it goes on: a run that has to wait comes to its end.
func (f *fetch) anew(tx Tx) error {
	for i := range f.link.Streams {
		if st := &f.link.Streams[i]; st.State == Done {
			st.State = Idle
			if err := tx.SaveStream(f.link.ID, st); err != nil {
				return err
			}
		}
	}
	return nil
}

// all checks the key, fetches every stream, gives the book what is new and
// proves the balances.
func (f *fetch) all(ctx context.Context) (err error) {
	if err := f.refresh(ctx); err != nil {
		return err
	}
	if f.client, err = f.Service.client(f.x, f.link.ID, f.key); err != nil {
		return err
	}
	if err := f.check(ctx); err != nil {
		return err
	}
	for i := range f.link.Streams {
		if err := f.stream(ctx, &f.link.Streams[i]); err != nil {
			return err
		}
	}
	records, err := f.records(ctx)
	if err != nil {
		return err
	}
	rows, err := f.steps(records)
	if err != nil {
		return err
	}
	if err := f.publish(ctx, records); err != nil {
		return err
	}
	return f.prove(ctx, rows)
}

// errPower is the error of a key that can do more than it could.
var errPower = errors.New("link: the key may do more than read")

// check asks again what the key may do, before anything else is asked.
func (f *fetch) check(ctx context.Context) error {
	r, err := f.client.Probe(ctx)
	if err != nil {
		return err
	}
	if verdict(f.x, &r) != nil {
		if len(r.TooMuch) == 0 && len(r.Missing) > 0 {
			return &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: f.x.Name}
		}
		f.link.Passport = passportOf(&r, f.Clock())
		return errPower
	}
	f.link.Passport = passportOf(&r, f.Clock())
	return nil
}

// stream fetches one stream to its end.
func (f *fetch) stream(ctx context.Context, st *Stream) error {
	described := f.described(st.Name)
	if described == nil || st.State == NotForKey || st.State == Absent || st.State == Done {
		return nil
	}
	st.State = Working
	for {
		if err := f.renew(ctx); err != nil {
			return err
		}
		p, err := f.client.Page(ctx, st.Name, st.Cursor)
		switch {
		case described.Optional && exchange.Is(err, exchange.NoPermission, exchange.NotOffered):
			st.State = NotForKey
			return f.saveStream(ctx, st, nil)
		case exchange.Is(err, exchange.NotOffered):
			st.State = Absent
			return f.saveStream(ctx, st, nil)
		case exchange.Is(err, exchange.Unreadable):
			st.Cursor = "" // of another version: what is kept is not kept twice
			continue
		case err != nil:
			return err
		}
		st.Cursor, st.From, st.To, st.Total = p.Next, p.From, p.To, max(p.Total, st.Total)
		if !p.More {
			st.State = Done
		}
		f.reach(f.link.ID, st.Name, p.Records)
		if err := f.saveStream(ctx, st, p.Records); err != nil || !p.More {
			return err
		}
	}
}

func (f *fetch) described(name string) *exchange.Stream {
	for i := range f.x.Streams {
		if f.x.Streams[i].Name == name {
			return &f.x.Streams[i]
		}
	}
	return nil
}

// saveStream keeps a page, its cursor and its coverage in one transaction. A
// link that was deleted, paused or given another key meanwhile ends the run.
func (f *fetch) saveStream(ctx context.Context, st *Stream, records []exchange.Record) error {
	return f.Store.InEntity(ctx, f.scope, func(tx Tx) error {
		now, err := tx.Link(f.link.ID)
		if err != nil {
			return err
		}
		if !now.State.Usable() || now.Last4 != f.link.Last4 {
			return errStop
		}
		added, changed, err := tx.AddRecords(f.link.ID, records)
		if err != nil {
			return err
		}
		st.Rows += added
		st.Changed += changed
		f.rows += added
		if err := tx.SaveStream(f.link.ID, st); err != nil {
			return err
		}
		r, err := tx.Run(f.run)
		if err != nil {
			return err
		}
		r.Rows = f.rows
		return tx.SaveRun(r)
	})
}

// errStop ends a run whose link a person changed meanwhile.
var errStop = errors.New("link: stopped by a person")

// errTurn ends a try whose lease somebody else has now.
var errTurn = errors.New("link: it is another process's turn")

// renew keeps the leases while work goes on.
func (f *fetch) renew(ctx context.Context) error {
	if f.Clock().Sub(f.renewed) < renewPause {
		return nil
	}
	for _, l := range f.leases {
		ok, err := f.Store.Acquire(ctx, l.name, l.holder, leaseTime)
		if err != nil {
			return err
		}
		if !ok {
			return errTurn // somebody else has it: the cursor says where to go on
		}
	}
	f.renewed = f.Clock()
	return nil
}

func (f *fetch) release(ctx context.Context) error {
	var errs []error
	for _, l := range f.leases[min(1, len(f.leases)):] {
		errs = append(errs, f.Store.Release(ctx, l.name, l.holder))
	}
	return errors.Join(errs...) // the exchange's own runs out by itself: other links of this process use it
}
