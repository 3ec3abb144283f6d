package job

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Plan is when each schedule comes next, as it is kept.
type Plan struct {
	Name string
	Spec string
	Next time.Time
}

// Planner keeps plans, for all replicas together.
type Planner interface {
	// Plans runs fn with the plans that are kept, alone among all replicas,
	// and in the same transaction keeps what fn returns and adds its tasks.
	Plans(ctx context.Context, fn func([]Plan) ([]Plan, []Stored, error)) error
	// Due reports whether any plan's time has come, cheaply.
	Due(ctx context.Context, now time.Time) (bool, error)
}

// Arm notes the registry's schedules: a new one, or one whose times were
// edited, comes next by its own times; one that is kept already stays, so
// that a time that passed while no process ran is made up for.
func (r *Registry) Arm(ctx context.Context, p Planner, now time.Time) error {
	return p.Plans(ctx, func(kept []Plan) ([]Plan, []Stored, error) {
		known := make(map[string]Plan)
		for _, k := range kept {
			known[k.Name] = k
		}
		var change []Plan
		for _, name := range slices.Sorted(maps.Keys(r.schedules)) {
			if when := r.schedules[name].when; known[name].Spec != when.String() {
				change = append(change, Plan{name, when.String(), when.Next(now)})
			}
		}
		return change, nil, nil
	})
}

// Tick adds the tasks of all schedules whose time has come. Several times
// that passed are one task: work catches up from what is stored, not from
// ticks.
func (r *Registry) Tick(ctx context.Context, p Planner, now time.Time) error {
	if due, err := p.Due(ctx, now); err != nil || !due {
		return err
	}
	return p.Plans(ctx, func(kept []Plan) (change []Plan, tasks []Stored, err error) {
		for _, k := range kept {
			s, ok := r.schedules[k.Name]
			if !ok || k.Next.After(now) {
				continue
			}
			task, err := s.task.Store()
			if err != nil {
				return nil, nil, err
			}
			task.Once = "schedule/" + k.Name + "/" + k.Next.UTC().Format(time.RFC3339)
			tasks = append(tasks, task)
			change = append(change, Plan{k.Name, s.when.String(), s.when.Next(now)})
		}
		return change, tasks, nil
	})
}
