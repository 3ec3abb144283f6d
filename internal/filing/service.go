package filing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// RefreshKind is the stored work that builds an entity's years after its
// events changed.
const RefreshKind = "filing.refresh"

// All is the label of all years together.
const All = "all"

// Store keeps what was built, each in the store of its firm. Both ways in are
// one transaction on the entity of the scope.
type Store interface {
	InEntity(ctx context.Context, s tenant.Scope, fn func(Tx) error) error
	ReadEntity(ctx context.Context, s tenant.Scope, fn func(Tx) error) error
}

// Tx is a transaction on one entity's reports.
type Tx interface {
	audit.Log
	audit.Events
	job.Outbox
	Now() time.Time

	// Settings returns how the entity's tax is computed.
	Settings() (Settings, error)
	// Version returns the version of the entity's book.
	Version() (int64, error)
	// Report returns what was built last for a label, without its summary,
	// nil if nothing was.
	Report(label string) (*Report, error)
	// Summary returns the summary of it.
	Summary(label string) (Summary, error)
	// SaveReport replaces it.
	SaveReport(r *Report) error
	// Prices returns the entity's own file of prices, zero if it has none, and
	// a number that changes with all its prices.
	Prices() (PriceFile, int64, error)
	SavePrices(p PriceFile) error
	KeepFile(ctx context.Context, id tenant.ID) error
	DropFile(ctx context.Context, id tenant.ID) error
}

// Vault keeps sealed files.
type Vault interface {
	PutFile(ctx context.Context, s tenant.Scope, r io.Reader) (id tenant.ID, size int64, sum [sha256.Size]byte, err error)
	FileAt(ctx context.Context, s tenant.Scope, id tenant.ID) (r io.ReaderAt, size int64, err error)
}

// Inputs gives the files that an entity's tax is computed from.
type Inputs interface {
	Inputs(ctx context.Context, s tenant.Scope) (version int64, files []*intake.File, err error)
	// Turn waits until there is memory for one more computation.
	Turn(ctx context.Context) (done func(), err error)
}

// Quotes gives the prices that were looked up for an entity, and looks up what
// a computation wanted in vain.
type Quotes interface {
	Open(ctx context.Context, s tenant.Scope, width quote.Width) (*quote.Book, error)
	Look(ctx context.Context, s tenant.Scope, b *quote.Book) error
}

// Plan says what a firm may have. It is asked in one place, for every final
// report.
type Plan interface {
	// AllowReport is nil if the final reports of a tax year, from its first
	// day to its last, may leave, else the fault to answer with. All years
	// together have no days.
	AllowReport(ctx context.Context, s tenant.Scope, year string, first, last time.Time) error
}

// Config is what a Service needs.
type Config struct {
	Store  Store
	Vault  Vault
	Inputs Inputs
	Quotes Quotes // nil has none
	Plan   Plan   // nil allows everything
	// Leaves is told of each file that is about to leave and of its size. An
	// error keeps it here. Nil lets all go.
	Leaves func(ctx context.Context, by tenant.Actor, size int64) error
	Log    *slog.Logger
}

// Service builds years and keeps what it built for as long as nothing changes.
type Service struct {
	Config
	mu      sync.Mutex
	flying  map[string]chan struct{}    // what is being built; closed when it is done
	lacking map[tenant.EntityID]lacking // whose source did not answer
}

// NewService makes a service.
func NewService(c Config) *Service {
	return &Service{Config: c, flying: make(map[string]chan struct{}), lacking: make(map[tenant.EntityID]lacking)}
}

// Report is what was built for a label: one sealed zip of all its files, and
// a summary.
type Report struct {
	Label   string
	Key     string // of everything that it depends on
	File    tenant.ID
	Size    int64
	Built   time.Time
	Summary Summary
}

// Changed goes into a transaction that changes which events of an entity
// count: its years are built anew.
func Changed(ctx context.Context, tx job.Outbox, s tenant.Scope) error {
	return tx.Enqueue(ctx, job.Task{Kind: RefreshKind, Key: "entity/" + s.Entity().String(), Args: entityArgs{s.Entity()}})
}

type entityArgs struct {
	Entity tenant.EntityID `json:"entity"`
}

// Register makes the service's work known.
func (s *Service) Register(r *job.Registry) error {
	return r.Handle(job.Kind{Name: RefreshKind, Limit: 30 * time.Minute, Tries: 3, Work: func(ctx context.Context, r job.Run) error {
		var args entityArgs
		if err := r.Args(&args); err != nil {
			return err
		}
		err := s.Refresh(ctx, r.Scope(args.Entity))
		if fault.Is(err, fault.Invalid) {
			return nil // the settings are to be mended; the page says so
		}
		return afterwards(err)
	}})
}

// state is what a report depends on.
type state struct {
	settings Settings
	version  int64
	label    string
	file     PriceFile
	prices   int64
}

// key names everything that a report depends on.
func (st *state) key() string {
	rules := ""
	if r := Rules(st.settings.Country); r != nil {
		rules = r.Version
	}
	text, err := json.Marshal([]any{Engine, rules, st.settings, st.version, st.label, st.prices})
	if err != nil {
		panic(err) // invariant: settings are strings
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// read reads what a computation depends on beside the inputs.
func (st *state) read(tx Tx) (err error) {
	if st.settings, err = tx.Settings(); err != nil {
		return err
	}
	st.file, st.prices, err = tx.Prices()
	return err
}

// find settles the label of a year and returns the report of it, if what was
// built last still holds.
func (s *Service) find(ctx context.Context, scope tenant.Scope, year string) (st state, r *Report, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		if err = st.read(tx); err != nil {
			return err
		}
		if st.label, err = st.settings.label(year); err != nil {
			return err
		}
		if st.version, err = tx.Version(); err != nil {
			return err
		}
		r, err = tx.Report(st.label)
		return err
	})
	if r != nil && r.Key != st.key() {
		r = nil
	}
	return st, r, err
}

// label returns a country's own label of a year.
func (s *Settings) label(year string) (string, error) {
	rules := Rules(s.Country)
	if year == All || rules == nil { // without a country Prepare says what is missing
		return year, nil
	}
	label, _, _, err := rules.FindYear(year)
	if err != nil {
		return "", fault.New(fault.NotFound, err, "There is no such tax year.")
	}
	return label, nil
}

// Summary returns the summary of a year or of All.
func (s *Service) Summary(ctx context.Context, scope tenant.Scope, year string) (sum Summary, err error) {
	r, err := s.Year(ctx, scope, year)
	if err != nil {
		return sum, err
	}
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		sum, err = tx.Summary(r.Label)
		return err
	})
	return sum, err
}

// Year returns the report of a year, or of All, and builds it if need be.
func (s *Service) Year(ctx context.Context, scope tenant.Scope, year string) (*Report, error) {
	_, r, err := s.find(ctx, scope, year)
	if err != nil || r != nil {
		return r, err
	}
	leave, err := s.enter(ctx, scope)
	if err != nil {
		return nil, err
	}
	defer leave()
	st, r, err := s.find(ctx, scope, year)
	if err != nil || r != nil { // somebody else built it
		return r, err
	}
	return s.build(ctx, scope, st, st.label)
}

// enter waits until nobody builds an entity's years; leave lets the next one
// in, who then finds most years built: after a change all of them are made in
// one computation, and its rows are in memory once.
func (s *Service) enter(ctx context.Context, scope tenant.Scope) (leave func(), err error) {
	name := scope.Firm().String() + scope.Entity().String()
	for {
		s.mu.Lock()
		busy, ok := s.flying[name]
		if !ok {
			busy = make(chan struct{})
			s.flying[name] = busy
			s.mu.Unlock()
			return func() {
				s.mu.Lock()
				delete(s.flying, name)
				s.mu.Unlock()
				close(busy)
			}, nil
		}
		s.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// build computes and stores the report of one label. Prices that were not
// looked up yet are left to stored work: nobody waits for a source here.
func (s *Service) build(ctx context.Context, scope tenant.Scope, st state, label string) (*Report, error) {
	done, err := s.Inputs.Turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	c, err := s.compute(ctx, scope, &st, label)
	if err != nil {
		return nil, err
	}
	list, err := s.storeAll(ctx, scope, c, st, []string{label})
	if err != nil {
		return nil, err
	}
	if c.unasked() {
		err = s.Store.InEntity(ctx, scope, func(tx Tx) error { return Changed(ctx, tx, scope) })
	}
	return list[0], err
}

// storeAll stores the reports of a computation.
func (s *Service) storeAll(ctx context.Context, scope tenant.Scope, c *Computation, st state, labels []string) (list []*Report, err error) {
	list = make([]*Report, len(labels))
	for i, l := range labels {
		st.label = l
		if list[i], err = s.store(ctx, scope, c, st); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// compute does what the command line does.
func (s *Service) compute(ctx context.Context, scope tenant.Scope, st *state, label string) (*Computation, error) {
	version, files, err := s.Inputs.Inputs(ctx, scope)
	if err != nil {
		return nil, err
	}
	st.version = version
	in, err := Prepare(files, st.settings)
	if err != nil {
		return nil, fault.Coded(fault.Invalid, "settings", nil, "%s.", upper(err.Error()))
	}
	for _, f := range files {
		if err := f.Read(in.Calendar); err != nil {
			if errors.Is(err, intake.ErrUnusable) {
				return nil, fault.Coded(fault.Invalid, "unusable_file", nil, "%s.", upper(err.Error()))
			}
			return nil, err
		}
	}
	files, in.Book = intake.Merge(files)
	in.Book = Own(in.Book, st.settings.Apart)
	if label == All {
		label = ""
	}
	in.Snapshots = YearEnds(&in, label)
	sheet, err := s.prices(ctx, scope, st, &in)
	if err != nil {
		return nil, err
	}
	c, err := Calculate(files, in)
	if err != nil {
		return nil, fault.Coded(fault.Invalid, "cannot_compute", nil, "%s.", upper(err.Error()))
	}
	c.quotes = sheet
	return c, nil
}

// upper makes a sentence of what an error says.
func upper(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// labels are the years in which something happened.
func (c *Computation) labels() []string {
	var list []string
	var until ledger.Date
	for i := range c.Input.Book.Events {
		if day := c.Input.Calendar.Date(c.Input.Book.Events[i].At); i == 0 || day > until {
			var label string
			label, _, until = c.Input.Rules.YearOf(day)
			list = append(list, label)
		}
	}
	return list
}

// store writes the files of a label into one sealed zip and keeps it.
func (s *Service) store(ctx context.Context, scope tenant.Scope, c *Computation, st state) (*Report, error) {
	p, err := c.pack(st.label)
	if err != nil {
		return nil, err
	}
	r := &Report{Label: st.label, Key: st.key(), Summary: p.summary}
	if r.File, r.Size, err = s.put(ctx, scope, p); err != nil {
		return nil, err
	}
	err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
		r.Built = tx.Now()
		last, err := tx.Report(st.label)
		if err != nil {
			return err
		}
		if err := errors.Join(tx.SaveReport(r), tx.KeepFile(ctx, r.File)); err != nil || last == nil {
			return err
		}
		return tx.DropFile(ctx, last.File)
	})
	return r, err
}

// put seals a pack while it is written.
func (s *Service) put(ctx context.Context, scope tenant.Scope, p *pack) (id tenant.ID, size int64, err error) {
	r, w := io.Pipe()
	var written sync.WaitGroup
	written.Go(func() { _ = w.CloseWithError(p.write(w)) }) // it gives no error
	id, size, _, err = s.Vault.PutFile(ctx, scope, r)
	_ = r.CloseWithError(err) // it gives no error; a writer whose reader failed stops
	written.Wait()
	if err != nil {
		err = fmt.Errorf("pack of %s: %w", p.summary.Label, err)
	}
	return id, size, err
}
