// Package store keeps everything in SQLite or PostgreSQL. It is the only
// package that imports gorm, and no gorm type appears in its exported API.
//
// The control plane (people, firms, sessions, jobs) is one database; each
// firm's data is its own file, or its own rows behind row-level security.
// Control and InFirm are the only ways in: one transaction each, in which the
// change, its audit entry and the work it needs are kept together or not at
// all.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Config says where things are kept and what the store needs for it.
type Config struct {
	DataDir string // of SQLite: control.db and firms/ below it
	// DatabaseURL of PostgreSQL, postgres://…, instead of SQLite. Its role
	// owns nothing; Migrate makes the schema.
	DatabaseURL string
	Clock       clock.Clock
	Log         *slog.Logger
	Keys        Keys   // seals columns; without it Seal and Open answer ErrNoKeys
	Residency   string // the region of this node, "eu" if empty
	Firms       int    // how many firms' files stay open when idle; 256 if 0
	// Beat is how often schedules, retries and what committed changes left to
	// do are looked at; 1 second if 0.
	Beat time.Duration
}

// Store is an open installation.
type Store struct {
	clock     clock.Clock
	log       *slog.Logger
	keys      Keys
	residency string
	control   *database
	firms     places
	pools     []*pgxpool.Pool
	jobs      queue
	outbox    *outbox
	heads     *heads
	id        string    // of the installation
	dir       string    // the data directory
	watched   time.Time // when it last looked at the verification; owned by beats
	replica   string    // names this process among those on the same database
	beat      time.Duration
}

// places is where firms' data are.
type places interface {
	// acquire returns the database of a firm that the control plane knows;
	// release must be called when it is no longer used.
	acquire(ctx context.Context, firm tenant.FirmID) (db *database, release func(), err error)
	// left returns the firms whose outboxes a process that died may have left.
	left() ([]tenant.FirmID, error)
	close() error
}

// Open opens an installation. In SQLite it makes one if there is none, and
// migrates the control database; the caller holds the data directory's lock.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Clock == nil || c.Log == nil {
		return nil, errors.New("store: a clock and a log are needed")
	}
	if c.Residency == "" {
		c.Residency = "eu"
	}
	if c.Firms == 0 {
		c.Firms = 256
	}
	s := &Store{clock: c.Clock, log: c.Log, keys: c.Keys, residency: c.Residency, beat: cmp.Or(c.Beat, time.Second), replica: tenant.NewID().String()}
	s.dir, s.outbox, s.heads = c.DataDir, newOutbox(s), newHeads(s)
	open := s.openSQLite
	if c.DatabaseURL != "" {
		open = s.openPostgres
	}
	if err := open(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close()) //nolint:contextcheck // closing goes on when ctx has ended
	}
	return s, nil
}

// Close hands over what was left to do and closes everything. Nobody may be
// using the store any more.
func (s *Store) Close() error {
	var errs []error
	if s.jobs != nil {
		errs = append(errs, s.outbox.flush(context.Background()), s.checkpointSoon(context.Background(), 0))
	}
	if s.firms != nil {
		errs = append(errs, s.firms.close())
	}
	if s.control != nil {
		errs = append(errs, s.control.close())
	}
	for _, p := range s.pools {
		p.Close()
	}
	return errors.Join(errs...)
}

// now returns the time as the databases keep it.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Control runs fn in one transaction on the control plane. It commits if fn
// returns nil, and rolls back on an error or a panic. Inside fn only the
// transaction may be used: another one would wait for this one.
func (s *Store) Control(ctx context.Context, fn func(*ControlTx) error) error {
	return s.inControl(ctx, true, fn)
}

// ReadControl is Control for reading: what fn sees is one moment, and a write
// is an error.
func (s *Store) ReadControl(ctx context.Context, fn func(*ControlTx) error) error {
	return s.inControl(ctx, false, fn)
}

func (s *Store) inControl(ctx context.Context, write bool, fn func(*ControlTx) error) error {
	defer s.slow(ctx, controlChain, s.clock())
	return s.control.run(ctx, mode{write: write}, func(t *tx) error {
		t.store, t.chain = s, controlChain
		return t.finish(fn(&ControlTx{t}))
	})
}

// InFirm runs fn in one transaction on a firm's data, as Control does. A
// scope that names no firm is refused: a forgotten scope must never mean
// everyone.
func (s *Store) InFirm(ctx context.Context, scope tenant.Scope, fn func(*FirmTx) error) error {
	return s.inFirm(ctx, scope, true, fn)
}

// ReadFirm is InFirm for reading.
func (s *Store) ReadFirm(ctx context.Context, scope tenant.Scope, fn func(*FirmTx) error) error {
	return s.inFirm(ctx, scope, false, fn)
}

func (s *Store) inFirm(ctx context.Context, scope tenant.Scope, write bool, fn func(*FirmTx) error) error {
	if !scope.Valid() {
		return tenant.ErrScope
	}
	db, release, err := s.firms.acquire(ctx, scope.Firm())
	if err != nil {
		return err
	}
	defer release()
	defer s.slow(ctx, scope.Firm().String(), s.clock())
	return db.run(ctx, mode{firm: scope.Firm(), write: write}, func(t *tx) error {
		t.store, t.chain = s, scope.Firm().String()
		return t.finish(fn(&FirmTx{t, scope}))
	})
}

// slow logs a transaction that took long, or waited long for its turn.
func (s *Store) slow(ctx context.Context, where string, began time.Time) {
	if took := s.clock().Sub(began); took > time.Second {
		s.log.WarnContext(ctx, "slow transaction", "firm", where, "took", took)
	}
}
