package report

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, fixture, label             string
		disposals, income, years, offset int
		issues                           string
		at                               string
	}{
		{"all_years", "us", "", 4, 2, 2, 0, "zone.default time.doubt xfer.unmatched_in basis.missing price.missing price.missing", ""},
		{"first_year", "us", "2024", 1, 1, 1, 0, "zone.default time.doubt", "2024-12-31"},
		{"second_year", "us", "2025", 3, 1, 1, 1, "zone.default basis.missing price.missing price.missing", "2025-12-31"},
		{"year_without_anything", "us", "2022", 0, 0, 0, 0, "zone.default", "2022-12-31"},
		{"pool_rests_on_purchases_before", "gb", "2024-25", 1, 0, 1, 0, "price.missing strange.code", "2025-04-05"},
		{"first_of_two_years_names_the_label", "gb", "2024", 1, 0, 1, 0, "price.missing strange.code", "2025-04-05"},
		{"year_of_given_figures", "form", "2025", 0, 0, 1, 0, "", "2025-12-31"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v := fixtureView(t, c.fixture, c.label)
			codes := make([]string, len(v.Issues))
			for i := range v.Issues {
				codes[i] = v.Issues[i].Code
			}
			if got := strings.Join(codes, " "); got != c.issues {
				t.Errorf("issues: got %s, want %s", got, c.issues)
			}
			if len(v.Disposals) != c.disposals || len(v.Income) != c.income || len(v.Years) != c.years || v.offset != c.offset || v.At.String() != c.at {
				t.Errorf("got %d disposals from %d, %d receipts, %d years at %q; want %d from %d, %d, %d at %q",
					len(v.Disposals), v.offset, len(v.Income), len(v.Years), v.At, c.disposals, c.offset, c.income, c.years, c.at)
			}
		})
	}
	if _, err := Select(usReturn(), "last year"); err == nil {
		t.Error("a label that is no year was taken")
	}
	if _, err := Select(usReturn(), "2021"); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("a year without a snapshot: got %v, want %v", err, ErrNoSnapshot)
	}
}

// yearsPart says that each disposal is in the view of exactly one year.
func yearsPart(t *rapid.T) {
	r := usReturn()
	dates := slices.Sorted(slices.Values(rapid.SliceOf(rapid.Int32Range(18_262, 20_453)).Draw(t, "dates"))) // 2020 to 2025
	r.Disposals = nil
	for _, d := range dates {
		r.Disposals = append(r.Disposals, tax.Disposal{Event: 5, Date: ledger.Date(d)})
	}
	r.Book.Events = nil // so that no snapshots are needed
	r.Issues = nil
	next := 0
	for _, label := range []string{"2020", "2021", "2022", "2023", "2024", "2025"} {
		v, err := Select(r, label)
		if err != nil {
			t.Fatal(err)
		}
		if len(v.Disposals) > 0 && v.offset != next {
			t.Fatalf("%s begins at %d, want %d", label, v.offset, next)
		}
		next += len(v.Disposals)
		for i := range v.Disposals {
			if got := v.Disposals[i].Date.String()[:4]; got != label {
				t.Fatalf("%s shows a disposal of %s", label, got)
			}
		}
	}
	if next != len(dates) {
		t.Fatalf("%d disposals are in no year", len(dates)-next)
	}
}

func TestYearsPart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, yearsPart)
}

func FuzzSelect(f *testing.F) { f.Fuzz(rapid.MakeFuzz(yearsPart)) }

func TestPoolDoesNotRestOnPurchasesAfter(t *testing.T) {
	t.Parallel()
	r := gbReturn()
	later := event("later", ledger.KindBuy, "2026-01-01T00:00:00Z", "BTC", row(0, 9))
	r.Book.Events = append(r.Book.Events, later)
	r.Issues = append(r.Issues, tax.Issue{Code: "price.missing", Event: 6, Date: day("2026-01-01")})
	v, err := Select(r, "2024-25")
	if err != nil {
		t.Fatal(err)
	}
	for i := range v.Issues {
		if v.Issues[i].Event == 6 {
			t.Error("an issue of 2026 about a purchase stands in 2024-25")
		}
	}
}

// The figures of these fixtures must foot, or the golden files teach nonsense.
func TestFixturesFoot(t *testing.T) {
	t.Parallel()
	for name, make := range fixtures {
		r := make()
		for i := range r.Disposals {
			d := &r.Disposals[i]
			var sum tax.Leg
			for k := range d.Legs {
				l := &d.Legs[k]
				sum.Amount, sum.Proceeds = sum.Amount.Add(l.Amount), sum.Proceeds.Add(l.Proceeds)
				sum.Fees, sum.Cost = sum.Fees.Add(l.Fees), sum.Cost.Add(l.Cost)
			}
			if !sum.Amount.Equal(d.Amount) || !sum.Proceeds.Equal(d.Proceeds) || !sum.Fees.Equal(d.Fees) || !sum.Cost.Equal(d.Cost) {
				t.Errorf("%s: disposal %d does not foot", name, i)
			}
		}
	}
}

// What a person adds up in a spreadsheet is what the totals say: the gains of
// taxable disposals, without the losses that are denied or restricted.
func TestColumnsOfGainsAddUpToTheTotals(t *testing.T) {
	t.Parallel()
	for fixture, label := range map[string]string{"us": "2024", "gb": "2024-25", "ie": "2025", "ca": "2025"} {
		v := fixtureView(t, fixture, label)
		text := written(t, func(w io.Writer) error { return WriteForm(w, genericForm(t, v, "gains.csv")) })
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		column := func(row []string, name string) money.Amount {
			i := slices.Index(rows[0], name)
			if row[slices.Index(rows[0], "taxable")] == "no" || row[i] == "" {
				return money.Amount{}
			}
			return m(row[i])
		}
		var sum money.Amount
		for _, row := range rows[1:] {
			sum = sum.Add(column(row, "gain")).Add(column(row, "denied_loss")).Add(column(row, "restricted_loss"))
		}
		if want := v.Years[0].Net(); !sum.Equal(want) {
			t.Errorf("%s: gains add up to %s, the totals say %s", fixture, sum, want)
		}
	}
}

func TestDisposalIDs(t *testing.T) {
	t.Parallel()
	ids := func(r *tax.Return) []string {
		x := tax.NewDisposalIDs(r)
		list := make([]string, len(r.Disposals))
		for i := range list {
			list[i] = x.ID(i).String()
		}
		return list
	}
	plain := ids(usReturn())

	t.Run("three_disposals_of_one_event_differ", func(t *testing.T) {
		t.Parallel()
		r := usReturn()
		d := r.Disposals[0]
		fee := d
		fee.Kind = ledger.KindFee
		other := d
		other.Asset = "BNB"
		r.Disposals = []tax.Disposal{d, d, fee, other, d}
		got := ids(r)
		if n := len(slices.Compact(slices.Sorted(slices.Values(got)))); n != 5 {
			t.Errorf("5 disposals have %d ids: %v", n, got)
		}
		if got[0] != plain[0] {
			t.Error("the first id changed when others of its event came")
		}
	})
	t.Run("file_names_and_lines_do_not_matter", func(t *testing.T) {
		t.Parallel()
		r := usReturn()
		r.Book.Sources[1].Name = "renamed.csv"
		for i := range r.Book.Events {
			r.Book.Events[i].Origin.Line += 7
		}
		if got := ids(r); !slices.Equal(got, plain) {
			t.Errorf("got %v, want %v", got, plain)
		}
	})
	t.Run("disposals_before_do_not_matter", func(t *testing.T) {
		t.Parallel()
		r := usReturn()
		r.Disposals = r.Disposals[1:]
		if got := ids(r); !slices.Equal(got, plain[1:]) {
			t.Errorf("got %v, want %v", got, plain[1:])
		}
	})
	t.Run("order_of_rows_of_a_merged_day_does_not_matter", func(t *testing.T) {
		t.Parallel()
		r := gbReturn()
		want := ids(r)
		e := r.Book.Events
		e[1], e[2] = e[2], e[1]
		if got := ids(r); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("a_merged_day_is_not_its_first_event", func(t *testing.T) {
		t.Parallel()
		r := gbReturn()
		r.Disposals[0].Events = nil
		if ids(r)[0] == ids(gbReturn())[0] {
			t.Error("a day of two events has the id of one of them")
		}
	})
}
