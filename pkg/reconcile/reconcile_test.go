package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

const hash = "9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0"

func TestHash(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		hash: hash, " " + strings.ToUpper(hash) + " ": hash, "0x" + hash: hash, hash + ":1": hash, hash + "-0": hash,
		"5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW": "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW",
		"": "", "Internal transfer 27315918821": "", "Internal transfer 27315918821 for the account": "", "12345": "",
	} {
		if got := reconcile.Hash(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// event reads "out A 1.5" or "in B 1.5" with an id of its own number.
func event(n int, text, txHash string) ledger.Event {
	var kind, account, amount string
	if _, err := fmt.Sscan(text, &kind, &account, &amount); err != nil {
		panic(err)
	}
	e := ledger.Event{ID: ledger.ID{byte(n)}, Kind: ledger.KindWithdrawal, Account: account, Asset: "BTC", Amount: money.MustParse(amount), More: &ledger.More{TxHash: txHash}}
	if kind == "in" {
		e.Kind = ledger.KindDeposit
	}
	return e
}

func TestEqualHash(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		events string // by semicolon; the first is 1
		want   string // pairs "out-in"
	}{
		"a_pair":                        {"out A 1; in B 1", "1-2"},
		"deposit_first":                 {"in B 1; out A 1", "2-1"},
		"fee_taken_off":                 {"out A 1; in B 0.999", "1-2"},
		"more_arrives_than_was_sent":    {"out A 1; in B 1.001", ""},
		"same_account":                  {"out A 1; in A 1", ""},
		"two_deposits_amount_decides":   {"out A 1; in B 1; in C 2", "1-2"},
		"two_deposits_neither_fits":     {"out A 3; in B 1; in C 2", ""},
		"two_equal_deposits":            {"out A 1; in B 1; in C 1", ""},
		"batch_of_two_withdrawals":      {"out A 1; out A 2; in B 2; in C 1", "1-4 2-3"},
		"withdrawal_alone":              {"out A 1", ""},
		"two_withdrawals_one_deposit":   {"out A 1; out B 1; in C 1", ""},
		"two_withdrawals_amount_decide": {"out A 1; out B 2; in C 2", "2-3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var events []ledger.Event
			for i, text := range strings.Split(c.events, ";") {
				events = append(events, event(i+1, text, hash))
			}
			for range 3 {
				var got []string
				for _, p := range reconcile.EqualHash(events) {
					got = append(got, fmt.Sprintf("%d-%d", p.Out[0], p.In[0]))
				}
				if strings.Join(got, " ") != c.want {
					t.Errorf("got %v, want %s", got, c.want)
				}
				slices.Reverse(events)
			}
		})
	}
	other := []ledger.Event{event(1, "out A 1", hash), event(2, "in B 1", "f"+hash[1:]), event(3, "in C 1", ""), event(4, "out C 1", "")}
	eth, eur, more := event(5, "in B 1", hash), event(6, "out A 1", hash), event(7, "in B 1", hash)
	eth.Asset, eur.Asset, more.Asset = "ETH", "EUR", "EUR"
	if pairs := reconcile.EqualHash(append(other, eth, eur, more)); len(pairs) != 0 {
		t.Errorf("other hashes, none, another asset, or money: %v", pairs)
	}
}

// TestJoin: a pair becomes one transfer that carries what did not arrive as
// its fee; all else stays, and what events say is not written to.
func TestJoin(t *testing.T) {
	t.Parallel()
	given := []ledger.Event{event(1, "out A 1", hash), event(2, "in B 0.9", hash), event(3, "in C 5", ""), event(4, "out A 2", "a"+hash[1:]), event(5, "in B 2", "a"+hash[1:])}
	joined := reconcile.Join(slices.Clone(given), reconcile.EqualHash(given))
	if len(joined) != 3 || joined[0].Kind != ledger.KindTransfer || joined[0].ID[0] != 1 || joined[0].Extra().ToAccount != "B" ||
		joined[0].Extra().Received == nil || joined[0].Extra().Received.String() != "0.9" || joined[1].ID[0] != 3 || joined[2].Extra().Received != nil {
		t.Errorf("got %+v", joined)
	}
	if given[0].More.ToAccount != "" || given[0].More.Received != nil {
		t.Error("the events given were written to")
	}
	if again := reconcile.Join(joined, reconcile.EqualHash(joined)); len(again) != 3 {
		t.Error("joining twice changes something")
	}
}

// TestApart: a pair that a person took apart is not made again, and its ends
// are not given to others.
func TestApart(t *testing.T) {
	t.Parallel()
	events := []ledger.Event{event(1, "out A 1", hash), event(2, "in B 1", hash), event(3, "in C 2", hash), event(4, "out A 2", "a"+hash[1:]), event(5, "in B 2", "a"+hash[1:])}
	apart := []reconcile.Ends{{Out: ledger.ID{1}, In: ledger.ID{2}}, {Out: ledger.ID{4}, In: ledger.ID{3}}}
	if got := reconcile.Decided(events, apart); len(got) != 1 || got[0].Out[0] != 4 || got[0].In[0] != 5 {
		t.Errorf("got %+v", got)
	}
	if got := reconcile.Decided(events, nil); len(got) != 2 {
		t.Errorf("without decisions: %+v", got)
	}
}

// TestFees: a transfer takes over the fees of both its ends, so that units
// neither appear nor vanish; fees that one event cannot say are no pair.
func TestFees(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		out, in string // amount, fee, asset of the fee, its value
		want    string // what leaves, what arrives, the fee in another asset, the value of the fee; "" is no pair
	}{
		"no_fee":                   {out: "1", in: "1", want: "1 1"},
		"short":                    {out: "1", in: "0.9", want: "1 0.9"},
		"fee_beside":               {out: "1 0.01 BTC 50", in: "1", want: "1.01 1 50"},
		"fee_beside_and_short":     {out: "1 0.01 BTC 50", in: "0.99", want: "1.01 0.99"},
		"paid_to_others_too":       {out: "1 0.0001 BTC", in: "0.3"},
		"others_and_no_fee":        {out: "1", in: "0.3"},
		"fee_at_arrival":           {out: "1", in: "1 0.02 BTC", want: "1 0.98"},
		"fees_at_both":             {out: "1 0.01 BTC 50", in: "1 0.02 BTC", want: "1.01 0.98"},
		"another_asset":            {out: "1 3 BNB 9", in: "1", want: "1 1 3 BNB 9"},
		"another_asset_and_short":  {out: "1 3 BNB 9", in: "0.9"},
		"another_asset_at_arrival": {out: "1", in: "1 3 BNB"},
		"fee_above_what_arrives":   {out: "1", in: "1 2 BTC"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events := []ledger.Event{event(1, "out A 1", hash), event(2, "in B 1", hash)}
			fill(&events[0], c.out)
			fill(&events[1], c.in)
			joined := reconcile.Join(events, reconcile.EqualHash(events))
			if c.want == "" {
				if len(joined) != 2 {
					t.Errorf("paired: %+v", joined)
				}
				return
			}
			if len(joined) != 1 {
				t.Fatalf("not paired")
			}
			e, m := joined[0], joined[0].More
			arrived := e.Amount
			if m.Received != nil {
				arrived = *m.Received
			}
			got := e.Amount.String() + " " + arrived.String()
			if m.FeeAsset != "" {
				got += " " + m.FeeAmount.String() + " " + m.FeeAsset
			}
			if m.FeeValue != nil {
				got += " " + m.FeeValue.String()
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// fill reads an amount and its fee into an event.
func fill(e *ledger.Event, text string) {
	words := strings.Fields(text)
	e.Amount = money.MustParse(words[0])
	if len(words) > 2 {
		e.More.FeeAmount, e.More.FeeAsset = money.MustParse(words[1]), words[2]
	}
	if len(words) > 3 {
		e.More.FeeValue = amount(words[3])
	}
}

func amount(s string) *money.Amount {
	a := money.MustParse(s)
	return &a
}

func TestCertify(t *testing.T) {
	t.Parallel()
	row := func(id string, at int, change, after string) reconcile.Row {
		r := reconcile.Row{Endpoint: "Ledgers", ID: id, At: ledger.Instant(at), Account: "Kraken", Asset: "BTC", Change: money.MustParse(change)}
		if after != "" {
			r.After = amount(after)
		}
		return r
	}
	for name, c := range map[string]struct {
		rows     []reconcile.Row
		reported string
		ok       bool
		first    string
	}{
		"explained":             {[]reconcile.Row{row("a", 1, "2", "2"), row("b", 2, "-0.5", "1.5")}, "1.5", true, ""},
		"newest_first":          {[]reconcile.Row{row("b", 2, "-0.5", "1.5"), row("a", 1, "2", "2")}, "1.5", true, ""},
		"a_row_is_missing":      {[]reconcile.Row{row("a", 1, "2", "2"), row("c", 3, "1", "2.5"), row("d", 4, "1", "3.5")}, "3.5", false, "c"},
		"nothing_states_it":     {[]reconcile.Row{row("a", 1, "2", ""), row("c", 3, "1", "")}, "2.5", false, ""},
		"less_than_nothing":     {[]reconcile.Row{row("a", 1, "2", ""), row("c", 3, "-3", ""), row("d", 4, "1", "")}, "2", false, "c"},
		"not_reported":          {[]reconcile.Row{row("a", 1, "2", "")}, "", false, ""},
		"no_rows":               {nil, "1", false, ""},
		"order_of_one_instant":  {[]reconcile.Row{row("b", 1, "-1", "1"), row("a", 1, "2", "2")}, "1", true, ""},
		"trailing_zeros_differ": {[]reconcile.Row{row("a", 1, "2.00", "2")}, "2.000", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reported []reconcile.Balance
			if c.reported != "" {
				reported = []reconcile.Balance{{"Kraken", "BTC", money.MustParse(c.reported)}}
			}
			list := reconcile.Certify(c.rows, reported)
			first := ""
			if len(list) == 1 && list[0].First != nil {
				first = list[0].First.ID
			}
			if len(list) != 1 || list[0].OK != c.ok || first != c.first {
				t.Errorf("got %+v, first %q", list, first)
			}
		})
	}
}

// TestCertifyAnyLoss: whatever row is taken away, the certificate of its asset
// fails, and if the rows state balances the first one after the hole is named.
func TestCertifyAnyLoss(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []reconcile.Row
		running := map[string]money.Amount{}
		for i := range rapid.IntRange(1, 30).Draw(t, "rows") {
			asset := rapid.SampledFrom([]string{"BTC", "ETH", "EUR"}).Draw(t, "asset")
			change := money.FromInt(rapid.Int64Range(1, 50).Draw(t, "change"))
			running[asset] = running[asset].Add(change)
			rows = append(rows, reconcile.Row{ID: fmt.Sprint(i), At: ledger.Instant(i), Account: "A", Asset: asset, Change: change, After: amount(running[asset].String())})
		}
		var reported []reconcile.Balance
		for asset, a := range running {
			reported = append(reported, reconcile.Balance{Account: "A", Asset: asset, Amount: a})
		}
		for _, c := range reconcile.Certify(rows, reported) {
			if !c.OK {
				t.Fatalf("a whole ledger fails: %+v", c)
			}
		}
		gone := rapid.IntRange(0, len(rows)-1).Draw(t, "gone")
		lost := rows[gone]
		rest := slices.Delete(slices.Clone(rows), gone, gone+1)
		next := ""
		for _, r := range rest[gone:] {
			if r.Asset == lost.Asset {
				next = r.ID
				break
			}
		}
		for _, c := range reconcile.Certify(rest, reported) {
			first := ""
			if c.First != nil {
				first = c.First.ID
			}
			if c.OK != (c.Asset != lost.Asset) || c.Asset == lost.Asset && first != next {
				t.Fatalf("%+v, first %q, want %q", c, first, next)
			}
		}
	})
}

// TestChanges: what leaves and what arrives, and the fees of both kinds.
func TestChanges(t *testing.T) {
	t.Parallel()
	n := money.MustParse
	received := n("0.9")
	for name, c := range map[string]struct {
		event ledger.Event
		want  string
	}{
		"buy": {
			ledger.Event{Kind: ledger.KindBuy, Asset: "BTC", Amount: n("1"), Value: n("100"), ValueCurrency: "EUR", Fee: n("2"), FeeCurrency: "EUR"},
			"a EUR -100, a BTC 1, a EUR -2",
		},
		"buy_for_unknown_money": {ledger.Event{Kind: ledger.KindBuy, Asset: "BTC", Amount: n("1"), Value: n("100")}, "a BTC 1"},
		"sell_with_fee_in_kind": {
			ledger.Event{Kind: ledger.KindSell, Asset: "BTC", Amount: n("1"), Value: n("100"), ValueCurrency: "EUR", More: &ledger.More{FeeAsset: "BTC", FeeAmount: n("0.1")}},
			"a BTC -1, a EUR 100, a BTC -0.1",
		},
		"swap":       {ledger.Event{Kind: ledger.KindSwap, Asset: "BTC", Amount: n("1"), More: &ledger.More{ToAsset: "ETH", ToAmount: n("5")}}, "a BTC -1, a ETH 5"},
		"exchange":   {ledger.Event{Kind: ledger.KindExchange, Asset: "EUR", Amount: n("1"), More: &ledger.More{ToAsset: "USD", ToAmount: n("2")}}, "a EUR -1, a USD 2"},
		"transfer":   {ledger.Event{Kind: ledger.KindTransfer, Asset: "BTC", Amount: n("1"), More: &ledger.More{ToAccount: "b", Received: &received}}, "a BTC -1, b BTC 0.9"},
		"moved":      {ledger.Event{Kind: ledger.KindTransfer, Asset: "BTC", Amount: n("1"), More: &ledger.More{ToAccount: "b"}}, "a BTC -1, b BTC 1"},
		"deposit":    {ledger.Event{Kind: ledger.KindDeposit, Asset: "BTC", Amount: n("1")}, "a BTC 1"},
		"income":     {ledger.Event{Kind: ledger.KindIncome, Asset: "BTC", Amount: n("1"), Value: n("9"), ValueCurrency: "EUR"}, "a BTC 1"},
		"withdrawal": {ledger.Event{Kind: ledger.KindWithdrawal, Asset: "BTC", Amount: n("1"), More: &ledger.More{FeeAsset: "BTC", FeeAmount: n("0.1")}}, "a BTC -1, a BTC -0.1"},
		"fork":       {ledger.Event{Kind: ledger.KindFork, Asset: "BTC", More: &ledger.More{ToAsset: "BCH", ToAmount: n("1")}}, "a BCH 1"},
		"split":      {ledger.Event{Kind: ledger.KindSplit, Asset: "BTC", More: &ledger.More{Ratio: n("2")}}, ""},
	} {
		c.event.Account = "a"
		var got []string
		for _, r := range reconcile.Changes(&c.event) {
			got = append(got, r.Account+" "+r.Asset+" "+r.Change.String())
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
	}
}
