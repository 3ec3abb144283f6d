package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

const (
	workbookXML = `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="m" xmlns:r="r"><workbookPr/><sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>`
	relsXML     = `<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`
	stylesXML   = `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss.000"/><numFmt numFmtId="165" formatCode="0.00&quot; days&quot;"/></numFmts>` +
		`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="21"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="46"/></cellXfs></styleSheet>`
	stringsXML = `<sst><si><t>Name</t></si><si><r><t xml:space="preserve">rich </t></r><r><t>text</t></r><rPh><t>spoken</t></rPh></si><si><t>a_x000D_b_x005F_c _x</t></si></sst>`
)

// workbookOf makes a workbook of one worksheet with these rows; parts replace or
// add to those that it has.
func workbookOf(t *testing.T, rows string, parts ...entry) []byte {
	t.Helper()
	list := []entry{
		{name: "[Content_Types].xml", data: "<Types/>"},
		{name: "xl/workbook.xml", data: workbookXML},
		{name: "xl/_rels/workbook.xml.rels", data: relsXML},
		{name: "xl/styles.xml", data: stylesXML},
		{name: "xl/sharedStrings.xml", data: stringsXML},
		{name: "xl/worksheets/sheet1.xml", data: `<worksheet><dimension ref="A1"/><sheetData>` + rows + `</sheetData><mergeCells/></worksheet>`},
	}
	for _, p := range parts {
		for i := range list {
			if list[i].name == p.name {
				list[i] = p
				p.name = ""
				break
			}
		}
		if p.name != "" {
			list = append(list, p)
		}
	}
	return archive(t, list...)
}

func TestWorksheet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"numbers_stay_as_they_are", `<row r="1"><c r="A1"><v>0.10000000000000001</v></c><c r="B1" t="n"><v>1E-8</v></c><c r="C1" s="0"><v>123456789012345678901234567890</v></c></row>`, `1 ["0.10000000000000001" "1E-8" "123456789012345678901234567890"]`},
		{"texts", `<row r="1"><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="s"><v>2</v></c><c t="inlineStr"><is><t>in &amp; line</t></is></c><c t="str"><f>A1</f><v>made</v></c></row>`, `1 ["Name" "rich text" "a\rb_c _x" "in & line" "made"]`},
		{"truth_and_errors", `<row r="1"><c t="b"><v>1</v></c><c t="b"><v>0</v></c><c t="e"><v>#N/A</v></c><c t="d"><v>2024-01-02T03:04:05</v></c></row>`, `1 ["TRUE" "FALSE" "#N/A" "2024-01-02T03:04:05"]`},
		{"dates", `<row r="1"><c s="1"><v>44245</v></c><c s="2"><v>0.184995879629629</v></c><c s="3"><v>44245.184995879629</v></c><c s="1"><v>44245.5</v></c><c s="4"><v>44245.5</v></c><c s="5"><v>1.5</v></c><c s="3"><v>44245</v></c><c s="9"><v>44245</v></c></row>`, `1 ["2021-02-18" "04:26:23.644" "2021-02-18 04:26:23.644" "2021-02-18 12:00:00" "44245.5" "1.5" "2021-02-18 00:00:00" "44245"]`},
		{"cells_left_out", `<row r="1"><c r="B1"><v>1</v></c><c r="D1"><v>2</v></c></row><row r="2"><c r="C2"><v>3</v></c><c r="E2" s="1"/></row>`, `1 ["" "1" "" "2"]|2 ["" "" "3" ""]`},
		{"rows_left_out", `<row r="3"><c><v>1</v></c></row><row r="7"/><row><c><v>2</v></c></row><row r="10"><c r="A10"/><c r="B10" t="s"/></row>`, `3 ["1"]|8 ["2"]`},
		{"formula_without_its_result", `<row><c><v>1</v></c></row><row><c><v>1</v></c><c><f>A1+1</f></c></row><row><c><f>1</f><v>3</v></c></row>`, `1 ["1"]|2:2 the cell has a formula without its result; open the file in a spreadsheet program and save it|3 ["3"]`},
		{"text_that_is_missing", `<row><c t="s"><v>3</v></c></row><row><c t="s"><v>-1</v></c></row><row><c t="s"><v>0</v></c></row>`, `1:1 the cell refers to a text that the workbook does not have; save it again|2:1 the cell refers to a text that the workbook does not have; save it again|3 ["Name"]`},
		{"row_behind_the_last", `<row r="1048576"><c><v>1</v></c></row><row r="1048577"><c><v>2</v></c></row>`, `1048576 ["1"]|1048577:0 the number of the row is wrong; save the file again`},
		{"rows_out_of_order", `<row r="5"><c><v>1</v></c></row><row r="5"><c><v>2</v></c></row><row r="8"><c><v>3</v></c></row>`, `5 ["1"]|6:0 the number of the row is wrong; save the file again|8 ["3"]`},
		{"cells_out_of_order", `<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row><row r="2"><c r="9"><v>3</v></c></row><row r="3"><c r="A3"><v>4</v></c></row>`, `1:3 the cells of the row are out of order; save the file again|2:1 the cells of the row are out of order; save the file again|3 ["4"]`},
		{"columns_beyond", `<row r="1"><c r="ALL1"><v>1</v></c><c r="ALM1"><v>2</v></c></row><row><c r="ZZZZZZZZZ2"><v>1</v></c></row><row r="3"><c r="A3"><v>3</v></c><c r="XFD3" s="1"/></row>`, `1:1001 columns|2:1 the cells of the row are out of order; save the file again|3 ["3"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := open(t, "x.xlsx", workbookOf(t, c.in))
			for range 2 {
				got := strings.ReplaceAll(strings.TrimSuffix(rowsOf(t, f), "\n"), "\n", "|")
				if got != c.want {
					t.Errorf("\n got %s\nwant %s", got, c.want)
				}
			}
			if got := batched(f, 2); got != rowsOf(t, f) {
				t.Errorf("batches differ: %s", got)
			}
		})
	}
}

func TestWorkbookSheets(t *testing.T) {
	t.Parallel()
	row := func(s string) string {
		return `<worksheet><sheetData><row r="1"><c t="inlineStr"><is><t>` + s + `</t></is></c><c><v>4</v></c></row></sheetData></worksheet>`
	}
	data := workbookOf(t, "",
		entry{name: "xl/workbook.xml", data: `<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="Empty" r:id="a"/><sheet name="Two, &quot;2&quot;" r:id="b"/><sheet name="Chart" r:id="c"/><sheet name="Three" r:id="d"/></sheets></workbook>`},
		entry{name: "xl/_rels/workbook.xml.rels", data: `<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="b" Type="x/worksheet" Target="/xl/two.xml"/>` +
			`<Relationship Id="c" Type="x/chartsheet" Target="c.xml"/><Relationship Id="d" Type="x/worksheet" Target="../Other/Three.xml"/><Relationship Id="e" Type="x/worksheet" Target="http://evil/x.xml" TargetMode="External"/></Relationships>`},
		entry{name: "xl/two.xml", data: row("two")}, entry{name: "Other/three.xml", data: row("a,b")},
	)
	files, err := Open("dir/book.xlsx", bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	first, _ := files[0].Hash()
	for i, want := range []string{"book.xlsx|Two, \"2\"|true|two,4\n", "book.xlsx|Three|true|\"a,b\",4\n"} {
		f := files[i]
		text, err := io.ReadAll(f.Text())
		sum, e := f.Hash()
		if got := fmt.Sprintf("%s|%s|%t|%s", f.Name, f.Member, f.Sheet(), text); got != want || err != nil || e != nil || sum != first {
			t.Errorf("got %q %v %v, want %q", got, err, e, want)
		}
		if f.Encoding() != "UTF-8" || string(f.Head(3)) != string(text[:3]) {
			t.Error(f.Encoding(), f.Head(3))
		}
		rows, _ := f.Rows(',')
		_, _ = rows.Read()
		if rows.Raw() != strings.ReplaceAll(strings.Trim(strings.TrimSuffix(want[strings.LastIndex(want, "|")+1:], ",4\n"), `"`), "|", "")+"\t4" {
			t.Errorf("raw %q", rows.Raw())
		}
	}
}

func TestWorkbookRefused(t *testing.T) {
	t.Parallel()
	ok := `<row><c t="s"><v>0</v></c></row>`
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"no_rows", workbookOf(t, ""), "no worksheet with content"},
		{"without_its_list", archive(t, entry{name: "xl/workbook.xml", data: workbookXML}), "lacks its part \"xl/_rels/workbook.xml.rels\""},
		{"without_a_worksheet", workbookOf(t, ok, entry{name: "xl/_rels/workbook.xml.rels", data: `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="no.xml"/></Relationships>`}), "lacks its part \"xl/no.xml\""},
		{"cut", workbookOf(t, ok, entry{name: "xl/worksheets/sheet1.xml", data: `<worksheet><sheetData>`}), "ends too early"},
		{"cut_in_a_cell", workbookOf(t, ok, entry{name: "xl/worksheets/sheet1.xml", data: `<worksheet><sheetData><row><c><v>1`}), "ends too early"},
		{"not_xml", workbookOf(t, ok, entry{name: "xl/worksheets/sheet1.xml", data: `a,b`}), "ends too early"},
		{"document_type", workbookOf(t, ok, entry{name: "xl/worksheets/sheet1.xml", data: `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row><c><v>&e;</v></c></row></sheetData></worksheet>`}), "declares a document type"},
		{"entity", workbookOf(t, `<row><c><v>&e;</v></c></row>`), "is damaged"},
		{"entity_in_texts", workbookOf(t, ok, entry{name: "xl/sharedStrings.xml", data: `<!DOCTYPE x><sst><si><t>x</t></si></sst>`}), "declares a document type"},
		{"encrypted_part", workbookOf(t, ok, entry{name: "xl/sharedStrings.xml", data: stringsXML, flags: 1}), "it is encrypted"},
		{"endless_tag", workbookOf(t, `<row a="`+noise(5<<20)+`"/>`), "a piece of \"xl/worksheets/sheet1.xml\" is longer"},
		{"endless_text", workbookOf(t, `<row><c><v>`+strings.Repeat(noise(1<<20)+"<!-- -->", 6)+`</v></c></row>`), "too long"},
		{"bomb", workbookOf(t, ok, entry{name: "xl/worksheets/sheet1.xml", packed: packed(t, "<worksheet><sheetData>", 20), claim: 20<<20 + 22}), "over 100 times its packed size"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := refused(t, c.data, Limits{}); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSharedTextsAreBounded(t *testing.T) {
	t.Parallel()
	data := workbookOf(t, "")
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	const need = 3*stringCost + len("Name") + len("rich text") + len("a\rb_c _x")
	for room, want := range map[int]string{need: "", need - 1: "the texts of the workbook are too large"} {
		book := newWorkbook(z, int64(len(data)), DefaultLimits().Total)
		book.room = room
		got := ""
		if _, err := book.text("0"); err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) || (got == "") != (want == "") {
			t.Errorf("room for %d: got %q, want %q", room, got, want)
		}
	}
}

// noise gives n letters that do not pack well.
func noise(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = 'a' + byte(x>>24)%26
	}
	return string(b)
}

func TestBrokenWorksheetGivesWhatIsThere(t *testing.T) {
	t.Parallel()
	f := open(t, "x.xlsx", workbookOf(t, `<row r="1"><c><v>1</v></c></row><row r="4"><c><v>2</v></c></row><row r="5"><c><v>3</w>`+"\x01"))
	got := rowsOf(t, f)
	if !strings.HasPrefix(got, "1 [\"1\"]\n4 [\"2\"]\nEND line ") || !strings.Contains(got, "is damaged, save the file again") {
		t.Errorf("got %s", got)
	}
}

func TestFormOf(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]dateForm{
		"General": notDate, "0.00": notDate, `#,##0.00\ "days"`: notDate, "#,##0.00 USD": notDate, "@": notDate, "": notDate, "0.00E+00": notDate,
		`[$-409]d\-mmm\-yyyy;@`: dateOnly, "yyyy-mm-dd": dateOnly, "MM/DD/YYYY": dateOnly, `[Red]0.00`: notDate, "[Red": notDate, `"unclosed yyyy`: notDate,
		"h:mm AM/PM": timeOnly, "HH:MM:SS": timeOnly, "mm:ss.000": timeOnly, "[h]:mm": notDate, "[mm]:ss": notDate, "[SS]": notDate,
		"yyyy-mm-dd hh:mm:ss.000": dateAndTime, `dd.mm.yyyy\ hh:mm`: dateAndTime, `0;yyyy`: notDate, `"y"0`: notDate, `\y0`: notDate, `_y0`: notDate, "[$€-407]#": notDate, `"d"`: notDate, `\`: notDate, "[]": notDate,
	} {
		if got := formOf(code); got != want {
			t.Errorf("%q: got %d, want %d", code, got, want)
		}
	}
}

func TestDayText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		form dateForm
		want string
	}{
		{"1", dateOnly, "1900-01-01"},
		{"59", dateOnly, "1900-02-28"},
		{"60", dateOnly, ""},
		{"61", dateOnly, "1900-03-01"},
		{"2958465", dateOnly, "9999-12-31"},
		{"2958466", dateOnly, ""},
		{"2958465.9999999999", dateOnly, ""},
		{"0", dateOnly, ""},
		{"0", timeOnly, "00:00:00"},
		{"0.5", timeOnly, "12:00:00"},
		{"4.4245E4", dateOnly, "2021-02-18"},
		{"4.4245e+4", dateOnly, "2021-02-18"},
		{"44245.999999999999", dateOnly, "2021-02-19"},
		{"44245.25", timeOnly, "2021-02-18 06:00:00"},
		{"1E999999999", dateOnly, ""},
		{"1E-99", timeOnly, "00:00:00"},
		{"-1", dateOnly, ""},
		{"1/2", dateOnly, ""},
		{"0x10", dateOnly, ""},
		{"", dateOnly, ""},
		{"abc", dateOnly, ""},
		{"1_0", dateOnly, ""},
		{".5", timeOnly, "12:00:00"},
		{".", timeOnly, ""},
		{"1E", dateOnly, ""},
		{"5e-1", timeOnly, "12:00:00"},
		{"442450000000E-7", dateOnly, "2021-02-18"},
		{"1.2.3", dateOnly, ""},
		{"44197.000011574073", dateAndTime, "2021-01-01 00:00:01"},
		{"44197.000011585648", dateAndTime, "2021-01-01 00:00:01.001"},
	} {
		got, ok := dayText(c.in, c.form, false)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s: got %q %t, want %q", c.in, got, ok, c.want)
		}
	}
	if got, _ := dayText("42783", dateOnly, true); got != "2021-02-18" {
		t.Errorf("since 1904: %s", got)
	}
}

// FuzzWorksheet reads any rows; nothing may panic or go on without end.
func FuzzWorksheet(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="s"><v>0</v></c></row>`)
	f.Add(`<row><c s="3"><v>44245.5</v></c><c t="inlineStr"><is><t>x</t></is></c></row>`)
	f.Fuzz(func(t *testing.T, rows string) {
		data := workbookOf(t, rows)
		files, err := Open("x.xlsx", bytes.NewReader(data), int64(len(data)), Limits{Columns: 50})
		if err != nil {
			return
		}
		r, err := files[0].Rows(',')
		if err != nil {
			t.Fatal(err)
		}
		for last := 0; ; {
			row, err := r.Read()
			var e *Error
			if err != nil && (!errors.As(err, &e) || !e.Row) {
				return
			}
			if err == nil {
				if row.Line <= last {
					t.Fatalf("line %d behind %d", row.Line, last)
				}
				last = row.Line
			}
		}
	})
}

// FuzzOpen opens any bytes.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("a,b\n\xFF"))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Add([]byte("\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\xff\x01\x04\x00\xfb\xffa,b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := Open("x", bytes.NewReader(data), int64(len(data)), Limits{Total: 1 << 20})
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Row {
				t.Fatalf("not an *Error of the file: %v", err)
			}
			return
		}
		for _, file := range files {
			_ = batched(file, 3)
			_, _ = file.Hash()
		}
	})
}
