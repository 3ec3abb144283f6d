package generic_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
	"github.com/ledgersys/ledgersys/pkg/tax/au"
	"github.com/ledgersys/ledgersys/pkg/tax/ca"
	"github.com/ledgersys/ledgersys/pkg/tax/de"
	"github.com/ledgersys/ledgersys/pkg/tax/gb"
	"github.com/ledgersys/ledgersys/pkg/tax/generic"
	"github.com/ledgersys/ledgersys/pkg/tax/ie"
	"github.com/ledgersys/ledgersys/pkg/tax/in"
	"github.com/ledgersys/ledgersys/pkg/tax/lk"
	"github.com/ledgersys/ledgersys/pkg/tax/ng"
	"github.com/ledgersys/ledgersys/pkg/tax/us"
	"github.com/ledgersys/ledgersys/pkg/tax/za"
)

// countries are all rule sets by the name that vectors use.
func countries() map[string]*tax.Rules {
	return map[string]*tax.Rules{
		"US": us.Rules(), "GB": gb.Rules(), "CA": ca.Rules(), "ZA": za.Rules(), "DE": de.Rules(), "AU": au.Rules(),
		"IE": ie.Rules(), "IN": in.Rules(), "NG": ng.Rules(), "LK": lk.Rules(), "GENERIC": generic.Rules(),
	}
}

// vector is what these tests need of a vector file.
type vector struct {
	Jurisdiction string
	Level        string
	Options      struct {
		Compute, Year string
		Given         json.RawMessage
	}
	Expect struct {
		Totals map[string]map[string]string
	}
}

// TestVectors computes every vector of the levels year and form.
func TestVectors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/vectors/*.json")
	if err != nil {
		t.Fatal(err)
	}
	rules := countries()
	ran := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var level struct{ Level string }
		if err := json.Unmarshal(data, &level); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if level.Level != "year" && level.Level != "form" {
			continue
		}
		ran++
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			var v vector
			if err := json.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			answers, err := rules[v.Jurisdiction].Compute(v.Options.Compute, v.Options.Year, v.Options.Given)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, v.Expect.Totals, answers)
		})
	}
	if ran != 23 {
		t.Errorf("%d vectors of the levels year and form, want 23", ran)
	}
}

// compare wants the same years with the same keys and equal figures to twelve
// places.
func compare(t *testing.T, want map[string]map[string]string, answers []tax.Answer) {
	t.Helper()
	if len(want) != len(answers) {
		t.Fatalf("%d years, want %d", len(answers), len(want))
	}
	for _, a := range answers {
		if len(a.Cells) != len(want[a.Year]) {
			t.Errorf("%s: %d keys, want %d", a.Year, len(a.Cells), len(want[a.Year]))
		}
		for _, c := range a.Cells {
			w, ok := want[a.Year][c.Key]
			if !ok {
				t.Errorf("%s: key %s is not wanted", a.Year, c.Key)
				continue
			}
			if !same(c.Text, w) {
				t.Errorf("%s: %s is %q, want %q", a.Year, c.Key, c.Text, w)
			}
		}
	}
}

func same(got, want string) bool {
	a, errA := money.Parse(got)
	b, errB := money.Parse(want)
	if errA != nil || errB != nil {
		return got == want
	}
	return a.Round(12, money.HalfEven).Equal(b.Round(12, money.HalfEven))
}
