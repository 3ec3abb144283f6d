package keyring_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

func fill(t *testing.T, s *keyring.Sealer, n int) *column {
	t.Helper()
	c := &column{sealed: make(map[string][]byte)}
	for i := range n {
		row := fmt.Sprint(i)
		b, err := s.Seal("t", row, "c", []byte(row))
		if err != nil {
			t.Fatal(err)
		}
		c.sealed[row] = b
	}
	return c
}

func (c *column) check(t *testing.T, s *keyring.Sealer) {
	t.Helper()
	for row, b := range c.sealed {
		if plain, err := s.Open("t", row, "c", b); err != nil || string(plain) != row {
			t.Fatalf("row %s opens as %q: %v", row, plain, err)
		}
	}
}

// TestRotateKey: a rotation that breaks off goes on where it was, everything
// opens at every moment, and afterwards nothing has the old key.
func TestRotateKey(t *testing.T) {
	t.Parallel()
	k, reg, firm, s := withFirm(t)
	index := s.LookUp("t", "c", []byte("x"))
	c := fill(t, s, 1000)
	old := s.KeyID()
	c.fail = 300
	for range 3 {
		if n, err := k.RotateKey(t.Context(), firm, c); n != 300 || !errors.Is(err, errBroken) {
			t.Fatalf("%d sealed anew: %v", n, err)
		}
		c.check(t, s)
		status, err := k.Status(t.Context())
		if err != nil || len(status) != 2 || status[1].Keys != 2 {
			t.Fatalf("in the middle: %+v: %v", status, err)
		}
	}
	c.fail = 0
	if n, err := k.RotateKey(t.Context(), firm, c); n != 100 || err != nil {
		t.Fatalf("%d sealed anew: %v", n, err)
	}
	if s.KeyID() == old {
		t.Error("the key is the same")
	}
	again, err := k.Firm(t.Context(), firm)
	if err != nil || again != s {
		t.Errorf("a sealer was replaced: %v", err)
	}
	c.check(t, s)
	for row, b := range c.sealed {
		if !bytes.HasPrefix(b, s.Prefix()) {
			t.Fatalf("row %s has another key", row)
		}
	}
	if string(s.LookUp("t", "c", []byte("x"))) != string(index) {
		t.Error("look-ups changed")
	}
	status, err := k.Status(t.Context())
	if err != nil || status[1].Keys != 1 || status[1].KeyID != s.KeyID() {
		t.Errorf("at the end: %+v: %v", status, err)
	}
	if r, err := reg.KeyRecord(t.Context(), firm); err != nil || !r.Rotated.Equal(standing()) {
		t.Errorf("rotated %v: %v", r.Rotated, err)
	}
}

// TestRotateUnderLoad: sealing and opening go on while the key changes, also
// of what was read before the change.
func TestRotateUnderLoad(t *testing.T) {
	t.Parallel()
	k, _, firm, s := withFirm(t)
	c := fill(t, s, 2000)
	for range 5 {
		var wg sync.WaitGroup
		done := make(chan struct{})
		for w := range 4 {
			wg.Go(func() { busy(t, c, s, w, done) })
		}
		if _, err := k.RotateKey(t.Context(), firm, c); err != nil {
			t.Errorf("rotate: %v", err)
		}
		close(done)
		wg.Wait()
	}
	c.check(t, s)
}

// busy seals and opens until done.
func busy(t *testing.T, c *column, s *keyring.Sealer, worker int, done <-chan struct{}) {
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		row := fmt.Sprintf("w%d-%d", worker, i%50)
		c.mu.Lock() // as a transaction that writes
		b, err := s.Seal("t", row, "c", []byte(row))
		c.sealed[row] = b
		c.mu.Unlock()
		if err != nil {
			t.Errorf("seal: %v", err)
			return
		}
		c.mu.Lock()
		b = c.sealed[row]
		c.mu.Unlock()
		if _, err := s.Open("t", row, "c", b); err != nil {
			t.Errorf("open: %v", err)
			return
		}
	}
}

// TestReplicaFollows: another process that keeps keys in memory opens what the
// first one sealed, and seals with the new key itself.
func TestReplicaFollows(t *testing.T) {
	t.Parallel()
	dir, reg, firm := t.TempDir(), newMemory(), tenant.NewID()
	var mu sync.Mutex
	at := standing()
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
	one, two := open(t, dir, reg, now), open(t, dir, reg, now)
	if err := one.Create(t.Context(), reg, firm); err != nil {
		t.Fatal(err)
	}
	a, err := one.Firm(t.Context(), firm)
	if err != nil {
		t.Fatal(err)
	}
	b, err := two.Firm(t.Context(), firm)
	if err != nil {
		t.Fatal(err)
	}
	c := fill(t, a, 10)
	if _, err := one.RotateKey(t.Context(), firm, c); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	at = at.Add(2 * time.Minute)
	mu.Unlock()
	if _, err := two.Firm(t.Context(), firm); err != nil {
		t.Fatal(err)
	}
	c.check(t, b)
	if a.KeyID() != b.KeyID() {
		t.Error("the other process seals with the old key")
	}
}

// TestRotateMaster: everything is wrapped anew, the file before is kept under
// another name and can be deleted, and alone it opens nothing any more.
func TestRotateMaster(t *testing.T) {
	t.Parallel()
	dir, reg := t.TempDir(), newMemory()
	k := open(t, dir, reg, standing)
	var firms []tenant.FirmID
	for range 20 {
		firms = append(firms, tenant.NewID())
		if err := k.Create(t.Context(), reg, firms[len(firms)-1]); err != nil {
			t.Fatal(err)
		}
	}
	s, err := k.Firm(t.Context(), firms[0])
	if err != nil {
		t.Fatal(err)
	}
	c := fill(t, s, 10)
	path := filepath.Join(dir, keyring.MasterName)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := k.RotateMaster(t.Context()); n != 21 || err != nil {
		t.Fatalf("%d wrapped anew: %v", n, err)
	}
	kept, err := os.ReadFile(path + ".previous")
	if err != nil || string(kept) != string(before) {
		t.Fatalf("the key before is not kept: %v", err)
	}
	if info, err := os.Stat(path + ".previous"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode: %v, %v", info, err)
	}
	if err := os.Remove(path + ".previous"); err != nil {
		t.Fatal(err)
	}
	status, err := k.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range status {
		if !s.Current {
			t.Errorf("%v is wrapped by the key before", s.Owner)
		}
	}
	k = open(t, dir, reg, standing)
	if s, err = k.Firm(t.Context(), firms[0]); err != nil {
		t.Fatal(err)
	}
	c.check(t, s)
	old := t.TempDir()
	if err := os.WriteFile(filepath.Join(old, keyring.MasterName), before, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), keyring.Config{Masters: masters(t, old), Registry: reg, Now: standing}); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("the key before still opens: %v", err)
	}
}

// TestRotateMasterGoesOn: broken off between any two steps, the keys open, and
// a second run ends it.
func TestRotateMasterGoesOn(t *testing.T) {
	t.Parallel()
	dir, reg, firm := t.TempDir(), newMemory(), tenant.NewID()
	k := open(t, dir, reg, standing)
	if err := k.Create(t.Context(), reg, firm); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, keyring.MasterName)
	// The next key was made, and one of two records was wrapped by it.
	elsewhere := t.TempDir()
	next := masters(t, elsewhere)
	if err := os.Rename(next.File, path+".next"); err != nil {
		t.Fatal(err)
	}
	k = open(t, dir, reg, standing)
	later := tenant.NewID()
	if err := k.Create(t.Context(), reg, later); err != nil {
		t.Fatal(err)
	}
	if r, err := reg.KeyRecord(t.Context(), later); err != nil || r.Master != next.Keys[0].ID() {
		t.Fatalf("a new firm is wrapped by %s: %v", r.Master, err)
	}
	k = open(t, dir, reg, standing)
	for _, f := range []tenant.FirmID{firm, later} {
		if _, err := k.Firm(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := k.RotateMaster(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d wrapped anew: %v", n, err)
	}
	if _, err := os.Stat(path + ".next"); err == nil {
		t.Error("the next key is still next")
	}
	if m := masters(t, dir); m.Keys[0].ID() != next.Keys[0].ID() {
		t.Error("another key came in")
	}
}

// TestOverdue: a key is overdue from its rotation on, not its making.
func TestOverdue(t *testing.T) {
	t.Parallel()
	const every = 90 * 24 * time.Hour
	at := standing()
	for name, c := range map[string]struct {
		s    keyring.Status
		want bool
	}{
		"on_the_day": {keyring.Status{Rotated: at.Add(-every)}, false},
		"a_second":   {keyring.Status{Rotated: at.Add(-every - time.Second)}, true},
		"destroyed":  {keyring.Status{Rotated: at.Add(-2 * every), Destroyed: at}, false},
	} {
		if got := c.s.Overdue(at, every); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
