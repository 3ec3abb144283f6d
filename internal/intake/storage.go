package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// ErrMoved reports that the sources of an entity changed while something was
// worked out from them.
var ErrMoved = errors.New("the book changed meanwhile")

// ErrCursor reports a text that is no cursor.
var ErrCursor = errors.New("not a cursor of this list")

// Store keeps imports, each in the store of its firm. Both ways in are one
// transaction on the entity of the scope.
type Store interface {
	InEntity(ctx context.Context, s tenant.Scope, fn func(Tx) error) error
	ReadEntity(ctx context.Context, s tenant.Scope, fn func(Tx) error) error
}

// Vault keeps sealed files. One that was put in but not kept in a transaction
// is swept away by and by.
type Vault interface {
	PutFile(ctx context.Context, s tenant.Scope, r io.Reader) (id tenant.ID, size int64, sum [sha256.Size]byte, err error)
	// FileAt opens a file, kept or not, to be read from any place.
	FileAt(ctx context.Context, s tenant.Scope, id tenant.ID) (r io.ReaderAt, size int64, err error)
}

// Tx is a transaction on one entity's imports. What is not there, or is
// another entity's, is fault.NotFound.
type Tx interface {
	audit.Log
	job.Outbox
	once.Answers
	Now() time.Time

	// TaxZone returns the name of the entity's tax zone, "" if it has none.
	TaxZone() (string, error)
	// Version returns a number that changes with the sources that count.
	Version() (int64, error)
	// Advance changes it; ErrMoved if it is not the one that is given.
	Advance(from int64) error

	AddImport(m *Import) error
	Import(id tenant.ID) (*Import, error)
	// Imports lists them, the newest first, from behind one; zero is the top.
	Imports(after tenant.ID, limit int) ([]Import, error)
	// SaveImport keeps state, choice, end, progress and failure.
	SaveImport(m *Import) error
	// Progress keeps how many rows of a running import are stored; ErrMoved
	// if it does not run any more.
	Progress(id tenant.ID, stored int) error
	// SaveSource keeps all of a source but its import and its original.
	SaveSource(s *Source) error
	// Counting lists the sources that count.
	Counting() ([]Source, error)

	// NewBatch begins a batch of derived rows, which nobody sees until a
	// source names it.
	NewBatch() (int64, error)
	AddEvents(batch int64, first int, list []ledger.Event) error
	AddHeld(batch int64, first int, rows []HeldRow) error
	AddLost(batch int64, spans []Span) error
	Held(batch int64, from, limit int) ([]HeldRow, error)
	// Drop removes up to limit rows of a batch and reports whether that was
	// all; then the batch is gone too.
	Drop(batch int64, limit int) (done bool, err error)
	// Loose lists batches that were begun before a time and that no source
	// names.
	Loose(before time.Time) ([]int64, error)

	Events(q Query) ([]Listed, error)
	KeepFile(ctx context.Context, id tenant.ID) error
}
