package exchange

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
)

// Limit is what an exchange allows all connections of one address together,
// or one account, in any stretch of time of length Per.
type Limit struct {
	Bucket string
	Weight int
	Per    time.Duration
	ByKey  bool // counted for each key, not for the address
}

// Cost is what one call uses of a limit.
type Cost struct {
	Bucket string
	Weight int
}

// Pacer lets calls go at the pace that an exchange allows.
type Pacer interface {
	// Take returns when a call may be made, or with a *Fault of RateLimited if
	// that is too far ahead to wait for.
	Take(ctx context.Context, c Cost) error
	// Pause stops all calls for a while, because the exchange asked for it.
	Pause(d time.Duration)
	// Report tells whether a call had an answer. Too many in a row without one
	// stop all calls for a while.
	Report(answered bool)
}

// Share is the part of a limit that is used, in per cent: others may call from
// the same address.
const Share = 80

// Budget is a Pacer for one exchange, shared by all its connections. What it
// grants in any stretch of time of a limit's length never exceeds the limit's
// share, whenever the exchange begins to count. It is safe for use by several
// goroutines.
type Budget struct {
	// Wait returns when a time has come; nil waits by the clock.
	Wait func(ctx context.Context, until time.Time) error

	now     clock.Clock
	maxWait time.Duration

	mu      sync.Mutex
	buckets map[string][]*bucket
	pause   time.Time
	silence int // calls in a row that had no answer
}

// bucket is one limit and what was granted of it.
type bucket struct {
	limit  Limit
	grants []grant // by time
}

type grant struct {
	at     time.Time
	weight int
}

// NewBudget returns a budget of these limits. Take waits for maxWait at most.
func NewBudget(limits []Limit, now clock.Clock, maxWait time.Duration) *Budget {
	b := &Budget{now: now, maxWait: maxWait, buckets: make(map[string][]*bucket)}
	for _, l := range limits {
		b.buckets[l.Bucket] = append(b.buckets[l.Bucket], &bucket{limit: l})
	}
	return b
}

// Take implements Pacer. A cost without a limit waits for pauses only.
func (b *Budget) Take(ctx context.Context, c Cost) error {
	at, err := b.reserve(c)
	if err != nil {
		return err
	}
	for {
		if err := b.wait(ctx, at); err != nil {
			return err
		}
		b.mu.Lock()
		pause := b.pause
		b.mu.Unlock()
		left := pause.Sub(b.now())
		if left <= 0 {
			return nil
		}
		if left > b.maxWait {
			return &Fault{Trouble: RateLimited, RetryAfter: left}
		}
		at = pause
	}
}

func (b *Budget) wait(ctx context.Context, until time.Time) error {
	if b.Wait != nil {
		return b.Wait(ctx, until)
	}
	return b.now.Wait(ctx, until)
}

// reserve finds the first moment at which every limit has room, and takes it.
func (b *Budget) reserve(c Cost) (time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	at := now
	if b.pause.After(at) {
		at = b.pause
	}
	list := b.buckets[c.Bucket]
	for moved := true; moved; {
		moved = false
		for _, k := range list {
			if t := k.room(at, c.Weight); t.After(at) {
				at, moved = t, true
			}
		}
	}
	if wait := at.Sub(now); wait > b.maxWait {
		return at, &Fault{Trouble: RateLimited, RetryAfter: wait}
	}
	for _, k := range list {
		k.put(now, grant{at, c.Weight})
	}
	return at, nil
}

// room returns the first moment from t on at which a weight fits.
func (k *bucket) room(t time.Time, weight int) time.Time {
	free := max(k.limit.Weight*Share/100, weight) - weight
	for {
		// Whatever stretch of the length Per holds t, also one that begins
		// earlier and ends later, must have room: look at all grants near t.
		used, first := 0, time.Time{}
		for _, g := range k.grants {
			if g.at.After(t.Add(-k.limit.Per)) && g.at.Before(t.Add(k.limit.Per)) {
				if first.IsZero() {
					first = g.at
				}
				used += g.weight
			}
		}
		if used <= free {
			return t
		}
		t = first.Add(k.limit.Per)
	}
}

// put keeps a grant and drops those that no longer matter.
func (k *bucket) put(now time.Time, g grant) {
	old := now.Add(-k.limit.Per)
	k.grants = slices.DeleteFunc(k.grants, func(g grant) bool { return !g.at.After(old) })
	i, _ := slices.BinarySearchFunc(k.grants, g, func(a, b grant) int { return a.at.Compare(b.at) })
	k.grants = slices.Insert(k.grants, i, g)
}

// Pause implements Pacer.
func (b *Budget) Pause(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := b.now().Add(d); until.After(b.pause) {
		b.pause = until
	}
}

// The circuit breaker: so many calls in a row without an answer, of whatever
// connection, and nobody calls for a while; each further one doubles it.
const (
	breakAfter = 5
	breakPause = time.Minute
	breakMost  = 16 * time.Minute
)

// Report implements Pacer.
func (b *Budget) Report(answered bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if answered {
		b.silence = 0
		return
	}
	if b.silence++; b.silence < breakAfter {
		return
	}
	if until := b.now().Add(min(breakPause<<min(b.silence-breakAfter, 10), breakMost)); until.After(b.pause) {
		b.pause = until
	}
}

// PausedUntil returns the end of a pause that the exchange asked for, the zero
// time if there is none.
func (b *Budget) PausedUntil() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pause.After(b.now()) {
		return b.pause
	}
	return time.Time{}
}

// ForKey returns a Pacer for one key: the limits of the address are shared
// with all others, those of a key are its own.
func (b *Budget) ForKey(limits []Limit) Pacer {
	own := slices.DeleteFunc(slices.Clone(limits), func(l Limit) bool { return !l.ByKey })
	k := &keyPacer{shared: b, own: NewBudget(own, b.now, b.maxWait)}
	k.own.Wait = b.Wait
	return k
}

// ByAddress are the limits that all connections share.
func ByAddress(limits []Limit) []Limit {
	return slices.DeleteFunc(slices.Clone(limits), func(l Limit) bool { return l.ByKey })
}

// keyPacer is the shared budget and the own one of a key.
type keyPacer struct{ shared, own *Budget }

// Take implements Pacer.
func (p *keyPacer) Take(ctx context.Context, c Cost) error {
	if err := p.own.Take(ctx, c); err != nil {
		return err
	}
	return p.shared.Take(ctx, c)
}

// Pause implements Pacer.
func (p *keyPacer) Pause(d time.Duration) { p.shared.Pause(d) }

// Report implements Pacer.
func (p *keyPacer) Report(answered bool) { p.shared.Report(answered) }
