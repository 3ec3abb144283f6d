package tax_test

import (
	"testing"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// TestScopes: whose inventory answers, and from when on (decision 23).
func TestScopes(t *testing.T) {
	t.Parallel()
	twoWallets := `2023-01-01 buy 1 BTC value=10 account=A
		2023-02-01 buy 1 BTC value=30 account=B
		2024-12-31T12:00:00Z sell 0.5 BTC value=50 account=B
		2025-01-01T12:00:00Z sell 0.5 BTC value=50 account=B
		2025-02-01T12:00:00Z sell 1 BTC value=50 account=B`
	tell(t, map[string]story{
		"ledger_json_is_universal_when_it_says_nothing": {
			who: "US fifo", events: twoWallets,
			want: `2024-12-31 sell 0.5 BTC @B: 50 - 0 - 5 = 45
				2025-01-01 sell 0.5 BTC @B: 50 - 0 - 5 = 45
				2025-02-01 sell 1 BTC @B: 50 - 0 - 30 = 20
				no holding`,
		},
		"per_account_from_the_beginning": {
			who: `US fifo {"scope": "account"}`, events: twoWallets,
			want: `2024-12-31 sell 0.5 BTC @B: 50 - 0 - 15 = 35
				2025-01-01 sell 0.5 BTC @B: 50 - 0 - 15 = 35
				2025-02-01 sell 1 BTC @B: 50 - 0 - 0 = 50 missing
				left BTC @A: 1 at 10, 1 of 2023-01-01 at 10`,
		},
		"the_country's_own_in_the_united_states": {
			who: `US fifo {"scope": "country"}`, events: twoWallets,
			want: `2024-12-31 sell 0.5 BTC @B: 50 - 0 - 5 = 45
				2025-01-01 sell 0.5 BTC @B: 50 - 0 - 15 = 35
				2025-02-01 sell 1 BTC @B: 50 - 0 - 15 = 35 partial
				left BTC @A: 0.5 at 5, 0.5 of 2023-01-01 at 5`,
		},
		"the_country's_own_in_germany": {
			who: `DE de-fifo {"scope": "country"}`, events: twoWallets,
			want: `2024-12-31 sell 0.5 BTC @B: 50 - 0 - 15 = 35
				2025-01-01 sell 0.5 BTC @B: 50 - 0 - 15 = 35
				2025-02-01 sell 1 BTC @B: 50 - 0 - 0 = 50 missing`,
		},
		"the_date_of_the_switch_is_local_and_inside": {
			who: `US fifo {"account_scope_from": "2024-12-31"}`,
			events: `2023-01-01 buy 1 BTC value=10 account=A
				2023-02-01 buy 1 BTC value=30 account=B
				2024-12-31T04:59:59Z sell 0.5 BTC value=50 account=B
				2024-12-31T05:00:00Z sell 0.5 BTC value=50 account=B`,
			want: `2024-12-30 sell 0.5 BTC @B: 50 - 0 - 5 = 45
				2024-12-31 sell 0.5 BTC @B: 50 - 0 - 15 = 35`,
		},
		"the_date_stands_above_the_word": {
			who: `US fifo {"scope": "universal", "account_scope_from": "2025-01-01"}`, events: twoWallets,
			want: `2024-12-31 sell 0.5 BTC @B: 50 - 0 - 5 = 45
				2025-01-01 sell 0.5 BTC @B: 50 - 0 - 15 = 35
				2025-02-01 sell 1 BTC @B: 50 - 0 - 15 = 35 partial`,
		},
		"before_the_switch_a_move_takes_lots_of_its_account": {
			who: `US lifo {"account_scope_from": "2025-01-01"}`,
			events: `2023-01-01 buy 1 BTC value=10 account=A
				2023-02-01 buy 1 BTC value=30 account=A
				2023-03-01 buy 1 BTC value=90 account=B
				2024-06-01 transfer 1 BTC account=A to_account=C
				2025-06-01 sell 1 BTC value=100 account=C`,
			want: `2025-06-01 sell 1 BTC @C: 100 - 0 - 30 = 70
				left BTC @A: 1 at 10, 1 of 2023-01-01 at 10
				left BTC @B: 1 at 90, 1 of 2023-03-01 at 90`,
		},
		"events_without_an_account_share_one": {
			who: `US fifo {"scope": "account"}`,
			events: `2023-01-01 buy 2 BTC value=10 account=A
				2023-02-01 transfer 2 BTC account=A
				2023-03-01 sell 1 BTC value=50
				2023-04-01 fork 0 ETH value=1 to=3:ETC to_value=1
				2023-05-01 sell 3 ETC value=60`,
			want: `2023-03-01 sell 1 BTC: 50 - 0 - 5 = 45
				2023-05-01 sell 3 ETC: 60 - 0 - 0 = 60
				left BTC: 1 at 5, 1 of 2023-01-01 at 5
				no issue`,
		},
		"scope_has_no_effect_on_a_pool": {
			who: `GB s104 {"scope": "account"}`,
			events: `2024-05-01 buy 1 BTC value=10 account=A
				2024-06-10 sell 1 BTC value=100 account=B`,
			want: `2024-06-10 sell 1 BTC @B: 100 - 0 - 10 = 90`,
		},
		"irish_lots_per_account": {
			who: `IE ie-fifo-4w {"scope": "account"}`,
			events: `2024-05-01 buy 1 BTC value=10 account=A
				2024-06-10 buy 1 BTC value=90 account=B
				2024-06-11 sell 1 BTC value=100 account=A`,
			want: `2024-06-11 sell 1 BTC @A: 100 - 0 - 10 = 90
				by fifo 2024-05-01 1: 100 - 0 - 10 = 90`,
		},
		"a_split_in_one_account": {
			who: `XX fifo {"scope": "account"}`,
			events: `2024-05-01 buy 1 BTC value=10 account=A
				2024-05-01 buy 1 BTC value=20 account=B
				2024-06-01 split BTC ratio=2 account=A`,
			want: `left BTC @A: 2 at 10, 2 of 2024-05-01 at 10
				left BTC @B: 1 at 20, 1 of 2024-05-01 at 20`,
		},
	})
}

// TestAllocations: Rev. Proc. 2024-28, the global allocation.
func TestAllocations(t *testing.T) {
	t.Parallel()
	lots := `2023-01-01 buy 2 BTC value=20 account=A
		2023-02-01 buy 2 BTC value=60 account=B
		`
	tell(t, map[string]story{
		"poured_in_order_into_the_accounts_listed": {
			who: `US fifo {"account_scope_from": "2025-01-01"}`,
			events: lots + `2024-12-31 allocate BTC order=hifo accounts=A:2,B:2
				2025-02-01 sell 1 BTC value=100 account=B`,
			want: `2025-02-01 sell 1 BTC @B: 100 - 0 - 10 = 90
				left BTC @A: 2 at 60, 2 of 2023-02-01 at 60
				left BTC @B: 1 at 10, 1 of 2023-01-01 at 10
				no issue`,
		},
		"more_listed_than_held": {
			who:    `US fifo {"account_scope_from": "2025-01-01"}`,
			events: lots + `2024-12-31 allocate BTC order=fifo accounts=A:3,B:2`,
			want: `left BTC @A: 3 at 50, 2 of 2023-01-01 at 20, 1 of 2023-02-01 at 30
				left BTC @B: 1 at 30, 1 of 2023-02-01 at 30
				warning balance.diff 2024-12-31`,
		},
		"less_listed_than_held": {
			who:    `US fifo {"account_scope_from": "2025-01-01"}`,
			events: lots + `2024-12-31 allocate BTC order=fifo accounts=C:1`,
			want: `left BTC @A: 1 at 10, 1 of 2023-01-01 at 10
				left BTC @B: 2 at 60, 2 of 2023-02-01 at 60
				left BTC @C: 1 at 10, 1 of 2023-01-01 at 10
				warning balance.diff 2024-12-31`,
		},
		"in_plain_universal_scope_it_changes_nothing": {
			who:    "US fifo",
			events: lots + `2024-12-31 allocate BTC order=fifo accounts=C:1`,
			want: `left BTC: 4 at 80, 2 of 2023-01-01 at 20, 2 of 2023-02-01 at 60
				no issue`,
		},
	})
}

// TestScopeFor: the option, else universal for Ledger JSON, else the country.
func TestScopeFor(t *testing.T) {
	t.Parallel()
	from := ledger.NewDate(2025, 1, 1)
	for _, c := range []struct {
		country, options string
		json             bool
		want             tax.Scope
	}{
		{"US", `{}`, true, tax.Scope{}},
		{"US", `{}`, false, tax.Scope{PerAccount: true, From: from}},
		{"DE", `{}`, false, tax.Scope{PerAccount: true}},
		{"AU", `{}`, false, tax.Scope{}},
		{"US", `{"scope": "country"}`, true, tax.Scope{PerAccount: true, From: from}},
		{"US", `{"scope": "universal"}`, false, tax.Scope{}},
		{"GENERIC", `{"scope": "account"}`, false, tax.Scope{PerAccount: true}},
		{"GENERIC", `{"scope": "country"}`, true, tax.Scope{}},
		{"DE", `{"account_scope_from": "2025-01-01"}`, true, tax.Scope{PerAccount: true, From: from}},
	} {
		var o tax.Options
		if err := o.ParseOptions([]byte(c.options)); err != nil {
			t.Fatal(err)
		}
		if got := o.ScopeFor(countries()[c.country], c.json); got != c.want {
			t.Errorf("%s %s, JSON %v: %+v, want %+v", c.country, c.options, c.json, got, c.want)
		}
	}
}
