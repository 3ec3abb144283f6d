//go:build testclock

package clock

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// step is how long Wait trusts what it knows of the clock: schedules follow
// an offset within it.
const step = 500 * time.Millisecond

// variable names the file that holds the offset.
const variable = "LEDGERSYS_CLOCK"

// Variables lists what System reads from the environment.
func Variables() []string { return []string{variable} }

// System returns the machine's clock, moved by the signed duration in the file
// that LEDGERSYS_CLOCK names. The file is read at each use; while it cannot be
// read, as when it is just being written, the last offset holds.
func System(getenv func(variable string) string) (Clock, error) {
	path := getenv(variable)
	if path == "" {
		return now, nil
	}
	first, err := offset(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", variable, err)
	}
	var last atomic.Int64
	last.Store(int64(first))
	return func() time.Time {
		if d, err := offset(path); err == nil {
			last.Store(int64(d))
		}
		return now().Add(time.Duration(last.Load()))
	}, nil
}

func offset(path string) (time.Duration, error) {
	b, err := os.ReadFile(path) // #nosec G304 -- a test build's own file
	if err != nil {
		return 0, err
	}
	return time.ParseDuration(strings.TrimSpace(string(b)))
}
