package generic_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/tax"
	"github.com/ledgersys/ledgersys/pkg/tax/au"
	"github.com/ledgersys/ledgersys/pkg/tax/ca"
	"github.com/ledgersys/ledgersys/pkg/tax/de"
	"github.com/ledgersys/ledgersys/pkg/tax/gb"
	"github.com/ledgersys/ledgersys/pkg/tax/ie"
	"github.com/ledgersys/ledgersys/pkg/tax/in"
	"github.com/ledgersys/ledgersys/pkg/tax/lk"
	"github.com/ledgersys/ledgersys/pkg/tax/ng"
	"github.com/ledgersys/ledgersys/pkg/tax/us"
	"github.com/ledgersys/ledgersys/pkg/tax/za"
)

// span is what the tables must hold for the years from first to last (for what
// holds every year both are 0): each name with its figure, a question mark
// where it is unverified. A year is named by the calendar year in which it
// begins, in South Africa by that in which it ends.
type span struct {
	country     string
	first, last int
	want        string
}

// figures are typed by hand, so that a figure mistyped in a data file fails.
var figures = []span{
	{"US", 0, 0, "appraisal_over=5000? form_8283_over=500 loss_limit=3000 loss_limit_company=0 loss_limit_mfs=1500 nft_aggregate_over=600 " +
		"niit_over_mfj=250000 niit_over_single=200000 niit_rate=0.038 pdap_over=600 stablecoin_aggregate_over=10000"},
	{"US", 2024, 2024, "long_fifteen_mfj=583750? long_fifteen_single=518900? long_zero_mfj=94050? long_zero_single=47025? " +
		"ordinary_single=11600:0.1;47150:0.12;100525:0.22;191950:0.24;243725:0.32;609350:0.35;:0.37;?"},
	{"US", 2025, 2025, "gift_exclusion=19000 long_fifteen_mfj=600050 long_fifteen_single=533400 long_zero_mfj=96700 long_zero_single=48350 " +
		"ordinary_single=11925:0.1;48475:0.12;103350:0.22;197300:0.24;250525:0.32;626350:0.35;:0.37;"},
	{"US", 2026, 2026, "gift_exclusion=19000 long_fifteen_mfj=613700? long_fifteen_single=545500? long_zero_mfj=98900? long_zero_single=49450? " +
		"ordinary_single=12400:0.1;50400:0.12;105700:0.22;201775:0.24;256225:0.32;640600:0.35;:0.37;?"},

	{"GB", 0, 0, "income_allowance=1000"},
	{"GB", 2013, 2013, "aea=10900 aea_trust=5450 basic_band=32010? rate_higher=0.28? rate_lower=0.18? report_over=43600"},
	{"GB", 2014, 2014, "aea=11000 aea_trust=5500 basic_band=31865? rate_higher=0.28? rate_lower=0.18? report_over=44000"},
	{"GB", 2015, 2015, "aea=11100 aea_trust=5550 basic_band=31785? rate_higher=0.28? rate_lower=0.18? report_over=44400"},
	{"GB", 2016, 2016, "aea=11100 aea_trust=5550 basic_band=32000? rate_higher=0.2? rate_lower=0.1? report_over=44400"},
	{"GB", 2017, 2017, "aea=11300 aea_trust=5650 basic_band=33500? rate_higher=0.2? rate_lower=0.1? report_over=45200"},
	{"GB", 2018, 2018, "aea=11700 aea_trust=5850 basic_band=34500? rate_higher=0.2? rate_lower=0.1? report_over=46800"},
	{"GB", 2019, 2019, "aea=12000 aea_trust=6000 basic_band=37500? rate_higher=0.2? rate_lower=0.1? report_over=48000"},
	{"GB", 2020, 2020, "aea=12300 aea_trust=6150 basic_band=37500? rate_higher=0.2 rate_lower=0.1 report_over=49200"},
	{"GB", 2021, 2022, "aea=12300 aea_trust=6150 basic_band=37700 rate_higher=0.2 rate_lower=0.1 report_over=49200"},
	{"GB", 2023, 2023, "aea=6000 aea_trust=3000 basic_band=37700 rate_higher=0.2 rate_lower=0.1 report_over=50000"},
	{"GB", 2024, 2024, "aea=3000 aea_trust=1500 basic_band=37700 rate_higher=0.24 rate_higher_early=0.2 rate_lower=0.18 rate_lower_early=0.1 report_over=50000"},
	{"GB", 2025, 2026, "aea=3000 aea_trust=1500 basic_band=37700 rate_higher=0.24 rate_lower=0.18 report_over=50000"},

	{"CA", 0, 0, "t1135_over=100000"},
	{"CA", 2010, 2023, "inclusion=0.5"},
	{"CA", 2024, 2026, "amt_inclusion=1? inclusion=0.5"},

	{"DE", 2010, 2023, "limit=600 limit_22_3=256"},
	{"DE", 2024, 2026, "limit=1000 limit_22_3=256"},

	{"AU", 0, 0, "cgt_schedule_over=10000 discount_usual=0.5 personal_use_under=10000"},
	{"AU", 2009, 2026, "discount=0.5 discount_company=0"},
	{"AU", 2027, 2027, "minimum_tax=0.3?"},

	{"IE", 2013, 2026, "exemption=1270 rate=0.33"},

	{"ZA", 0, 0, "top_rate=0.45"},
	{"ZA", 2017, 2017, "annual_exclusion=40000? death_exclusion=300000? inclusion=0.4? inclusion_company=0.8?"},
	{"ZA", 2018, 2026, "annual_exclusion=40000 death_exclusion=300000 inclusion=0.4 inclusion_company=0.8"},
	{"ZA", 2027, 2027, "annual_exclusion=50000 death_exclusion=440000 inclusion=0.4 inclusion_company=0.8"},

	{"IN", 0, 0, "gift_over=50000?"},
	{"IN", 2022, 2026, "cess=0.04 rate=0.3 tds_over_other=10000 tds_over_specified=50000 tds_rate=0.01"},

	{"NG", 2023, 2025, "bands=:0.1; bands_company=:0.1;"},
	{"NG", 2026, 2026, "bands=800000:0;3000000:0.15;12000000:0.18;25000000:0.21;50000000:0.23;:0.25; bands_company=:0.3; " +
		"share_gain_up_to=10000000 share_proceeds_under=150000000 vasp_penalty=10000000 vasp_penalty_month=1000000"},

	{"LK", 0, 0, "gains_rate=0.1 gains_rate_proposed=0.15? gains_rate_proposed_some=0.3? small_gain_each=50000? small_gain_year=600000?"},
	{"LK", 2025, 2025, "bands=1000000:0.06;1500000:0.18;2000000:0.24;2500000:0.3;:0.36; relief=1800000"},
}

// tables are the tables of all countries.
var tables = map[string]func() (tax.Table, error){
	"US": us.Table, "GB": gb.Table, "CA": ca.Table, "ZA": za.Table, "DE": de.Table,
	"AU": au.Table, "IE": ie.Table, "IN": in.Table, "NG": ng.Table, "LK": lk.Table,
}

// TestFigures compares each year of each table with what was typed above, and
// wants no year beyond.
func TestFigures(t *testing.T) {
	t.Parallel()
	rules := countries()
	seen := map[string]int{}
	for _, s := range figures {
		table, err := tables[s.country]()
		if err != nil {
			t.Fatal(s.country, err)
		}
		for y := s.first; y <= s.last; y++ {
			label := labelOf(rules[s.country], y)
			seen[s.country]++
			t.Run(s.country+"/"+label, func(t *testing.T) {
				t.Parallel()
				if got := line(table[label]); got != s.want {
					t.Errorf("got  %s\nwant %s", got, s.want)
				}
			})
		}
	}
	for country, of := range tables {
		if table, err := of(); err != nil || len(table) != seen[country] {
			t.Errorf("%s: %d years in the table, %d here, error %v", country, len(table), seen[country], err)
		}
	}
}

// labelOf names the tax year that a calendar year stands for here.
func labelOf(r *tax.Rules, y int) string {
	if y == 0 {
		return tax.EveryYear
	}
	if r.LabelByEnd {
		return strconv.Itoa(y)
	}
	label, _, _ := r.YearOf(ledger.NewDate(y, r.YearStart.Month, r.YearStart.Day))
	return label
}

func line(facts map[string]tax.Fact) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		words = append(words, name+"="+facts[name].String())
	}
	return strings.Join(words, " ")
}

// TestStatic holds what of the rules is not a figure: methods in order, scope,
// zone, currency, the tax year around a date, and what counts as a disposal.
func TestStatic(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"US":      "US/2026.1 USD America/New_York? fifo,lifo,hifo,lofo,specific per-account-from-2025-01-01 2024 short/long dual donor",
		"GB":      "GB/2026.1 GBP Europe/London uk-s104 company:uk-corporate-pool 2024-25 half-fee given-cost gift net",
		"CA":      "CA/2026.1 CAD America/Toronto? acb 2024 gift net",
		"ZA":      "ZA/2026.1 ZAR Africa/Johannesburg fifo,specific 2025 gift loss",
		"DE":      "DE/2026.1 EUR Europe/Berlin de-fifo,de-average per-account 2024 within_1y/over_1y donor",
		"AU":      "AU/2026.1 AUD Australia/Sydney fifo,specific 2024-25 other/discount gift loss",
		"IE":      "IE/2026.1 EUR Europe/Dublin ie-fifo-4w 2024 gift loss",
		"IN":      "IN/2026.1 INR Asia/Kolkata fifo 2024-25",
		"NG":      "NG/2026.1 NGN Africa/Lagos fifo,average 2024",
		"LK":      "LK/2026.1 LKR Asia/Colombo fifo 2024-25",
		"GENERIC": "XX/2026.1 - UTC fifo,lifo,hifo,lofo,average,specific 2024",
	} {
		if got := static(countries()[name]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func static(r *tax.Rules) string {
	currency, zone := r.Currency, r.Zone
	if currency == "" {
		currency = "-"
	}
	if r.ZoneIsGuess {
		zone += "?"
	}
	words := []string{r.Version, currency, zone, methods(r.Methods)}
	if len(r.CompanyMethods) > 0 {
		words = append(words, "company:"+methods(r.CompanyMethods))
	}
	if r.Scope.PerAccount {
		scope := "per-account"
		if r.Scope.From != 0 {
			scope += "-from-" + r.Scope.From.String()
		}
		words = append(words, scope)
	}
	label, _, _ := r.YearOf(ledger.NewDate(2024, time.December, 31))
	words = append(words, label)
	if r.LongTerm != "" {
		words = append(words, r.ShortTerm+"/"+r.LongTerm)
	}
	for _, flag := range []struct {
		on   bool
		name string
	}{
		{r.SwapFee == tax.FeeHalf, "half-fee"},
		{r.SwapCostGiven, "given-cost"},
		{r.GiftIsDisposal, "gift"},
		{r.NetPerDisposal, "net"},
		{r.LossIsDisposal, "loss"},
		{r.DualBasis, "dual"},
		{r.DonorCostCarries, "donor"},
	} {
		if flag.on {
			words = append(words, flag.name)
		}
	}
	return strings.Join(words, " ")
}

func methods(list []tax.Method) string {
	names := make([]string, 0, len(list))
	for _, m := range list {
		names = append(names, m.String())
	}
	return strings.Join(names, ",")
}

// TestYearBounds pins the first and last day of a tax year in each country.
func TestYearBounds(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"US": "2024 2024-01-01 2024-12-31", "CA": "2024 2024-01-01 2024-12-31", "DE": "2024 2024-01-01 2024-12-31",
		"IE": "2024 2024-01-01 2024-12-31", "NG": "2024 2024-01-01 2024-12-31", "GENERIC": "2024 2024-01-01 2024-12-31",
		"GB": "2023-24 2023-04-06 2024-04-05", "AU": "2023-24 2023-07-01 2024-06-30",
		"IN": "2023-24 2023-04-01 2024-03-31", "LK": "2023-24 2023-04-01 2024-03-31", "ZA": "2024 2023-03-01 2024-02-29",
	} {
		label, first, last := countries()[name].YearOf(ledger.NewDate(2024, time.February, 29))
		if got := label + " " + first.String() + " " + last.String(); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

// TestRulesAreFresh wants a value of its own for each caller.
func TestRulesAreFresh(t *testing.T) {
	t.Parallel()
	a, b := us.Rules(), us.Rules()
	a.Methods[0] = tax.Average
	if a == b || b.Methods[0] != tax.FIFO {
		t.Error("two callers share rules")
	}
}

// TestUnknownCompute wants an error that names what is unknown.
func TestUnknownCompute(t *testing.T) {
	t.Parallel()
	for name, r := range countries() {
		if _, err := r.Compute("xy_tax", "2024", nil); err == nil || !strings.Contains(err.Error(), "xy_tax") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
