package basis

import "testing"

var (
	perAccount = Config{Accounts: true}
	united     = Config{Accounts: true, United: true}
	wallets    = Config{Accounts: true, Averages: true}
)

// TestAccounts: inventories, moves between them, and the day from which they
// stand for themselves.
func TestAccounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config Config
		script string
	}{
		"without_accounts_all_is_one": {Config{}, `
			buy 2024-01-01 1 10 A
			sell 1 B            -> 1 of 2024-01-01 at 10`},
		"without_accounts_a_move_does_nothing": {Config{}, `
			buy 2024-01-01 1 10 A
			move 5 A B          -> 0
			left                -> 1 of 2024-01-01 at 10`},
		"an_account_answers_for_itself_only": {perAccount, `
			buy 2024-01-01 1 10 A
			sell 1 B            -> 1 missing
			left                -> A: 1 of 2024-01-01 at 10`},
		"a_move_carries_cost_and_date": {perAccount, `
			buy 2024-01-01 1 10 A
			buy 2024-02-01 1 30 A
			move 1.5 A B        -> 0
			left                -> A: 0.5 of 2024-02-01 at 15; B: 1 of 2024-01-01 at 10, 0.5 of 2024-02-01 at 15`},
		"a_move_of_more_than_is_there_moves_what_is_there": {perAccount, `
			buy 2024-01-01 1 10 A
			move 3 A B          -> 2
			left                -> B: 1 of 2024-01-01 at 10`},
		"a_move_into_the_same_account_does_nothing": {perAccount, `
			buy 2024-01-01 1 10 A
			move 3 A A          -> 0
			left                -> A: 1 of 2024-01-01 at 10`},
		"what_stayed_goes_before_what_was_moved": {united, `
			buy 2024-01-01 2 20 A
			move 1 A B          -> 0
			sell 1              -> 1 of 2024-01-01 at 10
			left                -> B: 1 of 2024-01-01 at 10`},
		"what_came_back_joins_its_lot": {perAccount, `
			buy 2024-01-01 2 20 A
			move 1 A B          -> 0
			move 1 B A          -> 0
			left                -> A: 2 of 2024-01-01 at 20`},
		"while_united_the_first_lot_of_all_accounts": {united, `
			buy 2024-03-01 1 30 A
			buy 2024-01-01 1 10 B
			buy 2024-02-01 1 20 C
			sell 2 A            -> 1 of 2024-01-01 at 10, 1 of 2024-02-01 at 20
			left                -> A: 1 of 2024-03-01 at 30`},
		"while_united_a_move_takes_from_its_own_account": {united, `
			buy 2024-01-01 1 10 A
			buy 2024-02-01 1 20 B
			move 1 B C          -> 0
			left                -> A: 1 of 2024-01-01 at 10; C: 1 of 2024-02-01 at 20`},
		"separate_leaves_lots_where_they_lie": {united, `
			buy 2024-01-01 1 10 A
			buy 2024-02-01 1 20 B
			sell 1 B            -> 1 of 2024-01-01 at 10
			separate
			sell 1 A            -> 1 missing
			sell 1 B            -> 1 of 2024-02-01 at 20`},
		"united_by_cost": {Config{Order: Dearest, Accounts: true, United: true}, `
			buy 2024-01-01 1 10 A
			buy 2024-02-01 1 30 B
			buy 2024-03-01 1 20 A
			sell 2 A            -> 1 of 2024-02-01 at 30, 1 of 2024-03-01 at 20`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, c.config, c.script)
		})
	}
}

// TestAverages: dates by FIFO, values by the running average of the wallet
// just before each disposal (BMF letter of 6 March 2025, paragraphs 61 and 62).
func TestAverages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config Config
		script string
	}{
		"each_unit_costs_the_average": {Config{Averages: true}, `
			buy 2024-01-01 1 10
			buy 2024-02-01 3 50
			sell 2              -> 1 of 2024-01-01 at 15, 1 of 2024-02-01 at 15
			left                -> 2 of 2024-02-01 at 30`},
		"a_later_purchase_makes_a_new_average": {Config{Averages: true}, `
			buy 2024-01-01 1 10
			buy 2024-02-01 3 50
			sell 2              -> 1 of 2024-01-01 at 15, 1 of 2024-02-01 at 15
			buy 2024-03-01 1 60
			sell 2              -> 2 of 2024-02-01 at 60
			left                -> 1 of 2024-03-01 at 30`},
		"each_wallet_has_its_own": {wallets, `
			buy 2024-01-01 1 10 A
			buy 2024-01-01 1 90 B
			sell 1 A            -> 1 of 2024-01-01 at 10
			sell 1 B            -> 1 of 2024-01-01 at 90`},
		"a_move_takes_the_cost_of_its_lots": {wallets, `
			buy 2024-01-01 1 10 A
			buy 2024-02-01 1 30 A
			move 1 A B          -> 0
			sell 1 A            -> 1 of 2024-02-01 at 30
			sell 1 B            -> 1 of 2024-01-01 at 10`},
		"after_a_disposal_a_move_takes_the_average_of_that_moment": {wallets, `
			buy 2024-01-01 2 20 A
			buy 2024-02-01 1 40 A
			sell 1 A            -> 1 of 2024-01-01 at 20
			move 1 A B          -> 0
			left                -> A: 1 of 2024-02-01 at 20; B: 1 of 2024-01-01 at 20`},
		"united_wallets_share_one_average_until_they_separate": {Config{Accounts: true, Averages: true, United: true}, `
			buy 2024-01-01 1 10 A
			buy 2024-02-01 1 30 B
			buy 2024-03-01 2 80 B
			sell 1 A            -> 1 of 2024-01-01 at 30
			separate
			buy 2024-04-01 1 90 B
			sell 2 B            -> 1 of 2024-02-01 at 45, 1 of 2024-03-01 at 45
			left                -> B: 1 of 2024-03-01 at 45, 1 of 2024-04-01 at 45`},
		"the_last_unit_takes_all_that_is_left": {Config{Averages: true}, `
			buy 2024-01-01 1 10
			buy 2024-02-01 2 0
			sell 1              -> 1 of 2024-01-01 at 3.3333333333333333333333333333
			sell 2              -> 2 of 2024-02-01 at 6.6666666666666666666666666667
			left                -> nothing`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, c.config, c.script)
		})
	}
}

// TestSplits: units change, cost and date do not.
func TestSplits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config Config
		script string
	}{
		"two_for_one": {Config{}, `
			buy 2024-01-01 1 10
			buy 2024-02-01 2 60
			split 2
			left                -> 2 of 2024-01-01 at 10, 4 of 2024-02-01 at 60`},
		"one_for_two_keeps_the_order_by_cost": {Config{Order: Dearest}, `
			buy 2024-01-01 2 20
			buy 2024-02-01 2 60
			split 0.5
			sell 1              -> 1 of 2024-02-01 at 60`},
		"equal_costs_stay_equal": {Config{Order: Dearest}, `
			buy 2024-02-01 3 10
			buy 2024-01-01 6 20
			split 7
			sell 1              -> 1 of 2024-01-01 at 0.4761904761904761904761904761`},
		"of_one_account_only_where_accounts_count": {perAccount, `
			buy 2024-01-01 1 10 A
			buy 2024-01-01 1 10 B
			split 3 A
			left                -> A: 3 of 2024-01-01 at 10; B: 1 of 2024-01-01 at 10`},
		"while_united_the_account_does_not_limit_it": {united, `
			buy 2024-01-01 1 10 A
			buy 2024-01-01 1 10 B
			split 3 A
			left                -> A: 3 of 2024-01-01 at 10; B: 3 of 2024-01-01 at 10`},
		"of_nothing_changes_nothing": {Config{}, `
			split 3
			left                -> nothing`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, c.config, c.script)
		})
	}
}

// TestForks: the cost of each lot is shared by value; the new units keep its
// date and go to its account.
func TestForks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config Config
		script string
	}{
		"cost_by_value_and_units_by_units": {Config{}, `
			buy 2024-01-01 1 10
			buy 2024-02-01 3 60
			fork 8 3 1
			left                -> 1 of 2024-01-01 at 7.5, 3 of 2024-02-01 at 45
			left BCH            -> 2 of 2024-01-01 at 2.5 forked, 6 of 2024-02-01 at 15 forked`},
		"in_the_account_of_each_lot": {perAccount, `
			buy 2024-01-01 1 10 A
			buy 2024-02-01 3 60 B
			fork 8 3 1
			left BCH            -> A: 2 of 2024-01-01 at 2.5 forked; B: 6 of 2024-02-01 at 15 forked`},
		"of_one_account_only_where_accounts_count": {perAccount, `
			buy 2024-01-01 1 10 A
			buy 2024-02-01 3 60 B
			fork 8 3 1 B
			left                -> A: 1 of 2024-01-01 at 10; B: 3 of 2024-02-01 at 45
			left BCH            -> B: 8 of 2024-02-01 at 15 forked`},
		"of_nothing_gives_units_without_cost": {perAccount, `
			fork 8 3 1 B
			left BCH            -> B: 8 of 2024-12-31 at 0 forked`},
		"units_that_do_not_divide_add_up": {Config{}, `
			buy 2024-01-01 1 10
			buy 2024-02-01 1 10
			buy 2024-03-01 1 10
			fork 1 1 0
			left BCH            -> 0.3333333333333333333333333333 of 2024-01-01 at 0 forked, ` +
			`0.3333333333333333333333333333 of 2024-02-01 at 0 forked, 0.3333333333333333333333333334 of 2024-03-01 at 0 forked`},
		"the_value_of_a_gift_is_shared_like_its_cost": {Config{}, `
			gift 2024-01-01 2 20 12
			fork 2 1 1
			left                -> 2 of 2024-01-01 at 10 (worth 6 on 2024-01-01)
			left BCH            -> 2 of 2024-01-01 at 10 forked (worth 6 on 2024-01-01)`},
		"an_unknown_cost_stays_unknown": {Config{}, `
			buy 2024-01-01 1 ?
			fork 1 1 1
			left BCH            -> 1 of 2024-01-01 at 0 assumed forked`},
		"without_values_no_cost_moves": {Config{}, `
			buy 2024-01-01 1 10
			fork 1 0 0
			left                -> 1 of 2024-01-01 at 10
			left BCH            -> 1 of 2024-01-01 at 0 forked`},
		"of_no_units_changes_nothing": {Config{}, `
			buy 2024-01-01 1 10
			fork 0 1 1
			left                -> 1 of 2024-01-01 at 10
			left BCH            -> nothing`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, c.config, c.script)
		})
	}
}

// TestAllocate: Rev. Proc. 2024-28 §5.02(4), global allocation.
func TestAllocate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config Config
		script string
	}{
		"oldest_first_into_the_accounts_listed": {united, `
			buy 2024-01-01 2 20 A
			buy 2024-02-01 2 60 B
			pour fifo B:3 A:1   -> 0
			left                -> A: 1 of 2024-02-01 at 30; B: 2 of 2024-01-01 at 20, 1 of 2024-02-01 at 30`},
		"by_another_order_than_the_method": {united, `
			buy 2024-01-01 2 20 A
			buy 2024-02-01 2 60 B
			pour hifo A:2 B:2   -> 0
			left                -> A: 2 of 2024-02-01 at 60; B: 2 of 2024-01-01 at 20`},
		"newest_first": {perAccount, `
			buy 2024-01-01 2 20 A
			buy 2024-02-01 2 60 B
			pour lifo A:1 B:3   -> 0
			left                -> A: 1 of 2024-02-01 at 30; B: 2 of 2024-01-01 at 20, 1 of 2024-02-01 at 30`},
		"cheapest_first": {perAccount, `
			buy 2024-01-01 2 80 A
			buy 2024-02-01 2 60 B
			pour lofo A:2 B:2   -> 0
			left                -> A: 2 of 2024-02-01 at 60; B: 2 of 2024-01-01 at 80`},
		"listed_more_than_is_held": {perAccount, `
			buy 2024-01-01 2 20 A
			pour fifo B:5       -> 3
			left                -> B: 2 of 2024-01-01 at 20`},
		"listed_less_than_is_held_leaves_the_rest_in_place": {perAccount, `
			buy 2024-01-01 2 20 A
			buy 2024-02-01 2 60 A
			pour fifo B:1       -> -3
			left                -> A: 1 of 2024-01-01 at 10, 2 of 2024-02-01 at 60; B: 1 of 2024-01-01 at 10`},
		"without_accounts_it_changes_nothing": {Config{}, `
			buy 2024-01-01 2 20 A
			pour fifo B:1       -> 0
			left                -> 2 of 2024-01-01 at 20`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, c.config, c.script)
		})
	}
}
