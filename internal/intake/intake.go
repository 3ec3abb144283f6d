// Package intake makes events of files: it recognises each file from its
// content, reads it row by row, and puts several files together so that each
// event counts once, with its origin. What could not be understood is held
// and named, never dropped.
package intake

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/sheet"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
	"github.com/ledgersys/ledgersys/pkg/statement/ledgersys"
)

// ErrUnusable reports a file that cannot be read as a whole. Nothing of it
// counts, and nothing of the other files is affected.
var ErrUnusable = errors.New("file cannot be used")

// shortRow is about the size of the shortest row that tells of an event.
const shortRow = 24

// maxDocument is how large a Ledger JSON file may be; it is read into memory.
const maxDocument = 2 << 30

// ZoneFrom says who knows the zone of a file's times.
type ZoneFrom string

// Who knows it.
const (
	ZoneFile    ZoneFrom = "file"    // each time carries it, or the header
	ZoneSource  ZoneFrom = "source"  // the venue states it
	ZoneChosen  ZoneFrom = "chosen"  // the user said so
	ZoneUnknown ZoneFrom = "unknown" // nobody; times without zone are held
)

// File is one table or document of an input, recognised but not read yet.
type File struct {
	Name     string
	Format   *statement.Format   // nil for Ledger JSON and for files that no format knows
	Document *ledgersys.Document // Ledger JSON

	// Zone is the zone of times that carry none; nil if nobody knows it.
	Zone     *time.Location
	ZoneFrom ZoneFrom
	Account  string // for rows that name none

	// What Read found.
	SHA256    string
	Collector *statement.Collector
	Spoiled   []statement.Held // rows that could not be split into cells
	Duplicate int              // rows that another file, or this one before, already had
	Conflict  []statement.Held // rows with an id that stands for other content elsewhere
	Lost      []Span           // events, as Read gave them, whose rows count elsewhere

	// Fault is what is wrong with the first of the rows at the top of a file
	// that no format knows; nil if nothing is.
	Fault error

	table  *sheet.File
	packed bool
	size   int64 // of a file that is not packed, to guess how many rows it has
	comma  byte
	header int // index of the header row
	top    []statement.Row
}

// Known reports whether a format knows the file.
func (f *File) Known() bool { return f.Format != nil || f.Document != nil }

// FormatName returns the name of the format, "" if none knows the file.
func (f *File) FormatName() string {
	switch {
	case f.Document != nil:
		return ledgersys.JSONName
	case f.Format != nil:
		return f.Format.Name
	}
	return ""
}

// FormatTitle returns the format's name for people.
func (f *File) FormatTitle() string {
	switch {
	case f.Document != nil:
		return ledgersys.JSONTitle
	case f.Format != nil:
		return f.Format.Title
	}
	return "unknown format"
}

// Choices is what the user says about files, by base name, of an archive or of
// what is in it; "" stands for all others.
type Choices struct {
	Zones    map[string]*time.Location
	Accounts map[string]string
}

// LoadZone returns an IANA zone by its name.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errors.New("write an IANA zone such as Europe/London or UTC")
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, errors.New("unknown zone; write an IANA zone such as Europe/London or UTC")
	}
	return loc, nil
}

// Open recognises what is in one input: one table or document, or several in
// an archive or workbook. A file that no format knows comes back all the same.
func Open(name string, r io.ReaderAt, size int64, formats []statement.Format, ch Choices) ([]*File, error) {
	tables, err := sheet.Open(name, r, size, sheet.DefaultLimits())
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrUnusable, err)
	}
	files := make([]*File, 0, len(tables))
	for _, t := range tables {
		f := &File{Name: t.Name, table: t, packed: packed(r)}
		if !f.packed {
			f.size = size
		}
		if err := f.recognise(formats); err != nil {
			return nil, fmt.Errorf("%s: %w: %w", f.Name, ErrUnusable, err)
		}
		f.choose(ch, name)
		files = append(files, f)
	}
	return files, nil
}

// packed reports whether a file begins as gzip and zip archives do.
func packed(r io.ReaderAt) bool {
	var magic [2]byte
	if n, _ := r.ReadAt(magic[:], 0); n < len(magic) {
		return false // it is too short to be one
	}
	return string(magic[:]) == "PK" || string(magic[:]) == "\x1f\x8b"
}

// recognise finds the format of a table from its first rows.
func (f *File) recognise(formats []statement.Format) error {
	if !f.table.Sheet() && ledgersys.IsJSON(f.table.Head(512)) {
		return f.document()
	}
	for _, comma := range sheet.Delimiters() {
		top, err := f.first(comma)
		if err != nil {
			return err
		}
		if format, i := statement.Detect(formats, top); format != nil {
			f.Format, f.header, f.top, f.comma, f.Fault = format, i, top[:i+1], comma, nil
			return nil
		}
		if f.table.Sheet() {
			break
		}
	}
	return nil
}

// document reads a whole Ledger JSON file.
func (f *File) document() error {
	var b bytes.Buffer
	if f.size < maxDocument {
		b.Grow(int(f.size) + bytes.MinRead) // in one piece: growing would take it three times
	}
	n, err := io.Copy(&b, io.LimitReader(f.table.Text(), maxDocument))
	if err != nil {
		return err
	}
	if n == maxDocument {
		return fmt.Errorf("more than %d bytes of Ledger JSON; use Ledgersys CSV for so many events", maxDocument)
	}
	f.Document, err = ledgersys.Decode(b.Bytes())
	return err
}

// first reads the rows at the top of a table. Rows that cannot be split are
// passed over here; Read holds them.
func (f *File) first(comma byte) ([]statement.Row, error) {
	rows, err := f.table.Rows(comma)
	if err != nil {
		return nil, err
	}
	var top []statement.Row
	for len(top) < statement.HeaderDepth {
		r, err := rows.Read()
		var fault *sheet.Error
		switch {
		case errors.Is(err, io.EOF):
			return top, nil
		case errors.As(err, &fault) && fault.Row:
			if f.Fault == nil {
				f.Fault = fault
			}
			if len(top) == 0 && fault.Line > statement.HeaderDepth {
				return top, nil
			}
			continue
		case err != nil:
			return nil, err
		}
		top = append(top, statement.Row(r).Clone())
	}
	return top, nil
}

// choose settles account and zone. What was chosen for a packed file holds for
// all that is in it.
func (f *File) choose(ch Choices, packed string) {
	f.Account = cmp.Or(ch.Accounts[f.Name], ch.Accounts[packed])
	if f.Document != nil {
		f.Account, f.ZoneFrom = cmp.Or(f.Account, ledger.DefaultAccount), ZoneFile
		return
	}
	if f.Format == nil {
		f.ZoneFrom = ZoneUnknown
		return
	}
	if f.Account == "" {
		f.Account = f.Format.Venue
	}
	var stated *time.Location
	if f.Format.Zone != "" {
		stated, _ = time.LoadLocation(f.Format.Zone) // a test loads every format's zone
	}
	switch own, all := cmp.Or(ch.Zones[f.Name], ch.Zones[packed]), ch.Zones[""]; {
	case f.Format.ZoneInFile:
		f.Zone, f.ZoneFrom = stated, ZoneFile // the header may be what names it
		if f.Format.LocalToo {
			f.Zone = cmp.Or(own, all)
		}
	case own != nil:
		f.Zone, f.ZoneFrom = own, ZoneChosen
	case stated != nil:
		f.Zone, f.ZoneFrom = stated, ZoneSource
	case all != nil:
		f.Zone, f.ZoneFrom = all, ZoneChosen
	default:
		f.ZoneFrom = ZoneUnknown
	}
}

// Read reads the rows of a recognised file. cal is the calendar of the tax
// zone. The error is about the whole file; single rows are held instead.
func (f *File) Read(cal *ledger.Calendar) error {
	f.Collector = statement.NewCollector(f.Account)
	f.Collector.Grow(f.rows())
	f.Spoiled = nil
	err := f.unpack()
	switch {
	case err != nil:
	case f.Document != nil:
		err = f.Document.Collect(cal, f.Collector)
	case f.Format != nil:
		err = f.table2events(cal)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %w", f.Name, ErrUnusable, err)
	}
	sum, err := f.table.Hash()
	if err != nil {
		return fmt.Errorf("%s: %w: %w", f.Name, ErrUnusable, err)
	}
	f.SHA256 = hex.EncodeToString(sum[:])
	return nil
}

// rows guesses how many rows the file has from its size and its first lines.
func (f *File) rows() int {
	if f.Format == nil || f.size < 1<<20 {
		return 0
	}
	head := f.table.Head(1 << 16)
	lines := bytes.Count(head, []byte("\n"))
	if lines == 0 {
		return 0
	}
	rows := f.size * int64(lines) / int64(len(head)) * 102 / 100
	return int(min(rows, f.size/shortRow))
}

// unpack reads a packed file to its end before anything is made of it: what
// unpacks to more than it may is refused before its rows fill the memory. The
// hash, which is needed in any case, comes of the same pass.
func (f *File) unpack() error {
	if !f.packed {
		return nil
	}
	_, err := f.table.Hash()
	return err
}

// table2events runs the format over the rows behind the header.
func (f *File) table2events(cal *ledger.Calendar) error {
	var broken error
	src := statement.Source{
		Format: f.Format, Header: f.top[f.header], Preamble: f.top[:f.header], Zone: f.Zone, Tax: cal, Account: f.Account,
		Rows: func(yield func(statement.Row) bool) {
			skip := f.header + 1
			for batch, err := range f.table.Batches(f.comma, 0) {
				if err != nil {
					broken = err
					return
				}
				f.spoil(batch)
				if len(f.Spoiled) > statement.MaxHeld {
					broken = statement.TooManyHeld(f.Spoiled[0])
					return
				}
				for _, r := range batch.Rows {
					if skip > 0 {
						skip--
						continue
					}
					if !yield(statement.Row(r)) {
						return
					}
				}
			}
		},
	}
	if err := statement.Collect(src, f.Collector); broken != nil || err != nil {
		return cmp.Or(broken, err)
	}
	for _, h := range f.Spoiled {
		f.Collector.Given(1)
		f.Collector.Hold(h.Line, h.Column, h.Reason)
	}
	f.settleZone()
	return nil
}

// settleZone says who knew the zone, once it is known whether anybody had to.
func (f *File) settleZone() {
	switch {
	case !f.Format.LocalToo:
	case f.Collector.Local == 0:
		f.Zone = nil
	case f.Zone != nil:
		f.ZoneFrom = ZoneChosen
	default:
		f.ZoneFrom = ZoneUnknown
	}
}

// spoil notes the rows of a batch that could not be split into cells.
func (f *File) spoil(b *sheet.Batch) {
	headLine := f.top[f.header].Line
	for _, fault := range b.Faults {
		if fault.Err.Line <= headLine {
			continue // above the header: no row
		}
		column := "row"
		if fault.Err.Column > 0 {
			column = fmt.Sprintf("column %d", fault.Err.Column)
		}
		f.Spoiled = append(f.Spoiled, statement.Held{Line: fault.Err.Line, Column: column, Reason: fault.Err.Reason})
	}
}

// Raw returns the text of rows by their lines, as far as they are found, with
// private keys withheld. It reads the file once more.
func (f *File) Raw(lines map[int]bool) map[int]string {
	out := f.raw(lines)
	for l, text := range out {
		out[l] = keyring.Withhold(text)
	}
	return out
}

func (f *File) raw(lines map[int]bool) map[int]string {
	out := make(map[int]string, len(lines))
	if f.Document != nil {
		for l := range lines {
			out[l] = f.Document.Raw(l)
		}
		return out
	}
	if len(lines) == 0 || f.table == nil {
		return out
	}
	comma := f.comma
	if comma == 0 {
		comma = ','
	}
	for batch, err := range f.table.Batches(comma, 0) {
		if err != nil {
			return out
		}
		for i, r := range batch.Rows {
			if lines[r.Line] {
				out[r.Line] = strings.TrimRight(batch.Raw(i), "\r\n")
			}
		}
		for _, fault := range batch.Faults {
			if lines[fault.Err.Line] {
				out[fault.Err.Line] = strings.TrimRight(fault.Raw, "\r\n")
			}
		}
	}
	return out
}

// FirstLine returns the beginning of the file, for the message that no format
// knows it.
func (f *File) FirstLine() string {
	head := string(f.table.Head(400))
	for line := range strings.Lines(head) {
		if s := strings.TrimSpace(line); s != "" {
			return keyring.Withhold(s)
		}
	}
	return ""
}
