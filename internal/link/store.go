package link

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// ErrGone is the error of a link that is not there, or no longer.
var ErrGone = errors.New("link: not there")

// Store keeps links, each in the store of its firm.
type Store interface {
	InEntity(ctx context.Context, s tenant.Scope, fn func(Tx) error) error
	ReadEntity(ctx context.Context, s tenant.Scope, fn func(Tx) error) error
	// Acquire takes a lease that one holder at a time has, among all replicas.
	// It ends with the process.
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	Release(ctx context.Context, name, holder string) error
	// What is used of the limits of an exchange is kept for all replicas.
	exchange.Keeper
}

// Tx is a transaction on one entity's links. What is not there is ErrGone.
type Tx interface {
	audit.Log
	job.Outbox
	Now() time.Time
	Event(ctx context.Context, e audit.Event) error

	AddLink(l *Link, key exchange.Credentials) error
	Link(id tenant.ID) (*Link, error)
	Links() ([]Link, error)
	SaveLink(l *Link) error
	Key(id tenant.ID) (exchange.Credentials, error)
	SaveKey(id tenant.ID, key exchange.Credentials) error
	// DropLink forgets a link with its key, its cursors and its runs. What it
	// brought stays in the book.
	DropLink(id tenant.ID) error

	SaveStream(link tenant.ID, s *Stream) error
	// AddRecords keeps records that are new and returns how many were, and how
	// many are known with another content: those stay as they were.
	AddRecords(link tenant.ID, list []exchange.Record) (added, changed int, err error)
	// Records goes through the records of a link, in no order.
	Records(link tenant.ID) iter.Seq2[exchange.Record, error]

	AddRun(r *Run) error
	SaveRun(r *Run) error
	Run(id tenant.ID) (*Run, error)
	// Runs returns the runs of a link, the newest first.
	Runs(link tenant.ID, limit int) ([]Run, error)
	// Underway returns the run of a link that is not over, or ErrGone.
	Underway(link tenant.ID) (*Run, error)
}

// Books is the part of the intake that takes what links bring.
type Books interface {
	Upload(ctx context.Context, s tenant.Scope, o intake.Order, next func() (intake.Incoming, error)) (*intake.Import, error)
	Find(ctx context.Context, s tenant.Scope, id tenant.ID) (*intake.Import, error)
	Revert(ctx context.Context, s tenant.Scope, id tenant.ID) (*intake.Import, error)
	Read(ctx context.Context, s tenant.Scope, id tenant.ID) error
}
