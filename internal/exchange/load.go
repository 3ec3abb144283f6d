package exchange

import (
	"context"
	"time"
)

// Load is how much of a limit was used in the last stretch of its length.
type Load struct {
	Limit
	Used int
}

// Loads returns how much of limits is used now, as it is kept under a name.
func Loads(ctx context.Context, keep Keeper, name string, limits []Limit, now time.Time) ([]Load, error) {
	used, err := keep.Used(ctx, name)
	if err != nil {
		return nil, err
	}
	list := make([]Load, len(limits))
	for i := range limits {
		l := &limits[i]
		list[i].Limit = *l
		from, to := now.Add(-l.Per).UnixNano(), now.UnixNano()
		for _, s := range used.Spent[l.name()] {
			if s.To > from && s.From <= to {
				list[i].Used += s.Weight
			}
		}
	}
	return list, nil
}
