package cli

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/report"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// reportVerb is the main job.
type reportVerb struct {
	taxFlags
	schemaFlag
	Year      string `default:"all" help:"Tax year by the country's own label, or all."`
	JSON      bool   `name:"json" help:"Print the result as JSON."`
	Out       string `short:"o" placeholder:"DIR" help:"Write the country's forms as CSV, and result.json."`
	FormsOnly bool   `name:"forms-only" help:"Leave out result.json."`
}

// Run computes and writes.
func (v *reportVerb) Run(s *Streams) error {
	if v.Schema {
		return v.print(s.Out, "result")
	}
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
	s.memory = prepare(v.Files)
	files := newOutputs(s.temps, v.Out)
	defer files.drop()
	j, err := v.compute(s, func(in *tax.Input) {
		in.Snapshots = filing.YearEnds(in, label)
		if v.Out != "" && label == "" {
			early(in, files)
		}
	})
	if err != nil {
		return err
	}
	view, err := j.View(label)
	if err != nil {
		return usage(err)
	}
	if v.Out != "" {
		p := newProgress(s)
		p.say("writing")
		err := errors.Join(v.write(j, view, files), files.keep())
		if p.done(); err != nil {
			return err
		}
	}
	tellHeld(s, j.Files, "held", heldShown)
	if v.JSON {
		if err := report.WriteJSON(s.Out, view); err != nil {
			return err
		}
		return j.verdict(view)
	}
	if err := report.WriteSummary(s.Out, view, j.terminal(s)); err != nil {
		return err
	}
	if v.Out != "" && !s.look.Quiet {
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
	r := filing.Rules(v.Country)
	if r == nil || label == "" {
		return nil
	}
	if _, _, _, err := r.FindYear(label); err != nil {
		return usage(fmt.Errorf("--%w", err))
	}
	return nil
}

// verdict is exit 3 if doubts of weight or held rows remain.
func (j *job) verdict(view report.View) error {
	for _, src := range j.Return.Book.Sources {
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
func (j *job) terminal(s *Streams) report.Terminal {
	t := report.Terminal{Color: s.colored(s.Out)}
	for _, f := range j.Files {
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
	years, err := j.Years(view)
	if err != nil {
		return usage(err)
	}
	for i := range years {
		if y := &years[i]; !files.begun[y.Label] {
			if err := j.writeForms(y, files); err != nil {
				return err
			}
		}
	}
	if !v.FormsOnly {
		files.add(filing.Result(view))
	}
	return nil
}

// early has the forms of each year written as soon as nothing can change them
// any more, while later years are still computed.
func early(in *tax.Input, files *outputs) {
	in.Closed = func(part *tax.Return) {
		err := files.folder()
		for i := range part.Years {
			j := &job{&filing.Computation{Input: *in, Return: part}}
			err = errors.Join(err, j.writeForms(&part.Years[i], files))
		}
		if err != nil {
			files.fail(err)
		}
	}
}

// writeForms writes the forms of a year.
func (j *job) writeForms(y *tax.Year, files *outputs) error {
	list, err := j.Forms(y)
	if err != nil {
		return err
	}
	files.begun[y.Label] = true
	for _, o := range list {
		files.add(o)
	}
	return nil
}
