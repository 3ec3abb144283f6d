package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Kind says how tasks of one kind are worked.
type Kind struct {
	Name  string        // as in Task
	Limit time.Duration // of one run; 1 minute if 0
	Tries int           // how often it is tried at most; 20 if 0
	// Backoff is the pause after a try that failed, counted from 1; nil
	// doubles from 5 seconds to an hour.
	Backoff func(try int) time.Duration
	// Work does it. It may be called twice for one task, also at the same
	// time, so it must find out what is done already. An error is retried
	// unless it comes from Never.
	Work func(ctx context.Context, r Run) error
}

// Run is one try of a task.
type Run struct {
	Kind string
	Key  string
	Firm tenant.FirmID // zero for work on the control plane
	Try  int           // 1, 2, …
	Last bool          // there will be no other try
	args json.RawMessage
}

// Args reads the task's arguments.
func (r Run) Args(into any) error {
	if err := json.Unmarshal(r.args, into); err != nil {
		return Never(fmt.Errorf("arguments: %w", err))
	}
	return nil
}

// Scope returns the scope of a task on a firm's data.
func (r Run) Scope(entity tenant.EntityID) tenant.Scope { return tenant.ForJob(r.Firm, entity, r.Kind) }

// errNever marks what no further try can mend.
var errNever = errors.New("not to be tried again")

// Never marks an error that no further try can mend.
func Never(err error) error { return fmt.Errorf("%w: %w", errNever, err) }

// later asks for another run without calling it a failure.
type later struct{ after time.Duration }

func (l later) Error() string { return "later" }

// Later is returned by work that is not done yet and wants to go on after a
// pause: a limit of rate, a file that is still staged.
func Later(after time.Duration) error { return later{max(after, time.Second)} }

// Registry is all kinds and schedules that a process works. It is filled
// before work begins.
type Registry struct {
	kinds     map[string]Kind
	workers   int
	lanes     map[string]int // the lanes with workers of another number
	schedules map[string]scheduled
	pause     func() bool
}

// PauseWhile lets no work begin while a condition holds, and asks what runs
// to end: it is done later.
func (r *Registry) PauseWhile(condition func() bool) { r.pause = condition }

// Paused reports whether no work may begin.
func (r *Registry) Paused() bool { return r.pause != nil && r.pause() }

// scheduled is a task that comes back.
type scheduled struct {
	when Schedule
	task Task
}

// NewRegistry makes an empty registry. Kinds with the same first word
// ("intake.read", "intake.revert") share a lane, which has so many workers,
// and a lane that is full delays no other.
func NewRegistry(workers int) *Registry {
	return &Registry{kinds: make(map[string]Kind), workers: max(workers, 1), lanes: make(map[string]int), schedules: make(map[string]scheduled)}
}

// Lane gives a lane another number of workers.
func (r *Registry) Lane(name string, workers int) { r.lanes[name] = max(workers, 1) }

// laneOf returns the lane of a kind.
func laneOf(kind string) string {
	lane, _, _ := strings.Cut(kind, ".")
	return lane
}

// Handle registers a kind.
func (r *Registry) Handle(k Kind) error {
	if _, taken := r.kinds[k.Name]; taken || !kindRule.MatchString(k.Name) || k.Work == nil {
		return fmt.Errorf("job: kind %q is taken, not like \"intake.read\" or does nothing", k.Name)
	}
	if k.Limit == 0 {
		k.Limit = time.Minute
	}
	if k.Tries == 0 {
		k.Tries = 20
	}
	if k.Backoff == nil {
		k.Backoff = doubling
	}
	r.kinds[k.Name] = k
	return nil
}

// Every registers a task that comes back by a schedule: five fields of cron,
// "@daily" or "@every 1h", in UTC. It is enqueued once however many replicas
// there are, at once if its time came while no process ran, and never twice
// for the same time.
func (r *Registry) Every(name, spec string, t Task) error {
	when, err := ParseSchedule(spec)
	if err != nil {
		return err
	}
	if _, taken := r.schedules[name]; taken {
		return fmt.Errorf("job: schedule %q is taken", name)
	}
	if _, ok := r.kinds[t.Kind]; !ok {
		return fmt.Errorf("job: schedule %q is for kind %q, which nobody handles", name, t.Kind)
	}
	r.schedules[name] = scheduled{when, t}
	return nil
}

// doubling is the pause between tries unless a kind has its own.
func doubling(try int) time.Duration {
	return min(5*time.Second<<min(try-1, 20), time.Hour)
}
