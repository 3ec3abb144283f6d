package oracle_test

import (
	"fmt"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/tax/oracle"
)

// fact is a fine point with figures worked out by hand. Want holds what is compared, in the form of "expect".
type fact struct {
	country, method, zone, options, events, want string
}

func (f fact) ledger() []byte {
	return fmt.Appendf(nil, `{"schema":1,"jurisdiction":%q,"method":%q,"currency":"X","timezone":%q,"options":{%s},"events":[%s]}`,
		f.country, f.method, f.zone, f.options, f.events)
}

func TestFinePoints(t *testing.T) {
	t.Parallel()
	for name, f := range finePoints() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := oracle.Run(f.ledger())
			if err != nil {
				t.Fatal(err)
			}
			if d := oracle.Diff([]byte(f.want), got, 0, true); d != "" {
				t.Errorf("%s\n%s", d, got)
			}
		})
	}
}

func finePoints() map[string]fact {
	return map[string]fact{
		"gift_at_a_loss_takes_the_value_and_date_of_the_gift": {
			"US", "fifo", "UTC", "",
			`{"time":"2024-05-01","type":"gift_in","asset":"B","amount":"2","value":"20","acquired":"2020-01-15","fmv":"16"},
			 {"time":"2024-06-01","type":"donate","asset":"B","amount":"1","value":"5"},
			 {"time":"2025-02-01","type":"sell","asset":"B","amount":"1","value":"9","fee":"1"}`,
			`{"disposals":[
			 {"kind":"donate","date":"2024-06-01","asset":"B","cost":"10","gain":"-5","taxable":false,"legs":[{"acquired":"2020-01-15","term":"long"}]},
			 {"kind":"sell","date":"2025-02-01","asset":"B","cost":"8","gain":"0","legs":[{"acquired":"2024-05-01","term":"short"}]}],
			 "totals":{"2025":{"disposals":1,"st":"0","net":"0"}}}`,
		},
		"company_looks_nine_days_back_not_ten": {
			"GB", "uk-corporate-pool", "Europe/London", `"days_after":0`,
			`{"time":"2024-01-01","type":"buy","asset":"B","amount":"10","value":"10"},
			 {"time":"2024-03-01","type":"buy","asset":"B","amount":"10","value":"50"},
			 {"time":"2024-03-02","type":"buy","asset":"B","amount":"2","value":"20"},
			 {"time":"2024-03-11","type":"sell","asset":"B","amount":"4","value":"100"}`,
			`{"disposals":[{"date":"2024-03-11","asset":"B","legs":[
			 {"rule":"10_day","acquired":"2024-03-02","amount":"2","cost":"20"},
			 {"rule":"s104","acquired":null,"amount":"2","cost":"6"}]}],"remaining":[{"asset":"B","amount":"18","cost":"54"}]}`,
		},
		"pool_forks_at_the_end_of_its_day_before_the_new_coins_sales": {
			"GB", "uk-s104", "Europe/London", "",
			`{"time":"2024-05-01T09:00:00Z","type":"sell","asset":"A","amount":"1","value":"50"},
			 {"time":"2024-05-01T10:00:00Z","type":"fork","asset":"B","value":"75","to_asset":"A","to_amount":"4","to_value":"25"},
			 {"time":"2024-05-01T11:00:00Z","type":"buy","asset":"B","amount":"2","value":"80"}`,
			`{"disposals":[{"asset":"A","legs":[{"rule":"s104","cost":"5"}]}],
			 "remaining":[{"asset":"A","amount":"3","cost":"15"},{"asset":"B","amount":"2","cost":"60"}]}`,
		},
		"split_counts_from_the_start_of_the_day_in_britain": {
			"GB", "uk-s104", "Europe/London", "",
			`{"time":"2024-05-01","type":"buy","asset":"B","amount":"2","value":"20"},
			 {"time":"2024-05-02T09:00:00Z","type":"sell","asset":"B","amount":"2","value":"50"},
			 {"time":"2024-05-02T15:00:00Z","type":"split","asset":"B","ratio":"2"}`,
			`{"disposals":[{"asset":"B","cost":"10"}],"remaining":[{"asset":"B","amount":"2","cost":"10"}]}`,
		},
		"unknown_value_is_null_and_outside_the_totals": {
			"GENERIC", "fifo", "UTC", "",
			`{"time":"2024-05-01","type":"income","asset":"B","amount":"2"},
			 {"time":"2024-05-02","type":"swap","asset":"B","amount":"1","to_asset":"C","to_amount":"3","value":"","to_value":""},
			 {"time":"2024-05-03","type":"sell","asset":"C","amount":"3","value":"0"}`,
			`{"disposals":[{"date":"2024-05-02","asset":"B","proceeds":null,"gain":null,"cost":"0"},{"date":"2024-05-03","asset":"C","gain":"0"}],
			 "income":[{"date":"2024-05-01","value":null}],"totals":{"2024":{"disposals":1,"proceeds":"0"}},
			 "remaining":[{"asset":"B","amount":"1","cost":"0"}]}`,
		},
		"one_repurchase_restricts_only_the_earliest_loss": {
			"IE", "ie-fifo-4w", "Europe/Dublin", "",
			`{"time":"2023-01-01","type":"buy","asset":"B","amount":"8","value":"80"},
			 {"time":"2024-05-01","type":"sell","asset":"B","amount":"2","value":"10"},
			 {"time":"2024-05-02","type":"sell","asset":"B","amount":"4","value":"20"},
			 {"time":"2024-05-03","type":"split","asset":"B","ratio":"2"},
			 {"time":"2024-05-29","type":"airdrop","asset":"B","amount":"6","value":"0"}`,
			`{"disposals":[{"date":"2024-05-01","asset":"B","restricted_loss":"10"},{"date":"2024-05-02","asset":"B","restricted_loss":"5"}],
			 "totals":{"2024":{"losses":"15","restricted_loss":"15"}}}`,
		},
		"units_from_a_fork_are_not_recent": {
			"IE", "ie-fifo-4w", "Europe/Dublin", "",
			`{"time":"2024-05-01","type":"buy","asset":"B","amount":"1","value":"10"},
			 {"time":"2024-05-02","type":"fork","asset":"B","value":"1","to_asset":"F","to_amount":"1","to_value":"1"},
			 {"time":"2024-05-03","type":"sell","asset":"F","amount":"1","value":"1"}`,
			`{"disposals":[{"asset":"F","cost":"5","gain":"-4","restricted_loss":"0","legs":[{"rule":"fifo","acquired":"2024-05-01"}]}]}`,
		},
		"denied_loss_is_the_least_of_sold_bought_and_held_across_a_split": {
			"CA", "acb", "America/Toronto", "",
			`{"time":"2024-01-01","type":"buy","asset":"B","amount":"10","value":"100"},
			 {"time":"2024-05-01","type":"sell","asset":"B","amount":"10","value":"60"},
			 {"time":"2024-05-10","type":"split","asset":"B","ratio":"4"},
			 {"time":"2024-05-31","type":"buy","asset":"B","amount":"12","value":"12"},
			 {"time":"2024-05-31","type":"sell","asset":"B","amount":"4","value":"40"}`,
			`{"disposals":[{"date":"2024-05-01","denied_loss":"8"},{"date":"2024-05-31","cost":"6.666666666667"}],
			 "remaining":[{"asset":"B","amount":"8","cost":"13.333333333333"}]}`,
		},
		"moved_more_than_there_is": {
			"US", "fifo", "UTC", `"scope":"account"`,
			`{"time":"2024-01-01","type":"buy","asset":"B","amount":"3","value":"30","account":"A"},
			 {"time":"2024-01-02","type":"transfer","asset":"B","amount":"5","account":"A","to_account":"C"},
			 {"time":"2024-01-03","type":"sell","asset":"B","amount":"4","value":"40","account":"C"}`,
			`{"disposals":[{"date":"2024-01-03","legs":[{"rule":"fifo","amount":"3","cost":"30"},{"rule":"missing","amount":"1","gain":"10","term":""}]}],
			 "totals":{"2024":{"st":"10"}},"remaining":[]}`,
		},
		"named_lots_beyond_the_lot_are_missing_and_last": {
			"AU", "specific", "Australia/Sydney", "",
			`{"id":"x","time":"2024-01-01","type":"buy","asset":"B","amount":"1","value":"10"},
			 {"id":"y","time":"2024-01-02","type":"buy","asset":"B","amount":"5","value":"50"},
			 {"id":"z","time":"2024-01-03","type":"sell","asset":"B","amount":"3","value":"60","lots":[{"lot":"x","amount":"2"},{"lot":"y","amount":"1"}]}`,
			`{"disposals":[{"legs":[{"rule":"specific","acquired":"2024-01-01"},{"rule":"specific","acquired":"2024-01-02"},{"rule":"missing","amount":"1"}]}],
			 "totals":{"2023-24":{"other_gains":"40"}},"remaining":[{"amount":"4"}]}`,
		},
		"term_after_29_february_turns_on_1_march": {
			"DE", "de-fifo", "Europe/Berlin", "",
			`{"time":"2024-02-29","type":"buy","asset":"B","amount":"2","value":"2"},
			 {"time":"2025-02-28T22:59:59Z","type":"sell","asset":"B","amount":"1","value":"1"},
			 {"time":"2025-02-28T23:00:00Z","type":"sell","asset":"B","amount":"1","value":"1"}`,
			`{"disposals":[{"date":"2025-02-28","legs":[{"term":"within_1y"}]},{"date":"2025-03-01","legs":[{"term":"over_1y"}]}]}`,
		},
		"average_takes_splits_then_purchases_then_sales_of_one_instant": {
			"NG", "average", "Africa/Lagos", "",
			`{"time":"2024-01-01","type":"buy","asset":"B","amount":"1","value":"10"},
			 {"time":"2024-02-01","type":"sell","asset":"B","amount":"4","value":"40"},
			 {"time":"2024-02-01","type":"buy","asset":"B","amount":"2","value":"30"},
			 {"time":"2024-02-01","type":"split","asset":"B","ratio":"2"}`,
			`{"disposals":[{"cost":"40","legs":[{"rule":"average","acquired":null,"amount":"4"}]}],"remaining":[]}`,
		},
		"fork_in_one_account_touches_only_that_account": {
			"GENERIC", "lifo", "UTC", `"scope":"account"`,
			`{"time":"2024-01-01","type":"buy","asset":"B","amount":"1","value":"10","account":"A"},
			 {"time":"2024-01-02","type":"buy","asset":"B","amount":"1","value":"20","account":"C"},
			 {"time":"2024-01-03","type":"fork","asset":"B","value":"3","to_asset":"F","to_amount":"1","to_value":"1","account":"C"}`,
			`{"remaining":[{"asset":"B","account":"A","cost":"10"},{"asset":"B","account":"C","cost":"15"},
			 {"asset":"F","account":"C","amount":"1","cost":"5","lots":[{"acquired":"2024-01-02","amount":"1","cost":"5"}]}]}`,
		},
	}
}
