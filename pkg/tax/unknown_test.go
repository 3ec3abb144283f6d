package tax_test

import (
	"testing"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// TestUnknownValues: nothing is guessed and nothing is silent (decision 8).
func TestUnknownValues(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"an_acquisition_enters_at_0_and_later_legs_are_assumed": {
			who: "XX fifo",
			events: `2024-01-01 buy 2 BTC
				2024-02-01 sell 1 BTC value=100`,
			want: `2024-02-01 sell 1 BTC: 100 - 0 - 0 = 100 assumed
				by fifo 2024-01-01 1: 100 - 0 - 0 = 100
				year 2024: 1, 100 - 0 - 0, gains 100, losses 0
				left BTC: 1 at 0, 1 of 2024-01-01 at 0
				error price.missing 2024-01-01`,
		},
		"the_fee_of_such_an_acquisition_is_no_cost_either": {
			who: "XX fifo",
			events: `2024-01-01 buy 2 BTC fee=7
				2024-02-01 sell 1 BTC value=100`,
			want: `2024-02-01 sell 1 BTC: 100 - 0 - 0 = 100 assumed
				error price.missing 2024-01-01`,
		},
		"a_value_of_0_is_a_value": {
			who: "XX fifo",
			events: `2024-01-01 buy 2 BTC value=0
				2024-02-01 sell 1 BTC value=0`,
			want: `2024-02-01 sell 1 BTC: 0 - 0 - 0 = 0
				no issue`,
		},
		"an_empty_value_is_none": {
			who:    "XX fifo",
			events: `2024-01-01 buy 2 BTC value=`,
			want:   `error price.missing 2024-01-01`,
		},
		"a_disposal_takes_its_lots_and_stands_outside_totals": {
			who: "XX fifo",
			events: `2024-01-01 buy 2 BTC value=20
				2024-02-01 sell 1 BTC fee=3
				2024-03-01 sell 1 BTC value=100`,
			want: `2024-02-01 sell 1 BTC: ? - 3 - 10 = ?
				by fifo 2024-01-01 1: ? - 3 - 10 = ?
				2024-03-01 sell 1 BTC: 100 - 0 - 10 = 90
				by fifo 2024-01-01 1: 100 - 0 - 10 = 90
				year 2024: 1, 100 - 0 - 10, gains 90, losses 0
				no holding
				error price.missing 2024-02-01`,
		},
		"a_year_with_nothing_known_is_no_year": {
			who: "XX fifo",
			events: `2024-01-01 buy 2 BTC value=20
				2025-02-01 sell 1 BTC
				2025-02-02 income 1 ETH`,
			want: `no year
				income 2025-02-02 1 ETH: ? income
				error price.missing 2025-02-01
				error price.missing 2025-02-02`,
		},
		"income_has_no_value_and_its_units_cost_0": {
			who: "XX fifo",
			events: `2024-01-01 income 1 ETH subtype=staking
				2024-02-01 sell 1 ETH value=30`,
			want: `2024-02-01 sell 1 ETH: 30 - 0 - 0 = 30 assumed
				income 2024-01-01 1 ETH: ? staking
				year 2024: 1, 30 - 0 - 0, gains 30, losses 0
				error price.missing 2024-01-01`,
		},
		"a_swap_with_no_side_known": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-02-01 swap 1 BTC to=5:ETH
				2024-03-01 sell 5 ETH value=30`,
			want: `2024-02-01 swap 1 BTC: ? - 0 - 10 = ?
				2024-03-01 sell 5 ETH: 30 - 0 - 0 = 30 assumed
				error price.missing 2024-02-01`,
		},
		"a_fee_that_nobody_can_value_is_not_deducted": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=10 fee=5 fee_currency=USD
				2024-02-01 sell 1 BTC value=100 fee=5 fee_currency=USD`,
			want: `2024-02-01 sell 1 BTC: 100 - 0 - 10 = 90
				error price.missing 2024-01-01
				error price.missing 2024-02-01`,
		},
		"half_a_merged_day_unknown_is_all_of_it": {
			who: "GB s104",
			events: `2024-05-01 buy 2 BTC value=20
				2024-06-01T09:00:00Z sell 1 BTC value=100
				2024-06-01T10:00:00Z sell 1 BTC`,
			want: `2024-06-01 sell 2 BTC: ? - 0 - 20 = ?
				no year
				error price.missing 2024-06-01`,
		},
		"an_assumed_cost_in_a_pool_shows_at_every_disposal_from_it": {
			who: "GB s104",
			events: `2024-05-01 buy 1 BTC value=20
				2024-05-02 airdrop 1 BTC
				2024-06-10 sell 1 BTC value=100
				2024-07-20 sell 1 BTC value=100
				2024-08-30 buy 1 BTC value=30
				2024-10-10 sell 1 BTC value=100`,
			want: `2024-06-10 sell 1 BTC: 100 - 0 - 10 = 90 assumed
				2024-07-20 sell 1 BTC: 100 - 0 - 10 = 90 assumed
				2024-10-10 sell 1 BTC: 100 - 0 - 30 = 70
				error price.missing 2024-05-02`,
		},
		"a_fork_without_values_moves_no_cost": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-02-01 fork BTC to=1:BCH`,
			want: `left BCH: 1 at 0, 1 of 2024-01-01 at 0
				left BTC: 1 at 10, 1 of 2024-01-01 at 10
				error price.missing 2024-02-01`,
		},
		"a_fork_with_one_value_is_half_known": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-02-01 fork BTC to=1:BCH value=100`,
			want: `error price.missing 2024-02-01`,
		},
		"giving_to_a_spouse_and_losing_need_no_value": {
			who: "GB s104",
			events: `2024-01-01 buy 2 BTC value=10
				2024-02-01 spouse_out 1 BTC
				2024-03-01 lost 1 BTC`,
			want: `no issue`,
		},
		"a_transfer_needs_no_value": {
			who: `US fifo {"scope": "account"}`,
			events: `2024-01-01 buy 2 BTC value=10 account=A
				2024-02-01 transfer 1 BTC account=A to_account=B`,
			want: `no issue`,
		},
		"values_of_the_other_side_stand_only_in_swaps_and_forks": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC to_value=10
				2024-02-01 sell 1 BTC to_value=20`,
			want: `2024-02-01 sell 1 BTC: ? - 0 - 0 = ? assumed
				error price.missing 2024-01-01
				error price.missing 2024-02-01`,
		},
		"a_fee_in_kind_adds_nothing_to_what_is_unknown": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-01-02 buy 3 BTC value=60
				2024-02-01 sell 3 BTC fee_asset=BTC fee_amount=1 fee_value=8`,
			want: `2024-02-01 sell 4 BTC: ? - 8 - 70 = ?
				by fifo 2024-01-01 1: ? - 2 - 10 = ?
				by fifo 2024-01-02 3: ? - 6 - 60 = ?
				error price.missing 2024-02-01`,
		},
	})
}

// TestPrices: a value in the row wins; else the price of the asset; values and
// fees in other money are converted by a price of that money.
func TestPrices(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"the_value_of_the_row_wins": {
			who:    "XX fifo",
			prices: prices{"BTC EUR": "1000"},
			events: `2024-01-01 buy 2 BTC value=10`,
			want:   "left BTC: 2 at 10, 2 of 2024-01-01 at 10\nno issue",
		},
		"units_times_the_price_of_the_date": {
			who:    "XX fifo",
			prices: prices{"BTC EUR 2024-01-01": "1000", "BTC EUR 2024-01-02": "1500"},
			events: `2024-01-01 buy 2 BTC
				2024-01-02 sell 2 BTC fee=1
				2024-01-03 income 1 BTC`,
			want: `2024-01-02 sell 2 BTC: 3000 - 1 - 2000 = 999
				error price.missing 2024-01-03`,
		},
		"foreign_money_is_converted": {
			who:    "XX fifo",
			prices: prices{"USD EUR": "0.9"},
			events: `2024-01-01 buy 2 BTC value=100 value_currency=USD fee=10 fee_currency=USD
				2024-01-02 sell 2 BTC value=200 value_currency=USD fee=10`,
			want: "2024-01-02 sell 2 BTC: 180 - 10 - 99 = 71\nno issue",
		},
		"foreign_money_without_a_price": {
			who: "XX fifo",
			events: `2024-01-01 buy 2 BTC value=100 value_currency=USD
				2024-01-02 sell 2 BTC value=200 value_currency=USD`,
			want: `2024-01-02 sell 2 BTC: ? - 0 - 0 = ? assumed
				error price.missing 2024-01-01
				error price.missing 2024-01-02`,
		},
		"nothing_in_foreign_money_is_nothing": {
			who:    "XX fifo",
			events: `2024-01-01 airdrop 2 BTC value=0 value_currency=USD`,
			want:   "left BTC: 2 at 0, 2 of 2024-01-01 at 0\nno issue",
		},
		"foreign_money_without_a_price_but_the_asset_has_one": {
			who:    "XX fifo",
			prices: prices{"BTC EUR": "45"},
			events: `2024-01-01 buy 2 BTC value=100 value_currency=USD`,
			want:   "left BTC: 2 at 90, 2 of 2024-01-01 at 90\nno issue",
		},
		"both_sides_of_a_swap_by_price": {
			who:    "GB s104",
			prices: prices{"BTC GBP": "100", "ETH GBP": "9"},
			events: `2024-05-01 buy 1 BTC value=10
				2024-05-02 swap 1 BTC to=10:ETH`,
			want: `2024-05-02 swap 1 BTC: 90 - 0 - 10 = 80
				left ETH: 10 at 100
				no issue`,
		},
		"one_side_of_a_swap_by_price_stands_for_both": {
			who:    "GB s104",
			prices: prices{"ETH GBP": "9"},
			events: `2024-05-01 buy 1 BTC value=10
				2024-05-02 swap 1 BTC to=10:ETH`,
			want: `2024-05-02 swap 1 BTC: 90 - 0 - 10 = 80
				left ETH: 10 at 90
				no issue`,
		},
		"one_side_in_the_row_stands_for_both_whatever_the_price": {
			who:    "GB s104",
			prices: prices{"BTC GBP": "100", "ETH GBP": "9"},
			events: `2024-05-01 buy 1 BTC value=10
				2024-05-02 swap 1 BTC to=10:ETH value=95`,
			want: `2024-05-02 swap 1 BTC: 95 - 0 - 10 = 85
				left ETH: 10 at 95`,
		},
		"a_fork_by_the_prices_of_one_unit_each": {
			who:    "XX fifo",
			prices: prices{"BTC EUR": "75", "BCH EUR": "12.5"},
			events: `2024-01-01 buy 4 BTC value=100
				2024-02-01 fork 4 BTC to=2:BCH`,
			want: `left BCH: 2 at 25, 2 of 2024-01-01 at 25
				left BTC: 4 at 75, 4 of 2024-01-01 at 75
				no issue`,
		},
		"a_fork_with_one_price_only": {
			who:    "XX fifo",
			prices: prices{"BTC EUR": "75"},
			events: `2024-01-01 buy 4 BTC value=100
				2024-02-01 fork BTC to=2:BCH`,
			want: `left BCH: 2 at 0, 2 of 2024-01-01 at 0
				left BTC: 4 at 100, 4 of 2024-01-01 at 100
				error price.missing 2024-02-01`,
		},
		"a_gift_in_foreign_money": {
			who:    "US fifo",
			prices: prices{"EUR USD": "2"},
			events: `2024-01-01 gift_in 1 BTC value=50 fmv=40 value_currency=EUR acquired=2020-01-01
				2024-06-01 sell 1 BTC value=70`,
			want: `2024-06-01 sell 1 BTC: 70 - 0 - 80 = -10
				by fifo 2024-01-01 1: 70 - 0 - 80 = -10 short
				no issue`,
		},
	})
}

// TestUnknownLegsHaveNoProceeds: what is not known is 0 inside as well, in the
// disposal and in each leg, though the fee in kind has a value.
func TestUnknownLegsHaveNoProceeds(t *testing.T) {
	t.Parallel()
	ret, err := tax.Calculate(story{who: "XX fifo", events: `
		2024-01-01 buy 1 BTC value=10
		2024-01-02 buy 3 BTC value=60
		2024-02-01 sell 3 BTC fee_asset=BTC fee_amount=1 fee_value=8`}.input(t))
	if err != nil {
		t.Fatal(err)
	}
	d := &ret.Disposals[0]
	for i := range d.Legs {
		if !d.Legs[i].Proceeds.IsZero() || !d.Proceeds.IsZero() {
			t.Errorf("leg %d of an unknown disposal has proceeds of %s of %s", i, d.Legs[i].Proceeds, d.Proceeds)
		}
	}
}
