package link

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/fault"
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
// since. While the firm's plan has no schedules it is left out; the next one
// is planned all the same, so that it goes on when there is a plan again.
func (s *Service) dueJob(ctx context.Context, r job.Run) error {
	var args syncArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	scope := r.Scope(args.Entity)
	lapsed, err := s.Lapsed(ctx, scope)
	if err != nil {
		return err
	}
	err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
		l, err := tx.Link(args.Link)
		if err != nil || l.Turn != args.Turn || l.Next.IsZero() || l.Next.After(tx.Now()) {
			return err
		}
		if l.State.Usable() && !lapsed {
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

// Lapsed reports that schedules rest because the firm's plan does not have
// them.
func (s *Service) Lapsed(ctx context.Context, scope tenant.Scope) (bool, error) {
	err := s.Allow(ctx, scope.Firm())
	if fault.Is(err, fault.PlanRequired) {
		return true, nil
	}
	return false, err
}

const (
	leaseTime  = 2 * time.Minute // should nobody notice that its process is gone; longer than any call
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
	f := &fetch{Service: s, scope: scope, run: run, try: tenant.NewID(), last: last}
	if ok, err := f.acquire(ctx, id); err != nil || !ok {
		return cmp.Or(err, job.Later(turnPause))
	}
	if err := f.begin(ctx, id); err != nil { // behind the lease: from here on nobody else moves the cursors
		if errors.Is(err, ErrGone) || errors.Is(err, errOver) {
			err = nil
		}
		return errors.Join(err, f.release(context.WithoutCancel(ctx), id))
	}
	// The end of the job's time ends the work like a person or the end of the
	// process does: it is no failure of the exchange, and there is more to do.
	allotted := ctx
	ctx, stop := context.WithCancel(context.WithoutCancel(allotted))
	defer stop()
	defer context.AfterFunc(allotted, stop)()
	s.hold(id, stop)
	defer s.hold(id, nil)
	var watch sync.WaitGroup
	watch.Go(func() { f.watch(ctx, stop) })
	err := f.all(ctx)
	stop()
	watch.Wait()
	ctx = context.WithoutCancel(ctx)
	return errors.Join(f.release(ctx, id), f.end(ctx, err))
}

// acquire takes the link for this try, or keeps it: one try at a time has a
// link, among all replicas.
func (f *fetch) acquire(ctx context.Context, id tenant.ID) (bool, error) {
	ok, err := f.Store.Acquire(ctx, "link:"+id.String(), f.try.String(), leaseTime)
	f.renewed = f.Clock()
	return ok, err
}

func (f *fetch) release(ctx context.Context, id tenant.ID) error {
	return f.Store.Release(ctx, "link:"+id.String(), f.try.String())
}

// watchPause is how often a run looks whether its link is still to be used.
const watchPause = 2 * time.Second

// watch stops a run whose link was deleted, paused or given another key, also
// by another replica.
func (f *fetch) watch(ctx context.Context, stop func()) {
	id, keys := f.link.ID, f.link.Keys
	f.Clock.Every(ctx, watchPause, func(ctx context.Context) {
		err := f.Store.ReadEntity(ctx, f.scope, func(tx Tx) error {
			l, err := tx.Link(id)
			if err == nil && (!l.State.Usable() || l.Keys != keys) {
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

// fetch is one try of a run.
type fetch struct {
	*Service
	scope   tenant.Scope
	run     tenant.ID
	last    bool      // there will be no other try
	try     tenant.ID // holds the lease
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

// anew lets every stream wait for a new run, also those that the exchange did
// not offer in the last one. Those that are done in this run are not asked
// again when it goes on: a run that has to wait comes to its end.
func (f *fetch) anew(tx Tx) error {
	for i := range f.link.Streams {
		if st := &f.link.Streams[i]; st.State == Done || st.State == Absent {
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
	if err := f.budgets[f.x.Name].Take(ctx, exchange.Cost{}); err != nil { // a pause that the exchange asked for
		return err
	}
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
	balances, err := f.steps(sound(records))
	if err != nil {
		return err
	}
	if err := f.publish(ctx, records); err != nil {
		return err
	}
	return f.prove(ctx, balances)
}

// errPower is the error of a key that can do more than it could.
var errPower = errors.New("link: the key may do more than read")

// errRights is the error of an answer that does not say what a key may do.
var errRights = errors.New("what the key may do cannot be read")

// check asks again what the key may do, before anything else is asked. An
// answer that cannot be read says nothing of the key, but nothing is asked
// with it then either.
func (f *fetch) check(ctx context.Context) error {
	r, err := f.client.Probe(ctx)
	if err != nil {
		return err
	}
	refused := verdict(f.x, &r)
	switch {
	case refused == nil:
		f.link.Passport = passportOf(&r, f.Clock(), f.clockOf(f.link.ID))
		return nil
	case len(r.TooMuch) > 0:
		f.link.Passport = passportOf(&r, f.Clock(), f.clockOf(f.link.ID))
		return errPower
	case len(r.Missing) > 0:
		return &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: f.x.Name}
	}
	return &exchange.Fault{Trouble: exchange.Malformed, Exchange: f.x.Name, Err: errRights}
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
		case described.Optional && exchange.Is(err, exchange.NoPermission):
			st.State = NotForKey
			return f.saveStream(ctx, st, nil)
		case described.Optional && exchange.Is(err, exchange.NotOffered):
			st.State = Absent // of any other stream it is a failure: without it the ledger is not whole
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
		if !now.State.Usable() || now.Keys != f.link.Keys {
			return errStop
		}
		added, changed, err := tx.AddRecords(f.link.ID, f.withhold(records))
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

// renew keeps the lease while work goes on.
func (f *fetch) renew(ctx context.Context) error {
	if f.Clock().Sub(f.renewed) < renewPause {
		return nil
	}
	if ok, err := f.acquire(ctx, f.link.ID); err != nil || !ok {
		return cmp.Or(err, errTurn) // the cursor says where somebody else goes on
	}
	return nil
}
