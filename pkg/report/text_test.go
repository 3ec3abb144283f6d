package report

import (
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, fiat, signed, exact string }{
		{"0", "0.00", "0.00", "0"},
		{"1", "1.00", "+1.00", "1"},
		{"-1", "-1.00", "-1.00", "-1"},
		{"999.995", "1,000.00", "+1,000.00", "999.995"},
		{"0.005", "0.005", "+0.005", "0.005"}, // half to even would say 0.00
		{"0.0031", "0.0031", "+0.0031", "0.0031"},
		{"-0.000000000000000001", "-0.000000000000000001", "-0.000000000000000001", "-0.000000000000000001"},
		{"0.015", "0.02", "+0.02", "0.015"},
		{"-123", "-123.00", "-123.00", "-123"},
		{"-1234", "-1,234.00", "-1,234.00", "-1,234"},
		{"123456", "123,456.00", "+123,456.00", "123,456"},
		{"1234567.123456789", "1,234,567.12", "+1,234,567.12", "1,234,567.123456789"},
	} {
		t.Run(c.in, func(t *testing.T) {
			t.Parallel()
			a := m(c.in)
			if fiat(a) != c.fiat || signed(a) != c.signed || exact(a) != c.exact {
				t.Errorf("got %s, %s, %s; want %s, %s, %s", fiat(a), signed(a), exact(a), c.fiat, c.signed, c.exact)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", 1000: "1,000 rows", 12345678: "12,345,678 rows"} {
		if got := counted(n, "row"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestFigureLabels(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"st": "short-term", "lt": "long-term", "taxable_gain": "taxable gain", "gains_from_2024_10_30": "gains from 2024-10-30", "net": "net", "losses_2": "losses 2",
	} {
		if got := figureLabel(key); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

// summaryKeeps says of a summary of any width with any words in it: nothing
// but its own colors reaches the terminal, color changes nothing else, no line
// ends in a blank, and sentences stay inside the width.
func summaryKeeps(t *rapid.T) {
	r := drawReturn(t)
	v, err := Select(r, "")
	if err != nil {
		t.Fatal(err)
	}
	term := Terminal{Width: rapid.IntRange(40, 120).Draw(t, "width")}
	var plain, painted strings.Builder
	if err := WriteSummary(&plain, v, term); err != nil {
		t.Fatal(err)
	}
	term.Color = true
	if err := WriteSummary(&painted, v, term); err != nil {
		t.Fatal(err)
	}
	if got := escape.ReplaceAllString(painted.String(), ""); got != plain.String() {
		t.Fatalf("without colors\n%q\nbut\n%q", got, plain.String())
	}
	if i := strings.IndexFunc(plain.String(), func(c rune) bool { return c != '\n' && (c < ' ' || c >= 0x7f && c < 0xa0 || c == '\u202e') }); i >= 0 {
		t.Fatalf("a control character at %d in %q", i, plain.String())
	}
	last := "Ledgersys calculates from what you gave it. It is not tax advice."
	if joined := strings.Join(strings.Fields(plain.String()), " "); !strings.HasSuffix(joined, last) {
		t.Fatalf("does not end as it should: %q", joined)
	}
}

func TestSummaryKeepsItsForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, summaryKeeps)
}

func FuzzSummary(f *testing.F) { f.Fuzz(rapid.MakeFuzz(summaryKeeps)) }

// A table of many years is set in blocks that fit.
func TestManyYearsFitTheWidth(t *testing.T) {
	t.Parallel()
	v := fixtureView(t, "us", "")
	for range 4 {
		v.Years = append(v.Years, v.Years...)
	}
	for _, width := range []int{40, 60, 80} {
		text := written(t, func(w io.Writer) error {
			p := newPage(w, Terminal{Width: width})
			p.years(v)
			return p.close()
		})
		years := 0
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if n := utf8.RuneCountInString(line); n > width || strings.HasSuffix(line, " ") {
				t.Errorf("width %d: line of %d: %q", width, n, line)
			}
			if strings.HasPrefix(line, "  USD") {
				years += len(strings.Fields(line)) - 1
			}
		}
		if years != len(v.Years) {
			t.Errorf("width %d: %d years are shown, want %d", width, years, len(v.Years))
		}
	}
}
