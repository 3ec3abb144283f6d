package gb

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

func TestDatesOfTheChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ got, want ledger.Date }{
		"first day of 2024-25": {mixedFirst, ledger.NewDate(2024, time.April, 6)},
		"first of new rates":   {newRates, ledger.NewDate(2024, time.October, 30)},
		"last day of 2024-25":  {mixedLast, ledger.NewDate(2025, time.April, 5)},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s", name, c.got)
		}
	}
}

// TestCount: gains of 2024-25 are told apart, losses and other years are not.
func TestCount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		date ledger.Date
		gain int64
		want string
	}{
		"day_before_the_year":     {mixedFirst - 1, 5, ""},
		"first_day":               {mixedFirst, 5, "gains_to_2024_10_29 5"},
		"day_before_the_change":   {newRates - 1, 5, "gains_to_2024_10_29 5"},
		"day_of_the_change":       {newRates, 5, "gains_from_2024_10_30 5"},
		"last_day":                {mixedLast, 5, "gains_from_2024_10_30 5"},
		"day_after_the_year":      {mixedLast + 1, 5, ""},
		"loss_leads_to_no_key":    {newRates, -5, ""},
		"nothing_leads_to_no_key": {newRates, 0, ""},
	} {
		got := ""
		count(&tax.Disposal{Date: c.date, Proceeds: money.FromInt(10), Cost: money.FromInt(10 - c.gain)}, func(key string, a money.Amount) {
			got += key + " " + a.String()
		})
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// mixed is the year 2024-25 with gains of both parts and a loss.
func mixed(early, late, loss int64) *tax.Year {
	return &tax.Year{
		Label: "2024-25", Gains: money.FromInt(early + late), Losses: money.FromInt(loss),
		Extra: []tax.Figures{{Key: "gains_from_2024_10_30", Amount: money.FromInt(late)}, {Key: "gains_to_2024_10_29", Amount: money.FromInt(early)}},
	}
}

// leastTax: no other way to set losses, exempt amount and basic rate band
// against the gains of 2024-25 gives less tax. All ways are tried, in steps of
// 1,000.
func leastTax(t *rapid.T) {
	draw := func(name string) int { return rapid.IntRange(0, 9).Draw(t, name) }
	early, late, loss, before, room := draw("early"), draw("late"), draw("loss"), draw("before"), draw("room")
	given, err := json.Marshal(map[string]any{"losses_bf": before * 1000, "basic_band": room * 1000, "taxable_income": 0})
	if err != nil {
		t.Fatal(err)
	}
	y := mixed(int64(early)*1000, int64(late)*1000, int64(loss)*1000)
	cells, err := annual(&tax.Return{Rules: Rules()}, y, given)
	if err != nil {
		t.Fatal(err)
	}
	y.Answers = cells
	left := early + late - loss - 3
	left -= min(max(left, 0), before)
	least := 1 << 30
	for e := range early + 1 { // how much of what is left is gains of the first part
		l := max(left, 0) - e
		if l < 0 || l > late {
			continue
		}
		for be := range min(e, room) + 1 {
			for bl := range min(l, room-be) + 1 {
				least = min(least, 10*be+20*(e-be)+18*bl+24*(l-bl))
			}
		}
	}
	if want := money.FromInt(int64(least) * 10); !y.Answer("tax").Equal(want) {
		t.Fatalf("tax %s, %s is possible; gains %d and %d, losses %d and %d, room %d", y.Answer("tax"), want, early, late, loss, before, room)
	}
	if sum := y.Answer("at_lower").Add(y.Answer("at_higher")); !sum.Equal(y.Answer("taxable")) {
		t.Fatalf("at_lower and at_higher are %s of %s", sum, y.Answer("taxable"))
	}
}

func TestLeastTax(t *testing.T) { t.Parallel(); rapid.Check(t, leastTax) }
func FuzzLeastTax(f *testing.F) { f.Fuzz(rapid.MakeFuzz(leastTax)) }

// balances: 13.2 − 13.3 = 13.4 − 13.5 in whole pounds, in the taxpayer's
// favour, and no box is off by two pounds or more.
func balances(t *rapid.T) {
	draw := func(name string) money.Amount {
		return money.FromInt(int64(rapid.IntRange(0, 999_999).Draw(t, name))).Mul(money.MustParse("0.01"))
	}
	y := &tax.Year{Gains: draw("gains"), Losses: draw("losses"), Proceeds: draw("proceeds")}
	y.Cost = y.Proceeds.Sub(y.Net())
	proceeds, costs, gains, losses := pounds(y)
	if !proceeds.Sub(costs).Equal(gains.Sub(losses)) {
		t.Fatalf("%s - %s is not %s - %s", proceeds, costs, gains, losses)
	}
	if gains.Cmp(y.Gains) > 0 || losses.Cmp(y.Losses) < 0 || costs.Sub(y.Cost).Abs().Cmp(money.FromInt(2)) >= 0 {
		t.Fatalf("gains %s, losses %s, costs %s for %s", gains, losses, costs, y.Cost)
	}
}

func TestBoxesBalance(t *testing.T) { t.Parallel(); rapid.Check(t, balances) }

// TestAnnual: one year after another, by person and by what the user gave.
func TestAnnual(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		year, taxpayer, given string
		gains, losses         int64
		want                  string
	}{
		"brought_forward_only_down_to_the_exempt_amount": {
			"2025-26", "person", `{"losses_bf": "5000", "taxable_income": "0"}`, 7000, 0,
			"taxable=0 loss_cf=1000 at_lower=0 at_higher=0 tax=0 ",
		},
		"losses_of_the_year_are_used_in_full": {"2025-26", "person", `{"losses_bf": "5000"}`, 7000, 6500, "taxable=0 loss_cf=5000 at_lower=0 at_higher=0 tax=0 "},
		"loss_year_adds_to_the_losses":        {"2025-26", "", `{"losses_bf": "5000"}`, 100, 600, "taxable=0 loss_cf=5500 at_lower=0 at_higher=0 tax=0 "},
		"income_fills_the_band": {
			"2025-26", "", `{"taxable_income": "37000"}`, 5000, 0,
			"taxable=2000 loss_cf=0 at_lower=700 at_higher=1300 tax=438 ",
		},
		"income_not_given": {"2025-26", "", ``, 5000, 0, "taxable=2000 loss_cf=0 left out at_lower at_higher tax"},
		"own_exempt_amount_and_rates": {
			"2030-31", "", `{"aea": "1000", "basic_band": "0", "taxable_income": "0", "rate_lower": "0.1", "rate_higher": "0.5"}`, 5000, 0,
			"taxable=4000 loss_cf=0 at_lower=0 at_higher=4000 tax=2000 ",
		},
		"year_not_in_the_tables":       {"2030-31", "", ``, 5000, 0, "left out taxable loss_cf at_lower at_higher tax"},
		"rates_not_in_the_tables":      {"2030-31", "", `{"aea": "0"}`, 5000, 0, "taxable=5000 loss_cf=0 left out at_lower at_higher tax"},
		"mixed_year_by_own_rates":      {"2024-25", "", `{"taxable_income": "37700", "rate_lower": "0.1", "rate_higher": "0.2"}`, 5000, 0, "taxable=2000 loss_cf=0 at_lower=0 at_higher=2000 tax=400 "},
		"company_has_no_exempt_amount": {"2025-26", "company", ``, 5000, 0, "taxable=5000 loss_cf=0 left out at_lower at_higher tax"},
		"trust_half_exempt":            {"2025-26", "trust", ``, 5000, 0, "taxable=3500 loss_cf=0 at_lower=0 at_higher=3500 tax=840 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			y := &tax.Year{Label: c.year, Gains: money.FromInt(c.gains), Losses: money.FromInt(c.losses)}
			cells, err := annual(&tax.Return{Rules: Rules(), Person: tax.Person{Taxpayer: c.taxpayer}}, y, json.RawMessage(c.given))
			got := ""
			for _, x := range cells {
				got += x.Key + "=" + x.Text + " "
			}
			var part *tax.Incomplete
			if errors.As(err, &part) {
				got += "left out " + strings.Join(part.Keys, " ")
			} else if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestGivenFaults: what is missing, unknown or out of place is named.
func TestGivenFaults(t *testing.T) {
	t.Parallel()
	r := &tax.Return{Rules: Rules()}
	for given, want := range map[string]string{
		`{"gains": "5"}`:      `"gains" is unknown`,
		`{"losses_bf": "-1"}`: "losses_bf must not be below 0",
		`{"aea": "x"}`:        "given aea",
	} {
		if _, err := annual(r, &tax.Year{Label: "2025-26"}, json.RawMessage(given)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", given, err, want)
		}
	}
	for given, want := range map[string]string{
		`{}`:                                "years is missing",
		`{"years": [{"year": "2020-21"}]}`:  "entry 1",
		`{"years": [{"gains": "1"}]}`:       "year is missing",
		`{"years": 5}`:                      "years must be a list",
		`{"years": [], "losses_cf": "1.0"}`: `"losses_cf" is unknown`,
	} {
		if _, err := compute("uk_loss_years", "", json.RawMessage(given)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", given, err, want)
		}
	}
	if _, err := compute("uk_cgt", "2024-25", json.RawMessage(`{"gains": "1"}`)); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v", err)
	}
}

// cells keeps the rows that a form writes; only texts and money are looked at.
type cells struct {
	row  []string
	rows [][]string
}

func (c *cells) Text(s string)   { c.row = append(c.row, s) }
func (c *cells) Bytes(b []byte)  { c.row = append(c.row, string(b)) }
func (c *cells) ID(id ledger.ID) { c.row = append(c.row, id.String()) }
func (c *cells) Money(a money.Amount, places int) {
	c.row = append(c.row, string(a.AppendFixed(nil, places)))
}
func (c *cells) Units(a money.Amount)                 { c.row = append(c.row, a.String()) }
func (c *cells) Date(d ledger.Date, _ tax.DateLayout) { c.row = append(c.row, d.String()) }
func (c *cells) End()                                 { c.rows, c.row = append(c.rows, c.row), nil }

// computes: in the computation each disposal's proceeds less its costs are its
// gain or loss, to the penny, no cost is below 0, and what the pool held before
// a leg is what it held after the one before.
func computes(t *rapid.T) {
	draw := func(name string) money.Amount {
		return money.FromInt(int64(rapid.IntRange(0, 30_000).Draw(t, name))).Mul(money.MustParse("0.001"))
	}
	r, y := &tax.Return{}, &tax.Year{First: 1, Last: 100}
	held := tax.PoolState{Units: money.FromInt(1000), Cost: money.FromInt(1000)}
	for range rapid.IntRange(1, 4).Draw(t, "disposals") {
		d := tax.Disposal{Taxable: rapid.IntRange(0, 3).Draw(t, "taxable") > 0, Date: 50, Asset: "BTC", Proceeds: draw("proceeds"), Fees: draw("fees")}
		for range rapid.IntRange(1, 4).Draw(t, "legs") {
			l := tax.Leg{Amount: money.FromInt(1), Rule: rapid.SampledFrom([]tax.Rule{tax.RuleSameDay, tax.RulePool}).Draw(t, "rule"), Cost: draw("cost")}
			if l.Rule == tax.RulePool {
				held = tax.PoolState{Units: held.Units.Sub(l.Amount), Cost: held.Cost.Sub(l.Cost)}
				r.Pools = append(r.Pools, held)
			}
			d.Legs, d.Cost = append(d.Legs, l), d.Cost.Add(l.Cost)
		}
		r.Disposals = append(r.Disposals, d)
	}
	boxes := map[string]tax.Box{}
	for _, b := range []string{"proceeds", "costs", "gains", "losses"} {
		boxes[b] = tax.Box{Number: b}
	}
	var w cells
	compute108(r, y, tax.Layout{Boxes: boxes}, &w)
	rest, ends, want := money.Amount{}, 0, 0
	for i := range r.Disposals {
		if r.Disposals[i].Counts() {
			want++
		}
	}
	for _, row := range w.rows {
		a := money.MustParse(row[2])
		if a.Sign() < 0 {
			t.Fatalf("below 0: %v", w.rows)
		}
		switch row[0] {
		case "proceeds":
			rest = a
		case "costs":
			rest = rest.Sub(a)
		case "gains", "losses":
			if row[0] == "losses" {
				a = a.Neg()
			}
			if ends++; !rest.Equal(a) {
				t.Fatalf("%s is left and %s shown: %v", rest, a, w.rows)
			}
		}
	}
	if ends != want {
		t.Fatalf("%d results for %d disposals", ends, want)
	}
	if last := r.Disposals[len(r.Disposals)-1]; last.Counts() && last.Legs[len(last.Legs)-1].Rule == tax.RulePool {
		row := w.rows[len(w.rows)-2][1]
		if after := "; after " + held.Units.String() + " costing "; !strings.Contains(row, after) {
			t.Fatalf("%q does not say %q", row, after)
		}
	}
}

func TestComputationAddsUp(t *testing.T) { t.Parallel(); rapid.Check(t, computes) }
func FuzzComputation(f *testing.F)       { f.Fuzz(rapid.MakeFuzz(computes)) }
