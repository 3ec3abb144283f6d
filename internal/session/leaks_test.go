package session_test

import (
	"context"
	"crypto/sha1" // #nosec G505 -- the lists of breached passwords are made of it
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
)

// digest is how a list names a password.
func digest(password string) string {
	// #nosec G401 -- the form of the public list
	return fmt.Sprintf("%X", sha1.Sum([]byte(password)))
}

// leakFile writes a list of passwords, sorted or not.
func leakFile(t *testing.T, sorted bool, ending string, passwords []string) string {
	t.Helper()
	var lines []string
	for i, p := range passwords {
		lines = append(lines, fmt.Sprintf("%s:%d", digest(p), i+1))
	}
	slices.Sort(lines)
	if !sorted {
		slices.Reverse(lines)
	}
	path := filepath.Join(t.TempDir(), "breached.txt")
	if err := os.WriteFile(path, []byte(strings.Join(lines, ending)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// openLeaks opens a list.
func openLeaks(t *testing.T, path string) *session.Leaks {
	t.Helper()
	l, err := session.OpenLeaks(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// TestBreachedPasswords: passwords of the operator's file are refused wherever
// one is set, one that is not in it is taken, and nobody
// outside is asked.
func TestBreachedPasswords(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 1000 {
		all = append(all, fmt.Sprintf("quiet rivers carry %d lanterns home", i*7919))
	}
	for name, path := range map[string]string{
		"sorted": leakFile(t, true, "\n", all), "sorted_windows": leakFile(t, true, "\r\n", all), "unsorted": leakFile(t, false, "\n", all),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *session.Config) { c.Leaks = openLeaks(t, path) })
			id, o := w.enlist(address)
			for i := 0; i < len(all); i += 111 { // the first, the last and some in between
				p := all[i]
				refused(t, p, w.Register(t.Context(), "new@example.org", secret(p), home), fault.Invalid, "password_breached")
			}
			_, err := w.ChangePassword(t.Context(), id, secret(good), secret(all[1]), home)
			refused(t, "change", err, fault.Invalid, "password_breached")
			if err := w.AskReset(t.Context(), address, home); err != nil {
				t.Fatal(err)
			}
			m := w.mail(notify.ResetAccess)
			refused(t, "reset", w.Reset(t.Context(), link(m), secret(all[999]), home), fault.Invalid, "password_breached")
			if err := w.Reset(t.Context(), link(m), secret("quiet rivers carry 5 lanterns home"), home); err != nil {
				t.Errorf("a password that is not in the list: %v", err)
			}
			w.dead("the session from before the reset", o.Cookie)
		})
	}
}

// TestBreachedRanges: the service outside learns five digits of a hash and
// nothing else, padding is not a hit, and its silence keeps nobody out.
func TestBreachedRanges(t *testing.T) {
	t.Parallel()
	const leaked, padded, fresh = "quiet rivers carry 41 lanterns home", "quiet rivers carry 42 lanterns home", "quiet rivers carry 43 lanterns home"
	var asked []string
	fails := false
	w := newWorld(t, func(c *session.Config) {
		c.Ranges = func(_ context.Context, prefix string) (string, error) {
			asked = append(asked, prefix)
			if fails {
				return "", errors.New("no answer")
			}
			return digest(padded)[5:] + ":0\r\n" + strings.ToLower(digest(leaked)[5:]) + ":17\r\n" + strings.Repeat("0", 35) + ":3\r\n", nil
		}
	})
	refused(t, "in the list", w.Register(t.Context(), address, secret(leaked), home), fault.Invalid, "password_breached")
	for i, p := range []string{padded, fresh} {
		if err := w.Register(t.Context(), nth("p%d@example.org", i), secret(p), home); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	if want := []string{digest(leaked)[:5], digest(padded)[:5], digest(fresh)[:5]}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
	fails = true
	if err := w.Register(t.Context(), "late@example.org", secret(leaked), home); err != nil {
		t.Errorf("while nobody answers: %v", err)
	}
	if !strings.Contains(w.log.String(), "breached passwords cannot be asked for") {
		t.Error("the silence is not logged")
	}
	if strings.Contains(w.log.String(), leaked) || strings.Contains(w.log.String(), digest(leaked)[:5]) {
		t.Errorf("the log says what was asked: %s", w.log)
	}
	n := len(asked)
	if err := w.Register(t.Context(), "short@example.org", secret("too short"), home); err == nil || len(asked) != n {
		t.Errorf("a password that is refused anyway is asked for: %v", err)
	}
}

// TestBadLeaks: a file that is none stops the start.
func TestBadLeaks(t *testing.T) {
	t.Parallel()
	if _, err := session.OpenLeaks(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	for name, text := range map[string]string{"words": "password\n123456\n", "short": digest("a")[:39] + "\n", "other_mark": digest("a") + ",1\n"} {
		path := filepath.Join(t.TempDir(), "list")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := session.OpenLeaks(path); err == nil || !strings.Contains(err.Error(), "SHA-1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
