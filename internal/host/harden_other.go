//go:build !linux

package host

import (
	"fmt"
	"syscall"
)

// Harden keeps what is in memory from getting to disk: no core dump,
// no file that others can read.
func Harden() error {
	syscall.Umask(0o077)
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("no core dumps: %w", err)
	}
	return nil
}
