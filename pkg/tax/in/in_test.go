package in

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// lossesNeverHelp: one more transfer at a loss changes no income, one more at
// a gain adds that gain.
func lossesNeverHelp(t *rapid.T) {
	var s sums
	want := int64(0)
	for range rapid.IntRange(0, 9).Draw(t, "transfers") {
		consideration, cost := int64(rapid.IntRange(0, 99).Draw(t, "consideration")), int64(rapid.IntRange(0, 99).Draw(t, "cost"))
		s.add(money.FromInt(consideration), money.FromInt(cost))
		want += max(consideration-cost, 0)
	}
	if !s.income.Equal(money.FromInt(want)) {
		t.Fatalf("income %s, want %d", s.income, want)
	}
}

func TestLossesNeverHelp(t *testing.T) { t.Parallel(); rapid.Check(t, lossesNeverHelp) }

// TestBeforeTheSection: section 115BBH began with 2022-23.
func TestBeforeTheSection(t *testing.T) {
	t.Parallel()
	cells, err := annual(&tax.Return{Rules: Rules()}, &tax.Year{Label: "2021-22"}, nil)
	var part *tax.Incomplete
	if !errors.As(err, &part) || len(cells) != 0 || !strings.Contains(err.Error(), "115BBH") {
		t.Errorf("got %v, %v", cells, err)
	}
}

// TestOnlyTheYear: transfers of other years, gifts and unknown proceeds stay
// out; fees do not count.
func TestOnlyTheYear(t *testing.T) {
	t.Parallel()
	sale := func(d tax.Disposal) tax.Disposal {
		d.Legs = []tax.Leg{{Proceeds: money.FromInt(100), Fees: money.FromInt(50), Cost: money.FromInt(40)}}
		return d
	}
	r := &tax.Return{Rules: Rules(), Disposals: []tax.Disposal{
		sale(tax.Disposal{Date: 9, Taxable: true}),
		sale(tax.Disposal{Date: 10, Taxable: true}),
		sale(tax.Disposal{Date: 11}),
		sale(tax.Disposal{Date: 12, Taxable: true, Unknown: true}),
		sale(tax.Disposal{Date: 21, Taxable: true}),
	}}
	cells, err := annual(r, &tax.Year{Label: "2024-25", First: 10, Last: 20}, json.RawMessage(`{"tds_rate": "0.01"}`))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, x := range cells {
		got += x.Key + "=" + x.Text + " "
	}
	if want := "vda_income=60 tax=18 cess=0.72 total_tax=18.72 tds=1 net_payable=17.72 "; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
