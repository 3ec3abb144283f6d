//go:build testclock

package clock_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
)

// TestOffset: the file is read at each use, and a half-written one changes
// nothing.
func TestOffset(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clock")
	set := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := func(string) string { return path }
	if _, err := clock.System(env); err == nil {
		t.Error("a missing file is accepted")
	}
	set("+336h\n")
	c, err := clock.System(env)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		text  string
		hours int
	}{{"+336h\n", 336}, {"-1h", -1}, {"", -1}, {"0s", 0}} {
		set(want.text)
		if d := time.Until(c()) - time.Duration(want.hours)*time.Hour; d.Abs() > time.Minute {
			t.Errorf("%q moves the clock by %s more", want.text, d)
		}
	}
}
