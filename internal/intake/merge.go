package intake

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Merge puts read files together: the same file counts once, and so does the
// same row in several files. Which file keeps a row does not depend on the
// order in which the files were named: what linked accounts brought goes first,
// then they go by their hash. The files that count come back in that order,
// beside the sources of the book.
//
// A linked account tells all that happened in its time: what a statement says
// of the same account under the same id is the same row, and its rows without
// an id of that time are held.
func Merge(files []*File) ([]*File, *ledger.Book) {
	files = distinct(files)
	total := 0
	for _, f := range files {
		total += len(f.Collector.Events)
	}
	m := merger{files: files, table: newTable(total), covered: covers(files)}
	if len(files) == 1 {
		m.events = files[0].Collector.Events[:0] // in place: what is kept moves forward
	} else {
		m.events = make([]ledger.Event, 0, total)
	}
	sources := make([]ledger.Source, len(files))
	for i, f := range files {
		m.add(i, f)
		t := f.Collector.Tally
		sources[i] = ledger.Source{
			Name: f.Name, Format: f.FormatName(), SHA256: f.SHA256,
			Rows: t.Rows, Events: t.Events, Merged: t.Merged, Duplicate: t.Duplicate, Ignored: t.Ignored, Held: t.Held,
		}
		f.Collector.Events = nil
	}
	return files, ledger.NewBook(m.events, sources)
}

// distinct orders files, linked accounts first, by hash and drops those that were given twice. The
// worksheets of a workbook share its hash but not their names.
func distinct(files []*File) []*File {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b *File) int {
		return cmp.Or(a.afterLinked(b), cmp.Compare(a.SHA256, b.SHA256), cmp.Compare(a.sheetName(), b.sheetName()), cmp.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(files, func(a, b *File) bool {
		return a.SHA256 == b.SHA256 && a.sheetName() == b.sheetName()
	})
}

// Linked reports whether the file is what a linked account brought.
func (f *File) Linked() bool { return f.Format != nil && f.Format.Linked }

// afterLinked orders linked accounts before statements.
func (f *File) afterLinked(other *File) int {
	switch {
	case f.Linked() == other.Linked():
		return 0
	case f.Linked():
		return -1
	}
	return 1
}

func (f *File) sheetName() string {
	if f.table != nil && f.table.Sheet() {
		return f.table.Member
	}
	return ""
}

type merger struct {
	files   []*File
	events  []ledger.Event
	table   *table
	covered cover
}

// add takes the events of a file that were not there before. Further events
// of a row, which stand for no row of their own, go with its first.
func (m *merger) add(file int, f *File) {
	list, t := f.Collector.Events, &f.Collector.Tally
	for i := 0; i < len(list); {
		n := i + 1
		for n < len(list) && list[n].Origin.Rows == 0 {
			n++
		}
		ev := &list[i]
		slot, found := m.table.find(m.events, &ev.ID)
		rows := int(ev.Origin.Rows)
		switch {
		case !f.Linked() && !f.Collector.Named(i) && m.covered.holds(ev):
			t.Events, t.Merged, t.Held = t.Events-1, t.Merged-(rows-1), t.Held+rows
			f.cover(ev)
			f.lose(i, n-1)
		case !found:
			m.table.put(slot, &ev.ID, len(m.events))
			m.take(list[i:n], uint32(file))
		case m.same(&m.events[m.table.at(slot)], ev, f):
			t.Events, t.Merged, t.Duplicate = t.Events-1, t.Merged-(rows-1), t.Duplicate+rows
			f.Duplicate += rows
			f.lose(i, n-1)
		default:
			t.Events, t.Merged, t.Held = t.Events-1, t.Merged-(rows-1), t.Held+rows
			f.conflict(ev, m.origin(&m.events[m.table.at(slot)]))
			f.lose(i, n-1)
		}
		i = n
	}
}

// take appends events that count. In a single file they mostly stand where they
// belong already and are not copied onto themselves.
func (m *merger) take(list []ledger.Event, file uint32) {
	for k := range list {
		n := len(m.events)
		if n < cap(m.events) {
			if m.events = m.events[:n+1]; &m.events[n] == &list[k] {
				m.events[n].Origin.File = file
				continue
			}
			m.events = m.events[:n]
		}
		list[k].Origin.File = file
		m.events = append(m.events, list[k])
	}
}

func (m *merger) origin(e *ledger.Event) string {
	return fmt.Sprintf("%s line %d", m.files[e.Origin.File].Name, e.Origin.Line)
}

// Span is events of a file from one place to another, both included.
type Span struct{ First, Last int }

// lose notes that events of a file do not count there.
func (f *File) lose(first, last int) {
	if n := len(f.Lost); n > 0 && f.Lost[n-1].Last == first-1 {
		f.Lost[n-1].Last = last
		return
	}
	f.Lost = append(f.Lost, Span{first, last})
}

// conflict holds the rows of an event whose id says something else elsewhere.
func (f *File) conflict(ev *ledger.Event, other string) {
	f.Conflict = append(f.Conflict, f.hold(ev, "the same id stands for something else in "+other+"; if both are real, give one of them another id or account")...)
}

// hold holds the rows of an event.
func (f *File) hold(ev *ledger.Event, reason string) (held []statement.Held) {
	lines := []int{int(ev.Origin.Line)}
	for _, l := range ev.Extra().Lines {
		lines = append(lines, int(l))
	}
	for _, l := range lines {
		held = append(held, statement.Held{Line: l, Column: "id", Reason: reason})
	}
	f.Collector.Held = append(f.Collector.Held, held...)
	return held
}

// table finds events by their ID: open addressing over places in the list of
// events. A slot is half the place and half a piece of the ID, so that most
// slots of other IDs are passed without a look at the event.
type table struct {
	slots []uint64 // piece of the ID << 32 | place + 1; 0 is empty
	mask  uint64
}

func newTable(n int) *table {
	size := 64
	for size < 2*n {
		size *= 2
	}
	return &table{slots: make([]uint64, size), mask: uint64(size - 1)}
}

// slot is where the search for an ID begins, and the piece that its slots hold.
func (t *table) slot(id *ledger.ID) (slot, piece uint64) {
	return binary.LittleEndian.Uint64(id[:8]) & t.mask, uint64(binary.LittleEndian.Uint32(id[8:12])) << 32
}

// find returns the slot of an ID, or the empty slot where it belongs.
func (t *table) find(events []ledger.Event, id *ledger.ID) (slot uint64, found bool) {
	slot, piece := t.slot(id)
	for ; t.slots[slot] != 0; slot = (slot + 1) & t.mask {
		if s := t.slots[slot]; s&^0xffffffff == piece && events[uint32(s)-1].ID == *id {
			return slot, true
		}
	}
	return slot, false
}

func (t *table) put(slot uint64, id *ledger.ID, place int) {
	_, piece := t.slot(id)
	t.slots[slot] = piece | uint64(uint32(place+1))
}

func (t *table) at(slot uint64) int { return int(uint32(t.slots[slot])) - 1 }
