package exchange

import (
	"context"
	"testing"
	"time"
)

// TestLoads: what lies within a limit's last stretch of time counts, and no
// other bucket's and nothing that is only planned.
func TestLoads(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	minute, second := Limit{Bucket: "weight", Weight: 6000, Per: time.Minute}, Limit{Bucket: "raw", Weight: 10, Per: time.Second}
	u := Use{}
	for ago, weight := range map[time.Duration]int{90 * time.Second: 1000, 30 * time.Second: 200, 5 * time.Second: 40, -10 * time.Second: 7} {
		u.put(&minute, now.Add(-2*time.Minute), now.Add(-ago), weight)
	}
	list, err := Loads(t.Context(), usedOnly{u}, "x", []Limit{minute, second}, now)
	if err != nil || len(list) != 2 || list[0].Used != 240 || list[0].Weight != 6000 || list[1].Used != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// usedOnly is a Keeper of one Use, which nobody changes.
type usedOnly struct{ u Use }

func (k usedOnly) Used(context.Context, string) (Use, error) { return k.u, nil }
func (usedOnly) Use(context.Context, string, func(*Use) (time.Time, error)) error {
	panic("nobody may use anything here")
}
