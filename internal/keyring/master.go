package keyring

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// ErrMaster is the error of a master key that is absent where data needs it,
// unreadable, open to others or not the one that wrapped the keys.
var ErrMaster = errors.New("keyring: the master key is absent or wrong")

// Wrapper is a master key: it wraps key sets and never leaves its place.
type Wrapper interface {
	// ID names the key without telling anything about it. It stands beside
	// everything that the key wrapped.
	ID() string
	EncryptWithContext(ctx context.Context, plain, associated []byte) ([]byte, error)
	DecryptWithContext(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// MasterName is the master key's file in the data directory.
const MasterName = "master.key"

// The credential that systemd hands over, and its predecessor while the
// operator replaces it; what a key file looks like.
const (
	credential           = "ledgersys-master-key"
	credentialPrev       = "ledgersys-master-key-previous"
	masterMark           = "ledgersys-master-key-1:"
	masterSize           = 32
	maxMasterFile  int64 = 4096
)

// master is a key that lies in a file.
type master struct {
	id  string
	gcm *subtle.AESGCM
}

func newMaster(key []byte) (*master, error) {
	gcm, err := subtle.NewAESGCM(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMaster, err)
	}
	sum := sha256.Sum256(append([]byte("ledgersys master key id "), key...))
	return &master{hex.EncodeToString(sum[:8]), gcm}, nil
}

// ID implements Wrapper.
func (m *master) ID() string { return m.id }

// EncryptWithContext implements Wrapper.
func (m *master) EncryptWithContext(_ context.Context, plain, associated []byte) ([]byte, error) {
	return m.gcm.Encrypt(plain, associated)
}

// DecryptWithContext implements Wrapper.
func (m *master) DecryptWithContext(_ context.Context, sealed, associated []byte) ([]byte, error) {
	return m.gcm.Decrypt(sealed, associated)
}

// Masters are the master keys at hand: the first wraps, all unwrap.
type Masters struct {
	Keys []Wrapper
	// File is where the first key lies, "" if it lies with systemd or a KMS.
	// Only a key in a file can be replaced by this program.
	File string
	// Created says that the file was made just now.
	Created bool
}

// FindMasters looks for the master key: in the given file, else among the
// credentials that systemd hands over in a directory (its variable is
// CREDENTIALS_DIRECTORY; "" if there is none), else in the data directory,
// where it is made if create says so. It must not be made where data exists.
func FindMasters(file, credentials, dataDir string, create bool) (Masters, error) {
	if file == "" && credentials != "" {
		path := filepath.Join(credentials, credential)
		if _, err := os.Stat(path); err == nil {
			keys, err := readMasters(anyMode, path, filepath.Join(credentials, credentialPrev))
			return Masters{Keys: keys}, err
		}
	}
	if file == "" {
		file = filepath.Join(dataDir, MasterName)
	}
	_, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) && create {
		if err := createMaster(file); err != nil {
			return Masters{}, err
		}
		keys, err := fileMasters(file)
		return Masters{keys, file, true}, err
	}
	keys, err := fileMasters(file)
	return Masters{keys, file, false}, err
}

// fileMasters reads the key in a file and its neighbours. While a rotation
// runs, the key that it moves to wraps already.
func fileMasters(file string) ([]Wrapper, error) {
	keys, err := readMasters(ownerOnly, file, previousOf(file))
	if err != nil {
		return nil, err
	}
	next, err := readMaster(nextOf(file), ownerOnly)
	if errors.Is(err, fs.ErrNotExist) {
		return keys, nil
	}
	if err != nil {
		return nil, err
	}
	return append([]Wrapper{next}, keys...), nil
}

// nextOf is where a rotation puts the key that follows the one in file, and
// previousOf where it leaves the one that was there.
func nextOf(file string) string     { return file + ".next" }
func previousOf(file string) string { return file + ".previous" }

// The modes that a key file may have.
type modeRule bool

const (
	ownerOnly modeRule = true  // nobody else may read it
	anyMode   modeRule = false // systemd keeps it from others
)

// readMasters reads the first file, which must exist, and the others if they do.
func readMasters(mode modeRule, files ...string) ([]Wrapper, error) {
	var keys []Wrapper
	for i, path := range files {
		m, err := readMaster(path, mode)
		if i > 0 && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, m)
	}
	return keys, nil
}

func readMaster(path string, mode modeRule) (*master, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrMaster, err)
	case !info.Mode().IsRegular() || info.Size() > maxMasterFile:
		return nil, fmt.Errorf("%w: %s is no key file", ErrMaster, path)
	case bool(mode) && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%w: %s can be read by others (mode %04o): chmod 600 it", ErrMaster, path, info.Mode().Perm())
	}
	// #nosec G304 -- the operator names it
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMaster, err)
	}
	defer clear(text)
	code, ok := strings.CutPrefix(strings.TrimSpace(string(text)), masterMark)
	if !ok {
		return nil, fmt.Errorf("%w: %s does not begin with %s", ErrMaster, path, masterMark)
	}
	key, err := base64.StdEncoding.Strict().DecodeString(code)
	if err != nil || len(key) != masterSize {
		return nil, fmt.Errorf("%w: %s holds no key of %d bytes in base64", ErrMaster, path, masterSize)
	}
	defer clear(key)
	return newMaster(key)
}

// createMaster makes a key file that did not exist, for its owner alone, and
// returns when it is safe on disk.
func createMaster(path string) error {
	key := make([]byte, masterSize)
	_, _ = rand.Read(key) // it never fails: crypto/rand ends the program instead
	defer clear(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	// It gets its name when it is complete: half a key is worse than none.
	f, err := os.CreateTemp(filepath.Dir(path), ".master.key-*")
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone after the rename
	_, err = f.WriteString(masterMark + base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	// Link, unlike Rename, refuses to replace a key that is there; some file
	// systems have no links.
	if err := os.Link(f.Name(), path); err != nil {
		if _, there := os.Lstat(path); !errors.Is(there, fs.ErrNotExist) {
			return fmt.Errorf("master key: %w", err)
		}
		if err := os.Rename(f.Name(), path); err != nil {
			return fmt.Errorf("master key: %w", err)
		}
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes names in a directory safe on disk.
func syncDir(dir string) error {
	// #nosec G304 -- the operator names it
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	return nil
}
