package link

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// What a link brings goes into the book as a source of its own format: a table
// of records, in order, one a line, so that the same records are the same
// source, hash and all, and everything that holds for statements holds for it.

// columns are the head of the table; the first cell names the exchange.
var columns = []string{"stream", "endpoint", "id", "time", "raw", "context"}

func marker(x *exchange.Exchange) string { return "ledgersys-records:" + x.Name }

// Format returns the format of an exchange's records.
func Format(x *exchange.Exchange) statement.Format {
	return statement.Format{
		Name: x.Name + "-api", Title: x.Title + " (linked)", Venue: x.Venue, Zone: "UTC", ZoneInFile: true, Linked: true, Untold: untold(x),
		Match: func(h statement.Header) bool {
			return len(h.Raw) == len(columns)+1 && h.Raw[0] == marker(x) && slices.Equal(h.Raw[1:], columns)
		},
		Read: func(in *statement.Input, c *statement.Collector) error { return read(x, in, c) },
	}
}

// untold are the groups of events of which an exchange does not give all: what
// is not offered, and what it answers for a limited time.
func untold(x *exchange.Exchange) (groups []statement.Group) {
	about := map[exchange.StreamKind][]statement.Group{
		exchange.Trades: {statement.Trades}, exchange.Conversions: {statement.Trades}, exchange.Rewards: {statement.Others},
		exchange.Deposits: {statement.Moves}, exchange.Withdrawals: {statement.Moves}, exchange.Fiat: {statement.Moves, statement.Trades},
		exchange.Other: {statement.Trades, statement.Others},
	}
	for i := range x.Streams {
		if s := &x.Streams[i]; s.Reach > 0 && !s.Optional {
			groups = append(groups, about[s.Kind]...)
			if s.Kind == exchange.Base {
				groups = append(groups, statement.Moves, statement.Trades, statement.Others)
			}
		}
	}
	for _, a := range x.Absent {
		if a.Within == "" {
			groups = append(groups, about[a.Kind]...)
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// Formats are those of several exchanges.
func Formats(list []*exchange.Exchange) []statement.Format {
	out := make([]statement.Format, len(list))
	for i, x := range list {
		out[i] = Format(x)
	}
	return out
}

// read makes records of the table's rows and events of the records.
func read(x *exchange.Exchange, in *statement.Input, c *statement.Collector) error {
	var records []exchange.Record
	for r := range in.Rows {
		at, err := time.Parse(time.RFC3339Nano, r.Cell(4))
		if err != nil {
			return err // the table is ours: a fault of the program
		}
		records = append(records, exchange.Record{Stream: r.Cell(1), Endpoint: r.Cell(2), ID: r.Cell(3), Time: at, Raw: json.RawMessage(r.Cell(5)), Context: r.Cell(6)})
	}
	const head = 1 // the table's first line
	lines := make([]int, 0, len(records))
	for i := range records {
		if withheld(&records[i]) {
			continue
		}
		lines = append(lines, i+1+head)
		c.Records = append(c.Records, ledger.Ref{Endpoint: records[i].Endpoint, ID: records[i].ID})
	}
	err := x.Events(c, sound(records))
	c.Renumber(func(line int) int { return lines[line-1] })
	for i := range records {
		if withheld(&records[i]) {
			c.Hold(i+1+head, "raw", whyWithheld)
		}
	}
	return err
}

// The ways to write records.
const (
	keepAll = false
	useUp   = true // each is let go once it is written
)

// stream is the table of records, which are used up as it is read.
func stream(x *exchange.Exchange, records []exchange.Record) io.ReadCloser {
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(write(w, x, records, useUp)) }() // it always returns nil
	return r
}

// write writes the table of records, which must be in order.
func write(w io.Writer, x *exchange.Exchange, records []exchange.Record, spend bool) error {
	out := bufio.NewWriterSize(w, 1<<16)
	line := func(cells ...string) {
		for i, c := range cells {
			if i > 0 {
				_ = out.WriteByte(',')
			}
			_, _ = out.WriteString(`"` + strings.ReplaceAll(c, `"`, `""`) + `"`)
		}
		_ = out.WriteByte('\n') // the writer keeps its first error for Flush
	}
	line(append([]string{marker(x)}, columns...)...)
	var raw bytes.Buffer
	for i := range records {
		r := &records[i]
		raw.Reset()
		if err := json.Compact(&raw, r.Raw); err != nil {
			return err
		}
		line("", r.Stream, r.Endpoint, r.ID, r.Time.UTC().Format(time.RFC3339Nano), raw.String(), r.Context)
		if spend {
			*r = exchange.Record{}
		}
	}
	return out.Flush()
}
