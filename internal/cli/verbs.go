package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/report"
	"github.com/ledgersys/ledgersys/pkg/statement/ledgersys"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// explainVerb explains one disposal.
type explainVerb struct {
	taxFlags
	schemaFlag
	Year string `default:"all" help:"Tax year of the form whose row is meant."`
	JSON bool   `name:"json" help:"Print as JSON; the default where the output is no terminal."`
}

// Run explains. The first argument is the disposal, the rest are files.
func (v *explainVerb) Run(s *Streams) error {
	if v.Schema {
		return v.print(s.Out, "explain")
	}
	if len(v.Files) < 2 {
		return usage(errors.New("give the id of a disposal, or 8949:N for row N of our CSV, then the files"))
	}
	ref := v.Files[0]
	v.Files = v.Files[1:]
	label := v.Year
	if label == "all" {
		label = ""
	}
	j, err := v.compute(s, func(in *tax.Input) { in.Snapshots = filing.YearEnds(in, label) })
	if err != nil {
		return err
	}
	view, err := j.View(label)
	if err != nil {
		return usage(err)
	}
	i, err := report.Find(view, ref)
	if err != nil {
		return usage(err)
	}
	if v.JSON || !terminal(s.Out) {
		return report.WriteExplain(s.Out, view, i, j.lookup())
	}
	return report.WriteExplainText(s.Out, view, i, j.lookup(), report.Terminal{Color: s.colored(s.Out)})
}

// lookup returns the raw text of rows; each file is read once more, when its
// first row is asked for.
func (j *job) lookup() report.Lookup {
	wanted := make([]map[int]bool, len(j.Files))
	for i := range wanted {
		wanted[i] = map[int]bool{}
	}
	for i := range j.Return.Book.Events {
		o := j.Return.Book.Events[i].Origin
		wanted[o.File][int(o.Line)] = true
		for _, l := range j.Return.Book.Events[i].Extra().Lines {
			wanted[o.File][int(l)] = true
		}
	}
	texts := make([]map[int]string, len(j.Files))
	return func(file, line uint32) (string, bool) {
		if int(file) >= len(j.Files) {
			return "", false
		}
		if texts[file] == nil {
			texts[file] = j.Files[file].Raw(wanted[file])
		}
		raw, ok := texts[file][int(line)]
		return raw, ok
	}
}

// lotsVerb lists what is held.
type lotsVerb struct {
	taxFlags
	schemaFlag
	At   string `placeholder:"DATE" help:"At the end of this day (YYYY-MM-DD); after the last event unless given."`
	JSON bool   `name:"json" help:"Print as JSON, as it does anyway."`
}

// Run lists.
func (v *lotsVerb) Run(s *Streams) error {
	if v.Schema {
		return v.print(s.Out, "lots")
	}
	var at ledger.Date
	if v.At != "" {
		var err error
		if at, err = ledger.ParseDate(v.At); err != nil {
			return usage(fmt.Errorf("--at %s: %w", v.At, err))
		}
	}
	j, err := v.compute(s, func(in *tax.Input) {
		if at != 0 {
			in.Snapshots = []ledger.Date{at}
		}
	})
	if err != nil {
		return err
	}
	view, err := j.View("")
	if err != nil {
		return err
	}
	if at != 0 {
		if err := view.HoldAt(at); err != nil {
			return err
		}
	}
	tellHeld(s, j.Files, "held", heldShown)
	if err := report.WriteLots(s.Out, view); err != nil {
		return err
	}
	return j.verdict(view)
}

// checkVerb is silent when all is well.
type checkVerb struct {
	taxFlags
}

// Run checks.
func (v *checkVerb) Run(s *Streams) error {
	j, err := v.compute(s, func(*tax.Input) {})
	if err != nil {
		return err
	}
	view, err := j.View("")
	if err != nil {
		return err
	}
	verdict := j.verdict(view)
	if verdict == nil {
		return nil
	}
	tellHeld(s, j.Files, "held", 0)
	if err := report.WriteIssues(s.Err, view, report.Terminal{Color: s.colored(s.Err)}); err != nil {
		return err
	}
	return verdict
}

// convertVerb rewrites statements.
type convertVerb struct {
	inputFlags
	To       string `enum:"ledgersys-csv,ledger-json" required:"" help:"ledgersys-csv or ledger-json."`
	Out      string `short:"o" placeholder:"FILE" help:"Where to write; standard output unless given."`
	Timezone string `help:"Zone in which bare dates begin."`
}

// Run converts.
func (v *convertVerb) Run(s *Streams) error {
	if info, err := os.Stat(v.Out); v.Out != "" && err == nil && info.IsDir() {
		return usage(fmt.Errorf("--out %s: is a folder; name a file", v.Out))
	}
	files, err := v.openKnown(s)
	if err != nil {
		return err
	}
	doc, err := filing.OneDocument(files)
	if err != nil {
		return usage(err)
	}
	name, from := doc.Either("--timezone", v.Timezone, "timezone", doc.Timezone)
	zone, err := intake.LoadZone(cmp.Or(name, "UTC"))
	if err != nil {
		return usage(fmt.Errorf("%s: %w", from, err))
	}
	cal := ledger.NewCalendar(zone)
	files, book, err := read(s, files, cal)
	if err != nil {
		return err
	}
	doc.Timezone = name
	w := ledgersys.Writer{Calendar: cal, Document: &doc.Document, Currency: doc.Currency, Statements: !filing.AllDocuments(files)}
	if r := filing.Rules(doc.Jurisdiction); r != nil && w.Currency == "" {
		w.Currency = r.Currency
	}
	write := w.WriteJSON
	if v.To == "ledgersys-csv" {
		write = w.WriteCSV
	}
	if err := convertTo(s, v.Out, func(to io.Writer) error { return write(to, book) }); err != nil {
		return err
	}
	return v.aside(s, &w, files)
}

// aside says what the output does not carry.
func (v *convertVerb) aside(s *Streams, w *ledgersys.Writer, files []*intake.File) error {
	if v.To == "ledgersys-csv" {
		flags := ""
		for _, f := range [...][2]string{
			{"--country", w.Document.Jurisdiction}, {"--method", w.Document.Method}, {"--currency", w.Document.Currency}, {"--timezone", w.Document.Timezone},
		} {
			if f[1] != "" {
				flags += " " + f[0] + " " + f[1]
			}
		}
		if !w.Statements {
			flags += " --scope universal"
		}
		if flags != "" && !s.look.Quiet {
			fmt.Fprintln(s.Err, "note: what a file says about the computation does not stand in a CSV; report it with"+flags+" and its options in --options")
		}
	}
	if tellHeld(s, files, "held, not converted", 0) > 0 {
		return errIssues
	}
	return nil
}

// convertTo writes to a file that appears only when it is complete, or to
// standard output.
func convertTo(s *Streams, path string, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		return wrapCSV(write(s.Out))
	}
	dir, name := ".", path
	if i := strings.LastIndexByte(path, os.PathSeparator); i >= 0 {
		dir, name = path[:i+1], path[i+1:]
	}
	files := newOutputs(s.temps, dir)
	defer files.drop()
	files.add(filing.Output{Name: name, Write: write})
	return wrapCSV(files.keep())
}

func wrapCSV(err error) error {
	if errors.Is(err, ledgersys.ErrCSV) {
		return usage(err)
	}
	return err
}
