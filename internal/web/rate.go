package web

import (
	"context"
	"crypto/sha256"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/fault"
)

// Rate is how much one client may ask for: a steady rate and a burst. Lockout
// of accounts is not here but in the store, where every replica sees it.
type Rate struct {
	PerSecond float64 // 5000
	Burst     int     // 10000
	// Costly requests of one address, such as sign-in: 10 a minute, burst 10.
	CostlyPerMinute float64
	CostlyBurst     int
}

func (r Rate) orDefault() Rate {
	if r.PerSecond == 0 {
		r.PerSecond, r.Burst = 5000, 10000
	}
	if r.CostlyPerMinute == 0 {
		r.CostlyPerMinute, r.CostlyBurst = 10, 10
	}
	return r
}

// buckets is a token bucket for each client.
type buckets struct {
	every rate.Limit
	burst int
	now   clock.Clock

	mu    sync.Mutex
	known map[[16]byte]*bucket
	swept time.Time
}

type bucket struct {
	limiter *rate.Limiter
	seen    time.Time
}

func newBuckets(every rate.Limit, burst int, now clock.Clock) *buckets {
	return &buckets{every: every, burst: burst, now: now, known: make(map[[16]byte]*bucket)}
}

// take counts one request of a client. left is how many more it may send at
// once, wait how long until one more if it may not now.
func (b *buckets) take(client string) (left int, wait time.Duration) {
	sum := sha256.Sum256([]byte(client))
	key := [16]byte(sum[:16])
	now := b.now()
	b.mu.Lock()
	b.sweep(now)
	one := b.known[key]
	if one == nil {
		one = &bucket{limiter: rate.NewLimiter(b.every, b.burst)}
		b.known[key] = one
	}
	one.seen = now
	b.mu.Unlock()
	if one.limiter.AllowN(now, 1) {
		return int(one.limiter.TokensAt(now)), 0
	}
	missing := 1 - one.limiter.TokensAt(now)
	return 0, time.Duration(missing / float64(b.every) * float64(time.Second))
}

// sweep forgets clients whose bucket is full again. Called with the lock held.
func (b *buckets) sweep(now time.Time) {
	full := time.Duration(float64(b.burst) / float64(b.every) * float64(time.Second))
	if now.Sub(b.swept) < full && len(b.known) < 1<<17 {
		return
	}
	b.swept = now
	for key, one := range b.known {
		if now.Sub(one.seen) >= full {
			delete(b.known, key)
		}
	}
}

// allowed counts a request against the limits of its client and says in the
// headers how much is left.
func (s *Site) allowed(c echo.Context, row *route) error {
	of, limit, window := s.ordinary, s.cfg.Rate.Burst, float64(s.cfg.Rate.Burst)/s.cfg.Rate.PerSecond
	client := c.RealIP()
	if row.limits.costly {
		of, limit, window = s.tight, s.cfg.Rate.CostlyBurst, 60*float64(s.cfg.Rate.CostlyBurst)/s.cfg.Rate.CostlyPerMinute
		client += " " + row.path
	}
	left, wait := of.take(client)
	h := c.Response().Header()
	h.Set("RateLimit-Limit", strconv.Itoa(limit))
	h.Set("RateLimit-Remaining", strconv.Itoa(left))
	h.Set("RateLimit-Reset", strconv.Itoa(int(math.Ceil(window*float64(limit-left)/float64(limit)))))
	if wait > 0 {
		f := fault.New(fault.TooMany, nil, "Too many requests from your address.")
		f.RetryAfter = wait
		return f
	}
	return nil
}

// within gives the request's context a limit of time.
func within(c echo.Context, limit time.Duration) (stop func()) {
	if limit < 0 {
		return func() {}
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), limit)
	c.SetRequest(c.Request().WithContext(ctx))
	return cancel
}
