package tax_test

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
	"github.com/ledgersys/ledgersys/pkg/tax/oracle"
)

// randomInput draws a ledger of any country and method, with kinds of events
// and fees that the reference engine does not know as well.
func randomInput(t *rapid.T) tax.Input {
	country := rapid.SampledFrom(oracle.Jurisdictions()).Draw(t, "country")
	return randomInputOf(t, country, rapid.SampledFrom(oracle.Methods(country)).Draw(t, "method"))
}

// lookingAhead draws a ledger under a law that looks ahead.
func lookingAhead(t *rapid.T) tax.Input {
	pair := rapid.SampledFrom([][2]string{{"GB", "uk-s104"}, {"GB", "uk-corporate-pool"}, {"CA", "acb"}, {"IE", "ie-fifo-4w"}}).Draw(t, "law")
	return randomInputOf(t, pair[0], pair[1])
}

func randomInputOf(t *rapid.T, country, method string) tax.Input {
	data := oracle.LedgerOf(t, country, method)
	in, err := input(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if dust.Match(data) && has(in, ledger.KindFork) {
		t.Skip("dust and a fork")
	}
	in.Prices = prices{"CHF " + in.Currency: "0.5"}
	for i := range in.Book.Events {
		enrich(t, &in.Book.Events[i])
	}
	return in
}

// enrich sometimes makes of an event one that the reference does not know.
func enrich(t *rapid.T, e *ledger.Event) {
	if rapid.IntRange(0, 3).Draw(t, "enrich") < 3 {
		return
	}
	switch e.Kind {
	case ledger.KindAirdrop, ledger.KindGiftIn:
		e.Kind = ledger.KindDeposit
	case ledger.KindGiftOut, ledger.KindDonate, ledger.KindFee:
		e.Kind = rapid.SampledFrom([]ledger.Kind{ledger.KindWithdrawal, ledger.KindLost, ledger.KindSpouseOut}).Draw(t, "kind")
	case ledger.KindBuy, ledger.KindSell, ledger.KindSwap, ledger.KindIncome:
		if rapid.Bool().Draw(t, "foreign money") {
			e.ValueCurrency, e.FeeCurrency = "CHF", "CHF"
		}
		if e.More.FeeAsset == "" && len(e.More.Lots) == 0 {
			feeInKind(t, e)
		}
	default:
	}
}

// feeInKind adds a fee in units of an asset of the trade, or of a third one
// whose value may be unknown.
func feeInKind(t *rapid.T, e *ledger.Event) {
	assets := []string{"BNB", e.Asset}
	if e.Kind == ledger.KindSwap {
		assets = append(assets, e.More.ToAsset)
	}
	e.More.FeeAsset = rapid.SampledFrom(assets).Draw(t, "fee asset")
	e.More.FeeAmount = money.MustParse(rapid.SampledFrom([]string{"0.1", "1", "0.003"}).Draw(t, "fee units"))
	if e.More.FeeAsset != "BNB" || rapid.Bool().Draw(t, "fee known") {
		v := money.MustParse(rapid.SampledFrom([]string{"0.5", "3", "0"}).Draw(t, "fee value"))
		e.More.FeeValue = &v
	}
}

// lookAhead is for how many days after a disposal its legs may still change.
func lookAhead(in tax.Input) int {
	days := 0
	switch in.Method {
	case tax.S104:
		days = 30
	case tax.ACB:
		days = 30
	case tax.FourWeekFIFO:
		days = 28
	default:
	}
	if in.Options.DaysAfter != nil {
		days = max(days, *in.Options.DaysAfter)
	}
	return days
}

// answer computes a return; the ledgers drawn are never out of range.
func answer(t *rapid.T, in tax.Input) *tax.Return {
	ret, err := tax.Calculate(in)
	if err != nil {
		t.Fatal(err)
	}
	return ret
}

// with returns the input with other events, which are copied.
func with(in tax.Input, events []ledger.Event) tax.Input {
	in.Book = ledger.NewBook(slices.Clone(events), in.Book.Sources)
	return in
}

// until returns the input with the events up to and with a date.
func until(in tax.Input, last ledger.Date) tax.Input {
	n := 0
	for n < len(in.Book.Events) && in.Calendar.Date(in.Book.Events[n].At) <= last {
		n++
	}
	return with(in, in.Book.Events[:n])
}

// someDate draws a date on or beside that of an event, most often the eve of
// one: what changes with a day more or less in a rule changes there.
func someDate(t *rapid.T, in tax.Input) ledger.Date {
	e := in.Book.Events[rapid.IntRange(0, len(in.Book.Events)-1).Draw(t, "event")]
	if rapid.IntRange(0, 3).Draw(t, "eve") > 0 {
		return in.Calendar.Date(e.At).AddDays(-1)
	}
	return in.Calendar.Date(e.At).AddDays(rapid.IntRange(-1, 31).Draw(t, "days"))
}
