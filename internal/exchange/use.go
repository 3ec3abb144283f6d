package exchange

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Keeper keeps what was used of limits where all processes that call from one
// address see it, and those that come later.
type Keeper interface {
	// Use changes what is kept under a name, one caller at a time. It is kept
	// until the time that change returns, the zero time forgets it; an error
	// changes nothing.
	Use(ctx context.Context, name string, change func(*Use) (until time.Time, err error)) error
	// Used returns what is kept under a name, nothing if it never was.
	Used(ctx context.Context, name string) (Use, error)
}

// Use is what was used of some limits, and until when nobody may call because
// the exchange asked for it.
type Use struct {
	Pause time.Time          `json:"pause,omitzero"`
	Spent map[string][]Spell `json:"spent,omitempty"` // by limit, in the order of time
}

// Spell is what was used in a short stretch of time.
type Spell struct {
	From   int64 `json:"f"` // the first call, in nanoseconds of Unix
	To     int64 `json:"t"` // the last one
	Weight int   `json:"w"`
}

// spells is how many stretches a limit's time is counted in, so that a limit
// of many calls is not kept call by call.
const spells = 64

func (l *Limit) name() string { return l.Bucket + "/" + l.Per.String() }

// room returns the first moment from t on at which a weight fits.
func (u *Use) room(l *Limit, t time.Time, weight int) time.Time {
	free := max(l.Weight*Share/100, weight) - weight
	at, per := t.UnixNano(), int64(l.Per)
	for {
		// Whatever stretch of the length Per holds t, also one that begins
		// earlier and ends later, must have room: look at all that is near t.
		used, first := 0, int64(0)
		for _, s := range u.Spent[l.name()] {
			if s.To > at-per && s.From < at+per {
				if used == 0 {
					first = s.To
				}
				used += s.Weight
			}
		}
		if used <= free {
			return t.Add(time.Duration(at - t.UnixNano()))
		}
		at = first + per
	}
}

// put notes a call and forgets what no longer matters.
func (u *Use) put(l *Limit, now, at time.Time, weight int) {
	if u.Spent == nil {
		u.Spent = make(map[string][]Spell)
	}
	old, t := now.Add(-l.Per).UnixNano(), at.UnixNano()
	list := slices.DeleteFunc(u.Spent[l.name()], func(s Spell) bool { return s.To <= old })
	length := max(int64(l.Per)/spells, 1)
	i, _ := slices.BinarySearchFunc(list, t, func(s Spell, t int64) int { return cmp.Compare(s.From/length, t/length) })
	if i < len(list) && list[i].From/length == t/length {
		s := &list[i]
		s.From, s.To, s.Weight = min(s.From, t), max(s.To, t), s.Weight+weight
	} else {
		list = slices.Insert(list, i, Spell{t, t, weight})
	}
	u.Spent[l.name()] = list
}

// trust forgets what a right clock cannot have written: calls and pauses that
// are further ahead than any may be.
func (u *Use) trust(limits map[string][]Limit, now time.Time, maxWait time.Duration) {
	if u.Pause.After(now.Add(maxPause)) {
		u.Pause = time.Time{}
	}
	for _, list := range limits {
		for i := range list {
			name, most := list[i].name(), now.Add(maxWait+list[i].Per).UnixNano()
			if n := len(u.Spent[name]); n > 0 && u.Spent[name][n-1].To > most {
				u.Spent[name] = slices.DeleteFunc(u.Spent[name], func(s Spell) bool { return s.To > most })
			}
		}
	}
}

// until is when nothing of it matters any more.
func (u *Use) until(limits map[string][]Limit) time.Time {
	end := u.Pause
	for _, list := range limits {
		for i := range list {
			if spent := u.Spent[list[i].name()]; len(spent) > 0 {
				if t := time.Unix(0, spent[len(spent)-1].To).Add(list[i].Per); t.After(end) {
					end = t
				}
			}
		}
	}
	return end
}

// memory is a Keeper for one process.
type memory struct {
	mu   sync.Mutex
	used map[string]*Use
}

// Use implements Keeper.
func (m *memory) Use(_ context.Context, name string, change func(*Use) (time.Time, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.used[name] == nil {
		m.used[name] = &Use{}
	}
	_, err := change(m.used[name])
	return err
}

// Used implements Keeper.
func (m *memory) Used(_ context.Context, name string) (Use, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u := m.used[name]; u != nil {
		return Use{Pause: u.Pause}, nil // what was spent is looked at in Use only
	}
	return Use{}, nil
}
