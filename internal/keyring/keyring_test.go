package keyring_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// place is where a sealed value belongs.
type place struct{ table, row, column string }

func (p place) seal(s *keyring.Sealer, plain string) ([]byte, error) {
	return s.Seal(p.table, p.row, p.column, []byte(plain))
}

func (p place) open(s *keyring.Sealer, sealed []byte) (string, error) {
	plain, err := s.Open(p.table, p.row, p.column, sealed)
	return string(plain), err
}

// TestSealedValuesAreBound: a value opens in its place and nowhere else, two
// seals of the same value differ, and no byte of one can be changed.
func TestSealedValuesAreBound(t *testing.T) {
	t.Parallel()
	k, reg, _, s := withFirm(t)
	other := tenant.NewID()
	if err := k.Create(t.Context(), reg, other); err != nil {
		t.Fatal(err)
	}
	foreign, err := k.Firm(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	control, err := k.Control(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	here := place{"links", "1", "secret"}
	sealed, err := here.seal(s, "api secret")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := here.open(s, sealed); err != nil || plain != "api secret" {
		t.Fatalf("opened %q: %v", plain, err)
	}
	again, err := here.seal(s, "api secret")
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("twice the same ciphertext: %v", err)
	}
	if !bytes.HasPrefix(sealed, s.Prefix()) {
		t.Errorf("a sealed value begins with %x, not %x", sealed[:keyring.PrefixSize], s.Prefix())
	}
	for name, p := range map[string]place{
		"row": {"links", "2", "secret"}, "column": {"links", "1", "label"}, "table": {"users", "1", "secret"},
		"cut_elsewhere": {"link", "s1", "secret"}, "nothing": {},
	} {
		if _, err := p.open(s, sealed); !errors.Is(err, keyring.ErrDecrypt) {
			t.Errorf("moved to another %s it opens: %v", name, err)
		}
	}
	for name, s := range map[string]*keyring.Sealer{"firm": foreign, "service": control} {
		if _, err := here.open(s, sealed); !errors.Is(err, keyring.ErrDecrypt) {
			t.Errorf("moved to another %s it opens: %v", name, err)
		}
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := here.open(s, broken); !errors.Is(err, keyring.ErrDecrypt) {
			t.Fatalf("byte %d changed, and it opens: %v", i, err)
		}
		if _, err := here.open(s, sealed[:i]); !errors.Is(err, keyring.ErrDecrypt) {
			t.Fatalf("cut at %d it opens: %v", i, err)
		}
	}
}

// sealedOpens: what is sealed opens as it was, whatever it is and wherever.
func sealedOpens(s *keyring.Sealer) func(*rapid.T) {
	return func(t *rapid.T) {
		draw := func(name string) string { return rapid.String().Draw(t, name) }
		here, there := place{draw("table"), draw("row"), draw("column")}, place{draw("other table"), draw("other row"), draw("other column")}
		plain := string(rapid.SliceOf(rapid.Byte()).Draw(t, "plain"))
		sealed, err := here.seal(s, plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := here.open(s, sealed); err != nil || got != plain {
			t.Fatalf("opened %q: %v", got, err)
		}
		if _, err := there.open(s, sealed); here != there && err == nil {
			t.Fatalf("sealed in %+v it opens in %+v", here, there)
		}
	}
}

func TestSealedOpens(t *testing.T) {
	t.Parallel()
	_, _, _, s := withFirm(t)
	rapid.Check(t, sealedOpens(s))
}

// TestDerived: derived keys and indexes are as stable as the owner's keys and
// differ by owner and purpose.
func TestDerived(t *testing.T) {
	t.Parallel()
	dir, reg, firm := t.TempDir(), newMemory(), tenant.NewID()
	k := open(t, dir, reg, standing)
	if err := k.Create(t.Context(), reg, firm); err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	note := func(name string, value []byte) {
		for other, v := range seen {
			if (v == string(value)) != (other == name) {
				t.Errorf("%s and %s: the same is %v", name, other, v == string(value))
			}
		}
		seen[name] = string(value)
	}
	for range 2 {
		s, err := k.Firm(t.Context(), firm)
		if err != nil {
			t.Fatal(err)
		}
		c, err := k.Control(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		note("firm's tokens", s.Derive("tokens").Reveal())
		note("service's tokens", c.Derive("tokens").Reveal())
		note("pepper", c.Derive("pepper").Reveal())
		note("two words", c.Derive("pep", "per").Reveal())
		note("index of a", s.LookUp("users", "mail", []byte("a")))
		note("index of b", s.LookUp("users", "mail", []byte("b")))
		note("index elsewhere", s.LookUp("users", "name", []byte("a")))
		key := c.Signer("checkpoints")
		if !ed25519.Verify(key.Public().(ed25519.PublicKey), []byte("x"), ed25519.Sign(key, []byte("x"))) {
			t.Error("a signature does not verify")
		}
		note("signer", key.Seed())
		k = open(t, dir, reg, standing) // as after a restart
	}
}

// TestMasterFile: the key file is for its owner alone, is made only where it
// may be, and nothing is written when it is refused.
func TestMasterFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := keyring.FindMasters("", "", dir, false); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("an absent key: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("looking made a directory")
	}
	m := masters(t, dir)
	path := filepath.Join(dir, keyring.MasterName)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || !m.Created || m.File != path {
		t.Fatalf("made %v, %+v: %v", info, m, err)
	}
	again := masters(t, dir)
	if again.Created || again.Keys[0].ID() != m.Keys[0].ID() {
		t.Error("a second look makes another key")
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"open_to_the_group": {string(good), 0o640, "chmod 600"},
		"empty":             {"", 0o600, "does not begin"},
		"half":              {string(good[:len(good)/2]), 0o600, "no key of 32 bytes"},
		"something_else":    {"-----BEGIN PRIVATE KEY-----", 0o600, "does not begin"},
		"huge":              {string(good) + strings.Repeat("\n", 5000), 0o600, "is no key file"},
	} {
		bad := filepath.Join(t.TempDir(), "k")
		if err := os.WriteFile(bad, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(bad, c.mode); err != nil { // whatever the umask is
			t.Fatal(err)
		}
		_, err := keyring.FindMasters(bad, "", dir, true)
		if !errors.Is(err, keyring.ErrMaster) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), string(good[30:50])) {
			t.Errorf("%s: the error shows the key", name)
		}
	}
}

// TestCredential: what systemd hands over goes before the file, with any mode.
func TestCredential(t *testing.T) {
	t.Parallel()
	made := t.TempDir()
	want := masters(t, made).Keys[0].ID()
	key, err := os.ReadFile(filepath.Join(made, keyring.MasterName))
	if err != nil {
		t.Fatal(err)
	}
	creds, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(creds, "ledgersys-master-key"), key, 0o440); err != nil {
		t.Fatal(err)
	}
	m, err := keyring.FindMasters("", creds, dir, true)
	if err != nil || m.Keys[0].ID() != want || m.File != "" {
		t.Errorf("%+v: %v", m, err)
	}
	if _, err := os.Stat(filepath.Join(dir, keyring.MasterName)); err == nil {
		t.Error("a file was made although systemd hands the key over")
	}
}

// TestWrongMaster: data that another key wrapped is refused, before anything
// is written.
func TestWrongMaster(t *testing.T) {
	t.Parallel()
	reg := newMemory()
	open(t, t.TempDir(), reg, standing)
	wrong := masters(t, t.TempDir())
	if _, err := keyring.Open(t.Context(), keyring.Config{Masters: wrong, Registry: reg, Now: standing}); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("the wrong key opens: %v", err)
	}
	all, err := reg.KeyRecords(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := keyring.CheckMasters(t.Context(), wrong, all); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("the check passes: %v", err)
	}
	if len(all) != 1 || all[0].Version != 1 {
		t.Errorf("something was written: %+v", all)
	}
}

// TestShred: after its keys are destroyed a firm's values open nowhere, and
// another firm's do.
func TestShred(t *testing.T) {
	t.Parallel()
	k, reg, firm, s := withFirm(t)
	if _, err := s.Seal("", "", "", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := k.Destroy(t.Context(), reg, firm); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Firm(t.Context(), firm); !errors.Is(err, keyring.ErrDestroyed) {
		t.Errorf("a shredded firm has keys: %v", err)
	}
	if r, err := reg.KeyRecord(t.Context(), firm); err != nil || r.Seal != nil || r.Derive != nil || r.Destroyed.IsZero() {
		t.Errorf("the record keeps keys: %v", err)
	}
	if err := k.Destroy(t.Context(), reg, keyring.Service); err == nil {
		t.Error("the service's own keys were destroyed")
	}
	if _, err := k.Control(t.Context()); err != nil {
		t.Errorf("others suffer: %v", err)
	}
}
