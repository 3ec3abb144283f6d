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
	Pause(ctx context.Context, d time.Duration) error
	// Report tells whether a call had an answer. Too many in a row without one
	// stop all calls for a while.
	Report(ctx context.Context, answered bool) error
}

// Share is the part of a limit that is used, in per cent: others may call from
// the same address.
const Share = 80

// Budget is a Pacer for one exchange, shared by all its connections. What it
// grants in any stretch of time of a limit's length never exceeds the limit's
// share, whenever the exchange begins to count. What is granted is written
// down before it is used, so that processes that keep it in one place never
// use more together, also if they end at any moment and begin again. It is
// safe for use by several goroutines.
type Budget struct {
	// Wait returns when a time has come; nil waits by the clock.
	Wait func(ctx context.Context, until time.Time) error

	name    string
	keep    Keeper
	limits  map[string][]Limit // by bucket
	now     clock.Clock
	maxWait time.Duration

	mu      sync.Mutex
	silence int       // calls of this process in a row that had no answer
	pause   time.Time // that this process heard of: it holds also if it could not be kept
}

// NewBudget returns a budget of these limits, whose use is kept under a name;
// without a Keeper it is kept in memory. Take waits for maxWait at most.
func NewBudget(name string, limits []Limit, keep Keeper, now clock.Clock, maxWait time.Duration) *Budget {
	if keep == nil {
		keep = &memory{used: make(map[string]*Use)}
	}
	b := &Budget{name: name, keep: keep, now: now, maxWait: maxWait, limits: make(map[string][]Limit)}
	for _, l := range limits {
		b.limits[l.Bucket] = append(b.limits[l.Bucket], l)
	}
	return b
}

// Take implements Pacer. A cost without a limit waits for pauses only.
func (b *Budget) Take(ctx context.Context, c Cost) error {
	at, err := b.reserve(ctx, c)
	if err != nil || !at.After(b.now()) {
		return err
	}
	for {
		if err := b.wait(ctx, at); err != nil {
			return err
		}
		used, err := b.keep.Used(ctx, b.name)
		if err != nil {
			return err
		}
		if at, err = b.first(&used, nil, c, b.now()); err != nil || !at.After(b.now()) {
			return err
		}
	}
}

func (b *Budget) wait(ctx context.Context, until time.Time) error {
	if b.Wait != nil {
		return b.Wait(ctx, until)
	}
	return b.now.Wait(ctx, until)
}

// reserve finds the first moment at which every limit has room, and takes it.
func (b *Budget) reserve(ctx context.Context, c Cost) (at time.Time, err error) {
	list := b.limits[c.Bucket]
	if len(list) == 0 || c.Weight == 0 {
		used, err := b.keep.Used(ctx, b.name)
		if err != nil {
			return at, err
		}
		return b.first(&used, nil, c, b.now())
	}
	err = b.keep.Use(ctx, b.name, func(u *Use) (time.Time, error) {
		now := b.now()
		if at, err = b.first(u, list, c, now); err != nil {
			return time.Time{}, err
		}
		for i := range list {
			u.put(&list[i], now, at, c.Weight)
		}
		return u.until(b.limits), nil
	})
	return at, err
}

// first is the first moment from now on at which a cost fits, or the fault of
// one that is too far ahead.
func (b *Budget) first(u *Use, list []Limit, c Cost, now time.Time) (time.Time, error) {
	u.trust(b.limits, now, b.maxWait)
	at := now
	for _, pause := range []time.Time{u.Pause, b.heard()} {
		if pause.After(at) {
			at = pause
		}
	}
	for moved := true; moved; {
		moved = false
		for i := range list {
			if t := u.room(&list[i], at, c.Weight); t.After(at) {
				at, moved = t, true
			}
		}
	}
	if wait := at.Sub(now); wait > b.maxWait {
		return at, &Fault{Trouble: RateLimited, RetryAfter: wait}
	}
	return at, nil
}

// Pause implements Pacer.
func (b *Budget) Pause(ctx context.Context, d time.Duration) error {
	now := b.now()
	until := now.Add(d)
	b.mu.Lock()
	if until.After(b.pause) {
		b.pause = until
	}
	b.mu.Unlock()
	return b.keep.Use(ctx, b.name, func(u *Use) (time.Time, error) {
		u.trust(b.limits, now, b.maxWait)
		if until.After(u.Pause) {
			u.Pause = until
		}
		return u.until(b.limits), nil
	})
}

func (b *Budget) heard() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pause
}

// The circuit breaker: so many calls in a row without an answer, of whatever
// connection, and nobody calls for a while; each further one doubles it.
const (
	breakAfter = 5
	breakPause = time.Minute
	breakMost  = 16 * time.Minute
)

// Report implements Pacer.
func (b *Budget) Report(ctx context.Context, answered bool) error {
	b.mu.Lock()
	if b.silence++; answered {
		b.silence = 0
	}
	silence := b.silence
	b.mu.Unlock()
	if silence < breakAfter {
		return nil
	}
	return b.Pause(ctx, min(breakPause<<min(silence-breakAfter, 10), breakMost))
}

// ForKey returns a Pacer for one key: the limits of the address are shared
// with all others, those of a key are its own, kept under a name.
func (b *Budget) ForKey(name string, limits []Limit) Pacer {
	own := slices.DeleteFunc(slices.Clone(limits), func(l Limit) bool { return !l.ByKey })
	if len(own) == 0 {
		return b
	}
	k := &keyPacer{Budget: b, own: NewBudget(name, own, b.keep, b.now, b.maxWait)}
	k.own.Wait = b.Wait
	return k
}

// ByAddress are the limits that all connections share.
func ByAddress(limits []Limit) []Limit {
	return slices.DeleteFunc(slices.Clone(limits), func(l Limit) bool { return l.ByKey })
}

// keyPacer is the shared budget and the own one of a key.
type keyPacer struct {
	*Budget
	own *Budget
}

// Take implements Pacer.
func (p *keyPacer) Take(ctx context.Context, c Cost) error {
	if len(p.own.limits[c.Bucket]) > 0 {
		if err := p.own.Take(ctx, c); err != nil {
			return err
		}
	}
	return p.Budget.Take(ctx, c)
}
