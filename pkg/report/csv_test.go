package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// oneForm returns a form whose rows f writes.
func oneForm(style tax.Style, f func(w tax.RowWriter)) tax.Form {
	return tax.Form{Name: "test", Ext: "csv", Style: style, Rows: f}
}

func TestTextCells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"plain_text_stays", "Ledger Nano/savings", "Ledger Nano/savings"},
		{"empty_stays", "", `""`}, // alone in its row
		{"comma_is_quoted", "a,b", `"a,b"`},
		{"quotes_are_doubled", `a "b"`, `"a ""b"""`},
		{"line_end_is_quoted", "a\nb", "\"a\nb\""},
		{"blanks_need_no_quotes", " a ", " a "},
		{"equals_is_guarded", "=1+1", "'=1+1"},
		{"plus_is_guarded", "+1", "'+1"},
		{"minus_is_guarded", "-1", "'-1"},
		{"at_is_guarded", "@SUM(A1)", "'@SUM(A1)"},
		{"tab_is_guarded", "\t=1", "'\t=1"},
		{"carriage_return_is_guarded_and_quoted", "\r=1", "\"'\r=1\""},
		{"line_feed_is_guarded_and_quoted", "\n=1", "\"'\n=1\""},
		{"nul_is_guarded", "\x00=1", "'\x00=1"},
		{"blank_before_the_sign_does_not_hide_it", "  =1", "'  =1"},
		{"wide_equals_is_guarded", "＝1", "'＝1"},
		{"wide_plus_is_guarded", "＋1", "'＋1"},
		{"wide_minus_is_guarded", "－1", "'－1"},
		{"wide_at_is_guarded", "＠1", "'＠1"},
		{"other_wide_letters_are_text", "Ａ", "Ａ"},
		{"guard_stands_inside_quotes", "=a,b", `"'=a,b"`},
		{"sign_inside_is_text", "a=b", "a=b"},
		{"cut_off_wide_sign_is_text", "\xef\xbc", "\xef\xbc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, write := range []func(w tax.RowWriter){
				func(w tax.RowWriter) { w.Text(c.text); w.End() },
				func(w tax.RowWriter) { w.Bytes([]byte(c.text)); w.End() },
			} {
				got := written(t, func(w io.Writer) error { return WriteForm(w, oneForm(tax.Style{}, write)) })
				if got != c.want+"\n" {
					t.Errorf("%q became %q, want %q", c.text, got, c.want+"\n")
				}
			}
		})
	}
}

func TestStyles(t *testing.T) {
	t.Parallel()
	rows := func(w tax.RowWriter) {
		w.Text("a;b,c")
		w.Money(m("-1234.5"), 2)
		w.Units(m("0.00000001"))
		w.Units(m("21"))
		for _, layout := range []tax.DateLayout{tax.ISODate, tax.USDate, tax.DEDate, tax.UKDate} {
			w.Date(day("2024-07-01"), layout)
		}
		w.Date(0, tax.USDate)
		w.End()
		w.Text("-")
		w.End()
	}
	for _, c := range []struct {
		name  string
		style tax.Style
		want  string
	}{
		{
			"default",
			tax.Style{},
			"\"a;b,c\",-1234.50,0.00000001,21,2024-07-01,07/01/2024,01.07.2024,01/07/2024,\n'-\n",
		},
		{
			"german",
			tax.Style{Semicolon: true, DecimalComma: true, CRLF: true},
			"\"a;b,c\";-1234,50;0,00000001;21;2024-07-01;07/01/2024;01.07.2024;01/07/2024;\r\n'-\r\n",
		},
		{
			"decimal_comma_between_commas_is_quoted",
			tax.Style{DecimalComma: true},
			"\"a;b,c\",\"-1234,50\",\"0,00000001\",21,2024-07-01,07/01/2024,01.07.2024,01/07/2024,\n'-\n",
		},
		{
			"plain_lines",
			tax.Style{Plain: true, CRLF: true},
			"a;b,c\r\n-1234.50\r\n0.00000001\r\n21\r\n2024-07-01\r\n07/01/2024\r\n01.07.2024\r\n01/07/2024\r\n\r\n-\r\n",
		},
		{
			"plain_lines_with_decimal_comma",
			tax.Style{Plain: true, DecimalComma: true},
			"a;b,c\n-1234,50\n0,00000001\n21\n2024-07-01\n07/01/2024\n01.07.2024\n01/07/2024\n\n-\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := written(t, func(w io.Writer) error { return WriteForm(w, oneForm(c.style, rows)) })
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestPlainLinesCannotBeSplit(t *testing.T) {
	t.Parallel()
	got := written(t, func(w io.Writer) error {
		return WriteForm(w, oneForm(tax.Style{Plain: true}, func(w tax.RowWriter) { w.Text("PBTC\r\n$1\n^\x7f"); w.Bytes([]byte("^")) }))
	})
	if want := "PBTC  $1 ^ \n^\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// full is a writer that fails after some bytes.
type full struct{ left int }

var errFull = errors.New("disk full")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return f.left, errFull
	}
	f.left -= len(p)
	return len(p), nil
}

func TestFaultOfTheWriterIsReported(t *testing.T) {
	t.Parallel()
	rows := func(w tax.RowWriter) {
		for range 30_000 {
			w.Text("some text that fills the disk")
			w.End()
		}
	}
	for _, style := range []tax.Style{{}, {Plain: true}} {
		if err := WriteForm(&full{left: 200_000}, oneForm(style, rows)); !errors.Is(err, errFull) {
			t.Errorf("plain %v: got %v, want %v", style.Plain, err, errFull)
		}
	}
	if err := WriteJSON(&full{}, fixtureView(t, "us", "")); !errors.Is(err, errFull) {
		t.Errorf("JSON: got %v, want %v", err, errFull)
	}
}

// readBack writes random cells and reads them with another CSV reader: what
// comes back is what went in, but for the guard.
func readBack(t *rapid.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[-=+@ ,;"'\n\ta-c]{0,6}`))
	rows := rapid.SliceOfN(rapid.SliceOfN(text, 2, 5), 0, 8).Draw(t, "rows")
	semicolon := rapid.Bool().Draw(t, "semicolon")
	var out bytes.Buffer
	err := WriteForm(&out, oneForm(tax.Style{Semicolon: semicolon}, func(w tax.RowWriter) {
		for _, row := range rows {
			for i, s := range row {
				if i%2 == 0 {
					w.Text(s)
				} else {
					w.Bytes([]byte(s))
				}
			}
			w.End()
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(&out)
	r.FieldsPerRecord = -1
	if semicolon {
		r.Comma = ';'
	}
	got, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	if len(got) != len(rows) {
		t.Fatalf("%d rows went in, %d came back", len(rows), len(got))
	}
	for i, row := range rows {
		want := make([]string, len(row))
		for k, s := range row {
			want[k] = strings.ReplaceAll(guarded(s), "\r\n", "\n") // as the reader does
		}
		if !slices.Equal(got[i], want) {
			t.Fatalf("row %d: got %q, want %q", i, got[i], want)
		}
	}
}

// guarded is the guard, told another way.
func guarded(s string) string {
	if s == "" {
		return s
	}
	first := strings.TrimLeft(s, " ")
	if first != "" && strings.ContainsRune("=+-@\t\r\n\x00＝＋－＠", []rune(first)[0]) {
		return "'" + s
	}
	return s
}

func TestFormsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, readBack)
}

func FuzzForm(f *testing.F) { f.Fuzz(rapid.MakeFuzz(readBack)) }
