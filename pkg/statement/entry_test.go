package statement_test

import (
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// TestEntries: what each type of entry becomes, and what is wrong with it.
func TestEntries(t *testing.T) {
	t.Parallel()
	type e = statement.Entry
	huge := strings.Repeat("9", 38)
	for name, c := range map[string]struct {
		entry statement.Entry
		want  string // the event, or "column: reason"
	}{
		"buy":                        {e{Type: statement.Trade, Received: some("1", "BTC"), Sent: some("100", "GBP"), Fee: some("2", "GBP")}, "buy 1 BTC value=100 GBP fee=2 GBP"},
		"sell":                       {e{Type: statement.Trade, Received: some("100", "GBP"), Sent: some("1", "BTC")}, "sell 1 BTC value=100 GBP"},
		"swap":                       {e{Type: statement.Trade, Received: some("10", "ETH"), Sent: some("1", "BTC"), Value: some("90", "USD"), ReceivedValue: some("95", "USD")}, "swap 1 BTC to=10 ETH value=90 USD to_value=95 USD"},
		"money_for_money":            {e{Type: statement.Trade, Received: some("100", "GBP"), Sent: some("120", "EUR")}, "exchange 120 EUR to=100 GBP"},
		"value_wins":                 {e{Type: statement.Trade, Received: some("1", "BTC"), Sent: some("100", "GBP"), Value: some("130", "USD")}, "buy 1 BTC value=130 USD"},
		"one_side":                   {e{Type: statement.Buy, Received: some("1", "BTC"), Value: some("5", "GBP")}, "buy 1 BTC value=5 GBP"},
		"fee_in_kind":                {e{Type: statement.Trade, Received: some("1", "BTC"), Sent: some("100", "GBP"), Fee: some("0.1", "BNB"), FeeValue: some("3", "GBP")}, "buy 1 BTC value=100 GBP fee_in_kind=0.1 BNB fee_value=3"},
		"income":                     {e{Type: statement.Income, Received: some("1", "ETH"), Label: "staking"}, "income 1 ETH subtype=staking"},
		"gift_of_a_spouse":           {e{Type: statement.GiftIn, Received: some("1", "ETH"), Label: "spouse"}, "spouse_in 1 ETH label=spouse"},
		"gift_to_a_spouse":           {e{Type: statement.GiftOut, Sent: some("1", "ETH"), Label: "spouse"}, "spouse_out 1 ETH label=spouse"},
		"gift_to_a_friend":           {e{Type: statement.GiftOut, Sent: some("1", "ETH"), Label: "friend"}, "gift_out 1 ETH label=friend"},
		"all_arrives":                {e{Type: statement.Transfer, Sent: some("1", "BTC"), Counter: "B"}, "transfer 1 BTC to_account=B"},
		"less_arrives":               {e{Type: statement.Transfer, Sent: some("1", "BTC"), Received: some("0.9", "BTC"), Counter: "B"}, "transfer 1 BTC to_account=B received=0.9"},
		"fee_on_top_of_a_transfer":   {e{Type: statement.Transfer, Sent: some("1", "BTC"), Fee: some("0.1", "BTC"), Counter: "B"}, "transfer 1.1 BTC to_account=B received=1"},
		"fee_of_a_transfer_in_other": {e{Type: statement.Transfer, Sent: some("1", "BTC"), Fee: some("0.1", "ETH"), Counter: "B"}, "transfer 1 BTC to_account=B fee_in_kind=0.1 ETH"},
		"fee_alone":                  {e{Type: statement.Fee, Fee: some("0.1", "ETH")}, "fee 0.1 ETH"},
		"fee_as_what_is_sent":        {e{Type: statement.Fee, Sent: some("0.1", "ETH")}, "fee 0.1 ETH"},
		"fork":                       {e{Type: statement.Fork, Sent: statement.Quantity{Asset: "BTC"}, Received: some("2", "BCH"), AllOver: true}, "fork 0 BTC to=2 BCH to_account=V"},
		"split":                      {e{Type: statement.Split, Received: statement.Quantity{Asset: "BTC"}, Ratio: money.FromInt(2), AllOver: true}, "split 0 BTC"},
		"lost":                       {e{Type: statement.Lost, Sent: some("1", "BTC")}, "lost 1 BTC"},

		"no_type":                  {e{Type: "dance", Sent: some("1", "BTC")}, "type: unknown type"},
		"negative":                 {e{Type: statement.Spend, Sent: some("-1", "BTC")}, "sent_amount: amount is negative; the direction follows from the column"},
		"negative_fee":             {e{Type: statement.Spend, Sent: some("1", "BTC"), Fee: some("-1", "BTC")}, "fee_amount: amount is negative; the direction follows from the column"},
		"negative_value":           {e{Type: statement.Spend, Sent: some("1", "BTC"), Value: some("-1", "GBP")}, "value_amount: amount is negative; the direction follows from the column"},
		"negative_received_value":  {e{Type: statement.Spend, Sent: some("1", "BTC"), ReceivedValue: some("-1", "GBP")}, "received_value: a value is never negative"},
		"negative_fee_value":       {e{Type: statement.Spend, Sent: some("1", "BTC"), FeeValue: some("-1", "GBP")}, "fee_value: a value is never negative"},
		"negative_donor_cost":      {e{Type: statement.GiftIn, Received: some("1", "BTC"), DonorCost: some("-1", "GBP")}, "donor_cost: a cost is never negative"},
		"no_asset":                 {e{Type: statement.Spend, Sent: statement.Quantity{Amount: money.FromInt(1)}}, "sent_asset: an amount without an asset"},
		"no_ticker":                {e{Type: statement.Spend, Sent: some("1", "B TC")}, "sent_asset: " + statement.ErrAsset.Error()},
		"nothing":                  {e{Type: statement.Spend, Sent: some("0", "BTC")}, "sent_amount: amount is 0"},
		"nothing_at_all":           {e{Type: statement.Spend}, "sent_asset: missing"},
		"two_sides_of_a_spend":     {e{Type: statement.Spend, Sent: some("1", "BTC"), Received: some("1", "ETH")}, "type: spend has one side only; this row has two"},
		"one_side_of_a_trade":      {e{Type: statement.Trade, Received: some("1", "BTC")}, "sent_asset: missing"},
		"transfer_to_nowhere":      {e{Type: statement.Transfer, Sent: some("1", "BTC")}, "counter_account: missing: a transfer goes to an own account"},
		"transfer_of_two_assets":   {e{Type: statement.Transfer, Sent: some("1", "BTC"), Received: some("1", "ETH"), Counter: "B"}, "received_asset: a transfer moves one asset"},
		"more_arrives":             {e{Type: statement.Transfer, Sent: some("1", "BTC"), Received: some("2", "BTC"), Counter: "B"}, "received_amount: more arrives than was sent"},
		"beyond_38_digits":         {e{Type: statement.Transfer, Sent: some(huge, "BTC"), Fee: some("1", "BTC"), Counter: "B"}, "fee_amount: amount and fee together have more than 38 digits"},
		"fork_of_nothing":          {e{Type: statement.Fork, Received: some("2", "BCH")}, "sent_asset: missing: the asset that forked"},
		"split_of_nothing":         {e{Type: statement.Split, Ratio: money.FromInt(2)}, "received_asset: missing: the asset that split"},
		"split_without_ratio":      {e{Type: statement.Split, Received: statement.Quantity{Asset: "BTC"}}, "ratio: missing or not above 0: new units for one old unit"},
		"fee_in_both_of_its_cells": {e{Type: statement.Fee, Sent: some("1", "BTC"), Fee: some("1", "BTC")}, "fee_amount: a fee row has its amount in sent_amount or in fee_amount, not in both"},
	} {
		c1 := statement.NewCollector("V")
		c.entry.At = at(1)
		c1.Add(&c.entry, 7)
		got := ""
		for line := range strings.Lines(testkit.Dump(c1)) {
			if rest, ok := strings.CutPrefix(line, "7 2024-05-01T10:00:00Z "); ok {
				got = strings.Replace(strings.TrimRight(rest, "\n"), " account=V", "", 1)
				got = strings.Replace(got, " account=", "", 1)
			} else if rest, ok := strings.CutPrefix(line, "held line 7, "); ok {
				got = strings.TrimRight(rest, "\n")
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestValidAsset: a name of an asset has no blanks, quotes or control
// characters, and is not endless.
func TestValidAsset(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"BTC": true, "btc.e": true, "LUNA_2": true, "USD-C": true, "a/b:c": true, "$PEPE": true, "Ω": true, "1INCH": true,
		strings.Repeat("A", 64): true, strings.Repeat("A", 65): false,
		"": false, "B TC": false, "B\"": false, "B\nC": false, "B\x00": false, "B,C": false, "=1": false, "B;C": false,
	} {
		if got := statement.ValidAsset(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
