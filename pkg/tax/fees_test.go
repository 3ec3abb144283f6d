package tax_test

import "testing"

// TestFeesInKind: a fee taken in units is given up at its market value; it is
// part of the sale that it belongs to, else a disposal of its own (decision 6).
func TestFeesInKind(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"in_the_asset_sold_with_its_value": {
			who: "XX fifo",
			events: `2024-01-01 buy 5 BTC value=50
				2024-02-01 sell 2 BTC value=100 fee_asset=BTC fee_amount=0.5 fee_value=26`,
			want: `2024-02-01 sell 2.5 BTC: 126 - 26 - 25 = 75
				left BTC: 2.5 at 25, 2.5 of 2024-01-01 at 25
				no issue`,
		},
		"in_the_asset_sold_is_worth_the_unit_price_of_the_trade": {
			who: "XX fifo",
			events: `2024-01-01 buy 5 BTC value=50
				2024-02-01 sell 2 BTC value=100 fee_asset=BTC fee_amount=0.5`,
			want: `2024-02-01 sell 2.5 BTC: 125 - 25 - 25 = 75
				no issue`,
		},
		"in_the_asset_spent": {
			who: "XX fifo",
			events: `2024-01-01 buy 5 BTC value=50
				2024-02-01 spend 2 BTC value=100 fee=1 fee_asset=BTC fee_amount=0.5`,
			want: `2024-02-01 spend 2.5 BTC: 125 - 26 - 25 = 74`,
		},
		"in_the_asset_sold_and_nobody_knows_the_price": {
			who: "XX fifo",
			events: `2024-01-01 buy 5 BTC value=50
				2024-02-01 sell 2 BTC fee_asset=BTC fee_amount=0.5`,
			want: `2024-02-01 sell 2.5 BTC: ? - 0 - 25 = ?
				error price.missing 2024-02-01`,
		},
		"in_the_asset_bought_is_cost_and_leaves_at_once": {
			who: "XX fifo",
			events: `2024-01-01 buy 10 BTC value=100 fee_asset=BTC fee_amount=1
				2024-02-01 sell 9 BTC value=180`,
			want: `2024-01-01 fee 1 BTC: 10 - 0 - 11 = -1
				2024-02-01 sell 9 BTC: 180 - 0 - 99 = 81
				no holding`,
		},
		"in_a_third_asset_by_its_price": {
			who:    "XX fifo",
			prices: prices{"BNB EUR": "300"},
			events: `2024-01-01 buy 1 BNB value=200
				2024-01-01 buy 1 BTC value=10
				2024-02-01 sell 1 BTC value=100 fee_asset=BNB fee_amount=0.01`,
			want: `2024-02-01 sell 1 BTC: 100 - 3 - 10 = 87
				2024-02-01 fee 0.01 BNB: 3 - 0 - 2 = 1
				left BNB: 0.99 at 198, 0.99 of 2024-01-01 at 198`,
		},
		"in_a_third_asset_by_the_value_of_the_row": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BNB value=200
				2024-01-01 buy 1 BTC value=10 fee_asset=BNB fee_amount=0.01 fee_value=4
				2024-02-01 sell 1 BTC value=100`,
			want: `2024-01-01 fee 0.01 BNB: 4 - 0 - 2 = 2
				2024-02-01 sell 1 BTC: 100 - 0 - 14 = 86`,
		},
		"in_a_third_asset_without_a_price": {
			who: "XX fifo",
			events: `2024-01-01 buy 1 BNB value=200
				2024-01-01 buy 1 BTC value=10
				2024-02-01 sell 1 BTC value=100 fee_asset=BNB fee_amount=0.01`,
			want: `2024-02-01 sell 1 BTC: 100 - 0 - 10 = 90
				2024-02-01 fee 0.01 BNB: ? - 0 - 2 = ?
				year 2024: 1, 100 - 0 - 10, gains 90, losses 0
				error price.missing 2024-02-01`,
		},
		"of_a_swap_in_what_is_given": {
			who: "XX fifo",
			events: `2024-01-01 buy 3 BTC value=30
				2024-02-01 swap 2 BTC to=20:ETH value=100 fee_asset=BTC fee_amount=0.1`,
			want: `2024-02-01 swap 2 BTC: 100 - 5 - 20 = 75
				2024-02-01 fee 0.1 BTC: 5 - 0 - 1 = 4
				left BTC: 0.9 at 9, 0.9 of 2024-01-01 at 9
				left ETH: 20 at 100, 20 of 2024-02-01 at 100`,
		},
		"of_a_swap_in_what_is_received": {
			who: "XX fifo",
			events: `2024-01-01 buy 3 BTC value=30
				2024-02-01 swap 2 BTC to=20:ETH value=100 to_value=90 fee_asset=ETH fee_amount=2`,
			want: `2024-02-01 swap 2 BTC: 90 - 9 - 20 = 61
				2024-02-01 fee 2 ETH: 9 - 0 - 9 = 0
				left BTC: 1 at 10, 1 of 2024-01-01 at 10
				left ETH: 18 at 81, 18 of 2024-02-01 at 81`,
		},
		"of_a_swap_in_britain_is_shared": {
			who: "GB s104",
			events: `2024-05-01 buy 3 BTC value=30
				2024-06-01 swap 2 BTC to=20:ETH value=100 fee_asset=BTC fee_amount=0.1`,
			want: `2024-06-01 sell 2.1 BTC: 105 - 2.5 - 21 = 81.5
				left BTC: 0.9 at 9
				left ETH: 20 at 102.5`,
		},
		"of_a_swap_all_on_the_new_asset": {
			who: `XX fifo {"swap_fee": "acquisition"}`,
			events: `2024-01-01 buy 3 BTC value=30
				2024-02-01 swap 2 BTC to=20:ETH value=100 fee=7`,
			want: `2024-02-01 swap 2 BTC: 100 - 0 - 20 = 80
				left BTC: 1 at 10, 1 of 2024-01-01 at 10
				left ETH: 20 at 107, 20 of 2024-02-01 at 107`,
		},
		"of_income_is_a_disposal_and_reduces_nothing": {
			who: "XX fifo",
			events: `2024-01-01 income 10 ETH value=100 fee_asset=ETH fee_amount=1 fee_value=10
				2024-02-01 sell 9 ETH value=90`,
			want: `2024-01-01 fee 1 ETH: 10 - 0 - 10 = 0
				2024-02-01 sell 9 ETH: 90 - 0 - 90 = 0
				income 2024-01-01 10 ETH: 100 income`,
		},
		"in_money_of_another_state": {
			who:    "XX fifo",
			prices: prices{"USD EUR": "0.5"},
			events: `2024-01-01 buy 1 BTC value=10 fee=2 fee_currency=USD
				2024-02-01 sell 1 BTC value=100 fee=4 fee_currency=USD`,
			want: `2024-02-01 sell 1 BTC: 100 - 2 - 11 = 87`,
		},
		"of_a_fee_asset_that_is_money": {
			who:    "XX fifo",
			events: `2024-01-01 buy 1 BTC value=10 fee_asset=EUR fee_amount=2 fee_value=2`,
			want: `no disposal
				left BTC: 1 at 10, 1 of 2024-01-01 at 10`,
		},
		"a_fee_value_in_foreign_money": {
			who:    "XX fifo",
			prices: prices{"USD EUR": "0.5"},
			events: `2024-01-01 buy 2 BTC value=20
				2024-02-01 sell 1 BTC value=200 value_currency=USD fee_asset=BTC fee_amount=0.1 fee_value=20`,
			want: `2024-02-01 sell 1.1 BTC: 110 - 10 - 11 = 89`,
		},
		"a_fee_by_itself": {
			who: "XX fifo",
			events: `2024-01-01 buy 2 BTC value=20
				2024-02-01 fee 1 BTC value=15`,
			want: `2024-02-01 fee 1 BTC: 15 - 0 - 10 = 5
				year 2024: 1, 15 - 0 - 10, gains 5, losses 0`,
		},
		"the_fee_of_a_sale_with_named_lots_goes_with_them": {
			who: "XX specific",
			events: `2024-01-01 buy 2 BTC value=20
				2024-01-02 buy 2 BTC value=60
				2024-02-01 sell 1 BTC value=100 fee_asset=BTC fee_amount=0.5 lots=e2:1.5`,
			want: `2024-02-01 sell 1.5 BTC: 150 - 50 - 45 = 55
				by specific 2024-01-02 1.5: 150 - 50 - 45 = 55`,
		},
		"a_fee_on_other_kinds_is_ignored": {
			who: "XX fifo",
			events: `2024-01-01 airdrop 2 BTC value=20 fee=9
				2024-02-01 gift_out 1 BTC value=30 fee=9 fee_currency=USD`,
			want: `2024-02-01 gift_out 1 BTC: 30 - 0 - 10 = 20 not taxable
				no issue`,
		},
	})
}

// TestMoneyOfStates has no tax effect, however it comes and goes; a fee in
// kind that it costs has.
func TestMoneyOfStates(t *testing.T) {
	t.Parallel()
	for _, who := range []string{`XX fifo {"scope": "account"}`, "XX average", "GB s104", "CA acb"} {
		tell(t, map[string]story{
			who: {
				who: who,
				events: `2024-05-01 opening 100 EUR account=A
					2024-05-01 deposit 100 EUR account=A fee=1 fee_currency=USD
					2024-05-01 airdrop 100 EUR account=A
					2024-05-02 withdrawal 100 USD account=A
					2024-05-03 transfer 100 EUR account=A to_account=B received=99
					2024-05-04 fee 1 EUR account=A
					2024-05-04 spend 20 EUR account=A
					2024-05-04 donate 20 EUR account=A
					2024-05-04 gift_out 20 EUR account=A
					2024-05-04 gift_in 20 EUR account=A
					2024-05-04 spouse_in 20 EUR account=A
					2024-05-04 spouse_out 20 EUR account=A
					2024-05-04 lost 20 EUR account=A
					2024-05-05 exchange 100 EUR to=110:USD`,
				want: `no disposal
					no income
					no year
					no holding
					no issue`,
			},
			who + "_with_a_fee_in_kind": {
				who: who,
				events: `2024-05-01 buy 2 BNB value=20 account=A
					2024-06-10 withdrawal 100 EUR account=A fee_asset=BNB fee_amount=1 fee_value=30
					2024-07-20 exchange 100 EUR to=110:USD account=A fee_asset=BNB fee_amount=0.5`,
				want: `2024-06-10 fee 1 BNB @A: 30 - 0 - 10 = 20
					2024-07-20 fee 0.5 BNB @A: ? - 0 - 5 = ?
					error price.missing 2024-07-20`,
			},
			who + "_as_income_is_income_and_no_lot": {
				who:    who,
				events: `2024-05-04 income 20 EUR value=20 subtype=interest`,
				want: `income 2024-05-04 20 EUR: 20 interest
					no holding
					no issue`,
			},
			who + "_as_the_fee_of_a_move": {
				who: who,
				events: `2024-05-01 buy 2 BNB value=20 account=A
					2024-06-10 transfer 1 BNB account=A to_account=B fee=1 fee_currency=JPY`,
				want: `no disposal
					no issue`,
			},
		})
	}
}
