// Package host is the process on its machine: the lock on its data, the
// listeners with their encryption, the socket for its operator, the word to
// the service manager, figures about the machine and the watch over them.
package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrInUse is the error of a data directory that another process has.
var ErrInUse = errors.New("the data directory is in use by another process")

// lockName is the file in a data directory on which its process keeps a lock.
const lockName = "lock"

// Lock is the right to a data directory. It ends with the process at the
// latest, however that ends.
type Lock struct{ file *os.File }

// Take makes the data directory if there is none, readable for its owner only,
// and locks it. A directory that is locked already answers ErrInUse.
func Take(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600) // #nosec G304 -- below the operator's directory
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { // #nosec G115 -- a descriptor is small
		_ = f.Close() // nothing was written
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: %w", dir, ErrInUse)
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return &Lock{f}, nil
}

// Release gives the directory back. The file stays: removing it would let two
// processes lock two files of one name.
func (l *Lock) Release() error { return l.file.Close() }
