package recon

import (
	"context"
	"errors"
	"fmt"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// errMoved reports that events changed while they were looked through.
var errMoved = errors.New("the book changed meanwhile")

// tries is how often events are looked through anew because they changed.
const tries = 10

// Match is the work after a change of events: the pairs by equal hash that are
// new are made, those that are not there any more dissolve, each with its
// decision and its entry in the audit chain. It may be called at any time.
func (s *Service) Match(ctx context.Context, scope tenant.Scope) error {
	for range tries {
		err := s.match(ctx, scope)
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return fmt.Errorf("match: after %d tries: %w", tries, errMoved)
}

// change is a pair that is to be kept as it now is.
type change struct {
	pair   Pair
	before State
}

func (s *Service) match(ctx context.Context, scope tenant.Scope) error {
	var version int64
	var changes []change
	err := s.Store.ReadEntity(ctx, scope, func(tx Tx) (err error) {
		if version, err = tx.Version(); err != nil {
			return err
		}
		moves, err := tx.Moves()
		if err != nil {
			return err
		}
		known, err := tx.Pairs()
		if err != nil {
			return err
		}
		apart, err := tx.Apart()
		changes = compare(found(moves), known, apart)
		return err
	})
	if err != nil || len(changes) == 0 {
		return err
	}
	made, lost := 0, 0
	err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
		now, err := tx.Version()
		if err != nil {
			return err
		}
		if now != version {
			return errMoved
		}
		made, lost = 0, 0
		for i := range changes {
			kind, err := s.keep(ctx, tx, &changes[i])
			if err != nil {
				return err
			}
			switch kind {
			case Made:
				made++
			case Lost:
				lost++
			default:
			}
		}
		return nil
	})
	if err == nil {
		s.Log.InfoContext(ctx, "pairs by equal hash", "firm", scope.Firm().String(), "made", made, "dissolved", lost)
	}
	return err
}

// keep keeps a pair as it now is, with the decision that made it so; "" is
// none, for only what its events say has changed.
func (s *Service) keep(ctx context.Context, tx Tx, c *change) (kind Kind, err error) {
	if c.pair.Found.IsZero() {
		c.pair.Found = tx.Now()
	}
	if c.pair.State == c.before || c.pair.State == Apart {
		return "", tx.SavePair(&c.pair)
	}
	kind = Made
	if c.pair.State == Dissolved {
		kind = Lost
	}
	return kind, s.write(ctx, tx, &c.pair, &Decision{Kind: kind}, c.before)
}

// found pairs moves by equal hash.
func found(moves []Move) []Pair {
	events, at := make([]ledger.Event, len(moves)), make(map[ledger.ID]*Move, len(moves))
	for i := range moves {
		events[i], at[moves[i].Event.ID] = moves[i].Event, &moves[i]
	}
	pairs := reconcile.EqualHash(events)
	list := make([]Pair, len(pairs))
	for i, p := range pairs {
		list[i] = Pair{State: Paired, Reason: EqualHash, Asset: p.Asset, Hash: p.Hash, Out: at[p.Out].end(), In: at[p.In].end()}
	}
	return list
}

// compare says what has to be kept anew: of what is there now, of what was
// known, and of what people took apart. A pair that was taken apart stays so.
func compare(now, known []Pair, apart []reconcile.Ends) []change {
	before := make(map[reconcile.Ends]*Pair, len(known))
	for i := range known {
		before[known[i].Ends()] = &known[i]
	}
	isApart := make(map[reconcile.Ends]bool, len(apart))
	for _, e := range apart {
		isApart[e] = true
	}
	var list []change
	for i := range now {
		p, old := now[i], before[now[i].Ends()]
		delete(before, p.Ends())
		if isApart[p.Ends()] {
			p.State = Apart
		}
		if old == nil {
			p.ID = tenant.NewID()
			list = append(list, change{p, ""})
			continue
		}
		p.ID, p.Found = old.ID, old.Found
		if !p.same(old) {
			list = append(list, change{p, old.State})
		}
	}
	for i := range known { // in their order, not in that of a map
		p := known[i]
		if before[p.Ends()] != nil && p.State == Paired {
			old := p.State
			p.State = Dissolved
			list = append(list, change{p, old})
		}
	}
	return list
}

// same reports whether a pair says the same as another one of the same ends.
func (p *Pair) same(q *Pair) bool {
	return p.State == q.State && p.Reason == q.Reason && p.Asset == q.Asset && p.Hash == q.Hash && p.Out.same(&q.Out) && p.In.same(&q.In)
}

func (e *End) same(f *End) bool {
	return e.At == f.At && e.Account == f.Account && e.Amount.Equal(f.Amount) && e.Place == f.Place
}
