package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// The kinds of stored work.
const (
	ReadKind  = "intake.read"  // read an import
	SweepKind = "intake.sweep" // remove derived rows that nobody uses
)

// step is how many rows one transaction stores at most.
const step = 5000

// Config is what a Service needs.
type Config struct {
	Store   Store
	Vault   Vault
	Formats []statement.Format
	// Changed adds to the transaction that changes which events count; nil
	// adds nothing.
	Changed func(ctx context.Context, tx job.Outbox, s tenant.Scope) error
	// MaxUpload is how many bytes one upload may have; 256 MiB if 0.
	MaxUpload int64
	Log       *slog.Logger
}

// Service takes statements in, derives events from them and gives them back.
type Service struct {
	Config
	turns chan struct{} // one for each upload or job that has rows in memory
}

// readers is how many uploads and jobs may have rows in memory at a time.
const readers = 2

// NewService makes a service.
func NewService(c Config) *Service {
	if c.MaxUpload <= 0 {
		c.MaxUpload = 256 << 20
	}
	if c.Changed == nil {
		c.Changed = func(context.Context, job.Outbox, tenant.Scope) error { return nil }
	}
	return &Service{Config: c, turns: make(chan struct{}, readers)}
}

// Turn waits until there is memory for one more that has all rows in memory.
func (s *Service) Turn(ctx context.Context) (done func(), err error) {
	select {
	case s.turns <- struct{}{}:
		return func() { <-s.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Find returns an import.
func (s *Service) Find(ctx context.Context, scope tenant.Scope, id tenant.ID) (m *Import, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		m, err = tx.Import(id)
		return err
	})
	return m, err
}

// List returns imports, the newest first, from behind one.
func (s *Service) List(ctx context.Context, scope tenant.Scope, after tenant.ID, limit int) (list []Import, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		list, err = tx.Imports(after, min(max(limit, 1), MaxPage))
		return err
	})
	return list, err
}

// HeldRows returns rows of a source that led to nothing.
func (s *Service) HeldRows(ctx context.Context, scope tenant.Scope, src Source, from, limit int) (rows []HeldRow, err error) {
	if src.HeldIn == 0 {
		return nil, nil
	}
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		rows, err = tx.Held(src.HeldIn, from, limit)
		return err
	})
	return rows, err
}

// Events returns a page of the entity's events, in the order of the book.
func (s *Service) Events(ctx context.Context, scope tenant.Scope, f Filter) (list []Listed, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		cal, err := calendar(tx)
		if err != nil {
			return err
		}
		q, err := f.query(cal)
		if err != nil {
			return err
		}
		list, err = tx.Events(q)
		return err
	})
	return list, err
}

// Book returns the version of the entity's book with the sources that count.
func (s *Service) Book(ctx context.Context, scope tenant.Scope) (version int64, sources []Source, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		version, sources, err = bookOf(tx)
		return err
	})
	return version, sources, err
}

func bookOf(tx Tx) (version int64, sources []Source, err error) {
	if version, err = tx.Version(); err != nil {
		return 0, nil, err
	}
	sources, err = tx.Counting()
	return version, sources, err
}

// Start runs an import that was staged, or one again with another choice.
// What the import gave so far counts until the new reading is done.
func (s *Service) Start(ctx context.Context, scope tenant.Scope, id tenant.ID, c Choice) (m *Import, err error) {
	err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
		if m, err = tx.Import(id); err != nil {
			return err
		}
		switch m.State {
		case Running:
			return fault.Coded(fault.Conflict, "import_running", nil, "This import is being read. Change it when it is done.")
		case Reverted:
			return fault.Coded(fault.Conflict, "import_reverted", nil, "This import was reverted. Upload the files again.")
		default:
		}
		if c.TZ != nil {
			m.Choice.TZ = c.TZ
		}
		if c.Account != nil {
			m.Choice.Account = c.Account
		}
		if err := m.checkChoice(); err != nil {
			return err
		}
		before := m.State
		m.State, m.Stored, m.Failure, m.Ended = Running, 0, "", time.Time{}
		if err := tx.SaveImport(m); err != nil {
			return err
		}
		return errors.Join(
			tx.Audit(ctx, audit.Entry{Action: "import.start", Object: m.object(), Before: before, After: m.State}),
			tx.Enqueue(ctx, readTask(scope, id)),
		)
	})
	return m, err
}

// checkChoice refuses zones that are none.
func (m *Import) checkChoice() error {
	for i := range m.Sources {
		if _, err := m.Choice.choices(m.Sources[i].Upload); err != nil {
			return badZone()
		}
	}
	return nil
}

func badZone() error {
	return &fault.Fault{
		Kind: fault.Invalid, Code: "unknown_zone", Words: "This is no time zone. Write one such as Europe/London or UTC.",
		Details: []fault.Detail{{Pointer: "tz", Code: "unknown_zone", Words: "Not an IANA zone."}},
	}
}

// settled is the state of an import whose sources count.
func (m *Import) settled() State {
	for i := range m.Sources {
		if m.Sources[i].Held > 0 {
			return Held
		}
	}
	return Done
}

// object names an import in the audit chain.
func (m *Import) object() string { return "import/" + m.ID.String() }

// entityArgs are the arguments of work on one entity.
type entityArgs struct {
	Entity tenant.EntityID `json:"entity"`
	Import tenant.ID       `json:"import,omitzero"`
	Batch  []int64         `json:"batch,omitempty"`
}

func readTask(s tenant.Scope, id tenant.ID) job.Task {
	return job.Task{Kind: ReadKind, Key: "import/" + id.String(), Args: entityArgs{Entity: s.Entity(), Import: id}}
}

// calendar returns the calendar of the entity's tax zone.
func calendar(tx Tx) (*ledger.Calendar, error) {
	name, err := tx.TaxZone()
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = "UTC"
	}
	zone, err := LoadZone(name)
	if err != nil {
		return nil, fmt.Errorf("tax zone of the entity: %w", err)
	}
	return ledger.NewCalendar(zone), nil
}
