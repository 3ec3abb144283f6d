package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/sheet"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Incoming is one file of an upload.
type Incoming struct {
	Name string
	Body io.Reader
}

// maxFiles is how many files one upload may have.
const maxFiles = 200

// Order says what an upload is to become.
type Order struct {
	Choice Choice
	Review bool // it waits, staged, for a person's word

	// ID is the id that the import gets; zero draws one. Who writes it down
	// before the upload finds the import again whatever happens in between.
	ID tenant.ID
	// Replaces is an import that is reverted in the moment in which this one
	// counts; zero is none.
	Replaces tenant.ID

	// Reading says that the caller calls Read at once. Stored work takes it
	// over only where that did not come to its end.
	Reading bool
}

// takeOver is when stored work reads an import that its caller was to read.
const takeOver = 30 * time.Minute

// Upload takes files in: each is sealed as it arrives, then all are read to
// see that they can be used. One that cannot, or holds a private key, refuses
// all of them, and nothing is kept. next returns io.EOF behind the last file.
func (s *Service) Upload(ctx context.Context, scope tenant.Scope, o Order, next func() (Incoming, error)) (*Import, error) {
	if !scope.ValidEntity() {
		return nil, tenant.ErrScope
	}
	ups, err := s.receive(ctx, scope, next)
	if err != nil {
		return nil, err
	}
	m, held, err := s.examine(ctx, scope, o, ups)
	if err != nil {
		return nil, err
	}
	for i := range m.Sources {
		if m.Sources[i].HeldIn, err = s.storeHeld(ctx, scope, held[i]); err != nil {
			return nil, err
		}
	}
	for i, u := range ups {
		once.Also(ctx, fmt.Sprintf("%d %q %x", i, u.name, u.sum))
	}
	err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
		reading := readTask(scope, m.ID)
		if o.Reading {
			reading.At = tx.Now().Add(takeOver)
		}
		m.By = scope.Actor().User
		id, err := once.Do(ctx, tx, func() (tenant.ID, error) { return m.ID, keep(ctx, tx, m, ups, reading) })
		if err != nil || id == m.ID {
			return err
		}
		m, err = tx.Import(id) // it was uploaded before, under the same key
		return err
	})
	return m, err
}

// keep makes the import and its files there. reading is the work on it, for
// when it waits for nobody.
func keep(ctx context.Context, tx Tx, m *Import, ups []upload, reading job.Task) error {
	m.Created = tx.Now()
	for _, u := range ups {
		if err := tx.KeepFile(ctx, u.id); err != nil {
			return err
		}
	}
	if err := tx.AddImport(m); err != nil {
		return err
	}
	if err := tx.Audit(ctx, audit.Entry{Action: "import.add", Object: m.object(), After: m.audited()}); err != nil {
		return err
	}
	if m.State != Running {
		return nil
	}
	return tx.Enqueue(ctx, reading)
}

// audited is what the chain keeps the hash of.
func (m *Import) audited() any {
	sums := make([]string, len(m.Sources))
	for i := range m.Sources {
		sums[i] = m.Sources[i].SHA256
	}
	return map[string]any{"state": m.State, "sha256": sums}
}

// upload is a file that was sealed and is not kept yet.
type upload struct {
	name string
	id   tenant.ID
	sum  [sha256.Size]byte
}

// receive seals the files one after the other.
func (s *Service) receive(ctx context.Context, scope tenant.Scope, next func() (Incoming, error)) ([]upload, error) {
	var ups []upload
	left := s.MaxUpload
	for {
		in, err := next()
		switch {
		case errors.Is(err, io.EOF) && len(ups) > 0:
			return ups, nil
		case errors.Is(err, io.EOF):
			return nil, fault.Coded(fault.Invalid, "no_file", nil, "Choose at least one file.")
		case err != nil:
			return nil, err
		case len(ups) == maxFiles:
			return nil, fault.New(fault.TooLarge, nil, "These are more than %d files. Send them in several uploads, or as one zip.", maxFiles)
		}
		body := &bounded{r: in.Body, left: left}
		id, size, sum, err := s.Vault.PutFile(ctx, scope, body)
		if body.over {
			return nil, fault.New(fault.TooLarge, nil, "This upload is larger than %d MiB. Send fewer files at a time, or pack them as zip.", s.MaxUpload>>20)
		}
		if err != nil {
			return nil, err
		}
		left -= size
		ups = append(ups, upload{baseName(in.Name), id, sum})
	}
}

// baseName is the name without folders, of any system.
func baseName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" || strings.TrimSpace(name) == "" {
		return "file"
	}
	return name
}

// errOver ends the reading of what is too large.
var errOver = errors.New("upload too large")

// bounded reads up to a number of bytes.
type bounded struct {
	r    io.Reader
	left int64
	over bool
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		b.over = true
		return 0, errOver
	}
	return n, err
}

// examine reads the files and makes the import that they become. What it gives
// beside is the held rows of each source.
func (s *Service) examine(ctx context.Context, scope tenant.Scope, o Order, ups []upload) (m *Import, held [][]HeldRow, err error) {
	done, err := s.Turn(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	var cal *ledger.Calendar
	if err := s.Store.ReadEntity(ctx, scope, func(tx Tx) (err error) { cal, err = calendar(tx); return err }); err != nil {
		return nil, nil, err
	}
	if _, found := keyring.FindPrivateKey(strings.Join(slices.Concat(o.Choice.TZ, o.Choice.Account), "\n")); found {
		return nil, nil, refused(0)
	}
	m = &Import{ID: o.ID, State: Running, Choice: o.Choice, Replaces: o.Replaces}
	if m.ID.IsZero() {
		m.ID = tenant.NewID()
	}
	if o.Review {
		m.State = Staged
	}
	for i, u := range ups {
		files, err := s.openUpload(ctx, scope, o.Choice, u, i)
		if err != nil {
			return nil, nil, err
		}
		for k, f := range files {
			if err := f.Read(cal); err != nil {
				return nil, nil, unusable(i, f.Name, err)
			}
			src := Source{ID: tenant.NewID(), Import: m.ID, Place: len(m.Sources), Original: u.id, Upload: u.name, Table: k}
			src.describe(f)
			if f.asksZone() {
				m.State = Staged
			}
			rows := []HeldRow(nil)
			if src.Held > 0 {
				src.HeldSum, rows = heldSum(f), f.HeldRows()
			}
			m.Sources, held = append(m.Sources, src), append(held, rows)
			f.Collector = nil // its events are not needed yet
		}
	}
	return m, held, nil
}

// openUpload opens an upload, refuses what holds a private key, and what no
// format knows.
func (s *Service) openUpload(ctx context.Context, scope tenant.Scope, c Choice, u upload, i int) ([]*File, error) {
	choices, err := c.choices(u.name)
	if err != nil {
		return nil, badZone()
	}
	r, size, err := s.Vault.FileAt(ctx, scope, u.id)
	if err != nil {
		return nil, err
	}
	if _, found := keyring.FindInName(u.name); found {
		return nil, refused(i + 1)
	}
	files, err := Open(u.name, r, size, s.Formats, choices)
	if err != nil {
		if err := refusePrivate(i, io.NewSectionReader(r, 0, size)); err != nil {
			return nil, err
		}
		return nil, unusable(i, u.name, err)
	}
	for _, f := range files {
		for _, name := range [...]string{f.Name, f.table.Member} {
			if _, found := keyring.FindInName(name); found {
				return nil, refused(i + 1)
			}
		}
		if err := refusePrivate(i, f.table.Text()); err != nil {
			return nil, err
		}
		if !f.Known() {
			return nil, unusable(i, f.Name, f.Fault)
		}
	}
	return files, nil
}

// refusePrivate looks for a private key in the i-th file of an upload. What
// cannot be read further is said where it is used.
func refusePrivate(i int, text io.Reader) error {
	var scan keyring.Scanner
	_, err := io.Copy(&scan, text)
	var cut *sheet.Error
	if _, found := scan.Found(); found {
		return refused(i + 1)
	}
	if err != nil && !errors.As(err, &cut) {
		return err
	}
	return nil
}

// refused is the answer to a private key. It says nothing of what was found.
func refused(file int) error {
	f := fault.Coded(fault.Invalid, "private_key_refused", nil,
		"This upload holds a private key or seed words. Nothing was stored. Treat that key as compromised and move its coins to a new wallet: Ledgersys never needs it.")
	if file > 0 {
		f.Details = []fault.Detail{{Pointer: fmt.Sprintf("file/%d", file-1), Code: f.Code, Words: "Holds a private key."}}
	}
	return f
}

// unusable is the answer to a file that cannot be used as a whole.
func unusable(file int, name string, err error) error {
	words := "no format knows its header. Is it the right export?"
	if err != nil {
		words = reason(name, err)
	}
	f := fault.Coded(fault.Invalid, "unusable_file", nil, "%s cannot be used: %s Nothing was stored.", name, sentence(words))
	f.Details = []fault.Detail{{Pointer: fmt.Sprintf("file/%d", file), Code: f.Code, Words: sentence(words)}}
	return f
}

// reason takes what is said about a file out of an error.
func reason(name string, err error) string {
	words := err.Error()
	words = strings.TrimPrefix(words, name+": ")
	return strings.TrimPrefix(words, ErrUnusable.Error()+": ")
}

func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s != "" && !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "?") {
		s += "."
	}
	return s
}

// asksZone reports whether rows are held for want of a zone.
func (f *File) asksZone() bool {
	return f.ZoneFrom == ZoneUnknown && slices.ContainsFunc(f.Collector.Held, func(h statement.Held) bool { return h.Reason == statement.ErrNoZone.Error() })
}

// describe says in a source what is known about its file before it is put
// together with others.
func (src *Source) describe(f *File) {
	c := f.Contents()
	src.Inspected = f.inspected(c)
	src.Title, src.Sheet, src.IgnoredBy = f.FormatTitle(), f.sheetName(), f.Collector.Ignored
	src.Months = make(map[string]int)
	for i := range f.Collector.Events {
		y, month, _ := ledger.Date(int64(f.Collector.Events[i].At) / 86_400_000_000).Civil()
		src.Months[fmt.Sprintf("%04d-%02d", y, month)]++
	}
}
