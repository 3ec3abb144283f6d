package tax_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

func TestParseTableRefuses(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"2024": {"rate": {"value": "0.1"}}}`:                                "2024 rate has no source",
		`{"2024": {"rate": {"value": "0.1", "source": "s", "sauce": "x"}}}`:   "sauce",
		`{"2024": {"rate": {"value": 0.1, "source": "s"}}}`:                   "table of figures",
		`{"2024": {"bands": {"bands": [{"up_to": "x"}], "source": "law 1"}}}`: "table of figures",
	} {
		if _, err := tax.ParseTable([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", data, err, want)
		}
	}
}

func TestParseLayoutsRefuses(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"f": [{"from": "2024", "boxes": {}}]}`: "f from 2024",
		`{"f": [{"from": "2023", "source": "s", "boxes": {}}, {"from": "2024", "source": "s", "boxes": {}}]}`: "f from 2024",
	} {
		if _, err := tax.ParseLayouts([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", data, err, want)
		}
	}
}

func TestLayoutOfAYear(t *testing.T) {
	t.Parallel()
	list := []tax.Layout{{From: "2024-25"}, {From: "2013-14"}}
	for year, want := range map[string]string{"2030-31": "2024-25", "2024-25": "2024-25", "2023-24": "2013-14", "2001-02": "2013-14"} {
		if got := tax.LayoutOf(list, year); got.From != want {
			t.Errorf("%s: got %s, want %s", year, got.From, want)
		}
	}
	if got := tax.LayoutOf(nil, "2024"); got.From != "" {
		t.Errorf("got %s for a form without layouts", got.From)
	}
}

func TestTableFallsBackToEveryYear(t *testing.T) {
	t.Parallel()
	table, err := tax.ParseTable([]byte(`{"every": {"a": {"value": "1", "source": "s"}}, "2024": {"b": {"value": "2", "source": "s"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if a, ok := table.Value("2024", "a"); !ok || a.String() != "1" {
		t.Errorf("a is %s, %v", a, ok)
	}
	if _, ok := table.Value("2025", "b"); ok {
		t.Error("2025 has the figure of 2024")
	}
	r := tax.NewReader(json.RawMessage(`{"b": "3"}`), "b")
	if b, ok := table.Or(r, "b", "2024", "b"); !ok || b.String() != "3" {
		t.Errorf("the user's figure loses: %s, %v", b, ok)
	}
}

func TestInBands(t *testing.T) {
	t.Parallel()
	first, second := money.FromInt(100), money.FromInt(300)
	bands := []tax.Band{{UpTo: &first}, {UpTo: &second, Rate: money.MustParse("0.1")}, {Rate: money.MustParse("0.5")}}
	for income, want := range map[string]string{"-5": "0", "0": "0", "100": "0", "100.1": "0.01", "300": "20", "301": "20.5"} {
		if got := tax.InBands(money.MustParse(income), bands); got.String() != want {
			t.Errorf("%s: got %s, want %s", income, got, want)
		}
	}
}

func TestReaderNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given string
		read  func(r *tax.Reader)
		want  string
	}{
		"missing":           {`{}`, func(r *tax.Reader) { r.Need("a") }, "a is missing"},
		"empty_is_missing":  {`{"a": ""}`, func(r *tax.Reader) { r.Need("a") }, "a is missing"},
		"below_0":           {`{"a": "-1"}`, func(r *tax.Reader) { r.Or("a", money.Amount{}) }, "a must not be below 0"},
		"unknown":           {`{"z": "1", "b": "1"}`, func(*tax.Reader) {}, `"b" is unknown; known: a`},
		"first_error_stays": {`{"a": "-1"}`, func(r *tax.Reader) { r.Need("a"); r.Word("c") }, "a must not be below 0"},
		"no_list":           {`{"a": {}}`, func(r *tax.Reader) { r.List("a") }, "a must be a list"},
		"list_missing":      {`{}`, func(r *tax.Reader) { r.List("a") }, "a is missing"},
		"empty_entry":       {`{"a": ["1", null]}`, func(r *tax.Reader) { r.Figures("a") }, "a, entry 2 is empty"},
		"word_not_allowed":  {`{"a": "x"}`, func(r *tax.Reader) { r.Word("a", "y", "z") }, "must be one of y, z"},
		"no_object":         {`"a"`, func(*tax.Reader) {}, "must be an object"},
	} {
		r := tax.NewReader(json.RawMessage(c.given), "a")
		c.read(r)
		if err := r.Err(); !errors.Is(err, tax.ErrOption) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	r := tax.NewReader(json.RawMessage(`{"a": 5, "b": null}`), "a", "b")
	if a, b := r.Need("a"), r.Or("b", money.FromInt(7)); r.Err() != nil || a.String() != "5" || b.String() != "7" {
		t.Errorf("got %s, %s, %v", a, b, r.Err())
	}
}

func TestDuring(t *testing.T) {
	t.Parallel()
	r := &tax.Return{Disposals: []tax.Disposal{{Date: 10}, {Date: 11}, {Date: 11}, {Date: 13}}}
	if got := len(r.During(11, 12)); got != 2 {
		t.Errorf("%d disposals from 11 to 12, want 2", got)
	}
	if got := len(r.During(14, 12)); got != 0 {
		t.Errorf("%d disposals in a span that is none", got)
	}
}
