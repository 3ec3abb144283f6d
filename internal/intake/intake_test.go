package intake_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
	"github.com/ledgersys/ledgersys/pkg/statement/kraken"
	"github.com/ledgersys/ledgersys/pkg/statement/ledgersys"
	"github.com/ledgersys/ledgersys/pkg/statement/sparrow"
)

const head = "id,time,type,received_amount,received_asset,sent_amount,sent_asset\n"

func formats() []statement.Format {
	return append(append(ledgersys.Formats(), kraken.Formats()...), sparrow.Formats()...)
}

// opened recognises the text of one file.
func opened(r testkit.Reader, name, text string, ch intake.Choices) *intake.File {
	r.Helper()
	files, err := intake.Open(name, strings.NewReader(text), int64(len(text)), formats(), ch)
	if err != nil {
		r.Fatal(err)
	}
	if len(files) != 1 {
		r.Fatalf("%d files in %s", len(files), name)
	}
	return files[0]
}

// read recognises and reads the text of one file.
func read(r testkit.Reader, name, text string, ch intake.Choices) *intake.File {
	r.Helper()
	f := opened(r, name, text, ch)
	if err := f.Read(ledger.NewCalendar(time.UTC)); err != nil {
		r.Fatal(err)
	}
	return f
}

// TestOpen: what a file is follows from what is in it.
func TestOpen(t *testing.T) {
	t.Parallel()
	berlin := testkit.Zone(t, "Europe/Berlin")
	zones := func(name string) intake.Choices {
		return intake.Choices{Zones: map[string]*time.Location{name: berlin}, Accounts: map[string]string{"a.csv": "Vault"}}
	}
	const (
		local = "Date,Label,Value,Balance,Fee,Txid\n"
		venue = `"txid","refid","time","type","subtype","aclass","asset","amount","fee","balance"` + "\n"
	)
	for name, c := range map[string]struct {
		file, text string
		choices    intake.Choices
		format     string
		account    string
		zone       string
		from       intake.ZoneFrom
	}{
		"own":                         {"x.txt", head, intake.Choices{}, "ledgersys-csv", "default", "", intake.ZoneFile},
		"semicolons":                  {"x.csv", strings.ReplaceAll(head, ",", ";"), intake.Choices{}, "ledgersys-csv", "default", "", intake.ZoneFile},
		"tabs":                        {"x.csv", strings.ReplaceAll(head, ",", "\t"), intake.Choices{}, "ledgersys-csv", "default", "", intake.ZoneFile},
		"json":                        {"x.csv", ` {"events": []}`, intake.Choices{}, "ledgersys-json", "default", "", intake.ZoneFile},
		"account_chosen":              {"a.csv", head, zones("b.csv"), "ledgersys-csv", "Vault", "", intake.ZoneFile},
		"venue_states_its_zone":       {"x.csv", venue, zones(""), "kraken-ledgers", "Kraken", "UTC", intake.ZoneSource},
		"but_the_file_named_wins":     {"x.csv", venue, zones("x.csv"), "kraken-ledgers", "Kraken", "Europe/Berlin", intake.ZoneChosen},
		"nobody_knows":                {"x.csv", local, zones("y.csv"), "sparrow-local", "Sparrow", "", intake.ZoneUnknown},
		"all_others":                  {"x.csv", local, zones(""), "sparrow-local", "Sparrow", "Europe/Berlin", intake.ZoneChosen},
		"a_preamble":                  {"x.csv", "Export of today\n\n" + head, intake.Choices{}, "ledgersys-csv", "default", "", intake.ZoneFile},
		"no_format":                   {"x.csv", "milk,eggs\n1,2\n", intake.Choices{}, "", "", "", intake.ZoneUnknown},
		"a_header_behind_a_bad_row":   {"x.csv", "a\"b,c\n" + head, intake.Choices{}, "ledgersys-csv", "default", "", intake.ZoneFile},
		"a_mark_of_bytes":             {"x.csv", "\ufeff" + head, intake.Choices{}, "ledgersys-csv", "default", "", intake.ZoneFile},
		"a_header_too_far_below":      {"x.csv", strings.Repeat("note\n", 30) + head, intake.Choices{}, "", "", "", intake.ZoneUnknown},
		"a_zone_for_what_carries_one": {"x.csv", head + ",2024-01-01T10:00:00Z,deposit,1,BTC,,\n", zones(""), "ledgersys-csv", "default", "", intake.ZoneFile},
		"a_zone_for_what_lacks_one":   {"x.csv", head + ",2024-01-01T10:00:00,deposit,1,BTC,,\n", zones(""), "ledgersys-csv", "default", "Europe/Berlin", intake.ZoneChosen},
		"none_for_what_lacks_one":     {"x.csv", head + ",2024-01-01T10:00:00,deposit,1,BTC,,\n", intake.Choices{}, "ledgersys-csv", "default", "", intake.ZoneUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := read(t, c.file, c.text, c.choices)
			zone := ""
			if f.Zone != nil {
				zone = f.Zone.String()
			}
			if f.FormatName() != c.format || f.Known() != (c.format != "") || f.Account != c.account || zone != c.zone || f.ZoneFrom != c.from {
				t.Errorf("got %q, account %q, zone %q (%s)", f.FormatName(), f.Account, zone, f.ZoneFrom)
			}
		})
	}
}

// TestOpenRefuses: a file that cannot be used says why.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"empty":       {"", "a.csv: file cannot be used: the file is empty"},
		"broken_json": {`{"events": [`, "a.csv: file cannot be used: not Ledger JSON: "},
		"no_events":   {`{"schema": 1}`, `there is no "events" list`},
		"newer":       {`{"schema": 2, "events": []}`, "schema 2 is newer than this program"},
		"no_text":     {"\x00\x01\x02\x03\x00\x00", "a.csv: file cannot be used: "},
	} {
		_, err := intake.Open("a.csv", strings.NewReader(c.text), int64(len(c.text)), formats(), intake.Choices{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	f := opened(t, "a.csv", strings.Replace(head, "id,", "id,colour,", 1), intake.Choices{})
	if err := f.Read(ledger.NewCalendar(time.UTC)); err == nil || !strings.Contains(err.Error(), `line 1, column 2: unknown column "colour"`) {
		t.Errorf("got %v", err)
	}
}

// TestInspect: what is said of a file, held rows with their text among it.
func TestInspect(t *testing.T) {
	t.Parallel()
	f := read(t, "a.csv", head+
		"1,2024-05-02T10:00:00Z,trade,1,BTC,100,GBP\n"+
		"2,2024-05-01,deposit,50,GBP,,\n"+
		"3,2024-05-03,deposit,\"1,5\",BTC,,\n"+
		"4,2024-05-04,dep\"osit,1,BTC,,\n"+
		"5,2024-05-04,ignore,,,,\n", intake.Choices{})
	got := f.Inspect(f.Contents())
	if got.Rows != 5 || got.Events != 2 || got.Ignored != 1 || got.Held != 2 || *got.From != "2024-05-01T00:00:00Z" || *got.To != "2024-05-02T10:00:00Z" {
		t.Errorf("%+v", got)
	}
	if strings.Join(got.Accounts, " ") != "default" || strings.Join(got.Assets, " ") != "BTC GBP" {
		t.Errorf("accounts %v, assets %v", got.Accounts, got.Assets)
	}
	want := []struct {
		line        int
		column, raw string
		cell        string
	}{{4, "received_amount", `3,2024-05-03,deposit,"1,5",BTC,,`, `"1,5"`}, {5, "column 3", `4,2024-05-04,dep"osit,1,BTC,,`, `dep"osit,1,BTC,,`}}
	for i, w := range want {
		h := got.HeldRows[i]
		from, to, ok := f.Cell(h.Raw, h.Column)
		if h.Line != w.line || h.Column != w.column || h.Raw != w.raw || !ok || h.Raw[from:to] != w.cell {
			t.Errorf("%+v, cell %d to %d", h, from, to)
		}
	}
	for _, column := range []string{"row", "column x", "colour", "column 9"} {
		if _, _, ok := f.Cell("a,b", column); ok {
			t.Errorf("a cell of column %q", column)
		}
	}
}

// TestRaw: rows of Ledger JSON are shown by the line on which they begin.
func TestRaw(t *testing.T) {
	t.Parallel()
	f := read(t, "a.json", "{\"events\": [\n{\"a\": 1},\n{\"b\": 2}, {\"c\": 3}]}", intake.Choices{})
	raw := f.Raw(map[int]bool{2: true, 3: true})
	if raw[2] != `{"a": 1}` || raw[3] != `{"b": 2}, {"c": 3}` {
		t.Errorf("%v", raw)
	}
	if f.FirstLine() != `{"events": [` {
		t.Errorf("first line %q", f.FirstLine())
	}
	if len(f.HeldRows()) != 3 {
		t.Errorf("%+v", f.HeldRows())
	}
	var w bytes.Buffer
	w.WriteString(head)
	if f := opened(t, "a.csv", w.String(), intake.Choices{}); f.FormatTitle() != "Ledgersys CSV" {
		t.Errorf("title %q", f.FormatTitle())
	}
}
