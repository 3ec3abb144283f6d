package cli_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// What surrounds a bad row: nothing of it may be lost.
const (
	badHeader = "time,type,received_amount,received_asset,sent_amount,sent_asset\n"
	badBefore = "2023-06-01T10:00:00Z,trade,1,BTC,10000,GBP\n"
	badAfter  = "2024-06-01T10:00:00Z,trade,15000,GBP,1,BTC\n"
)

// inspection is what inspect says about one file.
type inspection struct {
	tally
	HeldRows []struct {
		Line                int
		Column, Reason, Raw string
	} `json:"held_rows"`
}

func inspected(t *testing.T, text []byte) inspection {
	t.Helper()
	var got struct{ Files []inspection }
	if err := json.Unmarshal(text, &got); err != nil || len(got.Files) != 1 {
		t.Fatalf("%d files (%v)", len(got.Files), err)
	}
	return got.Files[0]
}

// A row that is not understood is held with its line, its column and the
// reason; the rows around it count.
func TestBadRows(t *testing.T) {
	t.Parallel()
	const row = "2023-07-01T10:00:00Z,trade,1,BTC,10000,GBP"
	tests := []struct {
		name, row      string
		column, reason string
	}{
		{"negative amount", "2023-07-01T10:00:00Z,trade,-1,BTC,10000,GBP", "received_amount", "amount is negative; the direction follows from the column"},
		{"negative price", "2023-07-01T10:00:00Z,trade,1,BTC,-10000,GBP", "sent_amount", "amount is negative; the direction follows from the column"},
		{"amount of 0", "2023-07-01T10:00:00Z,trade,0,BTC,10000,GBP", "received_amount", "amount is 0"},
		{"amount of 0.000", "2023-07-01T10:00:00Z,deposit,0.000,BTC,,", "received_amount", "amount is 0"},
		{"no amount", "2023-07-01T10:00:00Z,deposit,,BTC,,", "received_amount", "amount is 0"},
		{"decimal comma", `2023-07-01T10:00:00Z,trade,"1,5",BTC,10000,GBP`, "received_amount", "not a plain decimal number: comma at position 2 (write a point for decimals and no thousands separator)"},
		{"decimal comma without quotes", "2023-07-01T10:00:00Z,trade,1,5,BTC,10000,GBP", "row", "more cells than the header has columns (1 too many); quote cells that hold a comma"},
		{"thousands", `2023-07-01T10:00:00Z,trade,1,BTC,"10,000",GBP`, "sent_amount", "not a plain decimal number: comma at position 3 (write a point for decimals and no thousands separator)"},
		{"huge exponent", "2023-07-01T10:00:00Z,trade,1e999999999,BTC,10000,GBP", "received_amount", "not a plain decimal number: exponent at position 2 (write the number out)"},
		{"39 digits", "2023-07-01T10:00:00Z,trade,100000000000000000000000000000000000000,BTC,10000,GBP", "received_amount", "number has more than 38 digits"},
		{"19 decimals", "2023-07-01T10:00:00Z,trade,0.0000000000000000001,BTC,10000,GBP", "received_amount", "more than 18 decimals"},
		{"not a number", "2023-07-01T10:00:00Z,trade,NaN,BTC,10000,GBP", "received_amount", "not a plain decimal number: unexpected character at position 1"},
		{"unknown type", "2023-07-01T10:00:00Z,hodl,1,BTC,10000,GBP", "type", `unknown type "hodl"`},
		{"no type", "2023-07-01T10:00:00Z,,1,BTC,10000,GBP", "type", `unknown type ""`},
		{"unknown asset", "2023-07-01T10:00:00Z,trade,1,B T C!,10000,GBP", "received_asset", "unknown asset: a ticker has letters, digits and . _ - / : $ + only"},
		{"no asset", "2023-07-01T10:00:00Z,trade,1,,10000,GBP", "received_asset", "an amount without an asset"},
		{"time without zone", "2023-07-01T10:00:00,trade,1,BTC,10000,GBP", "time", "time without zone"},
		{"a year before there was any", "1975-07-01T10:00:00Z,trade,1,BTC,10000,GBP", "time", "year out of range: it must lie between 1990 and 2200"},
		{"no time", ",trade,1,BTC,10000,GBP", "time", "time not understood: write 2024-07-01T12:00:00Z, or a date 2024-07-01"},
		{"31 June", "2023-06-31T10:00:00Z,trade,1,BTC,10000,GBP", "time", "time not understood: write 2024-07-01T12:00:00Z, or a date 2024-07-01"},
		{"year 24", "0024-06-01,trade,1,BTC,10000,GBP", "time", "year out of range: it must lie between 1990 and 2200"},
		{"one side of a trade", "2023-07-01T10:00:00Z,trade,1,BTC,,", "sent_asset", "missing"},
		{"two sides of a deposit", "2023-07-01T10:00:00Z,deposit,1,BTC,10000,GBP", "type", "deposit has one side only; this row has two"},
		{"transfer to nowhere", "2023-07-01T10:00:00Z,transfer,,,1,BTC", "counter_account", "missing: a transfer goes to an own account"},
		{"split without ratio", "2023-07-01T10:00:00Z,split,,BTC,,", "ratio", "missing or not above 0: new units for one old unit"},
		{"the header again", strings.TrimSpace(badHeader), "row", "the header stands here again; take the line out, or give the files one by one"},
		{"a quote that never closes", `2023-07-01T10:00:00Z,trade,"1,BTC,10000,GBP`, "column 3", "the quote that opens this cell is never closed; add the missing quote"},
		{"a quote inside a cell", `2023-07-01T10:00:00Z,tra"de,1,BTC,10000,GBP`, "column 2", "a quote stands inside a cell that does not start with one; quote the whole cell and double the quotes in it"},
		{"text behind a quote", `2023-07-01T10:00:00Z,"tra"de,1,BTC,10000,GBP`, "column 2", "text follows the quote that closes this cell; double the quotes inside a quoted cell"},
		{"a NUL byte", "2023-07-01T10:00:00Z,trade,1,B\x00TC,10000,GBP", "column 4", "the cell holds a NUL byte, which no text may hold; export the file again"},
		{"no UTF-8", "2023-07-01T10:00:00Z,trade,1,\xff\xfe€€€,10000,GBP", "column 4", "the cell is not valid UTF-8; save the file as UTF-8 and give it again"},
		{"a million columns", strings.Repeat("x,", 1_000_000), "column 1001", "the row has more than 1000 columns"},
		{"a cell of 2 MiB", row + strings.Repeat("G", 2<<20), "column 6", "the cell is longer than 1048576 bytes"},
		{"a line of 24 MiB", row + strings.Repeat("G", 24<<20), "row", "the row is longer than 16777216 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "bad.csv")
			if err := os.WriteFile(path, []byte(badHeader+badBefore+tt.row+"\n"+badAfter), 0o600); err != nil {
				t.Fatal(err)
			}
			text, errs, code := output("tax", "inspect", "--json", path)
			if code != 3 {
				t.Fatalf("inspect: exit %d: %s", code, errs)
			}
			f := inspected(t, text)
			if want := (tally{"bad.csv", "ledgersys-csv", 3, 2, 0, 0, 0, 1}); f.tally != want || len(f.HeldRows) != 1 {
				t.Fatalf("got %v, want %v", f.tally, want)
			}
			h := f.HeldRows[0]
			if h.Line != 3 || h.Column != tt.column || h.Reason != tt.reason {
				t.Errorf("held line %d, %s: %s\nwant line 3, %s: %s", h.Line, h.Column, h.Reason, tt.column, tt.reason)
			}
			if want := strings.ToValidUTF8(tt.row, "\ufffd"); !strings.HasPrefix(want, h.Raw) || h.Raw == "" {
				t.Errorf("raw %.100q, want the beginning of %.100q", h.Raw, want)
			}
			if r := ledgersys(t, 3, "tax", "report", "--country", "GB", "--json", path); len(r.Disposals) != 1 || *r.Disposals[0].Gain != "5000" {
				t.Errorf("the rows around it: %v", r.Disposals)
			}
		})
	}
}

// A file that cannot be used as a whole says why, and where; the others are
// not computed without it.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	good := badHeader + badBefore + badAfter
	tests := []struct {
		name, content string
		want          string // how the error begins, behind the name of the file
	}{
		{"empty", "", "the file is empty; export it again"},
		{"blanks only", "\r\n \n\n", "the file is empty; export it again"},
		{"a byte order mark only", "\ufeff", "the file is empty; export it again"},
		{"wrong delimiter", strings.ReplaceAll(good, ",", "|"), "no format knows its header\n  1 | time|type|received_amount"},
		{"no header", badBefore + badAfter, "no format knows its header\n  1 | 2023-06-01T10:00:00Z,trade"},
		{"a column twice", strings.ReplaceAll(good, "sent_asset", "type"), `line 1, column 6: column "type" stands twice; name each column once`},
		{"an unknown column", strings.ReplaceAll(good, "sent_asset", "sold_asset"), `line 1, column 6: unknown column "sold_asset"; the columns are id, time, type`},
		{"a NUL byte in the header", strings.Replace(good, "type", "ty\x00pe", 1), "line 1, column 2: the cell holds a NUL byte"},
		{"a million columns in the header", strings.Repeat("c,", 1_000_000) + "\n" + badBefore, "line 1, column 1001: the row has more than 1000 columns"},
		{"one line of 24 MiB", strings.Repeat("G", 24<<20), "line 1: the row is longer than 16777216 bytes"},
		{"a zip bomb", packedRows(t, 70<<20), "it unpacks to more than 67108864 bytes, over 200 times its packed size, as a zip bomb does"},
		{"half an archive", packedRows(t, 4<<20)[:4000], "the archive is damaged, fetch it again"},
		{"an archive of nothing", "PK\x05\x06" + strings.Repeat("\x00", 18), "the archive holds no file with content"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00", "this is a picture; export the data as CSV or XLSX"},
		{"a PDF", "%PDF-1.7\n", "this is a PDF; export the data as CSV or XLSX"},
		{"half of Ledger JSON", `{"events": [{"id": "1"`, "not Ledger JSON: line 1, column 13: the bracket that opens here is never closed"},
		{"JSON of something else", `{"rows": []}`, `not Ledger JSON: there is no "events" list`},
		{"Ledger JSON of tomorrow", `{"schema": 2, "events": []}`, "not Ledger JSON: schema 2 is newer than this program; it reads schema 1"},
		{"Ledger JSON without a comma", "{\"schema\": 1\n \"events\": []}", "not Ledger JSON: line 2, column 2: a comma or the closing } was expected"},
		{"a deep nest", `{"events": ` + strings.Repeat("[", 1_000_000), "not Ledger JSON: line 1, column 13: the bracket that opens here is never closed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, other, out := filepath.Join(dir, "bad.csv"), filepath.Join(dir, "good.csv"), filepath.Join(dir, "out")
			for name, text := range map[string]string{path: tt.content, other: good} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			text, errs, code := output("tax", "report", "--country", "GB", "--json", "--out", out, other, path)
			if want := "error: bad.csv: file cannot be used: " + tt.want; code != 2 || len(text) != 0 || !strings.HasPrefix(errs, want) {
				t.Errorf("exit %d, %d bytes of output, error %.300q\nwant exit 2 and %q", code, len(text), errs, want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("something was written")
			}
		})
	}
}

// packedRows is so many bytes of rows in gzip.
func packedRows(t *testing.T, size int) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(badHeader)); err != nil {
		t.Fatal(err)
	}
	block := []byte(strings.Repeat(badBefore, 10_000))
	for ; size > 0; size -= len(block) {
		if _, err := z.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What looks odd but says all that is needed is read.
func TestOddFiles(t *testing.T) {
	t.Parallel()
	good := badHeader + badBefore + badAfter
	tests := []struct {
		name, content string
		want          tally
	}{
		{"a header only", badHeader, tally{"", "ledgersys-csv", 0, 0, 0, 0, 0, 0}},
		{"a byte order mark", "\ufeff" + good, tally{"", "ledgersys-csv", 2, 2, 0, 0, 0, 0}},
		{"UTF-16 little-endian", wide(binary.LittleEndian, "\ufeff"+good), tally{"", "ledgersys-csv", 2, 2, 0, 0, 0, 0}},
		{"UTF-16 big-endian", wide(binary.BigEndian, "\ufeff"+good), tally{"", "ledgersys-csv", 2, 2, 0, 0, 0, 0}},
		{"UTF-16 without a mark", wide(binary.LittleEndian, good), tally{"", "ledgersys-csv", 2, 2, 0, 0, 0, 0}},
		{"semicolons", strings.ReplaceAll(good, ",", ";"), tally{"", "ledgersys-csv", 2, 2, 0, 0, 0, 0}},
		{"tabs", strings.ReplaceAll(good, ",", "\t"), tally{"", "ledgersys-csv", 2, 2, 0, 0, 0, 0}},
		{"carriage returns", strings.ReplaceAll(good, "\n", "\r"), tally{"", "ledgersys-csv", 2, 2, 0, 0, 0, 0}},
		{"no line end at the end", strings.TrimSpace(good), tally{"", "ledgersys-csv", 2, 2, 0, 0, 0, 0}},
		{"blank lines", strings.ReplaceAll(good, "\n", "\n\n,,,,,\n"), tally{"", "ledgersys-csv", 2, 2, 0, 0, 0, 0}},
		{"a line of 24 MiB above the header", strings.Repeat("G", 24<<20) + "\n" + good, tally{"", "ledgersys-csv", 2, 2, 0, 0, 0, 0}},
		{"zeros behind the decimals", badHeader + "2023-06-01T10:00:00Z,trade,1.0000000000000000000000000,BTC,10000.00,GBP\n", tally{"", "ledgersys-csv", 1, 1, 0, 0, 0, 0}},
		{"30 decimals of money", badHeader + "2023-06-01T10:00:00Z,trade,1,BTC,10000.000000000000000000000000000001,GBP\n", tally{"", "ledgersys-csv", 1, 1, 0, 0, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.Name = "odd.csv"
			path := filepath.Join(t.TempDir(), tt.want.Name)
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := ledgersys(t, 0, "tax", "inspect", "--json", path).Files[0]; got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func wide(order binary.AppendByteOrder, s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// A broken event of Ledger JSON is held alone; where several stand on one
// line, the reason says which it is.
func TestBadEvents(t *testing.T) {
	t.Parallel()
	const good = `{"id": "b", "time": "2023-06-01", "type": "buy", "asset": "BTC", "amount": "1", "value": "10"}`
	tests := []struct{ name, event, column, reason string }{
		{"a missing comma", `{"id": "x" "time": "2023-06-01"}`, "event", "not an object in JSON: look for a missing quote, comma or bracket"},
		{"a number alone", `17`, "event", "not an object in JSON: look for a missing quote, comma or bracket"},
		{"an unknown field", `{"id": "x", "time": "2023-06-01", "type": "buy", "asset": "BTC", "amount": "1", "worth": "1"}`, "worth", "unknown field; fields of an event are id, time, type"},
		{"a huge exponent", `{"time": "2023-06-01", "type": "buy", "asset": "BTC", "amount": 1e999999999}`, "amount", "not a plain decimal number: exponent at position 2"},
		{"a negative amount", `{"time": "2023-06-01", "type": "buy", "asset": "BTC", "amount": "-1"}`, "amount", "amount is negative; the direction follows from the type"},
		{"an unknown type", `{"time": "2023-06-01", "type": "hodl", "asset": "BTC", "amount": "1"}`, "type", `unknown type "hodl"`},
		{"an unknown asset", `{"time": "2023-06-01", "type": "buy", "asset": "B T C", "amount": "1"}`, "asset", "unknown asset: a ticker has letters"},
		{"a time without zone", `{"time": "2023-06-01T10:00:00", "type": "buy", "asset": "BTC", "amount": "1"}`, "time", "time without zone"},
		{"a year beyond sense", `{"time": "9999-06-01", "type": "buy", "asset": "BTC", "amount": "1"}`, "time", "year out of range: it must lie between 1990 and 2200"},
		{"2 MiB", `{"time": "2023-06-01", "type": "buy", "asset": "BTC", "amount": "1", "note": "` + strings.Repeat("G", 2<<20) + `"}`, "event", "longer than 1048576 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, form := range []struct {
				text   string
				line   int
				prefix string
			}{
				{"{\"events\": [\n" + good + ",\n" + tt.event + ",\n" + good + "\n]}", 3, ""},
				{`{"events": [` + good + ", " + tt.event + ", " + good + "]}", 1, "event 2 of the list: "},
			} {
				path := filepath.Join(t.TempDir(), "bad.json")
				if err := os.WriteFile(path, []byte(form.text), 0o600); err != nil {
					t.Fatal(err)
				}
				text, errs, code := output("tax", "inspect", "--json", path)
				if code != 3 {
					t.Fatalf("exit %d: %s", code, errs)
				}
				f := inspected(t, text)
				if want := (tally{"bad.json", "ledgersys-json", 3, 1, 0, 1, 0, 1}); f.tally != want {
					t.Fatalf("got %v, want %v", f.tally, want)
				}
				if h := f.HeldRows[0]; h.Line != form.line || h.Column != tt.column || !strings.HasPrefix(h.Reason, form.prefix+tt.reason) || len(h.Raw) > 2000 || h.Raw == "" {
					t.Errorf("held line %d, %s: %s", h.Line, h.Column, h.Reason)
				}
			}
		})
	}
}
