package filing

import (
	"archive/zip"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// pack is the files of a label.
type pack struct {
	files   []Output
	summary Summary
}

// pack lists what --out would write for a label.
func (c *Computation) pack(label string) (*pack, error) {
	of := label
	if of == All {
		of = ""
	}
	view, err := c.View(of)
	if err != nil {
		return nil, err
	}
	years, err := c.Years(view)
	if err != nil {
		return nil, err
	}
	p := &pack{files: []Output{Result(view)}}
	for i := range years {
		forms, err := c.Forms(&years[i])
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, forms...)
	}
	slices.SortFunc(p.files, func(a, b Output) int { return cmp.Compare(a.Name, b.Name) })
	p.summary = c.summarise(label, view, p.files)
	return p, nil
}

// firstDay is the earliest date that a zip can say: no file of a pack has a
// time of its own, so that the same files are the same zip.
func firstDay() time.Time { return time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC) }

// write writes the files as a zip. The same files give the same bytes.
func (p *pack) write(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, f := range p.files {
		member, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: firstDay()})
		if err != nil {
			return err
		}
		if err := f.Write(member); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return z.Close()
}

// Document is one file to be sent. Close it.
type Document struct {
	io.ReadCloser
	Name string
	Size int64
	Tag  string // changes with the content
}

// tries is how often a report is looked for that others build anew meanwhile.
const tries = 5

// Result returns the result.json of a year or of All: the bytes that the
// command line writes.
func (s *Service) Result(ctx context.Context, scope tenant.Scope, year string) (*Document, error) {
	return s.open(ctx, scope, year, func(*Report) string { return resultName })
}

// resultName is the name of the result among the files of a pack.
const resultName = "result.json"

// Form returns a form of a year by its name and ending, as "8949.csv". It is
// a final report.
func (s *Service) Form(ctx context.Context, scope tenant.Scope, year, file string) (*Document, error) {
	if year == All {
		return nil, fault.New(fault.NotFound, nil, "A form is of one tax year.")
	}
	name, ext, _ := strings.Cut(file, ".")
	return s.final(ctx, scope, year, func(r *Report) string { return name + "-" + r.Label + "." + ext })
}

// Pack returns all files of a year or of All in one zip. It is a final
// report.
func (s *Service) Pack(ctx context.Context, scope tenant.Scope, year string) (*Document, error) {
	return s.final(ctx, scope, year, func(*Report) string { return "" })
}

// final is the one door for final reports: the plan is asked, and that the
// file left is on record.
func (s *Service) final(ctx context.Context, scope tenant.Scope, year string, name func(*Report) string) (*Document, error) {
	if s.Plan != nil {
		st, _, err := s.find(ctx, scope, year)
		if err != nil {
			return nil, err
		}
		first, last := st.days()
		if err := s.Plan.AllowReport(ctx, scope, st.label, first, last); err != nil {
			return nil, err
		}
	}
	d, err := s.open(ctx, scope, year, name)
	if err != nil {
		return nil, err
	}
	if s.Leaves != nil {
		err = s.Leaves(ctx, scope.Actor(), d.Size)
	}
	if err == nil {
		err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
			return tx.Event(ctx, audit.Event{Kind: "export", Outcome: "ok", Object: "entity/" + scope.Entity().String(), Detail: d.Name})
		})
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// days are the first and the last day of a year.
func (st *state) days() (first, last time.Time) {
	rules := Rules(st.settings.Country)
	if rules == nil {
		return first, last
	}
	_, from, to, err := rules.FindYear(st.label)
	if err != nil {
		return first, last // of all years
	}
	date := func(d ledger.Date) time.Time {
		y, m, day := d.Civil()
		return time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
	}
	return date(from), date(to)
}

// open opens a file of a report, or with no name the whole pack.
func (s *Service) open(ctx context.Context, scope tenant.Scope, year string, name func(*Report) string) (*Document, error) {
	for try := 1; ; try++ {
		r, err := s.Year(ctx, scope, year)
		if err != nil {
			return nil, err
		}
		at, size, err := s.Vault.FileAt(ctx, scope, r.File)
		if fault.Is(err, fault.NotFound) && try < tries {
			continue // built anew between the two
		}
		if err != nil {
			return nil, err
		}
		want := name(r)
		if want == "" {
			return &Document{io.NopCloser(io.NewSectionReader(at, 0, size)), "pack-" + r.Label + ".zip", size, r.tag("pack.zip")}, nil
		}
		return r.member(at, size, want)
	}
}

// member opens one file of the pack.
func (r *Report) member(at io.ReaderAt, size int64, name string) (*Document, error) {
	z, err := zip.NewReader(at, size)
	if err != nil {
		return nil, fmt.Errorf("pack of %s: %w", r.Label, err)
	}
	i := slices.IndexFunc(z.File, func(f *zip.File) bool { return f.Name == name })
	if i < 0 {
		return nil, fault.New(fault.NotFound, nil, "There is no such form for this country and year.")
	}
	f, err := z.File[i].Open()
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", name, r.Label, err)
	}
	return &Document{f, name, int64(z.File[i].UncompressedSize64), r.tag(name)}, nil // #nosec G115 -- we wrote it
}

// tag changes with the content of a file.
func (r *Report) tag(name string) string { return r.Key[:32] + "-" + name }
