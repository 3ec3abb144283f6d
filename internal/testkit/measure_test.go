//go:build unix

package testkit

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMeasure runs the command in MEASURE and prints a row for scripts/bench:
// seconds on the clock, seconds of processor and the peak of memory, of the
// fastest of RUNS runs. A report with open issues, exit 3, counts as done.
func TestMeasure(t *testing.T) { //nolint:paralleltest // it measures
	words := strings.Fields(os.Getenv("MEASURE"))
	if len(words) == 0 {
		return
	}
	var best, cpu time.Duration
	var peak int64
	for i := range len(os.Getenv("RUNS")) + 1 { // a letter for each run more
		cmd := exec.Command(words[0], words[1:]...) // #nosec G204 -- the script's own
		var said strings.Builder
		cmd.Stderr = &said
		began := time.Now()
		err := cmd.Run()
		took := time.Since(began)
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
			t.Fatalf("%v: %s", err, said.String())
		}
		used := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if i == 0 || took < best {
			best = took
		}
		if i == 0 || used < cpu {
			cpu = used
		}
		if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			peak = max(peak, u.Maxrss)
		}
	}
	unit := int64(1 << 10) // of Maxrss
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	fmt.Printf("%8.2f %9.2f %8d\n", best.Seconds(), cpu.Seconds(), peak*unit>>20)
}
