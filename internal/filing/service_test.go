package filing_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// TestSameBytes: the service gives the bytes that the command line writes, for
// each country, a year and all years, built one by one and together.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	for country, year := range map[string]string{
		"GB": "2023-24", "US": "2024", "DE": "2023", "CA": "2022", "AU": "2022-23", "ZA": "2024", "IE": "2021", "IN": "2023-24", "LK": "2023-24", "NG": "2023", "XX": "2024",
	} {
		t.Run(country, func(t *testing.T) {
			t.Parallel()
			set := filing.Settings{Country: country}
			flags := []string{"--country", country, "--tz", "Europe/London"}
			switch country {
			case "XX":
				set.Currency, set.Timezone, set.Method = "EUR", "Europe/Berlin", "hifo"
				flags = append(flags, "--currency", "EUR", "--timezone", "Europe/Berlin", "--method", "hifo")
			case "US":
				set.Options, set.OptionsFrom = []byte(`{"filing_status": "single"}`), "options"
				path := filepath.Join(t.TempDir(), "options.json")
				if err := os.WriteFile(path, set.Options, 0o600); err != nil {
					t.Fatal(err)
				}
				flags = append(flags, "--options", path)
			}
			h := newHouse(t, set, nil)
			paths := samples(t)
			for i := 0; i < len(paths); i += 7 {
				h.take(intake.Choice{TZ: []string{"Europe/London"}}, paths[i:min(i+7, len(paths))]...)
			}
			if err := h.filing.Refresh(t.Context(), h.scope); err != nil {
				t.Fatal(err)
			}
			for _, y := range []string{year, year[:4], "2031", filing.All} {
				want := commandLine(t, append(append(flags, "--year", y), paths...)...)
				h.compare(y, want)
			}
		})
	}
}

// compare compares all files of a year.
func (h *house) compare(year string, want map[string][]byte) {
	h.t.Helper()
	if got := h.all(h.filing.Result(h.t.Context(), h.scope, year)); !bytes.Equal(got, want["result.json"]) {
		h.t.Errorf("%s: another result.json: %s", year, firstDifference(got, want["result.json"]))
	}
	pack := h.all(h.filing.Pack(h.t.Context(), h.scope, year))
	z, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		h.t.Fatal(err)
	}
	if len(z.File) != len(want) {
		h.t.Errorf("%s: %d files in the pack, not %d", year, len(z.File), len(want))
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			h.t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, want[f.Name]) {
			h.t.Errorf("%s: another %s: %v %s", year, f.Name, err, firstDifference(got, want[f.Name]))
		}
	}
	if year != filing.All {
		h.compareForms(year, want)
	}
}

// compareForms compares the forms one by one, by the names that the summary
// gives them.
func (h *house) compareForms(year string, want map[string][]byte) {
	h.t.Helper()
	sum, err := h.filing.Summary(h.t.Context(), h.scope, year)
	if err != nil || len(sum.Forms) != len(want)-1 {
		h.t.Fatalf("%s: forms %v, the command line has %d: %v", year, sum.Forms, len(want)-1, err)
	}
	for _, form := range sum.Forms {
		name, ext, _ := strings.Cut(form, ".")
		file := want[name+"-"+sum.Label+"."+ext]
		if got := h.all(h.filing.Form(h.t.Context(), h.scope, year, form)); len(file) == 0 || !bytes.Equal(got, file) {
			h.t.Errorf("%s: another form %s", year, form)
		}
	}
}

func firstDifference(a, b []byte) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return string(a[max(0, i-40):min(len(a), i+40)]) + " <> " + string(b[max(0, i-40):min(len(b), i+40)])
		}
	}
	return "one is longer"
}

// TestFollows: what was built holds until something changes, and follows when
// an import comes or is reverted or a setting is another.
func TestFollows(t *testing.T) {
	t.Parallel()
	h := newHouse(t, filing.Settings{Country: "GB"}, nil)
	dir := filepath.Join(testkit.Root(t), "scripts", "samples")
	one, two := filepath.Join(dir, "kraken-ledgers.csv"), filepath.Join(dir, "bitstamp.csv")
	result := func() string { return string(h.all(h.filing.Result(t.Context(), h.scope, filing.All))) }
	empty := result()
	h.take(intake.Choice{}, one)
	first := result()
	again := h.take(intake.Choice{}, one)
	if empty == first || result() != first {
		t.Error("the same file again changes the result")
	}
	second := h.take(intake.Choice{TZ: []string{"UTC"}}, two)
	if result() == first {
		t.Error("a second file changes nothing")
	}
	for _, id := range []tenant.ID{second, again} {
		if _, err := h.intake.Revert(t.Context(), h.scope, id); err != nil {
			t.Fatal(err)
		}
		if result() != first {
			t.Error("a reverted import is still in the result")
		}
	}
	h.set.Timezone = "Asia/Tokyo"
	if got := result(); got == first || !strings.Contains(got, "Asia/Tokyo") {
		t.Error("a new setting changes nothing")
	}
	r, err := h.filing.Year(t.Context(), h.scope, "2023-24")
	if err != nil {
		t.Fatal(err)
	}
	if same, err := h.filing.Year(t.Context(), h.scope, "2023"); err != nil || same.File != r.File {
		t.Errorf("the same year is built twice: %v", err)
	}
}

// refusing is a plan without final reports.
type refusing struct{ asked []string }

func (r *refusing) AllowReport(_ context.Context, _ tenant.Scope, year string, first, last time.Time) error {
	r.asked = append(r.asked, year+first.Format(" 2006-01-02")+last.Format(" 2006-01-02"))
	return fault.Coded(fault.PlanRequired, "plan_required", nil, "Final reports need a plan.")
}

// TestPlan: forms and packs ask the plan; results and summaries do not.
func TestPlan(t *testing.T) {
	t.Parallel()
	plan := &refusing{}
	h := newHouse(t, filing.Settings{Country: "US"}, plan)
	h.take(intake.Choice{}, filepath.Join(testkit.Root(t), "scripts", "samples", "coinbase-transactions.csv"))
	for name, try := range map[string]func() (*filing.Document, error){
		"form": func() (*filing.Document, error) { return h.filing.Form(t.Context(), h.scope, "2024", "8949.csv") },
		"pack": func() (*filing.Document, error) { return h.filing.Pack(t.Context(), h.scope, "2024") },
	} {
		if _, err := try(); fault.Of(err).Code != "plan_required" {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.all(h.filing.Result(t.Context(), h.scope, "2024"))
	if s, err := h.filing.Summary(t.Context(), h.scope, "2024"); err != nil || len(plan.asked) != 2 || plan.asked[0] != "2024 2024-01-01 2024-12-31" || s.Country != "US" {
		t.Errorf("%v %v", plan.asked, err)
	}
}

// TestNotThere: years and forms that there are not are not found; settings
// that do not compute are said.
func TestNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, filing.Settings{Country: "GB"}, nil)
	for name, err := range map[string]error{
		"year":  second(h.filing.Result(t.Context(), h.scope, "next")),
		"form":  second(h.filing.Form(t.Context(), h.scope, "2024", "8949.csv")),
		"path":  second(h.filing.Form(t.Context(), h.scope, "2024", "../result.json")),
		"all":   second(h.filing.Form(t.Context(), h.scope, filing.All, "gains.csv")),
		"label": second(h.filing.Result(t.Context(), h.scope, "2024-26")),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.set = filing.Settings{Country: "GB", Method: "lifo"}
	if err := second(h.filing.Result(t.Context(), h.scope, "2024")); fault.Of(err).Code != "settings" || !strings.Contains(fault.Of(err).Words, "s104") {
		t.Errorf("%v %q", err, fault.Of(err).Words)
	}
}

func second(_ *filing.Document, err error) error { return err }
