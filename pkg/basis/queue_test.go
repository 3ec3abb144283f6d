package basis

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

var allOrders = map[string]Order{"fifo": Oldest, "lifo": Newest, "hifo": Dearest, "lofo": Cheapest}

func TestParseOrder(t *testing.T) {
	t.Parallel()
	for name, want := range allOrders {
		if got, ok := ParseOrder(name); !ok || got != want {
			t.Errorf("%s: got %d, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "FIFO", "average", "specific"} {
		if got, ok := ParseOrder(name); ok {
			t.Errorf("%q is order %d", name, got)
		}
	}
}

// arena makes lots of one unit each, given as date and cost.
func arena(list ...[2]int) lots {
	var a lots
	for i, l := range list {
		lot := Lot{Quantity: money.FromInt(1), Cost: money.FromInt(int64(l[1])), Date: ledger.Date(l[0]), Event: int32(i)}
		lot.reprice()
		a = append(a, lot)
	}
	return a
}

// empty takes all lots out of a queue, in order.
func (q *queue) empty(a lots) []int32 {
	var out []int32
	for {
		i, ok := q.peek(a)
		if !ok {
			return out
		}
		out = append(out, i)
		q.pop(a)
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order Order
		lots  [][2]int // date, cost
		gone  []int32  // used up behind the queue's back
		want  []int32
	}{
		"oldest_in_order_of_arrival":           {Oldest, [][2]int{{1, 5}, {2, 4}, {2, 3}}, nil, []int32{0, 1, 2}},
		"oldest_with_a_late_old_one":           {Oldest, [][2]int{{2, 5}, {3, 4}, {1, 3}}, nil, []int32{2, 0, 1}},
		"newest":                               {Newest, [][2]int{{1, 5}, {2, 4}, {3, 3}}, nil, []int32{2, 1, 0}},
		"newest_with_a_late_old_one":           {Newest, [][2]int{{2, 5}, {3, 4}, {1, 3}}, nil, []int32{1, 0, 2}},
		"dearest_then_oldest":                  {Dearest, [][2]int{{2, 5}, {1, 5}, {3, 9}}, nil, []int32{2, 1, 0}},
		"cheapest_then_oldest":                 {Cheapest, [][2]int{{2, 5}, {1, 5}, {3, 1}}, nil, []int32{2, 1, 0}},
		"used_up_at_the_head_of_the_run":       {Oldest, [][2]int{{1, 1}, {2, 1}, {3, 1}}, []int32{0, 1}, []int32{2}},
		"used_up_at_the_end_of_the_run":        {Newest, [][2]int{{1, 1}, {2, 1}, {3, 1}}, []int32{2}, []int32{1, 0}},
		"used_up_in_the_middle_of_the_run":     {Oldest, [][2]int{{1, 1}, {2, 1}, {3, 1}}, []int32{1}, []int32{0, 2}},
		"used_up_on_top_of_the_heap":           {Dearest, [][2]int{{1, 9}, {2, 8}, {3, 7}}, []int32{0, 1}, []int32{2}},
		"used_up_inside_the_heap":              {Cheapest, [][2]int{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}}, []int32{1, 3}, []int32{0, 2, 4}},
		"all_used_up":                          {Oldest, [][2]int{{1, 1}, {2, 1}}, []int32{0, 1}, nil},
		"used_up_in_the_run_heads_to_the_heap": {Oldest, [][2]int{{5, 1}, {6, 1}, {1, 1}}, []int32{0, 1}, []int32{2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, q := arena(c.lots...), queue{order: c.order}
			for i := range a {
				q.push(a, int32(i))
			}
			for _, i := range c.gone {
				a[i].Quantity = money.Amount{}
			}
			if left := q.all(a, nil); len(left) != len(c.want) {
				t.Errorf("%d lots left, want %d", len(left), len(c.want))
			}
			if got := q.empty(a); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			q.pop(a) // of nothing is nothing
			q.push(a, 0)
			q.reset()
			if left := q.all(a, nil); len(left) != 0 {
				t.Errorf("%d lots after a reset", len(left))
			}
		})
	}
}

// queueLaw: whatever is pushed, used up and popped, a queue hands out the lot
// that a look at all of them finds first.
func queueLaw(t *rapid.T) {
	q := queue{order: Order(rapid.IntRange(int(Oldest), int(Cheapest)).Draw(t, "order"))}
	var a lots
	var inside []int32
	for range rapid.IntRange(1, 60).Draw(t, "steps") {
		switch rapid.IntRange(0, 5).Draw(t, "what") {
		case 0, 1, 2:
			a = append(a, arena([2]int{rapid.IntRange(1, 9).Draw(t, "date"), rapid.IntRange(0, 4).Draw(t, "cost")})...)
			i := int32(len(a) - 1)
			a[i].Event = int32(rapid.IntRange(0, 9).Draw(t, "event"))
			q.push(a, i)
			inside = append(inside, i)
		case 3:
			if len(inside) > 0 { // named by somebody: used up where it lies
				k := rapid.IntRange(0, len(inside)-1).Draw(t, "named")
				a[inside[k]].Quantity = money.Amount{}
				inside = slices.Delete(inside, k, k+1)
			}
		default:
			want, ok := firstOf(&q, a, inside)
			got, have := q.peek(a)
			if ok != have || ok && got != want {
				t.Fatalf("got %d (%v), want %d (%v)", got, have, want, ok)
			}
			if q.pop(a); ok {
				inside = slices.DeleteFunc(inside, func(i int32) bool { return i == want })
			}
		}
		if n := len(q.all(a, nil)); n != len(inside) {
			t.Fatalf("%d lots listed, want %d", n, len(inside))
		}
	}
}

func firstOf(q *queue, a lots, inside []int32) (best int32, ok bool) {
	for _, i := range inside {
		x, y := a.entry(i), entry{}
		if ok {
			y = a.entry(best)
		}
		if !ok || q.before(&x, &y) {
			best, ok = i, true
		}
	}
	return best, ok
}

func TestQueueHandsOutTheFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, queueLaw)
}

func FuzzQueue(f *testing.F) { f.Fuzz(rapid.MakeFuzz(queueLaw)) }
