package basis

import "testing"

// TestOrders: which lot goes first. The cost of a lot is that of all its units.
func TestOrders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order  Order
		script string
	}{
		"fifo_takes_the_oldest_and_cuts_the_next": {Oldest, `
			buy 2024-01-01 2 20
			buy 2024-02-01 2 60
			sell 3              -> 2 of 2024-01-01 at 20, 1 of 2024-02-01 at 30
			left                -> 1 of 2024-02-01 at 30`},
		"fifo_goes_by_the_date_of_acquisition_not_of_arrival": {Oldest, `
			buy 2024-02-01 1 10
			buy 2019-05-05 1 99
			sell 1              -> 1 of 2019-05-05 at 99`},
		"fifo_of_one_day_goes_by_the_book": {Oldest, `
			buy 2024-01-01 1 10
			buy 2024-01-01 1 20
			sell 1              -> 1 of 2024-01-01 at 10`},
		"lifo_takes_the_newest": {Newest, `
			buy 2024-01-01 2 20
			buy 2024-02-01 2 60
			sell 3              -> 2 of 2024-02-01 at 60, 1 of 2024-01-01 at 10`},
		"lifo_of_one_day_takes_the_last_in_the_book": {Newest, `
			buy 2024-01-01 1 10
			buy 2024-01-01 1 20
			sell 1              -> 1 of 2024-01-01 at 20`},
		"lifo_leaves_an_old_lot_that_arrives_late": {Newest, `
			buy 2024-02-01 1 10
			buy 2019-05-05 1 99
			sell 1              -> 1 of 2024-02-01 at 10`},
		"hifo_takes_the_dearest_unit_not_the_dearest_lot": {Dearest, `
			buy 2024-01-01 10 100
			buy 2024-02-01 1 30
			sell 2              -> 1 of 2024-02-01 at 30, 1 of 2024-01-01 at 10`},
		"hifo_of_equal_units_takes_the_oldest": {Dearest, `
			buy 2024-02-01 1 10
			buy 2024-01-01 3 30
			sell 1              -> 1 of 2024-01-01 at 10`},
		"lofo_takes_the_cheapest_unit": {Cheapest, `
			buy 2024-01-01 10 100
			buy 2024-02-01 1 30
			buy 2024-03-01 1 0
			sell 2              -> 1 of 2024-03-01 at 0, 1 of 2024-01-01 at 10`},
		"lofo_of_equal_units_takes_the_oldest": {Cheapest, `
			buy 2024-02-01 1 10
			buy 2024-01-01 3 30
			sell 1              -> 1 of 2024-01-01 at 10`},
		"units_that_agree_in_eighteen_digits_tie": {Dearest, `
			buy 2024-01-01 1 1.234567890123456780
			buy 2024-02-01 1 1.2345678901234567801
			sell 1              -> 1 of 2024-01-01 at 1.23456789012345678`},
		"units_that_differ_in_the_eighteenth_digit_do_not": {Dearest, `
			buy 2024-01-01 1 1.23456789012345678
			buy 2024-02-01 1 1.23456789012345679
			sell 1              -> 1 of 2024-02-01 at 1.23456789012345679`},
		"an_unknown_cost_is_the_cheapest": {Cheapest, `
			buy 2024-01-01 1 1
			buy 2024-02-01 1 ?
			sell 1              -> 1 of 2024-02-01 at 0 assumed`},
		"more_than_is_held_is_missing_and_later_lots_do_not_fill_it": {Oldest, `
			buy 2024-01-01 1 10
			sell 4              -> 1 of 2024-01-01 at 10, 3 missing
			left                -> nothing
			buy 2024-02-01 5 50
			left                -> 5 of 2024-02-01 at 50`},
		"nothing_held_is_all_missing": {Newest, `
			sell 2              -> 2 missing`},
		"cost_that_does_not_divide_is_conserved": {Oldest, `
			buy 2024-01-01 3 10
			sell 1              -> 1 of 2024-01-01 at 3.3333333333333333333333333333
			sell 1              -> 1 of 2024-01-01 at 3.3333333333333333333333333333
			sell 1              -> 1 of 2024-01-01 at 3.3333333333333333333333333334
			left                -> nothing`},
		"a_lot_of_nothing_is_not_held": {Oldest, `
			buy 2024-01-01 0 10
			left                -> nothing
			sell 1              -> 1 missing`},
		"the_value_of_a_gift_is_cut_with_its_lot": {Oldest, `
			gift 2024-01-01 3 30 10
			sell 1              -> 1 of 2024-01-01 at 10 (worth 3.3333333333333333333333333333 on 2024-01-01)
			sell 2              -> 2 of 2024-01-01 at 20 (worth 6.6666666666666666666666666667 on 2024-01-01)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, Config{Order: c.order}, c.script)
		})
	}
}

// TestNamedLots: specific identification.
func TestNamedLots(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config Config
		script string
	}{
		"in_the_order_named": {Config{Track: true}, `
			buy 2024-01-01 2 20
			buy 2024-02-01 2 60
			lots 2:1 1:1        -> 1 of 2024-02-01 at 30, 1 of 2024-01-01 at 10
			left                -> 1 of 2024-01-01 at 10, 1 of 2024-02-01 at 30`},
		"beyond_the_lot_is_missing": {Config{Track: true}, `
			buy 2024-01-01 2 20
			buy 2024-02-01 2 60
			lots 1:3 2:1        -> 2 of 2024-01-01 at 20, 1 of 2024-02-01 at 30, 1 missing`},
		"a_lot_that_nobody_bought_is_missing": {Config{Track: true}, `
			lots 7:1            -> 1 missing`},
		"the_lot_taken_by_name_is_gone_for_the_order": {Config{Track: true}, `
			buy 2024-01-01 1 10
			buy 2024-02-01 1 30
			lots 1:1            -> 1 of 2024-01-01 at 10
			sell 2              -> 1 of 2024-02-01 at 30, 1 missing`},
		"a_lot_in_another_account_is_missing": {Config{Track: true, Accounts: true}, `
			buy 2024-01-01 1 10 A
			lots 1:1 B          -> 1 missing
			lots 1:1 A          -> 1 of 2024-01-01 at 10`},
		"while_united_a_lot_is_found_in_any_account": {Config{Track: true, Accounts: true, United: true}, `
			buy 2024-01-01 1 10 A
			lots 1:1 B          -> 1 of 2024-01-01 at 10`},
		"the_name_moves_with_the_units": {Config{Track: true, Accounts: true}, `
			buy 2024-01-01 3 30 A
			move 2 A B          -> 0
			lots 1:2 B          -> 2 of 2024-01-01 at 20
			lots 1:2 A          -> 1 of 2024-01-01 at 10, 1 missing`},
		"the_name_outlives_a_split": {Config{Track: true}, `
			buy 2024-01-01 1 10
			buy 2024-02-01 1 30
			split 3
			lots 2:3 1:1        -> 3 of 2024-02-01 at 30, 1 of 2024-01-01 at 3.3333333333333333333333333333`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, c.config, c.script)
		})
	}
}

// TestWindow: the Irish four weeks: purchases from a day on go first, then the
// rest, both first in first out.
func TestWindow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config Config
		script string
	}{
		"recent_purchases_first_then_the_oldest": {Config{Window: true}, `
			buy 2024-01-01 2 20
			buy 2024-05-01 1 50
			buy 2024-05-10 1 60
			sell 3 from 2024-04-20  -> 1 of 2024-05-01 at 50, 1 of 2024-05-10 at 60, 1 of 2024-01-01 at 10 (2 recent)`},
		"the_first_day_of_the_window_is_inside": {Config{Window: true}, `
			buy 2024-01-01 1 20
			buy 2024-05-01 1 50
			sell 1 from 2024-05-01  -> 1 of 2024-05-01 at 50 (1 recent)`},
		"a_purchase_leaves_the_window_for_good": {Config{Window: true}, `
			buy 2024-01-01 1 20
			buy 2024-05-01 1 50
			sell 1 from 2024-05-02  -> 1 of 2024-01-01 at 20 (0 recent)
			sell 1 from 2024-05-30  -> 1 of 2024-05-01 at 50 (0 recent)`},
		"an_old_date_is_never_recent": {Config{Window: true}, `
			buy 2024-05-01 1 50
			buy 2019-01-01 1 10
			sell 2 from 2024-04-20  -> 1 of 2024-05-01 at 50, 1 of 2019-01-01 at 10 (1 recent)`},
		"units_from_a_fork_are_not_recent": {Config{Window: true}, `
			buy 2024-05-01 1 50
			fork 1 1 1
			left BCH                -> 1 of 2024-05-01 at 25 forked
			left                    -> 1 of 2024-05-01 at 25`},
		"a_move_takes_recent_purchases_first": {Config{Window: true, Accounts: true}, `
			buy 2024-01-01 1 20 A
			buy 2024-05-01 1 50 A
			move 1 A B from 2024-04-20 -> 0
			left                    -> A: 1 of 2024-01-01 at 20; B: 1 of 2024-05-01 at 50`},
		"while_united_the_oldest_recent_purchase_of_any_account": {Config{Window: true, Accounts: true, United: true}, `
			buy 2024-05-02 1 50 A
			buy 2024-05-01 1 40 B
			buy 2024-01-01 1 20 A
			sell 3 from 2024-04-20  -> 1 of 2024-05-01 at 40, 1 of 2024-05-02 at 50, 1 of 2024-01-01 at 20 (2 recent)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, c.config, c.script)
		})
	}
}
