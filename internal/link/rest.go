package link

import (
	"context"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Rest is why a link is not fetched by itself.
type Rest string

// The reasons. NoRest is none: it comes at its time.
const (
	NoRest     Rest = ""
	ByHand     Rest = "manual"
	PlanLapsed Rest = "plan_lapsed"
)

// Rests says why a link is not fetched by itself; lapsed is what Lapsed says.
// Where its state is the reason, it is that.
func (l *Link) Rests(lapsed bool) Rest {
	switch {
	case !l.State.Usable():
		return Rest(l.State)
	case l.Schedule == Manual:
		return ByHand
	case lapsed:
		return PlanLapsed
	}
	return NoRest
}

// NextRun returns when a link is fetched by itself the next time, zero if it
// rests.
func (l *Link) NextRun(lapsed bool) time.Time {
	if l.Rests(lapsed) != NoRest {
		return time.Time{}
	}
	return l.Next
}

// Covered is the moment to which all streams of a link were fetched, zero
// before that.
func (l *Link) Covered() (to time.Time) {
	for i := range l.Streams {
		st := &l.Streams[i]
		if st.State == NotForKey || st.State == Absent {
			continue
		}
		if st.To.IsZero() {
			return time.Time{}
		}
		if to.IsZero() || st.To.Before(to) {
			to = st.To
		}
	}
	return to
}

// Stale returns for how many days a link's data is older than it should be, 0
// if it is not. Nobody expects more of one that is fetched by hand or paused.
func (l *Link) Stale(now time.Time, lapsed bool) int {
	const day = 24 * time.Hour
	allowed := 2 * day
	if l.Schedule == Weekly {
		allowed = 8 * day
	}
	to, rest := l.Covered(), l.Rests(lapsed)
	if to.IsZero() || rest == Rest(Paused) || rest == ByHand || now.Sub(to) < allowed {
		return 0
	}
	return int(now.Sub(to) / day)
}

// enough is how many runs in a row fail before somebody is told of it, and
// again how long until they are told again.
const (
	enough = 3
	again  = 7 * 24 * time.Hour
)

// strike counts a failed run and reports whether it is time to tell somebody:
// after three in a row, then every week while it lasts.
func (l *Link) strike(now time.Time) (tell bool) {
	l.Strikes++
	if l.Strikes < enough || l.Strikes > enough && now.Sub(l.Told) < again {
		return false
	}
	l.Told = now
	return true
}

// Loads returns how much of an exchange's limits is used now: by all links of
// this address together, and by this key alone.
func (s *Service) Loads(ctx context.Context, id tenant.ID, of string) ([]exchange.Load, error) {
	x, err := s.Exchange(of)
	if err != nil {
		return nil, nil //nolint:nilerr // it cannot be linked any more: nothing is used of it
	}
	address := exchange.ByAddress(x.Limits)
	list, err := exchange.Loads(ctx, s.Store, "exchange/"+x.Name, address, s.Clock())
	if err != nil {
		return nil, err
	}
	var own []exchange.Limit
	for _, l := range x.Limits {
		if l.ByKey {
			own = append(own, l)
		}
	}
	key, err := exchange.Loads(ctx, s.Store, "link/"+id.String(), own, s.Clock())
	return append(list, key...), err
}
