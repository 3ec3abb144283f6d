package host

import (
	"fmt"
	"syscall"
)

// prSetDumpable is PR_SET_DUMPABLE.
const prSetDumpable = 4

// Harden keeps what is in memory from getting to disk or to others: no core
// dump, no look into the process by other processes of the same user, no file
// that others can read.
func Harden() error {
	syscall.Umask(0o077)
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("no core dumps: %w", err)
	}
	if _, _, code := syscall.RawSyscall(syscall.SYS_PRCTL, prSetDumpable, 0, 0); code != 0 {
		return fmt.Errorf("not dumpable: %w", code)
	}
	return nil
}
