package web_test

import (
	"testing"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web"
)

// TestCursors: a cursor goes on where it was given, and nowhere else.
func TestCursors(t *testing.T) {
	t.Parallel()
	s := newSite(t, web.Config{}, nil, nil)
	mine := tenant.ForJob(tenant.NewID(), tenant.NewID(), "test")
	theirs := tenant.ForJob(tenant.NewID(), tenant.NewID(), "test")
	type place struct{ At, ID string }
	text, err := s.Cursor("events", mine, place{"2026", "x"})
	if err != nil {
		t.Fatal(err)
	}
	var got place
	if err := s.Uncursor("events", mine, *text, &got); err != nil || got != (place{"2026", "x"}) {
		t.Errorf("read back as %v: %v", got, err)
	}
	for name, try := range map[string]func() error{
		"other_list":  func() error { return s.Uncursor("imports", mine, *text, &got) },
		"other_scope": func() error { return s.Uncursor("events", theirs, *text, &got) },
		"changed":     func() error { return s.Uncursor("events", mine, "A"+(*text)[1:], &got) },
		"cut":         func() error { return s.Uncursor("events", mine, (*text)[:len(*text)-1], &got) },
		"made_up":     func() error { return s.Uncursor("events", mine, "e30.e30", &got) },
	} {
		if err := try(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Uncursor("events", mine, "", &got); err != nil {
		t.Errorf("none: %v", err)
	}
	for header, ok := range map[string]bool{"": true, "*": true, `"3"`: true, `"4"`: false, "3": false} {
		if err := web.IfMatch(header, "3"); (err == nil) != ok {
			t.Errorf("If-Match %q: %v", header, err)
		}
	}
}
