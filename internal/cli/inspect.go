package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// inspectVerb says what files are.
type inspectVerb struct {
	inputFlags
	Timezone string `help:"Zone in which bare dates begin." default:"UTC"`
	JSON     bool   `name:"json" help:"Print as JSON."`
}

// inspection is ledgersys.inspect/1.
type inspection struct {
	Schema string      `json:"schema"`
	Files  []inspected `json:"files"`
}

type inspected struct {
	Name      string    `json:"name"`
	Format    string    `json:"format"`
	SHA256    string    `json:"sha256"`
	Zone      string    `json:"zone"`
	ZoneFrom  string    `json:"zone_from"`
	Rows      int       `json:"rows"`
	Events    int       `json:"events"`
	Merged    int       `json:"merged"`
	Duplicate int       `json:"duplicate"`
	Ignored   int       `json:"ignored"`
	Held      int       `json:"held"`
	From      *string   `json:"from"`
	To        *string   `json:"to"`
	Accounts  []string  `json:"accounts"`
	Assets    []string  `json:"assets"`
	HeldRows  []heldRow `json:"held_rows"`

	title   string
	fault   error // why no format knows it, if that is a fault of one row
	ignored map[string]int
}

type heldRow struct {
	Line   int    `json:"line"`
	Column string `json:"column"`
	Reason string `json:"reason"`
	Raw    string `json:"raw"`
}

// Run inspects.
func (v *inspectVerb) Run(s *Streams) error {
	files, err := v.open(s)
	if err != nil {
		return err
	}
	zone, err := loadZone(v.Timezone)
	if err != nil {
		return usage(fmt.Errorf("--timezone %s: %w", v.Timezone, err))
	}
	if err := readAll(s, files, ledger.NewCalendar(zone)); err != nil {
		return err
	}
	said := make(map[*intake.File]contents, len(files)) // before it is known which rows another file has too
	for _, f := range files {
		said[f] = contentsOf(f.Collector.Events)
	}
	files, _ = intake.Merge(files)
	report := inspection{Schema: "ledgersys.inspect/1", Files: make([]inspected, len(files))}
	worried := false
	for i, f := range files {
		report.Files[i] = inspect(f, said[f])
		worried = worried || !f.Known() || report.Files[i].Held > 0
	}
	if v.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetEscapeHTML(false)
		err = enc.Encode(report)
	} else {
		err = writeInspection(s.Out, report)
	}
	if err == nil && worried {
		return errIssues
	}
	return err
}

func inspect(f *intake.File, said contents) inspected {
	t := f.Collector.Tally
	out := inspected{
		Name: f.Name, Format: f.FormatName(), SHA256: f.SHA256, ZoneFrom: string(f.ZoneFrom),
		Rows: t.Rows, Events: t.Events, Merged: t.Merged, Duplicate: t.Duplicate, Ignored: t.Ignored, Held: t.Held,
		Accounts: names(said.accounts), Assets: names(said.assets), HeldRows: heldRows(f), title: f.FormatTitle(), fault: f.Fault, ignored: f.Collector.Ignored,
	}
	if f.Zone != nil {
		out.Zone = f.Zone.String()
	}
	if said.any {
		from, to := said.from.Time().Format(time.RFC3339), said.to.Time().Format(time.RFC3339)
		out.From, out.To = &from, &to
	}
	return out
}

// heldRows lists the held rows of a file with their text, by line.
func heldRows(f *intake.File) []heldRow {
	held := f.Collector.Held
	lines := make(map[int]bool, len(held))
	for _, h := range held {
		lines[h.Line] = true
	}
	raw := f.Raw(lines)
	rows := make([]heldRow, 0, len(held))
	for _, h := range held {
		rows = append(rows, heldRow{h.Line, h.Column, h.Reason, raw[h.Line]})
	}
	slices.SortStableFunc(rows, func(a, b heldRow) int { return a.Line - b.Line })
	return rows
}

// contents is what a file is about.
type contents struct {
	any              bool
	from, to         ledger.Instant
	accounts, assets map[string]bool
}

func contentsOf(events []ledger.Event) contents {
	c := contents{accounts: map[string]bool{}, assets: map[string]bool{}}
	for i := range events {
		e := &events[i]
		if !c.any {
			c.any, c.from, c.to = true, e.At, e.At
		}
		c.from, c.to = min(c.from, e.At), max(c.to, e.At)
		for _, a := range [...]string{e.Account, e.Extra().ToAccount} {
			c.accounts[a] = true
		}
		for _, a := range [...]string{e.Asset, e.Extra().ToAsset, e.Extra().FeeAsset, e.ValueCurrency, e.FeeCurrency} {
			c.assets[a] = true
		}
	}
	return c
}

func names(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for n := range set {
		if n != "" {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// writeInspection prints for people.
func writeInspection(w io.Writer, r inspection) error {
	for _, f := range r.Files {
		zone := f.Zone
		if zone == "" {
			zone = "-"
		}
		fmt.Fprintf(w, "%s\n  %s (%s), zone %s (%s)\n", f.Name, f.title, orDash(f.Format), zone, f.ZoneFrom)
		fmt.Fprintf(w, "  %d rows = %d events + %d merged + %d duplicate + %d ignored + %d held\n", f.Rows, f.Events, f.Merged, f.Duplicate, f.Ignored, f.Held)
		if f.From != nil {
			fmt.Fprintf(w, "  %s to %s\n", *f.From, *f.To)
			fmt.Fprintf(w, "  accounts: %s\n  assets:   %s\n", list(f.Accounts), list(f.Assets))
		}
		if f.fault != nil {
			fmt.Fprintf(w, "  %v\n", f.fault)
		}
		for _, why := range names(keys(f.ignored)) {
			fmt.Fprintf(w, "  ignored %d: %s\n", f.ignored[why], why)
		}
		for _, h := range f.HeldRows {
			fmt.Fprintf(w, "  held, line %d, %s: %s\n    %d | %s\n", h.Line, h.Column, h.Reason, h.Line, h.Raw)
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

func keys(m map[string]int) map[string]bool {
	out := make(map[string]bool, len(m))
	for k := range m {
		out[k] = true
	}
	return out
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func list(names []string) string {
	out := ""
	for i, n := range names {
		if i > 0 {
			out += ", "
		}
		out += n
	}
	return out
}
