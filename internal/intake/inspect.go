package intake

import (
	"maps"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// Inspected is what is known about one file, as ledgersys.inspect/1 shows it.
type Inspected struct {
	Name      string    `json:"name"`
	Format    string    `json:"format"`
	SHA256    string    `json:"sha256"`
	Zone      string    `json:"zone"`
	ZoneFrom  ZoneFrom  `json:"zone_from"`
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
	HeldRows  []HeldRow `json:"held_rows"`
}

// HeldRow is a row that led to nothing, with its text.
type HeldRow struct {
	Line   int    `json:"line"`
	Column string `json:"column"`
	Reason string `json:"reason"`
	Raw    string `json:"raw"`
}

// Contents is what a file is about.
type Contents struct {
	Any              bool
	From, To         ledger.Instant
	Accounts, Assets []string
}

// Contents says what a file is about. It is asked between Read and Merge:
// before it is known which rows another file has too.
func (f *File) Contents() Contents {
	var c Contents
	accounts, assets := map[string]bool{}, map[string]bool{}
	for i := range f.Collector.Events {
		e := &f.Collector.Events[i]
		if !c.Any {
			c.Any, c.From, c.To = true, e.At, e.At
		}
		c.From, c.To = min(c.From, e.At), max(c.To, e.At)
		for _, a := range [...]string{e.Account, e.Extra().ToAccount} {
			accounts[a] = true
		}
		for _, a := range [...]string{e.Asset, e.Extra().ToAsset, e.Extra().FeeAsset, e.ValueCurrency, e.FeeCurrency} {
			assets[a] = true
		}
	}
	c.Accounts, c.Assets = names(accounts), names(assets)
	return c
}

func names(set map[string]bool) []string {
	delete(set, "")
	if len(set) == 0 {
		return []string{}
	}
	return slices.Sorted(maps.Keys(set))
}

// Inspect says what is known about a file that was read. HeldRows reads it
// once more, for the text of the rows.
func (f *File) Inspect(c Contents) Inspected {
	out := f.inspected(c)
	out.HeldRows = f.HeldRows()
	return out
}

// inspected leaves the held rows out.
func (f *File) inspected(c Contents) Inspected {
	t := f.Collector.Tally
	out := Inspected{
		Name: f.Name, Format: f.FormatName(), SHA256: f.SHA256, ZoneFrom: f.ZoneFrom,
		Rows: t.Rows, Events: t.Events, Merged: t.Merged, Duplicate: t.Duplicate, Ignored: t.Ignored, Held: t.Held,
		Accounts: c.Accounts, Assets: c.Assets, HeldRows: []HeldRow{},
	}
	if f.Zone != nil {
		out.Zone = f.Zone.String()
	}
	if c.Any {
		from, to := c.From.Time().Format(time.RFC3339), c.To.Time().Format(time.RFC3339)
		out.From, out.To = &from, &to
	}
	return out
}

// HeldRows lists the held rows of a file with their text, by line.
func (f *File) HeldRows() []HeldRow {
	held := f.Collector.Held
	lines := make(map[int]bool, len(held))
	for _, h := range held {
		lines[h.Line] = true
	}
	raw := f.Raw(lines)
	rows := make([]HeldRow, 0, len(held))
	for _, h := range held {
		rows = append(rows, HeldRow{h.Line, h.Column, keyring.Withhold(h.Reason), raw[h.Line]})
	}
	slices.SortStableFunc(rows, func(a, b HeldRow) int { return a.Line - b.Line })
	return rows
}
