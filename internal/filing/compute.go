package filing

import (
	"fmt"
	"io"
	"slices"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/report"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Engine is the version of the program; results carry it.
const Engine = "0.3.0"

// Computation is a return with everything it was made from.
type Computation struct {
	Files  []*intake.File // in the order of the book's sources
	Input  tax.Input
	Return *tax.Return

	quotes *quote.Book // that were looked up; nil if none are
}

// Calculate computes the return of files that were put together. Its errors
// are words for people.
func Calculate(files []*intake.File, in tax.Input) (*Computation, error) {
	ret, err := tax.Calculate(in)
	if err != nil {
		return nil, err
	}
	c := &Computation{Files: files, Input: in, Return: ret}
	return c, c.answer()
}

// answer adds what a file of level year or form asks for.
func (c *Computation) answer() error {
	o := &c.Input.Options
	if o.Compute == "" {
		return nil
	}
	from := ""
	if i := slices.IndexFunc(c.Files, func(f *intake.File) bool { return f.Document != nil }); i >= 0 {
		from = c.Files[i].Name + ": "
	}
	if c.Input.Rules.Compute == nil {
		return fmt.Errorf("%s%w %q: %s has no annual arithmetic", from, tax.ErrCompute, o.Compute, c.Input.Rules.Country)
	}
	answers, err := c.Input.Rules.Compute(o.Compute, o.Year, o.Given)
	if err != nil {
		return fmt.Errorf("%s%w", from, err)
	}
	for _, a := range answers {
		c.Return.Answer(a)
	}
	return nil
}

// YearEnds returns the last day of each tax year that has an event, or of the
// year asked for.
func YearEnds(in *tax.Input, label string) []ledger.Date {
	var ends []ledger.Date
	if _, _, last, err := in.Rules.FindYear(label); err == nil && label != "" {
		return []ledger.Date{last}
	}
	var until ledger.Date
	for i := range in.Book.Events {
		if day := in.Calendar.Date(in.Book.Events[i].At); i == 0 || day > until {
			_, _, until = in.Rules.YearOf(day)
			ends = append(ends, until)
		}
	}
	return ends
}

// View selects a year of the return, or all of it for "".
func (c *Computation) View(label string) (report.View, error) {
	view, err := report.Select(c.Return, label)
	view.Engine = Engine
	return view, err
}

// Output is one file that comes out of a computation.
type Output struct {
	Name  string
	Write func(io.Writer) error
}

// Result is the result.json of a view.
func Result(view report.View) Output {
	return Output{resultName, func(w io.Writer) error { return report.WriteJSON(w, view) }}
}

// Years are the tax years of a view that have forms: the year that was asked
// for has them though nothing happened in it, an answer to given figures has
// none.
func (c *Computation) Years(view report.View) ([]tax.Year, error) {
	if len(view.Years) == 0 && view.Label != "" {
		label, first, last, err := c.Input.Rules.FindYear(view.Label)
		if err != nil {
			return nil, err
		}
		return []tax.Year{{Label: label, First: first, Last: last}}, nil
	}
	return slices.DeleteFunc(slices.Clone(view.Years), func(y tax.Year) bool { return y.Last == 0 }), nil
}

// Forms lists the forms of a year, the country's and the generic ones.
func (c *Computation) Forms(y *tax.Year) ([]Output, error) {
	view, err := c.View(y.Label)
	if err != nil {
		return nil, err
	}
	var list []tax.Form
	if c.Input.Rules.Forms != nil {
		if list, err = c.Input.Rules.Forms(c.Return, y); err != nil {
			return nil, err
		}
	}
	list = append(list, report.Generic(view)...)
	out := make([]Output, 0, len(list))
	for _, f := range list {
		name := fmt.Sprintf("%s-%s.%s", f.Name, y.Label, f.Ext)
		out = append(out, Output{name, func(w io.Writer) error { return report.WriteForm(w, f) }})
	}
	return out, nil
}
