package sheet

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// transcript writes down all that a reader gives, one line for each row or
// fault, so that two readings can be compared and a table can be read.
func transcript(rows RowReader) string {
	var b strings.Builder
	for {
		row, err := rows.Read()
		var e *Error
		switch {
		case errors.Is(err, io.EOF):
			return b.String()
		case err == nil:
			fmt.Fprintf(&b, "%d %q\n", row.Line, row.Cells)
		case errors.As(err, &e) && e.Row:
			fmt.Fprintf(&b, "%d:%d %s\n", e.Line, e.Column, kind(e.Reason))
		default:
			fmt.Fprintf(&b, "END %v\n", err)
			return b.String()
		}
	}
}

// kind gives a short word for the reason of a fault.
func kind(reason string) string {
	for _, k := range []string{"stands inside", "never closed", "text follows", "NUL", "UTF-8", "columns", "cell is longer", "row is longer"} {
		if strings.Contains(reason, k) {
			return k
		}
	}
	return reason
}

// readers gives a reader of text for several sizes of block.
func readers(text string, comma byte, lim Limits) map[int]*Reader {
	m := map[int]*Reader{}
	for _, block := range []int{1, 2, 3, 7, 8, 9, 16, 64, blockSize} {
		r := NewReader(strings.NewReader(text), comma, lim)
		r.block = block
		m[block] = r
	}
	return m
}

func TestReader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ``},
		{"one_line_without_end", "a,b", `1 ["a" "b"]`},
		{"lf", "a,b\nc,d\n", `1 ["a" "b"]|2 ["c" "d"]`},
		{"crlf", "a,b\r\nc,d\r\n", `1 ["a" "b"]|2 ["c" "d"]`},
		{"cr_of_an_old_mac", "a,b\rc,d\r", `1 ["a" "b"]|2 ["c" "d"]`},
		{"line_ends_mixed", "a\rb\nc\r\nd", `1 ["a"]|2 ["b"]|3 ["c"]|4 ["d"]`},
		{"empty_lines_are_no_rows_but_count", "\n\na\r\n\r\nb\r\rc", `3 ["a"]|5 ["b"]|7 ["c"]`},
		{"empty_cells", ",\n,,\n\"\"\n", `1 ["" ""]|2 ["" "" ""]|3 [""]`},
		{"blanks_are_kept", " a , b \n", `1 [" a " " b "]`},
		{"cells_of_every_length", "1,22,333,4444,55555,666666,7777777,88888888,999999999,", `1 ["1" "22" "333" "4444" "55555" "666666" "7777777" "88888888" "999999999" ""]`},
		{"a_byte_like_the_delimiter_but_one_bit", ",-,-\n", `1 ["" "-" "-"]`},
		{"quoted", "\"a\",\"b\"\n", `1 ["a" "b"]`},
		{"quoted_delimiter", "\"a,b\",c\n", `1 ["a,b" "c"]`},
		{"quoted_quote", "\"a\"\"b\",c\n\"\"\"\",\"\"\"\"\"\"\n", `1 ["a\"b" "c"]|2 ["\"" "\"\""]`},
		{"quoted_line_end", "\"a\nb\",c\nd\n\"e\r\nf\",\"g\rh\"\r\ni", `1 ["a\nb" "c"]|3 ["d"]|4 ["e\r\nf" "g\rh"]|7 ["i"]`},
		{"quoted_empty_at_the_end", "a,\"\"\r\n\"\"", `1 ["a" ""]|2 [""]`},
		{"quote_inside_a_bare_cell", "a\na,b\"c,d\ne\n", `1 ["a"]|2:2 stands inside|3 ["e"]`},
		{"quote_behind_a_blank", "a, \"b\"\nc", `1:2 stands inside|2 ["c"]`},
		{"text_behind_the_closing_quote", "\"a\"b,c\nd\n", `1:1 text follows|2 ["d"]`},
		{"quote_never_closed", "a\nb,\"c\nd,e\nf\n", `1 ["a"]|2:2 never closed|3 ["d" "e"]|4 ["f"]`},
		{"quote_closed_by_a_later_line", "a,\"b\nc,d\n\"e\",f\ng", `1:2 text follows|2 ["c" "d"]|3 ["e" "f"]|4 ["g"]`},
		{"quote_never_closed_behind_a_cell_of_two_lines", "\"a\nb\",\"c\nd\n", `2:2 never closed|3 ["d"]`},
		{"only_a_quote", "\"", `1:1 never closed`},
		{"nul", "a\nb,c\x00d\ne", `1 ["a"]|2:2 NUL|3 ["e"]`},
		{"nul_in_quotes", "\"b\n\",\"c\x00\"\ne", `1:2 NUL|3 ["e"]`},
		{"broken_utf8", "ä\nb,c,\xff\ne,ö\n\"\xc3\"\nf", `1 ["ä"]|2:3 UTF-8|3 ["e" "ö"]|4:1 UTF-8|5 ["f"]`},
		{"broken_utf8_at_the_end", "a,\xe2\x82", `1:2 UTF-8`},
		{"whole_line_quoted", "\"a,b,\"\"c,d\"\",e\"\nf,g\n", `1 ["a" "b" "c,d" "e"]|2 ["f" "g"]`},
		{"whole_line_quoted_without_inner_quotes", "\"a,b\"\r\n", `1 ["a" "b"]`},
		{"one_quoted_sentence_stays_whole_if_it_is_no_row", "\"He said \"\"hi\"\", twice\"\n", `1 ["He said \"hi\", twice"]`},
		{"one_quoted_cell_of_two_lines_stays_whole", "\"a,b\nc,d\"\n", `1 ["a,b\nc,d"]`},
		{"one_quoted_cell_without_delimiter", "\"a;b\"\n", `1 ["a;b"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for block, r := range readers(c.in, ',', Limits{}) {
				got := strings.ReplaceAll(strings.TrimSuffix(transcript(r), "\n"), "\n", "|")
				if got != c.want {
					t.Errorf("blocks of %d:\n got %s\nwant %s", block, got, c.want)
				}
			}
		})
	}
}

func TestReaderLimits(t *testing.T) {
	t.Parallel()
	x := func(n int) string { return strings.Repeat("x", n) }
	lim := Limits{Cell: 10, Row: 40, Columns: 5, Rows: 100}
	for _, c := range []struct{ name, in, want string }{
		{"cell_of_the_limit", x(10) + "," + `"` + x(10) + `"`, `1 ["xxxxxxxxxx" "xxxxxxxxxx"]`},
		{"cell_beyond", "a\n" + x(11) + "\nb", `1 ["a"]|2:1 cell is longer|3 ["b"]`},
		{"second_cell_beyond", "a,b," + x(11) + ",c\nb", `1:3 cell is longer|2 ["b"]`},
		{"quoted_cell_beyond", "a,\"" + x(11) + "\"\nb", `1:2 cell is longer|2 ["b"]`},
		{"quoted_cell_with_line_ends_beyond", "a,\"1\n2345\n67890\n\"\nb", `1:2 cell is longer|2 ["2345"]|3 ["67890"]|4:1 never closed|5 ["b"]`},
		{"quote_never_closed_and_much_behind_it", "a,\"1\n2345\n67890\n" + x(10) + "\nb", `1:2 cell is longer|2 ["2345"]|3 ["67890"]|4 ["xxxxxxxxxx"]|5 ["b"]`},
		{"columns_of_the_limit", "1,2,3,4,5\n1,2,3,4,\"5\"", `1 ["1" "2" "3" "4" "5"]|2 ["1" "2" "3" "4" "5"]`},
		{"columns_beyond", "a\n1,2,3,4,5,6\nb", `1 ["a"]|2:6 columns|3 ["b"]`},
		{"quoted_columns_beyond", "a\n1,2,3,4,5,6,\"7\"\nb", `1 ["a"]|2:6 columns|3 ["b"]`},
		{"columns_beyond_over_two_lines", "1,2,3,4,5,6,\"7\na\"\nb", `1:6 columns|2:1 stands inside|3 ["b"]`},
		{"row_beyond", "a\n" + x(41) + "\nb", `1 ["a"]|2:0 row is longer|3 ["b"]`},
		{"row_far_beyond", "a\n" + x(1000) + "\r\nb", `1 ["a"]|2:0 row is longer|3 ["b"]`},
		{"row_beyond_at_the_end", "a\n" + x(1000), `1 ["a"]|2:0 row is longer`},
		{"row_beyond_ends_with_cr", x(1000) + "\rb\n" + x(41) + "\rc", `1:0 row is longer|2 ["b"]|3:0 row is longer|4 ["c"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for block, r := range readers(c.in, ',', lim) {
				got := strings.ReplaceAll(strings.TrimSuffix(transcript(r), "\n"), "\n", "|")
				if got != c.want {
					t.Errorf("blocks of %d:\n got %s\nwant %s", block, got, c.want)
				}
			}
		})
	}
}

func TestReaderStops(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		lim      Limits
		want     string
	}{
		{"rows", "a\nb\nc\n", Limits{Rows: 2}, "1 [\"a\"]\n2 [\"b\"]\nEND line 4: the file has more than 2 rows; split it\n"},
		{"total", "a\nb\nc\n", Limits{Total: 4}, "1 [\"a\"]\n2 [\"b\"]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for block, r := range readers(c.in, ',', c.lim) {
				got := transcript(r)
				if !strings.HasPrefix(got, c.want) || !strings.Contains(got, "END") {
					t.Errorf("blocks of %d: got %q", block, got)
				}
				if _, err := r.Read(); err == nil || errors.Is(err, io.EOF) {
					t.Errorf("blocks of %d: the error is not final: %v", block, err)
				}
			}
		})
	}
}

func TestReaderPassesOnWhatBreaksItsSource(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	r := NewReader(io.MultiReader(strings.NewReader("a\nb\nhalf a ro"), failing{broken}), ',', Limits{})
	got := transcript(r)
	if want := "1 [\"a\"]\n2 [\"b\"]\nEND line 3: the file cannot be read further: disk on fire\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := r.Read(); !errors.Is(err, broken) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestRaw(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 1500)
	in := "a,\"b\nc\",d\r\nx,y\"z\n\"p\"q\n" + long + "\n" + strings.Repeat("v", 5000) + "\nlast"
	want := []string{"a,\"b\nc\",d", "x,y\"z", "\"p\"q", long[:2000], strings.Repeat("v", 2000), "last"}
	for block, r := range readers(in, ',', Limits{Row: 4000}) {
		for i, w := range want {
			_, _ = r.Read()
			if got := r.Raw(); got != w {
				t.Errorf("blocks of %d, row %d: got %q", block, i, got)
			}
		}
	}
}

func TestCellsStayValid(t *testing.T) {
	t.Parallel()
	var in strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&in, "%d,\"%d\"\"\",\"%d\"\n", i, i, i)
	}
	for block, r := range readers(in.String(), ',', Limits{}) {
		var kept [][]string
		for {
			row, err := r.Read()
			if err != nil {
				break
			}
			kept = append(kept, append([]string(nil), row.Cells...))
		}
		for i, row := range kept {
			if want := fmt.Sprintf(`["%d" "%d\"" "%d"]`, i, i, i); fmt.Sprintf("%q", row) != want {
				t.Fatalf("blocks of %d: row %d is %q", block, i, row)
			}
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  Error
		want string
	}{
		{Error{Reason: "no"}, "no"},
		{Error{Line: 3, Reason: "no"}, "line 3: no"},
		{Error{Line: 3, Column: 2, Reason: "no"}, "line 3, column 2: no"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
