package za

import (
	"testing"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// TestAssess: the exclusion moves a gain or a loss toward zero and no further.
func TestAssess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sum, before, want string }{
		"gain_inside_the_exclusion": {"39999", "0", "0 0 0"},
		"gain_above_it":             {"50000", "0", "10000 10000 4000"},
		"loss_inside_it":            {"-39999", "0", "0 0 0"},
		"loss_beyond_it":            {"-50000", "0", "-10000 -10000 0"},
		"loss_brought_forward":      {"50000", "4000", "10000 6000 2400"},
		"more_loss_than_gain":       {"50000", "14000", "10000 -4000 0"},
		"no_gain_keeps_the_loss":    {"0", "100", "0 -100 0"},
	} {
		got := ""
		for i, x := range assess(money.MustParse(c.sum), terms{money.FromInt(40000), money.MustParse(c.before), money.MustParse("0.4")}) {
			if i > 0 {
				got += " "
			}
			got += x.Text
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
