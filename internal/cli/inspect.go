package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// inspectVerb says what files are.
type inspectVerb struct {
	inputFlags
	schemaFlag
	Timezone string `help:"Zone in which bare dates begin." default:"UTC"`
	JSON     bool   `name:"json" help:"Print as JSON."`
}

// inspection is ledgersys.inspect/1.
type inspection struct {
	Schema string             `json:"schema"`
	Files  []intake.Inspected `json:"files"`
}

// Run inspects.
func (v *inspectVerb) Run(s *Streams) error {
	if v.Schema {
		return v.print(s.Out, "inspect")
	}
	files, err := v.open(s)
	if err != nil {
		return err
	}
	zone, err := intake.LoadZone(v.Timezone)
	if err != nil {
		return usage(fmt.Errorf("--timezone %s: %w", v.Timezone, err))
	}
	if err := readAll(s, files, ledger.NewCalendar(zone)); err != nil {
		return err
	}
	said := make(map[*intake.File]intake.Contents, len(files))
	for _, f := range files {
		said[f] = f.Contents()
	}
	files, _ = intake.Merge(files)
	report := inspection{Schema: "ledgersys.inspect/1", Files: make([]intake.Inspected, len(files))}
	worried := false
	for i, f := range files {
		report.Files[i] = f.Inspect(said[f])
		worried = worried || !f.Known() || report.Files[i].Held > 0
	}
	if v.JSON {
		enc := json.NewEncoder(s.Out)
		enc.SetEscapeHTML(false)
		err = enc.Encode(report)
	} else {
		err = writeInspection(s.Out, files, report)
	}
	if err == nil && worried {
		return errIssues
	}
	return err
}

// writeInspection prints for people.
func writeInspection(w io.Writer, files []*intake.File, r inspection) error {
	for i, f := range r.Files {
		zone := f.Zone
		if zone == "" {
			zone = "-"
		}
		fmt.Fprintf(w, "%s\n  %s (%s), zone %s (%s)\n", f.Name, files[i].FormatTitle(), orDash(f.Format), zone, f.ZoneFrom)
		fmt.Fprintf(w, "  %d rows = %d events + %d merged + %d duplicate + %d ignored + %d held\n", f.Rows, f.Events, f.Merged, f.Duplicate, f.Ignored, f.Held)
		if f.From != nil {
			fmt.Fprintf(w, "  %s to %s\n", *f.From, *f.To)
			fmt.Fprintf(w, "  accounts: %s\n  assets:   %s\n", strings.Join(f.Accounts, ", "), strings.Join(f.Assets, ", "))
		}
		if files[i].Fault != nil {
			fmt.Fprintf(w, "  %v\n", files[i].Fault)
		}
		ignored := files[i].Collector.Ignored
		for _, why := range slices.Sorted(maps.Keys(ignored)) {
			fmt.Fprintf(w, "  ignored %d: %s\n", ignored[why], why)
		}
		for _, h := range f.HeldRows {
			fmt.Fprintf(w, "  held, line %d, %s: %s\n    %d | %s\n", h.Line, h.Column, h.Reason, h.Line, h.Raw)
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
