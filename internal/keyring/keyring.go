package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Errors of keys.
var (
	ErrNoKey     = errors.New("keyring: no keys")
	ErrDestroyed = errors.New("keyring: the keys were destroyed")
	ErrStale     = errors.New("keyring: the keys changed meanwhile")
)

// Service is the owner of the keys of everything that belongs to no firm.
var Service = tenant.FirmID{} //nolint:gochecknoglobals // the zero id, never assigned

// Record is the keys of one owner as a Registry keeps them: wrapped.
type Record struct {
	Owner   tenant.FirmID // Service or a firm
	Version int64         // counts changes from 1; a change replaces the version that it read
	Master  string        // the ID of the master key that wraps
	Seal    []byte        // the key set that seals; nil once destroyed
	Derive  []byte        // the key set from which look-up and signing keys come; nil once destroyed
	Created time.Time
	Rotated time.Time // since when the sealing key is in use
	Changed time.Time
	// Destroyed is zero while the keys live.
	Destroyed time.Time
}

// Registry keeps the records. Store implements it in the control database.
type Registry interface {
	// KeyRecord returns the record of an owner, or ErrNoKey.
	KeyRecord(ctx context.Context, owner tenant.FirmID) (Record, error)
	// KeyRecords returns all of them, by owner.
	KeyRecords(ctx context.Context) ([]Record, error)
	// InsertKeys keeps a new record.
	InsertKeys(ctx context.Context, r Record) error
	// ReplaceKeys keeps r instead of the record of version r.Version-1, or
	// fails with ErrStale.
	ReplaceKeys(ctx context.Context, r Record) error
}

// Config is what a Keyring needs.
type Config struct {
	Masters  Masters
	Registry Registry
	Now      func() time.Time
	// Grace is how long a rotation waits between its steps, so that every
	// replica has seen the one before; 0 where there is only one process.
	Grace time.Duration
}

// Keyring hands out the sealers of the firms and of the service.
type Keyring struct {
	registry Registry
	now      func() time.Time
	grace    time.Duration
	file     string

	mu      sync.RWMutex
	masters []Wrapper
	rings   map[tenant.FirmID]*ring
}

// fresh is how long a ring is used before the registry is asked whether it
// changed; a rotation on several replicas waits longer than this.
const fresh = time.Minute

// ring is the unwrapped keys of one owner. The sealer stays the same for as
// long as the program runs, so that nobody seals with what was replaced.
type ring struct {
	version int64
	checked time.Time
	sealer  *Sealer
	asking  atomic.Bool // whether somebody asks the registry right now
}

// Open unwraps the service's own keys, which shows that the master key is the
// right one, and makes them if the registry is empty.
func Open(ctx context.Context, c Config) (*Keyring, error) {
	k := &Keyring{
		registry: c.Registry, now: c.Now, grace: c.Grace, file: c.Masters.File,
		masters: c.Masters.Keys, rings: make(map[tenant.FirmID]*ring),
	}
	if len(k.masters) == 0 {
		return nil, ErrMaster
	}
	_, err := k.Control(ctx)
	if !errors.Is(err, ErrNoKey) {
		return k, err
	}
	all, err := k.registry.KeyRecords(ctx)
	if err != nil {
		return nil, fmt.Errorf("key records: %w", err)
	}
	if len(all) > 0 {
		return nil, fmt.Errorf("%w: firms have keys and the service has none", ErrNoKey)
	}
	if err := k.Create(ctx, k.registry, Service); err != nil {
		return nil, err
	}
	_, err = k.Control(ctx)
	return k, err
}

// CheckMasters tells whether the master keys unwrap the records, without
// writing anything. No record is fine.
func CheckMasters(ctx context.Context, m Masters, records []Record) error {
	k := &Keyring{masters: m.Keys}
	for _, r := range records {
		if !r.Destroyed.IsZero() {
			continue
		}
		_, err := k.unwrap(ctx, r)
		return err // one is enough: all are wrapped by a key at hand or none is
	}
	return nil
}

// Create makes the keys of an owner. The registry is given, so that the record
// can be part of the caller's transaction.
func (k *Keyring) Create(ctx context.Context, registry Registry, owner tenant.FirmID) error {
	seal, err := newSet(aead.AES256GCMKeyTemplate())
	if err != nil {
		return err
	}
	derive, err := newSet(prf.HKDFSHA256PRFKeyTemplate())
	if err != nil {
		return err
	}
	now := k.now()
	r := Record{Owner: owner, Version: 1, Created: now, Rotated: now, Changed: now}
	if r, err = k.wrap(ctx, r, seal, derive); err != nil {
		return err
	}
	return registry.InsertKeys(ctx, r)
}

// newSet makes a key set with one key.
func newSet(t *tinkpb.KeyTemplate) (*keyset.Handle, error) {
	h, err := keyset.NewHandle(t)
	if err != nil {
		return nil, fmt.Errorf("new keys: %w", err)
	}
	return h, nil
}

// Destroy deletes the keys of a firm for good: what they sealed cannot be read
// by anybody any more. After the commit of a transaction of the caller, call
// Forget.
func (k *Keyring) Destroy(ctx context.Context, registry Registry, firm tenant.FirmID) error {
	if firm == Service {
		return fmt.Errorf("%w: the service's own keys cannot be destroyed", ErrNoKey)
	}
	r, err := registry.KeyRecord(ctx, firm)
	if err != nil {
		return err
	}
	if !r.Destroyed.IsZero() {
		return nil
	}
	r.Version++
	r.Seal, r.Derive, r.Master = nil, nil, ""
	r.Changed, r.Destroyed = k.now(), k.now()
	if err := registry.ReplaceKeys(ctx, r); err != nil {
		return err
	}
	k.Forget(firm)
	return nil
}

// Firm returns the sealer of a firm.
func (k *Keyring) Firm(ctx context.Context, firm tenant.FirmID) (*Sealer, error) {
	if firm == Service {
		return nil, fmt.Errorf("%w: no firm", ErrNoKey)
	}
	return k.sealer(ctx, firm)
}

// Control returns the sealer of what belongs to no firm.
func (k *Keyring) Control(ctx context.Context) (*Sealer, error) { return k.sealer(ctx, Service) }

func (k *Keyring) sealer(ctx context.Context, owner tenant.FirmID) (*Sealer, error) {
	now := k.now()
	k.mu.RLock()
	have := k.rings[owner]
	k.mu.RUnlock()
	if have != nil {
		// One asks, the others go on: they may hold what the registry needs.
		if now.Sub(have.checked).Abs() < fresh || !have.asking.CompareAndSwap(false, true) {
			return have.sealer, nil
		}
		defer have.asking.Store(false)
	}
	r, err := k.registry.KeyRecord(ctx, owner)
	if err != nil {
		return nil, fmt.Errorf("keys of %s: %w", ownerName(owner), err)
	}
	if have != nil && have.version == r.Version {
		return k.remember(owner, r.Version, nil), nil
	}
	keys, err := k.unwrap(ctx, r)
	if err != nil {
		return nil, err
	}
	return k.remember(owner, r.Version, keys), nil
}

// remember keeps the keys of a version unless a later one is there, and notes
// that they were looked at now. No keys: they are there already.
func (k *Keyring) remember(owner tenant.FirmID, version int64, keys *keys) *Sealer {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.rings[owner]
	switch {
	case r == nil && keys == nil:
		return nil // destroyed meanwhile
	case r == nil:
		r = &ring{sealer: &Sealer{owner: owner}}
		r.sealer.use(keys)
	case keys != nil && version > r.version:
		r.sealer.use(keys)
	}
	k.rings[owner] = &ring{version: max(version, r.version), checked: k.now(), sealer: r.sealer}
	return r.sealer
}

// Forget drops the keys of an owner from memory; they are read again when they
// are needed.
func (k *Keyring) Forget(owner tenant.FirmID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.rings, owner)
}

// wrap fills in what the primary master key makes of the key sets. It happens
// rarely, so the files are looked at each time: a rotation may have begun in
// another process.
func (k *Keyring) wrap(ctx context.Context, r Record, seal, derive *keyset.Handle) (Record, error) {
	if err := k.reread(); err != nil {
		return Record{}, err
	}
	k.mu.RLock()
	master := k.masters[0]
	k.mu.RUnlock()
	return wrapWith(ctx, master, r, seal, derive)
}

func wrapWith(ctx context.Context, master Wrapper, r Record, seal, derive *keyset.Handle) (Record, error) {
	for _, part := range []struct {
		set     *keyset.Handle
		purpose string
		to      *[]byte
	}{{seal, "seal", &r.Seal}, {derive, "derive", &r.Derive}} {
		var b bytes.Buffer
		if err := part.set.WriteWithContext(ctx, keyset.NewBinaryWriter(&b), master, wrapping(r.Owner, part.purpose)); err != nil {
			return Record{}, fmt.Errorf("wrap keys of %s: %w", ownerName(r.Owner), err)
		}
		*part.to = b.Bytes()
	}
	r.Master = master.ID()
	return r, nil
}

// wrapping is what a wrapped key set is bound to.
func wrapping(owner tenant.FirmID, purpose string) []byte {
	return parts("ledgersys key set", owner.String(), purpose)
}

// unwrap makes usable keys of a record.
func (k *Keyring) unwrap(ctx context.Context, r Record) (*keys, error) {
	seal, derive, err := k.handles(ctx, r)
	if err != nil {
		return nil, err
	}
	return newKeys(r.Owner, seal, derive)
}

// handles unwraps the key sets of a record.
func (k *Keyring) handles(ctx context.Context, r Record) (seal, derive *keyset.Handle, err error) {
	if !r.Destroyed.IsZero() {
		return nil, nil, fmt.Errorf("keys of %s: %w", ownerName(r.Owner), ErrDestroyed)
	}
	master, err := k.master(r.Master)
	if err != nil {
		return nil, nil, err
	}
	read := func(wrapped []byte, purpose string) (*keyset.Handle, error) {
		h, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(wrapped)), master, wrapping(r.Owner, purpose))
		if err != nil {
			return nil, fmt.Errorf("%w: unwrap keys of %s: %w", ErrMaster, ownerName(r.Owner), err)
		}
		return h, nil
	}
	if seal, err = read(r.Seal, "seal"); err != nil {
		return nil, nil, err
	}
	derive, err = read(r.Derive, "derive")
	return seal, derive, err
}

// master finds the key that wrapped a record. A key that is not at hand may
// have come in by a rotation elsewhere: the files are looked at once more.
func (k *Keyring) master(id string) (Wrapper, error) {
	if m := k.atHand(id); m != nil {
		return m, nil
	}
	if err := k.reread(); err != nil {
		return nil, err
	}
	if m := k.atHand(id); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("%w: the data is wrapped by master key %s, which is not at hand", ErrMaster, id)
}

func (k *Keyring) atHand(id string) Wrapper {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, m := range k.masters {
		if m.ID() == id {
			return m
		}
	}
	return nil
}

// reread looks at the key files again.
func (k *Keyring) reread() error {
	if k.file == "" {
		return nil
	}
	keys, err := fileMasters(k.file)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.masters = keys
	return nil
}

// ownerName is how errors name an owner.
func ownerName(owner tenant.FirmID) string {
	if owner == Service {
		return "the service"
	}
	return "firm " + owner.String()
}
