package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/report"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// reportVerb is the main job.
type reportVerb struct {
	taxFlags
	Year      string `default:"all" help:"Tax year by the country's own label, or all."`
	JSON      bool   `name:"json" help:"Print the result as JSON."`
	Out       string `short:"o" placeholder:"DIR" help:"Write the country's forms as CSV, and result.json."`
	FormsOnly bool   `name:"forms-only" help:"Leave out result.json."`
}

// Run computes and writes.
func (v *reportVerb) Run(s *Streams) error {
	label := v.Year
	if label == "all" {
		label = ""
	}
	if err := v.checkYear(label); err != nil {
		return err
	}
	if err := checkFolder("--out", v.Out); err != nil {
		return err
	}
	prepare(v.Files)
	j, err := v.compute(s, yearEnds(label))
	if err != nil {
		return err
	}
	view, err := j.view(label)
	if err != nil {
		return usage(err)
	}
	if v.Out != "" {
		if err := v.write(j, view, s); err != nil {
			return err
		}
	}
	if v.JSON {
		if err := report.WriteJSON(s.Out, view); err != nil {
			return err
		}
		return j.verdict(view)
	}
	if err := report.WriteSummary(s.Out, view, j.terminal(s.Out)); err != nil {
		return err
	}
	if v.Out != "" {
		fmt.Fprintf(s.Err, "wrote %s\n", v.Out)
	}
	return j.verdict(view)
}

// checkFolder refuses a folder to write to that is a file, or lies in one.
func checkFolder(flag, path string) error {
	info, err := os.Stat(path)
	switch {
	case path == "":
		return nil
	case errors.Is(err, syscall.ENOTDIR), err == nil && !info.IsDir():
		return usage(fmt.Errorf("%s %s: is a file; name a folder", flag, path))
	}
	return nil
}

// checkYear refuses a year that cannot be before anything is read, as far as
// the country is known.
func (v *reportVerb) checkYear(label string) error {
	r := rules(v.Country)
	if r == nil || label == "" {
		return nil
	}
	if _, _, _, err := r.FindYear(label); err != nil {
		return usage(fmt.Errorf("--%w", err))
	}
	return nil
}

// view selects a year of the result.
func (j *job) view(label string) (report.View, error) {
	view, err := report.Select(j.result, label)
	view.Engine = Version
	return view, err
}

// verdict is exit 3 if doubts of weight or held rows remain.
func (j *job) verdict(view report.View) error {
	for _, src := range j.result.Book.Sources {
		if src.Held > 0 {
			return errIssues
		}
	}
	for i := range view.Issues {
		if view.Issues[i].Severity != tax.Info {
			return errIssues
		}
	}
	return nil
}

// terminal describes where a summary goes and what the files are.
func (j *job) terminal(w io.Writer) report.Terminal {
	t := report.Terminal{Color: colored(w)}
	for _, f := range j.files {
		t.Inputs = append(t.Inputs, report.Input{Title: f.FormatTitle(), Zone: zoneWords(f)})
	}
	return t
}

func zoneWords(f *intake.File) string {
	switch f.ZoneFrom {
	case intake.ZoneFile:
		return "zone stated in the file"
	case intake.ZoneSource:
		return f.Zone.String() + " (stated by the venue)"
	case intake.ZoneChosen:
		return f.Zone.String() + " (--tz)"
	case intake.ZoneUnknown:
	}
	return "zone unknown"
}

// write writes the forms of each year, and result.json. Nothing is written
// over a file until it is complete.
func (v *reportVerb) write(j *job, view report.View, s *Streams) error {
	if err := os.MkdirAll(v.Out, 0o750); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	p := newProgress(s.Err)
	defer p.done()
	p.say("writing")
	var todo []output
	years := view.Years
	if len(years) == 0 && view.Label != "" { // the year that was asked for has its forms, though nothing happened in it
		label, first, last, err := j.input.Rules.FindYear(view.Label)
		if err != nil {
			return usage(err)
		}
		years = []tax.Year{{Label: label, First: first, Last: last}}
	}
	for i := range years {
		y := &years[i]
		if y.Last == 0 {
			continue // an answer to given figures: no forms
		}
		more, err := j.forms(y)
		if err != nil {
			return err
		}
		todo = append(todo, more...)
	}
	if !v.FormsOnly {
		todo = append(todo, output{"result.json", func(w io.Writer) error { return report.WriteJSON(w, view) }})
	}
	return writeAll(s.temps, v.Out, todo)
}

// output is one file to write.
type output struct {
	name  string
	write func(io.Writer) error
}

// forms lists the forms of a year, the country's and the generic ones.
func (j *job) forms(y *tax.Year) ([]output, error) {
	view, err := j.view(y.Label)
	if err != nil {
		return nil, err
	}
	var list []tax.Form
	if j.input.Rules.Forms != nil {
		if list, err = j.input.Rules.Forms(j.result, y); err != nil {
			return nil, err
		}
	}
	list = append(list, report.Generic(view)...)
	out := make([]output, 0, len(list))
	for _, f := range list {
		name := fmt.Sprintf("%s-%s.%s", f.Name, y.Label, f.Ext)
		out = append(out, output{name, func(w io.Writer) error { return report.WriteForm(w, f) }})
	}
	return out, nil
}

// writers is how many files are written at a time.
const writers = 2

// writeAll writes all files, several at a time.
func writeAll(temps *temporaries, dir string, todo []output) error {
	next := make(chan output)
	faults := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for o := range next {
				if faults[i] == nil {
					faults[i] = writeOne(temps, dir, o)
				}
			}
		})
	}
	for _, o := range todo {
		next <- o
	}
	close(next)
	wg.Wait()
	return errors.Join(faults...)
}

// writeOne writes a file beside its place and moves it there when it is
// complete.
func writeOne(temps *temporaries, dir string, o output) (err error) {
	path := filepath.Join(dir, o.name)
	file, err := os.CreateTemp(dir, "."+strings.TrimSuffix(o.name, filepath.Ext(o.name))+"-*")
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	temps.add(file.Name())
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // the first error is the one that matters
		}
		temps.done(file.Name())
	}()
	if err = errors.Join(o.write(file), file.Close()); err != nil { // what is written comes in large pieces
		return fmt.Errorf("%s: %w", path, err)
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
