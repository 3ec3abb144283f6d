package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// loose is how old a batch is that nobody names before it is swept away: the
// run that fills it has ended by then.
const loose = 24 * time.Hour

// book is the sources of an entity while they are put together.
type book struct {
	service *Service
	ctx     context.Context //nolint:containedctx // lives as long as one run
	scope   tenant.Scope
	cal     *ledger.Calendar
	version int64

	sources []Source
	before  []Source              // as they are stored
	files   []*File               // as far as they were read
	opened  map[tenant.ID][]*File // by their originals
	lost    map[tenant.ID][]Span
	held    map[tenant.ID][]HeldRow // to be stored, by source
	spare   []int64                 // batches that nobody names any more
}

// take takes the sources that count, but for those of some imports.
func (b *book) take(tx Tx, but ...tenant.ID) error {
	version, list, err := bookOf(tx)
	if err != nil {
		return err
	}
	b.version = version
	for _, src := range list {
		if !slices.Contains(but, src.Import) {
			b.add(src)
		}
	}
	return nil
}

func (b *book) add(src Source) {
	b.sources, b.before, b.files = append(b.sources, src), append(b.before, src), append(b.files, nil)
}

func (b *book) zone() string { return b.cal.Zone().String() }

// read reads the i-th source from its original.
func (b *book) read(i int) (*File, error) {
	f, err := b.open(&b.sources[i])
	if err != nil {
		return nil, err
	}
	if err := f.Read(b.cal); err != nil {
		return nil, err
	}
	b.files[i] = f
	return f, nil
}

// open opens the original of a source, once for all sources that are in it.
func (b *book) open(src *Source) (*File, error) {
	if b.opened == nil {
		b.opened = make(map[tenant.ID][]*File)
	}
	files, ok := b.opened[src.Original]
	if !ok {
		choices, err := src.Choice.choices(src.Upload)
		if err != nil {
			return nil, fmt.Errorf("import %s: %w", src.Import, err)
		}
		r, size, err := b.service.Vault.FileAt(b.ctx, b.scope, src.Original)
		if err != nil {
			return nil, err
		}
		if files, err = Open(src.Upload, r, size, b.service.Formats, choices); err != nil {
			return nil, err
		}
		b.opened[src.Original] = files
	}
	if src.Table >= len(files) || !files[src.Table].Known() {
		return nil, fmt.Errorf("source %s: table %d of its original is not there: %w", src.ID, src.Table, ErrUnusable)
	}
	return files[src.Table], nil
}

// settle puts the sources together and says in each what became of its rows.
func (b *book) settle() {
	at := make(map[*File]int, len(b.files))
	for i, f := range b.files {
		at[f] = i
	}
	kept, _ := Merge(b.files)
	b.held, b.lost = make(map[tenant.ID][]HeldRow), make(map[tenant.ID][]Span)
	for i := range b.sources {
		src := &b.sources[i]
		src.Rank, src.Twin = 0, true
		src.Events, src.Merged, src.Duplicate, src.Ignored, src.Held = 0, 0, src.Rows, 0, 0
	}
	for rank, f := range kept {
		src := &b.sources[at[f]]
		src.Rank, src.Twin = rank+1, false
		t := f.Collector.Tally
		src.Events, src.Merged, src.Duplicate, src.Ignored, src.Held = t.Events, t.Merged, t.Duplicate, t.Ignored, t.Held
	}
	for i := range b.sources {
		b.settleHeld(&b.sources[i], b.files[i])
		b.settleLost(&b.sources[i], b.files[i])
	}
}

// settleHeld has the held rows stored if they are not those of before.
func (b *book) settleHeld(src *Source, f *File) {
	sum := ""
	if src.Held > 0 {
		sum = heldSum(f)
	}
	if sum == src.HeldSum {
		return
	}
	b.release(src.HeldIn)
	src.HeldSum, src.HeldIn = sum, 0
	if src.Held > 0 {
		b.held[src.ID] = f.HeldRows()
	}
}

// settleLost does the same with the events that count elsewhere. Those of a
// twin need no list: it has no rank.
func (b *book) settleLost(src *Source, f *File) {
	sum := ""
	if !src.Twin && len(f.Lost) > 0 {
		sum = hex.EncodeToString(digest(f.Lost))
	}
	if sum == src.LostSum {
		return
	}
	b.release(src.LostIn)
	src.LostSum, src.LostIn = sum, 0
	if sum != "" {
		b.lost[src.ID] = f.Lost
	}
}

func digest(v any) []byte {
	sum := sha256.Sum256(fmt.Append(nil, v))
	return sum[:16]
}

// heldSum stands for the held rows of a file.
func heldSum(f *File) string {
	h := sha256.New()
	for _, r := range f.Collector.Held {
		fmt.Fprintf(h, "%d %q %q\n", r.Line, r.Column, r.Reason)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// store keeps the lists of what does not count, step by step.
func (b *book) store(ctx context.Context) (err error) {
	for i := range b.sources {
		src := &b.sources[i]
		if rows := b.held[src.ID]; len(rows) > 0 {
			if src.HeldIn, err = b.service.storeHeld(ctx, b.scope, rows); err != nil {
				return err
			}
		}
		if spans := b.lost[src.ID]; len(spans) > 0 {
			src.LostIn, err = inSteps(ctx, b.service.Store, b.scope, spans, func(tx Tx, batch int64, _ int, part []Span) error { return tx.AddLost(batch, part) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) storeHeld(ctx context.Context, scope tenant.Scope, rows []HeldRow) (batch int64, err error) {
	return inSteps(ctx, s.Store, scope, rows, func(tx Tx, batch int64, first int, part []HeldRow) error { return tx.AddHeld(batch, first, part) })
}

// inSteps keeps a list as a batch, each step in a transaction of its own. An
// empty list is batch 0.
func inSteps[T any](ctx context.Context, s Store, scope tenant.Scope, list []T, add func(tx Tx, batch int64, first int, part []T) error) (batch int64, err error) {
	for from := 0; from < len(list); from += step {
		err = s.InEntity(ctx, scope, func(tx Tx) error {
			if batch == 0 {
				if batch, err = tx.NewBatch(); err != nil {
					return err
				}
			}
			return add(tx, batch, from, list[from:min(from+step, len(list))])
		})
		if err != nil {
			return 0, err
		}
	}
	return batch, nil
}

// save keeps the sources that changed and the states that follow.
func (b *book) save(tx Tx) error {
	if err := tx.Advance(b.version); err != nil {
		return err
	}
	states := make(map[tenant.ID]State)
	for i := range b.sources {
		src := &b.sources[i]
		if src.Held > 0 {
			states[src.Import] = Held
		} else if states[src.Import] == "" {
			states[src.Import] = Done
		}
		if reflect.DeepEqual(*src, b.before[i]) {
			continue
		}
		if src.Batch != b.before[i].Batch {
			b.release(b.before[i].Batch)
		}
		if err := tx.SaveSource(src); err != nil {
			return err
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(states), func(x, y tenant.ID) int { return slices.Compare(x[:], y[:]) }) {
		if err := settleState(tx, id, states[id]); err != nil {
			return err
		}
	}
	return b.changed(tx)
}

// settleState makes an import done or held.
func settleState(tx Tx, id tenant.ID, state State) error {
	m, err := tx.Import(id)
	if err != nil {
		return err
	}
	if !m.State.Counts() || m.State == state {
		return nil
	}
	m.State = state
	return tx.SaveImport(m)
}

// changed leaves behind what has to be done after the sources changed.
func (b *book) changed(tx Tx) error {
	if err := b.service.Changed(b.ctx, tx, b.scope); err != nil || len(b.spare) == 0 {
		return err
	}
	return tx.Enqueue(b.ctx, job.Task{Kind: SweepKind, Args: entityArgs{Entity: b.scope.Entity(), Batch: b.spare}})
}

// release says that nobody will name a batch any more.
func (b *book) release(batch int64) {
	if batch != 0 {
		b.spare = append(b.spare, batch)
	}
}

// drop takes a source out of the book. What is known about it stays.
func (b *book) drop(src *Source) {
	b.release(src.Batch)
	b.release(src.HeldIn)
	b.release(src.LostIn)
	src.Batch, src.HeldIn, src.HeldSum, src.LostIn, src.LostSum, src.Rank, src.Twin = 0, 0, "", 0, "", 0, false
}

// revert takes an import out of the book; save keeps the rest.
func (b *book) revert(tx Tx, m *Import) error {
	before := m.State
	m.State, m.Ended = Reverted, tx.Now()
	if err := tx.SaveImport(m); err != nil {
		return err
	}
	for i := range m.Sources {
		b.drop(&m.Sources[i])
		if err := tx.SaveSource(&m.Sources[i]); err != nil {
			return err
		}
	}
	return tx.Audit(b.ctx, audit.Entry{Action: "import.revert", Object: m.object(), Before: before, After: Reverted})
}

// replaced takes the import out that another one stands for.
func (b *book) replaced(tx Tx, id tenant.ID) error {
	if id.IsZero() {
		return nil
	}
	m, err := tx.Import(id)
	if err != nil || m.State == Reverted {
		return err
	}
	return b.revert(tx, m)
}

// tally is what the audit chain keeps the hash of.
func (b *book) tally(id tenant.ID) any {
	var list []Inspected
	for i := range b.sources {
		if b.sources[i].Import == id {
			list = append(list, b.sources[i].Inspected)
		}
	}
	return list
}

// Inputs opens the sources that count, in their order, to be read anew: what
// is computed from them is computed from the records. ctx must live as long as
// the files are used.
func (s *Service) Inputs(ctx context.Context, scope tenant.Scope) (version int64, files []*File, err error) {
	b := &book{service: s, ctx: ctx, scope: scope}
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error { return b.take(tx) })
	if err != nil {
		return 0, nil, err
	}
	for i := range b.sources {
		if b.sources[i].Rank == 0 {
			continue
		}
		f, err := b.open(&b.sources[i])
		if err != nil {
			return 0, nil, err
		}
		files = append(files, f)
	}
	return b.version, files, nil
}
