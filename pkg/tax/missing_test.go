package tax_test

import "testing"

// TestMissingLots: what nothing covers is one last leg of cost 0, an error,
// and never below nothing (decision 7).
func TestMissingLots(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"all_of_it": {
			who:    "US fifo",
			events: `2024-02-01 sell 2 BTC value=100 fee=10`,
			want: `2024-02-01 sell 2 BTC: 100 - 10 - 0 = 90 missing
				by missing 2: 100 - 10 - 0 = 90
				year 2024: 1, 100 - 10 - 0, gains 90, losses 0, st 90
				no holding
				error basis.missing 2024-02-01 from 0 to 90`,
		},
		"part_of_it_is_the_last_leg": {
			who: "US fifo",
			events: `2022-01-01 buy 3 BTC value=30
				2024-02-01 sell 4 BTC value=100 fee=8`,
			want: `2024-02-01 sell 4 BTC: 100 - 8 - 30 = 62 partial
				by fifo 2022-01-01 3: 75 - 6 - 30 = 39 long
				by missing 1: 25 - 2 - 0 = 23
				year 2024: 1, 100 - 8 - 30, gains 62, losses 0, lt 39, st 23
				error basis.missing 2024-02-01 from 0 to 23`,
		},
		"zero_cost_makes_it_a_warning_and_changes_no_figure": {
			who: `US fifo {"on_shortage": "zero_cost"}`,
			events: `2022-01-01 buy 3 BTC value=30
				2024-02-01 sell 4 BTC value=100 fee=8`,
			want: `2024-02-01 sell 4 BTC: 100 - 8 - 30 = 62 partial
				by fifo 2022-01-01 3: 75 - 6 - 30 = 39 long
				by missing 1: 25 - 2 - 0 = 23
				year 2024: 1, 100 - 8 - 30, gains 62, losses 0, lt 39, st 23
				warning basis.missing 2024-02-01 from 0 to 23`,
		},
		"a_later_purchase_does_not_fill_the_gap": {
			who: "XX fifo",
			events: `2024-02-01 sell 2 BTC value=100
				2024-03-01 buy 5 BTC value=50`,
			want: `2024-02-01 sell 2 BTC: 100 - 0 - 0 = 100 missing
				left BTC: 5 at 50, 5 of 2024-03-01 at 50`,
		},
		"in_germany_it_is_taxable_in_australia_without_discount": {
			who: "DE de-fifo",
			events: `2022-01-01 buy 1 BTC value=10
				2024-02-01 sell 2 BTC value=100`,
			want: `year 2024: 1, 100 - 0 - 10, gains 90, losses 0, tax_free_gain 40, taxable_gain 50`,
		},
		"in_australia_without_discount": {
			who: "AU fifo",
			events: `2022-01-01 buy 1 BTC value=10
				2024-02-01 sell 2 BTC value=100`,
			want: `year 2023-24: 1, 100 - 0 - 10, gains 90, losses 0, discount_gains 40, other_gains 50`,
		},
		"assumed_and_missing_is_partial": {
			who: "XX fifo",
			events: `2024-01-01 airdrop 1 BTC
				2024-02-01 sell 2 BTC value=100`,
			want: `2024-02-01 sell 2 BTC: 100 - 0 - 0 = 100 partial`,
		},
		"a_pool": {
			who: "CA acb",
			events: `2024-01-01 buy 1 BTC value=10
				2024-02-01 sell 2 BTC value=100`,
			want: `2024-02-01 sell 2 BTC: 100 - 0 - 10 = 90 partial
				by acb 1: 50 - 0 - 10 = 40
				by missing 1: 50 - 0 - 0 = 50
				no holding
				error basis.missing 2024-02-01 from 0 to 50`,
		},
		"in_britain_the_thirty_days_after_still_answer": {
			who: "GB s104",
			events: `2024-06-01 sell 3 BTC value=300
				2024-06-20 buy 2 BTC value=100`,
			want: `2024-06-01 sell 3 BTC: 300 - 0 - 100 = 200 partial
				by 30_day 2024-06-20 2: 200 - 0 - 100 = 100
				by missing 1: 100 - 0 - 0 = 100
				no holding`,
		},
		"a_sale_and_a_gift_to_the_spouse_share_what_is_missing": {
			who: "GB s104",
			events: `2024-05-01 buy 2 BTC value=20
				2024-06-01 sell 3 BTC value=300
				2024-06-01 spouse_out 1 BTC`,
			want: `2024-06-01 sell 3 BTC: 300 - 0 - 15 = 285 partial
				by s104 1.5: 150 - 0 - 15 = 135
				by missing 1.5: 150 - 0 - 0 = 150
				2024-06-01 spouse_out 1 BTC: 5 - 0 - 5 = 0 not taxable partial
				by s104 0.5: 5 - 0 - 5 = 0
				by missing 0.5: 0 - 0 - 0 = 0
				error basis.missing 2024-06-01 from 0 to 150
				error basis.missing 2024-06-01`,
		},
		"a_gift_that_is_not_taxed_has_nothing_at_stake": {
			who:    "US fifo",
			events: `2024-02-01 gift_out 1 BTC value=100`,
			want: `2024-02-01 gift_out 1 BTC: 100 - 0 - 0 = 100 not taxable missing
				error basis.missing 2024-02-01`,
		},
		"an_unknown_price_has_nothing_at_stake_that_could_be_told": {
			who:    "XX fifo",
			events: `2024-02-01 sell 1 BTC`,
			want: `2024-02-01 sell 1 BTC: ? - 0 - 0 = ? missing
				error price.missing 2024-02-01
				error basis.missing 2024-02-01`,
		},
		"named_lots_that_are_not_there": {
			who: "XX specific",
			events: `2024-01-01 buy 1 BTC value=10
				2024-01-02 buy 5 BTC value=60
				2024-02-01 sell 3 BTC value=300 lots=e1:2,e9:1`,
			want: `2024-02-01 sell 3 BTC: 300 - 0 - 10 = 290 partial
				by specific 2024-01-01 1: 100 - 0 - 10 = 90
				by missing 2: 200 - 0 - 0 = 200
				left BTC: 5 at 60, 5 of 2024-01-02 at 60`,
		},
	})
}

// TestUnmatched: deposits and withdrawals whose other end nobody knows are no
// disposal and no income (decision 9).
func TestUnmatched(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"in_a_pool_nothing_moves": {
			who: "GB s104",
			events: `2024-05-01 buy 2 BTC value=20
				2024-05-02 withdrawal 1 BTC value=50 account=A
				2024-05-03 deposit 5 BTC value=99 account=B`,
			want: `no disposal
				no income
				no year
				left BTC: 2 at 20
				warning xfer.unmatched_out 2024-05-02
				warning xfer.unmatched_in 2024-05-03`,
		},
		"in_universal_scope_nothing_moves": {
			who: "XX fifo",
			events: `2024-05-01 buy 2 BTC value=20
				2024-05-02 withdrawal 1 BTC account=A
				2024-05-03 deposit 5 BTC account=B
				2024-05-04 sell 3 BTC value=30 account=B`,
			want: `2024-05-04 sell 3 BTC @B: 30 - 0 - 20 = 10 partial
				no holding
				warning xfer.unmatched_out 2024-05-02
				warning xfer.unmatched_in 2024-05-03
				error basis.missing 2024-05-04 from 0 to 10`,
		},
		"per_account_a_withdrawal_moves_to_unknown": {
			who: `XX fifo {"scope": "account"}`,
			events: `2024-05-01 buy 2 BTC value=20 account=A
				2024-05-02 buy 2 BTC value=60 account=A
				2024-05-03 withdrawal 3 BTC account=A`,
			want: `no disposal
				left BTC @A: 1 at 30, 1 of 2024-05-02 at 30
				left BTC @unknown: 3 at 50, 2 of 2024-05-01 at 20, 1 of 2024-05-02 at 30`,
		},
		"in_the_order_of_the_method": {
			who: `XX hifo {"scope": "account"}`,
			events: `2024-05-01 buy 2 BTC value=20 account=A
				2024-05-02 buy 2 BTC value=60 account=A
				2024-05-03 withdrawal 3 BTC account=A`,
			want: `left BTC @A: 1 at 10, 1 of 2024-05-01 at 10
				left BTC @unknown: 3 at 70, 1 of 2024-05-01 at 10, 2 of 2024-05-02 at 60`,
		},
		"a_deposit_takes_them_from_there_as_far_as_they_reach": {
			who: `XX fifo {"scope": "account"}`,
			events: `2024-05-01 buy 2 BTC value=20 account=A
				2024-05-03 withdrawal 2 BTC account=A
				2024-05-04 deposit 3 BTC account=B
				2024-05-05 sell 3 BTC value=300 account=B`,
			want: `2024-05-05 sell 3 BTC @B: 300 - 0 - 20 = 280 partial
				by fifo 2024-05-01 2: 200 - 0 - 20 = 180
				by missing 1: 100 - 0 - 0 = 100
				no holding
				warning xfer.unmatched_out 2024-05-03
				warning xfer.unmatched_in 2024-05-04
				error basis.missing 2024-05-05 from 0 to 100`,
		},
		"a_withdrawal_of_more_than_is_there_moves_what_is_there": {
			who: `XX fifo {"scope": "account"}`,
			events: `2024-05-01 buy 2 BTC value=20 account=A
				2024-05-03 withdrawal 5 BTC account=A`,
			want: `left BTC @unknown: 2 at 20, 2 of 2024-05-01 at 20
				warning xfer.unmatched_out 2024-05-03`,
		},
		"its_network_fee_is_a_disposal": {
			who:    "XX fifo",
			prices: prices{"BTC EUR": "50"},
			events: `2024-05-01 buy 2 BTC value=20
				2024-05-03 withdrawal 1 BTC fee_asset=BTC fee_amount=0.1`,
			want: `2024-05-03 fee 0.1 BTC: 5 - 0 - 1 = 4
				left BTC: 1.9 at 19, 1.9 of 2024-05-01 at 19
				warning xfer.unmatched_out 2024-05-03`,
		},
		"money_of_states_comes_and_goes_without_a_word": {
			who: `XX fifo {"scope": "account"}`,
			events: `2024-05-01 deposit 100 EUR account=A
				2024-05-02 withdrawal 100 USD account=A
				2024-05-03 transfer 100 EUR account=A to_account=B
				2024-05-04 fee 1 EUR account=A
				2024-05-05 exchange 100 EUR to=110:USD`,
			want: `no disposal
				no income
				no year
				no holding
				no issue`,
		},
	})
}

// TestMoves: own transfers (decision 5).
func TestMoves(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"of_more_than_is_there": {
			who: `XX fifo {"scope": "account"}`,
			events: `2024-05-01 buy 2 BTC value=20 account=A
				2024-05-03 transfer 5 BTC account=A to_account=B`,
			want: `no disposal
				left BTC @B: 2 at 20, 2 of 2024-05-01 at 20
				error neg.balance 2024-05-03`,
		},
		"what_is_lost_on_the_way_is_a_disposal_after_the_move": {
			who: `XX fifo {"scope": "account"}`,
			events: `2024-05-01 buy 1 BTC value=10 account=A
				2024-05-02 buy 1 BTC value=30 account=A
				2024-05-03 transfer 2 BTC received=1.5 fee_value=20 account=A to_account=B`,
			want: `2024-05-03 fee 0.5 BTC @A: 20 - 0 - 15 = 5
				left BTC @B: 1.5 at 25, 1 of 2024-05-01 at 10, 0.5 of 2024-05-02 at 15
				no issue`,
		},
		"nobody_knows_what_it_was_worth": {
			who: `XX fifo {"scope": "account"}`,
			events: `2024-05-01 buy 1 BTC value=10 account=A
				2024-05-03 transfer 1 BTC received=0.9 account=A to_account=B`,
			want: `2024-05-03 fee 0.1 BTC @A: ? - 0 - 1 = ?
				error price.missing 2024-05-03`,
		},
		"in_a_pool_only_the_fee_counts": {
			who: "GB s104",
			events: `2024-05-01 buy 1 BTC value=10 account=A
				2024-05-03 transfer 1 BTC received=0.9 fee_value=3 account=A to_account=B`,
			want: `2024-05-03 fee 0.1 BTC @A: 3 - 0 - 1 = 2
				left BTC: 0.9 at 9`,
		},
		"a_fee_in_another_asset": {
			who:    `XX fifo {"scope": "account"}`,
			prices: prices{"ETH EUR": "100"},
			events: `2024-05-01 buy 1 USDC value=1 account=A
				2024-05-01 buy 1 ETH value=40 account=A
				2024-05-03 transfer 1 USDC fee_asset=ETH fee_amount=0.1 account=A to_account=B`,
			want: `2024-05-03 fee 0.1 ETH @A: 10 - 0 - 4 = 6
				left ETH @A: 0.9 at 36, 0.9 of 2024-05-01 at 36
				left USDC @B: 1 at 1, 1 of 2024-05-01 at 1`,
		},
	})
}
