package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// write gives rows as CSV: quoted where it must be, and elsewhere as style
// says; the line ends come from ends in turn.
func write(rows [][]string, comma byte, ends []string, style func() bool) string {
	var b strings.Builder
	for i, row := range rows {
		for j, cell := range row {
			if j > 0 {
				b.WriteByte(comma)
			}
			must := len(row) == 1 && cell == "" || strings.ContainsAny(cell, "\"\r\n"+string(rune(comma)))
			if must || style() {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		if i < len(rows)-1 || style() {
			b.WriteString(ends[i%len(ends)])
		}
	}
	return b.String()
}

// drawRows draws a table of at least two columns; with one column, a cell that
// holds the delimiter would be split once more, as it should be.
func drawRows(t *rapid.T) [][]string {
	cell := rapid.OneOf(
		rapid.StringOfN(rapid.RuneFrom([]rune("ab,;\t\"\"\n\r-é€😀 ")), 0, 12, -1),
		rapid.StringMatching(`[0-9a-z.\-]{0,20}`),
		rapid.Just(""),
	)
	return rapid.SliceOfN(rapid.SliceOfN(cell, 2, 20), 0, 12).Draw(t, "rows")
}

func writtenIsRead(t *rapid.T) {
	rows := drawRows(t)
	comma := rapid.SampledFrom(Delimiters()).Draw(t, "comma")
	ends := rapid.SliceOfN(rapid.SampledFrom([]string{"\n", "\r\n", "\r"}), 1, 5).Draw(t, "ends")
	block := rapid.SampledFrom([]int{1, 2, 5, 8, 13, 64, 100, blockSize}).Draw(t, "block")
	text := write(rows, comma, ends, func() bool { return rapid.Bool().Draw(t, "quoted") })

	r := NewReader(strings.NewReader(text), comma, Limits{})
	r.block = block
	line := 1
	for i, want := range rows {
		got, err := r.Read()
		if err != nil || !slices.Equal(got.Cells, want) || got.Line != line {
			t.Fatalf("row %d: got %d %q %v, want %d %q, from %q", i, got.Line, got.Cells, err, line, want, text)
		}
		line += 1 + physicalLines(r.Raw())
	}
	if row, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Fatalf("more than was written: %q %v", row.Cells, err)
	}
}

// physicalLines counts the line ends in a text.
func physicalLines(s string) int {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Count(s, "\n") + strings.Count(s, "\r")
}

// The size of the blocks in which a text is read changes nothing, whatever the
// text is.
func blocksDoNotMatter(t *rapid.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aab,,\"\"\n\n\r\x00é")), 0, 200, -1).Draw(t, "text")
	if rapid.Bool().Draw(t, "broken") && text != "" {
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		text = text[:at] + "\xff" + text[at:]
	}
	sameInAllBlocks(t, text)
}

type fataler interface{ Fatalf(string, ...any) }

func sameInAllBlocks(t fataler, text string) {
	lim := Limits{Columns: 30}
	want := transcript(NewReader(strings.NewReader(text), ',', lim))
	for block, r := range readers(text, ',', lim) {
		if got := transcript(r); got != want {
			t.Fatalf("blocks of %d:\n%s\none block:\n%s\nof %q", block, got, want, text)
		}
	}
}

// A line with broken quotes costs no other row of a table without quotes, be it
// in front of it or behind it.
func brokenQuotesCostOneRow(t *rapid.T) {
	n := rapid.IntRange(1, 30).Draw(t, "rows")
	at := rapid.IntRange(0, n-1).Draw(t, "at")
	stray := rapid.SampledFrom([]string{`"`, `x,"`, `x,"y`, `x"`, `"x"y`, `x,"y"z,""`, `"""`, `"a","b`}).Draw(t, "stray")
	var text, want strings.Builder
	for i := range n {
		if i == at {
			fmt.Fprintln(&text, stray)
			continue
		}
		fmt.Fprintf(&text, "%d,b,c\n", i)
		fmt.Fprintf(&want, "%d [\"%d\" \"b\" \"c\"]\n", i+1, i)
	}
	for block, r := range readers(text.String(), ',', Limits{}) {
		var rows strings.Builder
		faults := 0
		for {
			row, err := r.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			var e *Error
			if errors.As(err, &e) {
				faults++
				if e.Line != at+1 || !e.Row {
					t.Fatalf("fault in line %d, want %d: %v", e.Line, at+1, e)
				}
				continue
			}
			fmt.Fprintf(&rows, "%d %q\n", row.Line, row.Cells)
		}
		if rows.String() != want.String() || faults != 1 {
			t.Fatalf("blocks of %d: %d faults, got\n%swant\n%sfrom\n%s", block, faults, rows.String(), want.String(), text.String())
		}
	}
}

// Where the standard library reads a text without an error, we read the same
// cells, but that it makes line ends in quotes one character.
func agreesWithStandardLibrary(t *rapid.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aab,,\"\"\n")), 0, 60, -1).Draw(t, "text")
	std := csv.NewReader(strings.NewReader(text))
	std.FieldsPerRecord = -1
	want, err := std.ReadAll()
	if err != nil {
		t.Skip("not strict CSV")
	}
	r := NewReader(strings.NewReader(text), ',', Limits{})
	for _, w := range want {
		got, err := r.Read()
		if err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		if !slices.Equal(got.Cells, w) && len(w) != 1 {
			t.Fatalf("got %q, want %q in %q", got.Cells, w, text)
		}
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Fatalf("%v behind the end of %q", err, text)
	}
}

func TestWrittenIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, writtenIsRead)
}

func TestBlocksDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, blocksDoNotMatter)
}

func TestBrokenQuotesCostOneRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, brokenQuotesCostOneRow)
}

func TestAgreesWithStandardLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, agreesWithStandardLibrary)
}

func FuzzWrittenIsRead(f *testing.F) { f.Fuzz(rapid.MakeFuzz(writtenIsRead)) }

func FuzzBrokenQuotesCostOneRow(f *testing.F) { f.Fuzz(rapid.MakeFuzz(brokenQuotesCostOneRow)) }

// FuzzReader reads any bytes in blocks of all sizes.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"a,b\n", "\"a\"\"b\",c\r\n", "\"a\nb", "a\"b\rc", "\"a,\"\"b\"\"\"\n", "\x00,\xff\n,,,,,,,,,,,,,\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 5000 {
			return
		}
		sameInAllBlocks(t, text)
	})
}
