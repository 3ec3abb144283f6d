package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// memory is a registry that forgets; internal/store has the real one.
type memory struct {
	mu   sync.Mutex
	rows map[tenant.FirmID]keyring.Record
}

func newMemory() *memory { return &memory{rows: make(map[tenant.FirmID]keyring.Record)} }

func (m *memory) KeyRecord(_ context.Context, owner tenant.FirmID) (keyring.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.rows[owner]
	if !ok {
		return r, keyring.ErrNoKey
	}
	return r, nil
}

func (m *memory) KeyRecords(context.Context) ([]keyring.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []keyring.Record
	for _, r := range m.rows {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b keyring.Record) int { return bytes.Compare(a.Owner[:], b.Owner[:]) })
	return all, nil
}

func (m *memory) InsertKeys(_ context.Context, r keyring.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.rows[r.Owner]; ok {
		return keyring.ErrStale
	}
	m.rows[r.Owner] = r
	return nil
}

func (m *memory) ReplaceKeys(_ context.Context, r keyring.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows[r.Owner].Version != r.Version-1 {
		return keyring.ErrStale
	}
	m.rows[r.Owner] = r
	return nil
}

// column is one sealed column, held in memory; fail breaks a pass off.
type column struct {
	mu     sync.Mutex
	sealed map[string][]byte // by row
	fail   int               // after so many values; 0 never
}

var errBroken = errors.New("broken off")

func (c *column) Reseal(_ context.Context, _ tenant.FirmID, s *keyring.Sealer) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for f, b := range c.sealed {
		if bytes.HasPrefix(b, s.Prefix()) {
			continue
		}
		if c.fail > 0 && n == c.fail {
			return n, errBroken
		}
		again, err := s.Reseal("t", f, "c", b)
		if err != nil {
			return n, err
		}
		c.sealed[f] = again
		n++
	}
	return n, nil
}

func masters(t *testing.T, dir string) keyring.Masters {
	t.Helper()
	m, err := keyring.FindMasters("", "", dir, true)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func open(t *testing.T, dir string, r keyring.Registry, now func() time.Time) *keyring.Keyring {
	t.Helper()
	k, err := keyring.Open(t.Context(), keyring.Config{Masters: masters(t, dir), Registry: r, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func standing() time.Time { return time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC) }

// withFirm opens a keyring with one firm and returns its sealer.
func withFirm(t *testing.T) (*keyring.Keyring, *memory, tenant.FirmID, *keyring.Sealer) {
	t.Helper()
	reg, firm := newMemory(), tenant.NewID()
	k := open(t, t.TempDir(), reg, standing)
	if err := k.Create(t.Context(), reg, firm); err != nil {
		t.Fatal(err)
	}
	s, err := k.Firm(t.Context(), firm)
	if err != nil {
		t.Fatal(err)
	}
	return k, reg, firm, s
}
