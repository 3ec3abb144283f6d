package exchange_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// TestWalkPartsLost: a list that is named and lost ends no other list, and the
// time that all have covered stays where it was; when all are lost the call is.
func TestWalkPartsLost(t *testing.T) {
	t.Parallel()
	names := make([]string, 60)
	for i := range names {
		names[i] = fmt.Sprint("list-", i)
	}
	lost := map[string]bool{}
	now, asked := noon, map[string]int{}
	page := func(_ context.Context, part, _ string) (exchange.Page, error) {
		asked[part]++
		if lost[part] {
			return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered}
		}
		return exchange.Page{Next: "x", From: noon.Add(-time.Hour), To: now}, nil
	}
	list := func(context.Context) ([]string, error) { return names, nil }
	cursor := ""
	pass := func() (p exchange.Page, err error) {
		for p.More = true; p.More && err == nil; {
			if p, err = exchange.WalkParts(t.Context(), cursor, list, page); err == nil {
				cursor = p.Next
			}
		}
		return p, err
	}
	for _, c := range []struct {
		lost  []string
		until time.Time
	}{
		{nil, noon}, {names[:1], noon}, {names[59:], noon.Add(time.Hour)}, {names[:45], noon.Add(2 * time.Hour)}, {nil, noon.Add(4 * time.Hour)},
	} {
		clear(lost)
		for _, name := range c.lost {
			lost[name] = true
		}
		clear(asked)
		if p, err := pass(); err != nil || !p.To.Equal(c.until) || len(asked) != len(names) {
			t.Errorf("%d lost: covered to %s, want %s, %d asked, %v", len(c.lost), p.To, c.until, len(asked), err)
		}
		now = now.Add(time.Hour)
	}
	for _, name := range names {
		lost[name] = true
	}
	if _, err := pass(); !exchange.Is(err, exchange.NotOffered) {
		t.Errorf("all are lost: %v", err)
	}
	names = []string{"new"}
	if p, err := pass(); err != nil || !p.To.Equal(now) {
		t.Errorf("the names were not asked for again: %v, covered to %s", err, p.To)
	}
}
