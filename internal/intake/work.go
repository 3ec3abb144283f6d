package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// tries is how often the sources are put together anew because others changed
// the book meanwhile.
const tries = 10

// handler makes work of one entity a job's.
func handler(work func(ctx context.Context, s tenant.Scope, args entityArgs, r job.Run) error) func(context.Context, job.Run) error {
	return func(ctx context.Context, r job.Run) error {
		var args entityArgs
		if err := r.Args(&args); err != nil {
			return err
		}
		return work(ctx, r.Scope(args.Entity), args, r)
	}
}

// Register makes the service's work known.
func (s *Service) Register(reg *job.Registry) error {
	return errors.Join(
		reg.Handle(job.Kind{Name: ReadKind, Limit: 30 * time.Minute, Tries: 5, Work: handler(func(ctx context.Context, scope tenant.Scope, a entityArgs, r job.Run) error {
			err := s.Read(ctx, scope, a.Import)
			if err != nil && r.Last {
				err = errors.Join(err, s.fail(ctx, scope, a.Import, err, "It could not be read. Nothing of it counts. Try again, or revert it."))
			}
			return err
		})}),
		reg.Handle(job.Kind{Name: SweepKind, Limit: 10 * time.Minute, Tries: 5, Work: handler(func(ctx context.Context, scope tenant.Scope, a entityArgs, _ job.Run) error {
			return s.Sweep(ctx, scope, a.Batch...)
		})}),
	)
}

// Read is the work on an import: derive the events of its files, a step at a
// time and unseen, then put all files of the entity together and let the
// import count, in one short transaction. It may be called again at any time.
func (s *Service) Read(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	m, err := s.Find(ctx, scope, id)
	if err != nil || m.State != Running { // another run, or a person, was faster
		return err
	}
	err = s.work(ctx, scope, m)
	switch {
	case errors.Is(err, errStopped):
		return nil
	case errors.Is(err, ErrUnusable):
		return s.fail(ctx, scope, id, err, sentence("A file cannot be used: "+reason("", err)))
	}
	return err
}

// errStopped reports that an import was reverted while it was read.
var errStopped = errors.New("the import does not run any more")

// work reads an import, and again what a new tax zone of the entity moves.
func (s *Service) work(ctx context.Context, scope tenant.Scope, m *Import) error {
	done, err := s.Turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	w := &worker{Service: s, scope: scope, id: m.ID, batches: map[tenant.ID]int64{}}
	for range tries {
		if err = w.once(ctx); !errors.Is(err, ErrMoved) {
			break
		}
	}
	if err != nil {
		return errors.Join(err, w.forget(context.WithoutCancel(ctx)))
	}
	return nil
}

// forget removes what a run stored in vain. After a crash the sweep does it.
func (w *worker) forget(ctx context.Context) error {
	if len(w.batches) == 0 {
		return nil
	}
	return w.Store.InEntity(ctx, w.scope, func(tx Tx) error {
		batches := slices.Sorted(maps.Values(w.batches))
		return tx.Enqueue(ctx, job.Task{Kind: SweepKind, Args: entityArgs{Entity: w.scope.Entity(), Batch: batches}})
	})
}

// worker is one run of work. What it has stored stays when it has to put the
// sources together anew.
type worker struct {
	*Service
	scope   tenant.Scope
	id      tenant.ID // of the import
	stored  int
	batches map[tenant.ID]int64 // of the sources that were read in this run
}

// once reads what has to be read, puts everything together and publishes it.
func (w *worker) once(ctx context.Context) error {
	b, m, err := w.gather(ctx)
	if err != nil {
		return err
	}
	for i := range b.sources {
		src := &b.sources[i]
		f, err := b.read(i)
		if err != nil {
			return err
		}
		if src.Import != w.id && src.TaxZone == b.zone() {
			continue
		}
		src.describe(f)
		batch, ok := w.batches[src.ID]
		if !ok {
			if batch, err = w.store(ctx, src, f); err != nil {
				return err
			}
			w.batches[src.ID] = batch
		}
		src.Batch, src.TaxZone = batch, b.zone()
	}
	b.settle()
	return w.publish(ctx, b, m)
}

// gather takes the sources that count and those of the import.
func (w *worker) gather(ctx context.Context) (b *book, m *Import, err error) {
	b = &book{service: w.Service, ctx: ctx, scope: w.scope}
	err = w.Store.ReadEntity(ctx, w.scope, func(tx Tx) error {
		if b.cal, err = calendar(tx); err != nil {
			return err
		}
		if m, err = tx.Import(w.id); err != nil {
			return err
		}
		if err := b.take(tx, w.id, m.Replaces); err != nil {
			return err
		}
		if m.State != Running {
			return errStopped
		}
		for i := range m.Sources {
			b.add(m.Sources[i])
			b.sources[len(b.sources)-1].Choice = m.Choice
		}
		return nil
	})
	return b, m, err
}

// store keeps the events of a source, step by step.
func (w *worker) store(ctx context.Context, src *Source, f *File) (batch int64, err error) {
	batch, err = inSteps(ctx, w.Store, w.scope, f.Collector.Events, func(tx Tx, batch int64, first int, part []ledger.Event) error {
		for i := range part {
			w.stored += int(part[i].Origin.Rows)
		}
		if err := tx.AddEvents(batch, first, part); err != nil || src.Import != w.id {
			return err
		}
		return tx.Progress(w.id, w.stored)
	})
	if errors.Is(err, ErrMoved) {
		err = errStopped
	}
	return batch, err
}

// publish lets the import count.
func (w *worker) publish(ctx context.Context, b *book, m *Import) error {
	if err := b.store(ctx); err != nil {
		return err
	}
	return w.Store.InEntity(ctx, w.scope, func(tx Tx) error {
		now, err := tx.Import(m.ID)
		if err != nil {
			return err
		}
		if now.State != Running {
			return errStopped
		}
		m.State, m.Ended, m.Stored, m.Failure = Done, tx.Now(), m.Rows(), ""
		if err := tx.SaveImport(m); err != nil {
			return err
		}
		if err := tx.Audit(ctx, audit.Entry{Action: "import.read", Object: m.object(), Before: Running, After: b.tally(m.ID)}); err != nil {
			return err
		}
		if err := b.replaced(tx, m.Replaces); err != nil {
			return err
		}
		return b.save(tx)
	})
}

// fail ends an import that cannot be read.
func (s *Service) fail(ctx context.Context, scope tenant.Scope, id tenant.ID, cause error, words string) error {
	s.Log.WarnContext(ctx, "import failed", "firm", scope.Firm().String(), "import", id.String(), "unusable", errors.Is(cause, ErrUnusable))
	return s.Store.InEntity(ctx, scope, func(tx Tx) error {
		m, err := tx.Import(id)
		if err != nil || m.State != Running {
			return err
		}
		m.State, m.Failure, m.Ended = Failed, words, tx.Now()
		if m.Sources[0].Counts() { // what it gave by an earlier choice still counts
			m.State, m.Choice = m.settled(), m.Sources[0].Choice
		}
		return errors.Join(
			tx.SaveImport(m),
			tx.Audit(ctx, audit.Entry{Action: "import.fail", Object: m.object(), Before: Running, After: m.State}),
		)
	})
}

// Revert takes an import back as if it had never been: its events are gone at
// once, and rows that other files share with it count there. The record stays.
func (s *Service) Revert(ctx context.Context, scope tenant.Scope, id tenant.ID) (*Import, error) {
	done, err := s.Turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	for range tries {
		m, err := s.revertOnce(ctx, scope, id)
		if !errors.Is(err, ErrMoved) {
			return m, err
		}
	}
	return nil, fmt.Errorf("revert: after %d tries: %w", tries, ErrMoved)
}

func (s *Service) revertOnce(ctx context.Context, scope tenant.Scope, id tenant.ID) (m *Import, err error) {
	b := &book{service: s, ctx: ctx, scope: scope}
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		if b.cal, err = calendar(tx); err != nil {
			return err
		}
		if m, err = tx.Import(id); err != nil {
			return err
		}
		return b.take(tx, id)
	})
	if err != nil || m.State == Reverted {
		return m, err
	}
	for i := range b.sources {
		if _, err := b.read(i); err != nil {
			return nil, err
		}
	}
	b.settle()
	if err := b.store(ctx); err != nil {
		return nil, err
	}
	err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
		if m, err = tx.Import(id); err != nil || m.State == Reverted {
			return err
		}
		if err := b.revert(tx, m); err != nil {
			return err
		}
		return b.save(tx)
	})
	return m, err
}

// Sweep removes derived rows that nobody uses, a step at a time: those of some
// batches, and what a crash left behind.
func (s *Service) Sweep(ctx context.Context, scope tenant.Scope, batches ...int64) error {
	var old []int64
	if err := s.Store.ReadEntity(ctx, scope, func(tx Tx) (err error) { old, err = tx.Loose(tx.Now().Add(-loose)); return err }); err != nil {
		return err
	}
	for _, batch := range append(batches, old...) {
		for done := false; !done; {
			err := s.Store.InEntity(ctx, scope, func(tx Tx) (err error) { done, err = tx.Drop(batch, step); return err })
			if err != nil {
				return err
			}
		}
	}
	return nil
}
