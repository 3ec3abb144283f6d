package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
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
	files := newOutputs(s.temps, v.Out)
	defer files.drop()
	j, err := v.compute(s, func(in *tax.Input) {
		in.Snapshots = yearEnds(in, label)
		if v.Out != "" && label == "" {
			early(in, files)
		}
	})
	if err != nil {
		return err
	}
	view, err := j.view(label)
	if err != nil {
		return usage(err)
	}
	if v.Out != "" {
		p := newProgress(s.Err)
		p.say("writing")
		err := errors.Join(v.write(j, view, files), files.keep())
		if p.done(); err != nil {
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

// write writes the forms of each year that are not on their way yet, and
// result.json.
func (v *reportVerb) write(j *job, view report.View, files *outputs) error {
	if err := files.folder(); err != nil {
		return err
	}
	years := view.Years
	if len(years) == 0 && view.Label != "" { // the year that was asked for has its forms, though nothing happened in it
		label, first, last, err := j.input.Rules.FindYear(view.Label)
		if err != nil {
			return usage(err)
		}
		years = []tax.Year{{Label: label, First: first, Last: last}}
	}
	for i := range years {
		if y := &years[i]; y.Last != 0 && !files.begun[y.Label] { // else an answer to given figures: no forms
			if err := j.writeForms(y, files); err != nil {
				return err
			}
		}
	}
	if !v.FormsOnly {
		files.add(output{"result.json", func(w io.Writer) error { return report.WriteJSON(w, view) }})
	}
	return nil
}

// early has the forms of each year written as soon as nothing can change them
// any more, while later years are still computed.
func early(in *tax.Input, files *outputs) {
	in.Closed = func(part *tax.Return) {
		err := files.folder()
		for i := range part.Years {
			j := &job{input: *in, result: part}
			err = errors.Join(err, j.writeForms(&part.Years[i], files))
		}
		if err != nil {
			files.fail(err)
		}
	}
}

// writeForms writes the forms of a year.
func (j *job) writeForms(y *tax.Year, files *outputs) error {
	list, err := j.forms(y)
	if err != nil {
		return err
	}
	files.begun[y.Label] = true
	for _, o := range list {
		files.add(o)
	}
	return nil
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
