package tax_test

import "testing"

// TestOrderOfRows: what the order in the file decides, and what it does not
// (decision 4). That pools take rows of a day in any order is a law.
func TestOrderOfRows(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"lots_of_one_instant_go_by_the_file": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-01-01 buy 1 BTC value=30
				2024-02-01 sell 1 BTC value=100`,
			want: `by fifo 2024-01-01 1: 100 - 0 - 10 = 90`,
		},
		"turned_round_the_other_goes": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=30
				2024-01-01 buy 1 BTC value=10
				2024-02-01 sell 1 BTC value=100`,
			want: `by fifo 2024-01-01 1: 100 - 0 - 30 = 70`,
		},
		"lifo_takes_the_last_in_the_file": {
			who: "XX lifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-01-01 buy 1 BTC value=30
				2024-02-01 sell 1 BTC value=100`,
			want: `by lifo 2024-01-01 1: 100 - 0 - 30 = 70`,
		},
		"a_sale_above_its_purchase_finds_nothing": {
			who: "XX fifo",
			events: `2024-01-01 sell 1 BTC value=100
				2024-01-01 buy 1 BTC value=10`,
			want: `by missing 1: 100 - 0 - 0 = 100
				left BTC: 1 at 10, 1 of 2024-01-01 at 10`,
		},
		"time_stands_above_the_file": {
			who: "XX fifo",
			events: `2024-01-01T10:00:00Z sell 1 BTC value=100
				2024-01-01T09:00:00Z buy 1 BTC value=10`,
			want: "by fifo 2024-01-01 1: 100 - 0 - 10 = 90\nno holding",
		},
		"average_takes_splits_then_purchases_then_sales_of_one_instant": {
			who: "XX average",
			events: `2024-01-01 buy 1 BTC value=10
				2024-02-01 sell 4 BTC value=40
				2024-02-01 buy 2 BTC value=30
				2024-02-01 split BTC ratio=2`,
			want: "by average 4: 40 - 0 - 40 = 0\nno holding",
		},
		"acb_as_well": {
			who: "CA acb",
			events: `2024-01-01 buy 1 BTC value=10
				2024-02-01 sell 4 BTC value=60
				2024-02-01 buy 2 BTC value=30
				2024-02-01 split BTC ratio=2`,
			want: "by acb 4: 60 - 0 - 40 = 20\nno holding",
		},
		"but_another_instant_waits": {
			who: "XX average",
			events: `2024-02-01T09:00:00Z sell 1 BTC value=40
				2024-02-01T10:00:00Z buy 1 BTC value=30`,
			want: "by missing 1: 40 - 0 - 0 = 40\nleft BTC: 1 at 30",
		},
		"disposals_of_one_instant_keep_their_order": {
			who: "XX average",
			events: `2024-01-01 buy 1 BTC value=10
				2024-02-01 sell 1 BTC value=40
				2024-02-01 spend 1 BTC value=50`,
			want: `2024-02-01 sell 1 BTC: 40 - 0 - 10 = 30
				2024-02-01 spend 1 BTC: 50 - 0 - 0 = 50 missing`,
		},
	})
}

// TestLegs: what is one leg, what is first and what costs more (decisions 20
// to 22).
func TestLegs(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"neighbours_alike_are_one_leg": {
			who: "XX fifo",
			events: `2024-01-01T09:00:00Z buy 1 BTC value=10
				2024-01-01T10:00:00Z buy 2 BTC value=20
				2024-01-01T11:00:00Z buy 1 BTC value=11
				2024-02-01 sell 4 BTC value=40`,
			want: `by fifo 2024-01-01 3: 30 - 0 - 30 = 0
				by fifo 2024-01-01 1: 10 - 0 - 11 = -1`,
		},
		"alike_to_eighteen_digits_is_alike": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=1.234567890123456780
				2024-01-01 buy 1 BTC value=1.2345678901234567801
				2024-02-01 sell 2 BTC value=4`,
			want: `by fifo 2024-01-01 2: 4 - 0 - 2.46913578024691356 = 1.53086421975308644`,
		},
		"another_date_is_another_leg": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-01-02 buy 1 BTC value=10
				2024-02-01 sell 2 BTC value=40`,
			want: `by fifo 2024-01-01 1: 20 - 0 - 10 = 10
				by fifo 2024-01-02 1: 20 - 0 - 10 = 10`,
		},
		"under_the_german_average_a_date_is_one_leg": {
			who: "DE de-average",
			events: `2022-01-01 buy 1 BTC value=10
				2022-01-01 buy 1 BTC value=30
				2024-01-01 buy 2 BTC value=80
				2024-02-01 sell 3 BTC value=300`,
			want: `by fifo 2022-01-01 2: 200 - 0 - 60 = 140 over_1y
				by fifo 2024-01-01 1: 100 - 0 - 30 = 70 within_1y
				left BTC: 1 at 30`,
		},
		"the_last_leg_takes_the_remainder": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=1
				2024-01-02 buy 1 BTC value=1
				2024-01-03 buy 1 BTC value=1
				2024-02-01 sell 3 BTC value=100 fee=1`,
			want: `by fifo 2024-01-01 1: 33.333333333333333333 - 0.333333333333333333 - 1 = 32
				by fifo 2024-01-02 1: 33.333333333333333333 - 0.333333333333333333 - 1 = 32
				by fifo 2024-01-03 1: 33.333333333333333334 - 0.333333333333333334 - 1 = 32`,
		},
		"so_it_does_with_units": {
			who: "GB s104",
			events: `2024-05-01 buy 5 BTC value=50
				2024-06-10 sell 6 BTC value=60
				2024-06-10 spouse_out 1 BTC`,
			want: `2024-06-10 sell 6 BTC: 60 - 0 - 42.857142857142857143 = 17.142857142857142857 partial
				by s104 4.285714285714285714: 42.857142857142857143 - 0 - 42.857142857142857143 = 0
				by missing 1.714285714285714286: 17.142857142857142857 - 0 - 0 = 17.142857142857142857
				2024-06-10 spouse_out 1 BTC: 7.142857142857142857 - 0 - 7.142857142857142857 = 0 not taxable partial
				by s104 0.714285714285714286: 7.142857142857142857 - 0 - 7.142857142857142857 = 0
				by missing 0.285714285714285714: 0 - 0 - 0 = 0`,
		},
		"hifo_counts_the_fee_of_the_purchase": {
			who: "XX hifo",
			events: `2024-01-01 buy 1 BTC value=10 fee=5
				2024-01-02 buy 1 BTC value=12
				2024-02-01 sell 1 BTC value=40`,
			want: `by hifo 2024-01-01 1: 40 - 0 - 15 = 25`,
		},
		"named_lots_in_their_order_under_another_method": {
			who: "XX lifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-01-02 buy 1 BTC value=20
				2024-01-03 buy 1 BTC value=30
				2024-02-01 sell 2 BTC value=40 lots=e2:1,e1:1
				2024-02-02 sell 1 BTC value=40`,
			want: `by specific 2024-01-02 1: 20 - 0 - 20 = 0
				by specific 2024-01-01 1: 20 - 0 - 10 = 10
				by lifo 2024-01-03 1: 40 - 0 - 30 = 10`,
		},
		"what_is_not_named_goes_by_the_method": {
			who: "XX hifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-01-02 buy 1 BTC value=20
				2024-01-03 buy 1 BTC value=30
				2024-02-01 sell 2 BTC value=80 lots=e1:1`,
			want: `by specific 2024-01-01 1: 40 - 0 - 10 = 30
				by hifo 2024-01-03 1: 40 - 0 - 30 = 10
				no issue`,
		},
		"what_is_not_named_goes_by_fifo_where_lots_are_specific": {
			who: "US specific",
			events: `2023-01-01 buy 1 BTC value=10
				2024-01-02 buy 2 BTC value=40
				2024-02-01 sell 2 BTC value=80 lots=e2:0.5`,
			want: `by specific 2024-01-02 0.5: 20 - 0 - 10 = 10 short
				by fifo 2023-01-01 1: 40 - 0 - 10 = 30 long
				by fifo 2024-01-02 0.5: 20 - 0 - 10 = 10 short
				no issue`,
		},
		"without_names_the_specific_method_is_fifo": {
			who: "XX specific",
			events: `2024-01-01 buy 1 BTC value=10
				2024-01-02 buy 1 BTC value=20
				2024-02-01 sell 1 BTC value=40`,
			want: `by fifo 2024-01-01 1: 40 - 0 - 10 = 30`,
		},
		"units_of_a_fork_carry_the_name_of_the_purchase": {
			who: "XX specific",
			events: `2024-01-01 buy 1 BTC value=10
				2024-01-02 buy 1 BTC value=20
				2024-01-03 fork BTC to=2:BCH value=3 to_value=1
				2024-02-01 sell 1 BCH value=40 lots=e2:1`,
			want: `by specific 2024-01-02 1: 40 - 0 - 5 = 35`,
		},
		"an_opening_keeps_its_earlier_date": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BTC value=10
				2024-01-02 opening 1 BTC value=20 acquired=2019-05-01
				2024-02-01 sell 1 BTC value=40`,
			want: `by fifo 2019-05-01 1: 40 - 0 - 20 = 20`,
		},
	})
}

// TestTerms: the day after the first anniversary (decision 2).
func TestTerms(t *testing.T) {
	t.Parallel()
	events := `2023-02-28 buy 1 BTC value=1
		2024-02-29 buy 1 BTC value=2
		2024-02-28T12:00:00Z sell 0.5 BTC value=10
		2024-02-29T12:00:00Z sell 0.5 BTC value=10
		2025-02-28T12:00:00Z sell 0.5 BTC value=10
		2025-03-01T12:00:00Z sell 0.5 BTC value=10`
	for who, terms := range map[string][2]string{
		"US fifo": {"short", "long"}, "DE de-fifo": {"within_1y", "over_1y"}, "DE de-average": {"within_1y", "over_1y"}, "AU fifo": {"other", "discount"},
	} {
		ret := calculated(t, story{who: who, events: events})
		want := []string{terms[0], terms[1], terms[0], terms[1]}
		for i := range ret.Disposals {
			got := []string{"", ret.Rules.ShortTerm, ret.Rules.LongTerm}[ret.Disposals[i].Legs[0].Term]
			if got != want[i] {
				t.Errorf("%s: sold on %s is %s, want %s", who, ret.Disposals[i].Date, got, want[i])
			}
		}
	}
}

// TestSwapSides: absent and empty are blank, 0 is a value (decision 14).
func TestSwapSides(t *testing.T) {
	t.Parallel()
	for sides, want := range map[string]string{
		"value=100 to_value=90": "90; 100",
		"value=100":             "100; 100",
		"value=100 to_value=":   "100; 100",
		"to_value=90":           "90; 90",
		"value= to_value=90":    "90; 90",
		"value=0 to_value=90":   "90; 0",
		"value=100 to_value=0":  "0; 100",
	} {
		ret := calculated(t, story{who: "GB s104", events: "2024-05-01 buy 1 BTC value=10\n2024-06-10 swap 1 BTC to=10:ETH " + sides})
		if got := ret.Disposals[0].Proceeds.String() + "; " + ret.Remaining[0].Cost.String(); got != want {
			t.Errorf("%s: got %s, want %s", sides, got, want)
		}
	}
}
