package report

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// The returns below are made by hand, small enough to check on paper.

func m(s string) money.Amount { return money.MustParse(s) }

func day(s string) ledger.Date {
	d, err := ledger.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func at(s string) ledger.Instant {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return ledger.InstantOf(t)
}

// event makes an event whose id is the hash of its name.
func event(name string, kind ledger.Kind, when, asset string, place ledger.Origin) ledger.Event {
	sum := sha256.Sum256([]byte(name))
	return ledger.Event{
		ID: ledger.ID(sum[:16]), At: at(when), Kind: kind, Asset: asset, Account: "Kraken",
		Origin: ledger.Origin{File: place.File, Line: place.Line, Rows: 1},
	}
}

func row(file, line uint32) ledger.Origin { return ledger.Origin{File: file, Line: line} }

var fixtures = map[string]func() *tax.Return{
	"us": usReturn, "gb": gbReturn, "ie": ieReturn, "ca": caReturn, "form": formReturn, "empty": emptyReturn,
}

func usRules() *tax.Rules {
	return &tax.Rules{
		Country: "US", Version: "US/2026.1", Currency: "USD", Zone: "America/New_York",
		Methods: []tax.Method{tax.FIFO}, ShortTerm: "short", LongTerm: "long", Forms: form8949,
	}
}

// form8949 is a form of the country's own that names its disposals.
func form8949(r *tax.Return, y *tax.Year) ([]tax.Form, error) {
	rows := func(w tax.RowWriter) {
		ids := tax.NewDisposalIDs(r)
		for i := range r.Disposals {
			d := &r.Disposals[i]
			if d.Date < y.First || d.Date > y.Last || d.Unknown || !d.Taxable {
				continue
			}
			for k := range d.Legs {
				w.Text(d.Asset)
				w.Date(d.Date, tax.USDate)
				w.Money(d.Legs[k].Proceeds.Round(2, money.HalfEven), 2)
				w.Text(ids.ID(i).String())
				w.End()
			}
		}
	}
	return []tax.Form{{Name: "8949", Ext: "csv", Header: []string{"Description", "Date Sold", "Proceeds", "Disposal Id"}, Rows: rows}}, nil
}

func usReturn() *tax.Return {
	events := []ledger.Event{
		0: event("opening", ledger.KindOpening, "2022-01-01T05:00:00Z", "SOL", row(0, 2)),
		1: event("first", ledger.KindBuy, "2023-01-05T10:00:00Z", "BTC", row(0, 3)),
		2: event("in", ledger.KindDeposit, "2023-06-01T10:00:00Z", "DOGE", row(1, 9)),
		3: event("second", ledger.KindBuy, "2024-02-01T10:00:00.25Z", "BTC", row(1, 2)),
		4: event("staking", ledger.KindIncome, "2024-03-01T00:00:00Z", "ETH", row(1, 4)),
		5: event("sale", ledger.KindSell, "2024-07-01T13:41:07Z", "BTC", row(1, 5)),
		6: event("too much", ledger.KindSell, "2025-01-10T00:00:00.000001Z", "BTC", row(1, 6)),
		7: event("gift", ledger.KindGiftOut, "2025-02-01T00:00:00Z", "ETH", row(1, 7)),
		8: event("coffee", ledger.KindSpend, "2025-03-01T00:00:00Z", "ETH", row(1, 8)),
		9: event("airdrop", ledger.KindIncome, "2025-04-01T00:00:00Z", "=cmd|' /C calc'!A0", row(0, 4)),
	}
	events[0].Account, events[1].Account, events[9].Account = "Ledger Nano/savings", "", ""
	events[3].More = &ledger.More{Lines: []uint32{3}}
	events[4].Flags = ledger.DateOnly
	return &tax.Return{
		Rules: usRules(), Method: tax.FIFO, Currency: "USD", Zone: "America/New_York", Scope: tax.Scope{PerAccount: true},
		Book: ledger.NewBook(events, []ledger.Source{
			{Name: "opening.csv", Format: "ledgersys-csv", SHA256: strings.Repeat("0a", 32), Rows: 4, Events: 3, Ignored: 1},
			{Name: "kraken \"ledgers\".csv", Format: "kraken-ledgers", SHA256: strings.Repeat("f1", 32), Rows: 1201, Events: 7, Merged: 1, Duplicate: 1191, Held: 2},
		}),
		Disposals: usDisposals(),
		Income: []tax.Income{
			{Event: 4, Asset: "ETH", Date: day("2024-03-01"), Amount: m("0.1"), Value: m("312.44"), Kind: "staking"},
			{Event: 9, Asset: "=cmd|' /C calc'!A0", Date: day("2025-04-01"), Amount: m("1000000"), Unknown: true, Kind: "airdrop"},
		},
		Years: []tax.Year{
			{
				Label: "2024", First: day("2024-01-01"), Last: day("2024-12-31"), Disposals: 1, HasIncome: true, Income: m("312.44"),
				Proceeds: m("90000"), Fees: m("30"), Cost: m("30010"), Gains: m("59960"),
				Extra: []tax.Figures{{Key: "lt", Amount: m("49970")}, {Key: "st", Amount: m("9990")}},
			},
			{
				Label: "2025", First: day("2025-01-01"), Last: day("2025-12-31"), Disposals: 1, HasIncome: true,
				Proceeds: m("30000.5"), Cost: m("20000"), Gains: m("15000.25"), Losses: m("4999.75"),
				Extra: []tax.Figures{{Key: "st", Amount: m("10000.5")}},
			},
		},
		Remaining: []tax.Holding{
			{
				Asset: "BTC", Account: "", Amount: m("0.00000001"), Cost: m("0.0031"),
				Lots: []tax.Lot{{Event: 3, Acquired: day("2024-02-01"), Amount: m("0.00000001"), Cost: m("0.0031")}},
			},
			{
				Asset: "SOL", Account: "Ledger Nano/savings", Amount: m("12.5"), Cost: m("1234567.891"),
				Lots: []tax.Lot{
					{Event: 0, Acquired: day("2022-01-01"), Amount: m("12"), Cost: m("1234567")},
					{Event: tax.NoEvent, Acquired: day("2022-01-02"), Amount: m("0.5"), Cost: m("0.891")},
				},
			},
		},
		Snapshots: []tax.Snapshot{
			{Date: day("2022-12-31"), Holdings: nil},
			{Date: day("2024-12-31"), Holdings: []tax.Holding{{
				Asset: "BTC", Account: "Kraken", Amount: m("0.5"), Cost: m("20000"),
				Lots: []tax.Lot{{Event: 3, Acquired: day("2024-02-01"), Amount: m("0.5"), Cost: m("20000")}},
			}}},
			{Date: day("2025-12-31"), Holdings: nil},
		},
		Issues: usIssues(),
	}
}

func usDisposals() []tax.Disposal {
	return []tax.Disposal{
		{
			Event: 5, Kind: ledger.KindSell, Taxable: true, Asset: "BTC", Account: "Kraken", Date: day("2024-07-01"),
			Amount: m("1.5"), Proceeds: m("90000"), Fees: m("30"), Cost: m("30010"),
			Legs: []tax.Leg{
				{Rule: tax.RuleFIFO, Term: tax.LongTerm, Acquired: day("2023-01-05"), Lot: 1, Amount: m("1"), Proceeds: m("60000"), Fees: m("20"), Cost: m("10010")},
				{Rule: tax.RuleFIFO, Term: tax.ShortTerm, Acquired: day("2024-02-01"), Lot: 3, Amount: m("0.5"), Proceeds: m("30000"), Fees: m("10"), Cost: m("20000")},
			},
		},
		{
			Event: 6, Kind: ledger.KindSell, Taxable: true, Basis: tax.BasisPartial, Asset: "BTC", Account: "Kraken", Date: day("2025-01-09"),
			Amount: m("1"), Proceeds: m("30000.5"), Cost: m("20000"),
			Legs: []tax.Leg{
				{Rule: tax.RuleFIFO, Term: tax.ShortTerm, Acquired: day("2024-02-01"), Lot: 3, Amount: m("0.5"), Proceeds: m("15000.25"), Cost: m("20000")},
				{Rule: tax.RuleMissing, Lot: tax.NoEvent, Amount: m("0.5"), Proceeds: m("15000.25")},
			},
		},
		{
			Event: 7, Kind: ledger.KindGiftOut, Asset: "ETH", Account: "Kraken", Date: day("2025-01-31"),
			Amount: m("0.05"), Proceeds: m("160"), Cost: m("156.22"),
			Legs: []tax.Leg{{Rule: tax.RuleFIFO, Term: tax.ShortTerm, Acquired: day("2024-03-01"), Lot: 4, Amount: m("0.05"), Proceeds: m("160"), Cost: m("156.22")}},
		},
		{
			Event: 8, Kind: ledger.KindSpend, Taxable: true, Unknown: true, Asset: "ETH", Account: "Kraken", Date: day("2025-02-28"),
			Amount: m("0.05"), Cost: m("156.22"),
			Legs: []tax.Leg{{Rule: tax.RuleFIFO, Term: tax.ShortTerm, Acquired: day("2024-03-01"), Lot: 4, Amount: m("0.05"), Cost: m("156.22")}},
		},
	}
}

func usIssues() []tax.Issue {
	return []tax.Issue{
		{Code: "zone.default", Event: tax.NoEvent, Message: "The tax zone is America/New_York, the default of this country."},
		{Code: "time.doubt", Severity: tax.Warning, Event: 1, Date: day("2023-01-05"), Message: "The time of this row has no zone."},
		{Code: "xfer.unmatched_in", Severity: tax.Warning, Event: 2, Date: day("2023-06-01"), Message: "100 DOGE came from outside."},
		{
			Code: "basis.missing", Severity: tax.Error, Event: 6, Date: day("2025-01-09"), Message: "0.5 BTC of this sale are covered by no purchase.",
			Stake: true, Low: m("0"), High: m("15000.25"),
		},
		{Code: "price.missing", Severity: tax.Error, Event: 8, Date: day("2025-02-28"), Message: "No value of 0.05 ETH is known."},
		{Code: "price.missing", Severity: tax.Error, Event: 9, Date: day("2025-04-01"), Message: "No value of \x1b[31m1,000,000\x1b[0m units is known."},
	}
}

// gbReturn has a day of two sales that count as one and answer by all three
// rules.
func gbReturn() *tax.Return {
	events := []ledger.Event{
		0: event("pool", ledger.KindBuy, "2024-01-10T10:00:00Z", "BTC", row(0, 2)),
		1: event("b", ledger.KindSell, "2024-07-01T09:00:00Z", "BTC", row(0, 4)),
		2: event("a", ledger.KindSwap, "2024-07-01T09:00:00Z", "BTC", row(0, 3)),
		3: event("same day", ledger.KindBuy, "2024-07-01T12:00:00Z", "BTC", row(0, 5)),
		4: event("after 1", ledger.KindBuy, "2024-07-20T12:00:00Z", "BTC", row(0, 6)),
		5: event("after 2", ledger.KindBuy, "2024-07-20T12:00:00Z", "BTC", row(0, 7)),
	}
	events[2].Account = "Bitstamp <£>"
	return &tax.Return{
		Rules: &tax.Rules{
			Country: "GB", Version: "GB/2026.1", Currency: "GBP", Zone: "Europe/London", Methods: []tax.Method{tax.S104},
			YearStart: tax.Day{Month: time.April, Day: 6}, SplitLabel: true, NetPerDisposal: true,
		},
		Method: tax.S104, Currency: "GBP", Zone: "Europe/London",
		Book: ledger.NewBook(events, []ledger.Source{{Name: "all.csv", Format: "ledgersys-csv", SHA256: strings.Repeat("5c", 32), Rows: 6, Events: 6}}),
		Disposals: []tax.Disposal{{
			Event: 1, Events: []int32{1, 2}, Kind: ledger.KindSell, Taxable: true, Basis: tax.BasisAssumed, Asset: "BTC", Date: day("2024-07-01"),
			Amount: m("3"), Proceeds: m("100"), Fees: m("1"), Cost: m("80"),
			Legs: []tax.Leg{
				tax.Leg{Rule: tax.RuleSameDay, Acquired: day("2024-07-01"), Lot: tax.NoEvent, Amount: m("1"), Proceeds: m("33.333333333333333333"), Fees: m("0.333333333333333333"), Cost: m("30")}.WithEvents(3),
				tax.Leg{Rule: tax.RuleThirtyDay, Acquired: day("2024-07-20"), Lot: tax.NoEvent, Amount: m("1"), Proceeds: m("33.333333333333333333"), Fees: m("0.333333333333333333"), Cost: m("40")}.WithEvents(4, 5),
				{Rule: tax.RulePool, Lot: tax.NoEvent, Amount: m("1"), Proceeds: m("33.333333333333333334"), Fees: m("0.333333333333333334"), Cost: m("10")},
			},
		}},
		Years: []tax.Year{{
			Label: "2024-25", First: day("2024-04-06"), Last: day("2025-04-05"), Disposals: 1,
			Proceeds: m("100"), Fees: m("1"), Cost: m("80"), Gains: m("19"),
			Extra:   []tax.Figures{{Key: "gains_to_2024_10_29", Amount: m("19")}},
			Answers: []tax.Cell{{Key: "taxable", Text: "0"}, {Key: "tax", Text: "0"}},
		}},
		Remaining: []tax.Holding{{Asset: "BTC", Amount: m("2"), Cost: m("20")}},
		Snapshots: []tax.Snapshot{{Date: day("2025-04-05"), Holdings: []tax.Holding{{Asset: "BTC", Amount: m("2"), Cost: m("20")}}}},
		Issues: []tax.Issue{
			{Code: "price.missing", Severity: tax.Error, Event: 0, Date: day("2024-01-10"), Message: "No value of 3 BTC is known."},
			{Code: "strange.code", Severity: tax.Info, Event: 4, Date: day("2024-07-20"), Message: "A word that is not known here."},
		},
	}
}

// ieReturn has a loss that the four-week rule restricts.
func ieReturn() *tax.Return {
	events := []ledger.Event{
		0: event("buy", ledger.KindBuy, "2025-03-01T10:00:00Z", "ETH", row(0, 2)),
		1: event("sell", ledger.KindSell, "2025-03-10T10:00:00Z", "ETH", row(0, 3)),
	}
	return &tax.Return{
		Rules:  &tax.Rules{Country: "IE", Version: "IE/2026.1", Currency: "EUR", Methods: []tax.Method{tax.FourWeekFIFO}},
		Method: tax.FourWeekFIFO, Currency: "EUR", Zone: "Europe/Dublin",
		Book: ledger.NewBook(events, []ledger.Source{{Name: "eth.csv", Format: "ledgersys-csv", SHA256: strings.Repeat("77", 32), Rows: 2, Events: 2}}),
		Disposals: []tax.Disposal{{
			Event: 1, Kind: ledger.KindSell, Taxable: true, Asset: "ETH", Date: day("2025-03-10"), Amount: m("2"), Proceeds: m("3000"), Cost: m("4000"), Restricted: m("1000"),
			Legs: []tax.Leg{tax.Leg{Rule: tax.RuleFourWeek, Acquired: day("2025-03-01"), Lot: 0, Amount: m("2"), Proceeds: m("3000"), Cost: m("4000")}.WithRestricted(m("1000"))},
		}},
		Years: []tax.Year{{
			Label: "2025", First: day("2025-01-01"), Last: day("2025-12-31"), Disposals: 1, Proceeds: m("3000"), Cost: m("4000"),
			Extra: []tax.Figures{{Key: "restricted_loss", Amount: m("1000")}},
		}},
		Snapshots: []tax.Snapshot{{Date: day("2025-12-31")}},
	}
}

// caReturn has a loss of which a part is superficial.
func caReturn() *tax.Return {
	r := ieReturn()
	r.Rules = &tax.Rules{Country: "CA", Version: "CA/2026.1", Currency: "CAD", Methods: []tax.Method{tax.ACB}, NetPerDisposal: true}
	r.Method, r.Currency, r.Zone = tax.ACB, "CAD", "America/Toronto"
	d := &r.Disposals[0]
	d.Restricted, d.Denied = m("0"), m("400")
	d.Legs = []tax.Leg{{Rule: tax.RuleACB, Lot: tax.NoEvent, Amount: m("2"), Proceeds: m("3000"), Cost: m("4000")}}
	r.Years[0].Extra, r.Years[0].Losses = []tax.Figures{{Key: "denied_loss", Amount: m("400")}}, m("600")
	return r
}

// formReturn answers from given figures: there are no events.
func formReturn() *tax.Return {
	return &tax.Return{
		Rules: usRules(), Method: tax.FIFO, Currency: "USD", Zone: "UTC", Book: &ledger.Book{},
		Years: []tax.Year{{Label: "2025", Answers: []tax.Cell{{Key: "box", Text: "G"}, {Key: "g", Text: "-3000"}}}},
	}
}

func emptyReturn() *tax.Return {
	return &tax.Return{Rules: usRules(), Method: tax.FIFO, Currency: "USD", Zone: "UTC", Book: &ledger.Book{}}
}

// fixtureView returns a view of a fixture.
func fixtureView(t testing.TB, name, label string) View {
	t.Helper()
	v, err := Select(fixtures[name](), label)
	if err != nil {
		t.Fatal(err)
	}
	v.Engine = "0.3.0"
	return v
}
