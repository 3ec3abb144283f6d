package store

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// headRow is the signed end of a chain.
type headRow struct {
	Chain     string
	Size      int64
	Head      string
	At        stamp
	Signature []byte
}

// TableName implements gorm's Tabler.
func (headRow) TableName() string { return "audit_heads" }

func (r headRow) head() (audit.Head, error) {
	hash, err := audit.ParseHash(r.Head)
	return audit.Head{Chain: r.Chain, Size: r.Size, Hash: hash}, err
}

// heads signs the ends of chains that grew, a second later at most, all that
// grew in one transaction: signing each at once would double the commits.
type heads struct {
	store  *Store
	mu     sync.Mutex
	grown  map[string]bool
	broken map[string]bool // not signed any more until they verify again
	moved  bool            // since the last checkpoint
	made   time.Time       // when that was
}

func newHeads(s *Store) *heads {
	return &heads{store: s, grown: make(map[string]bool), broken: make(map[string]bool)}
}

// add notes that a chain grew.
func (h *heads) add(chain string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.grown[chain], h.moved = true, true
}

// flush signs the ends of the chains that grew. A chain that does not lead on
// from what was signed before is not signed: that is a finding.
func (h *heads) flush(ctx context.Context) error {
	h.mu.Lock()
	grown := slices.Sorted(maps.Keys(h.grown))
	clear(h.grown)
	h.mu.Unlock()
	if len(grown) == 0 || h.store.keys == nil {
		return nil
	}
	var errs []error
	var ends []audit.Head
	for _, chain := range grown {
		end, err := h.store.leadsOn(ctx, chain)
		switch {
		case errors.Is(err, errBroken):
			errs = append(errs, h.alarm(ctx, chain, err))
		case err != nil:
			errs = append(errs, err)
			h.add(chain)
		default:
			ends = append(ends, end)
		}
	}
	return errors.Join(append(errs, h.store.signHeads(ctx, ends))...)
}

// alarm keeps a finding, once.
func (h *heads) alarm(ctx context.Context, chain string, err error) error {
	h.mu.Lock()
	known := h.broken[chain]
	h.broken[chain] = true
	h.mu.Unlock()
	if known {
		return nil
	}
	var b *brokenError
	errors.As(err, &b)
	return h.store.Control(ctx, func(t *ControlTx) error { return t.keepCheck(audit.Head{Chain: chain}, &b.finding) })
}

// errBroken marks a chain that contradicts what was signed.
var errBroken = errors.New("store: the audit chain is broken")

type brokenError struct{ finding audit.Finding }

func (b *brokenError) Error() string        { return b.finding.String() }
func (b *brokenError) Is(target error) bool { return target == errBroken }

// inChain runs fn in a transaction that reads the store of a chain.
func (s *Store) inChain(ctx context.Context, chain string, fn func(*tx) error) error {
	if chain == audit.Control {
		return s.ReadControl(ctx, func(t *ControlTx) error { return fn(t.tx) })
	}
	firm, err := tenant.ParseID(chain)
	if err != nil {
		return err
	}
	return s.ReadFirm(ctx, tenant.ForJob(firm, tenant.EntityID{}, "store.audit"), func(t *FirmTx) error { return fn(t.tx) })
}

// leadsOn returns the end of a chain, after looking that the end that was
// signed before is still in it.
func (s *Store) leadsOn(ctx context.Context, chain string) (end audit.Head, err error) {
	var old headRow
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		return t.db.Where("chain = ?", chain).Take(&old).Error
	})
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return end, err
	}
	err = s.inChain(ctx, chain, func(t *tx) error {
		last, err := t.lastLink()
		if err != nil {
			return err
		}
		end = audit.Head{Chain: chain, Size: last.Seq, Hash: last.Hash}
		if old.Size == 0 {
			return nil
		}
		var at auditRow
		err = t.db.Select("seq", "hash").Where("seq = ?", old.Size).Take(&at).Error
		switch {
		case errors.Is(err, gorm.ErrRecordNotFound):
			return &brokenError{audit.Finding{Chain: chain, Seq: last.Seq + 1, What: fmt.Sprintf("the end is missing: %d links were signed", old.Size)}}
		case err == nil && at.Hash != old.Head:
			return &brokenError{audit.Finding{Chain: chain, Seq: old.Size, What: "it is not the one that was signed: the chain was rewritten"}}
		}
		return err
	})
	return end, err
}

// signHeads keeps signed ends. One that another replica has kept meanwhile and
// that is further on stays.
func (s *Store) signHeads(ctx context.Context, ends []audit.Head) error {
	if len(ends) == 0 {
		return nil
	}
	key, err := s.signer(ctx)
	if err != nil {
		return err
	}
	return s.Control(ctx, func(t *ControlTx) error {
		for _, h := range ends {
			row := headRow{h.Chain, h.Size, h.Hash.String(), stamp{t.Now()}, h.Sign(s.id, key)}
			on := clause.OnConflict{
				Columns:   []clause.Column{{Name: "chain"}},
				DoUpdates: clause.AssignmentColumns([]string{"size", "head", "at", "signature"}),
				Where:     clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "audit_heads.size < excluded.size"}}},
			}
			if err := t.db.Clauses(on).Create(&row).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// signer returns the key that signs heads and checkpoints.
func (s *Store) signer(ctx context.Context) (ed25519.PrivateKey, error) {
	if s.keys == nil {
		return nil, ErrNoKeys
	}
	k, err := s.keys.Control(ctx)
	if err != nil {
		return nil, err
	}
	return k.Signer("audit"), nil
}
