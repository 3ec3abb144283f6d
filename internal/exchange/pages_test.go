package exchange_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// TestWalkAnotherWindow: an answer that belongs to another window is asked for
// again, and the window is not left behind it; one that comes again and again is
// taken.
func TestWalkAnotherWindow(t *testing.T) {
	t.Parallel()
	const days = 10
	for _, wrong := range []int{0, 1, 3, 100} {
		s := exchange.Spans{Start: noon.AddDate(0, 0, -days), Window: 5 * 24 * time.Hour}
		old := []exchange.Record{{ID: "old", Time: s.Start}}
		cursor, left, seen := "", wrong, make(map[string]bool)
		calls := 0
		for more := true; more; calls++ {
			p, err := exchange.Walk(t.Context(), s, cursor, noon, func(_ context.Context, w exchange.Window) (exchange.Batch, error) {
				switch {
				case w.From.Equal(s.Start):
					return exchange.Batch{Records: old}, nil
				case left > 0:
					left--
					return exchange.Batch{Records: old}, nil
				}
				return exchange.Batch{Records: []exchange.Record{{ID: "new", Time: noon}}}, nil
			})
			if err != nil || calls > 20 {
				t.Fatalf("%d calls, %v", calls, err)
			}
			for _, r := range p.Records {
				seen[r.ID] = true
			}
			cursor, more = p.Next, p.More
		}
		if want := wrong <= 3; seen["new"] != want {
			t.Errorf("%d wrong answers: what is new is seen: %v", wrong, seen["new"])
		}
	}
}

// TestChained: a page that comes twice is asked for again; it is never the end
// of the list.
func TestChained(t *testing.T) {
	t.Parallel()
	pages := [][]string{{"9", "8"}, {"7", "6"}, {"5"}}
	for twice := range pages {
		for times := range 6 {
			var seen []string
			var c exchange.Chained
			var failed bool
			for more, left, calls := true, times, 0; more && !failed; calls++ {
				at := 0
				_, _ = fmt.Sscan(c.Next, &at)
				if at == twice && left > 0 && at > 0 {
					left--
					at--
				}
				next := ""
				if at+1 < len(pages) {
					next = fmt.Sprint(at + 1)
				}
				seen = append(seen, pages[at]...)
				var ok bool
				c, more, ok = c.Step(pages[at], next)
				if failed = !ok; calls > 20 {
					t.Fatal("it goes on for ever")
				}
			}
			slices.Sort(seen)
			if whole := len(slices.Compact(seen)) == 5; whole == failed {
				t.Errorf("page %d came %d times before: whole %v, failed %v", twice, times, whole, failed)
			}
		}
	}
}

// TestMissed: what a walk passes over stands in its cursor and stays there.
func TestMissed(t *testing.T) {
	t.Parallel()
	at := noon.Add(-time.Hour)
	crowd := make([]exchange.Record, 5)
	for i := range crowd {
		crowd[i] = exchange.Record{ID: fmt.Sprint(i), Time: at}
	}
	walk := func(cursor string, rows []exchange.Record, limit int) string {
		for more := true; more; {
			p, err := exchange.WalkAfter(t.Context(), exchange.After{Start: noon.AddDate(-1, 0, 0), Limit: limit}, cursor, noon, func(_ context.Context, from time.Time) ([]exchange.Record, error) {
				in := slices.DeleteFunc(slices.Clone(rows), func(r exchange.Record) bool { return r.Time.Before(from) })
				return in[:min(len(in), limit)], nil
			})
			if err != nil {
				t.Fatal(err)
			}
			cursor, more = p.Next, p.More
		}
		return cursor
	}
	cursor := walk("", crowd, 4)
	for range 2 {
		if got := exchange.Missed(cursor); !slices.Equal(got, []time.Time{at}) {
			t.Errorf("missed %v", got)
		}
		cursor = walk(cursor, nil, 4)
	}
	if got := exchange.Missed(walk("", crowd, 6)); len(got) != 0 {
		t.Errorf("nothing was passed over: %v", got)
	}
	inner, err := json.Marshal(map[string]any{"sub": map[string]string{"BTC": cursor}})
	if err != nil {
		t.Fatal(err)
	}
	outer, err := json.Marshal(map[string]string{"parts": string(inner)})
	if err != nil {
		t.Fatal(err)
	}
	if got := exchange.Missed(string(outer)); !slices.Equal(got, []time.Time{at}) {
		t.Errorf("inside of another cursor: %v", got)
	}
	if got := exchange.Missed("{"); len(got) != 0 {
		t.Errorf("a cursor that cannot be read: %v", got)
	}
}

// TestEqualNames: records of one page that have one name and say different
// things are two, those that say the same are one.
func TestEqualNames(t *testing.T) {
	t.Parallel()
	s := exchange.Shape{ID: []string{"id"}, Time: "at", Unit: exchange.Second, Amounts: []string{"n"}}
	list := []json.RawMessage{
		json.RawMessage(`{"id":"a","at":1700000000,"n":1}`), json.RawMessage(`{"id":"a","at":1700000000,"n":2}`), json.RawMessage(`{"id":"a","at":1700000000,"n":1}`),
		json.RawMessage(`{"id":"a","at":1700000000,"n":3}`),
	}
	records, err := s.Records(list)
	if err != nil {
		t.Fatal(err)
	}
	if got := exchange.IDs(records); !slices.Equal(got, []string{"a", "a#2", "a", "a#3"}) {
		t.Error(got)
	}
}
