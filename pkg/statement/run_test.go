package statement_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// formatOf knows headers with these names and reads by a function.
func formatOf(name string, read func(in *statement.Input, c *statement.Collector) error, names ...string) statement.Format {
	return statement.Format{Name: name, Venue: name, Read: read, Match: func(h statement.Header) bool { return h.Has(names...) }}
}

func cells(text ...string) []statement.Row {
	rows := make([]statement.Row, len(text))
	for i, line := range text {
		rows[i] = statement.Row{Line: i + 1, Cells: strings.Split(line, ",")}
	}
	return rows
}

// TestDetect: the earliest row that a format knows is the header, and of the
// formats the first.
func TestDetect(t *testing.T) {
	t.Parallel()
	formats := []statement.Format{formatOf("narrow", nil, "a", "b", "c"), formatOf("wide", nil, "a", "b")}
	far := append(make([]string, statement.HeaderDepth), "a,b")
	for name, c := range map[string]struct {
		rows []string
		want string
		at   int
	}{
		"first_of_the_formats": {[]string{"a,b,c"}, "narrow", 0},
		"earliest_of_the_rows": {[]string{"x", "", "B, A ", "a,b,c"}, "wide", 2},
		"none":                 {[]string{"x,y"}, "", 0},
		"too_far_below":        {far, "", 0},
		"just_in_reach":        {far[1:], "wide", statement.HeaderDepth - 1},
		"nothing":              {nil, "", 0},
	} {
		f, i := statement.Detect(formats, cells(c.rows...))
		if got := f; (got == nil) != (c.want == "") || got != nil && got.Name != c.want || i != c.at {
			t.Errorf("%s: %v at %d", name, f, i)
		}
	}
}

// TestCollect: blank rows do not come, rows without outcome are found out,
// what is too large to be put together names its line, and too many held rows
// end the file.
func TestCollect(t *testing.T) {
	t.Parallel()
	collect := func(rows []statement.Row, n int, read func(r statement.Row, c *statement.Collector)) (*statement.Collector, error) {
		f := formatOf("test", func(in *statement.Input, c *statement.Collector) error {
			for r := range in.Rows {
				read(r, c)
			}
			return nil
		})
		c := statement.NewCollector("test")
		return c, statement.Collect(statement.Source{Format: &f, Header: rows[0], Rows: func(yield func(statement.Row) bool) {
			for range n {
				for _, r := range rows[1:] {
					if !yield(r) {
						return
					}
				}
			}
		}}, c)
	}
	rows := cells("a,b", "1,2", " ,\ufeff", "3,4")
	c, err := collect(rows, 1, func(r statement.Row, c *statement.Collector) { c.Ignore(r.Line, "x") })
	if err != nil || c.Tally.Rows != 2 {
		t.Errorf("%+v, %v", c.Tally, err)
	}
	if _, err = collect(rows, 1, func(statement.Row, *statement.Collector) {}); !errors.Is(err, statement.ErrRowLost) {
		t.Errorf("rows without outcome: %v", err)
	}
	_, err = collect(rows, 1, func(r statement.Row, c *statement.Collector) {
		huge := money.MustParse(strings.Repeat("9", 38))
		_ = huge.Add(huge)
		c.Ignore(r.Line, "x")
	})
	if !errors.Is(err, statement.ErrTooLarge) || !strings.HasPrefix(err.Error(), "line 2 ") {
		t.Errorf("too large: %v", err)
	}
	c, err = collect(rows, statement.MaxHeld, func(r statement.Row, c *statement.Collector) { c.Hold(r.Line, "b", "why") })
	if err == nil || !strings.Contains(err.Error(), "the first is line 2, b: why") || len(c.Held) != statement.MaxHeld+1 {
		t.Errorf("%d held: %v", len(c.Held), err)
	}
}

// TestHeader: names are comparable; columns are found by name, by number among
// equal ones, and by what is around a part of the name.
func TestHeader(t *testing.T) {
	t.Parallel()
	h := statement.NewHeader(statement.Row{Line: 3, Cells: []string{"\ufeffTime  (UTC)", "Amount\u00a0EUR", "Fee", "fee", ""}})
	if h.Index("time (utc)") != 0 || h.Index("fee") != 2 || h.Nth("fee", 1) != 3 || h.Nth("fee", 2) != -1 || h.Index("x") != -1 {
		t.Errorf("%q", h.Names)
	}
	if i, between := h.Find("amount ", ""); i != 1 || between != "eur" {
		t.Errorf("column %d, %q", i, between)
	}
	if i, _ := h.Find("amount", "amount eur"); i != -1 {
		t.Error("prefix and suffix overlap")
	}
	if !h.Has("fee", "amount eur") || h.Has("fee", "x") || h.Duplicate() != "fee" || h.Raw[0] != "Time  (UTC)" {
		t.Errorf("%q, duplicate %q", h.Raw, h.Duplicate())
	}
	if !h.Is("time (utc)", "amount eur", "fee", "fee") || h.Is("time (utc)", "amount eur", "fee") || h.Is("amount eur", "time (utc)", "fee", "fee") {
		t.Error("the columns are exactly these in this order")
	}
	r := statement.Row{Cells: []string{" a\u00a0", ""}}
	if r.Cell(0) != "a" || r.Cell(2) != "" || r.Cell(-1) != "" || r.Blank() {
		t.Errorf("%q", r.Cells)
	}
}

// TestStyle: the decimal sign of a figure that does not show it itself is that
// of the rest of the file, and where that shows both it is no guess.
func TestStyle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, cell, want string
	}{
		"shows_a_point":                    {"", "1.5", "1.5"},
		"shows_a_comma":                    {"", "1,5", "1.5"},
		"groups_and_point":                 {"", "1,234.5", "1234.5"},
		"groups_and_comma":                 {"", "1.234,5", "1234.5"},
		"groups_of_commas":                 {"", "1,234,567", "1234567"},
		"groups_of_points":                 {"", "1.234.567", "1234567"},
		"zero_before_it":                   {"", "0,123", "0.123"},
		"unsure_comma_alone":               {"", "1,234", "?"},
		"unsure_point_alone":               {"", "1.234", "1.234"},
		"unsure_comma_in_a_file_of_points": {"2.5", "1,234", "1234"},
		"unsure_comma_in_a_file_of_commas": {"2,5", "1,234", "1.234"},
		"unsure_point_in_a_file_of_commas": {"2,5", "1.234", "1234"},
		"unsure_comma_in_a_file_of_both":   {"2,5 2.5", "1,234", "?"},
		"unsure_point_in_a_file_of_both":   {"2,5 2.5", "1.234", "?"},
		"four_before_it_are_no_group":      {"2,5", "1234,567", "1234.567"},
		"negative":                         {"2,5", "-1.234", "-1234"},
		"no_sign_at_all":                   {"2,5", "12", "12"},
		"an_exponent":                      {"", "1.5e3", "1500"},
	} {
		var s statement.Style
		for _, f := range strings.Fields(c.file) {
			s.Look(f)
		}
		n, err := s.Numbers(c.cell, statement.Numbers{Exponent: true})
		if errors.Is(err, statement.ErrSign) != (c.want == "?") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a, _, err := n.Units(c.cell); c.want != "?" && (err != nil || a.String() != c.want) {
			t.Errorf("%s: %s, %v, want %s", name, a, err, c.want)
		}
	}
}
