//go:build !linux

package host

import (
	"fmt"
	"syscall"
)

// Harden keeps what is in memory from getting to disk: no core dump.
func Harden() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("no core dumps: %w", err)
	}
	return nil
}
