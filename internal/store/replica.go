package store

import (
	"context"
	"errors"
	"strconv"

	"github.com/ledgersys/ledgersys/internal/job"
)

// How many beats a replica may stay silent before it counts as gone, how often
// it says that it is there, and for how many beats its connection may be away,
// which a network that breaks off takes as well. Beats are counted, not times
// compared: clocks of machines differ, and are set.
const (
	silence = 35
	say     = 10
	away    = 10
)

// sign is the last sign of life of another replica.
type sign struct {
	count string // what it said
	beat  int    // ours, when it first said so
	lost  int    // beats in a row for which its connection was away
}

// seenRow is a sign of life and whether its replica is connected.
type seenRow struct {
	Name      string
	Holder    string
	Connected bool
}

// say says that this replica is there.
func (q *postgresQueue) say(ctx context.Context, s *Store) error {
	return s.Control(ctx, func(t *ControlTx) error {
		row := leaseRow{s.sign(), strconv.Itoa(q.beats), stamp{t.Now()}}
		return t.db.Clauses(t.replace("name")).Create(&row).Error
	})
}

// sign names this replica's sign of life.
func (s *Store) sign() string { return "replica/" + s.replica }

// leave takes the sign back when this replica has stopped working.
func (q *postgresQueue) leave(ctx context.Context, s *Store) error {
	err := s.Control(ctx, func(t *ControlTx) error {
		return t.db.Where("name = ?", s.sign()).Delete(&leaseRow{}).Error
	})
	return errors.Join(err, q.life.end(ctx))
}

// rescue looks for signs of life of the others, and gives back what those that
// are gone were working on and held.
func (q *postgresQueue) rescue(ctx context.Context, s *Store) error {
	q.beats++
	fresh, err := q.life.hold(ctx, s.sign())
	if err != nil {
		return err
	}
	if fresh || q.beats%say == 0 {
		if err := q.say(ctx, s); err != nil {
			return err
		}
	}
	const left = "state = 'running' and not exists (select 1 from leases l where l.name = 'replica/' || attempted_by[cardinality(attempted_by)])"
	var rows []seenRow
	var n int64
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		return errors.Join(t.db.Raw(signs, s.sign()).Scan(&rows).Error, t.db.Table(t.jobs()).Where(left).Count(&n).Error)
	})
	if err != nil {
		return err
	}
	gone := q.silent(rows)
	if n == 0 && len(gone) == 0 {
		return nil
	}
	return s.Control(ctx, func(t *ControlTx) error {
		for _, r := range gone {
			d := t.db.Where("name = ? and holder = ?", r.Name, r.Holder).Delete(&leaseRow{})
			if d.Error != nil {
				return d.Error
			}
			if d.RowsAffected == 0 {
				continue // it has said something meanwhile
			}
			if err := t.db.Where("holder like ?", r.Name[len("replica/"):]+"/%").Delete(&leaseRow{}).Error; err != nil {
				return err
			}
		}
		return t.db.Table(t.jobs()).Where(left).Update("state", "available").Error
	})
}

// silent notes who said something new and returns who has not for too long, or
// has lost its connection.
func (q *postgresQueue) silent(rows []seenRow) (gone []seenRow) {
	for _, r := range rows {
		last, known := q.others[r.Name]
		if !known || last.count != r.Holder {
			last.count, last.beat = r.Holder, q.beats
		}
		if last.lost++; r.Connected {
			last.lost = 0
		}
		q.others[r.Name] = last
		if q.beats-last.beat >= silence || last.lost >= away {
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
