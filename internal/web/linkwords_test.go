package web_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/web"
)

// TestMissedWords: what an exchange keeps back is named, and never called
// complete.
func TestMissedWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 1, 9, 0, 0, 123_000_000, time.UTC)
	list := []time.Time{at, at.Add(time.Hour), at.Add(2 * time.Hour), at.Add(3 * time.Hour), at.Add(4 * time.Hour)}
	if got := web.StreamReach(at.AddDate(0, 1, 0), list); !strings.Contains(got, "1 Mar 2025, 09:00:00.123 UTC") || !strings.Contains(got, "and 2 more moments") ||
		!strings.Contains(got, "not complete") || strings.Contains(got, "without a gap") {
		t.Error(got)
	}
	if got := web.StreamReach(at, nil); got != "without a gap to 1 Mar 2025, 09:00 UTC" {
		t.Error(got)
	}
}
