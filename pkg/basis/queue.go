package basis

import "github.com/ledgersys/ledgersys/pkg/money"

// lots is the arena in which all lots of all queues live; a lot is named by
// its place. A lot whose quantity is 0 is used up and skipped.
type lots []Lot

// entry is a lot with what it is ordered by, so that comparing does not have
// to fetch the lot.
type entry struct {
	unit money.Unit
	age  uint64
	lot  int32
}

// queue hands out lots in one order. Lots mostly arrive by age, and for the
// two orders by age such lots go to a plain run, at no cost; the others, and
// all lots of the orders by cost, go to a heap.
type queue struct {
	order Order
	run   []int32 // by age, from head on
	head  int
	heap  []entry // a heap with four children to a node
}

// before reports whether a is taken before b. Pieces of one lot that tie are
// taken as they came: what stayed before what was moved.
func (q *queue) before(a, b *entry) bool {
	switch q.order {
	case Oldest:
	case Newest:
		if a.age != b.age {
			return a.age > b.age
		}
		return a.lot < b.lot
	case Dearest:
		if c := a.unit.Compare(b.unit); c != 0 {
			return c > 0
		}
	case Cheapest:
		if c := a.unit.Compare(b.unit); c != 0 {
			return c < 0
		}
	}
	if a.age != b.age {
		return a.age < b.age
	}
	return a.lot < b.lot
}

func (a lots) entry(i int32) entry { return entry{a[i].Unit, a[i].age(), i} }

// push adds a lot.
func (q *queue) push(a lots, i int32) {
	if q.order == Oldest || q.order == Newest {
		n := len(q.run)
		if n == q.head || a[q.run[n-1]].age() < a[i].age() || q.order == Oldest && a[q.run[n-1]].age() == a[i].age() {
			q.run = append(q.run, i)
			return
		}
	}
	q.heap = append(q.heap, a.entry(i))
	q.up(len(q.heap) - 1)
}

// peek returns the lot to take first, or false if there is none.
func (q *queue) peek(a lots) (int32, bool) {
	i, _, ok := q.first(a)
	return i, ok
}

// first drops used-up lots and returns the first of the rest, and whether it
// is in the run.
func (q *queue) first(a lots) (i int32, inRun, ok bool) {
	for len(q.heap) > 0 && a[q.heap[0].lot].Quantity.IsZero() {
		q.popHeap()
	}
	q.trim(a)
	switch end := len(q.run); {
	case q.head == end && len(q.heap) == 0:
		return 0, false, false
	case q.head == end:
		return q.heap[0].lot, false, true
	case len(q.heap) == 0:
		return q.runFirst(), true, true
	}
	r := a.entry(q.runFirst())
	if q.before(&r, &q.heap[0]) {
		return r.lot, true, true
	}
	return q.heap[0].lot, false, true
}

// runFirst is the lot of the run that is taken first: the oldest or the newest.
func (q *queue) runFirst() int32 {
	if q.order == Newest {
		return q.run[len(q.run)-1]
	}
	return q.run[q.head]
}

// trim drops used-up lots from the end of the run that is taken first.
func (q *queue) trim(a lots) {
	for q.head < len(q.run) && a[q.runFirst()].Quantity.IsZero() {
		q.dropRun()
	}
}

func (q *queue) dropRun() {
	if q.order == Newest {
		q.run = q.run[:len(q.run)-1]
		return
	}
	q.head++
	if q.head == len(q.run) {
		q.run, q.head = q.run[:0], 0
	}
}

// pop removes the first lot.
func (q *queue) pop(a lots) {
	_, inRun, ok := q.first(a)
	switch {
	case !ok:
	case inRun:
		q.dropRun()
	default:
		q.popHeap()
	}
}

func (q *queue) popHeap() {
	n := len(q.heap) - 1
	q.heap[0] = q.heap[n]
	q.heap = q.heap[:n]
	q.down(0)
}

func (q *queue) up(i int) {
	h := q.heap
	for i > 0 {
		parent := (i - 1) / 4
		if !q.before(&h[i], &h[parent]) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

func (q *queue) down(i int) {
	h := q.heap
	for {
		first := 4*i + 1
		if first >= len(h) {
			return
		}
		best := first
		for c := first + 1; c < min(first+4, len(h)); c++ {
			if q.before(&h[c], &h[best]) {
				best = c
			}
		}
		if !q.before(&h[best], &h[i]) {
			return
		}
		h[i], h[best] = h[best], h[i]
		i = best
	}
}

// all appends the places of all lots that are left, in no particular order.
func (q *queue) all(a lots, into []int32) []int32 {
	for _, i := range q.run[q.head:] {
		if !a[i].Quantity.IsZero() {
			into = append(into, i)
		}
	}
	for _, e := range q.heap {
		if !a[e.lot].Quantity.IsZero() {
			into = append(into, e.lot)
		}
	}
	return into
}

// reset empties the queue.
func (q *queue) reset() { q.run, q.head, q.heap = q.run[:0], 0, q.heap[:0] }
