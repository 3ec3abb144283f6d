package store

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// signedEnds is what was signed of all chains, as verification starts from it.
type signedEnds struct {
	rows       map[string]headRow
	checkpoint map[string]audit.Head // of the last checkpoint
	firms      map[string]bool
	findings   []audit.Finding
	behind     []audit.Head // ends that verify and were not signed yet
}

// Verify verifies the chain of the control plane and those of all firms, or
// only the one named, against the links themselves and against everything that
// was signed. What it finds is kept, told and shown until it is gone. A firm
// whose keys were destroyed has nothing left to verify.
func (s *Store) Verify(ctx context.Context, only string) (r audit.Report, err error) {
	r.At = s.now()
	if err := s.heads.flush(ctx); err != nil {
		return r, err
	}
	key, err := s.signer(ctx)
	if err != nil {
		return r, err
	}
	signed, err := s.signedEnds(ctx, publicOf(key))
	if err != nil {
		return r, err
	}
	chains := []string{audit.Control}
	if err := s.EachFirm(ctx, func(firm tenant.FirmID) error {
		chains = append(chains, firm.String())
		signed.firms[firm.String()] = true
		return nil
	}); err != nil {
		return r, err
	}
	if only != "" {
		if only != audit.Control && !signed.firms[only] {
			return r, fault.New(fault.NotFound, nil, "There is no such firm.")
		}
		chains = []string{only}
	}
	signed.gone()
	for _, f := range signed.findings {
		if only == "" || f.Chain == only {
			r.Findings = append(r.Findings, f)
		}
	}
	for _, chain := range chains {
		if err := s.verifyInto(ctx, &r, chain, signed, publicOf(key)); err != nil {
			return r, err
		}
	}
	if err := s.signHeads(ctx, signed.behind); err != nil || only != "" {
		return r, err
	}
	return r, s.keepReport(ctx, r)
}

// verifyInto adds what the verification of one chain gives to a report, and
// keeps it.
func (s *Store) verifyInto(ctx context.Context, r *audit.Report, chain string, signed *signedEnds, key ed25519.PublicKey) error {
	end, found, err := s.verifyChain(ctx, chain, signed.anchors(chain, s.id, key))
	if errors.Is(err, keyring.ErrDestroyed) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Chains++
	r.Links += end.Size
	for _, f := range signed.findings { // the first finding of a chain is what is kept
		if f.Chain == chain && found == nil {
			found = &f
		}
	}
	if found != nil && !contains(r.Findings, *found) {
		r.Findings = append(r.Findings, *found)
	}
	if found == nil && end.Size > signed.rows[chain].Size {
		signed.behind = append(signed.behind, end)
	}
	s.heads.judge(chain, found)
	return s.Control(ctx, func(t *ControlTx) error { return t.keepCheck(end, found) })
}

func contains(all []audit.Finding, one audit.Finding) bool {
	for _, f := range all {
		if f == one {
			return true
		}
	}
	return false
}

// errEnough ends the reading of a chain in which something was found.
var errEnough = errors.New("enough")

// verifyChain reads a chain from its beginning to its end.
func (s *Store) verifyChain(ctx context.Context, chain string, c *audit.Checker) (end audit.Head, found *audit.Finding, err error) {
	err = s.inChain(ctx, chain, func(t *tx) error {
		return t.eachLink(func(seq int64, l audit.Link, err error) error {
			switch {
			case errors.Is(err, keyring.ErrDestroyed):
				return err
			case err != nil:
				c.Unreadable(seq)
				return errEnough
			case !c.Link(l):
				return errEnough
			}
			return nil
		})
	})
	switch {
	case err == nil, errors.Is(err, errEnough):
	case errors.Is(err, keyring.ErrDestroyed), fault.Is(err, fault.Busy), ctx.Err() != nil:
		return end, nil, err
	default: // the file is gone, is another firm's or is damaged
		s.log.ErrorContext(ctx, "audit chain cannot be read", "firm", chain, "error", err)
		return audit.Head{Chain: chain}, &audit.Finding{Chain: chain, What: "its store cannot be read: it is missing, damaged or another firm's"}, nil
	}
	end, found = c.End()
	return end, found, nil
}

// signedEnds reads what was signed and verifies that it was.
func (s *Store) signedEnds(ctx context.Context, key ed25519.PublicKey) (*signedEnds, error) {
	e := &signedEnds{rows: make(map[string]headRow), checkpoint: make(map[string]audit.Head), firms: make(map[string]bool)}
	var rows []headRow
	var points []checkpointRow
	err := s.ReadControl(ctx, func(t *ControlTx) error {
		return errors.Join(t.db.Find(&rows).Error, t.db.Order("id").Find(&points).Error)
	})
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		e.rows[r.Chain] = r
	}
	if len(points) > 0 {
		e.readCheckpoint(points[len(points)-1], s.id, key)
	}
	return e, e.readLog(s, points, key)
}

func (e *signedEnds) find(chain, what string) {
	e.findings = append(e.findings, audit.Finding{Chain: chain, What: what})
}

// readCheckpoint takes the heads of the last checkpoint.
func (e *signedEnds) readCheckpoint(row checkpointRow, installation string, key ed25519.PublicKey) {
	c, err := audit.OpenNote(row.Note, installation, key)
	if err != nil {
		e.find(audit.Control, "the last checkpoint was changed")
		return
	}
	heads, err := audit.ParseLines(row.Heads)
	if err != nil || audit.Root(heads) != c.Root {
		e.find(audit.Control, "the heads of the last checkpoint were changed")
		return
	}
	for _, h := range heads {
		e.checkpoint[h.Chain] = h
	}
}

// readLog compares the checkpoints in the file with those in the database: a
// database that is older than the file was rolled back.
func (e *signedEnds) readLog(s *Store, points []checkpointRow, key ed25519.PublicKey) error {
	notes, there, err := s.readLog()
	if errors.Is(err, errLog) {
		e.find(audit.Control, logName+" was changed")
		return nil
	}
	if err != nil {
		return err
	}
	if !there && len(points) > 0 && s.control.dialect == sqlite {
		e.find(audit.Control, logName+" is missing")
	}
	kept := make(map[string]bool, len(points))
	for _, p := range points {
		kept[p.Note] = true
	}
	for i, n := range notes {
		_, err := audit.OpenNote(n, s.id, key)
		switch {
		case err != nil:
			e.find(audit.Control, fmt.Sprintf("line %d of %s was changed", i+1, logName))
		case !kept[n]:
			e.find(audit.Control, fmt.Sprintf("the control database does not have the checkpoint in line %d of %s: it was rolled back", i+1, logName))
		default:
			continue
		}
		break // the first says enough
	}
	return nil
}

// gone finds chains that were signed and that the installation no longer has.
func (e *signedEnds) gone() {
	for chain := range e.checkpoint {
		if _, ok := e.rows[chain]; !ok {
			e.find(chain, "its signed head is missing")
		}
		if chain != audit.Control && !e.firms[chain] {
			e.find(chain, "the firm is missing")
		}
	}
}

// anchors returns a checker that knows what was signed of a chain.
func (e *signedEnds) anchors(chain, installation string, key ed25519.PublicKey) *audit.Checker {
	var heads []audit.Head
	if row, ok := e.rows[chain]; ok {
		h, err := row.head()
		if err != nil || !h.Signed(installation, key, row.Signature) {
			e.find(chain, "its signed head was changed")
		} else {
			heads = append(heads, h)
		}
	}
	if h, ok := e.checkpoint[chain]; ok {
		heads = append(heads, h)
	}
	return audit.NewChecker(chain, heads...)
}

// judge lets a chain be signed again once it verifies, and not before.
func (h *heads) judge(chain string, found *audit.Finding) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if found == nil {
		delete(h.broken, chain)
	} else {
		h.broken[chain] = true
	}
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey {
	return key.Public().(ed25519.PublicKey) // of an ed25519 key it is never another type
}

// checkRow is what the last verification of a chain found.
type checkRow struct {
	Chain   string
	At      stamp
	Size    int64
	Seq     int64
	Finding *string
}

// TableName implements gorm's Tabler.
func (checkRow) TableName() string { return "audit_checks" }

// keepCheck keeps what was found of a chain. A finding that is new is told, and
// is a security event of the firm.
func (t *ControlTx) keepCheck(end audit.Head, found *audit.Finding) error {
	row := checkRow{Chain: end.Chain, At: stamp{t.Now()}, Size: end.Size}
	var before checkRow
	err := t.db.Where("chain = ?", end.Chain).Take(&before).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return err
	}
	if found != nil {
		row.Seq, row.Finding = found.Seq, &found.What
		if before.Finding == nil || *before.Finding != found.What || before.Seq != found.Seq {
			if err := t.tell(audit.Alert{Kind: audit.Broken, At: t.Now(), Findings: []audit.Finding{*found}}); err != nil {
				return err
			}
		}
	}
	return t.db.Clauses(t.replace("chain")).Create(&row).Error
}
