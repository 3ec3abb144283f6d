package report

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Terminal says how text for people is set.
type Terminal struct {
	Width int  // columns; 0 is 80
	Color bool // mark headings and severities with the colors of a terminal

	// Inputs says about each source of the book, in its order, what the
	// source itself does not hold. It may be shorter or nil.
	Inputs []Input
}

// Input is what a person wants to know of a file that was read.
type Input struct {
	Title string // of its format: "Kraken ledgers"
	Zone  string // of its times and how that is known: "UTC (stated in file)"
}

// WriteSummary writes what a person wants to see first: the files with the
// fate of their rows, the totals of each year in the country's terms, what is
// left, and the issues with what to do about them.
func WriteSummary(w io.Writer, v View, t Terminal) error {
	p := newPage(w, t)
	p.files(v.Return.Book.Sources, t.Inputs)
	p.rules(v.Return)
	p.years(v)
	p.asides(v)
	p.left(v)
	if len(v.Issues) > 0 {
		p.line()
		p.issues(v)
	}
	p.line()
	p.fill(0, "Ledgersys calculates from what you gave it. It is not tax advice.")
	return p.close()
}

// files writes a line for each source and the equation of all their rows.
func (p *page) files(list []ledger.Source, known []Input) {
	if len(list) == 0 {
		return
	}
	var all ledger.Source
	rows := make([][]cell, 0, len(list))
	for i := range list {
		s := &list[i]
		in := Input{Title: s.Format}
		if i < len(known) {
			in.Title, in.Zone = cmp.Or(known[i].Title, s.Format), known[i].Zone
		}
		rows = append(rows, []cell{{text: s.Name}, {text: in.Title}, {text: counted(s.Rows, "row")}, {text: in.Zone, look: faint}})
		all.Rows += s.Rows
		all.Events += s.Events
		all.Merged += s.Merged
		all.Duplicate += s.Duplicate
		all.Ignored += s.Ignored
		all.Held += s.Held
	}
	p.columns(2, "llrl", rows)
	p.fill(0, counted(all.Rows, "row")+" = "+counted(all.Events, "event")+" + "+count(all.Merged)+" merged + "+
		count(all.Duplicate)+" duplicate + "+count(all.Ignored)+" ignored + "+count(all.Held)+" held")
	if all.Held > 0 {
		p.fill(0, "Held rows were not understood and have no effect. To see why: ledgersys tax inspect FILE...")
	}
	p.line()
}

// rules writes by what the figures were computed.
func (p *page) rules(r *tax.Return) {
	parts := []string{r.Rules.Country}
	if m := r.Method.Short(); m != "" {
		parts = append(parts, "method "+m)
	}
	if r.Currency != "" {
		parts = append(parts, "in "+r.Currency)
	}
	if r.Zone != "" {
		parts = append(parts, "dates of "+r.Zone)
	}
	p.heading(strings.Join(append(parts, "rules "+r.Rules.Version), ", "))
}

// years writes the totals, a column for each tax year, as many beside each
// other as the page is wide.
func (p *page) years(v View) {
	if len(v.Years) == 0 {
		p.line("no taxable disposal and no income", inYear(v.Label))
		return
	}
	rows := yearTable(v)
	label := 0
	for _, row := range rows {
		label = max(label, utf8.RuneCountInString(row[0].text))
	}
	for from := 1; from <= len(v.Years); {
		to, wide := from, label
		for to <= len(v.Years) {
			column := 2
			for _, row := range rows {
				column = max(column, 2+utf8.RuneCountInString(row[to].text))
			}
			if to > from && 2+wide+column > p.width {
				break
			}
			wide += column
			to++
		}
		if from > 1 {
			p.line()
		}
		part := make([][]cell, len(rows))
		for k, row := range rows {
			part[k] = append(part[k], row[0])
			part[k] = append(part[k], row[from:to]...)
		}
		p.columns(2, "l"+strings.Repeat("r", to-from), part)
		from = to
	}
}

// yearTable returns a row of label and figures, one for each year, for each key
// of the totals that a year has; the first row names the years. A figure that
// a year does not have is 0, an answer that it does not have stays blank.
func yearTable(v View) [][]cell {
	figures, answers := make([][]tax.Cell, len(v.Years)), make([][]tax.Cell, len(v.Years))
	head := []cell{{v.Return.Currency, bold}}
	for i := range v.Years {
		head = append(head, cell{v.Years[i].Label, bold})
		figures[i] = figuresOf(v.Return, &v.Years[i])
		for _, c := range v.Years[i].Answers {
			answers[i] = append(answers[i], tax.Cell{Key: c.Key, Text: answerText(c)})
		}
	}
	rows := append([][]cell{head}, rowsOf(figures, fiat(money.Amount{}))...)
	return append(rows, rowsOf(answers, "")...)
}

// rowsOf returns a row for each key that a year has; net and income come last.
func rowsOf(years [][]tax.Cell, absent string) [][]cell {
	var keys []string
	for _, cells := range years {
		for _, c := range cells {
			if !slices.Contains(keys, c.Key) {
				keys = append(keys, c.Key)
			}
		}
	}
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	rows := make([][]cell, 0, len(keys))
	for _, k := range keys {
		row := []cell{{text: figureLabel(k)}}
		for _, cells := range years {
			text := absent
			for _, c := range cells {
				if c.Key == k {
					text = c.Text
				}
			}
			row = append(row, cell{text: text})
		}
		rows = append(rows, row)
	}
	return rows
}

// rank puts the figures that close a year behind the others.
func rank(key string) int {
	switch key {
	case "net":
		return 1
	case "income":
		return 2
	}
	return 0
}

// figuresOf returns the totals of a year that rest on events.
func figuresOf(r *tax.Return, y *tax.Year) []tax.Cell {
	var cells []tax.Cell
	for _, f := range totalsOf(r, y) {
		text := count(y.Disposals)
		if !f.Count {
			text = figureText(f.Key, f.Amount)
		}
		cells = append(cells, tax.Cell{Key: f.Key, Text: text})
	}
	return cells
}

// Figure is one figure of the totals of a year.
type Figure struct {
	Key    string
	Label  string // the key in words
	Amount money.Amount
	Count  bool   // it is a number of things, not money
	Text   string // of an answer that is no amount
}

// YearFigures returns the totals of a year in the country's terms, and its
// answers.
func YearFigures(r *tax.Return, y *tax.Year) []Figure {
	list := totalsOf(r, y)
	for _, c := range y.Answers {
		f := Figure{Key: c.Key, Label: figureLabel(c.Key)}
		var err error
		if f.Amount, err = money.Parse(c.Text); err != nil {
			f.Text = c.Text
		}
		list = append(list, f)
	}
	return list
}

func totalsOf(r *tax.Return, y *tax.Year) []Figure {
	if len(r.Book.Events) == 0 {
		return nil
	}
	list := []Figure{{Key: "disposals", Label: "disposals", Amount: money.FromInt(int64(y.Disposals)), Count: true}}
	add := func(key string, a money.Amount) {
		list = append(list, Figure{Key: key, Label: figureLabel(key), Amount: a})
	}
	add("proceeds", y.Proceeds)
	add("fees", y.Fees)
	add("cost", y.Cost)
	add("gains", y.Gains)
	add("losses", y.Losses)
	for _, f := range byTerm(y.Extra) {
		add(f.Key, f.Amount)
	}
	add("net", y.Net())
	if y.HasIncome {
		add("income", y.Income)
	}
	return list
}

// byTerm returns extra figures with the short term before the long one.
func byTerm(list []tax.Figures) []tax.Figures {
	i := slices.IndexFunc(list, func(f tax.Figures) bool { return f.Key == "lt" })
	k := slices.IndexFunc(list, func(f tax.Figures) bool { return f.Key == "st" })
	if i < 0 || k < i {
		return list
	}
	list = slices.Clone(list)
	list[i], list[k] = list[k], list[i]
	return list
}

// asides writes what stands outside the totals.
func (p *page) asides(v View) {
	unknown, free, receipts := 0, 0, 0
	for i := range v.Disposals {
		switch d := &v.Disposals[i]; {
		case d.Unknown:
			unknown++
		case !d.Taxable:
			free++
		}
	}
	for i := range v.Income {
		if v.Income[i].Unknown {
			receipts++
		}
	}
	if unknown+receipts > 0 {
		var parts []string
		if unknown > 0 {
			parts = append(parts, counted(unknown, "disposal")+" without known proceeds")
		}
		if receipts > 0 {
			parts = append(parts, counted(receipts, "receipt")+" of income without known value")
		}
		p.fill(0, "Not in these totals: "+strings.Join(parts, ", "))
	}
	if free > 0 {
		p.fill(0, "Not taxable and not in these totals: "+counted(free, "disposal"))
	}
}

// left writes what remains, in one line.
func (p *page) left(v View) {
	var cost money.Amount
	for i := range v.Remaining {
		cost = cost.Add(v.Remaining[i].Cost)
	}
	when := ""
	if v.At != 0 {
		when = " at the end of " + v.At.String()
	}
	if len(v.Return.Book.Events) == 0 {
		return
	}
	if len(v.Remaining) == 0 {
		p.line("Left", when, ": nothing")
		return
	}
	p.line("Left", when, ": ", counted(len(v.Remaining), "holding"), ", cost ", fiat(cost), " ", v.Return.Currency)
}

func inYear(label string) string {
	if label == "" {
		return ""
	}
	return " in " + label
}
