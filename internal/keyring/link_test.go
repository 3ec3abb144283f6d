package keyring_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/keyring"
)

// TestLinks: a link is good for its purpose until its time, and as it was
// written.
func TestLinks(t *testing.T) {
	t.Parallel()
	_, _, _, s := withFirm(t)
	now := standing()
	link := s.SignLink("reset", now.Add(time.Hour), []byte("payload"))
	if got, err := s.OpenLink("reset", link, now.Add(time.Hour-time.Second)); err != nil || string(got) != "payload" {
		t.Fatalf("%q: %v", got, err)
	}
	flipped := []byte(link)
	for i := range flipped {
		flipped[i] ^= 1
		if _, err := s.OpenLink("reset", string(flipped), now); !errors.Is(err, keyring.ErrLink) {
			t.Errorf("changed at %d: %v", i, err)
		}
		flipped[i] ^= 1
	}
	for name, try := range map[string]func() error{
		"late":    func() error { _, err := s.OpenLink("reset", link, now.Add(time.Hour)); return err },
		"purpose": func() error { _, err := s.OpenLink("confirm", link, now); return err },
		"empty":   func() error { _, err := s.OpenLink("reset", "", now); return err },
		"padding": func() error { _, err := s.OpenLink("reset", link+"=", now); return err },
		"huge":    func() error { _, err := s.OpenLink("reset", strings.Repeat("A", 1<<16), now); return err },
	} {
		if err := try(); !errors.Is(err, keyring.ErrLink) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
