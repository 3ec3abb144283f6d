package tax_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

func TestParseOptions(t *testing.T) {
	t.Parallel()
	var o tax.Options
	err := o.ParseOptions([]byte(`{
		"scope": "account", "account_scope_from": "2025-01-01", "on_shortage": "zero_cost", "days_after": "12", "taxpayer": "company",
		"superficial": "false", "recent_purchase_loss": "free", "swap_value": "given", "swap_cost": "received", "swap_fee": "half",
		"not_for_crypto": true, "filing_status": "mfs", "years": {"2024": {"st_bf": "5"}}, "compute": "us_loss", "year": "2024", "given": {"st": "1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if o.Scope != "account" || o.AccountFrom.String() != "2025-01-01" || !o.ZeroCostShortage || o.DaysAfter == nil || *o.DaysAfter != 12 ||
		o.Person.Taxpayer != "company" || !o.NoSuperficial || !o.FreeRecentLoss || !o.SwapValueGiven || o.SwapCost != "received" || o.SwapFee != "half" ||
		!o.NotForCrypto || o.Person.FilingStatus != "mfs" || string(o.Years["2024"]) != `{"st_bf": "5"}` || o.Compute != "us_loss" || o.Year != "2024" || string(o.Given) != `{"st": "1"}` {
		t.Errorf("got %+v", o)
	}
	// A second object stands over the first, as a flag's file over the document.
	if err := o.ParseOptions([]byte(`{"on_shortage": "error", "superficial": true, "days_after": 0, "swap_value": "received"}`)); err != nil {
		t.Fatal(err)
	}
	if o.ZeroCostShortage || o.NoSuperficial || *o.DaysAfter != 0 || o.SwapValueGiven || o.Scope != "account" {
		t.Errorf("got %+v", o)
	}
}

func TestOptionsRefuse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`[]`:                                  "not a JSON object",
		`{"scop": "account"}`:                 `"scop" is unknown; did you mean "scope"?`,
		`{"day_after": 3}`:                    `did you mean "days_after"?`,
		`{"scope": "wallet"}`:                 "must be one of universal, account, country",
		`{"scope": 3}`:                        "scope: must be text",
		`{"account_scope_from": "2025"}`:      "date must be YYYY-MM-DD",
		`{"account_scope_from": 2025}`:        "must be text",
		`{"on_shortage": "ignore"}`:           "must be one of zero_cost, error",
		`{"days_after": -1}`:                  "from 0 to 366",
		`{"days_after": 367}`:                 "from 0 to 366",
		`{"days_after": "many"}`:              "from 0 to 366",
		`{"days_after": "3x"}`:                "from 0 to 366",
		`{"days_after": 3.5}`:                 "from 0 to 366",
		`{"superficial": "no"}`:               "must be true or false",
		`{"taxpayer": "partnership"}`:         "must be one of person, company, trust",
		`{"filing_status": "married"}`:        "must be one of single, mfj, mfs, hoh, qss",
		`{"swap_fee": "all"}`:                 "must be one of half, disposal, acquisition",
		`{"swap_cost": "half"}`:               "must be one of given, received",
		`{"swap_value": "half"}`:              "must be one of given, received",
		`{"recent_purchase_loss": "allowed"}`: "must be one of free, restricted",
		`{"years": [1]}`:                      "must be an object of tax years",
	} {
		var o tax.Options
		if err := o.ParseOptions([]byte(text)); !errors.Is(err, tax.ErrOption) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

// TestSwapOptions: which value is the proceeds, which is the cost, and who
// bears the fee (decisions 14 and 15).
func TestSwapOptions(t *testing.T) {
	t.Parallel()
	events := `2024-05-01 buy 1 BTC value=10
		2024-06-10 swap 1 BTC to=10:ETH value=100 to_value=90 fee=4`
	for who, want := range map[string]string{
		`XX fifo`:                              "90 - 4 - 10 = 76; 90",
		`XX fifo {"swap_value": "given"}`:      "100 - 4 - 10 = 86; 90",
		`XX fifo {"swap_cost": "given"}`:       "90 - 4 - 10 = 76; 100",
		`XX fifo {"swap_fee": "half"}`:         "90 - 2 - 10 = 78; 92",
		`XX fifo {"swap_fee": "acquisition"}`:  "90 - 0 - 10 = 80; 94",
		`GB s104`:                              "90 - 2 - 10 = 78; 102",
		`GB s104 {"swap_cost": "received"}`:    "90 - 2 - 10 = 78; 92",
		`GB s104 {"swap_fee": "disposal"}`:     "90 - 4 - 10 = 76; 100",
		`GB s104 {"swap_value": "given"}`:      "100 - 2 - 10 = 88; 102",
		`CA acb {"swap_fee": "acquisition"}`:   "90 - 0 - 10 = 80; 94",
		`DE de-average {"swap_cost": "given"}`: "90 - 4 - 10 = 76; 100",
	} {
		ret := calculated(t, story{who: who, events: events})
		d := &ret.Disposals[0]
		got := figures(true, d.Proceeds, d.Fees, d.Cost) + "; " + ret.Remaining[0].Cost.String()
		if got != want {
			t.Errorf("%s: got %s, want %s", who, got, want)
		}
	}
}

// TestAnnualAnswers: with figures for a year the answer stands beside its
// totals, from the program's own tables; what cannot be answered is left out
// and named.
func TestAnnualAnswers(t *testing.T) {
	t.Parallel()
	loss := `2024-01-05 buy 1 BTC value=9000
		2024-02-01 sell 1 BTC value=4000`
	tell(t, map[string]story{
		"losses_of_the_united_states": {
			who: `US fifo {"years": {"2024": {"lt_bf": "1000"}}}`, events: loss,
			want: `year 2024: 1, 4000 - 0 - 9000, gains 0, losses 5000, st -5000, deduction=3000, st_cf=2000, lt_cf=1000, lt_bf=1000`,
		},
		"married_and_filing_apart": {
			who: `US fifo {"filing_status": "mfs", "years": {}}`, events: loss,
			want: `year 2024: 1, 4000 - 0 - 9000, gains 0, losses 5000, st -5000, deduction=1500, st_cf=3500, lt_cf=0`,
		},
		"no_answer_without_the_question": {
			who: "US fifo", events: loss,
			want: `year 2024: 1, 4000 - 0 - 9000, gains 0, losses 5000, st -5000`,
		},
		"every_year_has_its_answer": {
			who: `CA acb {"years": {"2024": {}}}`,
			events: `2024-01-05 buy 2 BTC value=100
				2024-02-01 sell 1 BTC value=150
				2025-02-01 sell 1 BTC value=250`,
			want: `year 2024: 1, 150 - 0 - 50, gains 100, losses 0, taxable_capital_gain=50, net_capital_loss=0
				year 2025: 1, 250 - 0 - 50, gains 200, losses 0, taxable_capital_gain=100, net_capital_loss=0`,
		},
	})
}

// TestAnnualAnswersLeftOut: what the tables do not hold is left out by name.
func TestAnnualAnswersLeftOut(t *testing.T) {
	t.Parallel()
	ret := calculated(t, story{who: `GB s104 {"years": {}}`, events: `
		2024-05-01 buy 1 BTC value=10
		2024-06-10 sell 1 BTC value=90000`})
	y := &ret.Years[0]
	if !strings.Contains(y.LeftOut, "2024-25: left out") || !strings.Contains(y.LeftOut, "taxable_income") {
		t.Errorf("left out: %q", y.LeftOut)
	}
	if !y.HasAnswer("taxable") || y.HasAnswer("tax") || !y.Answer("taxable").Equal(money.MustParse("86990")) {
		t.Errorf("answers: %v", y.Answers)
	}
}

func TestAnnualAnswersRefuse(t *testing.T) {
	t.Parallel()
	events := `2024-01-05 buy 1 BTC value=9000
		2024-02-01 sell 1 BTC value=4000`
	for who, want := range map[string]string{
		`US fifo {"years": {"2024-25": {}}}`:              `"2024-25" is no tax year of US`,
		`GB s104 {"years": {"2024-26": {}}}`:              `"2024-26" is no tax year of GB`,
		`GB s104 {"years": {"2024": {}, "2024-25": {}}}`:  `2024-25 is given twice`,
		`US fifo {"years": {"2031": {"st_fb": "1"}}}`:     `options, years 2031: option given: "st_fb" is unknown`,
		`US fifo {"years": {"2024": {"lt_bf": "-1"}}}`:    "lt_bf must not be below 0",
		`US fifo {"years": {"2024": {"gains": "1"}}}`:     `"gains" is unknown`,
		`XX fifo {"years": {"2024": {}}}`:                 "XX has no annual arithmetic",
		`LK fifo {"years": {"2024-25": {"income": "1"}}}`: "LK has no annual arithmetic",
	} {
		_, err := tax.Calculate(story{who: who, events: events}.input(t))
		if !errors.Is(err, tax.ErrOption) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", who, err, want)
		}
	}
}

// TestZoneDefault: a result that rests on the default zone of a country with
// several says so, and only then.
func TestZoneDefault(t *testing.T) {
	t.Parallel()
	for _, guessed := range []bool{true, false} {
		in := story{who: "CA acb", events: "2024-01-05 buy 1 BTC value=9000"}.input(t)
		in.ZoneGuessed = guessed
		ret, err := tax.Calculate(in)
		if err != nil {
			t.Fatal(err)
		}
		want := "no issue"
		if guessed {
			want = "info zone.default"
			if m := ret.Issues[0].Message; !strings.Contains(m, "America/Toronto") || !strings.Contains(m, "--timezone") || ret.Issues[0].Event != tax.NoEvent {
				t.Errorf("it says %q", m)
			}
		}
		checkStory(t, show(ret), want)
	}
}

// TestFindMethod: the short and the long names of those that a country allows.
func TestFindMethod(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		country, name, taxpayer string
		want                    tax.Method
		refused                 string
	}{
		{"IE", "", "", tax.FourWeekFIFO, ""},
		{"IE", "fifo", "", tax.FourWeekFIFO, ""},
		{"IE", "ie-fifo-4w", "company", tax.FourWeekFIFO, ""},
		{"DE", "average", "", tax.DatedAverage, ""},
		{"NG", "average", "", tax.Average, ""},
		{"GB", "", "company", tax.CorporatePool, ""},
		{"GB", "s104", "company", tax.CorporatePool, ""},
		{"GB", "s104", "trust", tax.S104, ""},
		{"GB", "uk-corporate-pool", "", tax.CorporatePool, ""}, // the name says it, whoever is taxed
		{"US", "specific", "", tax.Specific, ""},
		{"US", "average", "", 0, `"average" for US; it allows fifo, lifo, hifo, lofo, specific`},
		{"ZA", "average", "", 0, "it allows fifo, specific"},
		{"DE", "lifo", "", 0, "it allows fifo, average"},
		{"GENERIC", "s104", "", 0, "for XX"},
	} {
		got, err := countries()[c.country].FindMethod(c.name, c.taxpayer)
		if got != c.want || (err != nil) != (c.refused != "") || err != nil && (!errors.Is(err, tax.ErrMethod) || !strings.Contains(err.Error(), c.refused)) {
			t.Errorf("%s %q for %q: got %s, %v", c.country, c.name, c.taxpayer, got, err)
		}
	}
	// A file's own method is honoured as it stands.
	if m, err := countries()["ZA"].FileMethod("average", ""); err != nil || m != tax.Average {
		t.Errorf("got %s, %v", m, err)
	}
	if m, err := countries()["ZA"].FileMethod("guess", ""); !errors.Is(err, tax.ErrMethod) || m != tax.MethodUnknown {
		t.Errorf("got %s, %v", m, err)
	}
}
