// Package job is work that waits: stored, unique, retried, leased; every job
// may run twice.
package job

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Task is work that is to be done later. Its arguments are stored in the
// clear: they hold ids, never what names people, locates them or opens doors.
type Task struct {
	Kind string // "intake.read": the name under which a handler is registered
	// Key makes a task unique: while one with this kind, firm and key waits,
	// another is not added. One that runs already does not count, for it may
	// have read what has changed since. "" is never unique.
	Key  string
	Firm tenant.FirmID // whose data it works on; a firm's transaction sets its own
	Args any           // of the handler, as JSON; nil for none
	At   time.Time     // not before; zero is now
}

// Outbox takes tasks in the transaction of the change that needs them, so
// that there is never the one without the other.
type Outbox interface {
	Enqueue(ctx context.Context, t Task) error
}

var kindRule = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9_]+)+$`)

// Stored is a task as it is kept.
type Stored struct {
	Kind string          `json:"kind"`
	Key  string          `json:"key,omitempty"`
	Firm string          `json:"firm,omitempty"`
	Args json.RawMessage `json:"args,omitempty"`
	At   time.Time       `json:"-"`
	// Once names what asked for the task, a row of an outbox or the tick of a
	// schedule; what asks a second time is not heard.
	Once string `json:"once,omitempty" river:"unique"`
}

// Store checks a task and returns what is kept of it.
func (t Task) Store() (Stored, error) {
	if !kindRule.MatchString(t.Kind) {
		return Stored{}, fmt.Errorf("job: kind %q is not like \"intake.read\"", t.Kind)
	}
	s := Stored{Kind: t.Kind, Key: t.Key, At: t.At.UTC()}
	if !t.Firm.IsZero() {
		s.Firm = t.Firm.String()
	}
	if t.Args != nil {
		args, err := json.Marshal(t.Args)
		if err != nil {
			return Stored{}, fmt.Errorf("job: arguments of %s: %w", t.Kind, err)
		}
		s.Args = args
	}
	return s, nil
}
