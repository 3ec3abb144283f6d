package recon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// Store keeps findings and decisions, each in the store of its firm. Both ways
// in are one transaction on the entity of the scope.
type Store interface {
	InEntity(ctx context.Context, s tenant.Scope, fn func(Tx) error) error
	ReadEntity(ctx context.Context, s tenant.Scope, fn func(Tx) error) error
}

// Tx is a transaction on one entity's findings. What is not there, or is
// another entity's, is fault.NotFound.
type Tx interface {
	audit.Log
	job.Outbox
	Now() time.Time

	// Version returns the version of the entity's book.
	Version() (int64, error)
	// Moves returns what came from outside or went there, in the order of the
	// book.
	Moves() ([]Move, error)

	// Pairs returns every pair that was ever found.
	Pairs() ([]Pair, error)
	// Page returns pairs that did not dissolve, the newest first.
	Page(after Cursor, limit int) ([]Pair, error)
	Pair(id tenant.ID) (*Pair, error)
	SavePair(p *Pair) error

	// PairedOf counts the pairs of which an account holds an end, by the end:
	// what arrived in it and what left it.
	PairedOf(account string) (arrived, left int, err error)

	// Apart returns the pairs that people took apart and did not put together
	// again.
	Apart() ([]reconcile.Ends, error)
	Decide(d *Decision) error
}

// Config is what a Service needs.
type Config struct {
	Store Store
	// Changed adds to the transaction of a decision what has to be done because
	// the book now means something else; nil adds nothing.
	Changed func(ctx context.Context, tx job.Outbox, s tenant.Scope) error
	// Differences lists what the balances of linked accounts show; nil has
	// none.
	Differences func(ctx context.Context, s tenant.Scope) ([]Difference, error)
	Log         *slog.Logger
}

// Service keeps findings and takes decisions.
type Service struct{ Config }

// NewService makes a service.
func NewService(c Config) *Service {
	if c.Changed == nil {
		c.Changed = func(context.Context, job.Outbox, tenant.Scope) error { return nil }
	}
	if c.Differences == nil {
		c.Differences = func(context.Context, tenant.Scope) ([]Difference, error) { return nil, nil }
	}
	return &Service{c}
}

// MatchKind is the stored work that looks through an entity's events after
// they changed.
const MatchKind = "recon.match"

type matchArgs struct {
	Entity tenant.EntityID `json:"entity"`
}

// Changed goes into a transaction that changes which events of an entity
// count: what fits together is looked for anew.
func Changed(ctx context.Context, tx job.Outbox, s tenant.Scope) error {
	return tx.Enqueue(ctx, job.Task{Kind: MatchKind, Key: "entity/" + s.Entity().String(), Args: matchArgs{s.Entity()}})
}

// Register makes the service's work known.
func (s *Service) Register(r *job.Registry) error {
	return r.Handle(job.Kind{Name: MatchKind, Limit: 10 * time.Minute, Work: func(ctx context.Context, r job.Run) error {
		var args matchArgs
		if err := r.Args(&args); err != nil {
			return err
		}
		return s.Match(ctx, r.Scope(args.Entity))
	}})
}

// MaxPage is how many pairs one page holds at most.
const MaxPage = 500

// Pairs returns the pairs of an entity, those that people took apart among
// them, the newest first.
func (s *Service) Pairs(ctx context.Context, scope tenant.Scope, after Cursor, limit int) (list []Pair, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		list, err = tx.Page(after, min(max(limit, 1), MaxPage))
		return err
	})
	return list, err
}

// PairedOf counts the pairs of which an account holds an end: what arrived in
// it from an own account, and what left it for one.
func (s *Service) PairedOf(ctx context.Context, scope tenant.Scope, account string) (arrived, left int, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		arrived, left, err = tx.PairedOf(account)
		return err
	})
	return arrived, left, err
}

// Decisions returns the pairs that people took apart: what a computation needs
// to know beside the events.
func (s *Service) Decisions(ctx context.Context, scope tenant.Scope) (apart []reconcile.Ends, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		apart, err = tx.Apart()
		return err
	})
	return apart, err
}

// Unexplained returns the accounts whose rows do not explain their balance.
func (s *Service) Unexplained(ctx context.Context, scope tenant.Scope) ([]Difference, error) {
	all, err := s.Differences(ctx, scope)
	var list []Difference
	for i := range all {
		if !all[i].OK {
			list = append(list, all[i])
		}
	}
	return list, err
}

// Undo takes a pair apart: its ends are a withdrawal and a deposit again. It
// is not made again by itself.
func (s *Service) Undo(ctx context.Context, scope tenant.Scope, id tenant.ID) (*Pair, error) {
	return s.decide(ctx, scope, id, Undone, Apart)
}

// Redo puts a pair together again that a person took apart.
func (s *Service) Redo(ctx context.Context, scope tenant.Scope, id tenant.ID) (*Pair, error) {
	return s.decide(ctx, scope, id, Redone, Paired)
}

// decide writes down what a person says about a pair. What is so already is no
// decision.
func (s *Service) decide(ctx context.Context, scope tenant.Scope, id tenant.ID, kind Kind, state State) (p *Pair, err error) {
	err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
		if p, err = tx.Pair(id); err != nil || p.State == state {
			return err
		}
		if p.State == Dissolved {
			return fault.Coded(fault.Conflict, "pair_dissolved", nil, "This pair is no longer there: one of its events is gone, or another one fits as well.")
		}
		before := p.State
		p.State = state
		return errors.Join(
			s.write(ctx, tx, p, &Decision{Kind: kind, By: scope.Actor().User}, before),
			s.Changed(ctx, tx, scope),
			Changed(ctx, tx, scope), // its events may be gone by now
		)
	})
	return p, err
}

// write keeps a pair as it now stands, the decision that made it so, and the
// entry of the audit chain.
func (s *Service) write(ctx context.Context, tx Tx, p *Pair, d *Decision, before State) error {
	d.ID, d.At, d.Ends, d.Reason = tenant.NewID(), tx.Now(), p.Ends(), p.Reason
	e := audit.Entry{Action: string(d.Kind), Object: "pair/" + p.ID.String(), After: p.State, Reason: p.Reason}
	if before != "" {
		e.Before = before
	}
	if err := tx.SavePair(p); err != nil {
		return fmt.Errorf("pair %s: %w", p.ID, err)
	}
	return errors.Join(tx.Decide(d), tx.Audit(ctx, e))
}
