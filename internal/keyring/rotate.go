package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// ErrMasterElsewhere is the error of rotating a master key that the operator
// keeps: with systemd or a KMS it is put in place there first.
var ErrMasterElsewhere = errors.New("keyring: the master key lies outside this program: put the new one in place, keep the old one as " +
	credentialPrev + " and rotate again")

// Resealer re-encrypts what an owner's keys sealed. Store implements it.
type Resealer interface {
	// Reseal seals anew, in batches of one short transaction each, every value
	// of the owner whose prefix is not the sealer's. It returns how many there
	// were when none is left, as a last transaction that may write has seen.
	Reseal(ctx context.Context, owner tenant.FirmID, s *Sealer) (int, error)
}

// RotateKey gives an owner a new sealing key, has everything sealed anew and
// forgets the old key. Each step is kept before the next begins, so that a
// rotation that was interrupted goes on where it was; sealing and opening work
// all the while. It returns how many values were sealed anew.
func (k *Keyring) RotateKey(ctx context.Context, owner tenant.FirmID, store Resealer) (int, error) {
	if err := k.change(ctx, owner, addKey); err != nil {
		return 0, err
	}
	if err := k.change(ctx, owner, promoteKey); err != nil {
		return 0, err
	}
	if err := k.settle(ctx, owner); err != nil {
		return 0, err
	}
	s, err := k.sealer(ctx, owner)
	if err != nil {
		return 0, err
	}
	n, err := store.Reseal(ctx, owner, s)
	if err != nil {
		return n, fmt.Errorf("seal anew for %s: %w", ownerName(owner), err)
	}
	return n, k.change(ctx, owner, dropKeys)
}

// A step changes a key set, or leaves it and says so.
type step func(*keyset.Manager, *keyset.Handle) (changed, primary bool, err error)

// addKey adds the key that is to follow, unless a rotation is under way.
func addKey(m *keyset.Manager, h *keyset.Handle) (changed, primary bool, err error) {
	if h.Len() > 1 {
		return false, false, nil
	}
	_, err = m.Add(aead.AES256GCMKeyTemplate())
	return true, false, err
}

// promoteKey makes the key that was added last the one that seals.
func promoteKey(m *keyset.Manager, h *keyset.Handle) (changed, primary bool, err error) {
	last, err := h.Entry(h.Len() - 1)
	if err != nil || last.IsPrimary() {
		return false, false, err
	}
	return true, true, m.SetPrimary(last.KeyID())
}

// dropKeys deletes all but the one that seals.
func dropKeys(m *keyset.Manager, h *keyset.Handle) (changed, primary bool, err error) {
	for i := range h.Len() {
		e, err := h.Entry(i)
		if err != nil {
			return false, false, err
		}
		if e.IsPrimary() {
			continue
		}
		if err := m.Delete(e.KeyID()); err != nil {
			return false, false, err
		}
	}
	return h.Len() > 1, false, nil
}

// change takes one step and keeps it.
func (k *Keyring) change(ctx context.Context, owner tenant.FirmID, do step) error {
	if err := k.settle(ctx, owner); err != nil {
		return err
	}
	r, err := k.registry.KeyRecord(ctx, owner)
	if err != nil {
		return fmt.Errorf("keys of %s: %w", ownerName(owner), err)
	}
	seal, derive, err := k.handles(ctx, r)
	if err != nil {
		return err
	}
	m := keyset.NewManagerFromHandle(seal)
	changed, primary, err := do(m, seal)
	if err != nil {
		return fmt.Errorf("rotate keys of %s: %w", ownerName(owner), err)
	}
	if !changed {
		return nil
	}
	if seal, err = m.Handle(); err != nil {
		return fmt.Errorf("rotate keys of %s: %w", ownerName(owner), err)
	}
	r.Version++
	r.Changed = k.now()
	if primary {
		r.Rotated = r.Changed
	}
	if r, err = k.wrap(ctx, r, seal, derive); err != nil {
		return err
	}
	if err := k.registry.ReplaceKeys(ctx, r); err != nil {
		return fmt.Errorf("rotate keys of %s: %w", ownerName(owner), err)
	}
	keys, err := newKeys(owner, seal, derive)
	if err != nil {
		return err
	}
	k.remember(owner, r.Version, keys)
	return nil
}

// settle waits until every replica has seen the last step.
func (k *Keyring) settle(ctx context.Context, owner tenant.FirmID) error {
	if k.grace == 0 {
		return nil
	}
	r, err := k.registry.KeyRecord(ctx, owner)
	if err != nil {
		return fmt.Errorf("keys of %s: %w", ownerName(owner), err)
	}
	if r.Changed.Equal(r.Created) {
		return nil // as new: there is no step to see
	}
	wait := r.Changed.Add(k.grace).Sub(k.now())
	if wait <= 0 {
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// RotateMaster wraps all key sets by a new master key; what they sealed stays
// as it is. A key in a file is made here, and the one before stays beside it as
// FILE.previous until the operator deletes it: backups from before need it. It
// returns how many records were wrapped anew, and goes on where it was if it
// was interrupted.
func (k *Keyring) RotateMaster(ctx context.Context) (int, error) {
	if k.file != "" {
		err := createMaster(nextOf(k.file))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return 0, err
		}
	}
	if err := k.reread(); err != nil {
		return 0, err
	}
	n := 0
	for { // firms that were made meanwhile may still have the key before
		more, err := k.rewrap(ctx)
		n += more
		if err != nil {
			return n, err
		}
		if more == 0 {
			break
		}
	}
	if k.file == "" {
		if n == 0 {
			return 0, ErrMasterElsewhere
		}
		return n, nil
	}
	return n, k.exchangeFiles()
}

// rewrap wraps every record that the first master key did not wrap.
func (k *Keyring) rewrap(ctx context.Context) (int, error) {
	all, err := k.registry.KeyRecords(ctx)
	if err != nil {
		return 0, fmt.Errorf("key records: %w", err)
	}
	k.mu.RLock()
	first := k.masters[0]
	k.mu.RUnlock()
	n := 0
	for _, r := range all {
		if !r.Destroyed.IsZero() || r.Master == first.ID() {
			continue
		}
		seal, derive, err := k.handles(ctx, r)
		if err != nil {
			return n, err
		}
		r.Version++
		if r, err = wrapWith(ctx, first, r, seal, derive); err != nil {
			return n, err
		}
		if err := k.registry.ReplaceKeys(ctx, r); err != nil {
			return n, fmt.Errorf("wrap keys of %s: %w", ownerName(r.Owner), err)
		}
		n++
	}
	return n, nil
}

// exchangeFiles ends the rotation of a master key in a file: at no moment is
// there no file under its name.
func (k *Keyring) exchangeFiles() error {
	dir := filepath.Dir(k.file)
	previous, err := os.ReadFile(k.file)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	defer clear(previous)
	kept := previousOf(k.file)
	if err := errors.Join(os.WriteFile(kept+".tmp", previous, 0o600), os.Rename(kept+".tmp", kept), syncDir(dir)); err != nil { //nolint:gosec // the operator names the file
		return fmt.Errorf("master key: %w", err)
	}
	if err := errors.Join(os.Rename(nextOf(k.file), k.file), syncDir(dir)); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	return k.reread()
}

// Status is what may be told about the keys of an owner.
type Status struct {
	Owner     tenant.FirmID
	Master    string // ID of the master key that wraps them
	Current   bool   // whether that is the master key in use
	KeyID     uint32 // of the key that seals
	Keys      int    // how many there are; more than one while a rotation runs
	Rotated   time.Time
	Destroyed time.Time
}

// Overdue reports whether the sealing key is older than it should get.
func (s Status) Overdue(now time.Time, every time.Duration) bool {
	return s.Destroyed.IsZero() && every > 0 && now.Sub(s.Rotated) > every
}

// Status lists the keys of all owners.
func (k *Keyring) Status(ctx context.Context) ([]Status, error) {
	all, err := k.registry.KeyRecords(ctx)
	if err != nil {
		return nil, fmt.Errorf("key records: %w", err)
	}
	k.mu.RLock()
	first := k.masters[0].ID()
	k.mu.RUnlock()
	list := make([]Status, 0, len(all))
	for _, r := range all {
		s := Status{Owner: r.Owner, Master: r.Master, Current: r.Master == first, Rotated: r.Rotated, Destroyed: r.Destroyed}
		if r.Destroyed.IsZero() {
			seal, _, err := k.handles(ctx, r)
			if err != nil {
				return nil, err
			}
			s.KeyID, s.Keys = seal.KeysetInfo().GetPrimaryKeyId(), seal.Len()
		}
		list = append(list, s)
	}
	return list, nil
}
