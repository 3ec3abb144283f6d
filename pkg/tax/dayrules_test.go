package tax_test

import "testing"

// TestForks: who gives and gets when (decision 18).
func TestForks(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"of_lots_at_that_instant": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-02-01T10:00:00Z fork BTC to=2:BCH value=3 to_value=1
				2024-02-01T11:00:00Z buy 1 BTC value=40
				2024-02-01T12:00:00Z sell 1 BCH value=9`,
			want: `by fifo 2024-01-01 1: 9 - 0 - 1.25 = 7.75
				left BCH: 1 at 1.25, 1 of 2024-01-01 at 1.25
				left BTC: 2 at 47.5, 1 of 2024-01-01 at 7.5, 1 of 2024-02-01 at 40`,
		},
		"of_a_pool_at_the_end_of_the_day_and_before_the_new_coin's_sales": {
			who: "XX average",
			events: `2024-01-01 buy 1 BTC value=10
				2024-02-01T09:00:00Z sell 1 BCH value=9
				2024-02-01T10:00:00Z fork BTC to=2:BCH value=3 to_value=1
				2024-02-01T11:00:00Z buy 1 BTC value=30`,
			want: `by average 1: 9 - 0 - 5 = 4
				left BCH: 1 at 5
				left BTC: 2 at 30`,
		},
		"so_it_is_in_britain": {
			who: "GB s104",
			events: `2024-05-01 buy 1 BTC value=10
				2024-06-10T09:00:00Z sell 1 BCH value=9
				2024-06-10T10:00:00Z fork BTC to=2:BCH value=3 to_value=1
				2024-06-10T11:00:00Z buy 1 BTC value=30`,
			want: `by s104 1: 9 - 0 - 5 = 4
				left BCH: 1 at 5
				left BTC: 2 at 30`,
		},
		"a_coin_that_forks_and_is_forked_on_one_day": {
			who: "GB s104",
			events: `2024-05-01 buy 1 BTC value=16
				2024-06-10T09:00:00Z fork BCH to=1:BSV value=1 to_value=1
				2024-06-10T10:00:00Z fork BTC to=1:BCH value=1 to_value=1`,
			want: `left BCH: 1 at 4
				left BSV: 1 at 4
				left BTC: 1 at 8`,
		},
		"no_purchase_of_the_same_day_or_the_thirty_days": {
			who: "GB s104",
			events: `2024-05-01 buy 2 BCH value=10
				2024-06-10T09:00:00Z sell 1 BCH value=9
				2024-06-10T10:00:00Z fork BTC to=2:BCH value=3 to_value=1`,
			want: `by s104 1: 9 - 0 - 2.5 = 6.5
				left BCH: 3 at 7.5`,
		},
		"no_purchase_that_makes_a_loss_superficial": {
			who: "CA acb",
			events: `2024-05-01 buy 2 BCH value=100
				2024-07-10 sell 2 BCH value=10
				2024-07-15 fork BTC to=2:BCH value=3 to_value=1`,
			want: `2024-07-10 sell 2 BCH: 10 - 0 - 100 = -90`,
		},
		"no_purchase_that_restricts_a_loss_in_ireland": {
			who: "IE fifo",
			events: `2024-01-01 buy 2 BCH value=100
				2024-07-10 sell 2 BCH value=10
				2024-07-15 fork BTC to=2:BCH value=3 to_value=1`,
			want: `2024-07-10 sell 2 BCH: 10 - 0 - 100 = -90`,
		},
		"the_value_of_a_gift_is_split_as_well": {
			who: "US fifo",
			events: `2024-01-01 gift_in 1 BTC value=40 fmv=20 acquired=2020-01-01
				2024-02-01 fork BTC to=1:BCH value=3 to_value=1
				2024-03-01 sell 1 BCH value=1
				2024-03-01 sell 1 BTC value=50`,
			want: `by fifo 2024-01-01 1: 1 - 0 - 5 = -4 short
				by fifo 2020-01-01 1: 50 - 0 - 30 = 20 long`,
		},
	})
}

// TestFourWeeks: Ireland (decision 27).
func TestFourWeeks(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"bought_in_the_four_weeks_before_goes_first": {
			who: "IE fifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-06-01 buy 1 BTC value=90
				2024-06-29 sell 2 BTC value=120`,
			want: `2024-06-29 sell 2 BTC: 120 - 0 - 100 = 20 restricted 30
				by 4_week 2024-06-01 1: 60 - 0 - 90 = -30 restricted 30
				by fifo 2024-01-01 1: 60 - 0 - 10 = 50
				year 2024: 1, 120 - 0 - 100, gains 50, losses 0, restricted_loss 30`,
		},
		"on_day_29_it_does_not": {
			who: "IE fifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-06-01 buy 1 BTC value=90
				2024-06-30 sell 1 BTC value=60`,
			want: `by fifo 2024-01-01 1: 60 - 0 - 10 = 50`,
		},
		"by_the_words_of_the_law_a_recent_purchase_alone_restricts_nothing": {
			who: `IE fifo {"recent_purchase_loss": "free"}`,
			events: `2024-06-01 buy 1 BTC value=90
				2024-06-29 sell 1 BTC value=60`,
			want: `by 4_week 2024-06-01 1: 60 - 0 - 90 = -30`,
		},
		"bought_again_on_day_28_restricts_by_units_over_a_split": {
			who: "IE fifo",
			events: `2024-01-01 buy 4 BTC value=40
				2024-06-01 sell 4 BTC value=20
				2024-06-10 split BTC ratio=3
				2024-06-29 income 6 BTC value=1`,
			want: `2024-06-01 sell 4 BTC: 20 - 0 - 40 = -20 restricted 10`,
		},
		"day_29_is_free": {
			who: "IE fifo",
			events: `2024-01-01 buy 4 BTC value=40
				2024-06-01 sell 4 BTC value=20
				2024-06-30 buy 6 BTC value=1`,
			want: `2024-06-01 sell 4 BTC: 20 - 0 - 40 = -20`,
		},
		"a_unit_bought_again_restricts_the_earliest_loss_only": {
			who: "IE fifo",
			events: `2024-01-01 buy 4 BTC value=40
				2024-06-01 sell 2 BTC value=10
				2024-06-02 sell 2 BTC value=12
				2024-06-10 buy 3 BTC value=30`,
			want: `2024-06-01 sell 2 BTC: 10 - 0 - 20 = -10 restricted 10
				2024-06-02 sell 2 BTC: 12 - 0 - 20 = -8 restricted 4
				year 2024: 2, 22 - 0 - 40, gains 0, losses 4, restricted_loss 14`,
		},
		"bought_on_the_day_of_the_loss_is_not_bought_again": {
			who: "IE fifo",
			events: `2024-01-01 buy 2 BTC value=20
				2024-06-01T09:00:00Z sell 2 BTC value=10
				2024-06-01T10:00:00Z buy 2 BTC value=10`,
			want: `2024-06-01 sell 2 BTC: 10 - 0 - 20 = -10`,
		},
		"a_gift_with_an_old_date_is_not_bought_again": {
			who: "IE fifo",
			events: `2024-01-01 buy 2 BTC value=20
				2024-06-01 sell 2 BTC value=10
				2024-06-10 gift_in 2 BTC value=10 acquired=2020-01-01`,
			want: `2024-06-01 sell 2 BTC: 10 - 0 - 20 = -10`,
		},
		"a_gift_not_taxed_and_an_unknown_price_restrict_nothing": {
			who: "IE fifo",
			events: `2024-01-01 buy 4 BTC value=40
				2024-06-01 sell 2 BTC
				2024-06-02 spouse_out 1 BTC
				2024-06-10 buy 3 BTC value=30`,
			want: `2024-06-01 sell 2 BTC: ? - 0 - 20 = ?
				2024-06-02 spouse_out 1 BTC: 10 - 0 - 10 = 0 not taxable`,
		},
	})
}

// TestSuperficialLosses: Canada (decision 26): loss × min(S, P, B) / S.
func TestSuperficialLosses(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"bought_back_in_part": {
			who: "CA acb",
			events: `2024-01-01 buy 10 BTC value=100
				2024-06-01 sell 10 BTC value=60
				2024-07-01 buy 4 BTC value=20
				2024-12-01 sell 4 BTC value=50`,
			want: `2024-06-01 sell 10 BTC: 60 - 0 - 100 = -40 denied 16
				2024-12-01 sell 4 BTC: 50 - 0 - 36 = 14
				year 2024: 2, 110 - 0 - 136, gains 14, losses 24, denied_loss 16`,
		},
		"the_method_brings_it_along_to_another_country": {
			who: "ZA acb",
			events: `2024-06-01 buy 10 BTC value=100
				2024-06-02 sell 10 BTC value=60
				2024-07-01 buy 4 BTC value=20`,
			want: `2024-06-02 sell 10 BTC: 60 - 0 - 100 = -40 denied 16
				year 2025: 1, 60 - 0 - 100, gains 0, losses 24, denied_loss 16`,
		},
		"on_day_31_it_is_free": {
			who: "CA acb",
			events: `2024-01-01 buy 10 BTC value=100
				2024-06-01 sell 10 BTC value=60
				2024-07-02 buy 4 BTC value=20`,
			want: `2024-06-01 sell 10 BTC: 60 - 0 - 100 = -40`,
		},
		"nothing_held_at_the_end_denies_nothing": {
			who: "CA acb",
			events: `2024-01-01 buy 10 BTC value=100
				2024-06-01 sell 10 BTC value=60
				2024-06-10 buy 4 BTC value=20
				2024-06-20 sell 4 BTC value=30`,
			want: `2024-06-01 sell 10 BTC: 60 - 0 - 100 = -40
				2024-06-20 sell 4 BTC: 30 - 0 - 20 = 10`,
		},
		"bought_in_the_thirty_days_before_and_still_held": {
			who: "CA acb",
			events: `2024-01-01 buy 10 BTC value=100
				2024-05-10 buy 10 BTC value=100
				2024-06-01 sell 10 BTC value=60`,
			want: `2024-06-01 sell 10 BTC: 60 - 0 - 100 = -40 denied 40
				left BTC: 10 at 140`,
		},
		"over_a_split": {
			who: "CA acb",
			events: `2024-01-01 buy 10 BTC value=100
				2024-06-01 sell 10 BTC value=60
				2024-06-10 split BTC ratio=4
				2024-06-20 buy 8 BTC value=8`,
			want: `2024-06-01 sell 10 BTC: 60 - 0 - 100 = -40 denied 8
				left BTC: 8 at 16`,
		},
		"switched_off": {
			who: `CA acb {"superficial": false}`,
			events: `2024-01-01 buy 10 BTC value=100
				2024-06-01 sell 10 BTC value=60
				2024-06-20 buy 8 BTC value=8`,
			want: `2024-06-01 sell 10 BTC: 60 - 0 - 100 = -40`,
		},
		"an_unknown_price_denies_nothing": {
			who: "CA acb",
			events: `2024-01-01 buy 10 BTC value=100
				2024-06-01 sell 10 BTC
				2024-06-20 buy 8 BTC value=8`,
			want: `2024-06-01 sell 10 BTC: ? - 0 - 100 = ?
				left BTC: 8 at 8`,
		},
	})
}

// TestDayRules: the United Kingdom where dates, accounts and kinds meet
// (decisions 1, 24 and 25).
func TestDayRules(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"the_day_is_london's": {
			who: "GB s104",
			events: `2024-05-01 buy 2 BTC value=20
				2024-06-10T22:59:59Z sell 1 BTC value=100
				2024-06-10T23:00:00Z sell 1 BTC value=100`,
			want: `2024-06-10 sell 1 BTC: 100 - 0 - 10 = 90
				2024-06-11 sell 1 BTC: 100 - 0 - 10 = 90`,
		},
		"a_day_of_different_kinds_is_a_sale_and_names_no_account": {
			who: "GB s104",
			events: `2024-05-01 buy 4 BTC value=40
				2024-06-10T09:00:00Z sell 1 BTC value=100 account=A
				2024-06-10T10:00:00Z spend 1 BTC value=50 account=B
				2024-06-11T09:00:00Z donate 1 BTC value=100 account=A
				2024-06-11T10:00:00Z donate 1 BTC value=50 account=A`,
			want: `2024-06-10 sell 2 BTC: 150 - 0 - 20 = 130
				2024-06-11 donate 2 BTC @A: 150 - 0 - 20 = 130`,
		},
		"an_earlier_date_of_acquisition_changes_no_day_rule": {
			who: "GB s104",
			events: `2024-05-01 buy 2 BTC value=20
				2024-06-10 sell 1 BTC value=100
				2024-08-30 opening 1 BTC value=60 acquired=2024-06-12`,
			want: `by s104 1: 100 - 0 - 10 = 90`,
		},
		"a_company_keeps_a_purchase_for_a_later_sale": {
			who: "GB uk-corporate-pool",
			events: `2024-05-01 buy 2 BTC value=20
				2024-06-01 buy 2 BTC value=100
				2024-06-02 sell 2 BTC value=90
				2024-06-10 sell 1 BTC value=90`,
			want: `2024-06-02 sell 2 BTC: 90 - 0 - 100 = -10
				by 10_day 2024-06-01 2: 90 - 0 - 100 = -10
				2024-06-10 sell 1 BTC: 90 - 0 - 10 = 80
				by s104 1: 90 - 0 - 10 = 80`,
		},
		"a_company_does_not_look_ahead": {
			who: "GB uk-corporate-pool",
			events: `2024-05-01 buy 2 BTC value=20
				2024-06-10 sell 1 BTC value=90
				2024-06-11 buy 1 BTC value=80`,
			want: `by s104 1: 90 - 0 - 10 = 80`,
		},
		"another_number_of_days": {
			who: `GB s104 {"days_after": 1}`,
			events: `2024-05-01 buy 2 BTC value=20
				2024-06-10 sell 2 BTC value=90
				2024-06-11 buy 1 BTC value=80
				2024-06-12 buy 1 BTC value=70`,
			want: `by 30_day 2024-06-11 1: 45 - 0 - 80 = -35
				by s104 1: 45 - 0 - 10 = 35
				left BTC: 2 at 80`,
		},
		"gains_on_both_sides_of_30_october_2024": {
			who: "GB s104",
			events: `2024-05-01 buy 4 BTC value=40
				2024-10-29T12:00:00Z sell 1 BTC value=50
				2024-10-30T12:00:00Z sell 1 BTC value=30
				2024-12-30T12:00:00Z sell 1 BTC value=5`,
			want: `year 2024-25: 3, 85 - 0 - 30, gains 60, losses 5, gains_from_2024_10_30 20, gains_to_2024_10_29 40`,
		},
	})
}
