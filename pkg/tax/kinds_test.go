package tax_test

import (
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// methodOf is the first method of each country by its long name.
func methodOf(country string) string {
	if country == "XX" {
		country = "GENERIC"
	}
	return countries()[country].Methods[0].String()
}

// TestGivenAndLost: what leaves without a sale, country by country: a disposal
// at market value, at no gain and no loss, or none (decisions 10, 11 and 13).
func TestGivenAndLost(t *testing.T) {
	t.Parallel()
	const taxed, free = "", " not taxable"
	for country, want := range map[string]struct{ gift, lost string }{
		"US": {free, free}, "GB": {taxed, free}, "CA": {taxed, free}, "ZA": {taxed, taxed}, "DE": {free, free}, "AU": {taxed, taxed},
		"IE": {taxed, taxed}, "IN": {free, free}, "NG": {free, free}, "LK": {free, free}, "XX": {free, free},
	} {
		tell(t, map[string]story{
			country: {
				who: country + " " + methodOf(country),
				events: `2022-01-01 buy 4 BTC value=40
					2024-05-01 gift_out 1 BTC value=25
					2024-06-10 donate 1 BTC value=26
					2024-07-20 lost 1 BTC value=27
					2024-08-30 spouse_out 1 BTC value=28`,
				want: `2024-05-01 gift_out 1 BTC: 25 - 0 - 10 = 15` + want.gift + `
					2024-06-10 donate 1 BTC: 26 - 0 - 10 = 16` + want.gift + `
					2024-07-20 lost 1 BTC: 0 - 0 - 10 = -10` + want.lost + `
					2024-08-30 spouse_out 1 BTC: 10 - 0 - 10 = 0 not taxable
					no holding
					no issue`,
			},
		})
	}
}

// TestWhatIsNotTaxedIsInNoTotal: disposals that are not taxable count nowhere.
func TestWhatIsNotTaxedIsInNoTotal(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"gifts_of_the_united_states": {
			who: "US fifo",
			events: `2022-01-01 buy 4 BTC value=40
				2024-05-01 gift_out 1 BTC value=25
				2024-08-30 spouse_out 1 BTC`,
			want: `no year`,
		},
		"a_sale_beside_a_gift": {
			who: "US fifo",
			events: `2022-01-01 buy 4 BTC value=40
				2024-05-01 gift_out 1 BTC value=25
				2024-05-02 sell 1 BTC value=26`,
			want: `year 2024: 1, 26 - 0 - 10, gains 16, losses 0, lt 16`,
		},
	})
}

// TestSpouses: in the United Kingdom transfers between spouses follow the day
// rules together with the sales of the day, without gain or loss.
func TestSpouses(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"received_at_the_cost_of_the_other": {
			who: "GB s104",
			events: `2024-05-01 spouse_in 2 BTC value=30
				2024-06-10 sell 1 BTC value=100`,
			want: `2024-06-10 sell 1 BTC: 100 - 0 - 15 = 85`,
		},
		"given_and_bought_back_within_thirty_days": {
			who: "GB s104",
			events: `2024-05-01 buy 2 BTC value=20
				2024-06-10 spouse_out 1 BTC
				2024-06-20 buy 1 BTC value=90`,
			want: `2024-06-10 spouse_out 1 BTC: 90 - 0 - 90 = 0 not taxable
				by 30_day 2024-06-20 1: 90 - 0 - 90 = 0
				left BTC: 2 at 20`,
		},
		"sold_and_given_on_one_day_share_each_match_by_units": {
			who: "GB s104",
			events: `2024-05-01 buy 10 BTC value=100
				2024-06-10T09:00:00Z sell 3 BTC value=300
				2024-06-10T10:00:00Z spouse_out 1 BTC
				2024-06-10T11:00:00Z buy 2 BTC value=80`,
			want: `2024-06-10 sell 3 BTC: 300 - 0 - 75 = 225
				by same_day 2024-06-10 1.5: 150 - 0 - 60 = 90
				by s104 1.5: 150 - 0 - 15 = 135
				2024-06-10 spouse_out 1 BTC: 25 - 0 - 25 = 0 not taxable
				by same_day 2024-06-10 0.5: 20 - 0 - 20 = 0
				by s104 0.5: 5 - 0 - 5 = 0
				left BTC: 8 at 80`,
		},
		"lost_units_leave_with_their_cost_beside_the_sale": {
			who: "GB s104",
			events: `2024-05-01 buy 10 BTC value=100
				2024-06-10 sell 3 BTC value=300
				2024-06-10 lost 1 BTC`,
			want: `2024-06-10 sell 3 BTC: 300 - 0 - 30 = 270
				2024-06-10 lost 1 BTC: 0 - 0 - 10 = -10 not taxable
				left BTC: 6 at 60`,
		},
		"all_transfers_of_a_day_are_one": {
			who: "GB s104",
			events: `2024-05-01 buy 10 BTC value=100
				2024-06-10T09:00:00Z spouse_out 1 BTC
				2024-06-10T10:00:00Z spouse_out 2 BTC`,
			want: `2024-06-10 spouse_out 3 BTC: 30 - 0 - 30 = 0 not taxable`,
		},
	})
}

// TestGiftsReceived: whose cost and date count (decision 12).
func TestGiftsReceived(t *testing.T) {
	t.Parallel()
	gift := func(sale string) string {
		return `2024-05-01 gift_in 2 BTC value=40 fmv=20 acquired=2020-01-15
			` + sale
	}
	tell(t, map[string]story{
		"above_the_giver's_cost_it_counts": {
			who: "US fifo", events: gift("2024-06-01 sell 1 BTC value=35"),
			want: `by fifo 2020-01-15 1: 35 - 0 - 20 = 15 long`,
		},
		"below_the_value_at_the_gift_that_counts_with_its_date": {
			who: "US fifo", events: gift("2024-06-01 sell 1 BTC value=7"),
			want: `by fifo 2024-05-01 1: 7 - 0 - 10 = -3 short`,
		},
		"exactly_the_value_at_the_gift_is_no_loss_from_there": {
			who: "US fifo", events: gift("2024-06-01 sell 1 BTC value=11 fee=1"),
			want: `by fifo 2024-05-01 1: 11 - 1 - 10 = 0 short`,
		},
		"in_between_neither_gain_nor_loss": {
			who: "US fifo", events: gift("2024-06-01 sell 1 BTC value=15 fee=1"),
			want: `by fifo 2020-01-15 1: 15 - 1 - 14 = 0 long`,
		},
		"each_lot_by_itself": {
			who: "US fifo", events: `2019-05-01 buy 1 BTC value=2
				` + gift("2024-06-01 sell 2 BTC value=14"),
			want: `by fifo 2019-05-01 1: 7 - 0 - 2 = 5 long
				by fifo 2024-05-01 1: 7 - 0 - 10 = -3 short`,
		},
		"a_gift_given_on_is_no_taxable_disposal": {
			who: "US fifo", events: gift("2024-06-01 gift_out 1 BTC value=7"),
			want: `by fifo 2020-01-15 1: 7 - 0 - 20 = -13 long`,
		},
		"an_unknown_price_leaves_the_giver's_cost": {
			who: "US fifo", events: gift("2024-06-01 sell 1 BTC"),
			want: `by fifo 2020-01-15 1: ? - 0 - 20 = ? long`,
		},
		"elsewhere_there_is_one_basis": {
			who: "DE de-fifo", events: gift("2024-06-01 sell 1 BTC value=7"),
			want: `by fifo 2020-01-15 1: 7 - 0 - 20 = -13 over_1y`,
		},
		"the_giver's_cost_where_the_law_carries_it_over": {
			who: "DE de-fifo",
			events: `2024-05-01 gift_in 2 BTC value=40 donor_cost=12 acquired=2020-01-15
				2024-06-01 sell 1 BTC value=7`,
			want: `by fifo 2020-01-15 1: 7 - 0 - 6 = 1 over_1y
				no issue`,
		},
		"and_the_value_of_the_row_is_the_value_at_the_gift": {
			who: "US fifo",
			events: `2024-05-01 gift_in 2 BTC value=20 donor_cost=40 acquired=2020-01-15
				2024-06-01 sell 1 BTC value=7
				2024-06-02 sell 1 BTC value=35`,
			want: `by fifo 2024-05-01 1: 7 - 0 - 10 = -3 short
				by fifo 2020-01-15 1: 35 - 0 - 20 = 15 long`,
		},
		"where_it_is_not_carried_over_the_value_is_the_cost": {
			who: "GB s104",
			events: `2024-05-01 gift_in 2 BTC value=40 donor_cost=12
				2024-06-10 sell 1 BTC value=7`,
			want: `by s104 1: 7 - 0 - 20 = -13`,
		},
		"without_a_value_the_giver's_cost_is_enough": {
			who: "DE de-fifo",
			events: `2024-05-01 gift_in 2 BTC donor_cost=12 acquired=2020-01-15
				2024-06-01 sell 1 BTC value=7`,
			want: `2024-06-01 sell 1 BTC: 7 - 0 - 6 = 1
				no issue`,
		},
	})
}

// TestZeroAmounts: an event of amount 0 changes nothing under any method.
func TestZeroAmounts(t *testing.T) {
	t.Parallel()
	kinds := strings.Fields("opening buy sell spend income airdrop gift_in gift_out donate spouse_out spouse_in transfer fee lost deposit withdrawal")
	for _, who := range []string{"XX fifo", "XX average", "GB s104", "GB uk-corporate-pool", "CA acb", "IE ie-fifo-4w", "DE de-average", `XX hifo {"scope": "account"}`} {
		base := "2024-01-01 buy 2 BTC value=20\n"
		events := base
		for _, k := range kinds {
			events += "2024-01-02 " + k + " 0 BTC value=5 fee=1 to_account=B subtype=staking fee_asset=BTC fee_value=3\n"
		}
		events += "2024-01-02 swap 0 BTC to=0:ETH value=5 to_value=4 fee=1\n2024-01-02 fork BTC to=0:BCH value=1 to_value=1\n"
		s, plain := story{who: who, events: events}, story{who: who, events: base}
		got, want := calculated(t, s), calculated(t, plain)
		checkStory(t, show(got), strings.Join(show(want), "\n"))
	}
}

func calculated(t *testing.T, s story) *tax.Return {
	t.Helper()
	ret, err := tax.Calculate(s.input(t))
	if err != nil {
		t.Fatal(err)
	}
	return ret
}

// TestNothingIsReceivedInASwap: a swap into no units is a disposal and brings
// no cost to anything.
func TestNothingIsReceivedInASwap(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"XX fifo", "XX average", "GB s104", "CA acb", "IE ie-fifo-4w"} {
		tell(t, map[string]story{
			who: {
				who: who,
				events: `2024-05-01 buy 1 BTC value=10
					2024-06-10 swap 1 BTC to=0:ETH value=50
					2024-06-10 buy 2 ETH value=30
					2024-07-20 sell 1 ETH value=100`,
				want: `2024-06-10 swap 1 BTC: 50 - 0 - 10 = 40
					2024-07-20 sell 1 ETH: 100 - 0 - 15 = 85`,
			},
		})
	}
}

// TestNoEvents: an empty book gives an empty return.
func TestNoEvents(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"US fifo", "GB s104", "CA acb", "DE de-average", "IE fifo"} {
		tell(t, map[string]story{who: {who: who, want: "no disposal\nno income\nno year\nno holding\nno issue"}})
	}
}
