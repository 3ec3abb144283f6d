package store

import (
	"context"
	"errors"
	"strconv"

	"github.com/ledgersys/ledgersys/internal/job"
)

// How many beats a replica may stay silent before it counts as gone, and how
// often it says that it is there. Beats are counted, not times compared:
// clocks of machines differ, and are set.
const (
	silence = 35
	say     = 10
)

// sign is the last sign of life of another replica.
type sign struct {
	count string // what it said
	beat  int    // ours, when it first said so
}

// say says that this replica is there.
func (q *postgresQueue) say(ctx context.Context, s *Store) error {
	return s.Control(ctx, func(t *ControlTx) error {
		row := leaseRow{"replica/" + s.replica, strconv.Itoa(q.beats), stamp{t.Now()}}
		return t.db.Clauses(t.replace("name")).Create(&row).Error
	})
}

// leave takes the sign back when this replica has stopped working.
func (q *postgresQueue) leave(ctx context.Context, s *Store) error {
	return s.Control(ctx, func(t *ControlTx) error {
		return t.db.Where("name = ?", "replica/"+s.replica).Delete(&leaseRow{}).Error
	})
}

// rescue looks for signs of life of the others, and gives back what those that
// are gone were working on.
func (q *postgresQueue) rescue(ctx context.Context, s *Store) error {
	q.beats++
	if q.beats%say == 0 {
		if err := q.say(ctx, s); err != nil {
			return err
		}
	}
	const left = "state = 'running' and not exists (select 1 from leases l where l.name = 'replica/' || attempted_by[cardinality(attempted_by)])"
	var rows []leaseRow
	var n int64
	err := s.ReadControl(ctx, func(t *ControlTx) error {
		return errors.Join(t.db.Where("name like 'replica/%' and name <> ?", "replica/"+s.replica).Find(&rows).Error,
			t.db.Table(t.jobs()).Where(left).Count(&n).Error)
	})
	if err != nil {
		return err
	}
	gone := q.silent(rows)
	if n == 0 && len(gone) == 0 {
		return nil
	}
	return s.Control(ctx, func(t *ControlTx) error {
		for _, r := range gone { // unless it has said something meanwhile
			if err := t.db.Where("name = ? and holder = ?", r.Name, r.Holder).Delete(&leaseRow{}).Error; err != nil {
				return err
			}
		}
		return t.db.Table(t.jobs()).Where(left).Update("state", "available").Error
	})
}

// silent notes who said something new and returns who has not for too long.
func (q *postgresQueue) silent(rows []leaseRow) (gone []leaseRow) {
	for _, r := range rows {
		last, known := q.others[r.Name]
		switch {
		case !known || last.count != r.Holder:
			q.others[r.Name] = sign{r.Holder, q.beats}
		case q.beats-last.beat >= silence:
			gone = append(gone, r)
			delete(q.others, r.Name)
		}
	}
	return gone
}

// work implements queue.
func (q *postgresQueue) work(ctx context.Context, s *Store, w job.Worker) error {
	w.Schema = controlTree
	return errors.Join(job.Work(ctx, q.driver, w), q.leave(context.WithoutCancel(ctx), s))
}
