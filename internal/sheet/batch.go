package sheet

import (
	"errors"
	"io"
	"iter"
	"strings"
	"sync"
)

const (
	batchRows  = 1024    // rows in a batch unless the caller says otherwise
	batchAhead = 3       // batches read ahead of the one in use
	batchBytes = 1 << 20 // a batch ends when its rows have so many bytes
)

// Batch is a run of rows, in the order of the file. It and the cells slices of its
// rows belong to the reader and are used again once the next batch is taken; the
// strings stay valid.
type Batch struct {
	Rows   []Row
	Faults []Fault // the spoiled rows of this run

	raws   []string
	arenas [][]string // cells of all rows; the last ones are filled at last
	arena  int        // the arena in use
	used   int        // cells used of it
}

// Fault is a row that could not be read.
type Fault struct {
	Err *Error
	Raw string // as RowReader.Raw
	At  int    // how many rows of the batch stand in front of it
}

// Raw gives the text of the i-th row, as RowReader.Raw does.
func (b *Batch) Raw(i int) string {
	if b.raws[i] == "" {
		return cut(strings.Join(b.Rows[i].Cells, "\t"))
	}
	return cut(b.raws[i])
}

// Batches gives the rows of a table in runs of size, or of a fitting size if it
// is 0. They are read ahead, and hashed, in a goroutine of their own, so that who
// takes them only has to make sense of the cells. The goroutine has ended when
// the loop over Batches has, early or not. The last value may be an error without
// a batch: the *Error that ends the table.
func (f *File) Batches(comma byte, size int) iter.Seq2[*Batch, error] {
	if size <= 0 {
		size = batchRows
	}
	return func(yield func(*Batch, error) bool) {
		if _, err := f.Rows(comma); err != nil {
			yield(nil, err)
			return
		}
		p := pipeline{
			src: f.source(comma), lim: f.lim, size: size,
			full: make(chan *Batch, batchAhead), free: make(chan *Batch, batchAhead+2), done: make(chan struct{}),
		}
		var reader sync.WaitGroup
		reader.Go(p.run)
		defer reader.Wait()
		defer close(p.done)
		for b := range p.full {
			if !yield(b, nil) {
				return
			}
			b.reset()
			p.free <- b
		}
		if p.err != nil {
			yield(nil, p.err)
		}
	}
}

// pipeline reads batches ahead of their use.
type pipeline struct {
	src  rowSource
	lim  Limits
	size int
	full chan *Batch   // read, in order; closed at the end
	free chan *Batch   // to be used again; has room for all there are
	done chan struct{} // closed when nobody takes batches any more
	err  error         // what ended the table; set before full is closed
}

// run reads until the end of the table or until done is closed.
func (p *pipeline) run() {
	defer close(p.full)
	for made := 0; ; {
		var b *Batch
		select {
		case b = <-p.free:
		default:
			if made < cap(p.free) {
				b = &Batch{}
				made++
				break
			}
			select {
			case b = <-p.free:
			case <-p.done:
				return
			}
		}
		err := p.fill(b)
		if len(b.Rows)+len(b.Faults) > 0 {
			select {
			case p.full <- b:
			case <-p.done:
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				p.err = err
			}
			return
		}
	}
}

// fill reads one batch; an error is the end of the table.
func (p *pipeline) fill(b *Batch) error {
	for bytes := 0; bytes < batchBytes && len(b.Rows)+len(b.Faults) < p.size; {
		row, err := p.src.next(b.room(p.lim.Columns + 1))
		if err == nil {
			b.used += len(row.Cells)
			b.Rows = append(b.Rows, row)
			b.raws = append(b.raws, p.src.rawText())
			bytes += len(p.src.rawText())
			continue
		}
		var fault *Error
		if !errors.As(err, &fault) || !fault.Row {
			return err
		}
		b.Faults = append(b.Faults, Fault{fault, p.src.Raw(), len(b.Rows)})
		bytes += rawLimit
	}
	return nil
}

// room gives place for one row of so many cells.
func (b *Batch) room(cells int) []string {
	const arenaSize = 16 << 10
	for b.arena < len(b.arenas) {
		if a := b.arenas[b.arena]; b.used+cells <= len(a) {
			return a[b.used:]
		}
		b.arena++
		b.used = 0
	}
	b.arenas = append(b.arenas, make([]string, max(arenaSize, 2*cells)))
	return b.arenas[b.arena]
}

// reset makes the batch empty. The strings in its arenas are overwritten by
// later rows; those that are not keep a few blocks of the file alive, no more
// than there were rows in a batch.
func (b *Batch) reset() {
	b.Rows, b.Faults, b.raws = b.Rows[:0], b.Faults[:0], b.raws[:0]
	b.arena, b.used = 0, 0
}
